"""Drift: a delivery that was made from a template is judged by its content, and told what changed."""

import datetime as dt
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from include.catalogue.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.connectors.workbook import fetch, read_workbook
from include.connectors.workbook.fingerprint import FINGERPRINT_SHEET, read_fingerprint, template_version
from include.connectors.workbook.template import write_template
from include.errors import Finding
from include.messages import word

MakeSource = Callable[..., WorkbookSource]
Fill = Callable[..., None]
Refused = Callable[..., list[Finding]]
TODAY = dt.date(2026, 3, 20)
COLUMNS: dict[str, Any] = {
    "门店": {"is": "org", "required": True},
    "月份": {"is": "period", "type": "month", "required": True},
    "销售额": {"metric": "revenue", "unit": "万元", "type": "decimal"},
    "件数": {"metric": "count", "type": "integer"},
    "备注": {"is": "ignore"},
}
ROW = ["北方", "2026-03", 12.5, 3]


@pytest.fixture
def deliver(catalogue: Catalogue, tmp_path: Path, fill: Fill) -> Callable[..., Path]:
    """Return a maker of deliveries: the template of a source with one record, and its headers replaced."""

    def make(source: WorkbookSource, headers: dict[str, str | None] | None = None) -> Path:
        path = tmp_path / "delivered.xlsx"
        write_template(source, catalogue, path, TODAY)
        fill(path, "数据", dict(zip(("A4", "B4", "C4", "D4"), ROW, strict=True)))
        fill(path, "数据", headers or {})
        return path

    return make


def test_columns_in_another_order_are_read(
    make_source: MakeSource, deliver: Callable[..., Path], fill: Fill
) -> None:
    source = make_source(columns=COLUMNS)
    path = deliver(source, {"A3": "件数（件）", "D3": "门店"})
    fill(path, "数据", {"A4": 3, "D4": "北方"})
    reported = fetch(source, path)
    assert reported.frame[["门店", "月份", "销售额", "件数"]].values.tolist() == [
        ["北方", "2026-03", "12.5", "3"]
    ]
    assert reported.notes == ()


@pytest.mark.parametrize("header", ["营收（万元）", "本月销售额合计（万元）", "GMV（万元）", "销售金额"])
def test_a_renamed_column_is_refused_with_the_line_that_accepts_it(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused, header: str
) -> None:
    source = make_source(columns=COLUMNS)
    path = deliver(source, {"C3": header})
    (finding,) = refused(fetch, source, path)
    assert (finding.code, finding.column, finding.found, finding.cell) == (
        "column_missing",
        "销售额",
        header,
        "C3",
    )
    remedy = word(finding, "remedy", "en")
    assert "sources/close.yaml" in remedy and "old template" not in remedy
    line = remedy[remedy.index("aliases:") :].partition(" to column")[0]
    assert line in word(finding, "remedy", "zh")

    accepting = make_source(columns=COLUMNS | {"销售额": COLUMNS["销售额"] | yaml.safe_load(line)})
    reported = fetch(accepting, path)
    assert reported.frame["销售额"].tolist() == ["12.5"] and reported.notes == ()


def test_the_suggestion_is_a_label_that_nobody_else_claims(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused
) -> None:
    columns = COLUMNS | {"销售额（不含税）": {"metric": "revenue", "scenario": "budget", "type": "decimal"}}
    source = make_source(columns=columns)
    (finding,) = refused(fetch, source, deliver(source, {"F3": None}))
    assert (finding.code, finding.column, finding.found) == ("column_missing", "销售额（不含税）", "")
    assert "aliases" not in word(finding, "remedy", "en")


@pytest.mark.parametrize("dropped", ["C3", "D3"])
def test_a_dropped_column_is_refused_even_if_optional(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused, dropped: str
) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "备注"}
    source = make_source(columns=columns)
    (finding,) = refused(fetch, source, deliver(source, {dropped: None}))
    assert (finding.code, finding.column) == ("column_missing", {"C3": "销售额", "D3": "件数"}[dropped])
    assert "aliases" not in word(finding, "remedy", "en")


def test_a_changed_unit_is_told_to_the_check_and_a_new_column_is_said(
    make_source: MakeSource, deliver: Callable[..., Path], fill: Fill
) -> None:
    source = make_source(columns=COLUMNS)
    reported = fetch(source, deliver(source, {"C3": "销售额（元）", "F3": "毛利", "F4": 1}))
    assert reported.units["销售额"] == "元"  # include.validate refuses it: unit_changed
    assert [(note.code, note.found) for note in reported.notes] == [("undeclared_columns", "毛利")]


def test_a_changed_unit_in_a_declared_name_is_no_renaming(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused
) -> None:
    columns = {name.replace("销售额", "销售额（万元）"): column for name, column in COLUMNS.items()}
    source = make_source(columns=columns)
    (finding,) = refused(fetch, source, deliver(source, {"C3": "销售额（千元）"}))
    assert (finding.code, finding.found, finding.cell) == ("unit_changed", "千元", "C3")
    assert word(finding, "remedy", "en").startswith("report in 万元")
    (finding,) = refused(fetch, source, deliver(source, {"C3": "销售额（含税）"}))
    assert finding.code == "column_missing" and "aliases" in word(finding, "remedy", "en")


