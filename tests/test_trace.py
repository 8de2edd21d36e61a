"""What a KPI is made of: contributions add up to it, or recompute to it, before and after a restatement."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include import warehouse
from include.board import trace_kpi
from tests.company import Company, Fact, read_company
from tests.test_rollup import months
from tests.test_rollup_values import rates, rich
from tests.test_rollup_years import CLOSING

__all__ = ["rich"]


def trace(company: Company, metric: str, org: str, period: str) -> tuple[Any, list[dict[str, Any]]]:
    with warehouse.connect() as connection:
        kpi, facts = trace_kpi(connection, company.catalogue, metric, org, period)
    assert kpi is not None
    return kpi, facts


def total(facts: list[dict[str, Any]], part: str = "value") -> Decimal:
    return sum((fact["contribution"] for fact in facts if fact["part"] == part), Decimal(0))


def partner(metric: str, org: str, other: str, value: int, month: str = "2026-01") -> Fact:
    return Fact(metric, org, month, value, f'{{"partner":"{other}"}}')


@pytest.mark.parametrize("period", ["2026-01", "2026-02", "2026-Q1"])
def test_sums_are_their_contributions(rich: Company, period: str) -> None:
    rich.count(*rates("2026-01", "7.10", "7.00"), *rates("2026-02", "7.20", "7.30"))
    rich.count(
        *months("sales", "p1", 100, 200, currency="USD"), *months("sales", "p2", 5, 6), *months("cost", "p3", 4, 9, basis="Y"),
        *months("owned", "p1", 100, 50), *months("owned", "p3", 1, 1), *months("stock", "p1", 4, 6), *months("stock", "p2", 1, 3),
        Fact("cash", "p1", "2026-01-28", 100, currency="USD"), Fact("cash", "p1", "2026-01-30", 50, currency="USD", row=2),
        Fact("cash", "p3", "2026-02-27", 9), Fact("cash", "p3", "2026-03-30", 9),
        partner("billed", "p1", "p3", 100), partner("billed", "p1", "outside", 7), partner("bought", "p3", "p1", 100),
        partner("billed", "p1", "p3", 11, "2026-02"),
    )  # fmt: skip
    for metric in ("sales", "cost", "owned", "stock", "cash", "billed", "bought"):
        for org in ("group", "east", "west", "p1", "p3"):
            row = rich.board(metric, org, period)
            if row is None or row.value is None:
                continue
            kpi, facts = trace(rich, metric, org, period)
            assert total(facts) == kpi["value"] == row.value, (metric, org)


def test_a_stock_lists_what_was_passed_over(rich: Company) -> None:
    rich.count(
        Fact("cash", "p1", "2026-01-28", 100),
        Fact("cash", "p1", "2026-01-30", 50, row=2),
        Fact("cash", "p1", "2026-01-02", 7),
    )
    _, facts = trace(rich, "cash", "group", "2026-01")
    assert [(fact["date"].day, fact["taken"], fact["contribution"]) for fact in facts] == [
        (2, False, 0),
        (28, False, 0),
        (30, True, 50),
    ]


def test_a_ratio_recomputes_from_its_parts(rich: Company) -> None:
    rich.count(*months("sales", "p1", 100, 200), *months("cost", "p1", 30, 60), *months("sales", "p3", 100))
    kpi, facts = trace(rich, "cost_rate", "group", "2026-Q1")
    assert total(facts, "numerator") / total(facts, "denominator") * 100 == kpi["value"] == Decimal("22.5")
    kpi, facts = trace(rich, "profit", "east", "2026-Q1")
    assert {fact["part"] for fact in facts} == {"part"}
    sums = {m: sum(f["contribution"] for f in facts if f["metric"] == m) for m in ("sales", "cost")}
    assert sums["sales"] - sums["cost"] == kpi["value"] == 210


def test_a_weighted_average_recomputes_and_members_are_listed(rich: Company) -> None:
    rich.count(Fact("unit_price", "p1", "2026-01", 10, weight=3), Fact("unit_price", "p3", "2026-01", 40, weight=2),
               Fact("customers", "p1", "2026-01", 1, member="x"), Fact("customers", "p3", "2026-01", 1, member="x"))  # fmt: skip
    kpi, facts = trace(rich, "unit_price", "group", "2026-01")
    assert (
        sum(f["value"] * f["weight"] for f in facts) / sum(f["weight"] for f in facts) == kpi["value"] == 22
    )
    kpi, facts = trace(rich, "customers", "group", "2026-01")
    assert len({fact["member"] for fact in facts}) == kpi["value"] == 1


def test_a_closed_unit_and_one_that_changed_its_way_of_reporting(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(read_company(tmp_path, org=CLOSING))
    company.count(
        *months("sales", "p4", 10, 25, basis="Y"), *months("sales", "p3", 10, 10, 10), *months("sales", "p1", 10, 20, 30, basis="Y"),
        *months("sales", "p3", 40, 55, 60, first=4, basis="Y"), *months("sales", "p1", 10, 10, 11, first=4),
    )  # fmt: skip
    for period in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-Q1", "2026-Q2"):
        for org in ("group", "east", "west", "p1", "p3", "p4"):
            row = company.board("sales", org, period)
            if row is not None and row.value is not None:
                assert total(trace(company, "sales", org, period)[1]) == row.value, (org, period)


def test_where_it_was_read_and_at_which_rate(rich: Company) -> None:
    rich.count(*rates("2026-01", "7.10", "7.00"), *months("sales", "p1", 100, currency="USD"))
    _, (fact,) = trace(rich, "sales", "group", "2026-01")
    assert (fact["value"], fact["unit"], fact["rate"], fact["contribution"]) == (
        100,
        "USD",
        Decimal("7.1"),
        710,
    )
    assert (fact["sheet"], fact["cell"], fact["source"], fact["org"]) == ("s", "B1", "book", "p1")


def test_a_missing_rate_leaves_the_contribution_open(rich: Company) -> None:
    rich.count(*months("sales", "p1", 100, currency="USD"))
    kpi, (fact,) = trace(rich, "sales", "group", "2026-01")
    assert (kpi["value"], fact["contribution"], fact["rate"]) == (None, None, None)


def test_the_trace_follows_a_restatement(rich: Company) -> None:
    rich.count(*months("sales", "p1", 100, 200))
    first, _ = trace(rich, "sales", "group", "2026-Q1")
    loaded = rich.count(Fact("sales", "p1", "2026-02", 50))
    kpi, facts = trace(rich, "sales", "group", "2026-Q1")
    assert (first["value"], kpi["value"], total(facts)) == (300, 150, 150)
    assert [fact["submission"] for fact in facts if fact["month"].month == 2] == loaded.submissions
    rich.withdraw(loaded.submissions[0])
    rich.roll_up()
    kpi, facts = trace(rich, "sales", "group", "2026-Q1")
    assert total(facts) == kpi["value"] == 300


def test_tools_read_lineage_with_the_readers_log_in(rich: Company, reader_url: str) -> None:
    rich.count(*rates("2026-01", "7.10", "7.00"), *months("sales", "p1", 100, currency="USD"))
    with psycopg.connect(reader_url) as connection:
        asked = "SELECT sum(contribution) FROM bi.lineage WHERE kpi_metric = 'sales' AND kpi_org = 'group' AND kpi_period = '2026-Q1'"
        assert connection.execute(asked).fetchone() == (710,)
        for view in ("kpi_month_as_is", "kpi_quarter_like_for_like", "kpi_month_by_version", "kpi_month_comparison", "restatement",
                     "elimination", "translation_difference", "calendar"):  # fmt: skip
            connection.execute(f"SELECT * FROM bi.{view} LIMIT 5").fetchall()
