"""What the reader hides in an .ods: errors, formulas without a value, merges, what is hidden, number formats.

Runs inside the reading child; one pass by expat over `content.xml`, which holds all sheets.
"""

import re
import zipfile
from pathlib import Path

from include.connectors.workbook.formats import Gathering
from include.connectors.workbook.opendocument_styles import DocumentStyles
from include.connectors.workbook.refusing import refusal
from include.connectors.workbook.structure import Structure, parse

_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:[0-9]{3}")
_MOST_REPEATED = 1 << 20
_CELLS = ("table:table-cell", "table:covered-table-cell")


class OpenDocument:
    """The sheets of an .ods in the order in which they stand."""

    def __init__(self, path: Path) -> None:
        self.notes: dict[str, str] = {}
        self._sheets: list[Structure] = []
        self._depth = self._comments = 0
        self._row = self._rows = self._col = 0
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._styled = Gathering()
        self._row_style = ""
        self._column_styles: list[tuple[int, str]] = []
        """Default styles of columns: each up to and with a column (0-based)."""
        with zipfile.ZipFile(path) as archive:
            if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
                self.notes["macros"] = "ignored"
            self._styles = DocumentStyles(_read_named_styles(archive))
            parse(
                archive.read("content.xml"),
                "content.xml",
                StartElementHandler=self._start,
                EndElementHandler=self._end,
                CharacterDataHandler=self._collect,
            )

    def examine(self, name: str, index: int = 0) -> Structure:
        """Return the structure of the sheet that stands at `index`."""
        if index >= len(self._sheets):
            raise refusal("damaged_file", detail=f"the sheet {name!r} is missing")
        return self._sheets[index]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._depth += 1
            if self._depth == 1:
                self._sheets.append(Structure())
                self._row = self._rows = 0
                self._styled, self._column_styles = Gathering(), []
        elif self._depth == 0:
            self._styles.start(tag, attributes)
        elif self._depth != 1:
            return
        elif tag == "table:table-column":
            self._start_columns(attributes)
        elif tag == "table:table-row":
            self._row += self._rows
            self._rows, self._col = _count(attributes, "table:number-rows-repeated"), 0
            self._row_style = attributes.get("table:default-cell-style-name", "")
            if (
                attributes.get("table:visibility", "visible") != "visible"
                and self._rows < _MOST_REPEATED // 2
            ):
                hidden = range(self._row + 1, self._row + 1 + self._rows)
                self._sheets[-1].hidden_rows.extend(hidden)
        elif tag == "office:annotation":
            self._comments += 1
        elif tag in _CELLS:
            self._cell, self._text = attributes, []

    def _start_columns(self, attributes: dict[str, str]) -> None:
        first = self._column_styles[-1][0] + 1 if self._column_styles else 0
        last = first + _count(attributes, "table:number-columns-repeated") - 1
        self._column_styles.append((last, attributes.get("table:default-cell-style-name", "")))
        if attributes.get("table:visibility", "visible") != "visible":
            self._sheets[-1].hidden_columns.append((first + 1, last + 1))

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self._depth -= 1
            if self._depth == 0:
                self._sheets[-1].styled = self._styled.close(self._styles.known)
        elif self._depth == 0:
            self._styles.end(tag)
        elif tag == "office:annotation":
            self._comments -= 1
        elif self._depth == 1 and tag in _CELLS and self._cell is not None:
            self._note(self._cell, "".join(self._text).strip())
            self._col += _count(self._cell, "table:number-columns-repeated")
            self._cell = None

    def _collect(self, text: str) -> None:
        if self._depth == 0:
            self._styles.collect(text)
        elif self._cell is not None and not self._comments:
            self._text.append(text)

    def _note(self, cell: dict[str, str], text: str) -> None:
        sheet, place = self._sheets[-1], (self._row + 1, self._col + 1)
        formula, kind = "table:formula" in cell, cell.get("office:value-type")
        height = _count(cell, "table:number-rows-spanned")
        width = _count(cell, "table:number-columns-spanned")
        if height > 1 or width > 1:
            sheet.merged.append((*place, place[0] + height - 1, place[1] + width - 1))
        is_error = cell.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(text))
        is_uncached = formula and (kind is None or (kind == "float" and not text))
        style = self._style_of(cell, kind) if kind or text else 0
        if not is_error and not is_uncached and not style:
            return
        repeated = _count(cell, "table:number-columns-repeated")
        if self._rows * repeated > _MOST_REPEATED:
            raise refusal(
                "limit_exceeded", limit="repeated cells", allowed=_MOST_REPEATED, actual=self._rows * repeated
            )
        for row in range(place[0], place[0] + self._rows):
            for col in range(place[1], place[1] + repeated):
                if is_error:
                    sheet.errors[row, col] = text or "#ERROR!"
                elif is_uncached:
                    sheet.uncached.append((row, col))
                if style:
                    self._styled.add(row, col, style)

    def _style_of(self, cell: dict[str, str], kind: str | None) -> int:
        """Return the number of a cell's style, by its own name or that of its row or column; 0 for a plain one."""
        name = cell.get("table:style-name") or self._row_style
        if not name:
            name = next((style for last, style in self._column_styles if self._col <= last), "")
        return self._styles.number_of(name, is_percentage=kind == "percentage")


def _read_named_styles(archive: zipfile.ZipFile) -> DocumentStyles | None:
    if "styles.xml" not in archive.namelist():
        return None
    styles = DocumentStyles()
    parse(
        archive.read("styles.xml"),
        "styles.xml",
        StartElementHandler=styles.start,
        EndElementHandler=styles.end,
        CharacterDataHandler=styles.collect,
    )
    return styles


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(int(text), 1) if text.isdigit() and len(text) < 10 else 1
