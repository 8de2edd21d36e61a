"""Matrix and form layouts: periods across, fixed cells."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from include.batch import cell_name
from include.catalogue.models import WorkbookSource
from include.connectors.workbook import fetch
from include.connectors.workbook.places import compile_pattern, period_text
from include.errors import Finding

MakeSource = Callable[..., WorkbookSource]
WriteBook = Callable[..., Path]
Refused = Callable[..., list[Finding]]
LAYOUT = {
    "kind": "matrix", "sheet": "利润表", "header_rows": [3, 4], "org": {"cell": "B2"}, "row_label": "项目",
    "periods": {"pattern": "{year}年{month}月"},
}  # fmt: skip
MEASURES = {
    "营业收入": {"metric": "revenue", "unit": "万元", "aliases": ["一、营业收入"]},
    "营业成本": {"metric": "cost", "unit": "万元"},
}
SHEET: list[Sequence[Any]] = [
    ["利润表"], ["单位", "华东公司"], ["项目", "2026年", None, None, "备注"], [None, "1月", "2月", "3月"],
    ["一、营业收入（万元）", 10, 20.5, None, "x"], ["  营业成本", 5, None, None], ["毛利", 5, 20, 7],
    ["合计", 20, 40.5, 7], ["注：不含税"],
]  # fmt: skip
MERGED = ["A3:A4", "B3:D3"]


@pytest.fixture
def fetch_rows(make_source: MakeSource, write_book: WriteBook) -> Callable[..., Any]:
    def call(rows: Sequence[Sequence[Any]], merged: Sequence[str] = MERGED, **layout: Any) -> Any:
        source = make_source(layout=LAYOUT | layout, rows=MEASURES)
        return fetch(source, write_book({"利润表": rows}, merged))

    return call


def test_one_record_per_period_with_a_column_per_label(fetch_rows: Callable[..., Any]) -> None:
    reported = fetch_rows(SHEET)
    frame = reported.frame
    assert frame["@period"].tolist() == ["2026-01", "2026-02"], "March is blank in every declared row"
    assert frame["@org"].tolist() == ["华东公司"] * 2
    assert frame["营业收入"].tolist() == ["10", "20.5"]
    assert frame["毛利"].tolist() == ["5", "20"]
    assert frame["营业成本"].isna().tolist() == [False, True]
    assert reported.units == {"营业收入": "万元"}
    axes = reported.axes["利润表"]
    assert cell_name(axes["营业收入"][0], frame["_col"].iloc[1]) == "C5"
    assert axes["@org"] == (2, 2)
    assert reported.rows_read == 2


def test_totals_of_a_matrix_are_controls(fetch_rows: Callable[..., Any]) -> None:
    controls = fetch_rows(SHEET).controls
    assert controls[["row", "col", "value", "first", "last", "start"]].values.tolist() == [
        [8, 2, "20", 5, 7, 5], [8, 3, "40.5", 5, 7, 5], [8, 4, "7", 5, 7, 5],
    ]  # fmt: skip
    assert controls["column"].isna().all()


@pytest.mark.parametrize(
    ("change", "code", "cell"),
    [
        ({(6, 1): "营业费用"}, "row_missing", "A6"),
        ({(7, 1): "营业成本"}, "duplicate_label", "A6"),
        ({(6, 1): None}, "row_missing", ""),
        ({(4, 3): "1月"}, "duplicate_label", "C4"),
        ({(4, 3): "2026-02"}, "period_header_unknown", "C4"),
        ({(3, 1): "科目"}, "header_missing", ""),
        ({(5, 2): "=1+1"}, "formula_without_value", "B5"),
        ({(2, 2): "=1+1"}, "formula_without_value", "B2"),
    ],
)
def test_drift_is_refused_with_its_cell(
    fetch_rows: Callable[..., Any], refused: Refused, change: dict[tuple[int, int], Any], code: str, cell: str
) -> None:
    rows = [list(row) + [None] * (5 - len(row)) for row in SHEET]
    for (row, col), value in change.items():
        rows[row - 1][col - 1] = value
    findings = refused(fetch_rows, rows)
    assert (code, cell) in [(finding.code, finding.cell) for finding in findings]


def test_figures_beside_a_blank_label_are_refused(fetch_rows: Callable[..., Any], refused: Refused) -> None:
    rows = [*SHEET[:7], [None, 1, 2], *SHEET[7:]]
    assert [(f.code, f.cell) for f in refused(fetch_rows, rows)] == [("label_missing", "A8")]
    rows = [*SHEET[:7], [None, 1, 2], [None, 3, 4], *SHEET[7:]]
    assert [(f.code, f.cell) for f in refused(fetch_rows, rows)] == [
        ("label_missing", "A8"),
        ("label_missing", "A9"),
    ]


def test_header_is_found_and_quarters_and_unit_column_read(fetch_rows: Callable[..., Any]) -> None:
    rows = [
        ["报表"],
        ["项目", "单位", "2026Q1", "2026 Q2"],
        ["营业收入", "千元", 1, 2],
        ["营业成本", "万元", 3, None],
    ]
    reported = fetch_rows(
        rows, (), header_rows=None, org={"value": "east"}, periods={"pattern": "{year}Q{quarter}"}
    )
    assert reported.frame["@period"].tolist() == ["2026-Q1", "2026-Q2"]
    assert reported.units == {"营业收入": "千元", "营业成本": "万元"}


def test_dates_in_the_header_are_periods_too(fetch_rows: Callable[..., Any]) -> None:
    rows = [["项目", dt.date(2026, 1, 1), dt.date(2026, 2, 28)], ["营业收入", 1, 2], ["营业成本", 3, 4]]
    reported = fetch_rows(rows, (), header_rows=None, org={"value": "east"})
    assert reported.frame["@period"].tolist() == ["2026-01", "2026-02-28"], (
        "the calendar names the date's month"
    )


def test_weeks_across_are_texts_or_dates(fetch_rows: Callable[..., Any], refused: Refused) -> None:
    weekly: dict[str, Any] = {"periods": {"pattern": "{year}年第{week}周"}, "org": {"value": "east"}}
    rows: list[list[Any]] = [
        ["项目", "2026年第5周", dt.date(2026, 2, 2)],
        ["营业收入", 1, 2],
        ["营业成本", 3, 4],
    ]
    reported = fetch_rows(rows, (), header_rows=None, **weekly)
    assert reported.frame["@period"].tolist() == ["2026-W05", "2026-02-02"], (
        "the calendar names the date's week"
    )
    rows[0][2] = "第6周"
    findings = refused(fetch_rows, rows, (), header_rows=None, **weekly)
    assert [(f.code, f.cell) for f in findings] == [("period_header_unknown", "C1")]


@pytest.mark.parametrize(
    ("pattern", "text", "period"),
    [
        ("{year}年{month}月", "2026年03月", "2026-03"),
        ("{year}年{month}月", "2026 年 3 月", "2026-03"),
        ("{year}-{month}", "2026-11", "2026-11"),
        ("{year}Q{quarter}", "2026q4", "2026-Q4"),
        ("{year}年第{week}周", "2026年第5周", "2026-W05"),
        ("{year}-W{week}", "2026-w53", "2026-W53"),
        ("{year}-W{week}", "2026-W54", None),
        ("{year}年{month}月", "2026年13月", None),
        ("{year}-{month}-{day}", "2026-3-5", "2026-03-05"),
    ],
)
def test_period_patterns(pattern: str, text: str, period: str | None) -> None:
    found = compile_pattern(pattern).fullmatch(text)
    assert (period_text(found) if found else None) == period


FORM = {
    "公司": {"is": "org", "cell": "B1"},
    "月份": {"is": "period", "type": "month", "cell": "B2"},
    "期末人数": {"metric": "headcount", "unit": "人", "type": "integer", "cell": "C4"},
}


def test_form_cells_make_one_record(make_source: MakeSource, write_book: WriteBook, refused: Refused) -> None:
    source = make_source(layout={"kind": "form"}, columns=FORM)
    rows = [["公司", "华东"], ["月份", "2026-03"], [], [None, "期末人数（人）：", 320]]
    reported = fetch(source, write_book({"人力": rows}))
    assert reported.frame[["公司", "月份", "期末人数"]].values.tolist() == [["华东", "2026-03", "320"]]
    assert reported.axes["人力"] == {"公司": (1, 2), "月份": (2, 2), "期末人数": (4, 3)}
    assert reported.units == {"期末人数": "人"}
    moved = [*rows[:3], ["插入的行"], *rows[3:]]
    assert [(f.code, f.cell) for f in refused(fetch, source, write_book({"人力": moved}))] == [
        ("label_moved", "C4")
    ]
