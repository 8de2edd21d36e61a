"""A source's columns and rows: metrics, units, roles and dimensions that fit together."""

import re
import unicodedata
from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.measures import NUMBERS, column_path, definition_of
from include.catalogue.checks.metrics import mend_unit
from include.catalogue.checks.money import check_conversion
from include.catalogue.currencies import convert_by_rate
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import name_known
from include.catalogue.models import Column, Measure
from include.catalogue.org import fold_name
from include.catalogue.reading import PathKey
from include.catalogue.units import UnknownUnitError, is_never_unit

ROLE_TYPES = {
    "date": {"date"},
    "period": {"month", "week", "quarter", "date"},
    "weight": NUMBERS,
    "currency": {"text"},
}
STOCKS = {"last", "average", "min", "max", "none"}
_BRACKET = re.compile(r"[(\[【]\s*([^()\[\]【】]+?)\s*[)\]】]\s*$")


def check_columns(draft: Draft, entry: Entry[Any], definitions: dict[str, list[MetricDefinition]]) -> None:
    """Tell every fault of the columns and row labels of one source."""
    source = entry.model
    rows: dict[str, Measure] = getattr(source, "rows", {})
    dimensions = _dimensions(draft, entry)
    for name, measure in {**source.columns, **rows}.items():
        path = column_path(source, name)
        _check_measure(draft, entry, path, measure, definitions)
        _check_dimensions(draft, entry, path, measure, dimensions)
        if isinstance(measure, Column):
            _check_column(draft, entry, path, measure)
            if not _has_members(definitions.get(measure.metric or "", [])):
                _check_figure(draft, entry, path, measure)
        if measure.min is not None and measure.max is not None and measure.min > measure.max:
            draft.tell(
                entry.problem((*path, "min"), f"min {measure.min} is above max {measure.max}", "swap them")
            )
    _check_labels(draft, entry, {**source.columns, **rows})


def _dimensions(draft: Draft, entry: Entry[Any]) -> dict[str, str]:
    """Return the source's dimensions by column; tells those without a usable id, or named twice."""
    found: dict[str, str] = {}
    for name, column in entry.model.columns.items():
        if column.is_ != "dimension":
            continue
        dimension = column.name or name
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", dimension):
            what = f"the dimension {name!r} has no id"
            draft.tell(entry.problem(("columns", name), what, "add e.g. `name: product_line`", key=True))
        elif dimension in found.values():
            what = f"two columns are the dimension {dimension!r}"
            draft.tell(entry.problem(("columns", name), what, "give one of them another `name`", key=True))
        else:
            found[name] = dimension
    return found


def _check_measure(
    draft: Draft,
    entry: Entry[Any],
    path: PathKey,
    measure: Measure,
    definitions: dict[str, list[MetricDefinition]],
) -> None:
    if measure.unit is not None:
        try:
            draft.units.parse(measure.unit)
        except UnknownUnitError as error:
            if "units" not in draft.unread:
                draft.tell(entry.problem((*path, "unit"), f"unknown unit {measure.unit!r}", mend_unit(error)))
            return
    if measure.metric is None:
        return
    if measure.metric not in draft.metric_names:
        if "metrics" not in draft.unread:
            remedy = name_known(measure.metric, draft.metric_names, "metrics/")
            draft.tell(entry.problem((*path, "metric"), f"unknown metric {measure.metric!r}", remedy))
        return
    versions = definitions.get(measure.metric)
    if versions:
        reported = definition_of(measure, versions)
        _check_unit(draft, entry, path, measure, reported)
        _check_meaning(draft, entry, path, measure, reported)


def _check_unit(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, metric: MetricDefinition
) -> None:
    """Tell a reported unit that can't become the metric's, or that the header's brackets contradict."""
    if not draft.units.is_known(metric.unit):
        return
    reported = measure.unit or metric.unit
    if convert_by_rate(draft.units, reported, metric.unit):
        check_conversion(draft, entry, path, measure, metric)
    elif not draft.units.are_compatible(reported, metric.unit):
        what = f"{reported} can't become {metric.unit}, the unit of {metric.id}"
        known = draft.units.convertible(metric.unit)[:6]
        draft.tell(
            entry.problem((*path, "unit"), what, f"report it in {', '.join(known)} or name another metric")
        )
        return
    found = _BRACKET.search(unicodedata.normalize("NFKC", str(path[-1])))
    for stated in re.split(r"[,;、]\s*", found[1]) if found else []:  # （万元，含税）
        if is_never_unit(stated) or not draft.units.is_known(stated):
            continue
        if draft.units.parse(stated) != draft.units.parse(reported):
            what = f"the header says {stated}, but the unit is {reported}"
            draft.tell(entry.problem((*path, "unit"), what, f"write `unit: {stated}` if the header is right"))


