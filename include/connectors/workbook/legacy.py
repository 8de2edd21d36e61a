"""Legacy .xls (BIFF2 to BIFF8): its container, its records, and a second reader for what the first can't open.

Runs inside the reading child.
"""

import datetime as dt
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlrd
from xlrd.compdoc import CompDoc

from include.connectors.workbook.cells import ErrorText
from include.connectors.workbook.formats import Style
from include.connectors.workbook.legacy_styles import CELLS, LegacyStyles, StyledSheet
from include.connectors.workbook.refusing import refusal
from include.connectors.workbook.structure import Structure

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!"}
_ERRORS |= {0x2A: "#N/A", 0x2B: "#GETTING_DATA"}
_BOF, _EOF, _BOUND_SHEET, _RECALC_ID, _UNCALCED, _VBA, _FILE_PASS = 0x09, 0x0A, 0x85, 0x1C1, 0x5E, 0xD3, 0x2F
_FORMULAS, _BOOL_ERRORS, _ROW, _MERGED, _COLUMNS = (0x06, 0x206, 0x406), (0x05, 0x205), 0x208, 0xE5, 0x7D
_MACRO_SHEETS = (1, 6)


def error_text(code: int) -> str:
    """Return the text of an error cell by its number in BIFF and BIFF12."""
    return _ERRORS.get(code, f"#ERROR{code}!")


def find_stream(content: bytes) -> bytes | None:
    """Return the records of the workbook in a file; None where its container holds no workbook.

    Raises RefusedError with damaged_file where the container can't be followed.
    """
    if not content.startswith(OLE2):
        return content
    container = _open_container(content)
    for name in ("Workbook", "Book"):
        try:
            stream, base, length = container.locate_named_stream(name)
        except (Exception, RecursionError) as error:
            raise refusal("damaged_file", detail=f"stream {name}: {error}"[:200]) from error
        if stream is not None:
            return bytes(stream[base : base + length])
    return None


def stream_names(content: bytes) -> set[str]:
    """Return the names (lower case) of what lies at the top of an OLE2 container."""
    entries = _open_container(content).dirlist
    return {entries[index].name.lower() for index in entries[0].children}


def has_password(content: bytes) -> bool:
    """Tell whether the workbook's records begin with FILEPASS: encrypted in any of BIFF's ways.

    calamine reports XOR encryption as an unknown code page, so it can't be left to it.
    """
    stream, position = find_stream(content) or b"", 0
    for _ in range(16):
        if position + 4 > len(stream):
            break
        code, length = struct.unpack_from("<HH", stream, position)
        if code == _FILE_PASS:
            return True
        position += 4 + length
    return False


def _open_container(content: bytes) -> CompDoc:
    try:
        return CompDoc(content, logfile=io.StringIO(), ignore_workbook_corruption=True)
    except (Exception, RecursionError) as error:
        raise refusal("damaged_file", detail=f"its container: {error}"[:200]) from error


@dataclass
class _Sheet:
    structure: Structure = field(default_factory=Structure)
    blank_formulas: list[tuple[int, int]] = field(default_factory=list)
    formulas: int = 0
    is_stale: bool = False


