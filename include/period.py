"""Period keys and their bounds by the company's calendar: months `2026-03`, fiscal quarters `2026-Q1`, days.

A month key always names the calendar month, whatever month the fiscal year starts in; a quarter key names the
fiscal year (`fiscal_year_named_by` its first or its last month) and the quarter's place in it.
Grains are `D` (day), `M` (month) and `Q` (quarter), as in the ledger.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Grain = Literal["D", "M", "Q"]
FIRST_YEAR, LAST_YEAR = 1900, 2200

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_PLACEHOLDER = re.compile(r"\{(year|month|quarter|day)\}")
_PARTS = {
    "year": r"(?P<year>\d{4})",
    "month": r"(?P<month>0?[1-9]|1[0-2])",
    "quarter": r"(?P<quarter>[1-4一二三四])",
}
_TOGETHER = (["month", "year"], ["quarter", "year"], ["day", "month", "year"])
_PARTS["day"] = r"(?P<day>0?[1-9]|[12]\d|3[01])"


class CalendarSettings(Protocol):
    """What a calendar needs of `calendar.yaml`."""

    @property
    def fiscal_year_starts(self) -> int:
        """Month (1 to 12) in which the fiscal year starts."""

    @property
    def fiscal_year_named_by(self) -> Literal["start", "end"]:
        """Whether a fiscal year bears the year of its first or of its last month."""


@dataclass(frozen=True)
class PeriodRow:
    """One month or quarter as the warehouse stores it.

    `end` is exclusive, `year` the fiscal year, `quarter` the key of the quarter that it is or lies in,
    `previous` and `year_ago` keys of the same grain, `position` its place in the fiscal year (from 1).
    """

    grain: Grain
    key: str
    start: dt.date
    end: dt.date
    year: int
    quarter: str
    previous: str
    year_ago: str
    position: int


class Calendar:
    """Turns dates into period keys and back. Months are counted from year 0: `year * 12 + month - 1`."""

    def __init__(self, config: CalendarSettings) -> None:
        """Take the fiscal year's start and naming from `config`."""
        self.first_month = config.fiscal_year_starts
        self.named_by = config.fiscal_year_named_by

    def month_of(self, date: dt.date) -> str:
        """Return the key of the month that holds `date`."""
        return f"{date.year:04d}-{date.month:02d}"

    def quarter_of(self, month: str | dt.date) -> str:
        """Return the key of the fiscal quarter that holds a month key or a date."""
        count = _count(month) if isinstance(month, str) else month.year * 12 + month.month - 1
        year, position = self._fiscal(count)
        return f"{year:04d}-Q{(position - 1) // 3 + 1}"

    def year_of(self, key: str) -> int:
        """Return the fiscal year that a period key lies in. Raises ValueError for another text."""
        return self._fiscal(_month_count(self.period_bounds(key)[0]))[0]

    def position_of(self, key: str) -> int:
        """Return the place of a month (1 to 12) or quarter (1 to 4) in its fiscal year."""
        position = self._fiscal(_month_count(self.period_bounds(key)[0]))[1]
        return (position - 1) // 3 + 1 if self.grain_of(key) == "Q" else position

    def key_of(self, date: dt.date, grain: Grain) -> str:
        """Return the key of the period of `grain` that holds `date`; a day's key is its ISO date."""
        if grain == "D":
            return date.isoformat()
        return self.month_of(date) if grain == "M" else self.quarter_of(date)

    def grain_of(self, key: str) -> Grain:
        """Return D, M or Q for a period key. Raises ValueError for a text that is none."""
        for grain, pattern in _KEYS.items():
            if pattern.fullmatch(key):
                return grain
        raise ValueError(f"{key!r} is not a period; write 2026-03, 2026-Q1 or 2026-03-05")

    def period_bounds(self, key: str) -> tuple[dt.date, dt.date]:
        """Return first day and first day after of a period key. Raises ValueError for a text that is none."""
        grain = self.grain_of(key)
        try:
            if grain == "D":
                day = dt.date.fromisoformat(key)
                return day, day + dt.timedelta(days=1)
            count = _count(key) if grain == "M" else self._quarter_count(key)
            return _month_start(count), _month_start(count + (1 if grain == "M" else 3))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{key!r} is not a period of the calendar") from error

    def last_day(self, key: str) -> dt.date:
        """Return the last day of a period."""
        return self.period_bounds(key)[1] - dt.timedelta(days=1)

    def months_of(self, key: str) -> list[str]:
        """Return the month keys that lie in a month or quarter key, in order."""
        start, end = self.period_bounds(key)
        return [
            _month_key(count)
            for count in range(_month_count(start), max(_month_count(end), _month_count(start) + 1))
        ]

    def months_between(self, first: str, last: str) -> list[str]:
        """Return the month keys from `first` to `last`, both included; empty where `last` is earlier."""
        return [_month_key(count) for count in range(_count(first), _count(last) + 1)]

    def shift(self, key: str, steps: int) -> str:
        """Return the key `steps` periods of the same grain later (earlier where negative)."""
        grain, start = self.grain_of(key), self.period_bounds(key)[0]
        if grain == "D":
            return (start + dt.timedelta(days=steps)).isoformat()
        moved = _month_start(_month_count(start) + steps * (1 if grain == "M" else 3))
        return self.key_of(moved, grain)

    def previous(self, key: str) -> str:
        """Return the period before."""
        return self.shift(key, -1)

    def year_ago(self, key: str) -> str:
        """Return the same month or quarter of the fiscal year before."""
        return self.shift(key, -4 if self.grain_of(key) == "Q" else -12)

    def months_in_year_to(self, key: str) -> list[str]:
        """Return the month keys from the fiscal year's first month to the end of `key`, as ytd covers."""
        last = _month_count(self.last_day(key))
        return [_month_key(count) for count in range(last - self._fiscal(last)[1] + 1, last + 1)]

    def rows(self, first_year: int, last_year: int) -> list[PeriodRow]:
        """Return all months, then all quarters, of the fiscal years `first_year` to `last_year`."""
        months = [
            _month_key(count)
            for count in range(self._year_start(first_year), self._year_start(last_year + 1))
        ]
        quarters = list(dict.fromkeys(map(self.quarter_of, months)))
        return [self._row("M", key) for key in months] + [self._row("Q", key) for key in quarters]

    def _row(self, grain: Grain, key: str) -> PeriodRow:
        start, end = self.period_bounds(key)
        quarter = key if grain == "Q" else self.quarter_of(key)
        before, ago = self.previous(key), self.year_ago(key)
        return PeriodRow(
            grain, key, start, end, self.year_of(key), quarter, before, ago, self.position_of(key)
        )

    # Whole columns of dates: datetime64, Python dates or Arrow dates alike; NaT stays NaT or None.

    def month_starts(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the first day of each date's month as datetime64[s]."""
        return pd.Series(_months(dates).astype("datetime64[s]"), index=dates.index, name=dates.name)

    def month_keys(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return each date's month key as text; None for a missing date."""
        return self._keys(dates, _month_key)

    def quarter_keys(self, dates: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return each date's fiscal quarter key as text; None for a missing date."""
        return self._keys(dates, lambda count: self.quarter_of(_month_key(count)))

    def _keys(self, dates: "pd.Series[Any]", key_of: Any) -> "pd.Series[Any]":
        months = _months(dates)
        distinct, places = np.unique(months, return_inverse=True)
        missing = np.isnat(distinct)
        counts = distinct.astype(np.int64) + 1970 * 12
        keys = [None if gone else key_of(int(count)) for count, gone in zip(counts, missing, strict=True)]
        named = np.array([*keys, None], dtype=object)[:-1][places]
        return pd.Series(named, index=dates.index, name=dates.name, dtype=object)

    def parse_period(self, text: str, pattern: str) -> str | None:
        """Return the period key that a header such as `2026年3月` names under `{year}年{month}月`, or None.

        `{year}` has four digits and means the fiscal year together with `{quarter}`.
        Full-width digits and outer blanks don't matter. Raises ValueError for a pattern without `{year}`.
        """
        match = _compile(pattern).fullmatch(unicodedata.normalize("NFKC", text).strip())
        if not match:
            return None
        parts = match.groupdict()
        year = int(parts["year"])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        if "quarter" in parts:
            return f"{year:04d}-Q{'一二三四'.find(parts['quarter']) + 1 or parts['quarter']}"
        month = f"{year:04d}-{int(parts['month']):02d}"
        return _day_key(month, int(parts["day"])) if "day" in parts else month

    def _fiscal(self, count: int) -> tuple[int, int]:
        """Return fiscal year and place in it (1 to 12) of the month `count`."""
        year, place = divmod(count - (self.first_month - 1), 12)
        return year + self._naming, place + 1

    @property
    def _naming(self) -> int:
        return 1 if self.named_by == "end" and self.first_month > 1 else 0

    def _year_start(self, year: int) -> int:
        return (year - self._naming) * 12 + self.first_month - 1

    def _quarter_count(self, key: str) -> int:
        return self._year_start(int(key[:4])) + (int(key[-1]) - 1) * 3


_KEYS: dict[Grain, re.Pattern[str]] = {"D": _DAY, "M": _MONTH, "Q": _QUARTER}


def _count(month: str) -> int:
    match = _MONTH.fullmatch(month)
    if not match or not 1 <= int(match[2]) <= 12:
        raise ValueError(f"{month!r} is not a month; write 2026-03")
    return int(match[1]) * 12 + int(match[2]) - 1


def _month_count(date: dt.date) -> int:
    return date.year * 12 + date.month - 1


def _month_start(count: int) -> dt.date:
    return dt.date(count // 12, count % 12 + 1, 1)


def _month_key(count: int) -> str:
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def _day_key(month: str, day: int) -> str | None:
    try:
        return dt.date.fromisoformat(f"{month}-{day:02d}").isoformat()
    except ValueError:
        return None


def _months(dates: "pd.Series[Any]") -> npt.NDArray[np.datetime64]:
    values = pd.to_datetime(dates) if dates.dtype == object else dates
    return values.to_numpy().astype("datetime64[M]")


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    """Return the regular expression for a period pattern.

    Text stands for itself, `{year}`, `{month}`, `{quarter}`, `{day}` for numbers. Raises ValueError where it
    can't name one period.
    """
    if sorted(_PLACEHOLDER.findall(pattern)) not in _TOGETHER:
        needs = "{year} with {month} (and {day}) or with {quarter}, each once"
        raise ValueError(f"the period pattern {pattern!r} needs {needs}")
    pieces = _PLACEHOLDER.split(unicodedata.normalize("NFKC", pattern).strip())
    parts = (_PARTS[piece] if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(parts))


def check_pattern(pattern: str) -> None:
    """Raise ValueError, with the reason, where `pattern` can't name one period."""
    _compile(pattern)