def _check_meaning(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, metric: MetricDefinition
) -> None:
    if metric.kind != "base":
        if measure.scenario == "actual":
            what = f"{metric.id} is computed from its {metric.kind}, it can't be reported"
            draft.tell(
                entry.problem((*path, "metric"), what, "report its parts, or give a scenario such as target")
            )
        return
    summed = metric.over_time == "sum"
    if measure.reported_as == "ytd" and not summed:
        what = f"{metric.id} is not a sum over time, so it has no year-to-date"
        draft.tell(entry.problem((*path, "reported_as"), what, "write `reported_as: stock` or leave it out"))
    if measure.reported_as == "stock" and summed:
        what = f"{metric.id} is summed over time, a stock can't be"
        draft.tell(
            entry.problem((*path, "reported_as"), what, "report a flow, or give the metric `over_time: last`")
        )


def _check_dimensions(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, dimensions: dict[str, str]
) -> None:
    metric = draft.metrics.get(measure.metric or "")
    if metric is None:
        return
    known = set(metric.model.dimensions)
    for version in metric.model.versions:
        known |= set(version.get("dimensions") or [])
    for column, dimension in dimensions.items():
        if dimension not in known:
            what = f"{measure.metric} has no dimension {dimension!r} (column {column!r})"
            remedy = f"add it to the dimensions of {measure.metric}, or mark the column `is: ignore`"
            draft.tell(entry.problem((*path, "metric"), what, remedy))


def _check_column(draft: Draft, entry: Entry[Any], path: PathKey, column: Column) -> None:
    if column.metric is not None and column.is_ is not None:
        what = f"a column can't be both a metric and {column.is_}"
        draft.tell(entry.problem((*path, "is"), what, "remove one of `metric` and `is`"))
    if column.type in {"month", "week"} and column.type != draft.periods.word:
        what = f"the calendar has no {column.type}s, it is `periods: {draft.calendar.periods}`"
        draft.tell(entry.problem((*path, "type"), what, f"write `type: {draft.periods.word}`"))
    wanted = ROLE_TYPES.get(column.is_ or "")
    if wanted and column.type not in wanted:
        what = f"a column that is the {column.is_} can't be of type {column.type}"
        draft.tell(entry.problem((*path, "type"), what, f"write `type: {' or '.join(sorted(wanted))}`"))
    if column.pattern is not None:
        try:
            re.compile(column.pattern)
        except re.error as error:
            what = f"the pattern is not a regular expression ({error.msg})"
            draft.tell(
                entry.problem((*path, "pattern"), what, "put a backslash before a bracket that is meant")
            )
    if column.format is not None and (
        "%" not in column.format or column.type not in {"date", "month", "week"}
    ):
        what = f"the format {column.format!r} is not a date's"
        draft.tell(
            entry.problem((*path, "format"), what, 'write it like `format: "%d/%m/%Y"`, for type date')
        )
    if (column.min is not None or column.max is not None) and column.type not in NUMBERS:
        bound = "min" if column.min is not None else "max"
        what = f"{bound} needs a number, the type is {column.type}"
        draft.tell(entry.problem((*path, bound), what, "write `type: decimal` or `type: integer`"))


def _has_members(versions: list[MetricDefinition]) -> bool:
    """Tell whether a metric counts distinct members, which are texts."""
    return bool(versions) and versions[-1].over_time == "distinct"


def _check_figure(draft: Draft, entry: Entry[Any], path: PathKey, column: Column) -> None:
    if column.feeds and column.is_ is None and column.type not in NUMBERS:
        what = f"a figure can't be of type {column.type}"
        draft.tell(entry.problem((*path, "type"), what, "write `type: decimal` or `type: integer`"))


def _check_labels(draft: Draft, entry: Entry[Any], measures: dict[str, Measure]) -> None:
    """No header or alias may mean two columns."""
    owners: dict[str, str] = {}
    for name in measures:
        other = owners.setdefault(_fold(name), name)
        if other != name:
            what = f"{name!r} and {other!r} are the same header"
            draft.tell(entry.problem(column_path(entry.model, name), what, "keep one of them", key=True))
    for name, measure in measures.items():
        for place, alias in enumerate(measure.aliases):
            if owners.setdefault(_fold(alias), name) != name:
                what = f"the alias {alias!r} is also {owners[_fold(alias)]!r}"
                draft.tell(
                    entry.problem((*column_path(entry.model, name), "aliases", place), what, "remove it")
                )


def _fold(label: str) -> str:
    # Letter case stays: a query's result may tell Amount from amount.
    return label.strip() if label.isascii() else fold_name(label)
