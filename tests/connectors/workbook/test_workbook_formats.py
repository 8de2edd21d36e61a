"""Number formats: which show another number than is stored, and what the cell then says."""

import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Alignment

from include.coerce.plain import SCALED_MARKS as REFUSED_BY
from include.connectors.workbook import read_workbook
from include.connectors.workbook.formats import SCALED_MARKS, read_format
from include.connectors.workbook.legacy_styles import LegacyStyles


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


CODES = (
    *("General", "0%", "0.00%;[Red]-0.00%", '0.0"%"', "#,##0,", '0.0,,"M"', "0!.0,", '0.0"万"', ";;;", '0"千克"'),
    *("_ ¥* #,##0.00_ ", "0.0%;(0.0%)", '"约"0.0', "#,##0.00_);(#,##0.00)"),
)  # fmt: skip


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_other_kinds_show_what_an_xlsx_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row, code in enumerate(CODES, 1):
        for col, value in enumerate((0.125, -0.125, 0.125), 1):  # alike and adjacent: an .ods says so once
            sheet.cell(row, col, value).number_format = code
    sheet["E1"], sheet["E1"].alignment = "缩进", Alignment(indent=2)
    sheet["G1"], sheet.column_dimensions["G"].hidden = 5, True
    book.save(tmp_path / "book.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    seen = [read_workbook(tmp_path / "book.xlsx").sheets[0]]
    for kind in ("xls", "ods"):
        command = [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            tmp_path,
            tmp_path / "book.xlsx",
        ]
        subprocess.run(command, check=True, timeout=120, capture_output=True)
        seen.append(read_workbook(tmp_path / f"book.{kind}").sheets[0])
    shown = [[_without_code(sheet.row(row)) for row in range(1, len(CODES) + 1)] for sheet in seen]
    assert shown[0] == shown[1] == shown[2]
    assert {sheet.hidden_columns for sheet in seen} == {((7, 7),)}


def _without_code(row: dict[int, str]) -> dict[int, str]:
    """Each program writes a format's code in its own way."""
    return {col: text.partition(SCALED_MARKS[0])[0] for col, text in row.items()} | {
        0: str(sum(SCALED_MARKS[0] in text for text in row.values()))
    }


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0, "0%"), (-0.0, "0%"), (1.0, "100%"), (0.001, "0.1%"), (-0.005, "-0.5%"), (1e-20, "0.000000000000000001%"),
        (0.07, "7%"), (12345678901234.5, "1234567890123450%"), (float("inf"), "inf%"),
    ],
)  # fmt: skip
def test_percentages_are_exact(number: float, shown: str) -> None:
    assert read_format("0%").show(number) == shown


def test_an_unknown_code_page_leaves_formats_unknown() -> None:
    styles = LegacyStyles(is_unicode=False)
    styles.note(0x42, struct.pack("<H", 59999))
    styles.note(0x41E, struct.pack("<HB", 164, 2) + b"0%")
    assert styles.is_known
    styles.note(0x41E, struct.pack("<HB", 165, 5) + '0"万"'.encode("gbk"))
    assert not styles.is_known
