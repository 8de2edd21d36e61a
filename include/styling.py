"""How the workbooks look that the product writes: texts that stay texts, fonts, colours, heights, printing."""

import datetime as dt
import math
import re
from decimal import Decimal

from openpyxl.cell import Cell
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | Decimal | dt.date | None

FONT = "Microsoft YaHei"
NAVY, GREY = "1F3A5F", "6B7682"
_LINE = Side("thin", color="D9DEE4")
BORDER = Border(bottom=_LINE, right=_LINE)
HEADER, TITLE = PatternFill("solid", start_color=NAVY), PatternFill("solid", start_color="E8EDF3")
HEADER_FONT = Font(FONT, 10, bold=True, color="FFFFFF")
TITLE_FONT, NOTE_FONT = Font(FONT, 14, bold=True, color=NAVY), Font(FONT, 9, color=GREY)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def put(page: Worksheet, row: int, column: int, value: Value) -> Cell:
    """Write a value; a text is written as text, whatever it begins with, and stays one when it is edited."""
    cell = page.cell(row, column)
    assert isinstance(cell, Cell)
    if isinstance(value, str):
        value = _CONTROL.sub("\ufffd", value)
        cell.value, cell.data_type = value, "s"
        cell.quotePrefix = value.startswith(_RISKY)
    else:
        cell.value = value
        if isinstance(value, dt.date):
            cell.number_format = "yyyy-mm-dd"
    return cell


def count_lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of `width` Latin characters."""
    return sum(max(math.ceil(measure(line) / max(width, 4)), 1) for line in text.split("\n"))


def measure(text: str) -> float:
    """Return the room that a text takes in Latin characters of its size, with what wrapping at blanks loses."""
    return sum(1.75 if ord(char) > 0x2E7F else 1.05 for char in text)


def set_up_print(
    page: Worksheet, *, landscape: bool = True, wide: int = 1, title_row: int | None = None
) -> None:
    """Print on A4, from two pages in width on on A3, with the page's number below and `title_row` on every page."""
    page.page_setup.orientation = "landscape" if landscape else "portrait"
    page.page_setup.paperSize = page.PAPERSIZE_A3 if wide > 1 else page.PAPERSIZE_A4
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = wide, 0
    page.page_margins.left = page.page_margins.right = 0.4
    page.page_margins.top = page.page_margins.bottom = 0.75
    page.oddFooter.right.text = "&P / &N"
    if title_row:
        page.print_title_rows = f"{title_row}:{title_row}"
