"""What the reader sees in whole files: kinds of cells, exact numbers, errors, places, sheets."""

import datetime as dt
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter
import xlwt

from include.connectors.workbook import read_workbook
from include.connectors.workbook.cells import DATE, ERROR, NUMBER, TEXT, batches, number_text
from include.connectors.workbook.examining import examine
from include.connectors.workbook.refusing import Limits
from include.connectors.workbook.structure import Package, Structure


def test_each_cell_keeps_its_kind_place_and_exact_text(tmp_path: Path) -> None:
    path = tmp_path / "kinds.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("数据")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for col, value in enumerate([0.1 + 0.2, 1.5e-12, 1e21, 1234567.891]):
        sheet.write_number(2, 1 + col, value)
    for col, text in enumerate(["001", "12345678901234567", "1e5", "=1+1"]):
        sheet.write_string(3, 1 + col, text)
    sheet.write_datetime(4, 1, dt.date(2026, 3, 31), date)
    sheet.write_boolean(4, 2, True)
    sheet.write_formula(4, 3, "=1/0", value="#DIV/0!")
    sheet.write_formula(4, 4, "=1+2", value=3)
    book.close()

    seen = read_workbook(path).sheet("数据")
    assert seen is not None
    assert seen.range == "B3:E5"
    assert [seen.text(3, col) for col in range(2, 6)] == [
        "0.3", "0.0000000000015", "1000000000000000000000", "1234567.891",
    ]  # fmt: skip
    assert [seen.text(4, col) for col in range(2, 6)] == ["001", "12345678901234567", "1e5", "=1+1"]
    assert [seen.text(5, col) for col in range(2, 6)] == ["2026-03-31", "TRUE", "#DIV/0!", "3"]
    assert [seen.kind(row, 2) for row in (3, 4, 5)] == [NUMBER, TEXT, DATE]
    assert seen.errors() == [(5, 4, "#DIV/0!")]
    assert seen.kind(5, 4) == ERROR
    assert seen.text(1, 1) is None


