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
