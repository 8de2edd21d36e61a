"""The dictionary's look: sheets of plain rows written as a workbook to read, filter and print."""

import datetime as dt
import math
import re
from pathlib import Path
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from include.dictionary.table import Cell, Sheet, Value, both

_NAME = "指标字典 Metric dictionary"
_FONT = "Microsoft YaHei"
_HEADER_ROW = 3
_LINE = Side("thin", color="D9DEE4")
_BORDER = Border(bottom=_LINE, right=_LINE)
_HEADER = PatternFill("solid", start_color="1F3A5F")
_TITLE = PatternFill("solid", start_color="E8EDF3")
_ACCENTS = {
    "metrics": "1F3A5F",
    "parts": "3E6C9E",
    "versions": "3E6C9E",
    "org": "5B8C5A",
    "sources": "B07D3B",
}
TINTS = {
    "public": "E3F1E3",
    "internal": "E3ECF7",
    "confidential": "FCE8CF",
    "restricted": "F8D7D7",
    "past": "EEEEEE",
    "future": "FFF6D6",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def write_book(sheets: tuple[Sheet, ...], target: Path, today: dt.date) -> None:
    """Write `sheets` in order; their links lead to each other's rows. Raises OSError where that can't be."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = _NAME, "Metric Ledger"
    places = {
        (sheet.name, row.key): number
        for sheet in reversed(sheets)
        for number, row in reversed(list(enumerate(sheet.rows, _HEADER_ROW + 1)))
    }
    titles = {sheet.name: both(sheet.title, " ") for sheet in sheets}
    for sheet in sheets:
        _SheetWriter(book.create_sheet(titles[sheet.name]), sheet, titles, places).write(today)
    book.save(target)


class _SheetWriter:
    def __init__(
        self,
        page: Worksheet,
        sheet: Sheet,
        titles: dict[str, str],
        places: dict[tuple[str, str], int],
    ) -> None:
        self.page, self.sheet, self.titles, self.places = page, sheet, titles, places
        self.last_row = _HEADER_ROW + len(sheet.rows)
        self.last_column = get_column_letter(len(sheet.headings))

        self._title = f"{_NAME} · {titles[sheet.name]}"

    def write(self, today: dt.date) -> None:
        self._write_head(today)
        for number, row in enumerate(self.sheet.rows, _HEADER_ROW + 1):
            for column, cell in enumerate(row.cells, 1):
                self._write_cell(number, column, cell, title=row.title)
            self.page.row_dimensions[number].height = self._height_of(row.cells)
        self._arrange()
        self._set_up_print(today)

    def _write_head(self, today: dt.date) -> None:
        title = _put(self.page, 1, 1, self._title)
        title.font = Font(_FONT, 14, bold=True, color="1F3A5F")
        note = _put(self.page, 2, 1, f"{both(self.sheet.note, ' · ')} · {today.isoformat()}")
        note.font = Font(_FONT, 9, color="6B7682")
        self.page.row_dimensions[1].height, self.page.row_dimensions[2].height = 26, 18
        self.page.row_dimensions[_HEADER_ROW].height = 34
        for column, told in enumerate(self.sheet.headings, 1):
            cell = _put(self.page, _HEADER_ROW, column, both(told.words))
            cell.font, cell.fill, cell.border = Font(_FONT, 10, bold=True, color="FFFFFF"), _HEADER, _BORDER
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            self.page.column_dimensions[get_column_letter(column)].width = told.width

    def _write_cell(self, row: int, column: int, cell: Cell, *, title: bool) -> None:
        written = _put(self.page, row, column, cell.value)
        bold = title or cell.tint == "name"
        written.font = Font(_FONT, 10, bold=bold)
        written.border = _BORDER
        written.alignment = Alignment(
            wrap_text=True, vertical="top", horizontal="left", indent=cell.indent * 2
        )
        if title:
            written.fill = _TITLE
        elif cell.tint in TINTS:
            written.fill = PatternFill("solid", start_color=TINTS[cell.tint])
        self._add_link(written, cell)

    def _add_link(self, written: BookCell, cell: Cell) -> None:
        if cell.link is None or cell.value is None:
            return
        if cell.link.sheet == "mailto":
            written.hyperlink = Hyperlink(ref="", target=f"mailto:{quote(cell.link.key, safe='@+')}")
        elif (place := self.places.get((cell.link.sheet, cell.link.key))) is not None:
            written.hyperlink = Hyperlink(ref="", location=f"'{self.titles[cell.link.sheet]}'!A{place}")
        else:
            return
        written.font = Font(_FONT, 10, color="1F5FA8")

    def _height_of(self, cells: tuple[Cell, ...]) -> float:
        """Return the height that the row's longest text takes at its column's width: viewers don't agree on it."""
        widths = (told.width for told in self.sheet.headings)
        return 14.5 * max(_count_lines(cell, width) for cell, width in zip(cells, widths, strict=True)) + 4

    def _arrange(self) -> None:
        page = self.page
        page.freeze_panes = f"{get_column_letter(self.sheet.frozen + 1)}{_HEADER_ROW + 1}"
        if not any(row.title for row in self.sheet.rows):
            page.auto_filter.ref = f"A{_HEADER_ROW}:{self.last_column}{self.last_row}"
        page.sheet_view.showGridLines = False
        page.sheet_view.zoomScale = 100
        page.sheet_properties.tabColor = _ACCENTS.get(self.sheet.name, "6B7682")

    def _set_up_print(self, today: dt.date) -> None:
        page = self.page
        page.page_setup.orientation = "landscape"
        page.page_setup.paperSize = page.PAPERSIZE_A3 if self.sheet.pages > 1 else page.PAPERSIZE_A4
        page.sheet_properties.pageSetUpPr.fitToPage = True
        page.page_setup.fitToWidth, page.page_setup.fitToHeight = self.sheet.pages, 0
        page.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
        if self.sheet.pages > 1:
            page.print_title_cols = f"A:{get_column_letter(self.sheet.frozen)}"
        page.print_area = f"A{_HEADER_ROW}:{self.last_column}{self.last_row}"  # the title is on every page
        page.page_margins.left = page.page_margins.right = 0.4
        page.page_margins.top = page.page_margins.bottom = 0.75
        page.oddHeader.left.text, page.oddHeader.left.size = self._title, 12
        page.oddFooter.left.text = today.isoformat()
        page.oddFooter.right.text = "&P / &N"


def _put(page: Worksheet, row: int, column: int, value: Value) -> BookCell:
    """Write a value; a text is written as text, whatever it begins with, and stays one when it is edited."""
    cell = page.cell(row, column)
    assert isinstance(cell, BookCell)
    if isinstance(value, str):
        value = _CONTROL.sub("\ufffd", value)
        cell.value, cell.data_type = value, "s"
        cell.quotePrefix = value.startswith(_RISKY)
    else:
        cell.value = value
        if isinstance(value, dt.date):
            cell.number_format = "yyyy-mm-dd"
    return cell


def _count_lines(cell: Cell, width: int) -> int:
    if not isinstance(cell.value, str):
        return 1
    room = max(width - 1 - 3 * cell.indent, 4)
    return sum(max(math.ceil(_measure(line) / room), 1) for line in cell.value.split("\n"))


def _measure(text: str) -> float:
    """Return the room that a text takes in Latin characters of its size, with what wrapping at blanks loses."""
    return sum(1.75 if ord(char) > 0x2E7F else 1.05 for char in text)
