"""What measures say beside metric and unit: weights, versions, members, and how finely they are reported."""

from collections.abc import Iterator, Mapping
from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.currencies import holds_money
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import name_known
from include.catalogue.models import Column, Measure, WorkbookSource
from include.catalogue.reading import PathKey

NUMBERS = {"integer", "decimal"}
_FINENESS = {"day": 0, "month": 1, "quarter": 2}
Definitions = dict[str, list[MetricDefinition]]


def measures_of(source: Any) -> dict[str, Measure]:
    """Return the columns and row labels of a source by name."""
    return {**source.columns, **getattr(source, "rows", {})}


def column_path(source: Any, name: str) -> PathKey:
    """Return where a column or row label stands within its source."""
    return ("columns" if name in source.columns else "rows", name)


def definition_of(measure: Measure, versions: list[MetricDefinition]) -> MetricDefinition:
    """Return the definition that a measure reports for: its `version`, else the latest that can be reported."""
    if measure.version is not None and measure.version <= len(versions):
        return versions[measure.version - 1]
    return next((version for version in reversed(versions) if version.kind == "base"), versions[-1])


def is_weighted(versions: list[MetricDefinition]) -> bool:
    """Tell whether a metric is a weighted average in any of its versions."""
    return any(version.over_time == "weighted_average" for version in versions)


def check_measures(draft: Draft, entry: Entry[Any], definitions: Definitions) -> None:
    """Tell what one source's measures say wrongly of weights, versions, members and grain."""
    measures = measures_of(entry.model)
    weights = [name for name, one in measures.items() if isinstance(one, Column) and one.is_ == "weight"]
    for name, measure in measures.items():
        path = column_path(entry.model, name)
        versions = definitions.get(measure.metric or "", [])
        _check_idle(draft, entry, path, measure)
        _check_version(draft, entry, path, measure, versions)
        if versions:
            fault = _find_weight_fault(measures, name, versions)
            if fault is not None:
                draft.tell(entry.problem((*path, fault[0]), *fault[1:]))
            _check_members(draft, entry, path, measure, definition_of(measure, versions))
            _check_grain(draft, entry, path, definition_of(measure, versions))
    named = {measure.weight for measure in measures.values()}
    weighted = any(is_weighted(definitions.get(one.metric or "", [])) for one in measures.values())
    for name in weights:
        if name not in named and not weighted and "metrics" not in draft.unread:
            what = f"{name!r} is a weight, but no measure is a weighted average"
            draft.tell(entry.problem((*column_path(entry.model, name), "is"), what, "mark it `is: ignore`"))
    _check_mixture(draft, entry, measures)


def _check_idle(draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure) -> None:
    for key in ("weight", "version"):
        if getattr(measure, key) is not None and measure.metric is None:
            draft.tell(
                entry.problem((*path, key), f"only a measure has a {key}", f"add `metric:` or remove `{key}`")
            )


def _check_version(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, versions: list[MetricDefinition]
) -> None:
    if measure.version is None or not versions or measure.version <= len(versions):
        return
    what = f"{measure.metric} has no version {measure.version}"
    known = "it has only version 1" if len(versions) == 1 else f"it has the versions 1 to {len(versions)}"
    draft.tell(entry.problem((*path, "version"), what, f"{known} (`versions:` of the metric)"))


def _check_mixture(draft: Draft, entry: Entry[Any], measures: Mapping[str, Measure]) -> None:
    """One metric and scenario of a source is reported for named versions, or for what is in force."""
    dated = {(str(one.metric), one.scenario): name for name, one in measures.items() if one.version}
    for name, measure in measures.items():
        other = dated.get((measure.metric or "", measure.scenario))
        if other is not None and measure.version is None:
            what = f"{measure.metric} is reported for a version in {other!r}, and without one here"
            mend = "add `version:` here, or remove it there"
            draft.tell(entry.problem((*column_path(entry.model, name), "metric"), what, mend))


def _find_weight_fault(
    measures: Mapping[str, Measure], name: str, versions: list[MetricDefinition]
) -> tuple[str, str, str] | None:
    """Return (key, what is wrong, how to mend it) of the weight of the measure `name`, or None."""
    measure = measures[name]
    weights = [label for label, one in measures.items() if isinstance(one, Column) and one.is_ == "weight"]
    if not is_weighted(versions):
        mend = "remove `weight`, or write `over_time: weighted_average`"
        return ("weight", f"{measure.metric} is not a weighted average", mend) if measure.weight else None
    if measure.weight is None:
        mend = "write `weight:` with the label that holds it, or mark one column `is: weight`"
        if not weights:
            return "metric", f"{measure.metric} is a weighted average, but nothing says its weight", mend
        what = f"both {weights[0]!r} and {weights[-1]!r} may be the weight of {measure.metric}"
        return ("metric", what, mend) if len(weights) > 1 else None
    if measure.weight not in measures:
        mend = name_known(measure.weight, [label for label in measures if label != name])
        return "weight", f"unknown weight {measure.weight!r}", mend
    if measure.weight == name or not _is_number(measures[measure.weight]):
        what = f"{measure.weight!r} can't be the weight of {name!r}"
        return "weight", what, "name another column of type decimal or integer"
    return None


