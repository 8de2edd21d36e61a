"""Which periods each kind of calendar has: its base periods and quarters, laid out from 1900 to 2200.

A base period is the finest period that KPIs have (grain M): a calendar month, a fiscal month of whole weeks
(4-4-5), or a week of ISO 8601. Quarters are unions of them, and so are fiscal years.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, groupby
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["month", "4-4-5", "iso-week"]
FIRST_YEAR, LAST_YEAR = 1900, 2200
_MARGIN = 3
"""Years laid out beyond these, so that their first and last periods have neighbours whatever names a year."""
_WEEKS_OF_MONTHS = (4, 4, 5) * 4
_WEEKS_OF_QUARTER = 13


@dataclass(frozen=True)
class Row:
    """The periods of one grain, one after the other: the i-th covers [bounds[i], bounds[i + 1]).

    `years` are fiscal years, `positions` the places in them (from 1), `groups` the places (from 0) of the
    quarters that hold them in the row of quarters. `bounds` has one entry more than the others.
    """

    keys: Sequence[str]
    bounds: Sequence[dt.date]
    years: Sequence[int]
    positions: Sequence[int]
    groups: Sequence[int]

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each key."""
        return {key: place for place, key in enumerate(self.keys)}

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """`bounds` for vectorised look-ups."""
        return np.array(self.bounds, dtype="datetime64[D]")

    def find(self, date: dt.date) -> int:
        """Return the place of the period that holds `date`. Raises ValueError beyond the calendar."""
        place = bisect_right(self.bounds, date) - 1
        if not 0 <= place < len(self.keys):
            raise ValueError(f"{date} is beyond the calendar, a period from {FIRST_YEAR} to {LAST_YEAR}")
        return place


@lru_cache
def lay_out(kind: Kind, first_month: int, naming: int) -> tuple[Row, Row]:
    """Return base periods and quarters. A fiscal year that starts in 2026 is the year 2026 + `naming`."""
    starts, keys, years, positions, groups = [], [], [], [], []
    for year in range(FIRST_YEAR - _MARGIN, LAST_YEAR + _MARGIN):
        for position, (start, key, quarter) in enumerate(_PERIODS[kind](year, first_month), 1):
            starts.append(start)
            keys.append(key)
            years.append(year + naming)
            positions.append(position)
            groups.append((year - FIRST_YEAR + _MARGIN) * 4 + quarter)
    end = next(iter(_PERIODS[kind](LAST_YEAR + _MARGIN, first_month)))[0]
    bounds = [*starts, end]
    firsts = [next(places) for _, places in groupby(range(len(groups)), groups.__getitem__)]
    quarters = Row(
        keys=[f"{years[first]:04d}-Q{groups[first] % 4 + 1}" for first in firsts],
        bounds=[*(bounds[first] for first in firsts), end],
        years=[years[first] for first in firsts],
        positions=[groups[first] % 4 + 1 for first in firsts],
        groups=range(len(firsts)),
    )
    return Row(keys, bounds, years, positions, groups), quarters


# Each gives the base periods of the fiscal year that starts in a calendar year: first day, key, quarter from 0.

_Periods = Iterator[tuple[dt.date, str, int]]


def _calendar_months(year: int, first_month: int) -> _Periods:
    for place in range(12):
        month = _month_after(year, first_month, place)
        yield dt.date(*month, 1), _name_month(*month), place // 3


def _fiscal_months(year: int, first_month: int) -> _Periods:
    """Months of 4, 4 and 5 weeks, named as the calendar months in their places; the last may have a sixth."""
    start = _nearest_monday(year, first_month)
    for place, weeks in enumerate(accumulate(_WEEKS_OF_MONTHS[:-1], initial=0)):
        month = _month_after(year, first_month, place)
        yield start + dt.timedelta(weeks=weeks), _name_month(*month), place // 3


def _weeks(year: int, first_month: int) -> _Periods:
    """Weeks of ISO 8601, 13 a quarter; the last quarter of a year of 53 weeks has 14."""
    start, end = _nearest_monday(year, first_month), _nearest_monday(year + 1, first_month)
    for place in range((end - start).days // 7):
        quarter = min(place // _WEEKS_OF_QUARTER, 3)
        yield start + dt.timedelta(weeks=place), f"{year:04d}-W{place + 1:02d}", quarter


_PERIODS = {"month": _calendar_months, "4-4-5": _fiscal_months, "iso-week": _weeks}


def _nearest_monday(year: int, month: int) -> dt.date:
    """Return the first day of the week that has most of its days in the month: the one that holds the 4th."""
    fourth = dt.date(year, month, 4)
    return fourth - dt.timedelta(days=fourth.weekday())


def _month_after(year: int, month: int, months: int) -> tuple[int, int]:
    return year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1


def _name_month(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}"
