"""The year so far, and who owed what, where units open, close, or report in another way than before."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.company import METRICS, ORG, Company, Fact, read_company
from tests.test_rollup import months, series

OPENING = ORG + "- {unit: p4, parent: east, level: plant, name: 四厂, from: 2026-03-15}\n"
CLOSING = ORG + "- {unit: p4, parent: east, level: plant, name: 四厂, to: 2026-03-01}\n"
MIXED = METRICS.replace("better: down, over_time: sum, over_org: sum,\n       dimensions: [product]}",
                        "better: down, over_time: sum, over_org: average,\n       dimensions: [product]}")  # fmt: skip


@pytest.fixture
def closing(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(read_company(tmp_path, org=CLOSING))


def test_a_unit_that_opens_within_a_month_counts_from_that_month_on(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(read_company(tmp_path, org=OPENING))
    company.count(Fact("sales", "p4", "2026-03", 7), Fact("sales", "p3", "2026-03", 1))
    assert series(company, "sales", "group", "2026-03", "2026-Q1") == [8, 8]
    assert series(company, "sales", "p4", "2026-03") == [7]


def test_a_first_delivery_for_an_earlier_year_is_owed_from_then_on(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1), Fact("sales", "p1", "2027-01", 1))
    company.count(Fact("sales", "p3", "2024-12", 5))
    rows = [company.board("sales", "group", period) for period in ("2026-01", "2027-01", "2026-Q1")]
    assert [row.completeness for row in rows[:2]] == [Decimal("0.5"), Decimal("0.5")]
    company.withdraw(company.value("SELECT submission FROM bi.submission WHERE period = '2024-12'"))
    company.roll_up()
    assert company.board("sales", "group", "2027-01").completeness == 1


def test_a_quarters_figure_is_in_the_year_but_in_no_month(company: Company) -> None:
    company.count(*months("sales", "p1", 1, 1, 1, 2), Fact("sales", "p3", "2026-Q1", 100))
    rows = [
        company.board("sales", "group", period)
        for period in ("2026-02", "2026-03", "2026-04", "2026-Q1", "2026-Q2")
    ]
    assert [row.value for row in rows] == [1, 1, 2, 103, 2]
    assert [row.ytd for row in rows] == [2, 103, 105, 103, 105]
    assert [row.completeness for row in rows] == [
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal("0.5"),
        1,
        Decimal("0.166666666667"),
    ]
    assert rows[1].reason == "partial: 1 of 2 units reported"
    assert company.board("sales", "p3", "2026-03") is None


def test_a_quarter_and_then_months(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-Q1", 90), *months("sales", "p1", 10, 10, 10, first=4))
    assert series(company, "sales", "p1", "2026-Q1", "2026-04", "2026-06", "2026-Q2", column="ytd") == [
        90,
        100,
        120,
        120,
    ]
    assert series(company, "sales", "p1", "2026-03") == ["none"]


def test_a_year_to_date_needs_units_that_add_up(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(read_company(tmp_path, metrics__all=MIXED))
    company.count(*months("cost", "p1", 10, 20), *months("cost", "p3", 30, 40))
    row = company.board("cost", "group", "2026-02")
    assert (row.value, row.ytd, row.reason) == (30, None, "no ytd: units aren't added up")
    assert series(company, "cost", "group", "2026-Q1") == [50]


def test_a_closed_unit_stays_in_the_year_so_far(closing: Company) -> None:
    closing.count(*months("sales", "p4", 10, 25, basis="Y"), *months("sales", "p3", 1, 1, 1, 1))
    rows = [
        closing.board("sales", "group", period)
        for period in ("2026-02", "2026-03", "2026-04", "2026-Q1", "2026-Q2")
    ]
    assert [row.value for row in rows] == [16, 1, 1, 28, 1]
    assert [row.ytd for row in rows] == [27, 28, 29, 28, 29]
    assert [row.completeness for row in rows][:3] == [1, 1, 1]
    assert series(closing, "sales", "p4", "2026-Q1", "2026-03") == [25, "none"]
    assert series(closing, "sales", "east", "2026-03", "2026-Q1", "2026-Q2") == ["none", 25, "none"]


def test_from_year_to_date_values_to_flows_and_back(company: Company) -> None:
    company.count(*months("sales", "p1", 10, 20, 30, basis="Y"), *months("sales", "p1", 10, 10, first=4))
    periods = ("2026-03", "2026-04", "2026-05", "2026-Q1", "2026-Q2")
    assert series(company, "sales", "p1", *periods) == [10, 10, 10, 30, None], "June is still to come"
    assert series(company, "sales", "p1", *periods, column="ytd") == [30, 40, 50, 30, 50]
    company.count(*months("sales", "p3", 10, 10, 10), *months("sales", "p3", 40, 55, first=4, basis="Y"))
    assert series(company, "sales", "p3", *periods) == [10, 10, 15, 30, None]
    assert series(company, "sales", "p3", *periods, column="ytd") == [30, 40, 55, 30, 55]


def test_a_month_between_that_is_missing_leaves_the_difference_open(company: Company) -> None:
    company.count(*months("sales", "p1", 10, None, 10), *months("sales", "p1", 50, first=4, basis="Y"))
    assert series(company, "sales", "p1", "2026-04", "2026-04") == [None, None]
    assert company.board("sales", "p1", "2026-04").ytd == 50


def test_what_does_not_add_up_is_owed_by_each_unit_itself(company: Company) -> None:
    company.count(
        Fact("rank", "east", "2026-01", 1),
        Fact("rank", "p1", "2026-01", 2),
        Fact("rank", "east", "2026-02", 1),
    )
    assert company.board("rank", "east", "2026-02").completeness == 1
