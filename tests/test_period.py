"""Calendars: each date lies in one month and quarter, keys and bounds agree, headers are read or refused."""

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.period import Calendar
from include.period_pattern import check_pattern


@dataclass(frozen=True)
class Settings:
    """A calendar.yaml."""

    fiscal_year_starts: int = 1
    fiscal_year_named_by: Literal["start", "end"] = "start"
    periods: Literal["month", "4-4-5", "iso-week"] = "month"


KINDS = st.one_of(
    st.builds(
        Settings, st.integers(1, 12), st.sampled_from(["start", "end"]), st.sampled_from(["month", "4-4-5"])
    ),
    st.just(Settings(periods="iso-week")),
)
CALENDARS = KINDS.map(Calendar)
MONTHS = st.builds(Settings, st.integers(1, 12), st.sampled_from(["start", "end"])).map(Calendar)
DATES = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))
FOUR_FOUR_FIVE = {
    1: """
        2024: 01-01 01-29 02-26 | 04-01 04-29 05-27 | 07-01 07-29 08-26 | 09-30 10-28 11-25
        2025: 12-30 01-27 02-24 | 03-31 04-28 05-26 | 06-30 07-28 08-25 | 09-29 10-27 11-24
        2026: 12-29 01-26 02-23 | 03-30 04-27 05-25 | 06-29 07-27 08-24 | 09-28 10-26 11-23
        2027: 01-04 02-01 03-01 | 04-05 05-03 05-31 | 07-05 08-02 08-30 | 10-04 11-01 11-29
        2028: 01-03
    """,
    2: """
        2024: 01-29 02-26 03-25 | 04-29 05-27 06-24 | 07-29 08-26 09-23 | 10-28 11-25 12-23
        2025: 02-03 03-03 03-31 | 05-05 06-02 06-30 | 08-04 09-01 09-29 | 11-03 12-01 12-29
        2026: 02-02 03-02 03-30 | 05-04 06-01 06-29 | 08-03 08-31 09-28 | 11-02 11-30 12-28
        2027: 02-01 03-01 03-29 | 05-03 05-31 06-28 | 08-02 08-30 09-27 | 11-01 11-29 12-27
        2028: 01-31
    """,
}
"""First days of fiscal months, worked out on a paper calendar, by the month in which the fiscal year starts."""


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
    assert calendar.opens_month(date) == (calendar.period_bounds(month)[0] == date)


@given(CALENDARS, st.integers(1990, 2060))
def test_rows_partition_the_fiscal_year(calendar: Calendar, year: int) -> None:
    rows = calendar.rows(year, year)
    months = [row for row in rows if row.grain == "M"]
    quarters = [row for row in rows if row.grain == "Q"]
    assert [row.position for row in months] == list(range(1, len(months) + 1))
    assert [row.key for row in quarters] == [f"{year}-Q{n}" for n in range(1, 5)]
    for some in (months, quarters):
        assert all(one.end == two.start for one, two in itertools.pairwise(some))
        assert all(one.start == two.previous for one, two in itertools.pairwise(some))
        assert {row.year for row in some} == {year}
        assert {row.year_start for row in some} == {some[0].start}
        assert some[0].before_last_month is None
        assert all(one.last_month == two.before_last_month for one, two in itertools.pairwise(some))
    assert (months[0].start, months[-1].end) == (quarters[0].start, quarters[-1].end)
    for quarter in quarters:
        inside = [row for row in months if row.quarter == quarter.key]
        assert [row.key for row in inside] == calendar.months_of(quarter.key)
        assert (inside[0].start, inside[-1].end) == (quarter.start, quarter.end)
        assert (inside[-1].start, len(inside)) == (quarter.last_month, quarter.months)
        assert {row.quarter_start for row in inside} == {quarter.start}
        assert quarter.year_ago == calendar.period_bounds(f"{year - 1}-Q{quarter.position}")[0]


@given(MONTHS, st.integers(1990, 2060))
def test_months_are_the_calendars(calendar: Calendar, year: int) -> None:
    months = [row for row in calendar.rows(year, year) if row.grain == "M"]
    assert [row.start.month for row in months] == [(calendar.first_month + n - 1) % 12 + 1 for n in range(12)]
    for row in months:
        assert row.key == f"{row.start:%Y-%m}"
        assert row.year_ago == row.start.replace(year=row.start.year - 1)


@pytest.mark.parametrize("first_month", [1, 2])
def test_fiscal_months_of_four_four_and_five_weeks(first_month: int) -> None:
    calendar = Calendar(Settings(first_month, periods="4-4-5"))
    starts: list[dt.date] = []
    for line in FOUR_FOUR_FIVE[first_month].split("\n"):
        year, _, days = line.strip().partition(": ")
        for day in days.replace("| ", "").split():
            here = dt.date.fromisoformat(f"{year}-{day}")
            before = (
                here.month == 12 and len(starts) % 12 == 0
            )  # the year opens in the last days of the one before
            starts.append(here.replace(year=here.year - 1) if before else here)
    keys = [f"{2024 + (n + first_month - 1) // 12}-{(n + first_month - 1) % 12 + 1:02d}" for n in range(48)]
    for number, key in enumerate(keys):
        assert calendar.period_bounds(key) == (starts[number], starts[number + 1]), key
        assert calendar.position_of(key) == number % 12 + 1
        assert calendar.quarter_of(key) == f"{2024 + number // 12}-Q{number % 12 // 3 + 1}"
        assert calendar.year_ago(key) == f"{int(key[:4]) - 1}{key[4:]}"


