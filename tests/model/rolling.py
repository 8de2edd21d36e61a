"""Figures over the last twelve base periods (in a calendar of weeks, the last 52)."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.model.calendars import Calendar
from tests.model.definitions import Metric, Version
from tests.model.exact import add, quotient
from tests.model.shares import combine


def add_rolling(calendar: Calendar, metric: Metric, board: Mapping[Any, Any]) -> None:
    """Fill in the rolling figures of a base metric's rows; a quarter has that of its last base period.

    None where a unit reported the quarter as a whole: its months are in no base period's figure.
    """
    reach = 52 if calendar.mode == "iso-week" else 12
    series: dict[Any, dict[int, Any]] = defaultdict(dict)
    for (_, unit, key, dims, scenario), row in board.items():
        period = calendar.periods[key]
        if period.grain == "M":
            series[unit, dims, scenario][period.last] = row
    for (_, unit, key, dims, scenario), row in board.items():
        if any(share.quarterly for share in row.shares.values()):
            continue
        last = calendar.periods[key].last
        months = series[unit, dims, scenario]
        rows = [months[index] for index in range(last - reach + 1, last + 1) if index in months]
        if len(rows) == reach and all(found.value is not None for found in rows):
            row.rolling = _roll(metric.at(calendar.bases[calendar.periods[key].months[0]].start), rows)


def _roll(version: Version, rows: list[Any]) -> Decimal | None:
    values = [row.value for row in rows]
    if version.over_time in ("weighted_average", "distinct"):
        return combine((share for row in rows for share in row.shares.values()), version)[0]
    if version.over_time == "average":
        return quotient(add(values), Decimal(len(values)))
    extremes: dict[str, Any] = {"min": min, "max": max, "sum": add, "last": lambda found: found[-1]}
    kind = extremes.get(version.over_time)
    return kind(values) if kind else None
