"""Workbooks whose figures need rates, weights, members, partners and versions, by configuration alone, from cell to KPI."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include import stages
from include.board import trace_kpi
from include.warehouse import connect
from tests.acceptance.conftest import Installation

BASE = "owner: desk, tier: internal, better: up"
FILES = {
    "people.yaml": "desk: {email: desk@example.com, language: zh}\n",
    "calendar.yaml": "{fiscal_year_starts: 1, currency: CNY, timezone: Asia/Shanghai}\n",
    "org.yaml": """\
- {unit: group, name: {zh: 集团, en: Group}}
- {unit: trade, parent: group, level: company, name: {zh: 外贸公司, en: Trade}, ownership: 60 %}
- {unit: works, parent: group, level: company, name: {zh: 制造公司, en: Works}}
""",
    "eliminations.yaml": "- {pair: [sold, bought], counterparty: partner}\n",
    "metrics/all.yaml": f"""\
sold: {{name: 销售额, definition: d, unit: CNY, {BASE}, over_time: sum, over_org: sum, dimensions: [partner]}}
bought: {{name: 采购额, definition: d, unit: CNY, {BASE}, over_time: sum, over_org: sum, dimensions: [partner]}}
cash: {{name: 货币资金, definition: d, unit: 万元, {BASE}, over_time: last, over_org: sum, carry_forward: 3 days}}
tonnes: {{name: 发货量, definition: d, unit: t, {BASE}, over_time: sum, over_org: sum}}
price: {{name: 均价, definition: d, unit: 元/吨, {BASE}, over_time: weighted_average, over_org: weighted_average}}
customers: {{name: 客户数, definition: d, unit: 户, {BASE}, over_time: distinct, over_org: distinct}}
owned_profit: {{name: 归母利润, definition: d, unit: CNY, {BASE}, over_time: sum, over_org: sum, consolidation: proportionate}}
per_customer: {{name: 客均发货, definition: d, unit: t/户, {BASE}, ratio: {{of: tonnes, to: customers}}}}
margin:
  name: 差额
  definition: d
  unit: CNY
  owner: desk
  tier: internal
  better: up
  formula: sold - bought
  versions: [{{valid_from: 2026-02-01, definition: e, formula: sold - 2 * bought}}]
""",
    "sources/rates.yaml": """\
source: rates
kind: workbook
layout: {kind: records, sheet: 汇率}
columns:
  月份: {type: month, is: period, required: true}
  币种: {type: text, is: currency, required: true}
  平均: {type: decimal, rate: average, per: 100}
  期末: {type: decimal, rate: closing, per: 100}
""",
    "sources/trade.yaml": """\
source: trade
kind: workbook
layout: {kind: records}
columns:
  单位: {type: text, is: org, required: true}
  月份: {type: month, is: period, required: true}
  对方: {type: text, is: dimension, name: partner}
  币种: {type: text, is: currency}
  销售额（万元）: {type: decimal, metric: sold, unit: 万元}
  采购额（万元）: {type: decimal, metric: bought, unit: 万元}
""",
    "sources/shipments.yaml": """\
source: shipments
kind: workbook
slice: day
layout: {kind: records}
columns:
  单位: {type: text, is: org, required: true}
  日期: {type: date, is: date, required: true}
  单号: {type: text, is: key}
  客户: {type: text, metric: customers}
  数量: {type: decimal, metric: tonnes, unit: kg}
  单价: {type: decimal, metric: price, unit: USD/t, weight: 数量}
unique: [单号]
""",
    "sources/treasury.yaml": """\
source: treasury
kind: workbook
layout: {kind: records}
slice: day
columns:
  单位: {type: text, is: org, required: true}
  日期: {type: date, is: date, required: true}
  余额: {type: decimal, metric: cash, unit: 千美元}
  利润: {type: decimal, metric: owned_profit, unit: CNY}
