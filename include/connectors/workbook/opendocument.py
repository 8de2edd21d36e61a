"""What the reader hides in an .ods: error cells, formulas without a value, merges, hidden rows.

Runs inside the reading child; one pass by expat over `content.xml`, which holds all sheets.
"""

import re
import zipfile
from pathlib import Path

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
        with zipfile.ZipFile(path) as archive:
            if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
                self.notes["macros"] = "ignored"
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
        elif self._depth != 1:
            return
        elif tag == "table:table-row":
            self._row += self._rows
            self._rows, self._col = _count(attributes, "table:number-rows-repeated"), 0
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

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self._depth -= 1
        elif tag == "office:annotation":
            self._comments -= 1
        elif self._depth == 1 and tag in _CELLS and self._cell is not None:
            self._note(self._cell, "".join(self._text).strip())
            self._col += _count(self._cell, "table:number-columns-repeated")
            self._cell = None

    def _collect(self, text: str) -> None:
        if self._cell is not None and not self._comments:
            self._text.append(text)

    def _note(self, cell: dict[str, str], text: str) -> None:
        sheet, place = self._sheets[-1], (self._row + 1, self._col + 1)
        formula, kind = "table:formula" in cell, cell.get("office:value-type")
        height = _count(cell, "table:number-rows-spanned")
        width = _count(cell, "table:number-columns-spanned")
        if height > 1 or width > 1:
            sheet.merged.append((*place, place[0] + height - 1, place[1] + width - 1))
        is_error = cell.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(text))
        if not is_error and not (formula and (kind is None or (kind == "float" and not text))):
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
                else:
                    sheet.uncached.append((row, col))


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(int(text), 1) if text.isdigit() and len(text) < 10 else 1
