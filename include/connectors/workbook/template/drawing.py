"""Draw one sheet of a template: headers that are locked, cells to fill in, drop-downs, checks."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from itertools import groupby

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet

from include.batch import cell_name
from include.catalogue.models import Column
from include.connectors.workbook.fingerprint import FINGERPRINT_SHEET, Fingerprint
from include.connectors.workbook.template.asked import Asked
from include.connectors.workbook.template.entries import add_hint, list_rule, number_format, value_rule
from include.styling import (
    BORDER,
    FONT,
    HEADER,
    HEADER_FONT,
    NAVY,
    NOTE_FONT,
    TITLE_FONT,
    count_lines,
    measure,
    put,
)

LAST_ROW = 1_048_576
_OPEN = PatternFill("solid", start_color="FFF9E5")
_OPTIONAL, _OPTIONAL_FONT = PatternFill("solid", start_color="DCE6F1"), Font(FONT, 10, bold=True, color=NAVY)
_NARROWEST, _WIDEST = 12, 34


class Hidden:
    """The hidden sheet: the fingerprint in its first column, the texts of a drop-down in each further one."""

    def __init__(self, book: Workbook, fingerprint: Fingerprint) -> None:
        self.page = book.create_sheet(FINGERPRINT_SHEET)
        self.page.sheet_state = "veryHidden"
        self.page.protection.sheet = True
        self._references: dict[tuple[str, ...], str] = {}
        self._write(1, fingerprint.lines)

    def refer_to(self, texts: list[str]) -> str:
        """Return the formula of a range that holds `texts`."""
        key = tuple(texts)
        if key not in self._references:
            column = len(self._references) + 2
            self._write(column, key)
            letter = get_column_letter(column)
            self._references[key] = f"'{FINGERPRINT_SHEET}'!${letter}$1:${letter}${len(texts)}"
        return self._references[key]

    def _write(self, column: int, texts: Sequence[str]) -> None:
        for row, text in enumerate(texts, 1):
            put(self.page, row, column, text)


class Drawer:
    """Draws on one sheet, everything locked but the entries."""

    def __init__(self, page: Worksheet, asked: Asked, hidden: Hidden) -> None:
        self.page, self.asked, self.hidden = page, asked, hidden
        page.sheet_view.showGridLines = False
        page.protection.sheet = True
        for allowed in ("formatColumns", "formatRows", "sort", "autoFilter"):
            setattr(page.protection, allowed, False)

    def head(self, row: int, col: int, text: str, *, required: bool = False, centred: bool = False) -> None:
        """Write a header or row label; dark where it is required."""
        cell = put(self.page, row, col, text)
        cell.font, cell.fill = (HEADER_FONT, HEADER) if required else (_OPTIONAL_FONT, _OPTIONAL)
        cell.border = BORDER
        side = {"horizontal": "center"} if centred else {"horizontal": "left", "indent": 1}
        cell.alignment = Alignment(wrap_text=True, vertical="center", **side)

    def head_columns(
        self, rows: tuple[int, int], first: int, headers: list[list[str]], required: Sequence[bool]
    ) -> None:
        """Write headers of several parts, one below the other, from column `first` on.

        A part above others spans all neighbours that share it; a last part reaches down to the last row.
        """
        for depth in range(rows[1] - rows[0] + 1):
            for key, group in groupby(range(len(headers)), partial(_span, headers, depth)):
                places = list(group)
                if key is None:
                    continue
                top, left = rows[0] + depth, first + places[0]
                is_last = depth == len(headers[places[0]]) - 1
                bottom = rows[1] if is_last else top
                for col in range(left, left + len(places)):
                    for row in range(top, bottom + 1):
                        self.head(row, col, "", required=required[col - first], centred=True)
                        self.page.cell(row, col).value = None
                self.head(top, left, key[-1], required=required[places[0]], centred=True)
                if bottom > top or len(places) > 1:
                    self.page.merge_cells(
                        start_row=top, end_row=bottom, start_column=left, end_column=left + len(places) - 1
                    )

    def entry(self, row: int, col: int, name: str, column: Column, value: str = "") -> None:
        """Open one cell for filling in, with `value` in it."""
        cell = self.page.cell(row, col)
        self._open(cell, column)
        if value:
            put(self.page, row, col, value)
        self.check((row, col), (row, col), name, column)

    def entry_range(self, first: tuple[int, int], last: tuple[int, int], name: str, column: Column) -> None:
        """Open the cells from the first to the last, of one row or column or of several."""
        for row in range(first[0], last[0] + 1):
            for col in range(first[1], last[1] + 1):
                self._open(self.page.cell(row, col), column)
        self.check(first, last, name, column)

    def entry_column(self, row: int, col: int, name: str, column: Column) -> None:
        """Open a column from `row` down to the end of the sheet, however many records it gets."""
        self._open(self.page.column_dimensions[get_column_letter(col)], column)
        for above in range(1, row):
            cell = self.page.cell(above, col)
            if not cell.has_style:
                cell.font = Font(FONT, 10)
            cell.protection = Protection(locked=True)
        self.check((row, col), (LAST_ROW, col), name, column)

    def prefill(self, row: int, col: int, value: str) -> None:
        """Write a value into an open column."""
        cell, whole = put(self.page, row, col, value), self.page.column_dimensions[get_column_letter(col)]
        for part in ("font", "fill", "border", "protection", "number_format", "alignment"):
            setattr(cell, part, copy(getattr(whole, part)))

    def check(self, first: tuple[int, int], last: tuple[int, int], name: str, column: Column) -> None:
        """Add the drop-down or check of the cells from `first` to `last`."""
        choices = self.asked.choices(name, column)
        rule: DataValidation | None
        if choices is not None and choices.texts:
            rule = list_rule(self.hidden.refer_to(choices.texts), choices.texts, strict=choices.strict)
        else:
            rule = value_rule(self.asked, column, cell_name(*first))
        if rule is None:
            return
        if self.asked.unit_of(column) in {"%", "％"}:
            add_hint(
                rule, f"{name[:20]}（%）", "只填数字：12.5 表示 12.5%。\nThe number alone: 12.5 means 12.5%."
            )
        rule.add(f"{cell_name(*first)}:{cell_name(*last)}")
        self.page.add_data_validation(rule)

    def write_title(self, rows: list[int]) -> None:
        """Write the title and below it what the colours mean into the first two of the free `rows`."""
        if rows:
            put(self.page, rows[0], 1, self.asked.title).font = TITLE_FONT
            self.page.row_dimensions[rows[0]].height = 26
        if len(rows) > 1:
            words = (
                "请填浅黄色单元格；深蓝色的为必填。Fill in the yellow cells; what is dark blue is required."
            )
            put(self.page, rows[1], 1, words).font = NOTE_FONT

    def widen(self, col: int, texts: Sequence[str], least: float = _NARROWEST) -> None:
        """Make a column wide enough for its longest text, within bounds; never narrower than it is."""
        whole = self.page.column_dimensions[get_column_letter(col)]
        wanted = min(max([least, *(measure(text) + 2.5 for text in texts)]), _WIDEST)
        whole.width = max(wanted, whole.width if whole.customWidth else 0)

    def fit_heights(self, first: int, last: int) -> None:
        """Make rows high enough for the texts that wrap in them."""
        for row in range(first, last + 1):
            lines = [1]
            for cell in self.page[row]:
                if isinstance(cell.value, str) and cell.alignment.wrap_text:
                    width = self.page.column_dimensions[cell.column_letter].width
                    lines.append(count_lines(cell.value, width - 1))
            self.page.row_dimensions[row].height = 15 * max(lines) + 6

    def _open(self, target: object, column: Column) -> None:
        assert hasattr(target, "protection") or isinstance(target, ColumnDimension)
        is_number = self.asked.kind_of(column) in {"number", "integer"}
        look = {
            "font": Font(FONT, 10),
            "fill": _OPEN,
            "border": BORDER,
            "protection": Protection(locked=False),
            "number_format": number_format(self.asked, column),
            "alignment": Alignment(vertical="center", horizontal="right" if is_number else "left", indent=1),
        }
        for part, value in look.items():
            setattr(target, part, value)


def _span(headers: list[list[str]], depth: int, at: int) -> tuple[str, ...] | None:
    """Return what neighbours must share to stand below one cell; None where a header has no such part."""
    parts = headers[at]
    if depth >= len(parts):
        return None
    return (*parts[: depth + 1],) if depth < len(parts) - 1 else (str(at), parts[depth])
