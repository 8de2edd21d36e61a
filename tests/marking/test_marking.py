"""Marked copies: every wrong cell coloured and commented, everything else as it was delivered."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from include.connectors.workbook import read_workbook
from include.connectors.workbook.layouts import VALUES_SHEET
from include.errors import Finding
from include.marking import Delivery, Returned, give_back
from include.marking.returning import _name_copy
from include.marking.words import MOST_MARKS
from tests.hazards.building import As, old_book
from tests.marking.books import VBA, write_odd_package, write_rich_book
from tests.marking.parts import Parts, comments, differences

SHEET, ZH, EN = "利润 表's", "指标台账_问题清单", "Metric Ledger findings"
RED = "FFFFC7CE"
FINDINGS = [
    Finding("not_a_number", sheet=SHEET, cell="C5", column="收入", found="many", params={"nulls": "—"}),
    Finding("unknown_org", sheet=SHEET, cell="A3", column="单位", found="=cmd|' /C calc'!A0"),
    Finding(
        "below_min", sheet=SHEET, cell="C5", column="收入", found="many", rule="收入为正", params={"min": 0}
    ),
    Finding("error_cell", sheet=SHEET, cell="G20", column="人数"),
    Finding("not_a_number", sheet=SHEET, cell="B16", found="@x"),
    Finding("column_missing", sheet=SHEET, params={"column": "成本", "present": "单位"}),
    Finding("hidden_rows", sheet=SHEET, level="warning", params={"count": 2}),
]
MARKED = {SHEET: {"C5", "A3", "G20", "A15"}}


def give(path: Path, findings: list[Finding], name: str = "三月.xlsx", language: str = "zh") -> Returned:
    given = give_back(Delivery(path, name, "book", sheet="数据"), findings, language, path.parent / "back")
    assert given is not None
    return given


@pytest.mark.parametrize("ending", [".xlsx", ".xlsm"])
def test_nothing_but_the_marks_differs(tmp_path: Path, ending: str) -> None:
    book = write_rich_book(tmp_path / f"in{ending}")
    given = give(book, FINDINGS, f"三月{ending}")
    assert (given.kind, given.path.name) == ("marked", f"三月{ending}")
    assert differences(book, given.path, MARKED, ZH) == []
    if ending == ".xlsm":
        assert zipfile.ZipFile(given.path).read("xl/vbaProject.bin") == VBA


def test_the_comparison_sees_what_a_plain_load_and_save_loses(tmp_path: Path) -> None:
    book = write_rich_book(tmp_path / "in.xlsx")
    saved = openpyxl.load_workbook(book)
    saved.create_sheet(ZH)
    saved.save(tmp_path / "saved.xlsx")
    lost = differences(book, tmp_path / "saved.xlsx", {SHEET: {"A3"}}, ZH)
    assert any("other bytes" in item for item in lost) and any(item.startswith("cell D") for item in lost)


def test_each_mark_says_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    book = write_rich_book(tmp_path / "in.xlsx")
    copy = openpyxl.load_workbook(give(book, FINDINGS).path)
    sheet = copy[SHEET]
    for cell in MARKED[SHEET]:
        assert sheet[cell].fill.fgColor.rgb == RED, cell
    assert sheet["C5"].number_format == "#,##0.00" and sheet["C5"].font.bold and sheet["C5"].value == "many"
    assert sheet["G20"].number_format == "#,##0.00", "a cell that wasn't there takes its row's style"
    text = sheet["C5"].comment.text
    for part in (
        "■ 不是数字",
        "填写的是：「many」",
        "应为：数字，或表示未报告的记号：—",
        "怎么办：只填数字",
        "规则：收入为正",
        "不小于 0",
    ):
        assert part in text, part
    assert (
        sheet["A3"].comment.text.startswith("原有批注")
        and "「=cmd|' /C calc'!A0」" in sheet["A3"].comment.text
    )
    listed = list(copy[ZH].iter_rows(values_only=True))
    assert "6 处错误" in listed[0][0] and "inbox/book/" in listed[1][0]
    assert [row[1] for row in listed[4:]][:2] == [f"{SHEET}!C5", f"{SHEET}!A3"]
    assert [row[0] for row in listed[4:]] == ["错误"] * 6 + ["提醒"]
    assert copy[ZH]["B5"].hyperlink.location == "'利润 表''s'!C5"


def test_in_english_too(tmp_path: Path) -> None:
    book = write_rich_book(tmp_path / "in.xlsx")
    copy = openpyxl.load_workbook(give(book, FINDINGS, language="en").path)
    assert "What to do: " in copy[SHEET]["C5"].comment.text
    assert copy[EN]["A1"].value == "This file was refused, nothing of it counts: 6 error(s)"


HOSTILE = ["=1+1", "+A1", "-2+3", "@SUM(A1)", "=cmd|'/C calc'!A0", "\t=1", "_x003D_1", "]]><f>1</f>"]


def test_reported_text_never_becomes_a_formula(tmp_path: Path) -> None:
    """Not in the list, not in a comment, and not in the copy of a text file's values."""
    (tmp_path / "in.csv").write_text("单位,收入\n" + "".join(f'"{text}",1\n' for text in HOSTILE), "utf-8")
    findings = [
        Finding("unknown_org", cell=f"A{row}", column=text, found=text) for row, text in enumerate(HOSTILE, 2)
    ]
    given = give(tmp_path / "in.csv", findings, "三月.csv")
    assert (given.kind, given.path.name) == ("values", "三月.xlsx")
    parts = Parts(given.path)
    assert not [n for n in parts.infos if n.startswith("xl/worksheets/") and b"<f" in parts.read(n)]
    copy = openpyxl.load_workbook(given.path)
    cells = [cell for sheet in copy for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in copy[ZH]["D"] if cell.value)
    assert copy["数据"]["A2"].quotePrefix, "edited in Excel it stays a text"
    read = read_workbook(given.path).sheets[0]
    assert [read.text(row, 1) for row, _ in enumerate(HOSTILE, 2)] == HOSTILE


