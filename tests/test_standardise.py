"""Standardising: which facts a batch gives, and that each is exact."""

import datetime as dt
import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.catalogue import Catalogue, load_catalogue
from include.connectors import workbook
from include.errors import RefusedError
from include.standardise import FACTS, convert, standardise
from include.validate import validate
from tests.batches import SHEET, read_source, report_matrix, report_records, report_system
from tests.catalogue.company import FINANCE, METRICS, ORDERS, write_company

SHARED = Path(os.environ.get("KPI_TEST_SHARED") or Path(__file__).resolve().parents[2] / "shared" / "data")
PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(write_company(tmp_path_factory.mktemp("config")))


def facts_of(company: Catalogue, source: Any, reported: Any) -> list[dict[str, Any]]:
    validated = validate(source, company, reported)
    table = standardise(source, company, validated)
    assert table.schema == FACTS
    facts: list[dict[str, Any]] = table.to_pylist()
    return facts


def test_a_matrix_gives_a_fact_for_each_filled_cell(company: Catalogue) -> None:
    labels = ["营业收入", "营业成本", "期末存货", "投资额累计", "收入目标", "毛利"]
    periods = {
        "2026-01": ["1.50", "2", "3", "0.1", None, "99"],
        "2026-02": [None, "-2", "—", "0.2", "7", "99"],
    }
    source = read_source(FINANCE, checks=[], expects={})
    facts = facts_of(company, source, report_matrix("华东", labels, periods))
    told = {
        (f["measure"], f["slice_period"]): (
            f["metric"],
            f["value"],
            f["reported"],
            f["unit"],
            f["basis"],
            f["scenario"],
        )
        for f in facts
    }
    assert told == {
        ("营业收入", "2026-01"): ("revenue", "15000", "1.5", "万元", "F", "actual"),
        ("营业成本", "2026-01"): ("cost_of_sales", "-20000", "2", "万元", "F", "actual"),
        ("营业成本", "2026-02"): ("cost_of_sales", "20000", "-2", "万元", "F", "actual"),
        ("期末存货", "2026-01"): ("inventory", "30000", "3", "万元", "S", "actual"),
        ("投资额累计", "2026-01"): ("investment", "10000000", "0.1", "亿元", "Y", "actual"),
        ("投资额累计", "2026-02"): ("investment", "20000000", "0.2", "亿元", "Y", "actual"),
        ("收入目标", "2026-02"): ("revenue", "70000", "7", "万元", "F", "target"),
    }
    places = {(f["measure"], f["slice_period"]): (f["sheet"], f["row"], f["col"], f["key"]) for f in facts}
    assert places["期末存货", "2026-01"] == (SHEET, 8, 2, None)
    assert places["收入目标", "2026-02"] == (SHEET, 10, 3, None)
    first = facts[0]
    assert (first["org"], first["date"], first["grain"], first["month"]) == (
        "east",
        dt.date(2026, 1, 31),
        "M",
        dt.date(2026, 1, 1),
    )
    assert (first["dimensions"], first["metric_version"]) == ("{}", 1)


def test_a_query_gives_facts_by_day_with_dimensions_and_keys(company: Catalogue) -> None:
    columns = ["store", "order_date", "product_line", "net_amount", "orders"]
    rows = [("EC01", "2026-03-05", "家电", "12.30", "2"), ("华北", "2026-03-06", None, "0", None)]
    facts = facts_of(company, read_source(ORDERS), report_system(columns, rows))
    told = [
        (f["metric"], f["org"], f["date"], f["slice_period"], f["dimensions"], f["value"], f["key"])
        for f in facts
    ]
    assert told == [
        ("revenue", "east", dt.date(2026, 3, 5), "2026-03-05", '{"product_line":"家电"}', "12.3", "row 1"),
        ("revenue", "north", dt.date(2026, 3, 6), "2026-03-06", "{}", "0", "row 2"),
        ("order_count", "east", dt.date(2026, 3, 5), "2026-03-05", '{"product_line":"家电"}', "2", "row 1"),
    ]
    assert {f["grain"] for f in facts} == {"D"} and {f["sheet"] for f in facts} == {""}


def test_dimensions_are_canonical(company: Catalogue) -> None:
    source = read_source("""
        source: s
        kind: workbook
        layout: {kind: records, org: east}
        columns:
          渠道: {is: dimension, name: channel}
          产品: {is: dimension, name: product_line}
          月: {type: month, is: period}
          备注: {}
          额: {type: decimal, metric: revenue}
    """)
    reported = report_records(
        ["渠道", "产品", "月", "备注", "额", "@org"],
        [('直"播', "家 电", "202603", "x", "1", "east"), (None, "b", "202603", "x", "1", "east")],
    )
    facts = facts_of(company, source, reported)
    assert [f["dimensions"] for f in facts] == [
        '{"channel":"直\\"播","product_line":"家 电"}',
        '{"product_line":"b"}',
    ]
    assert json.loads(facts[0]["dimensions"]) == {"channel": '直"播', "product_line": "家 电"}
    assert {f["unit"] for f in facts} == {"CNY"}, "without a declared unit it is the metric's"


