"""The model's calendar: base periods (months, 4-4-5 months or ISO weeks), fiscal quarters and years."""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

FIRST_YEAR, LAST_YEAR = 2022, 2032
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Base:
    """One base period: `stop` is exclusive, `place` its number in the fiscal year, from 1."""

    key: str
    start: dt.date
    stop: dt.date
    year: int
    place: int
    quarter: str


@dataclass(frozen=True)
class Period:
    """A base period (grain M) or quarter (grain Q): the indexes of its base periods."""

    grain: str
    key: str
    months: tuple[int, ...]
    year: int

    @property
    def last(self) -> int:
        """Return the index of its last base period."""
        return self.months[-1]


@dataclass(frozen=True)
class Calendar:
    """`mode` is month, 4-4-5 or iso-week; the fiscal year starts with the month `starts` and bears its year."""

    mode: str = "month"
    starts: int = 1

    @cached_property
    def bases(self) -> list[Base]:
        """All base periods in order of time."""
        make = {"month": self._months, "4-4-5": self._retail, "iso-week": self._weeks}[self.mode]
        return [base for year in range(FIRST_YEAR, LAST_YEAR + 1) for base in make(year)]

    @cached_property
    def starts_of(self) -> list[dt.date]:
        """First days of the base periods."""
        return [base.start for base in self.bases]

    @cached_property
    def periods(self) -> dict[str, Period]:
        """Base periods and quarters by key."""
        found = {base.key: Period("M", base.key, (i,), base.year) for i, base in enumerate(self.bases)}
        quarters: dict[str, list[int]] = {}
        for i, base in enumerate(self.bases):
            quarters.setdefault(base.quarter, []).append(i)
        for key, months in quarters.items():
            found[key] = Period("Q", key, tuple(months), self.bases[months[0]].year)
        return found

    def index(self, day: dt.date) -> int:
        """Return the index of the base period that holds `day`."""
        return bisect_right(self.starts_of, day) - 1

    def bounds(self, key: str) -> tuple[dt.date, dt.date]:
        """Return first day and first day after of a day, base period or quarter key."""
        if key in self.periods:
            months = self.periods[key].months
            return self.bases[months[0]].start, self.bases[months[-1]].stop
        day = dt.date.fromisoformat(key)
        return day, day + DAY

    def grain(self, key: str) -> str:
        """Return D, M or Q."""
        return self.periods[key].grain if key in self.periods else "D"

    def first_of_year(self, period: Period) -> bool:
        """Tell whether the fiscal year begins with `period`."""
        return self.bases[period.months[0]].place == 1

    def previous(self, period: Period) -> Period | None:
        """Return the period of the same grain before it."""
        before = period.months[0] - 1
        if before < 0:
            return None
        base = self.bases[before]
        return self.periods[base.key if period.grain == "M" else base.quarter]

    def year_ago(self, index: int) -> int | None:
        """Return the base period of the same place in the fiscal year before, or None."""
        return self._places.get((self.bases[index].year - 1, self.bases[index].place))

    def year_later(self, index: int) -> int | None:
        """Return the base period of which `index` is the one a year ago."""
        return self._places.get((self.bases[index].year + 1, self.bases[index].place))

    def period_year_ago(self, period: Period) -> Period | None:
        """Return the same base period or quarter of the fiscal year before."""
        if period.grain == "M":
            before = self.year_ago(period.months[0])
            return None if before is None else self.periods[self.bases[before].key]
        return self.periods.get(f"{int(period.key[:4]) - 1}{period.key[4:]}")

    @cached_property
    def _places(self) -> dict[tuple[int, int], int]:
        return {(base.year, base.place): i for i, base in enumerate(self.bases)}

    def _months(self, year: int) -> list[Base]:
        firsts = [
            dt.date(year + (self.starts - 1 + n) // 12, (self.starts - 1 + n) % 12 + 1, 1) for n in range(13)
        ]
        return [
            Base(f"{first:%Y-%m}", first, firsts[n + 1], year, n + 1, f"{year}-Q{n // 3 + 1}")
            for n, first in enumerate(firsts[:12])
        ]

    def _new_year(self, year: int) -> dt.date:
        fourth = dt.date(year, self.starts, 4)
        return fourth - dt.timedelta(days=fourth.weekday())

    def _retail(self, year: int) -> list[Base]:
        weeks = (self._new_year(year + 1) - self._new_year(year)).days // 7
        lengths = [4, 4, 5] * 4
        lengths[-1] += weeks - 52
        made, start = [], self._new_year(year)
        for n, length in enumerate(lengths):
            stop = start + dt.timedelta(weeks=length)
            month = self.starts - 1 + n
            key = f"{year + month // 12}-{month % 12 + 1:02d}"
            made.append(Base(key, start, stop, year, n + 1, f"{year}-Q{n // 3 + 1}"))
            start = stop
        return made

    def _weeks(self, year: int) -> list[Base]:
        weeks = (self._new_year(year + 1) - self._new_year(year)).days // 7
        first = self._new_year(year)
        starts = [first + dt.timedelta(weeks=n) for n in range(weeks + 1)]
        return [
            Base(
                f"{year}-W{n + 1:02d}",
                starts[n],
                starts[n + 1],
                year,
                n + 1,
                f"{year}-Q{min(n // 13, 3) + 1}",
            )
            for n in range(weeks)
        ]
