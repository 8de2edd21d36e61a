"""Working days as the governments announced them."""

import datetime as dt
import subprocess
import sys

import pytest

from include.workdays import list_days

# From the State Council's notices for 2025 and 2026: weekend days worked in exchange, and days off.
WORKED_WEEKENDS = {
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}
DAYS_OFF = {
    2025: {
        "01-01": 1, "01-28": 8, "04-04": 3, "05-01": 5, "05-31": 3, "10-01": 8,
    },
    2026: {
        "01-01": 3, "02-15": 9, "04-04": 3, "05-01": 5, "06-19": 3, "09-25": 3, "10-01": 7,
    },
}  # fmt: skip


@pytest.mark.parametrize("year", [2025, 2026])
def test_chinas_working_days_are_those_of_the_notice(year: int) -> None:
    worked = {dt.date.fromisoformat(f"{year}-{day}") for day in WORKED_WEEKENDS[year]}
    off = {
        dt.date.fromisoformat(f"{year}-{first}") + dt.timedelta(days=number)
        for first, days in DAYS_OFF[year].items()
        for number in range(days)
    }
    days = list_days("CN", dt.date(year, 1, 1), dt.date(year, 12, 31))
    assert len(days) == 365
    for day in days:
        usual = day.date.weekday() < 5 and day.date not in off
        assert day.working == (usual or day.date in worked), day


def test_holidays_bear_the_countrys_own_names_on_any_machine() -> None:
    script = (
        "import datetime as dt; from include.workdays import list_days; "
        "print([d.holiday for d in list_days('CN', dt.date(2026, 2, 13), dt.date(2026, 2, 17))])"
    )
    for language in ("en_US.UTF-8", "zh_CN.UTF-8"):
        told = subprocess.run(
            [sys.executable, "-c", script],
            env={"LANG": language, "LANGUAGE": language, "PYTHONPATH": ".", "PYTHONIOENCODING": "utf-8"},
            capture_output=True, encoding="utf-8", check=True,
        ).stdout  # fmt: skip
        assert "春节" in told
        assert told.startswith("[None, None, ")


def test_other_countries_have_no_moved_working_days() -> None:
    days = {day.date: day for day in list_days("US", dt.date(2026, 7, 1), dt.date(2026, 7, 31))}
    assert not days[dt.date(2026, 7, 3)].working  # Independence Day falls on a Saturday
    assert sum(day.working for day in days.values()) == 22
