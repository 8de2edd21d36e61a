"""Org units, dates and slices of each row, from the texts that name them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.catalogue import Catalogue
from include.catalogue.explaining import nearest
from include.catalogue.models import OrgLevel
from include.coerce import Coerced
from include.period import Calendar, Grain
from include.plan import GRAINS, Plan
from include.validate.failures import Failure, find_rows

Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
_ORDER = "DMQ"


@dataclass(frozen=True)
class Periods:
    """Each row's date (datetime64[D]; a period's last day), grain and slice key; null where unknown."""

    dates: npt.NDArray[np.datetime64]
    grains: Objects
    slices: Objects


def resolve_orgs(plan: Plan, coerced: Coerced, catalogue: Catalogue) -> tuple[Objects, list[Failure]]:
    """Return each row's org unit id (None where blank or unknown), and the failures of unknown ones."""
    places, distinct = coerced.grouped
    known = catalogue.org.resolve_many(text for text in distinct if text is not None)
    units = np.array([*map(known.get, distinct), None], dtype=object)[:-1][places]
    rows = find_rows(pd.notna(coerced.values) & pd.isna(units))
    if not len(rows):
        return units, []
    names = _org_names(catalogue)
    hints = {text: " / ".join(nearest(text, names)) for text in {str(coerced.values[row]) for row in rows}}
    details = [{"nearest": hints[str(coerced.values[row])]} for row in rows]
    return units, [Failure("unknown_org", rows, plan.org, details=details)]


def resolve_periods(plan: Plan, coerced: Coerced, calendar: Calendar) -> Periods:
    """Return each row's date, grain and slice from its date or period key.

    A slice is never finer than what the row reports: a quarter's value belongs to a quarter's slice.
    """
    slice_grain = GRAINS[plan.source.slice]
    places, distinct = coerced.grouped
    found = [_place_period(value, slice_grain, calendar) for value in distinct]
    dates = np.array([date for date, _, _ in found], dtype="datetime64[D]")
    grains = np.array([grain for _, grain, _ in found], dtype=object)
    slices = np.array([key for _, _, key in found], dtype=object)
    return Periods(dates[places], grains[places], slices[places])


def check_in_force(
    plan: Plan, units: Objects, periods: Periods, delivers: Mask, catalogue: Catalogue
) -> list[Failure]:
    """Return rows that deliver values for a unit that doesn't exist at their date."""

    def closed(unit: str, date: dt.date) -> bool:
        return not catalogue.org.in_force(unit, date)

    rows = _find_pairs(units, periods, delivers, closed)
    return [Failure("org_not_in_force", rows, plan.org)] if len(rows) else []


def check_expected(
    plan: Plan, units: Objects, periods: Periods, delivers: Mask, catalogue: Catalogue
) -> list[Failure]:
    """Return rows of units that don't owe this source, and the units that owe it but aren't in the batch.

    Without `each_batch` a workbook may be one unit's, so that the others aren't missed in it; what no file
    delivered shows as the KPI's completeness.
    """
    expected = _expectation(plan, catalogue)
    if expected is None:
        return []
    rows = _find_pairs(units, periods, delivers, lambda unit, date: unit not in expected(date))
    failures = [Failure("org_not_expected", rows, plan.org)] if len(rows) else []
    if plan.source.kind == "workbook" and not plan.source.expects.each_batch:
        return failures
    dates = {pd.Timestamp(date).date() for date in periods.dates[delivers] if not np.isnat(date)}
    owing = set().union(*(expected(date) for date in dates)) if dates else set()
    level = "error" if plan.source.expects.each_batch else "warning"
    missing = sorted(owing - set(units[delivers]))
    if missing:
        named = [f"{catalogue.org.name_of(unit, 'zh')} ({unit})" for unit in missing[:20]]
        named += [f"… {len(missing)}"] if len(missing) > 20 else []
        told = {"unit": ", ".join(named), "units": ", ".join(missing)}
        failures.append(Failure("org_missing", find_rows(np.zeros(0, dtype=bool)), level=level, params=told))
    return failures


def _expectation(plan: Plan, catalogue: Catalogue) -> Callable[[dt.date], set[str]] | None:
    wanted = plan.source.expects.org
    if wanted is None:
        return None
    if isinstance(wanted, OrgLevel):
        level = wanted.level
        found: dict[dt.date, set[str]] = {}

        def at_level(date: dt.date) -> set[str]:
            if date not in found:
                found[date] = catalogue.org.at_level(level, date)
            return found[date]

        return at_level
    listed = {catalogue.org.resolve(text) or text for text in wanted}
    return lambda date: {unit for unit in listed if catalogue.org.in_force(unit, date)}


def _find_pairs(
    units: Objects, periods: Periods, delivers: Mask, test: Callable[[str, dt.date], bool]
) -> npt.NDArray[np.int64]:
    """Return the rows whose (unit, date) passes `test`, which is asked once for each distinct pair."""
    rows = find_rows(delivers & pd.notna(units) & ~np.isnat(periods.dates))
    if not len(rows):
        return rows
    unit_places, names = pd.factorize(units[rows])
    date_places, dates = np.unique(periods.dates[rows], return_inverse=True)[::-1]
    pairs, places = np.unique(unit_places * len(dates) + date_places, return_inverse=True)
    distinct = ((names[pair // len(dates)], dates[pair % len(dates)].astype(object)) for pair in pairs)
    outcome = np.array([test(str(unit), date) for unit, date in distinct], dtype=bool)
    return np.asarray(rows[outcome[places]])


def _place_period(
    value: Any, slice_grain: Grain, calendar: Calendar
) -> tuple[dt.date | None, Grain | None, str | None]:
    if pd.isna(value):
        return None, None, None
    if isinstance(value, str):
        grain, date = calendar.grain_of(value), calendar.last_day(value)
    else:
        grain, date = "D", pd.Timestamp(value).date()
    coarser = max(grain, slice_grain, key=_ORDER.index)
    return date, grain, calendar.key_of(date, coarser)


def _org_names(catalogue: Catalogue) -> list[str]:
    names: list[str] = []
    for unit, lines in catalogue.org.units.items():
        names.append(unit)
        for line in lines:
            names += line.aliases
            names += [text for text in (line.name.zh, line.name.en) if text] if line.name else []
    return list(dict.fromkeys(names))