""",
}


@pytest.fixture
def office(tmp_path: Path, install: Callable[[Path], Installation]) -> Installation:
    for name, content in FILES.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return install(tmp_path / "config")


def send(
    office: Installation, folder: Path, source: str, *rows: tuple[Any, ...], sheet: str = "Sheet"
) -> list[str]:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    path = folder / f"{source}.xlsx"
    book.save(path)
    office.drop(source, path)
    return office.collect(source, f"manual__{len(list(office.home.archive.rglob('*')))}").told


def value(office: Installation, metric: str, org: str, period: str, view: str = "") -> Any:
    rows = office.query(
        f"SELECT value, reason FROM bi.kpi_{'quarter' if 'Q' in period else 'month'}{view} "
        "WHERE metric = %(m)s AND org = %(o)s AND period = %(p)s AND dimensions = '{}'",
        m=metric, o=org, p=period,
    )  # fmt: skip
    return rows[0]["value"] if rows else "none"


RATES = (("月份", "币种", "平均", "期末"), ("2026-01", "美元", 710, 700), ("2026-02", "USD", 720, 730))


def test_money_of_each_records_currency_and_pairs_by_the_units_names(
    office: Installation, tmp_path: Path
) -> None:
    assert not send(office, tmp_path, "rates", *RATES, sheet="汇率")
    head = ("单位", "月份", "对方", "币种", "销售额（万元）", "采购额（万元）")
    assert not send(
        office, tmp_path, "trade", head,
        ("外贸公司", "2026-01", "客户甲", "USD", 2, None), ("外贸公司", "2026-01", "制造公司", "人民币", None, 5),
        ("制造公司", "2026-01", "外贸公司", "CNY", 5, None), ("制造公司", "2026-01", "外部", "CNY", 1.5, 1),
    )  # fmt: skip
    assert value(office, "sold", "trade", "2026-01") == 142000, "20,000 USD at 7.10"
    assert value(office, "sold", "works", "2026-01") == 65000
    assert value(office, "sold", "group", "2026-01") == 157000, "the group's own 50,000 is eliminated"
    assert value(office, "bought", "group", "2026-01") == 10000
    assert value(office, "margin", "group", "2026-01") == 147000
    assert value(office, "margin", "group", "2026-01", "_by_version") in (147000, 137000)
    found = office.query("SELECT org, counterparty, status FROM bi.elimination ORDER BY org")
    assert [tuple(row.values()) for row in found] == [
        ("trade", "works", "matched"),
        ("works", "trade", "matched"),
    ]
    with connect() as connection:
        kpi, facts = trace_kpi(connection, stages.current_catalogue(), "sold", "group", "2026-Q1")
    assert kpi is not None and kpi["value"] == sum(fact["contribution"] for fact in facts) == 157000
    foreign = next(fact for fact in facts if fact["currency"] == "USD")
    assert (foreign["reported_value"], foreign["reported_unit"], foreign["cell"]) == (2, "万 USD", "E2")


def test_weights_members_and_a_price_in_dollars(office: Installation, tmp_path: Path) -> None:
    assert not send(office, tmp_path, "rates", *RATES, sheet="汇率")
    assert not send(
        office, tmp_path, "shipments", ("单位", "日期", "单号", "客户", "数量", "单价"),
        ("外贸公司", "2026-01-05", "A1", "客户甲", 3000, 100), ("外贸公司", "2026-01-05", "A2", "客户乙", 1000, 200),
        ("制造公司", "2026-01-09", "A3", "客户甲", 4000, 300), ("制造公司", "2026-02-09", "A4", "客户丙", 1000, 10),
    )  # fmt: skip
    assert value(office, "price", "trade", "2026-01") == 125 * Decimal("7.10")
    assert value(office, "price", "group", "2026-01") == Decimal("212.5") * Decimal("7.10")
    assert value(office, "customers", "group", "2026-01") == 2
    assert value(office, "customers", "group", "2026-Q1") == 3
    assert value(office, "per_customer", "group", "2026-Q1") == 3


def test_a_rate_that_comes_late_and_shares_that_are_owned(office: Installation, tmp_path: Path) -> None:
    rows = (
        ("单位", "日期", "余额", "利润"),
        ("外贸公司", "2026-01-30", 10, 1000),
        ("制造公司", "2026-01-31", 20, 500),
    )
    assert not send(office, tmp_path, "treasury", *rows)
    assert value(office, "cash", "group", "2026-01") is None
    (row,) = office.query("SELECT DISTINCT reason FROM bi.kpi_month WHERE metric = 'cash'")
    assert row["reason"] == "no closing rate for USD in 2026-01"
    assert value(office, "owned_profit", "group", "2026-01") == 1100, "60 % of 1000, and 500"
    assert not send(office, tmp_path, "rates", *RATES, sheet="汇率")
    assert value(office, "cash", "group", "2026-01") == 21, "30,000 USD at 7.00, in 万元"
    assert value(office, "cash", "group", "2026-02") == "none"
