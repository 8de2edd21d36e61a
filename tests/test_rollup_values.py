"""Values that need more than a number: currencies, weights, members, shares, intra-group pairs, twelve months."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.company import METRICS, Company, Fact, read_company
from tests.test_rollup import months, series

_BASE = "name: n, definition: d, owner: controller, tier: internal, better: up"
FURTHER = (
    METRICS
    + f"""\
cash: {{{_BASE}, unit: CNY, over_time: last, over_org: sum, carry_forward: 5 days}}
unit_price: {{{_BASE}, unit: CNY/t, over_time: weighted_average, over_org: weighted_average}}
customers: {{{_BASE}, unit: 户, over_time: distinct, over_org: distinct, dimensions: [product]}}
owned: {{{_BASE}, unit: CNY, over_time: sum, over_org: sum, consolidation: proportionate}}
billed: {{{_BASE}, unit: CNY, over_time: sum, over_org: sum, dimensions: [partner, product]}}
bought: {{{_BASE}, unit: CNY, over_time: sum, over_org: sum, dimensions: [partner]}}
net_billed: {{{_BASE}, unit: CNY, formula: billed - bought}}
"""
)
RATES = """\
source: rates
kind: workbook
columns:
  month: {type: month, is: period}
  currency: {type: text, is: currency}
  average: {type: decimal, rate: average}
  closing: {type: decimal, rate: closing}
