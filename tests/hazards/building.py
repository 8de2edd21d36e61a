"""Writers of workbooks: rows as lists, with number formats, indents, merges, hidden rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import xlwt
from openpyxl.styles import Alignment
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.hazards.hazard import Write

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class As:
    """A cell's value with its number format or indent."""

    value: Any
    shown: str = "General"
    indent: int = 0


@dataclass(frozen=True)
class Look:
    """What a sheet has beside its cells."""

    merged: Sequence[str] = ()
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[str] = ()
    hidden_sheets: Sequence[str] = ()
    epoch_1904: bool = False
    name: str = "book.xlsx"
    more: dict[str, Rows] = field(default_factory=dict)
    """Further sheets."""


def book(rows: Rows, look: Look | None = None) -> Write:
    """Return a writer of an .xlsx whose first sheet, `表`, holds `rows`."""
    look = look or Look()

    def write(folder: Path) -> Path:
        workbook = openpyxl.Workbook()
        if look.epoch_1904:
            workbook.epoch = CALENDAR_MAC_1904
        workbook.remove(workbook.worksheets[0])
        for title, content in {"表": rows, **look.more}.items():
            _fill(workbook.create_sheet(title), content)
        first = workbook.worksheets[0]
        for cells in look.merged:
            first.merge_cells(cells)
        for row in look.hidden_rows:
            first.row_dimensions[row].hidden = True
        for letters in look.hidden_columns:
            first.column_dimensions[letters].hidden = True
        for title in look.hidden_sheets:
            workbook[title].sheet_state = "hidden"
        workbook.save(folder / look.name)
        return folder / look.name

    return write


def _fill(sheet: Worksheet, rows: Rows) -> None:
    for row, values in enumerate(rows, 1):
        for col, value in enumerate(values, 1):
            if value is None:
                continue
            cell = sheet.cell(row, col)
            cell.value = value.value if isinstance(value, As) else value
            if isinstance(value, As):
                if value.shown != "General":
                    cell.number_format = value.shown
                cell.alignment = Alignment(indent=value.indent)


def old_book(rows: Rows) -> Write:
    """Return a writer of an .xls."""

    def write(folder: Path) -> Path:
        workbook = xlwt.Workbook()
        sheet = workbook.add_sheet("表")
        for row, values in enumerate(rows):
            for col, value in enumerate(values):
                shown = value.shown if isinstance(value, As) else "General"
                plain = value.value if isinstance(value, As) else value
                if plain is not None:
                    sheet.write(row, col, plain, xlwt.easyxf(num_format_str=shown))
        workbook.save(str(folder / "book.xls"))
        return folder / "book.xls"

    return write


def text(lines: str, encoding: str = "utf-8", name: str = "book.csv") -> Write:
    """Return a writer of a text file."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(lines.encode(encoding))
        return folder / name

    return write