def _is_number(measure: Measure) -> bool:
    return not isinstance(measure, Column) or (measure.type in NUMBERS and measure.is_ in {None, "weight"})


def _check_members(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, metric: MetricDefinition
) -> None:
    if metric.over_time != "distinct":
        return
    if not isinstance(measure, Column) or measure.type != "text":
        key = "type" if isinstance(measure, Column) else "metric"
        what = f"{metric.id} is distinct, and a number says nothing of its members"
        mend = "distinct needs the detail: a text column with the members' ids"
        draft.tell(entry.problem((*path, key), what, mend))
    if measure.scenario != "actual":
        what = f"{metric.id} counts distinct members, it has no {measure.scenario}"
        draft.tell(entry.problem((*path, "scenario"), what, "remove the column"))
    for key, given in (("sign", measure.sign == "-"), ("reported_as", measure.reported_as is not None)):
        if given:
            draft.tell(entry.problem((*path, key), f"members have no {key}", f"remove `{key}`"))
    same = draft.units.is_known(metric.unit) and draft.units.is_known(measure.unit or metric.unit)
    if same and draft.units.parse(measure.unit or metric.unit) != draft.units.parse(metric.unit):
        what = f"each member counts as one {metric.unit}, not {measure.unit}"
        draft.tell(entry.problem((*path, "unit"), what, "remove `unit`"))


def _check_grain(draft: Draft, entry: Entry[Any], path: PathKey, metric: MetricDefinition) -> None:
    if metric.kind != "base":
        return
    for grain in _reported_grains(entry.model):
        if _FINENESS.get(grain, 1) < _FINENESS[metric.grain]:
            what = f"{metric.id} is kept by {metric.grain} (its `grain`), this source reports it by {grain}"
            mend = f"report it by {metric.grain}, or give the metric `grain: {grain}`"
            draft.tell(entry.problem((*path, "metric"), what, mend))
            return


def _reported_grains(source: Any) -> Iterator[str]:
    """Yield how finely a source tells the time of its figures: day, month or quarter."""
    for column in source.columns.values():
        if column.is_ in {"date", "period"}:
            yield "day" if column.type == "date" else column.type
    if isinstance(source, WorkbookSource):
        if source.layout.periods is not None:
            words = {"{day}": "day", "{quarter}": "quarter"}
            pattern = source.layout.periods.pattern
            yield next((grain for word, grain in words.items() if word in pattern), "month")
        elif source.layout.period is not None:
            yield "day" if source.slice == "day" else "month"


def check_weight_units(draft: Draft, definitions: Definitions) -> None:
    """Tell weights of one metric that different sources report in different units: they would not compare."""
    first: dict[str, tuple[Any, str, str]] = {}
    for entry in draft.sources.values():
        for name, weight, unit in _weights(draft, entry, definitions):
            metric = str(measures_of(entry.model)[name].metric)
            if _is_foreign(draft, entry, weight, unit):
                what = f"the weight {weight!r} of {metric} is money in another currency"
                path = (*column_path(entry.model, weight), "unit")
                draft.tell(entry.problem(path, what, "weigh with an amount in the currency of the others"))
            place = f"{entry.document.file}:{entry.document.line_of((*entry.path, *column_path(entry.model, name)))}"
            meant, said, where = first.setdefault(metric, (unit and draft.units.parse(unit), unit, place))
            if (unit and draft.units.parse(unit)) != meant:
                what = f"the weight {weight!r} of {metric} is in {unit or 'no unit'}, in {where} in {said or 'no unit'}"
                mend = "give the weights one unit: `unit:` or `metric:` of their columns"
                path = (*column_path(entry.model, name), "weight")
                draft.tell(entry.problem(path, what, mend))


def _is_foreign(draft: Draft, entry: Entry[Any], weight: str, kept: str) -> bool:
    """Tell whether weights are amounts that a rate would have to convert first."""
    reported = measures_of(entry.model)[weight].unit or kept
    if not reported or not draft.units.is_known(reported) or not holds_money(draft.units.parse(reported)):
        return False
    by_record = any(column.is_ == "currency" for column in entry.model.columns.values())
    return by_record or not draft.units.are_compatible(reported, kept)


def _weights(draft: Draft, entry: Entry[Any], definitions: Definitions) -> Iterator[tuple[str, str, str]]:
    """Yield (measure, weight, unit that the weight is kept in) of each weighted measure of one source."""
    measures = measures_of(entry.model)
    shared = [name for name, one in measures.items() if isinstance(one, Column) and one.is_ == "weight"]
    for name, measure in measures.items():
        weight = measure.weight or (shared[0] if len(shared) == 1 else "")
        if weight not in measures or not is_weighted(definitions.get(measure.metric or "", [])):
            continue
        target = measures[weight]
        kept = definitions[target.metric][-1].unit if target.metric in definitions else target.unit or ""
        if not kept or draft.units.is_known(kept):
            yield name, weight, kept