def test_legacy_xls_is_read_with_kinds_and_merges(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("库存")
    sheet.write_merge(0, 0, 0, 2, "仓库月报")
    sheet.write(4, 1, 0.1 + 0.2)
    sheet.write(4, 2, dt.date(2026, 3, 31), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(5, 1, "00123")
    book.save(str(tmp_path / "stock.xls"))

    workbook = read_workbook(tmp_path / "stock.xls")
    seen = workbook.sheets[0]
    assert workbook.kind == "xls"
    assert (seen.text(5, 2), seen.text(5, 3), seen.text(6, 2)) == ("0.3", "2026-03-31", "00123")
    assert seen.merged == ((1, 1, 1, 3),)
    assert seen.count_kinds() == {"text": 2, "number": 1, "date": 1}


def test_formulas_without_value_are_listed_and_never_zero(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["B2"] = 5, "=A1*2"
    book.save(tmp_path / "formula.xlsx")
    assert read_workbook(tmp_path / "formula.xlsx").sheets[0].uncached == ((2, 2),)


def test_made_up_zero_of_a_generator_counts_as_no_value(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "generated.xlsx")
    sheet = book.add_worksheet()
    sheet.write_number(0, 0, 5)
    sheet.write_formula(0, 1, "=A1*2")
    sheet.write_formula(0, 2, "=A1*3", value=15)
    book.close()
    seen = read_workbook(tmp_path / "generated.xlsx").sheets[0]
    assert seen.uncached == ((1, 2),)
    assert seen.text(1, 3) == "15"


def test_hidden_and_chart_sheets_are_told_and_only_named_hidden_ones_read(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "sheets.xlsx")
    for name in ("一月", "一月草稿", "备查"):
        book.add_worksheet(name).write_number(0, 0, 1)
    book.worksheets()[1].hide()
    book.worksheets()[2].very_hidden()
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=一月!$A$1"})
    book.add_chartsheet("图").set_chart(chart)
    book.close()

    workbook = read_workbook(tmp_path / "sheets.xlsx", ["一月*", "备查"])
    assert [(s.name, s.type, s.visible, s.was_read) for s in workbook.sheets] == [
        ("一月", "worksheet", "visible", True),
        ("一月草稿", "worksheet", "hidden", False),
        ("备查", "worksheet", "very_hidden", True),
        ("图", "chart", "visible", False),
    ]


def test_content_decides_the_kind_not_the_ending(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = 7
    book.save(tmp_path / "book.xlsx")
    (tmp_path / "book.xlsx").rename(tmp_path / "book.csv")
    workbook = read_workbook(tmp_path / "book.csv")
    assert workbook.kind == "xlsx"
    assert workbook.sheets[0].text(1, 1) == "7"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1234567890123455.0, "1234567890123460"),
        (0.1234567890123455, "0.123456789012346"),
        (-0.0, "0"),
        (100.0, "100"),
        (5e-324, "0." + "0" * 323 + "5"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_are_rounded_half_up_to_fifteen_digits(value: float, text: str) -> None:
    assert number_text(value) == text


def test_vectorised_rounding_equals_the_exact_one() -> None:
    random = np.random.default_rng(7)
    values = np.concatenate(
        [
            random.random(4000) * 1e5,
            random.random(4000) * 10.0 ** random.integers(-12, 22, 4000),
            -random.random(100),
        ]
    )
    rows = [[value] for value in values.tolist()]
    texts = [text for batch in batches(rows, 1) for text in batch.column(0).to_pylist()]
    assert texts == [number_text(value) for value in values.tolist()]


def test_examining_writes_one_table_per_sheet(tmp_path: Path) -> None:
    """In this process what the sandbox does in another one."""
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = book.add_worksheet("a")
    sheet.write_row(1, 1, ["x", 2.5, None, True])
    sheet.write_formula(3, 2, "=NA()", value="#N/A")
    book.close()
    request = {"path": str(tmp_path / "book.xlsx"), "sheets": None, "encoding": None, "delimiter": None}
    folder = tmp_path / "out"
    folder.mkdir()
    answer = examine(request | {"limits": vars(Limits())}, folder)
    assert answer["sheets"][0]["first"] == [2, 2]
    table = pa.ipc.open_file(folder / "0.arrow").read_all()
    assert table.column("v1").to_pylist() == ["2.5", None, "#N/A"]
    assert table.column("k1").to_pylist() == [NUMBER, 0, ERROR]
    json.dumps(answer)


_USUAL = (
    '<worksheet xmlns="m"><sheetData><row r="1" hidden="1"><c r="A1" t="e"><v>#REF!</v></c>'
    '<c r="B1"><f>A1</f><v></v></c><c r="C1" t="str"><f>""</f><v></v></c></row>'
    '<row r="3"><c r="AB3"><f t="shared" si="0"/></c></row></sheetData>'
    '<mergeCells count="1"><mergeCell ref="A5:B6"/></mergeCells></worksheet>'
)


@pytest.mark.parametrize(
    "xml",
    [
        _USUAL,
        _USUAL.replace('<c r="A1" t="e">', "<c t='e' r='A1'>"),
        re.sub("<(/?)(?=[a-z])", r"<\1x:", _USUAL).replace("xmlns=", "xmlns:x="),
        _USUAL.replace("><", ">\n  <"),
        _USUAL.replace('<c r="B1">', "<c>").replace('<row r="1" hidden="1">', '<row hidden="1">'),
    ],
    ids=["usual", "single quotes", "prefixed", "indented", "without references"],
)  # fmt: skip
def test_structure_is_found_however_the_xml_is_written(tmp_path: Path, xml: str) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr(
            "xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="s" r:id="i"/></sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="i" Target="/xl/worksheets/Sheet1.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", xml)
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        assert Package(archive).examine("s") == Structure(
            errors={(1, 1): "#REF!"}, uncached=[(1, 2), (3, 28)], merged=[(5, 1, 6, 2)], hidden_rows=[1]
        )
