"""Checks of a batch as a whole: header units, number of records, repetitions, anything delivered at all."""

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.batch import Reported
from include.catalogue import Catalogue
from include.catalogue.currencies import currency_of
from include.catalogue.models import Source, WorkbookSource
from include.coerce import Coerced
from include.plan import Field, Plan, list_counterparties, name_units
from include.validate.failures import Failure, Places, Rows, find_rows

Objects = npt.NDArray[np.object_]
_BRACKETS = str.maketrans("[【】]", "(())")
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def check_units(plan: Plan, reported: Reported, catalogue: Catalogue, places: Places) -> list[Failure]:
    """Compare the units that headers state with the declared ones; equal means same size and same kind.

    Brackets that belong to the declared name, an alias or the pattern of headings (`金额（含税）`) state a unit only
    where one is known by that name. A note that states one wrong unit for several columns is one failure.
    """
    units = catalogue.units
    wrong: dict[tuple[str, str, str, str, str], list[str]] = {}
    for name, stated in reported.units.items():
        field = plan.fields.get(name)
        if field is None or not field.unit or (field.role == "rate" and not _is_currency(stated, catalogue)):
            continue
        place = reported.unit_cells.get(name) or places.header(plan, name)
        if not units.is_known(stated):
            if _is_declared(stated, field, plan.source):
                continue
            wrong.setdefault(("unknown_unit", *place, stated, field.unit), []).append(name)
        elif units.parse(stated) != units.parse(field.unit):
            wrong.setdefault(("unit_changed", *place, stated, field.unit), []).append(name)
    failures = []
    for (code, sheet, cell, stated, declared), names in wrong.items():
        told: dict[str, Any] = {"sheet": sheet, "cell": cell, "unit": declared}
        if code == "unknown_unit":
            told["nearest"] = " / ".join(units.nearest(stated))
        column = names[0] if len(names) == 1 else ""
        failures.append(Failure(code, NO_ROWS, column, params=told, found=[stated], columns=tuple(names)))
    return failures


def _is_declared(stated: str, field: Field, source: Source) -> bool:
    """Tell whether these words in brackets end a name that the source itself gives the field, or its headings."""
    periods = source.layout.periods if isinstance(source, WorkbookSource) else None
    names = (field.name, *field.model.aliases, (periods and periods.pattern) or "")
    wanted = f"({_fold(stated)})"
    return any(_fold(name).endswith(wanted) for name in names)


def _fold(text: str) -> str:
    """Return a text as brackets are compared: without blanks, each kind of bracket and of width the same."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_BRACKETS).split())


def _is_currency(stated: str, catalogue: Catalogue) -> bool:
    """Tell whether a rate's header states a currency, rather than what it is quoted for."""
    return catalogue.units.is_known(stated) and currency_of(catalogue.units.parse(stated)) is not None


def check_count(plan: Plan, records: int, last_rows: int | None) -> list[Failure]:
    """Compare the number of records with what is expected and with the last accepted batch.

    What two queries of a system hold isn't of the same dates: it is compared slice by slice when it is loaded.
    """
    expected = plan.source.expects.rows
    if expected is None:
        return []
    failures = []
    if expected.min is not None and records < expected.min:
        failures.append(_counted("too_few_rows", records, "expects.rows.min", limit=expected.min))
    if expected.max is not None and records > expected.max:
        failures.append(_counted("too_many_rows", records, "expects.rows.max", limit=expected.max))
    if plan.source.kind != "workbook":
        return failures
    if expected.shrink is not None and last_rows and records < last_rows * (1 - expected.shrink):
        share = f"{expected.shrink * 100:f}".rstrip("0").rstrip(".")
        failures.append(_counted("shrunken", records, "expects.rows.shrink", last=last_rows, share=share))
    return failures


def check_delivered(plan: Plan, coerced: dict[str, Coerced], last_rows: int | None) -> list[Failure]:
    """Refuse a batch in which every delivered column is blank from top to bottom.

    A system that was read before may have no records in the dates that it was asked for.
    """
    if plan.source.kind != "workbook" and last_rows is not None and not len(coerced[plan.org].values):
        return []
    columns = [coerced[field.name] for field in plan.delivered if field.name in coerced]
    if any((~column.blank).any() for column in columns):
        return []
    names = ", ".join(field.name for field in plan.delivered)
    return [Failure("no_values", NO_ROWS, params={"columns": names})]