def test_a_fiscal_year_of_53_weeks_ends_with_a_month_of_six() -> None:
    for settings, key in ((Settings(1), "2026-12"), (Settings(1), "2020-12"), (Settings(2), "2025-01")):
        calendar = Calendar(Settings(settings.fiscal_year_starts, periods="4-4-5"))
        start, end = calendar.period_bounds(key)
        assert (end - start).days == 42
        assert len(calendar.months_of(calendar.quarter_of(key))) == 3
    named_by_end = Calendar(Settings(2, "end", periods="4-4-5"))
    assert named_by_end.quarter_of("2026-01") == "2026-Q4"
    assert named_by_end.quarter_of("2026-02") == "2027-Q1"


def test_weeks_are_those_of_iso_8601() -> None:
    calendar = Calendar(Settings(periods="iso-week"))
    days = pd.date_range("1990-01-01", "2060-12-31")
    keys, quarters = calendar.month_keys(pd.Series(days)), calendar.quarter_keys(pd.Series(days))
    for number, stamp in enumerate(days):
        year, week, weekday = stamp.date().isocalendar()
        assert keys[number] == f"{year}-W{week:02d}"
        assert quarters[number] == f"{year}-Q{1 + (week > 13) + (week > 26) + (week > 39)}"
        if weekday == 1:
            assert calendar.month_of(stamp.date()) == keys[number]
            assert calendar.position_of(keys[number]) == week


def test_a_53rd_week_has_a_year_ago_only_after_another() -> None:
    calendar = Calendar(Settings(periods="iso-week"))
    assert calendar.year_ago("2026-W53") is None
    assert calendar.year_ago("2026-W52") == "2025-W52"
    assert calendar.year_ago("2027-W01") == "2026-W01"
    assert calendar.year_ago("2027-Q4") == "2026-Q4"
    assert calendar.period_bounds("2026-W53") == (dt.date(2026, 12, 28), dt.date(2027, 1, 4))
    assert calendar.months_of("2026-Q4") == [f"2026-W{n}" for n in range(40, 54)]
    assert calendar.months_of("2020-Q4")[-1] == "2020-W53"
    assert calendar.previous("2027-W01") == "2026-W53"
    assert calendar.months_between("2026-W52", "2027-W02") == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert {row.year_ago for row in calendar.rows(2026, 2026) if row.key == "2026-W53"} == {None}


def test_a_date_may_stand_for_a_period() -> None:
    def named(kind: Literal["month", "4-4-5", "iso-week"], *date: int) -> set[str]:
        return Calendar(Settings(periods=kind)).keys_named_by(dt.date(*date))

    assert named("month", 2026, 3, 1) == named("month", 2026, 3, 31) == {"2026-03"}
    assert named("month", 2026, 3, 2) == set()
    assert named("iso-week", 2026, 2, 2) == named("iso-week", 2026, 2, 8) == {"2026-W06"}
    assert named("iso-week", 2026, 2, 3) == set()
    assert named("4-4-5", 2026, 2, 23) == named("4-4-5", 2026, 3, 29) == {"2026-03"}
    assert named("4-4-5", 2026, 3, 1) == {"2026-03"}
    assert named("4-4-5", 2026, 3, 31) == set()
    assert named("4-4-5", 2023, 1, 1) == {"2023-01", "2022-12"}


@pytest.mark.parametrize("kind", ["month", "4-4-5", "iso-week"])
def test_dates_beyond_the_calendar_are_refused(kind: Literal["month", "4-4-5", "iso-week"]) -> None:
    calendar = Calendar(Settings(periods=kind))
    with pytest.raises(ValueError, match="beyond the calendar"):
        calendar.month_of(dt.date(1, 1, 1))
    with pytest.raises(ValueError, match="beyond the calendar"):
        calendar.month_keys(pd.Series([dt.date(2026, 1, 1), dt.date(2250, 1, 1)]))
    with pytest.raises(ValueError, match="beyond the calendar"):
        calendar.shift("2026-Q1", 4000)
    assert calendar.opens_month(dt.date(1, 1, 1))


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
                assert starts[place] == pd.Timestamp(calendar.period_bounds(calendar.month_of(date))[0])


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
    ("kind", "text", "pattern", "key"),
    [
        ("4-4-5", "2026年3月", "{year}年{month}月", "2026-03"),
        ("iso-week", "2026年第5周", "{year}年第{week}周", "2026-W05"),
        ("iso-week", "2026-W53", "{year}-W{week}", "2026-W53"),
        ("iso-week", "2025-W53", "{year}-W{week}", None),
        ("iso-week", "2026-W54", "{year}-W{week}", None),
        ("iso-week", "2026年3月", "{year}年{month}月", None),
        ("month", "2026-W05", "{year}-W{week}", None),
    ],
)
def test_headers_of_other_calendars(
    kind: Literal["month", "4-4-5", "iso-week"], text: str, pattern: str, key: str | None
) -> None:
    assert Calendar(Settings(periods=kind)).parse_period(text, pattern) == key


@pytest.mark.parametrize(
    "pattern",
    [
        "{week}周",
        "{year}{month}{week}",
        "{month}月",
        "{year}",
        "{year}{year}{month}",
        "{year}-{month}-{quarter}",
        "",
        "年月",
    ],
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
