"""Period keys and their bounds by the company's calendar: base periods, fiscal quarters `2026-Q1`, days.

Base periods are calendar months `2026-03`, fiscal months of a 4-4-5 calendar with the same keys, or ISO weeks
`2026-W05` (`include.fiscal`). A month key names the month, or the fiscal month in its place, whatever month the
fiscal year starts in; a quarter key names the fiscal year (`fiscal_year_named_by` its first or its last month) and
the quarter's place in it. Grains are `D` (day), `M` (base period) and `Q` (quarter), as in the ledger; what is
called a month here is a base period.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.fiscal import FIRST_YEAR, LAST_YEAR, Kind, Row, lay_out
from include.period_pattern import read_pattern

Grain = Literal["D", "M", "Q"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_WEEK = re.compile(r"\d{4}-W\d{2}")
_QUARTER = re.compile(r"\d{4}-Q[1-4]")


class CalendarSettings(Protocol):
    """What a calendar needs of `calendar.yaml`."""

    @property
    def periods(self) -> Kind:
        """Which base periods the company reports in."""

    @property
    def fiscal_year_starts(self) -> int:
        """Month (1 to 12) in which the fiscal year starts."""

    @property
    def fiscal_year_named_by(self) -> Literal["start", "end"]:
        """Whether a fiscal year bears the year of its first or of its last month."""


@dataclass(frozen=True)
class PeriodRow:
    """One base period or quarter as the warehouse stores it.

    `end` is exclusive, `year` the fiscal year and `year_start` its first day, `quarter` the key of the quarter
    that it is or lies in. `last_month` is the first day of its last base period, `months` how many it has,
    `before_last_month` the last one of the period before, None for the first of a fiscal year. `previous` and
    `year_ago` are first days of periods of the same grain, None where there is none: a 53rd week has a year
    ago only where that year has one. `position` is its place in the fiscal year (from 1).
    """

    grain: Grain
    key: str
    start: dt.date
    end: dt.date
    year: int
    year_start: dt.date
    quarter: str
    quarter_start: dt.date
    last_month: dt.date
    months: int
    before_last_month: dt.date | None
    previous: dt.date
    year_ago: dt.date | None
    position: int


class Calendar:
    """Turns dates into period keys and back, by two rows of periods: base periods and quarters.

    A date or key beyond the years 1900 to 2200 raises ValueError.
    """

    def __init__(self, config: CalendarSettings) -> None:
        """Take kind, fiscal year's start and naming from `config`."""
        self.kind: Kind = config.periods
        self.first_month = config.fiscal_year_starts
        self.named_by = config.fiscal_year_named_by
        naming = 1 if self.named_by == "end" and self.first_month > 1 else 0
        self._months, self._quarters = lay_out(self.kind, self.first_month, naming)
        base = _WEEK if self.kind == "iso-week" else _MONTH
        self._patterns: dict[Grain, re.Pattern[str]] = {"D": _DAY, "M": base, "Q": _QUARTER}

    @property
    def word(self) -> Literal["month", "week"]:
        """What people call a base period, as in `slice` and in a column's `type`."""
        return "week" if self.kind == "iso-week" else "month"

    @property
    def periods_in_year(self) -> int:
        """How many base periods make twelve months for rolling figures: 12, or 52 weeks."""
        return 52 if self.kind == "iso-week" else 12

    @property
    def example(self) -> str:
        """A base period's key for messages."""
        return "2026-W05" if self.kind == "iso-week" else "2026-03"

    def month_of(self, date: dt.date) -> str:
        """Return the key of the base period that holds `date`."""
        return self._months.keys[self._months.find(date)]

    def quarter_of(self, month: str | dt.date) -> str:
        """Return the key of the fiscal quarter that holds a base period's key or a date."""
        place = self._place(self._months, month) if isinstance(month, str) else self._months.find(month)
        return self._quarters.keys[self._months.groups[place]]

    def year_of(self, key: str) -> int:
        """Return the fiscal year that a period key lies in. Raises ValueError for another text."""
        return self._months.years[self._months.find(self.period_bounds(key)[0])]

    def position_of(self, key: str) -> int:
        """Return the place of a base period or quarter in its fiscal year, from 1; a day's is its month's."""
        row = self._quarters if self.grain_of(key) == "Q" else self._months
        return row.positions[row.find(self.period_bounds(key)[0])]

    def key_of(self, date: dt.date, grain: Grain) -> str:
        """Return the key of the period of `grain` that holds `date`; a day's key is its ISO date."""
        if grain == "D":
            return date.isoformat()
        return self.month_of(date) if grain == "M" else self.quarter_of(date)

    def keys_named_by(self, date: dt.date) -> set[str]:
        """Return the keys of the base periods that a date may stand for where a period is asked for.

        That is the one whose first or last day it is. Under 4-4-5 the first of a calendar month names that
        month too, as spreadsheets keep a month that is typed in; so a date may mean two. None is empty.
        """
        start, end = self.period_bounds(key := self.month_of(date))
        named = {key} if date in {start, end - dt.timedelta(days=1)} else set()
        return named | {f"{date:%Y-%m}"} if self.kind == "4-4-5" and date.day == 1 else named

    def opens_month(self, date: dt.date) -> bool:
        """Tell whether a base period starts on `date`, or no period is known for it."""
        days = self._months.bounds
        return not days[0] <= date < days[-1] or days[self._months.find(date)] == date

    def grain_of(self, key: str) -> Grain:
        """Return D, M or Q for a period key. Raises ValueError for a text that is none."""
        for grain, pattern in self._patterns.items():
            if pattern.fullmatch(key):
                return grain
        raise ValueError(f"{key!r} is not a period; {self._form}")

    def period_bounds(self, key: str) -> tuple[dt.date, dt.date]:
        """Return first day and first day after of a period key. Raises ValueError for a text that is none."""
        grain = self.grain_of(key)
        if grain == "D":
            try:
                day = dt.date.fromisoformat(key)
                return day, day + dt.timedelta(days=1)
            except (ValueError, OverflowError) as error:
                raise ValueError(f"{key!r} is not a period of the calendar; {self._form}") from error
        row = self._months if grain == "M" else self._quarters
        place = self._place(row, key)
        return row.bounds[place], row.bounds[place + 1]

    def has(self, key: str) -> bool:
        """Tell whether `key` is a period of this calendar."""
        try:
            self.period_bounds(key)
        except ValueError:
            return False
        return True

    def last_day(self, key: str) -> dt.date:
        """Return the last day of a period."""
        return self.period_bounds(key)[1] - dt.timedelta(days=1)

    def months_of(self, key: str) -> list[str]:
        """Return the keys of the base periods that lie in a period key, or that hold a day, in order."""
        first, last = self._months.find(self.period_bounds(key)[0]), self._months.find(self.last_day(key))
        return list(self._months.keys[first : last + 1])

    def months_between(self, first: str, last: str) -> list[str]:
        """Return the base periods from `first` to `last`, both included; empty where `last` is earlier."""
        places = (self._place(self._months, key) for key in (first, last))
        return list(self._months.keys[next(places) : next(places) + 1])

    def shift(self, key: str, steps: int) -> str:
        """Return the key `steps` periods of the same grain later (earlier where negative)."""
        grain = self.grain_of(key)
        if grain == "D":
            return (self.period_bounds(key)[0] + dt.timedelta(days=steps)).isoformat()
        row = self._months if grain == "M" else self._quarters
        place = self._place(row, key) + steps
        if not 0 <= place < len(row.keys):
            raise ValueError(f"the period {steps} after {key!r} is beyond the calendar")
        return row.keys[place]

    def previous(self, key: str) -> str:
        """Return the period before."""
        return self.shift(key, -1)

    def year_ago(self, key: str) -> str | None:
        """Return the period in the same place of the fiscal year before; None for a 53rd week without one."""
        row = self._quarters if self.grain_of(key) == "Q" else self._months
        place = _year_before(row, self._place(row, key))
        return None if place is None else row.keys[place]

    def months_in_year_to(self, key: str) -> list[str]:
        """Return the base periods from the fiscal year's first to the end of `key`, as ytd covers."""
        last = self._months.find(self.last_day(key))
        return list(self._months.keys[last - self._months.positions[last] + 1 : last + 1])

    def rows(self, first_year: int, last_year: int) -> list[PeriodRow]:
        """Return all base periods, then all quarters, of the fiscal years `first_year` to `last_year`."""
        rows: tuple[tuple[Grain, Row], ...] = (("M", self._months), ("Q", self._quarters))
        return [
            self._row(grain, row, place)
            for grain, row in rows
            for place, year in enumerate(row.years)
            if first_year <= year <= last_year
        ]

    def _row(self, grain: Grain, row: Row, place: int) -> PeriodRow:
        months, quarter = self._months, row.groups[place]
        first, end = months.find(row.bounds[place]), months.find(row.bounds[place + 1])
        ago = _year_before(row, place)
        return PeriodRow(
            grain=grain,
            key=row.keys[place],
            start=row.bounds[place],
            end=row.bounds[place + 1],
            year=row.years[place],
            year_start=months.bounds[first - months.positions[first] + 1],
            quarter=self._quarters.keys[quarter],
            quarter_start=self._quarters.bounds[quarter],
            last_month=months.bounds[end - 1],
            months=end - first,
            before_last_month=months.bounds[first - 1] if row.positions[place] > 1 else None,
            previous=row.bounds[place - 1],
            year_ago=None if ago is None else row.bounds[ago],
            position=row.positions[place],
        )

    # Whole columns of dates: datetime64, Python dates or Arrow dates alike; NaT stays NaT or None.

    def month_starts(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the first day of each date's base period as datetime64[s]."""
        days = np.append(self._months.days[:-1], np.datetime64("NaT")).astype("datetime64[s]")
        return pd.Series(days[_find_all(self._months, dates)], index=dates.index, name=dates.name)

    def month_keys(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the key of each date's base period as text; None for a missing date."""
        return _name_all(self._months, dates)

    def quarter_keys(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return each date's fiscal quarter key as text; None for a missing date."""
        return _name_all(self._quarters, dates)

    def parse_period(self, text: str, pattern: str) -> str | None:
        """Return the period key that a header such as `2026年3月` names under `{year}年{month}月`, or None.

        `{year}` has four digits and means the fiscal year together with `{quarter}`, the ISO year together with
        `{week}`; `{year}` and `{month}` name a month key, under 4-4-5 the fiscal month's. None for a period that
        the calendar doesn't have. Full-width digits and outer blanks don't matter. Raises ValueError for a
        pattern without `{year}`.
        """
        key = read_pattern(text, pattern)
        known = key and self.has(key) and FIRST_YEAR <= int(key[:4]) <= LAST_YEAR
        return key if known else None

    @property
    def _form(self) -> str:
        return f"write {self.example}, 2026-Q1 or 2026-03-05"

    def _place(self, row: Row, key: str) -> int:
        if key not in row.places:
            raise ValueError(f"{key!r} is not a period of the calendar; {self._form}")
        return row.places[key]


@dataclass(frozen=True)
class _Plain:
    periods: Kind = "month"
    fiscal_year_starts: int = 1
    fiscal_year_named_by: Literal["start", "end"] = "start"


CALENDAR_MONTHS = Calendar(_Plain())
"""Calendar months, the fiscal year being the calendar's."""


def _year_before(row: Row, place: int) -> int | None:
    """Return the place of the period in the same position of the year before, if it is long enough."""
    last = place - row.positions[place]
    if last < 0:
        return None
    ago = last - row.positions[last] + row.positions[place]
    return ago if ago <= last else None


def _find_all(row: Row, dates: "pd.Series[Any]") -> npt.NDArray[np.int64]:
    """Return the place of each date's period; the place after the last one for a missing date."""
    values = pd.to_datetime(dates) if dates.dtype == object else dates
    days = values.to_numpy().astype("datetime64[D]")
    places = np.searchsorted(row.days, days, side="right") - 1
    missing, last = np.isnat(days), len(row.keys)
    places[missing] = last
    if ((places < 0) | ((places == last) & ~missing)).any():
        raise ValueError(f"a date is beyond the calendar, which has the years {FIRST_YEAR} to {LAST_YEAR}")
    return places


def _name_all(row: Row, dates: "pd.Series[Any]") -> "pd.Series[Any]":
    keys = np.array([*row.keys, None], dtype=object)
    return pd.Series(keys[_find_all(row, dates)], index=dates.index, name=dates.name, dtype=object)