def check_repeats(
    plan: Plan, frame: pd.DataFrame, catalogue: Catalogue, places: Places, already: set[int]
) -> list[Failure]:
    """Find values that are reported twice for the same org unit, period and dimensions.

    Records that agree in every column but the measures are the same thing twice where a measure can't be
    added up: a stock, a year to date, a rate, or any cell of a matrix or form. For flows, several records of
    one kind are the ordinary case (orders of one day), so there only a record equal in all its columns, the
    measures too, counts as pasted twice. A column of role key tells records apart. A rate is one of its
    currency and period, whatever name it has. Members of a set may stand there twice, they count once.
    `already` are rows known as repeated, not told again.
    """
    counterparties = list_counterparties(plan, catalogue)
    frame = frame.assign(
        **{plan.currency: frame["_currency"]} if "_currency" in frame else {},
        **{name: name_units(frame[name], catalogue) for name in counterparties if name in frame},
    )
    slice_keys = ["_unit", "_date", "_grain"]
    there = [field for field in plan.fields.values() if field.name in frame]
    same = [f.name for f in there if f.role in {"dimension", "currency", "key"}]
    whole = [f.name for f in there if f.name not in {plan.org, plan.period}]
    measures = [f for f in there if f.role == "rate" or (f.role == "measure" and not f.has_members)]
    strict = [field for field in measures if plan.one_value_a_place or not _adds_up(field, catalogue)]
    flows = [field for field in measures if field not in strict]
    declared = set(plan.source.unique)
    if declared and declared <= {plan.org, plan.period, *same} - {*counterparties}:
        return []  # whatever is repeated here is told by the check of `unique`
    failures = [_repeated(frame, [*slice_keys, *same], [field], places, already) for field in strict]
    if flows and not declared:
        already = already.union(*(failure.rows.tolist() for failure in failures if failure))
        failures.append(_repeated(frame, [*slice_keys, *whole], flows, places, already))
    return [failure for failure in failures if failure is not None]


def _adds_up(field: Field, catalogue: Catalogue) -> bool:
    if field.model.reported_as in {"ytd", "stock"} or not field.model.metric:
        return False
    return catalogue.latest(field.model.metric).over_time in {
        "sum",
        "average",
        "min",
        "max",
        "weighted_average",
    }


def _repeated(
    frame: pd.DataFrame, keys: list[str], fields: list[Field], places: Places, already: set[int]
) -> Failure | None:
    there = frame[[field.name for field in fields]].notna().any(axis="columns")
    rows = find_rows((there & frame["_unit"].notna() & frame["_date"].notna()).to_numpy())
    for field in fields[: 1 if len(fields) > 1 else 0]:  # whole records: most differ in their first figure
        rows = rows[frame[field.name].iloc[rows].duplicated(keep=False).to_numpy()]
    numbers = frame.iloc[rows].groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    repeated = pd.Series(numbers).duplicated(keep="first").to_numpy()
    if not repeated.any():
        return None
    first = pd.Series(rows).groupby(numbers).first()
    again = [place for place in np.flatnonzero(repeated) if int(rows[place]) not in already]
    if not again:
        return None
    column = fields[0].name
    details = [{"other": places.cell(int(first[numbers[place]]), column)} for place in again]
    columns = tuple(field.name for field in fields)
    return Failure(
        "duplicate_key",
        rows[again],
        column,
        params={"keys": ", ".join(_shown(keys))},
        details=details,
        columns=columns,
    )


def _shown(keys: list[str]) -> list[str]:
    """Name the keys as the source does."""
    return [key for key in keys if not key.startswith("_")] or ["org", "period"]


def _counted(code: str, records: int, rule: str, **params: Any) -> Failure:
    return Failure(code, NO_ROWS, rule=rule, params=params, found=[str(records)])


def check_percentages(plan: Plan, reported: Reported, coerced: dict[str, Coerced]) -> list[Failure]:
    """Return the bare numbers of percentages from a file whose number formats aren't known."""
    if reported.shows_formats:
        return []
    failures = []
    for field in plan.fields.values():
        if (
            field.name not in coerced
            or not field.is_number
            or not field.unit
            or field.reading.percent is None
        ):
            continue
        written = reported.frame[field.name].str.contains("[%％]").fillna(False).to_numpy(bool)
        rows = find_rows(~coerced[field.name].blank & ~coerced[field.name].failed & ~written)
        if len(rows):
            failures.append(Failure("percent_unknown", rows, field.name))
    return failures