def test_the_values_of_another_kind_of_file_are_copied_as_read(tmp_path: Path) -> None:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("一月")
    sheet.write_merge(0, 0, 1, 2, "收入")
    for col, value in enumerate(["p1", 12.5, True, "00123", 0.1 + 0.2, 1e-12], 1):
        sheet.write(2, col, value)
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet.write(3, 1, 46082, day)
    sheet.write(3, 2, 46082.75, xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm"))
    sheet.write(3, 3, 20, day)
    sheet.row(4).hidden = True
    sheet.write(4, 1, -1)
    book.save(str(tmp_path / "in.xls"))
    given = give(
        tmp_path / "in.xls", [Finding("not_a_number", sheet="一月", cell="B3", found="p1")], "三月.xls"
    )
    assert (given.kind, given.path.name) == ("values", "三月.xlsx")
    before, after = read_workbook(tmp_path / "in.xls").sheets[0], read_workbook(given.path).sheets[0]
    assert before.table is not None and after.table is not None
    assert after.table.equals(before.table)
    assert (after.range, after.merged) == (before.range, before.merged)


def test_percentages_stay_percentages_in_a_copy_of_values(tmp_path: Path) -> None:
    """Read again, the copy says what the .xls said: 12.5 % isn't 0.125, and a scaled number isn't plain."""
    path = old_book([["率", As(0.125, "0.0%"), As(3.5, '0.0"万"'), 0.125]])(tmp_path)
    given = give(path, [Finding("not_a_number", sheet="表", cell="B1")], "三月.xls")
    seen = read_workbook(given.path)
    assert seen.sheets[0].row(1) == {1: "率", 2: "12.5%", 3: '3.5 ⟨0.0"万"⟩', 4: "0.125"}
    assert openpyxl.load_workbook(given.path).worksheets[0]["B1"].value == 0.125
    assert VALUES_SHEET not in [sheet.name for sheet in seen.sheets], (
        "formats of the copy are those of the file"
    )


def test_xml_written_in_unusual_ways(tmp_path: Path) -> None:
    sheet = (
        '<?xml version="1.0"?><x:worksheet xmlns:x="{main}"><!-- <row r="2"> --><x:sheetData>\n'
        "<x:row><x:c t='str'><x:f>\"a\"</x:f><x:v>a</x:v></x:c><x:c><x:v>1</x:v></x:c></x:row>\n"
        '<x:row r="3" ><x:c s="0" r="B3"><x:v>2</x:v></x:c></x:row><x:row r="9"/></x:sheetData></x:worksheet>'
    )
    book = write_odd_package(tmp_path / "in.xlsx", sheet)
    cells = ("A1", "B1", "C1", "A2", "B3", "C3", "A3", "D9", "A20")
    given = give(book, [Finding("not_a_number", sheet="s", cell=cell, found="1") for cell in cells])
    assert given.kind == "marked"
    copy = openpyxl.load_workbook(given.path)["s"]
    assert {cell: copy[cell].fill.fgColor.rgb for cell in cells} == dict.fromkeys(cells, RED)
    assert set(comments(Parts(given.path), "xl/worksheets/sheet1.xml")) == set(cells)
    assert (copy["B1"].value, copy["B3"].value) == (1, 2)


def test_a_package_that_cannot_be_marked_gives_a_list(tmp_path: Path) -> None:
    sheet = '<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1" s="9"><v>1</v></c></row></sheetData></worksheet>'
    book = write_odd_package(tmp_path / "in.xlsx", sheet, '<styleSheet xmlns="{main}"></styleSheet>')
    given = give(book, [Finding("not_a_number", sheet="s", cell="A1", found="=1")])
    assert (given.kind, given.path.name) == ("report", "三月_问题清单.xlsx")
    assert openpyxl.load_workbook(given.path)[ZH]["D5"].value == "=1"
    assert openpyxl.load_workbook(given.path)[ZH]["D5"].data_type == "s"


def test_a_file_that_could_not_be_read_has_no_copy(tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(b"PK\x03\x04")
    delivery = Delivery(tmp_path / "in.xlsx", "a.xlsx", "book")
    assert give_back(delivery, [Finding("damaged_file")], "zh", tmp_path / "back") is None
    assert not (tmp_path / "back").exists()


def test_a_copy_that_is_refused_again_has_one_list(tmp_path: Path) -> None:
    book = write_rich_book(tmp_path / "in.xlsx")
    first = give(book, FINDINGS).path.rename(tmp_path / "again.xlsx")
    second = give(first, FINDINGS[:1])
    assert second.kind == "marked"
    copy = openpyxl.load_workbook(second.path)
    assert copy.sheetnames == [SHEET, "附注", ZH] and "1 处错误" in copy[ZH]["A1"].value


def test_very_many_findings_are_capped_and_it_says_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in range(1, MOST_MARKS + 11):
        book.active.append([row])
    book.save(tmp_path / "in.xlsx")
    found = [
        Finding("not_a_number", sheet="Sheet", cell=f"A{n}", found="x") for n in range(1, MOST_MARKS + 11)
    ]
    copy = openpyxl.load_workbook(give(tmp_path / "in.xlsx", found).path)
    filled = [cell for (cell,) in copy["Sheet"].iter_rows() if cell.fill.fill_type]
    assert len(filled) == MOST_MARKS
    assert f"前 {MOST_MARKS} 个单元格" in copy[ZH]["A3"].value


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("../../三月.xlsx", "marked", "三月.xlsx"),
        ("p1/三月.XLSM", "marked", "三月.XLSM"),
        ("三月.xls", "marked", "三月.xlsx"),
        ("b\\c:d.csv", "values", "b_c_d.xlsx"),
        ("报" * 85 + ".xlsx", "marked", "报" * 65 + ".xlsx"),
        ("\n", "report", "__findings.xlsx"),
        ("", "marked", "file.xlsx"),
    ],
)
def test_names_are_data(name: str, kind: str, expected: str) -> None:
    assert _name_copy(name, kind, "en") == expected