def test_an_older_template_is_judged_by_its_content(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused
) -> None:
    path = deliver(make_source(columns=COLUMNS))
    stricter = make_source(columns=COLUMNS | {"件数": COLUMNS["件数"] | {"required": True}})
    reported = fetch(stricter, path)
    assert [(note.code, note.level, note.found) for note in reported.notes] == [
        ("template_outdated", "warning", "2026-03-20")
    ]
    assert "./kpi template close" in word(reported.notes[0], "remedy", "zh")

    wider = make_source(columns=COLUMNS | {"成本": {"metric": "revenue", "type": "decimal"}})
    missing, outdated = refused(fetch, wider, path)
    assert (missing.code, missing.column, outdated.code) == ("column_missing", "成本", "template_outdated")
    assert "the old template of 2026-03-20" in word(missing, "remedy", "en")


def test_what_the_template_shows_makes_its_version(make_source: MakeSource) -> None:
    version = template_version(make_source(columns=COLUMNS))
    same: list[dict[str, Any]] = [
        {"columns": dict(reversed(COLUMNS.items()))},
        {"columns": COLUMNS | {"销售额": COLUMNS["销售额"] | {"aliases": ["营收"]}}},
        {"columns": COLUMNS, "owner": "somebody", "checks": [{"rule": "销售额 > 件数"}]},
    ]
    other: list[dict[str, Any]] = [
        {"columns": COLUMNS | {"销售额": COLUMNS["销售额"] | {"unit": "元"}}},
        {"columns": COLUMNS, "layout": {"header_row": 2}},
        {"columns": COLUMNS | {"成本": {"metric": "revenue"}}},
    ]
    assert {template_version(make_source(**keys)) for keys in same} == {version}
    assert len({template_version(make_source(**keys)) for keys in other} | {version}) == 4


def test_the_template_of_another_source_is_refused(
    make_source: MakeSource, deliver: Callable[..., Path], refused: Refused
) -> None:
    path = deliver(make_source(columns=COLUMNS, source="east_sales"))
    (finding,) = refused(fetch, make_source(columns=COLUMNS, source="west_sales"), path)
    assert (finding.code, finding.found) == ("other_template", "east_sales")
    assert "inbox/east_sales/" in word(finding, "remedy", "en")


@pytest.mark.parametrize("sheet", ["*", ["*"], "[!_]*", None])
def test_instructions_and_hidden_sheets_are_never_data(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill, sheet: Any
) -> None:
    form = {
        "公司": {"is": "org", "cell": "C3"},
        "月份": {"is": "period", "type": "month", "cell": "C4"},
        "件数": {"metric": "count", "cell": "C5", "type": "integer"},
    }
    matrix = {"kind": "matrix", "row_label": "项目", "org": {"cell": "B2"}}
    for source in (
        make_source(columns=COLUMNS, layout={"sheet": sheet} if sheet else {}),
        make_source(columns=form, layout={"kind": "form"} | ({"sheet": sheet} if sheet else {})),
        make_source(rows={"件数": {"metric": "count"}}, layout=matrix | ({"sheet": sheet} if sheet else {})),
    ):
        path = tmp_path / "t.xlsx"
        write_template(source, catalogue, path, TODAY)
        book = openpyxl.load_workbook(path)
        book[FINGERPRINT_SHEET].sheet_state = "visible"  # a clerk may show it
        book.move_sheet("说明 Instructions", -1)
        book.save(path)
        data = book.sheetnames[1]
        cells = {"records": ROW, "form": ["北方", "2026-03", 3], "matrix": ["北方", 3]}[source.layout.kind]
        places = {"records": "A4 B4 C4 D4", "form": "C3 C4 C5", "matrix": "B2 B5"}[source.layout.kind].split()
        fill(path, data, dict(zip(places, cells, strict=True)))
        reported = fetch(source, path)
        assert reported.frame["件数"].tolist() == ["3"] and reported.frame["_sheet"].tolist() == [data]


def test_a_renamed_label_of_a_form_is_suggested_as_alias(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, fill: Fill, refused: Refused
) -> None:
    columns = {"件数": {"metric": "count", "cell": "C5"}, "销售额": {"metric": "revenue", "cell": "C6"}}
    layout = {"kind": "form", "org": {"cell": "C3"}, "period": {"cell": "C4"}}
    source = make_source(columns=columns, layout=layout)
    path = tmp_path / "form.xlsx"
    write_template(source, catalogue, path, TODAY)
    fill(path, "数据", {"C3": "北方", "C5": 3, "B5": "数量"})
    (finding,) = refused(fetch, source, path)
    assert (finding.code, finding.column) == ("label_moved", "件数")
    assert 'aliases: ["数量"]' in word(finding, "remedy", "en")
    fill(path, "数据", {"B5": "销售额"})  # another column's label: moved, not renamed
    (finding,) = refused(fetch, source, path)
    assert "aliases" not in word(finding, "remedy", "en")


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_template_saved_by_libreoffice_keeps_fingerprint_and_values(
    make_source: MakeSource, deliver: Callable[..., Path], tmp_path: Path
) -> None:
    columns = {name.replace("销售额", "本月/销售额"): column for name, column in COLUMNS.items()}
    source = make_source(columns=columns, layout={"header_rows": [2, 3]})
    path = deliver(source)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "saved", path]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    saved = tmp_path / "saved" / path.name
    found = read_fingerprint(read_workbook(saved))
    assert found is not None and (found.source, found.version) == ("close", template_version(source))
    reported = fetch(source, saved)
    values = reported.frame[["门店", "月份", "本月/销售额", "件数"]].values.tolist()
    assert [[text.strip() for text in row] for row in values] == [["北方", "2026-03", "12.5", "3"]]
    assert reported.notes == ()
