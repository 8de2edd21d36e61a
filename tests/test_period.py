"""Calendars: each date lies in one month and quarter, keys and bounds agree, headers are read or refused."""

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.period import Calendar, check_pattern


@dataclass(frozen=True)
class Settings:
    """A calendar.yaml."""

    fiscal_year_starts: int = 1
    fiscal_year_named_by: Literal["start", "end"] = "start"


CALENDARS = st.builds(Settings, st.integers(1, 12), st.sampled_from(["start", "end"])).map(Calendar)
DATES = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))


@given(CALENDARS, DATES)
def test_every_date_lies_in_its_periods(calendar: Calendar, date: dt.date) -> None:
    for grain in ("D", "M", "Q"):
        key = calendar.key_of(date, grain)
        start, end = calendar.period_bounds(key)
        assert calendar.grain_of(key) == grain
        assert start <= date < end
        assert calendar.key_of(start, grain) == calendar.key_of(end - dt.timedelta(days=1), grain) == key
        assert calendar.key_of(end, grain) != key
        assert calendar.previous(calendar.key_of(end, grain)) == key
    month = calendar.month_of(date)
    assert month in calendar.months_of(calendar.quarter_of(month))
    assert calendar.months_in_year_to(month)[-1] == month
    assert len(calendar.months_in_year_to(month)) == calendar.position_of(month)


@given(CALENDARS, st.integers(1990, 2060))
def test_rows_partition_the_fiscal_year(calendar: Calendar, year: int) -> None:
    rows = calendar.rows(year, year)
    months = [row for row in rows if row.grain == "M"]
    quarters = [row for row in rows if row.grain == "Q"]
    assert [row.position for row in months] == list(range(1, 13))
    assert [row.key for row in quarters] == [f"{year}-Q{n}" for n in range(1, 5)]
    for some in (months, quarters):
        assert all(one.end == two.start for one, two in itertools.pairwise(some))
        assert {row.year for row in some} == {year}
    assert (months[0].start, months[-1].end) == (quarters[0].start, quarters[-1].end)
    assert months[0].start.month == calendar.first_month
    assert {row.quarter for row in months} == {row.key for row in quarters}
    ago = {row.key: row.year_ago for row in rows}
    assert ago[f"{year}-Q3"] == f"{year - 1}-Q3"
    assert all(row.year_ago == f"{row.start.year - 1}-{row.start.month:02d}" for row in months)


def test_fiscal_years_are_named_by_start_or_end() -> None:
    april, ending = Calendar(Settings(4)), Calendar(Settings(4, "end"))
    assert april.quarter_of("2026-03") == "2025-Q4"
    assert april.quarter_of("2026-04") == "2026-Q1"
    assert april.period_bounds("2026-Q4") == (dt.date(2027, 1, 1), dt.date(2027, 4, 1))
    assert ending.quarter_of("2026-04") == "2027-Q1"
    assert ending.period_bounds("2027-Q1") == (dt.date(2026, 4, 1), dt.date(2026, 7, 1))
    assert Calendar(Settings(1, "end")).quarter_of("2026-04") == "2026-Q2"
    assert april.months_in_year_to("2026-Q2") == april.months_between("2026-04", "2026-09")
    assert april.year_of("2026-03") == 2025


@given(CALENDARS, st.lists(st.one_of(st.none(), DATES), min_size=1, max_size=20))
def test_columns_agree_with_single_dates(calendar: Calendar, dates: list[dt.date | None]) -> None:
    for series in (pd.Series(dates, dtype=object), pd.Series(pd.to_datetime(pd.Series(dates, dtype=object)))):
        months, quarters, starts = (
            calendar.month_keys(series),
            calendar.quarter_keys(series),
            calendar.month_starts(series),
        )
        for place, date in enumerate(dates):
            if date is None:
                assert months[place] is None
                assert quarters[place] is None
                assert pd.isna(starts[place])
            else:
                assert months[place] == calendar.month_of(date)
                assert quarters[place] == calendar.quarter_of(date)
                assert starts[place] == pd.Timestamp(date.replace(day=1))


@pytest.mark.parametrize(
    ("text", "pattern", "key"),
    [
        ("2026年3月", "{year}年{month}月", "2026-03"),
        (" 2026年03月 ", "{year}年{month}月", "2026-03"),
        ("２０２６年１２月", "{year}年{month}月", "2026-12"),
        ("202603", "{year}{month}", "2026-03"),
        ("2026.10", "{year}.{month}", "2026-10"),
        ("2026Q1", "{year}Q{quarter}", "2026-Q1"),
        ("2026年第三季度", "{year}年第{quarter}季度", "2026-Q3"),
        ("2026/3/5", "{year}/{month}/{day}", "2026-03-05"),
        ("2026年13月", "{year}年{month}月", None),
        ("2026年0月", "{year}年{month}月", None),
        ("26年3月", "{year}年{month}月", None),
        ("2026年3月累计", "{year}年{month}月", None),
        ("2026Q5", "{year}Q{quarter}", None),
        ("2026/2/30", "{year}/{month}/{day}", None),
        ("合计", "{year}年{month}月", None),
        ("2026x10", "{year}.{month}", None),
        ("0001年1月", "{year}年{month}月", None),
    ],
)
def test_headers(text: str, pattern: str, key: str | None) -> None:
    assert Calendar(Settings()).parse_period(text, pattern) == key


@pytest.mark.parametrize(
    "pattern", ["{month}月", "{year}", "{year}{year}{month}", "{year}-{month}-{quarter}", "", "年月"]
)
def test_patterns_that_name_no_period_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "key", ["2026", "2026-13", "2026-Q5", "2026-3", "26-03", "2026-02-30", "", "2026-00", "0000-01"]
)
def test_texts_that_are_no_period_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="period"):
        Calendar(Settings()).period_bounds(key)
