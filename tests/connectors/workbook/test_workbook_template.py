"""Templates: filled in as they stand, they are accepted; `./kpi read` and `./kpi template` as commands."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from include.catalogue.catalogue import Catalogue
from include.catalogue.models import CalendarConfig, WorkbookSource
from include.cli.workbooks import app
from include.connectors.workbook import fetch
from include.connectors.workbook.template import write_template

MakeSource = Callable[..., WorkbookSource]
WriteBook = Callable[..., Path]
Fill = Callable[..., None]


RECORDS = {
    "门店": {"is": "org", "required": True},
    "月份": {"is": "period", "type": "month"},
    "渠道": {"is": "dimension", "in": ["线上", "=线下"]},
    "销售/金额": {"metric": "revenue", "unit": "万元", "type": "decimal"},
    "件数": {"metric": "count", "type": "integer"},
}


@pytest.mark.parametrize("layout", [{}, {"header_row": 1}, {"header_rows": [2, 3], "sheet": "填报"}])
def test_filled_records_template_is_read(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill, layout: dict[str, Any]
) -> None:
    source = make_source(
        columns=RECORDS, layout=layout, expects={"org": {"level": "company"}}, name="销售月报"
    )
    path = tmp_path / "t.xlsx"
    write_template(source, catalogue, path, dt.date(2026, 3, 5))
    row = 1 + (layout.get("header_rows") or [layout.get("header_row", 3)])[-1]
    values = {"A": "=东方", "B": "2026-03", "C": "=线下", "D": 12.5, "E": 3}
    fill(path, layout.get("sheet", "数据"), {f"{letter}{row}": value for letter, value in values.items()})
    reported = fetch(source, path)
    assert reported.frame[list(RECORDS)].values.tolist() == [["=东方", "2026-03", "=线下", "12.5", "3"]]
    assert reported.frame["_row"].tolist() == [row]
    assert reported.units == {"销售/金额": "万元", "件数": "件"}


def test_template_offers_choices_and_holds_no_formula(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path
) -> None:
    source = make_source(columns=RECORDS, expects={"org": {"level": "company"}}, name="=SUM(A1)")
    write_template(source, catalogue, tmp_path / "t.xlsx", dt.date(2026, 3, 5))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    hidden = book["_template"]
    lists = {col: [cell.value for cell in hidden[col] if cell.value is not None] for col in "BCD"}
    assert (lists["B"], lists["D"]) == (["=东方", "北方"], ["线上", "=线下"])
    assert lists["C"][:5] == ["2026-05", "2026-04", "2026-03", "2026-02", "2026-01"]
    assert hidden.sheet_state == "veryHidden"
    rules = {
        str(rule.sqref).split(":")[0]: rule.formula1 for rule in book["数据"].data_validations.dataValidation
    }
    assert rules == {
        "A4": "'_template'!$B$1:$B$2",
        "B4": "'_template'!$C$1:$C$16",
        "C4": "'_template'!$D$1:$D$2",
        "D4": "IF(ISNUMBER(D4),TRUE,FALSE)",
        "E4": "IF(ISNUMBER(E4),AND(E4=INT(E4)),FALSE)",
    }
    words = [cell.value for row in book["说明 Instructions"].iter_rows() for cell in row if cell.value]
    assert any("the definition" in text for text in words)
    assert any("单位 万元" in text for text in words)


def test_filled_matrix_and_form_templates_are_read(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill
) -> None:
    layout = {
        "kind": "matrix", "sheet": "利润表", "header_rows": [3, 5], "org": {"cell": "B2"},
        "row_label": "项目", "periods": {"pattern": "{year}年{month}月"},
    }  # fmt: skip
    source = make_source(
        layout=layout, rows={"收入": {"metric": "revenue", "unit": "万元"}, "件数": {"metric": "count"}}
    )
    write_template(source, catalogue, tmp_path / "m.xlsx", dt.date(2026, 3, 5))
    fill(tmp_path / "m.xlsx", "利润表", {"B2": "北方", "D6": 7.5, "D7": 2})
    reported = fetch(source, tmp_path / "m.xlsx")
    assert reported.frame[["@org", "@period", "收入", "件数"]].values.tolist() == [
        ["北方", "2026-03", "7.5", "2"]
    ]
    assert reported.units == {"收入": "万元", "件数": "件"}

    columns = {
        "公司": {"is": "org", "cell": "B2"},
        "件数": {"metric": "count", "cell": "B4", "type": "integer"},
    }
    source = make_source(layout={"kind": "form"}, columns=columns)
    write_template(source, catalogue, tmp_path / "f.xlsx", dt.date(2026, 3, 5))
    fill(tmp_path / "f.xlsx", "数据", {"B2": "北方", "B4": 8})
    assert fetch(source, tmp_path / "f.xlsx").frame[["公司", "件数"]].values.tolist() == [["北方", "8"]]


def test_brackets_of_a_name_that_hold_no_unit_get_one_beside_them(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill
) -> None:
    columns = {
        "公司": {"is": "org", "cell": "B2"},
        "金额（含税）": {"metric": "revenue", "unit": "万元", "cell": "B4", "type": "decimal"},
        "件数": {"metric": "count", "cell": "C4", "type": "integer"},  # its label has no room to the left
    }
    source = make_source(layout={"kind": "form", "period": {"value": "2026-03"}}, columns=columns)
    write_template(source, catalogue, tmp_path / "f.xlsx", dt.date(2026, 3, 5))
    fill(tmp_path / "f.xlsx", "数据", {"B2": "北方", "B4": 8.5, "C4": 2})
    reported = fetch(source, tmp_path / "f.xlsx")
    assert reported.frame[["金额（含税）", "件数"]].values.tolist() == [["8.5", "2"]]
    assert reported.units == {"金额（含税）": "万元", "件数": "件"}


def test_a_weekly_template_has_all_weeks_of_the_year(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill
) -> None:
    weekly = dataclasses.replace(catalogue, calendar=CalendarConfig(periods="iso-week"))
    layout = {
        "kind": "matrix", "sheet": "周报", "header_rows": [3, 3], "org": {"cell": "B2"},
        "row_label": "项目", "periods": {"pattern": "{year}年第{week}周"},
    }  # fmt: skip
    source = make_source(layout=layout, rows={"收入": {"metric": "revenue", "unit": "万元"}})
    write_template(source, weekly, tmp_path / "w.xlsx", dt.date(2027, 1, 3))
    fill(tmp_path / "w.xlsx", "周报", {"B2": "北方", "BB4": 7.5})
    reported = fetch(source, tmp_path / "w.xlsx")
    assert reported.frame[["@period", "收入"]].values.tolist() == [["2026-W53", "7.5"]]


EVERY_KIND = {
    "门店": {"is": "org", "required": True},
    "日期": {"is": "date", "type": "date", "required": True},
    "币种": {"is": "currency"},
    "自营": {"type": "boolean"},
    "渠道": {"is": "dimension", "in": [f"渠道{number:03d}" for number in range(100)]},
    "本月/金额（元/件）": {"metric": "revenue", "type": "decimal", "min": -1, "max": 1_000_000},
    "本月/达成率": {"metric": "count", "unit": "%", "type": "decimal"},
    "备注": {"is": "ignore"},
}


def test_a_template_is_locked_but_for_what_is_to_be_filled_in(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path
) -> None:
    nulls = ["—", '"无"']
    source = make_source(
        columns=EVERY_KIND, layout={"header_rows": [4, 5], "sheet": ["华东*", "华[北南]"]}, nulls=nulls
    )
    write_template(source, catalogue, tmp_path / "t.xlsx", dt.date(2026, 3, 5))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["华东1", "华北", "说明 Instructions", "_template"]
    assert book.security.lockStructure and not book.security.workbookPassword
    for sheet in book:
        assert sheet.protection.sheet and not sheet.protection.password
    for sheet in book.worksheets[:2]:
        assert {str(merged) for merged in sheet.merged_cells} == {
            *(f"{letter}4:{letter}5" for letter in "ABCDEH"), "F4:G4",
        }  # fmt: skip
        assert (sheet["F4"].value, sheet["F5"].value) == ("本月", "金额（元/件）")
        assert all(cell.protection.locked for row in sheet["A1:H5"] for cell in row)
        columns = {letter: sheet.column_dimensions[letter] for letter in "ABCDEFGH"}
        assert not any(column.protection.locked for column in columns.values())
        formats = [column.number_format for column in columns.values()]
        assert formats == ["@", "yyyy-mm-dd", "@", "@", "@", "#,##0.00####", "General", "@"]
        rules = {str(rule.sqref)[0]: rule for rule in sheet.data_validations.dataValidation}
        kinds = ["list", "date", "list", "list", "list", "custom", "custom"]
        assert [rules[letter].type for letter in "ABCDEFG"] == kinds
        assert rules["F"].formula1 == 'IF(ISNUMBER(F6),AND(F6>=-1,F6<=1000000),OR(F6="—",F6="""无"""))'
        assert {letter for letter, rule in rules.items() if rule.errorStyle == "warning"} == {"A", "C"}
        for rule in rules.values():  # Excel calls a workbook damaged where these are longer
            assert rule.showErrorMessage and len(rule.errorTitle) <= 32 and len(rule.error) <= 225
            assert "\n" in rule.error and len(rule.formula1) <= 255


@pytest.mark.parametrize(
    ("due", "today", "first"),
    [
        (None, "2026-03-05", "2026-02"),
        ({"working_day": 5}, "2026-03-06", "2026-02"),
        ({"working_day": 5}, "2026-03-09", "2026-03"),
        ({"working_day": 5}, "2026-10-12", "2026-09"),  # after the holidays of October
    ],
)
def test_a_template_begins_with_the_period_that_is_due_next(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, due: Any, today: str, first: str
) -> None:
    source = make_source(
        columns={"门店": {"is": "org"}, "件数": {"metric": "count"}},
        layout={"header_row": 4, "period": {"cell": "B2"}}, unique=["门店"], due=due,
        expects={"org": ["east", "north"], "each_batch": True},
    )  # fmt: skip
    write_template(source, catalogue, tmp_path / "t.xlsx", dt.date.fromisoformat(today))
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert [sheet[cell].value for cell in ("A2", "B2", "A5", "A6", "A7")] == [
        "期间 Period", first, "=东方", "北方", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "pattern", ["{year}年{month}月", "{year}年/{month}月/*", "{year}{month}", "FY{year}-{month}*"]
)
def test_a_matrix_has_the_fiscal_year_of_its_period(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill, pattern: str
) -> None:
    layout = {
        "kind": "matrix", "header_rows": [3, 5], "org": {"cell": "B2"}, "row_label": "项目",
        "periods": {"pattern": pattern},
    }  # fmt: skip
    source = make_source(layout=layout, rows={"件数": {"metric": "count"}})
    fiscal = dataclasses.replace(catalogue, calendar=CalendarConfig(fiscal_year_starts=4))
    write_template(source, fiscal, tmp_path / "m.xlsx", dt.date(2026, 3, 5), "2027-02")
    fill(tmp_path / "m.xlsx", "数据", {"B2": "北方"} | {f"{letter}6": 1 for letter in "BCDEFGHIJKLM"})
    periods = fetch(source, tmp_path / "m.xlsx").frame["@period"].tolist()
    assert periods == [*(f"2026-{month:02d}" for month in range(4, 13)), "2027-01", "2027-02", "2027-03"]
    with pytest.raises(ValueError, match="no period 2027-Q1"):
        write_template(source, fiscal, tmp_path / "m.xlsx", dt.date(2026, 3, 5), "2027-Q1")


def test_read_command_prints_the_documented_json(write_book: WriteBook, tmp_path: Path) -> None:
    path = write_book({"表一": [["a", 1.5], [True, None]], "空": []}, merged=["C1:D2"])
    done = CliRunner().invoke(app, ["read", str(path), "--json"])
    assert done.exit_code == 0
    sheet = {
        "name": "表一", "type": "worksheet", "visible": True, "range": "A1:B2",
        "cells": {"text": 1, "boolean": 1, "number": 1}, "errors": [], "uncached": [], "merged": ["C1:D2"],
    }  # fmt: skip
    assert json.loads(done.stdout)["sheets"][0] == sheet
    (tmp_path / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = CliRunner().invoke(app, ["read", str(tmp_path / "picture.xlsx"), "--json"])
    assert done.exit_code == 3
    assert json.loads(done.stdout) == {
        "refused": {"code": "not_a_workbook", "message": "not a workbook but: PNG image"}
    }
    assert "表一" in CliRunner().invoke(app, ["read", str(path)]).stdout
    assert CliRunner().invoke(app, ["read", str(tmp_path / "picture.xlsx")]).exit_code == 3
