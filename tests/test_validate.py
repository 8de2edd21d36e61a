"""Validation: each failure with its code and cell, all of them at once, and what may go on."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.batch import Reported
from include.catalogue import Catalogue, load_catalogue
from include.connectors import workbook
from include.errors import ConfigurationError, Finding
from include.validate import Validated, load_validated, save_validated, validate
from tests.batches import SHEET, read_source, report_matrix, report_records, report_system
from tests.catalogue.company import FINANCE, ORDERS, RATES, write_company

SHARED = Path(os.environ.get("KPI_TEST_SHARED") or Path(__file__).resolve().parents[2] / "shared" / "data")
PROJECT = Path(__file__).resolve().parents[1]

SALES = """
source: sales
kind: workbook
layout: {kind: records, header_row: 1}
columns:
  单位: {is: org, required: true}
  日期: {type: date, is: date, required: true}
  产品: {is: dimension, name: product_line}
  金额: {type: decimal, metric: revenue, unit: 万元, min: 0, max: 1000}
  单数: {type: integer, metric: order_count, unit: 单}
nulls: [—]
"""
ORG_YAML = """
- {unit: group, name: 集团}
- {unit: east, parent: group, level: company, name: 华东}
- {unit: north, parent: group, level: company, name: 华北}
"""
ONE_UNIT = """
source: finance_close
kind: workbook
layout: {org: east}
columns: {m: {type: month, is: period}, a: {type: decimal, metric: revenue}}
"""
COLUMNS = ["单位", "日期", "产品", "金额", "单数"]
GOOD = ("华东", "2026-03-01", "家电", "1.5", "3")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(write_company(tmp_path_factory.mktemp("config")))


def check(
    company: Catalogue, *rows: Sequence[str | None], source: str = SALES, last: int | None = None, **how: Any
) -> Validated:
    """Validate records of the SALES source; `how` holds changes of the source, and `units` or `controls`."""
    told = {name: how.pop(name) for name in ("units", "controls") if name in how}
    return validate(read_source(source, **how), company, report_records(COLUMNS, rows, **told), last)


def tell(validated: Validated) -> list[tuple[str, str, str]]:
    """Return (code, cell, found) of each finding."""
    return [(finding.code, finding.cell, finding.found) for finding in validated.findings]


def only(validated: Validated) -> Finding:
    """Return the one finding there is."""
    assert len(validated.findings) == 1, tell(validated)
    return validated.findings[0]


def test_a_right_batch_gives_typed_values_and_no_findings(company: Catalogue) -> None:
    validated = check(
        company, GOOD, ("EC02", "2026年4月2日", "家具", " ¥1,234.50 ".replace("1,234", "234"), "—")
    )
    assert validated.accepted and not validated.findings and not validated.held
    frame = validated.frame
    assert list(frame["_unit"]) == ["east", "north"]
    assert list(frame["金额"]) == [Decimal("1.5"), Decimal("234.5")]
    assert list(frame["单数"]) == [Decimal(3), None]
    assert list(frame["_date"].dt.date.astype(str)) == ["2026-03-01", "2026-04-02"]
    assert list(frame["_slice"]) == ["2026-03", "2026-04"]
    assert list(frame["_grain"]) == ["D", "D"]
    assert list(frame["_month"].dt.date.astype(str)) == ["2026-03-01", "2026-04-01"]
    assert not frame["_held"].any()


@pytest.mark.parametrize(
    ("place", "text", "code", "cell"),
    [
        *[
            (3, "#REF!", "error_cell", "D3"),
            (3, "约五", "not_a_number", "D3"),
            (3, "$5", "wrong_currency", "D3"),
        ],
        *[
            (3, "-0.01", "below_min", "D3"),
            (3, "1000.01", "above_max", "D3"),
            (4, "2.5", "not_an_integer", "E3"),
        ],
        *[
            (1, "someday", "not_a_date", "B3"),
            (1, "03/04/2026", "ambiguous_date", "B3"),
            (1, "46084", "date_serial", "B3"),
        ],
        *[
            (1, None, "required_blank", "B3"),
            (0, " ", "required_blank", "A3"),
            (0, "华南", "unknown_org", "A3"),
        ],
        *[(1, "1888-03-01", "not_a_date", "B3"), (2, "#N/A", "error_cell", "C3")],
    ],
)
def test_each_bad_cell_is_named(
    company: Catalogue, place: int, text: str | None, code: str, cell: str
) -> None:
    row = [*GOOD[:place], text, *GOOD[place + 1 :]]
    validated = check(company, GOOD, row)
    finding = only(validated)
    assert (finding.code, finding.cell, finding.sheet) == (code, cell, SHEET)
    assert finding.found.strip() == (text or "").strip()
    assert finding.column == COLUMNS[place]
    assert finding.level == "error" and validated.refused
    assert finding.org == ("" if place == 0 else "east")
    assert finding.period == ("" if place == 1 else "2026-03")


def test_all_failures_are_told_at_once(company: Catalogue) -> None:
    rows = [
        ("华南", "2026-03-01", "x", "1", "1"),
        ("华东", "x", "x", "#REF!", "1"),
        ("华东", "2026-03-03", "x", "-5", "1.5"),
        ("华东", "2026-03-04", "x", "abc", None),
    ]
    assert sorted(tell(check(company, *rows))) == [
        ("below_min", "D4", "-5"),
        ("error_cell", "D3", "#REF!"),
        ("not_a_date", "B3", "x"),
        ("not_a_number", "D5", "abc"),
        ("not_an_integer", "E4", "1.5"),
        ("unknown_org", "A2", "华南"),
    ]


def test_a_finding_names_the_metrics_concerned(company: Catalogue) -> None:
    validated = check(company, ("华东", "2026-03-01", "x", "-1", "1"), ("火星", "2026-03-01", "x", "1", "1"))
    metrics = {finding.code: finding.metrics for finding in validated.findings}
    assert metrics == {"below_min": ("revenue",), "unknown_org": ("order_count", "revenue")}


def test_an_unknown_org_names_the_nearest(company: Catalogue) -> None:
    assert "plant_suzhou" in only(check(company, ("plant_suzhu", *GOOD[1:]))).params["nearest"]


def test_allowed_values_and_patterns(company: Catalogue) -> None:
    columns = {"产品": {"is": "dimension", "in": ["家电", "家具"], "pattern": "家."}}
    source = read_source(SALES)
    source = source.model_copy(
        update={"columns": source.columns | {"产品": type(source.columns["产品"])(**columns["产品"])}}
    )
    rows = [
        GOOD,
        ("华东", "2026-03-02", "家纺", "1", "1"),
        ("华东", "2026-03-03", "家电柜", "1", "1"),
        ("华东", "2026-03-04", None, "1", "1"),
    ]
    findings = validate(source, company, report_records(COLUMNS, rows)).findings
    assert sorted((f.code, f.cell) for f in findings) == [
        ("not_allowed", "C3"),
        ("not_allowed", "C4"),
        ("pattern_mismatch", "C4"),
    ]
    assert {f.params["allowed"] for f in findings if f.code == "not_allowed"} == {"家电, 家具"}


def test_a_unit_not_in_force_is_refused_only_where_it_delivers(company: Catalogue, tmp_path: Path) -> None:
    org = ORG_YAML.replace("name: 华北}", "name: 华北, from: 2026-04-01}")
    dated = load_catalogue(
        write_company(
            tmp_path,
            org=org,
            sources__finance_close=ONE_UNIT,
        )
    )
    validated = check(
        dated,
        ("华北", "2026-03-31", "x", "1", "1"),
        ("华北", "2026-04-01", "x", "1", "1"),
        ("华北", "2026-03-01", "x", None, None),
    )
    finding = only(validated)
    assert (finding.code, finding.cell, finding.org, finding.period) == (
        "org_not_in_force",
        "A2",
        "north",
        "2026-03",
    )


# repetitions -----------------------------------------------------------------------------------------------


def test_declared_keys_are_unique_and_both_cells_are_named(company: Catalogue) -> None:
    rows = [
        GOOD,
        ("北", *GOOD[1:]),
        ("EC01", "2026/3/1", "家电", "9", "9"),
        ("华东", "2026-03-01", "家具", "1", "1"),
    ]
    validated = check(company, *rows, unique=["单位", "日期", "产品"])
    told = [(f.code, f.cell, f.params["other"]) for f in validated.findings if f.code == "duplicate_key"]
    assert told == [("duplicate_key", "A2", "A4"), ("duplicate_key", "A4", "A2")], "an alias is the same unit"


def test_a_record_pasted_twice_is_found_without_declared_keys(company: Catalogue) -> None:
    other_order = ("华东", "2026-03-01", "家电", "1.5", "4")
    finding = only(check(company, GOOD, other_order, GOOD))
    assert (finding.code, finding.cell, finding.params["other"]) == ("duplicate_key", "D4", "D2")


def test_orders_of_one_day_add_up(company: Catalogue) -> None:
    assert not check(company, GOOD, ("华东", "2026-03-01", "家电", "2", "3")).findings


def test_a_stock_can_be_reported_once_only(company: Catalogue) -> None:
    source = SALES.replace("metric: revenue, unit: 万元", "metric: inventory, unit: 万元")
    rows = [
        GOOD,
        ("EC01", "2026-03-01", "家电", "9", None),
        ("华东", "2026-03-01", "家具", "9", None),
        ("华东", "2026-03-01", "家电", None, "1"),
    ]
    finding = only(check(company, *rows, source=source))
    assert (finding.code, finding.cell, finding.params["other"], finding.column) == (
        "duplicate_key",
        "D3",
        "D2",
        "金额",
    )


def test_two_sheets_of_one_unit_are_told_by_their_cells(company: Catalogue) -> None:
    first, second = (report_matrix("华东", ["营业收入"], {"2026-03": [value]}) for value in ("1", "2"))
    frame = pd.concat([first.frame, second.frame.assign(_sheet="另一张")], ignore_index=True)
    reported = Reported(frame, dict(first.axes) | {"另一张": first.axes[SHEET]})
    validated = validate(read_source(FINANCE, checks=[], expects={}), company, reported)
    finding = only(validated)
    assert (finding.code, finding.sheet, finding.cell, finding.params["other"]) == (
        "duplicate_key",
        "另一张",
        "B6",
        "B6",
    )


# rules -----------------------------------------------------------------------------------------------------

MONTHS = {
    "2026-01": ["10", "-4", "6"],
    "2026-02": ["10", "-4", "6.01"],
    "2026-03": ["10", "-4", "6.02"],
    "2026-04": ["10", None, "6"],
}


def test_a_rule_reads_labels_that_carry_no_metric(company: Catalogue) -> None:
    validated = validate(
        read_source(FINANCE, expects={}),
        company,
        report_matrix("华东", ["营业收入", "营业成本", "毛利"], MONTHS),
    )
    finding = only(validated)
    assert (finding.code, finding.cell, finding.found, finding.rule) == (
        "rule_broken",
        "D8",
        "6.02",
        "营业收入 + 营业成本 = 毛利",
    )
    assert (finding.params["left"], finding.params["right"], finding.params["tolerance"]) == (
        "6",
        "6.02",
        "0.01",
    )
    assert (finding.org, finding.period) == ("east", "2026-03")
    assert finding.metrics == ("cost_of_sales", "revenue")


def test_a_rule_that_can_t_be_judged_is_told(company: Catalogue) -> None:
    source = read_source(FINANCE, expects={})
    finding = only(
        validate(source, company, report_matrix("华东", ["营业收入", "营业成本"], {"2026-01": ["1", "2"]}))
    )
    assert (finding.code, finding.column) == ("row_missing", "毛利")
    finding = only(
        validate(
            source,
            company,
            report_matrix("华东", ["营业收入", "营业成本", "毛利"], {"2026-01": ["1", "2", "#REF!"]}),
        )
    )
    assert (finding.code, finding.cell) == ("error_cell", "B8")


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        *[
            ("金额 <= 10", ["D4"]),
            ("金额 < 10", ["D3", "D4"]),
            ("金额 != 10", ["D3"]),
            ("金额 >= 10", ["D2"]),
            ("金额 > 10", ["D2", "D3"]),
        ],
        *[
            ("金额 = 10", ["D2", "D4"]),
            ("`金额` / 单数 >= 1", ["E4"]),
            ("if(单数 > 5, 金额, 0) < 10", ["D4"]),
        ],
        *[
            ("coalesce(单数, 0) <= 5", ["E4"]),
            ("-金额 * 2 + 1 < -0.5", []),
            ("if(单数 > 5 and 金额 > 11, 1, 0) = 0", []),
        ],
        ("if(not 单数 > 5 or 金额 > 11, 1, 0) = 1", ["D4"]),
    ],
)
def test_rules_are_exact(company: Catalogue, rule: str, broken: list[str]) -> None:
    rows = [
        ("华东", "2026-03-01", "a", "1", "1"),
        ("华东", "2026-03-02", "a", "10", None),
        ("华东", "2026-03-03", "a", "10.5", "20"),
    ]
    found = check(company, *rows, checks=[{"rule": rule}]).findings
    assert [finding.cell for finding in found] == broken


def test_sums_that_binary_floats_get_wrong(company: Catalogue) -> None:
    source = SALES.replace("单数: {type: integer", "单数: {type: decimal")
    rows = [
        ("华东", "2026-03-01", "a", "0.1", "0.2"),
        ("华东", "2026-03-02", "a", "0.1", "0.2" + "0" * 40 + "1"),
    ]
    validated = check(company, *rows, source=source, checks=[{"rule": "金额 + 单数 = 0.3"}])
    assert [finding.cell for finding in validated.findings] == ["E3"]


def test_a_warning_refuses_nothing(company: Catalogue) -> None:
    validated = check(company, GOOD, checks=[{"rule": "金额 > 100", "level": "warning"}])
    assert only(validated).level == "warning" and validated.accepted and not validated.errors


def test_a_rule_over_what_is_no_number_is_a_fault_of_the_configuration(company: Catalogue) -> None:
    for rule in ("产品 = 1", "没有 = 1"):
        with pytest.raises(ConfigurationError, match="no declared number column"):
            check(company, GOOD, checks=[{"rule": rule}])


# the batch as a whole --------------------------------------------------------------------------------------


def test_header_units_are_compared_by_meaning(company: Catalogue) -> None:
    assert not check(company, GOOD, units={"金额": "10,000 CNY", "单数": "单"}).findings
    finding = only(check(company, GOOD, units={"金额": "亿元"}))
    assert (finding.code, finding.sheet, finding.cell, finding.found, finding.params["unit"]) == (
        "unit_changed",
        SHEET,
        "D1",
        "亿元",
        "万元",
    )
    finding = only(check(company, GOOD, units={"金额": "吨"}))
    assert finding.code == "unit_changed"
    finding = only(check(company, GOOD, units={"金额": "万园"}))
    assert (finding.code, finding.cell, finding.found) == ("unknown_unit", "D1", "万园")


def total(
    row: int, value: str, first: int, last: int, column: str = "金额", col: int = 4
) -> dict[str, object]:
    return {
        "row": row,
        "col": col,
        "label": "合计",
        "column": column,
        "value": value,
        "first": first,
        "last": last,
        "start": 2,
    }


ROWS = [("华东", f"2026-03-0{n}", "a", str(n), "1") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        ([total(5, "6", 2, 4)], []),
        ([total(5, "￥6.00", 2, 4)], []),
        ([total(5, "6.01", 2, 4)], []),
        ([total(5, "6.02", 2, 4)], [("control_total_mismatch", "D5", "6.02", "6")]),
        ([total(4, "3", 2, 3), total(6, "3", 4, 5)], []),
        ([total(4, "3", 2, 3), total(6, "6", 4, 5)], []),
        (
            [total(4, "4", 2, 3), total(6, "7", 4, 5)],
            [("control_total_mismatch", "D4", "4", "3"), ("control_total_mismatch", "D6", "7", "6")],
        ),
        ([total(5, "#REF!", 2, 4)], [("error_cell", "D5", "#REF!", None)]),
        ([total(5, None, 2, 4)], []),
        ([total(5, "99", 2, 4, "产品", 3)], []),
    ],
)
def test_control_totals(
    company: Catalogue, totals: list[dict[str, object]], told: list[tuple[str, ...]]
) -> None:
    reported = report_records(COLUMNS, ROWS, controls=totals)
    if len(totals) == 2:  # a subtotal stands on row 4, so the third record is on row 5
        reported.frame["_row"] = pd.array([2, 3, 5], dtype="Int64")
    findings = validate(read_source(SALES), company, reported).findings
    assert [(f.code, f.cell, f.found, f.params.get("expected")) for f in findings] == told


def test_a_total_over_an_unreadable_value_isn_t_judged(company: Catalogue) -> None:
    rows = [*ROWS[:2], ("华东", "2026-03-03", "a", "?", "1")]
    assert only(check(company, *rows, controls=[total(5, "6", 2, 4)])).code == "not_a_number"


def test_control_totals_of_a_matrix_include_undeclared_rows(company: Catalogue) -> None:
    labels = ["营业收入", "其他收入"]
    totals = [
        {
            "row": 8,
            "col": col,
            "label": "合计",
            "column": None,
            "value": value,
            "first": 6,
            "last": 7,
            "start": 6,
        }
        for col, value in ((2, "15"), (3, "16"))
    ]
    reported = report_matrix(
        "华东", labels, {"2026-01": ["10", "5"], "2026-02": ["10", "5"]}, controls=totals
    )
    finding = only(validate(read_source(FINANCE, checks=[], expects={}), company, reported))
    assert (finding.code, finding.cell, finding.found, finding.params["expected"]) == (
        "control_total_mismatch",
        "C8",
        "16",
        "15",
    )
    assert (finding.org, finding.period) == ("east", "2026-02")


def test_a_blank_period_of_a_matrix_has_no_total_to_keep(company: Catalogue) -> None:
    late = {
        "row": 8,
        "col": 9,
        "label": "合计",
        "column": None,
        "value": "5",
        "first": 6,
        "last": 7,
        "start": 6,
    }
    reported = report_matrix("华东", ["营业收入", "其他收入"], {"2026-01": ["10", "5"]}, controls=[late])
    assert not validate(read_source(FINANCE, checks=[], expects={}), company, reported).findings


def test_ignored_columns_are_not_judged(company: Catalogue) -> None:
    rows = [("华东", "2026-03-01", "#REF!", "1", "1")]
    assert not check(
        company, *rows, source=SALES.replace("is: dimension, name: product_line", "is: ignore")
    ).findings


def test_expected_units(company: Catalogue) -> None:
    expects: dict[str, Any] = {"org": {"level": "company"}}
    assert not check(company, GOOD, expects=expects).findings  # another file may bring the others
    both = [GOOD, ("north", *GOOD[1:])]
    assert not check(company, *both, expects=expects).findings
    finding = only(check(company, *both, ("苏州厂", *GOOD[1:]), expects=expects))
    assert (finding.code, finding.cell, finding.org) == ("org_not_expected", "A4", "plant_suzhou")
    validated = check(company, GOOD, expects=expects | {"each_batch": True})
    finding = only(validated)
    assert (finding.code, finding.level, finding.params["units"]) == ("org_missing", "error", "north")
    assert validated.refused
    three = {"org": ["north", "east", "plant_suzhou"], "each_batch": True}
    assert only(check(company, GOOD, expects=three)).params["units"] == "north, plant_suzhou"


@pytest.mark.parametrize(
    ("rows", "last", "codes"),
    [
        *[
            ({"min": 4}, None, ["too_few_rows"]),
            ({"min": 3}, None, []),
            ({"max": 2}, None, ["too_many_rows"]),
            ({"max": 3}, None, []),
        ],
        *[({"shrink": 0.5}, 6, []), ({"shrink": 0.5}, 7, ["shrunken"]), ({"shrink": 0.5}, None, [])],
    ],
)
def test_row_counts(company: Catalogue, rows: dict[str, Any], last: int | None, codes: list[str]) -> None:
    validated = check(company, *ROWS, last=last, expects={"rows": rows})
    assert [finding.code for finding in validated.findings] == codes
    assert [finding.found for finding in validated.findings] == ["3"] * len(codes)


def test_nothing_delivered(company: Catalogue) -> None:
    for rows in ([], [("华东", "2026-03-01", "a", None, "—")]):
        validated = check(company, *rows)
        assert only(validated).code == "no_values" and validated.refused
    assert only(check(company, ("华东", "2026-03-01", "a", "?", None))).code == "not_a_number"


def test_required_values_of_a_matrix_only_in_delivered_periods(company: Catalogue) -> None:
    source = read_source(
        FINANCE,
        checks=[],
        expects={},
        rows={"营业收入": {"metric": "revenue", "required": True}, "期末存货": {"metric": "inventory"}},
    )
    reported = report_matrix(
        "华东",
        ["营业收入", "期末存货"],
        {"2026-01": ["1", "1"], "2026-02": [None, None], "2026-03": [None, "1"]},
    )
    finding = only(validate(source, company, reported))
    assert (finding.code, finding.cell, finding.period) == ("required_blank", "D6", "2026-03")


def test_a_bad_org_or_period_of_a_matrix_names_its_cell(company: Catalogue) -> None:
    reported = report_matrix("华南", ["营业收入"], {"2026-01": ["1"], "someday": ["2"]})
    validated = validate(read_source(FINANCE, checks=[], expects={}), company, reported)
    assert sorted(tell(validated)) == [("not_a_period", "C5", "someday"), ("unknown_org", "B2", "华南")]


def test_systems_name_the_record_s_key(company: Catalogue) -> None:
    columns = ["store", "order_date", "product_line", "net_amount", "orders"]
    reported = report_system(
        columns, [("east", "2026-03-01", "家电", "1", "1"), ("east", "2026-03-02", "家电", "-1", "1")]
    )
    validated = validate(read_source(ORDERS), company, reported)
    finding = only(validated)
    assert (finding.code, finding.cell, finding.period) == ("below_min", "row 2", "2026-03-02")


def test_currency_rates_need_no_org_unit(company: Catalogue) -> None:
    reported = report_records(["month", "currency", "average", "closing"], [("2026-03", "USD", "7.1", "7.2")])
    validated = validate(read_source(RATES), company, reported)
    assert validated.accepted and not validated.findings
    assert list(validated.frame["_slice"]) == ["2026-03"]


# periods and slices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "slice_", "text", "grain", "last_day", "key"),
    [
        *[
            ("date", "day", "2026-03-05", "D", "2026-03-05", "2026-03-05"),
            ("date", "month", "2026-03-05", "D", "2026-03-05", "2026-03"),
        ],
        *[
            ("date", "quarter", "2026-03-05", "D", "2026-03-05", "2026-Q1"),
            ("month", "month", "202602", "M", "2026-02-28", "2026-02"),
        ],
        *[
            ("month", "day", "202602", "M", "2026-02-28", "2026-02"),
            ("quarter", "month", "2026-Q1", "Q", "2026-03-31", "2026-Q1"),
        ],
        ("month", "quarter", "2026-02", "M", "2026-02-28", "2026-Q1"),
    ],
)
def test_dates_grains_and_slices(
    company: Catalogue, kind: str, slice_: str, text: str, grain: str, last_day: str, key: str
) -> None:
    source = SALES.replace(
        "{type: date, is: date, required: true}",
        f"{{type: {kind}, is: {'date' if kind == 'date' else 'period'}}}",
    )
    row = check(company, ("华东", text, "a", "1", "1"), source=source, slice=slice_).frame.iloc[0]
    assert (row["_grain"], str(row["_date"].date()), row["_slice"], row["_month"].day) == (
        grain,
        last_day,
        key,
        1,
    )


def held(validated: Validated) -> list[tuple[str, str]]:
    return sorted(validated.held)


def test_good_slices_go_on_and_a_bad_one_is_held_whole(company: Catalogue) -> None:
    rows = [
        GOOD,
        ("华东", "2026-03-09", "a", "?", "1"),
        ("华东", "2026-04-01", "a", "1", "1"),
        ("华北", "2026-03-01", "a", "1", "1"),
    ]
    assert check(company, *rows).refused
    validated = check(company, *rows, accept="slices")
    assert validated.accepted and held(validated) == [("east", "2026-03")]
    assert list(validated.frame["_held"]) == [True, True, False, False]


def test_a_row_without_org_holds_all_units_of_its_period(company: Catalogue) -> None:
    rows = [
        GOOD,
        ("华北", "2026-03-01", "a", "1", "1"),
        ("?", "2026-03-02", "a", "1", "1"),
        ("华北", "2026-04-01", "a", "1", "1"),
    ]
    validated = check(company, *rows, accept="slices")
    assert held(validated) == [("east", "2026-03"), ("north", "2026-03")]
    assert list(validated.frame["_held"]) == [True, True, True, False]


def test_a_row_without_period_holds_all_periods_of_its_unit(company: Catalogue) -> None:
    rows = [
        GOOD,
        ("华东", "2026-04-01", "a", "1", "1"),
        ("华东", "?", "a", "1", "1"),
        ("华北", "2026-04-01", "a", "1", "1"),
    ]
    validated = check(company, *rows, accept="slices")
    assert held(validated) == [("east", "2026-03"), ("east", "2026-04")]
    assert list(validated.frame["_held"]) == [True, True, True, False]


def test_what_can_t_be_told_to_a_slice_refuses_the_batch(company: Catalogue) -> None:
    assert check(company, GOOD, ("?", "?", "a", "1", "1"), accept="slices").refused
    assert check(company, GOOD, accept="slices", units={"金额": "亿元"}).refused
    assert check(company, ("华东", "2026-03-01", "a", "?", "1"), accept="slices").refused, "no slice is left"


def test_a_control_total_holds_the_slices_of_its_block(company: Catalogue) -> None:
    rows = [
        ("华东", "2026-03-01", "a", "1", "1"),
        ("华东", "2026-03-02", "a", "2", "1"),
        ("华北", "2026-03-01", "a", "4", "1"),
    ]
    reported = report_records(COLUMNS, rows, controls=[total(4, "9", 2, 3), total(6, "4", 5, 5)])
    reported.frame["_row"] = pd.array([2, 3, 5], dtype="Int64")
    validated = validate(read_source(SALES, accept="slices"), company, reported)
    assert tell(validated) == [("control_total_mismatch", "D4", "9")]
    assert held(validated) == [("east", "2026-03")] and list(validated.frame["_held"]) == [True, True, False]


# many failures, and keeping the outcome --------------------------------------------------------------------


def test_thousands_of_failures_are_capped_but_none_is_forgotten(company: Catalogue) -> None:
    rows = [("华东", f"2026-03-{day:02d}", f"p{n}", "-1", "x") for day in range(1, 29) for n in range(20)]
    rows += [("华北", "2026-03-01", "a", "1", "1")]
    validated = check(company, *rows, accept="slices")
    counts = pd.Series([(finding.code, finding.column) for finding in validated.findings]).value_counts()
    assert counts["below_min", "金额"] == counts["not_a_number", "单数"] == 200
    more = [finding for finding in validated.findings if finding.code == "more_findings"]
    assert sorted((finding.column, finding.params["more"], finding.params["what"]) for finding in more) == [
        ("单数", 360, "not_a_number"),
        ("金额", 360, "below_min"),
    ]
    assert validated.frame["_held"].sum() == 560, "rows beyond the listed ones are held too"


def test_a_failure_inside_a_check_is_never_taken_for_bad_data(
    company: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("include.validate.rules.evaluate", fail)
    with pytest.raises(ZeroDivisionError):
        check(company, ("华东", "2026-03-01", "a", "-1", "x"), checks=[{"rule": "金额 > 0"}])


def test_the_outcome_survives_the_stage(company: Catalogue, tmp_path: Path) -> None:
    exact = "123456789012345678901234567890.123456789"
    source = SALES.replace(", min: 0, max: 1000", "")
    rows = [
        ("华东", "2026-03-01", "a", exact, None),
        ("华东", None, "a", "0.00000000001", "5"),
        ("华北", "2026-04-01", "a", "1", "1"),
    ]
    validated = check(company, *rows, source=source, accept="slices")
    path = str(tmp_path / "stage" / "validated.parquet")
    save_validated(validated, path)
    again = load_validated(path)
    assert list(again.frame["金额"]) == [Decimal(exact), Decimal("0.00000000001"), Decimal(1)]
    assert list(again.frame["单数"]) == [None, Decimal(5), Decimal(1)]
    for name in ("_unit", "_slice", "_grain", "_held", "_row", "产品", "_date"):
        after, before = (
            [None if pd.isna(value) else value for value in frame[name]]
            for frame in (again.frame, validated.frame)
        )
        assert after == before
    assert (again.findings, again.refused, again.held, again.axes) == (
        validated.findings,
        validated.refused,
        validated.held,
        dict(validated.axes),
    )


@pytest.mark.skipif(
    not (SHARED / "financial_sample.csv").exists(), reason="the public sample files aren't here"
)
def test_the_public_csv_is_read_to_the_cent() -> None:
    catalogue = load_catalogue(PROJECT / "examples" / "public_data" / "config")
    source = catalogue.sources["financial_sample"]
    reported = workbook.fetch(source, SHARED / "financial_sample.csv")
    validated = validate(source, catalogue, reported)
    assert not validated.errors
    discounts, profit = validated.frame["Discounts"], validated.frame["Profit"]
    assert (discounts == 0).sum() == 53
    assert (profit < 0).sum() == 58
    assert Decimal("-4533.75") in set(profit)
    assert (sum(discounts), sum(profit)) == (Decimal("9205248.27"), Decimal("16893702.29"))