def test_the_metric_s_version_is_the_one_in_force_at_the_date(company: Catalogue, tmp_path: Path) -> None:
    versions = "\n  versions:\n    - {valid_from: 2026-03-01, definition: 含税}\n"
    versions += "    - {valid_from: 2026-04-01, definition: 不含税}\n"
    changed = METRICS.replace("  valid_from: 2024-01-01\n", "  valid_from: 2024-01-01" + versions)
    dated = load_catalogue(write_company(tmp_path, metrics__sales=changed))
    columns = ["store", "order_date", "product_line", "net_amount", "orders"]
    dates = ["2020-01-01", "2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"]
    facts = facts_of(
        dated,
        read_source(ORDERS),
        report_system(columns, [("east", date, "家电", "1", None) for date in dates]),
    )
    assert [f["metric_version"] for f in facts] == [1, 1, 2, 2, 3]


def test_a_refused_batch_gives_no_facts(company: Catalogue) -> None:
    columns = ["store", "order_date", "product_line", "net_amount", "orders"]
    source, reported = read_source(ORDERS), report_system(columns, [("east", "2026-03-05", "家电", "x", "2")])
    with pytest.raises(RefusedError) as refusal:
        standardise(source, company, validate(source, company, reported))
    assert [finding.code for finding in refusal.value.findings] == ["not_a_number"]


def test_held_slices_give_no_facts_and_others_all_of_theirs(company: Catalogue) -> None:
    columns = ["store", "order_date", "product_line", "net_amount", "orders"]
    rows = [
        ("east", "2026-03-05", "家电", "x", "2"),
        ("east", "2026-03-05", "家具", "1", "2"),
        ("east", "2026-03-06", "家电", "1", "2"),
    ]
    facts = facts_of(company, read_source(ORDERS, accept="slices"), report_system(columns, rows))
    assert [(f["metric"], f["slice_period"]) for f in facts] == [
        ("revenue", "2026-03-06"),
        ("order_count", "2026-03-06"),
    ]


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**30), max_value=10**30)


def as_text(values: list[Decimal], factor: Fraction) -> list[tuple[str, str]]:
    reported, converted = convert(np.array([*values, None], dtype=object)[:-1], factor)
    return list(zip(reported.to_pylist(), converted.to_pylist(), strict=True))


@given(
    st.lists(DECIMALS, max_size=8),
    st.sampled_from([(1, 1), (-1, 1), (10**4, 1), (10**8, 1), (1, 1000), (-1, 8), (3, 100)]),
)
@settings(max_examples=200, deadline=None)
def test_finite_factors_convert_exactly(values: list[Decimal], parts: tuple[int, int]) -> None:
    factor = Fraction(*parts)
    for value, (reported, converted) in zip(values, as_text(values, factor), strict=True):
        assert Fraction(reported) == Fraction(value)
        assert Fraction(converted) == Fraction(value) * factor
        for text in (reported, converted):
            assert "E" not in text and text != "-0" and not text.startswith("+")
            assert not ("." in text and text[-1] in "0.")


@given(st.lists(DECIMALS, max_size=8), st.sampled_from([(1, 3600), (-1, 3), (7, 11), (1, 6)]))
@settings(max_examples=200, deadline=None)
def test_other_factors_round_half_up_at_twelve_places(values: list[Decimal], parts: tuple[int, int]) -> None:
    factor = Fraction(*parts)
    for value, (_, converted) in zip(values, as_text(values, factor), strict=True):
        exact = Fraction(value) * factor
        units, half = divmod(abs(exact) * 10**12, 1)
        wanted = Fraction(units + (half >= Fraction(1, 2)), 10**12)
        assert Fraction(converted) == (wanted if exact >= 0 else -wanted)


def test_a_tie_is_rounded_away_from_zero() -> None:
    assert as_text([Decimal("0.0000000000015"), Decimal("-0.0000000000015")], Fraction(1, 3)) == [
        ("0.0000000000015", "0.000000000001"),
        ("-0.0000000000015", "-0.000000000001"),
    ]


@pytest.mark.skipif(not (SHARED / "controls.json").exists(), reason="the public sample files aren't here")
@pytest.mark.parametrize("file", ["financial_sample.csv", "financial_sample.xlsx"])
def test_the_public_sample_equals_its_control_totals(file: str) -> None:
    catalogue = load_catalogue(PROJECT / "examples" / "public_data" / "config")
    source = catalogue.sources["financial_sample"]
    facts = facts_of(catalogue, source, workbook.fetch(source, SHARED / file))
    twin = next(
        c for c in json.loads((SHARED / "controls.json").read_text("utf-8")) if c["id"] == "fs_csv_twin"
    )
    wanted = twin["expected"]["totals" if file.endswith("csv") else "xlsx_totals"]
    totals: dict[str, Decimal] = {}
    for fact in facts:
        totals[fact["measure"]] = totals.get(fact["measure"], Decimal(0)) + Decimal(fact["value"])
    assert totals == {name: Decimal(str(value)) for name, value in wanted.items()}
