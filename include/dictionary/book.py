"""The dictionary's look: sheets of plain rows written as a workbook to read, filter and print."""

import datetime as dt
from pathlib import Path
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from include.dictionary.table import Cell, Sheet, both
from include.styling import (
    BORDER,
    FONT,
    HEADER,
    HEADER_FONT,
    NAVY,
    NOTE_FONT,
    TITLE,
    TITLE_FONT,
    count_lines,
    put,
    set_up_print,
)

_NAME = "指标字典 Metric dictionary"
_HEADER_ROW = 3
_ACCENTS = {
    "metrics": NAVY,
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
        title = put(self.page, 1, 1, self._title)
        title.font = TITLE_FONT
        note = put(self.page, 2, 1, f"{both(self.sheet.note, ' · ')} · {today.isoformat()}")
        note.font = NOTE_FONT
        self.page.row_dimensions[1].height, self.page.row_dimensions[2].height = 26, 18
        self.page.row_dimensions[_HEADER_ROW].height = 34
        for column, told in enumerate(self.sheet.headings, 1):
            cell = put(self.page, _HEADER_ROW, column, both(told.words))
            cell.font, cell.fill, cell.border = HEADER_FONT, HEADER, BORDER
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            self.page.column_dimensions[get_column_letter(column)].width = told.width

    def _write_cell(self, row: int, column: int, cell: Cell, *, title: bool) -> None:
        written = put(self.page, row, column, cell.value)
        bold = title or cell.tint == "name"
        written.font = Font(FONT, 10, bold=bold)
        written.border = BORDER
        written.alignment = Alignment(
            wrap_text=True, vertical="top", horizontal="left", indent=cell.indent * 2
        )
        if title:
            written.fill = TITLE
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
        written.font = Font(FONT, 10, color="1F5FA8")

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
        set_up_print(page, wide=self.sheet.pages, title_row=_HEADER_ROW)
        if self.sheet.pages > 1:
            page.print_title_cols = f"A:{get_column_letter(self.sheet.frozen)}"
        page.print_area = f"A{_HEADER_ROW}:{self.last_column}{self.last_row}"  # the title is on every page
        page.oddHeader.left.text, page.oddHeader.left.size = self._title, 12
        page.oddFooter.left.text = today.isoformat()


def _count_lines(cell: Cell, width: int) -> int:
    return count_lines(cell.value, width - 1 - 3 * cell.indent) if isinstance(cell.value, str) else 1