class Records:
    """One pass over the records of an .xls: what the reader hides or doesn't tell.

    Raises RefusedError with damaged_file where a sheet ends before its end record.
    """

    def __init__(self, path: Path) -> None:
        self._stream = find_stream(path.read_bytes()) or b""
        self.notes: dict[str, str] = {}
        self._trusts_blanks = False
        self._styles: dict[int, Style] = {}
        kinds = self._read_globals()
        self._sheets = [self._read_sheet(position) if kind == 0 else None for position, kind in kinds]
        self._judge_formulas()

    def examine(self, name: str, index: int = 0) -> Structure:
        """Return the structure of the sheet that stands at `index` in the workbook."""
        sheet = self._sheets[index] if index < len(self._sheets) else None
        if sheet is None:
            raise refusal("damaged_file", detail=f"the records of sheet {name!r} are missing")
        return sheet.structure

    def leave_out_others(self) -> None:
        """Count worksheets only from now on, as the second reader does."""
        self._sheets = [sheet for sheet in self._sheets if sheet]

    def _read_globals(self) -> list[tuple[int, int]]:
        """Return (position, type) of each sheet: 0 worksheet, 1 macro sheet, 2 chart, 6 module."""
        found = []
        code, _, start, length = next(self._walk(0), (0, 0, 0, 0))
        if code & 0xFF == _BOF and length >= 4 and self._words(start, 2)[1] != 5:
            self.notes["formats"] = "unknown"
            return [(0, 0)]  # BIFF2 to BIFF4: the one sheet is the file
        styles = LegacyStyles(is_unicode=self._words(start, 1)[0] >= 0x600 if length >= 2 else True)
        for code, _, start, length in self._walk(0):
            styles.note(code, self._stream[start : start + length])
            if code == _BOUND_SHEET and length >= 6:
                position, _, kind = struct.unpack_from("<IBB", self._stream, start)
                found.append((position, kind))
            elif code == _RECALC_ID:
                self._trusts_blanks = True
            elif code == _VBA:
                self.notes["macros"] = "ignored"
        if any(kind in _MACRO_SHEETS for _, kind in found):
            self.notes["macros"] = "ignored"
        self._styles = styles.close()
        if not styles.is_known:
            self.notes["formats"] = "unknown"
        return found

    def _read_sheet(self, position: int) -> _Sheet:
        sheet, extra, styled = _Sheet(), 0, StyledSheet(self._styles)
        for code, depth, start, length in self._walk(position):
            if self._styles and depth == 1 and length >= 6 and code in CELLS:
                styled.note(code, self._stream, start, length)
            if code == _BOF:
                extra = 1  # BIFF2 has three bytes of attributes where others have the number of a format
            elif depth == 1 and code in _FORMULAS and length >= 15:
                self._note_formula(sheet, start, 6 + extra)
            elif depth == 1 and code in _BOOL_ERRORS and length >= 8:
                value, is_error = self._stream[start + 6 + extra : start + 8 + extra]
                if is_error:
                    row, col = self._words(start, 2)
                    sheet.structure.errors[row + 1, col + 1] = error_text(value)
            elif depth == 1 and code == _UNCALCED:
                sheet.is_stale = True
            elif depth == 1:
                self._note_layout(sheet.structure, code, start, length)
        styled.close(sheet.structure)
        return sheet

    def _note_layout(self, found: Structure, code: int, start: int, length: int) -> None:
        if code == _ROW and length >= 16 and self._stream[start + 12] & 0x20:
            found.hidden_rows.append(self._words(start, 1)[0] + 1)
        elif code == _COLUMNS and length >= 10 and self._stream[start + 8] & 1:
            first, last = self._words(start, 2)
            found.hidden_columns.append((first + 1, min(last, 255) + 1))
        elif code == _MERGED and length >= 2:
            count = min(self._words(start, 1)[0], (length - 2) // 8)
            for at in range(start + 2, start + 2 + 8 * count, 8):
                top, bottom, left, right = self._words(at, 4)
                found.merged.append((top + 1, left + 1, bottom + 1, right + 1))

    def _note_formula(self, sheet: _Sheet, start: int, offset: int) -> None:
        row, col = self._words(start, 2)
        sheet.formulas += 1
        result = self._stream[start + offset : start + offset + 8]
        if result[6:] != b"\xff\xff":
            return
        if result[0] == 2:
            sheet.structure.errors[row + 1, col + 1] = error_text(result[2])
        elif result[0] == 3:
            sheet.blank_formulas.append((row + 1, col + 1))

    def _judge_formulas(self) -> None:
        """Take blank results for missing ones where no formula has another and no Excel calculated them."""
        sheets = [sheet for sheet in self._sheets if sheet]
        formulas = sum(sheet.formulas for sheet in sheets)
        blank = sum(len(sheet.blank_formulas) for sheet in sheets)
        if formulas and formulas == blank and not self._trusts_blanks:
            for sheet in sheets:
                sheet.structure.uncached = sheet.blank_formulas
        if any(sheet.is_stale and sheet.formulas for sheet in sheets):
            self.notes["formulas"] = "saved without recalculation"

    def _words(self, start: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{count}H", self._stream, start)

    def _walk(self, position: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield (code, depth, start, length) from a begin record to the end record that belongs to it."""
        depth, size = 0, len(self._stream)
        while position + 4 <= size:
            code, length = struct.unpack_from("<HH", self._stream, position)
            start = position + 4
            position = start + length
            if position > size:
                break
            if code & 0xFF == _BOF and code >> 8 in (0, 2, 4, 8):
                depth += 1
            elif depth == 0:
                break
            yield code, depth, start, length
            if code == _EOF:
                depth -= 1
                if depth == 0:
                    return
        raise refusal("damaged_file", detail="a sheet ends before its end record")


class SecondReader:
    """An .xls by xlrd, behind the same methods of calamine's workbook and sheet that the examiner uses."""

    def __init__(self, path: Path) -> None:
        try:
            self._book = xlrd.open_workbook(
                file_contents=find_stream(path.read_bytes()), logfile=io.StringIO(), on_demand=True
            )
        except (Exception, RecursionError) as error:
            raise refusal("damaged_file", detail=f"{error}"[:200]) from error
        visible = ("Visible", "Hidden", "VeryHidden")
        self.sheets_metadata = [
            SheetName(name, "WorkSheet", visible[min(self._book._sheet_visibility[index], 2)])
            for index, name in enumerate(self._book.sheet_names())
        ]

    def get_sheet_by_index(self, index: int) -> "SecondSheet":
        """Return a sheet."""
        return SecondSheet(self._book.sheet_by_index(index), self._book.datemode)


@dataclass(frozen=True)
class SheetName:
    """A sheet's name, type and visibility, as calamine tells them."""

    name: str
    typ: str
    visible: str


class SecondSheet:
    """A sheet of `SecondReader`: `start` and `end` of its used range (0-based), rows from the sheet's top."""

    def __init__(self, sheet: Any, datemode: int) -> None:
        self._sheet, self._datemode = sheet, datemode
        filled = sheet.nrows and sheet.ncols
        self.start = (0, 0) if filled else None
        self.end = (sheet.nrows - 1, sheet.ncols - 1) if filled else None

    def iter_rows(self) -> Iterator[list[Any]]:
        """Yield the rows as Python values."""
        for row in range(self._sheet.nrows):
            yield [self._convert(cell) for cell in self._sheet.row(row)]

    def _convert(self, cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return self._moment(cell.value)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return ErrorText(error_text(cell.value))
        return cell.value

    def _moment(self, serial: float) -> Any:
        try:
            moment = xlrd.xldate.xldate_as_datetime(serial, self._datemode)
        except (ValueError, OverflowError):
            return serial
        if serial < 1:
            return moment.time()
        return moment.date() if moment.time() == dt.time() else moment
