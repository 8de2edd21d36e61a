"""Facts in other currencies, rates, weights, members, named versions and counterparties."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from include.catalogue import Catalogue, load_catalogue
from include.catalogue.models import WorkbookSource
from include.connectors import workbook
from include.connectors.workbook.template import write_template
from include.standardise import FACTS, standardise
from include.validate import Validated, load_validated, save_validated, validate
from tests.batches import read_source, report_matrix, report_records, report_system
from tests.catalogue.company import METRICS, RATES, write_company

MORE = """
avg_price: {name: 均价, definition: d, unit: 元/t, owner: finance_controller, tier: internal, better: up,
            over_time: weighted_average, over_org: weighted_average}
customers: {name: 客户数, definition: d, unit: 单, owner: finance_controller, tier: internal, better: up,
            over_time: distinct, over_org: distinct, dimensions: [product_line]}
internal_sales: {name: 内部销售, definition: d, unit: 万元, owner: finance_controller, tier: internal, better: up,
                 over_time: sum, over_org: sum, dimensions: [partner, product_line]}
internal_purchases: {name: 内部采购, definition: d, unit: 万元, owner: finance_controller, tier: internal,
                     better: up, over_time: last, over_org: sum, dimensions: [partner]}
"""
PAIR = "- {pair: [internal_sales, internal_purchases], counterparty: partner, tolerance: 0.01}\n"
RECORDS = "source: s\nkind: workbook\nlayout: {kind: records}\ncolumns:\n  单位: {is: org}\n  月: {type: month, is: period}\n"
RATE_COLUMNS = ["month", "currency", "average", "closing"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("config")
    versions = "\n  versions:\n    - {valid_from: 2026-03-01, definition: 含税}\n"
    metrics = METRICS.replace("  valid_from: 2024-01-01\n", "  valid_from: 2024-01-01" + versions)
    return load_catalogue(write_company(folder, metrics__sales=metrics + MORE, eliminations=PAIR))


def check(company: Catalogue, columns: str, *rows: Sequence[str | None], **how: Any) -> Validated:
    """Validate records whose columns, beside 单位 and 月, are those of the YAML `columns`, in their order."""
    source = read_source(RECORDS + columns, **how)
    return validate(source, company, report_records(list(source.columns), rows))


def facts_of(company: Catalogue, columns: str, *rows: Sequence[str | None]) -> list[dict[str, Any]]:
    source = read_source(RECORDS + columns)
    validated = validate(source, company, report_records(list(source.columns), rows))
    assert not validated.findings
    return facts_from(source, company, validated)


def facts_from(source: Any, company: Catalogue, validated: Validated) -> list[dict[str, Any]]:
    table = standardise(source, company, validated)
    assert table.schema == FACTS
    facts: list[dict[str, Any]] = table.to_pylist()
    return facts


def pick(facts: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(fact[name] for name in names) for fact in facts]


def tell(validated: Validated) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.cell, finding.found) for finding in validated.findings]


# Rates --------------------------------------------------------------------------------------------------------


def test_rates_are_facts_of_the_root(company: Catalogue) -> None:
    source = read_source(RATES.replace("rate: average", "rate: average, per: 100"))
    rows = [
        ("2026-03", "USD", "712.5", "7.2"),
        ("2026-03", "欧元", None, "7.80"),
        ("2026-04", "usd", "711", None),
    ]
    validated = validate(source, company, report_records(RATE_COLUMNS, rows))
    assert not validated.findings
    facts = facts_from(source, company, validated)
    assert pick(
        facts, "metric", "org", "slice_period", "dimensions", "value", "reported", "unit", "basis"
    ) == [
        ("exchange_rate_average", "group", "2026-03", '{"currency":"USD"}', "7.125", "712.5", "CNY/100", "F"),
        ("exchange_rate_average", "group", "2026-04", '{"currency":"USD"}', "7.11", "711", "CNY/100", "F"),
        ("exchange_rate_closing", "group", "2026-03", '{"currency":"USD"}', "7.2", "7.2", "CNY", "S"),
        ("exchange_rate_closing", "group", "2026-03", '{"currency":"EUR"}', "7.8", "7.8", "CNY", "S"),
    ]
    assert {fact["metric_version"] for fact in facts} == {1} and {fact["grain"] for fact in facts} == {"M"}
    assert {fact["scenario"] for fact in facts} == {"actual"} and {fact["currency"] for fact in facts} == {
        None
    }


def test_rates_of_days_from_a_system(company: Catalogue) -> None:
    source = read_source("""
        source: fx
        kind: sql
        connection: erp
        slice: day
        columns:
          day: {type: date, is: date, required: true}
          code: {type: text, is: currency, required: true}
          mid: {type: decimal, rate: average}
    """)
    reported = report_system(
        ["day", "code", "mid"], [("2026-03-05", "USD", "7.1"), ("2026-03-06", "USD", "7.2")]
    )
    facts = facts_from(source, company, validate(source, company, reported))
    assert pick(facts, "org", "slice_period", "grain", "value", "key") == [
        ("group", "2026-03-05", "D", "7.1", "row 1"),
        ("group", "2026-03-06", "D", "7.2", "row 2"),
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("2026-03", "USD", "0", "7.2")], [("rate_not_positive", "C2", "0")]),
        ([("2026-03", "USD", "7", "-7.2")], [("rate_not_positive", "D2", "-7.2")]),
        ([("2026-03", "美园", "7", None)], [("unknown_currency", "B2", "美园")]),
        ([("2026-03", "$", "7", None)], [("unknown_currency", "B2", "$")]),
        ([("2026-03", "万美元", "7", None)], [("unknown_currency", "B2", "万美元")]),
        ([("2026-03", None, "7", None)], [("required_blank", "B2", "")]),
        ([("2026-03", None, None, None), ("2026-03", "USD", "7", None)], []),
        ([("2026-03", "USD", "7", "7"), ("2026-03", "美元", None, "7.1")], [("duplicate_key", "D3", "7.1")]),
        ([("2026-03", "USD", "7", None), ("2026-03", "美元", None, "7.1")], []),
        ([("2026-03", "USD", "7", "7"), ("2026-04", "USD", "7", "7"), ("2026-04", "EUR", "7", "7")], []),
    ],
)  # fmt: skip
def test_doubtful_rates_are_refused(
    company: Catalogue, rows: list[tuple[str | None, ...]], told: list[tuple[str, ...]]
) -> None:
    validated = validate(read_source(RATES), company, report_records(RATE_COLUMNS, rows))
    assert tell(validated) == told
    assert validated.refused == bool(told)
    for finding in validated.findings:
        assert set(finding.metrics) <= {"exchange_rate_average", "exchange_rate_closing"}
        assert (
            finding.code != "unknown_currency" or finding.found == "$" or "美元" in finding.params["nearest"]
        )


def test_declared_keys_know_the_names_of_a_currency(company: Catalogue) -> None:
    rows = [("2026-03", "USD", "7", "7"), ("2026-03", "美元", "7", "7")]
    validated = validate(
        read_source(RATES, unique=["month", "currency"]), company, report_records(RATE_COLUMNS, rows)
    )
    assert [finding.code for finding in validated.findings] == ["duplicate_key", "duplicate_key"]


def test_a_rate_s_header_may_say_what_it_is_quoted_for(company: Catalogue) -> None:
    row = [("2026-03", "USD", "7", "7")]
    for stated, codes in (("100外币", []), ("元", []), ("元/美元", []), ("美元", ["unit_changed"])):
        reported = report_records(RATE_COLUMNS, row, units={"average": stated})
        assert [f.code for f in validate(read_source(RATES), company, reported).findings] == codes


# Other currencies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "value", "currency"),
    [
        ("metric: revenue, unit: 千美元", "1500", "USD"),
        ("metric: revenue, unit: 万元", "15000", None),
        ("metric: operating_cost, unit: 美元", "0.00015", "USD"),
        ("metric: operating_cost, unit: EUR, sign: '-'", "-0.00015", "EUR"),
        ("metric: avg_price, unit: USD/kg, weight: 吨数", "1500", "USD"),
        ("metric: avg_price, unit: 元/kg, weight: 吨数", "1500", None),
    ],
)
def test_a_unit_in_another_currency(
    company: Catalogue, measure: str, value: str, currency: str | None
) -> None:
    columns = f"  额: {{type: decimal, {measure}}}\n  吨数: {{type: decimal}}\n"
    facts = facts_of(company, columns, ("华东", "2026-03", "1.5", "2"))
    assert pick(facts, "value", "currency", "reported") == [(value, currency, "1.5")]


MONEY = "  币种: {is: currency}\n  额: {type: decimal, metric: revenue, unit: 万元}\n  单: {type: integer, metric: order_count}\n"


def test_a_column_says_each_record_s_currency(company: Catalogue) -> None:
    rows = [
        ("华东", "2026-03", "CNY", "1", "1"),
        ("华东", "2026-03", "美元", "$2", "2"),
        ("华东", "2026-03", "EUR", "€3", None),
        ("华东", "2026-03", "人民币", "¥4", "4"),
        ("华东", "2026-04", None, None, "5"),
    ]
    facts = facts_of(company, MONEY, *rows)
    assert pick(facts, "metric", "value", "currency", "unit", "reported") == [
        ("revenue", "10000", None, "万元", "1"),
        ("revenue", "20000", "USD", "万 USD", "2"),
        ("revenue", "30000", "EUR", "万 EUR", "3"),
        ("revenue", "40000", None, "万元", "4"),
        *(("order_count", value, None, "单", value) for value in "1245"),
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("华东", "2026-03", None, "1", None), [("required_blank", "C2", "")]),
        (("华东", "2026-03", "US", "1", None), [("unknown_currency", "C2", "US")]),
        (("华东", "2026-03", "EUR", "$1", None), [("wrong_currency", "D2", "$1")]),
        (("华东", "2026-03", "USD", "￥1", None), [("wrong_currency", "D2", "￥1")]),
        (("华东", "2026-03", "HKD", "$1", None), []),
        (("华东", "2026-03", "HKD", None, "$1"), [("wrong_currency", "E2", "$1")]),
    ],
)
def test_a_record_without_a_known_currency_is_refused(
    company: Catalogue, row: tuple[str | None, ...], told: list[tuple[str, str, str]]
) -> None:
    assert tell(check(company, MONEY, row)) == told


def test_a_bad_currency_holds_its_slice_only(company: Catalogue) -> None:
    rows = [("华东", "2026-03", "US", "1", None), ("华北", "2026-03", "USD", "1", None)]
    validated = check(company, MONEY, *rows, accept="slices")
    assert validated.held == {("east", "2026-03")}
    facts = facts_from(read_source(RECORDS + MONEY, accept="slices"), company, validated)
    assert pick(facts, "org", "currency") == [("north", "USD")]


def test_currencies_survive_the_stage(company: Catalogue, tmp_path: Path) -> None:
    validated = check(
        company, MONEY, ("华东", "2026-03", "USD", "1", None), ("华东", "2026-03", None, None, "1")
    )
    save_validated(validated, str(tmp_path / "v.parquet"))
    again = facts_from(read_source(RECORDS + MONEY), company, load_validated(str(tmp_path / "v.parquet")))
    assert pick(again, "metric", "currency") == [("revenue", "USD"), ("order_count", None)]


# Weights ------------------------------------------------------------------------------------------------------


def test_weights_are_kept_in_the_unit_of_their_metric(company: Catalogue) -> None:
    columns = "  均价: {type: decimal, metric: avg_price, weight: 产量}\n  产量: {type: decimal, metric: output, unit: 万吨}\n"
    facts = facts_of(company, columns, ("华东", "2026-03", "3000", "0.25"), ("华北", "2026-03", None, "1"))
    assert pick(facts, "metric", "value", "weight") == [
        ("avg_price", "3000", "2500"),
        ("output", "2500", None),
        ("output", "10000", None),
    ]


def test_the_column_that_is_the_weight_holds_for_all_weighted_averages(company: Catalogue) -> None:
    columns = "  均价: {type: decimal, metric: avg_price}\n  吨数: {type: decimal, is: weight, unit: t}\n"
    columns += "  额: {type: decimal, metric: revenue}\n"
    facts = facts_of(
        company, columns, ("华东", "2026-03", "3000", "0.10", "5"), ("华东", "2026-04", "1", "0", None)
    )
    assert pick(facts, "metric", "weight") == [("avg_price", "0.1"), ("avg_price", "0"), ("revenue", None)]


def test_a_value_needs_its_weight(company: Catalogue) -> None:
    columns = "  均价: {type: decimal, metric: avg_price}\n  吨数: {type: decimal, is: weight}\n"
    rows = [
        ("华东", "2026-01", "1", None),
        ("华东", "2026-02", "1", "-2"),
        ("华东", "2026-03", None, "-2"),
        ("华东", "2026-04", "1", "x"),
    ]
    validated = check(company, columns, *rows)
    assert sorted(tell(validated)) == [
        ("not_a_number", "D5", "x"),
        ("weight_missing", "D2", ""),
        ("weight_negative", "D3", "-2"),
    ]
    told = {finding.code: finding.metrics for finding in validated.findings}
    assert told["weight_missing"] == told["weight_negative"] == ("avg_price",)


def test_weights_of_a_matrix_stand_in_their_row(company: Catalogue) -> None:
    source = read_source("""
        source: m
        kind: workbook
        layout: {kind: matrix, row_label: 项目, org: {cell: B2}, periods: {across: columns}}
        rows:
          均价: {metric: avg_price, weight: 吨数}
          吨数: {unit: t}
    """)
    reported = report_matrix("华东", ["均价", "吨数"], {"2026-01": ["10", "3"], "2026-02": [None, None]})
    facts = facts_from(source, company, validate(source, company, reported))
    assert pick(facts, "value", "weight", "row", "col") == [("10", "3", 6, 2)]
    reported = report_matrix("华东", ["均价", "吨数"], {"2026-01": ["10", None]})
    assert tell(validate(source, company, reported)) == [("weight_missing", "B7", "")]


# Members, versions, counterparties ----------------------------------------------------------------------------


def test_each_text_is_a_member(company: Catalogue) -> None:
    columns = "  产品: {is: dimension, name: product_line}\n  客户: {type: text, metric: customers}\n"
    columns += "  额: {type: decimal, metric: revenue}\n"
    rows = [
        ("华东", "2026-03", "家电", " 张三 ", "1"),
        ("华东", "2026-03", "家电", "张三", "2"),
        ("华东", "2026-03", "家电", "001", None),
        ("华东", "2026-03", None, None, "3"),
    ]
    facts = facts_of(company, columns, *rows)
    assert pick(facts[:3], "metric", "member", "value", "reported", "unit", "row", "dimensions") == [
        ("customers", "张三", "1", "1", "单", 2, '{"product_line":"家电"}'),
        ("customers", "张三", "1", "1", "单", 3, '{"product_line":"家电"}'),
        ("customers", "001", "1", "1", "单", 4, '{"product_line":"家电"}'),
    ]
    assert pick(facts[3:], "metric", "member") == [("revenue", None)] * 3


def test_the_same_member_twice_is_no_duplicate(company: Catalogue) -> None:
    columns = "  客户: {type: text, metric: customers}\n"
    rows = [("华东", "2026-03", "张三")] * 2
    assert len(facts_of(company, columns, *rows)) == 2
    assert tell(check(company, columns, ("华东", "2026-03", "#N/A"))) == [("error_cell", "C2", "#N/A")]


def test_a_measure_may_name_its_version(company: Catalogue) -> None:
    columns = "  旧: {type: decimal, metric: revenue, version: 1}\n  新: {type: decimal, metric: revenue, version: 2}\n"
    columns += "  目标: {type: decimal, metric: revenue, scenario: target}\n"
    facts = facts_of(company, columns, ("华东", "2026-02", "1", "2", "3"), ("华东", "2026-03", "4", "5", "6"))
    assert pick(facts, "value", "metric_version", "for_version") == [
        ("1", 1, 1), ("4", 1, 1), ("2", 2, 2), ("5", 2, 2), ("3", 1, None), ("6", 2, None),
    ]  # fmt: skip


def test_counterparties_are_units_for_the_metrics_of_the_pair(company: Catalogue) -> None:
    columns = "  对方: {is: dimension, name: partner}\n  产品: {is: dimension, name: product_line}\n"
    columns += "  内销: {type: decimal, metric: internal_sales}\n"
    rows = [
        ("华东", "2026-03", "EC02", "华北", "1"),
        ("华东", "2026-03", "苏州厂", None, "2"),
        ("华东", "2026-03", "某公司", None, "3"),
        ("华东", "2026-03", None, None, "4"),
    ]
    facts = facts_of(company, columns, *rows)
    assert pick(facts, "dimensions") == [
        ('{"partner":"north","product_line":"华北"}',),
        ('{"partner":"plant_suzhou"}',),
        ('{"partner":"某公司"}',),
        ("{}",),
    ]


def test_a_stock_with_one_counterparty_by_two_names_is_a_duplicate(company: Catalogue) -> None:
    columns = "  对方: {is: dimension, name: partner}\n  余额: {type: decimal, metric: internal_purchases}\n"
    rows = [("华东", "2026-03", "EC02", "1"), ("华东", "2026-03", "华北公司", "2")]
    assert tell(check(company, columns, *rows)) == [("duplicate_key", "D3", "2")]
    assert tell(check(company, columns, *rows, unique=["单位", "月", "对方"])) == [
        ("duplicate_key", "D3", "2")
    ]


# From the workbook --------------------------------------------------------------------------------------------


def write_book(path: Path, title: str, rows: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def test_a_workbook_of_rates(company: Catalogue, tmp_path: Path) -> None:
    rows = [
        RATE_COLUMNS,
        ["2026-03", "USD", 7.12, 7.2],
        ["2026-03", "欧元", 7.9, None],
        ["备注：中间价", None, None, None],
    ]
    source = read_source(RATES)
    reported = workbook.fetch(source, write_book(tmp_path / "汇率.xlsx", "rates", rows))
    facts = facts_from(source, company, validate(source, company, reported))
    assert pick(facts, "metric", "value", "row", "col") == [
        ("exchange_rate_average", "7.12", 2, 3),
        ("exchange_rate_average", "7.9", 3, 3),
        ("exchange_rate_closing", "7.2", 2, 4),
    ]


def test_a_workbook_of_members_and_weights(company: Catalogue, tmp_path: Path) -> None:
    """A total row is found by its label in the members' column, and a merged weight isn't spread."""
    columns = "  客户: {type: text, metric: customers}\n  均价: {type: decimal, metric: avg_price, weight: 量}\n  量: {type: decimal}\n"
    source = read_source(RECORDS + columns)
    header = list(source.columns)
    rows = [
        header,
        ["华东", "2026-03", "甲", 5, 2],
        ["华东", "2026-03", "乙", None, None],
        [None, None, "合计", 5, 2],
    ]
    reported = workbook.fetch(source, write_book(tmp_path / "a.xlsx", "x", rows))
    facts = facts_from(source, company, validate(source, company, reported))
    assert pick(facts, "member", "value", "weight") == [
        ("甲", "1", None),
        ("乙", "1", None),
        (None, "5", "2"),
    ]
    path = write_book(
        tmp_path / "b.xlsx",
        "x",
        [header, ["华东", "2026-03", "甲", 5, 2], ["华东", "2026-03", "乙", 6, None]],
    )
    book = load_workbook(path)
    book.active.merge_cells("E2:E3")  # type: ignore[union-attr]
    book.save(path)
    assert tell(validate(source, company, workbook.fetch(source, path))) == [("weight_missing", "E3", "")]


def test_members_alone_leave_notes_out(company: Catalogue, tmp_path: Path) -> None:
    source = read_source(RECORDS + "  客户: {type: text, metric: customers}\n")
    rows = [list(source.columns), ["华东", "2026-03", "甲"], ["备注：含直营", None, None]]
    reported = workbook.fetch(source, write_book(tmp_path / "a.xlsx", "x", rows))
    assert pick(facts_from(source, company, validate(source, company, reported)), "member") == [("甲",)]


def test_the_template_doesn_t_ask_for_members_in_a_unit(company: Catalogue, tmp_path: Path) -> None:
    source = read_source(
        RECORDS + "  客户: {type: text, metric: customers}\n  额: {type: decimal, metric: revenue}\n"
    )
    assert isinstance(source, WorkbookSource)
    write_template(source, company, tmp_path / "t.xlsx", dt.date(2026, 3, 1))
    sheet = load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[3]] == ["单位", "月", "客户", "额（CNY）"]
