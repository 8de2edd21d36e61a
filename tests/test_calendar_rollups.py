"""Companies on fiscal months and on weeks, from facts to the boards, against numbers worked out by hand."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from include import stages, warehouse
from include.board import Question, read_kpis
from include.errors import UsageError
from include.stages import Run
from include.windows import widen
from tests.catalogue.test_calendars import FOUR_FOUR_FIVE, WEEKS
from tests.company import Company, Fact, read_company, write_company


@pytest.fixture
def weekly(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(read_company(tmp_path / "weekly", **WEEKS))


@pytest.fixture
def fiscal(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(read_company(tmp_path / "fiscal", **FOUR_FOUR_FIVE))


def sales(*values: tuple[str, int], org: str = "p1", metric: str = "sales") -> list[Fact]:
    return [Fact(metric, org, period, value) for period, value in values]


def test_a_year_of_53_weeks(weekly: Company) -> None:
    weekly.count(
        *sales(("2025-W52", 5), ("2026-W01", 7), ("2026-W40", 10), ("2026-W52", 20), ("2026-W53", 40)),
        *sales(("2027-W01", 80), ("2027-W52", 100)),
        *sales(("2026-W52", 3), ("2026-W53", 4), metric="stock"),
    )
    row = weekly.board("sales", "group", "2026-W53")
    assert (row.value, row.previous, row.year_ago, row.ytd) == (40, 20, None, 77)
    assert (row.period_start, row.year, row.quarter) == (dt.date(2026, 12, 28), 2026, "2026-Q4")
    row = weekly.board("sales", "group", "2026-W52")
    assert (row.value, row.year_ago, row.yoy) == (20, 5, 3)
    row = weekly.board("sales", "group", "2027-W01")
    assert (row.value, row.previous, row.year_ago, row.ytd) == (80, 40, 7, 80)
    assert weekly.board("sales", "group", "2027-W52").year_ago == 20
    row = weekly.board("sales", "group", "2026-Q4")
    assert (row.value, row.ytd) == (70, 77)
    assert weekly.kpi("stock", "group", "2026-Q4") == 4
    assert weekly.board("sales", "group", "2027-Q1").previous == 70


def test_days_and_quarters_find_their_weeks(weekly: Company) -> None:
    weekly.count(
        *sales(("2026-12-27", 1), ("2026-12-28", 2), ("2027-01-03", 4), ("2027-01-04", 8)),
        *sales(("2026-Q1", 100), org="p3"),
    )
    periods = ("2026-W52", "2026-W53", "2027-W01", "2026-Q4", "2027-Q1")
    assert [weekly.kpi("sales", "p1", period) for period in periods] == [1, 6, 8, 7, 8]
    assert weekly.kpi("sales", "group", "2026-Q1") == 100


def test_a_unit_moves_on_a_monday(weekly: Company) -> None:
    weekly.count(*sales(("2026-W18", 1), ("2026-W19", 2), org="p2"))
    for org, values in (("east", [1, None, 1]), ("west", [None, 2, 2]), ("group", [1, 2, 3])):
        rows = [weekly.board("sales", org, period) for period in ("2026-W18", "2026-W19", "2026-Q2")]
        assert [row and row.value for row in rows] == values, org


def test_ratios_and_differences_by_week(weekly: Company) -> None:
    weekly.count(
        *sales(("2026-W53", 40), ("2027-W01", 50)), *sales(("2026-W53", 10), ("2027-W01", 20), metric="cost")
    )
    assert weekly.kpi("cost_rate", "group", "2027-W01") == 40
    assert weekly.kpi("growth", "group", "2027-W01") == 10
    assert weekly.kpi("run_rate", "group", "2027-W01") == 30


def test_fiscal_months_with_a_sixth_week(fiscal: Company) -> None:
    fiscal.count(
        *sales(("2025-12", 5), ("2026-01", 7), ("2026-10-25", 1), ("2026-10-26", 10)),
        *sales(("2026-11-23", 20), ("2026-12-31", 30), ("2027-01-03", 40), ("2027-01-04", 80)),
        *sales(("2026-12-27", 3), ("2027-01-03", 4), metric="stock"),
    )
    assert fiscal.kpi("sales", "group", "2026-10") == 1
    assert fiscal.kpi("sales", "group", "2026-11") == 10
    row = fiscal.board("sales", "group", "2026-12")
    assert (row.value, row.previous, row.year_ago, row.ytd) == (90, 10, 5, 108)
    assert (row.period_start, row.yoy) == (dt.date(2026, 11, 23), Decimal(17))
    assert fiscal.kpi("sales", "group", "2026-Q4") == 101
    row = fiscal.board("sales", "group", "2027-01")
    assert (row.value, row.previous, row.year_ago, row.ytd) == (80, 90, 7, 80)
    assert fiscal.kpi("stock", "group", "2026-Q4") == 4


def test_a_weekly_file_goes_through_all_stages(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(write_company(tmp_path / "config", **WEEKS)))
    company = Company(stages.current_catalogue())
    head = "unit,month,product,sales,cost\n"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"{head}p1,2026年第53周,a,100,40\np1,2026-12-21,a,11,4\np3,2027-W01,a,1,1\n", "utf-8")
    bad.write_text(f"{head}p1,2025-W53,a,1,1\np1,2026-05,a,1,1\n", "utf-8")
    batches = stages.extract("book", Run("good", "", "book"), file=good)
    months = stages.load(stages.standardise(stages.validate(batches)))
    assert months == ["2026-W52", "2026-W53", "2027-W01"]
    assert stages.rollup_months() == ["2026-Q4", "2027-Q1"]
    assert stages.rollup_quarters() == ["2026-Q4", "2027-Q1"]
    assert company.kpi("profit", "p1", "2026-W53") == 60
    assert company.kpi("sales", "group", "2026-Q4") == 111
    slices = company.query("SELECT period FROM bi.submission ORDER BY 1")
    assert [row.period for row in slices] == ["2026-W52", "2026-W53", "2027-W01"]
    batches = stages.extract("book", Run("bad", "", "book"), file=bad)
    assert stages.standardise(stages.validate(batches)) == []
    codes = company.query("SELECT code, cell FROM bi.check_result WHERE level = 'error' ORDER BY cell")
    assert codes == [("not_a_period", "B2"), ("ambiguous_period", "B3")]


def test_commands_speak_of_weeks(weekly: Company) -> None:
    weekly.count(*sales(("2026-W53", 40)))
    catalogue = weekly.catalogue
    with warehouse.connect() as connection:
        rows = read_kpis(connection, catalogue, Question("sales", "p1", "2026-W53"))
        assert [row["value"] for row in rows] == [40]
        assert [
            row["period"] for row in read_kpis(connection, catalogue, Question("sales", "p1", "2026"))
        ] == ["2026-W53"]
        with pytest.raises(
            UsageError, match=r"'2026-03' is not a period; write 2026-W05, 2026-Q1 or 2026-03-05"
        ):
            read_kpis(connection, catalogue, Question("sales", "p1", "2026-03"))
    window = widen(catalogue, catalogue.sources["book"], dt.date(2026, 12, 30), dt.date(2027, 1, 5))
    assert (window.start, window.end) == (dt.date(2026, 12, 28), dt.date(2027, 1, 11))
