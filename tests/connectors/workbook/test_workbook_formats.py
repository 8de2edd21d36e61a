"""Number formats: which show another number than is stored, and what the cell then says."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Alignment

from include.coerce.plain import SCALED_MARKS as REFUSED_BY
from include.connectors.workbook import read_workbook
from include.connectors.workbook.formats import SCALED_MARKS, read_format


def test_both_rooms_mean_the_same_marks() -> None:
    assert SCALED_MARKS == REFUSED_BY


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        *[("General", 0.125), ("0.00", 0.125), ("#,##0.00_);(#,##0.00)", 0.125), ("0.00E+00", 0.125)],
        *[("0%", "12.5%"), ("0.00%;[Red]-0.00%", "12.5%"), ('0.0"%"', "0.125%"), (r"0.0\%", "0.125%")],
        *[('0.0"元"', 0.125), ('0"千克"', 0.125), ('_ ¥* #,##0.00_ ', 0.125), ("[$-804]#,##0", 0.125)],
        *[(code, f"0.125 ⟨{code}⟩") for code in ("#,##0,", '0.0,,"M"', "0!.0,", '0"."0000', '0.0"万"', "0.0万元", '0"k"', ";;;", '"合格"')],
    ],
)  # fmt: skip
def test_what_a_format_shows(code: str, shown: object) -> None:
    assert read_format(code).show(0.125) == shown


def test_texts_dates_and_booleans_stay(tmp_path: Path, write_book: Callable[..., Path]) -> None:
    path = write_book({"表": [["x", True, 0.07, 0.28], ["  y"]]})
    book = openpyxl.load_workbook(path)
    for col, code in enumerate(["0%", "0%", "0%", "General"], 1):
        book["表"].cell(1, col).number_format = code
    book["表"]["A1"].alignment = Alignment(indent=2)
    book.save(path)
    assert read_workbook(path).sheets[0].row(1) == {1: "    x", 2: "TRUE", 3: "7%", 4: "0.28"}


def test_the_same_in_a_sheet_that_is_written_unusually(
    write_book: Callable[..., Path], tmp_path: Path
) -> None:
    path = write_book({"表": [[0.07]]})
    book = openpyxl.load_workbook(path)
    book["表"]["A1"].number_format = "0%"
    book["表"].column_dimensions["A"].hidden = True
    book.save(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name, content.replace(b"<sheetData>", b"<!-- --><sheetData>") if "sheet1" in name else content
            )
    sheet = read_workbook(tmp_path / "odd.xlsx").sheets[0]
    assert sheet.text(1, 1) == "7%"
    assert sheet.hidden_columns == ((1, 1),)
