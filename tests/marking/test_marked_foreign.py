"""Spreadsheets that nobody here wrote, marked at their corners and compared part by part."""

import csv
from pathlib import Path

import pytest

from include.cell_names import cell_name
from include.connectors.workbook import read_workbook
from include.connectors.workbook.reading import Sheet
from include.errors import Finding, RefusedError
from include.marking import Delivery, give_back
from tests.marking.parts import differences

DATA = Path(__file__).parents[3] / "shared" / "data"
ODD = DATA / "odd_workbooks"
SUMMARY = "指标台账_问题清单"
FEW = {"AutoFilter.xlsx", "column_width.xlsx", "dpi__DPI96C12.xlsx", "cell_style_simple.xls"}
pytestmark = pytest.mark.skipif(not ODD.is_dir(), reason=f"{ODD} isn't there")


def list_files() -> list[Path]:
    if not ODD.is_dir():
        return []
    with (ODD / "manifest.csv").open(encoding="utf-8") as manifest:
        rows = [
            row
            for row in csv.DictReader(manifest)
            if row["class"] in ("readable", "macro", "legacy-xls", "xlsb")
        ]
    return (
        sorted(ODD / row["file"] for row in rows) + sorted(DATA.glob("*.xlsx")) + sorted(DATA.glob("*.csv"))
    )


def corners(sheet: Sheet) -> set[tuple[int, int]]:
    """Return cells that hold something and cells that aren't there, in rows that are and rows that aren't."""
    last = (sheet.last_row, sheet.last_col)
    return {
        (sheet.first_row, sheet.first_col),
        last,
        (last[0] + 3, last[1] + 2),
        (sheet.first_row, last[1] + 1),
    }


def top_left(sheet: Sheet, cell: tuple[int, int]) -> tuple[int, int]:
    for top, left, bottom, right in sheet.merged:
        if top <= cell[0] <= bottom and left <= cell[1] <= right:
            return top, left
    return cell


def mark_corners(path: Path, folder: Path) -> str:
    """Mark a workbook and check the copy; return what kind of copy it is, '' where the file can't be read."""
    try:
        book = read_workbook(path)
    except RefusedError:
        return ""
    sheets = [sheet for sheet in book.sheets if sheet.table is not None]
    findings = [
        Finding(
            "not_a_number", sheet="" if book.kind == "text" else sheet.name, cell=cell_name(*cell), found="=1"
        )
        for sheet in sheets
        for cell in sorted(corners(sheet))
    ] or [Finding("no_values")]
    given = give_back(Delivery(path, path.name, "book", sheet="数据"), findings, "zh", folder)
    assert given is not None
    if given.kind == "marked":
        marked = {s.name: {cell_name(*top_left(s, cell)) for cell in corners(s)} for s in sheets}
        assert differences(path, given.path, marked, SUMMARY) == []
    if given.kind == "values":
        again = read_workbook(given.path).sheets
        for before, after in zip((s for s in book.sheets if s.was_read), again, strict=False):
            assert (before.table is None) == (after.table is None)
            assert before.table is None or before.table.equals(after.table), before.name
            assert (before.range, before.merged) == (after.range, after.merged)
    return given.kind


@pytest.mark.parametrize(
    "path", [path for path in list_files() if path.name in FEW], ids=lambda path: path.name
)
def test_a_few(path: Path, tmp_path: Path) -> None:
    assert mark_corners(path, tmp_path) == ("marked" if path.suffix == ".xlsx" else "values")


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_all_that_can_be_read(tmp_path: Path) -> None:
    kinds = {path.name: mark_corners(path, tmp_path / path.name) for path in list_files()}
    assert len(kinds) >= 80
    for name, kind in kinds.items():
        assert kind == ("marked" if name.endswith((".xlsx", ".xlsm")) else "values"), name
