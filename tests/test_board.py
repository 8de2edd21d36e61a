"""Questions to the board, and the facts behind one KPI."""

from decimal import Decimal
from typing import Any

import pytest

from include import warehouse
from include.board import Question, read_kpis, trace_kpi
from include.errors import UsageError
from tests.company import Company, Fact


def ask(company: Company, **asked: Any) -> list[dict[str, Any]]:
    with warehouse.connect() as connection:
        return read_kpis(connection, company.catalogue, Question(**asked))


def trace(company: Company, metric: str, org: str, period: str) -> tuple[Any, list[Any]]:
    with warehouse.connect() as connection:
        kpi, facts = trace_kpi(connection, company.catalogue, metric, org, period)
    return kpi and kpi["value"], [
        (fact["metric"], fact["org"], fact["month"].month, fact["value"]) for fact in facts
    ]


def test_questions(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1, '{"product":"a"}'), Fact("sales", "p3", "2025-12", 2))
    assert {(row["org"], row["period"]) for row in ask(company, metric="sales", org="East")} == {
        ("east", "2026-01")
    }
    assert {row["org"] for row in ask(company, metric="sales", period="2025")} == {"group", "west", "p3"}
    assert [row["period"] for row in ask(company, metric="sales", org="p1", period="2026-Q1")] == ["2026-Q1"]
    assert all(row["dimensions"] == {} for row in ask(company, metric="sales"))
    assert [row["dimensions"] for row in ask(company, metric="sales", org="p1", by="product")] == [
        {"product": "a"}
    ]
    assert ask(company, metric="sales", org="p1", by="channel") == []


def test_what_does_not_exist_is_said_with_what_does(company: Company) -> None:
    for asked, said in (
        ({"metric": "turnover"}, "the metrics are cost, "),
        ({"metric": "sales", "org": "mars"}, "the units are group, "),
        ({"metric": "cost", "by": "channel"}, "has no dimension 'channel'"),
        ({"metric": "sales", "period": "2026-Q5"}, "is not a period"),
        ({"metric": "sales", "period": "2026-01-05"}, "is a day"),
    ):
        with pytest.raises(UsageError, match=said):
            ask(company, **asked)


def test_a_flow_is_the_sum_of_its_facts(company: Company) -> None:
    company.count(
        Fact("sales", "p2", "2026-04", 1),
        Fact("sales", "p2", "2026-05", 2),
        Fact("sales", "p3", "2026-06", 4),
    )
    assert trace(company, "sales", "west", "2026-Q2") == (6, [("sales", "p2", 5, 2), ("sales", "p3", 6, 4)])
    assert trace(company, "sales", "east", "2026-Q2") == (1, [("sales", "p2", 4, 1)])


def test_of_a_stock_the_last_month_counts(company: Company) -> None:
    company.count(*[Fact("stock", "p2", f"2026-0{month}", month) for month in (4, 5, 6)])
    assert trace(company, "stock", "west", "2026-Q2") == (6, [("stock", "p2", 6, 6)])
    assert trace(company, "stock", "east", "2026-Q2") == (None, [])


def test_of_year_to_date_values_the_two_of_the_difference(company: Company) -> None:
    company.count(
        *[Fact("sales", "p2", f"2026-0{month}", month * 10, basis="Y") for month in (1, 2, 3, 4, 5, 6)]
    )
    value, facts = trace(company, "sales", "west", "2026-Q2")
    assert (value, [row[2:] for row in facts]) == (30, [(3, 30), (6, 60)])
    value, facts = trace(company, "sales", "west", "2026-05")
    assert (value, [row[2:] for row in facts]) == (10, [(4, 40), (5, 50)])


def test_a_derived_metric_shows_the_facts_of_its_parts(company: Company) -> None:
    company.count(
        Fact("sales", "p1", "2026-01", 8), Fact("cost", "p1", "2026-01", 2), Fact("stock", "p1", "2026-01", 1)
    )
    facts = [("cost", "p1", 1, 2), ("sales", "p1", 1, 8)]
    assert trace(company, "cost_rate", "group", "2026-01") == (Decimal(25), facts)
    assert trace(company, "run_rate", "group", "2026-Q1") == (6, facts)