"""
OWNED = """\
- {unit: group, name: {zh: 集团, en: Group}}
- {unit: east, parent: group, level: company, name: {zh: 东, en: East}, ownership: 80 %}
- {unit: west, parent: group, level: company, name: {zh: 西, en: West}}
- {unit: p1, parent: east, level: plant, name: {zh: 一厂, en: Plant 1}, ownership: 75 %}
- {unit: p2, parent: east, level: plant, name: {zh: 二厂, en: Plant 2}, to: 2026-05-01}
- {unit: p2, parent: west, level: plant, from: 2026-05-01}
- {unit: p3, parent: west, level: plant, name: {zh: 三厂, en: Plant 3}}
"""
PAIRS = "- {pair: [billed, bought], counterparty: partner}\n"


@pytest.fixture
def rich(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(
        read_company(tmp_path, metrics__all=FURTHER, sources__rates=RATES, org=OWNED, eliminations=PAIRS)
    )


def rates(month: str, average: Any = None, closing: Any = None, currency: str = "USD") -> list[Fact]:
    dimensions = f'{{"currency":"{currency}"}}'
    facts = [("exchange_rate_average", average, "F"), ("exchange_rate_closing", closing, "S")]
    return [Fact(m, "group", month, v, dimensions, basis=b) for m, v, b in facts if v is not None]


# Currencies ---------------------------------------------------------------------------------------------------


def test_flows_at_the_average_and_stocks_at_the_closing_rate(rich: Company) -> None:
    rich.deliver(*rates("2026-01", "7.10", "7.00"), *rates("2026-02", "7.10", "7.20"), source="other")
    rich.count(*months("sales", "p1", 100, 50, currency="USD"), *months("sales", "p3", 1, 1),
               *months("cash", "p1", 100, 150, currency="USD"))  # fmt: skip
    assert series(rich, "sales", "group", "2026-01", "2026-02", "2026-Q1") == [711, 356, 1067]
    assert series(rich, "sales", "group", "2026-01", "2026-02", "2026-Q1", column="ytd") == [711, 1067, 1067]
    assert series(rich, "cash", "group", "2026-01", "2026-02") == [700, 1080]
    left = rich.query("SELECT opening, amount, difference FROM bi.translation_difference "
                      "WHERE metric = 'cash' AND org = 'group' AND period = '2026-02'")  # fmt: skip
    assert left == [(100, 150, 25)], "1080 - 700 - 50 x 7.10"
    left = rich.query("SELECT amount, difference FROM bi.translation_difference "
                      "WHERE metric = 'sales' AND org = 'group' AND period = '2026-02'")  # fmt: skip
    assert left == [(50, 5)], "50 x (7.20 - 7.10)"


def test_a_missing_rate_makes_the_kpi_missing_until_it_comes(rich: Company) -> None:
    rich.count(
        *months("sales", "p1", 100, 50, currency="USD"),
        *months("sales", "p3", 1, 1),
        *rates("2026-01", "7.10"),
    )
    row = rich.board("sales", "group", "2026-02")
    assert (row.value, row.ytd, row.reason) == (None, None, "no average rate for USD in 2026-02")
    assert rich.board("sales", "group", "2026-Q1").value is None
    assert series(rich, "sales", "p3", "2026-02", "2026-Q1") == [1, 2]
    assert rich.board("profit", "group", "2026-02").value is None
    rich.count(*rates("2026-02", "7"))
    assert series(rich, "sales", "group", "2026-01", "2026-02", "2026-Q1") == [711, 351, 1062]
    rich.count(*rates("2026-02", "8"))
    assert series(rich, "sales", "group", "2026-02", "2026-Q1", column="restated") == [True, False]
    assert series(rich, "sales", "group", "2026-02", "2026-Q1") == [401, 1112]


def test_a_rate_is_shown_per_period_and_never_added_up(rich: Company) -> None:
    rich.count(*rates("2026-01", "7.10", "7.00"), *rates("2026-01", "0.05", "0.05", "JPY"))
    usd = '{"currency":"USD"}'
    assert rich.kpi("exchange_rate_average", "group", "2026-01", usd) == Decimal("7.1")
    assert rich.board("exchange_rate_average", "group", "2026-01") is None


# Stocks, weights, members -------------------------------------------------------------------------------------


def test_a_stock_is_carried_forward_within_its_days_only(rich: Company) -> None:
    rich.count(Fact("cash", "p1", "2026-01-27", 5), Fact("cash", "p1", "2026-02-22", 6), Fact("cash", "p1", "2026-03-30", 7),
               Fact("cash", "p3", "2026-01-31", 1))  # fmt: skip
    assert series(rich, "cash", "p1", "2026-01", "2026-02", "2026-03", "2026-Q1") == [5, None, 7, 7]
    row = rich.board("cash", "p1", "2026-02")
    assert row.reason == "no value within 5 days of the period's end (the last is of 2026-02-22)"
    assert (rich.board("cash", "group", "2026-02").value, row.completeness) == (None, 0)


def test_a_stock_is_carried_into_the_next_period(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(
        read_company(tmp_path, metrics__all=FURTHER.replace("5 days", "40 days"), sources__rates=RATES)
    )
    company.count(Fact("cash", "p1", "2025-12-25", 5), Fact("cash", "p3", "2026-01-31", 1))
    assert series(company, "cash", "p1", "2025-12", "2026-01", "2026-02") == [5, 5, "none"]
    assert series(company, "cash", "group", "2026-01", "2026-02") == [6, 1]
    assert company.board("cash", "group", "2026-01").completeness == 1


def test_a_weighted_average_is_weighted_over_time_and_org(rich: Company) -> None:
    rich.count(Fact("unit_price", "p1", "2026-01", 10, weight=3), Fact("unit_price", "p1", "2026-02", 20, weight=1),
               Fact("unit_price", "p3", "2026-01", 40, weight=2), Fact("unit_price", "p3", "2026-03", 1, weight=0))  # fmt: skip
    assert series(rich, "unit_price", "group", "2026-01", "2026-02", "2026-Q1") == [
        22,
        20,
        Decimal("21.666666666667"),
    ]
    assert series(rich, "unit_price", "group", "2026-01", "2026-02", column="ytd") == [
        22,
        Decimal("21.666666666667"),
    ]
    row = rich.board("unit_price", "p3", "2026-03")
    assert (row.value, row.reason) == (None, "the weights add up to zero")


def test_members_are_counted_once(rich: Company) -> None:
    def seen(org: str, period: str, *members: str, product: str = "a") -> list[Fact]:
        return [
            Fact("customers", org, period, 1, f'{{"product":"{product}"}}', member=m, row=i)
            for i, m in enumerate(members)
        ]

    rich.count(*seen("p1", "2026-01-05", "x", "y", "x"), *seen("p1", "2026-02-05", "y", "z"), *seen("p3", "2026-01-09", "y", "w"),
               *seen("p1", "2026-01-06", "x", product="b"))  # fmt: skip
    assert series(rich, "customers", "p1", "2026-01", "2026-02", "2026-Q1") == [2, 2, 3]
    assert series(rich, "customers", "group", "2026-01", "2026-02", "2026-Q1") == [3, 2, 4]
    assert series(rich, "customers", "group", "2026-01", "2026-02", column="ytd") == [3, 4]
    assert rich.kpi("customers", "group", "2026-01", '{"product":"b"}') == 1
    assert rich.kpi("customers", "group", "2026-01", '{"product":"a"}') == 3


# Shares and pairs ---------------------------------------------------------------------------------------------


def test_a_proportionate_metric_counts_the_share_that_is_owned(rich: Company) -> None:
    rich.count(*months("owned", "p1", 100, 200), *months("owned", "p3", 1, 1), *months("sales", "p1", 100))
    assert series(rich, "owned", "p1", "2026-01", "2026-Q1") == [100, 300]
    assert series(rich, "owned", "east", "2026-01", "2026-Q1") == [75, 225]
    assert series(rich, "owned", "group", "2026-01", "2026-Q1") == [61, 182]
    assert series(rich, "sales", "group", "2026-01") == [100]


def test_matched_pairs_are_eliminated_and_unmatched_ones_told(rich: Company) -> None:
    def billed(metric: str, org: str, partner: str, value: int, month: str = "2026-01") -> Fact:
        return Fact(metric, org, month, value, f'{{"partner":"{partner}"}}')

    rich.count(
        billed("billed", "p1", "p3", 100), billed("bought", "p3", "p1", 100), billed("billed", "p1", "outside", 900),
        billed("billed", "p2", "p1", 30), billed("bought", "p1", "p2", 25), billed("bought", "p3", "shop", 500),
        billed("billed", "p1", "p3", 10, "2026-02"),
    )  # fmt: skip
    assert series(rich, "billed", "p1", "2026-01") == [1000]
    assert series(rich, "billed", "east", "2026-01") == [1030], "p1 and p3 meet in the group only"
    assert series(rich, "billed", "group", "2026-01", "2026-02", "2026-Q1") == [930, 10, 940]
    assert series(rich, "bought", "group", "2026-01") == [525]
    assert rich.kpi("net_billed", "group", "2026-01") == 405
    told = "intra-group amounts that don't match are not eliminated"
    assert rich.board("billed", "group", "2026-01").reason == told
    assert told in rich.board("billed", "east", "2026-01").reason
    assert rich.board("billed", "p1", "2026-01").reason is None
    found = rich.query("SELECT org, counterparty, amount, partner_amount, difference, status FROM bi.elimination "
                       "WHERE metric = 'billed' ORDER BY period, org, counterparty")  # fmt: skip
    assert found == [("p1", "p3", 100, 100, 0, "matched"), ("p2", "p1", 30, 25, 5, "unmatched"),
                     ("p1", "p3", 10, None, 10, "unmatched")]  # fmt: skip
    rich.count(
        billed("billed", "p1", "p3", 100),
        billed("billed", "p1", "outside", 900),
        billed("bought", "p1", "p2", 30),
    )
    assert series(rich, "billed", "group", "2026-01") == [900], "the other side's correction counts"
    assert rich.board("billed", "east", "2026-01").reason is None


def test_all_of_it_eliminated_is_zero_not_missing(rich: Company) -> None:
    rich.count(
        Fact("billed", "p1", "2026-01", 5, '{"partner":"p3","product":"a"}'),
        Fact("bought", "p3", "2026-01", 5, '{"partner":"p1"}'),
    )
    assert rich.kpi("billed", "group", "2026-01") == 0
    assert rich.kpi("billed", "group", "2026-01", '{"product":"a"}') == 0
    assert rich.kpi("billed", "p1", "2026-01") == 5


# Twelve months ------------------------------------------------------------------------------------------------


def test_twelve_months_that_end_with_the_period(rich: Company) -> None:
    def rolling(metric: str, period: str) -> Any:
        view = "bi.kpi_quarter_comparison" if "Q" in period else "bi.kpi_month_comparison"
        return rich.value(f"SELECT rolling_12 FROM {view} WHERE metric = :m AND org = 'group' AND period = :p "
                          "AND dimensions = '{}'", m=metric, p=period)  # fmt: skip

    year = [
        Fact(m, "p1", f"2025-{n:02d}", v * n)
        for n in range(2, 13)
        for m, v in (("sales", 10), ("cost", 1), ("price", 12))
    ]
    rich.count(*year)
    rich.count(
        *months("sales", "p1", 1, 1),
        *months("cost", "p1", 1, 1),
        *months("price", "p1", 12),
        *months("cash", "p1", 3),
    )
    assert rolling("sales", "2025-12") is None
    assert (rolling("sales", "2026-01"), rolling("sales", "2026-02")) == (771, 752)
    assert rolling("cost", "2026-01") == 78
    assert rolling("profit", "2026-01") == 693
    assert rolling("cost_rate", "2026-01") == Decimal("10.116731517510")
    assert rolling("price", "2026-01") == 78, "(12 x 77 + 12) / 12"
    assert rolling("growth", "2026-01") is None
    assert rolling("sales", "2026-Q1") is None, "March isn't there"
    rich.count(*months("sales", "p1", 1, first=3))
    assert rolling("sales", "2026-Q1") == 723
    rich.count(Fact("sales", "p1", "2025-12", 0))
    assert rolling("sales", "2026-02") == 632, "a correction of last year reaches into this one"


# Who changed it -----------------------------------------------------------------------------------------------


def test_a_restatement_tells_what_made_it(rich: Company) -> None:
    rich.count(*months("sales", "p1", 100, 200, 300), *months("cost", "p1", 10, 20, 30))
    first = rich.value("SELECT max(submission) FROM bi.submission WHERE period = '2026-02'")
    loaded = rich.count(Fact("sales", "p1", "2026-02", 250), Fact("cost", "p1", "2026-02", 20))
    found = rich.query("SELECT metric, org, period, old_value, new_value, cause, submission, source, who FROM bi.restatement "
                       "WHERE org = 'group' AND metric IN ('sales', 'cost_rate') ORDER BY 1, 3")  # fmt: skip
    (mine,) = loaded.submissions
    told = ("submission", mine, "book", "clerk")
    assert found == [
        ("cost_rate", "group", "2026-02", 10, 8, *told),
        ("cost_rate", "group", "2026-Q1", 10, Decimal("9.230769230769"), *told),
        ("sales", "group", "2026-02", 200, 250, *told),
        ("sales", "group", "2026-Q1", 600, 650, *told),
    ]
    assert first != mine
    rich.withdraw(mine, "a slip")
    rich.roll_up()
    found = rich.query("SELECT old_value, new_value, cause, withdrawn FROM bi.restatement WHERE org = 'group' AND metric = 'sales' "
                       "AND period = '2026-02' ORDER BY restated_at DESC, submission LIMIT 2")  # fmt: skip
    assert {row[:3] for row in found} == {(250, 200, "withdrawal")}
    assert "a slip" in {row.withdrawn for row in found}


def test_a_partner_that_moves_within_the_quarter_counts_where_it_stood_each_month(rich: Company) -> None:
    def partner(metric: str, org: str, other: str, first: int = 4) -> list[Fact]:
        return [Fact(metric, org, f"2026-{n:02d}", 10, f'{{"partner":"{other}"}}') for n in range(first, 7)]

    rich.count(*partner("billed", "p1", "p2"), *partner("bought", "p2", "p1"))
    assert series(rich, "billed", "east", "2026-04", "2026-05", "2026-06", "2026-Q2") == [0, 10, 10, 20]
    assert series(rich, "billed", "group", "2026-04", "2026-Q2") == [0, 0]
    assert series(rich, "bought", "west", "2026-05", "2026-Q2") == [10, 20]
    assert rich.board("billed", "east", "2026-Q2").completeness == 1


def test_a_newer_stock_without_its_rate_is_not_passed_over(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(
        read_company(tmp_path, metrics__all=FURTHER.replace("5 days", "70 days"), sources__rates=RATES)
    )
    company.count(*rates("2026-01", None, "7"), Fact("cash", "p1", "2026-01-31", 100, currency="USD"),
                  Fact("cash", "p1", "2026-02-25", 200, currency="USD"))  # fmt: skip
    assert series(company, "cash", "p1", "2026-01", "2026-02", "2026-03", "2026-Q1") == [
        700,
        None,
        None,
        None,
    ]
    assert company.board("cash", "group", "2026-03").reason == "no closing rate for USD in 2026-02"


def test_a_year_to_date_without_a_rate_says_so(rich: Company) -> None:
    rich.count(*months("sales", "p1", 100, currency="USD"), Fact("sales", "p1", "2026-02", 1))
    row = rich.board("sales", "group", "2026-02")
    assert (row.value, row.ytd, row.reason) == (1, None, "no ytd: no average rate for USD in 2026-01")
