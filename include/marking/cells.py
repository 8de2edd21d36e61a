"""The cells of one sheet's part: where they stand, and how they get another style.

Runs inside the marking child. Byte searches where the XML is written the usual way, expat where it isn't.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from xml.parsers import expat

from include.cell_names import column_letters
from include.connectors.workbook.structure import column_number
from include.marking.xmltree import Element, Splices, UnmarkableError, parse_tree, tag_end, with_attribute

_BODY = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?sheetData\b")
_ROW = re.compile(rb'<row r="([0-9]{1,7})"')
_STYLE = re.compile(rb"""\ss\s*=\s*["']([0-9]+)["']""")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
Cell = tuple[int, int]
"""Row and column, from 1."""


@dataclass
class Row:
    """A row's tags, and its cells as (column, start, end of the start tag) once they were looked for."""

    number: int
    start: int
    opened: int
    closing: int
    cells: list[tuple[int, int, int]] = field(default_factory=list)


class SheetPart:
    """One sheet's part: its frame as a tree (offsets in the whole part), and its rows where they are wanted."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        found = _BODY.search(content)
        if found is None:
            raise UnmarkableError("a sheet without sheetData")
        self.prefix = found[1].decode() + ":" if found[1] else ""
        self._opened = tag_end(content, found.start())
        self.is_empty = content[self._opened - 2 : self._opened] == b"/>"
        self._closing = self._opened if self.is_empty else content.rfind(b"</" + self._name("sheetData"))
        if self._closing < self._opened:
            raise UnmarkableError("sheetData has no end")
        self.frame = self._parse_frame()

    def _name(self, tag: str) -> bytes:
        return (self.prefix + tag).encode()

    def _parse_frame(self) -> Element:
        """Return the part without its rows, which may be hundreds of megabytes."""
        root = parse_tree(self.content[: self._opened] + self.content[self._closing :])
        cut = self._closing - self._opened
        for element in root.walk():
            for name in ("start", "opened", "closing", "end"):
                if getattr(element, name) > self._opened or (
                    name == "closing" and element.name == "sheetData"
                ):
                    setattr(element, name, getattr(element, name) + cut)
        return root

    def top_left(self, cell: Cell) -> Cell:
        """Return the cell that shows what stands at `cell`: of a merged range its first."""
        for merged in (item for block in self.frame.all("mergeCells") for item in block.children):
            corners = _PLACE.findall(merged.attributes.get("ref", ""))
            (left, top), (right, bottom) = (corners * 2)[:2] if corners else (("A", "0"), ("A", "0"))
            if int(top) <= cell[0] <= int(bottom) and column_number(left) <= cell[1] <= column_number(right):
                return int(top), column_number(left)
        return cell

    def restyle(self, wanted: Iterable[Cell], style_of: Callable[[int], int]) -> Splices:
        """Return the changes that give each wanted cell the style `style_of(its style)`.

        A cell that isn't there is added in its place, with the style of its row or column.
        """
        by_row: dict[int, list[int]] = {}
        for row, col in sorted(set(wanted)):
            by_row.setdefault(row, []).append(col)
        splices = Splices(self.content)
        rows = self._find_rows(set(by_row))
        numbers = [row.number for row in rows]
        missing: dict[int, bytes] = {}
        for number, columns in by_row.items():
            place = bisect_left(numbers, number)
            if place < len(rows) and numbers[place] == number:
                self._restyle_row(rows[place], columns, style_of, splices)
                continue
            cells = b"".join(self._new_cell(number, col, None, style_of) for col in columns)
            new = b'<%s r="%d">%s</%s>' % (self._name("row"), number, cells, self._name("row"))
            at = rows[place].start if place < len(rows) else self._closing
            missing[at] = missing.get(at, b"") + new
        for at, new in missing.items():
            if self.is_empty:
                whole = b">" + new + b"</" + self._name("sheetData") + b">"
                splices.replace(self._opened - 2, self._opened, whole)
            else:
                splices.insert(at, new)
        return splices

    def _restyle_row(
        self, row: Row, columns: list[int], style_of: Callable[[int], int], splices: Splices
    ) -> None:
        known = {col: (start, opened) for col, start, opened in row.cells}
        tag = self.content[row.start : row.opened]
        missing: dict[int, bytes] = {}
        for col in columns:
            if col in known:
                start, opened = known[col]
                cell = self.content[start:opened]
                style = _STYLE.search(cell)
                changed = with_attribute(cell, "s", style_of(int(style[1]) if style else 0))
                splices.replace(start, opened, changed)
                continue
            at = next((start for other, start, _ in row.cells if other > col), row.closing)
            missing[at] = missing.get(at, b"") + self._new_cell(row.number, col, tag, style_of)
        for at, new in missing.items():
            if row.opened == row.closing and tag.endswith(b"/>"):
                splices.replace(row.opened - 2, row.opened, b">" + new + b"</" + self._name("row") + b">")
            else:
                splices.insert(at, new)

    def _new_cell(self, row: int, col: int, tag: bytes | None, style_of: Callable[[int], int]) -> bytes:
        style = _STYLE.search(tag) if tag and b"customFormat" in tag else None
        base = int(style[1]) if style else self._column_style(col)
        return b'<%s r="%s%d" s="%d"/>' % (self._name("c"), column_letters(col).encode(), row, style_of(base))

    def _column_style(self, col: int) -> int:
        for item in (item for block in self.frame.all("cols") for item in block.children):
            if int(item.attributes.get("min", "0")) <= col <= int(item.attributes.get("max", "0")):
                return int(item.attributes.get("style", "0"))
        return 0

    def _find_rows(self, wanted: set[int]) -> list[Row]:
        """Return all rows in order, those wanted with their cells."""
        if self.is_empty:
            return []
        rows = self._search_rows(wanted) if self._is_usual() else None
        if rows is None:
            rows = _Walker(self.content, wanted).walk()
        numbers = [row.number for row in rows]
        if any(one >= other for one, other in pairwise(numbers)):
            raise UnmarkableError("rows out of order")
        return rows

    def _is_usual(self) -> bool:
        content = self.content
        return (
            not self.prefix
            and b"<!--" not in content
            and b"<![CDATA[" not in content
            and content.count(b"<row ") == content.count(b'<row r="')
            and content.count(b"<c ") == content.count(b'<c r="')
            and b"<row>" not in content
            and b"<c>" not in content
        )

    def _search_rows(self, wanted: set[int]) -> list[Row] | None:
        found = [(m.start(), int(m[1])) for m in _ROW.finditer(self.content, self._opened, self._closing)]
        rows = []
        for index, (start, number) in enumerate(found):
            row = Row(number, start, 0, 0)
            if number in wanted:
                stop = found[index + 1][0] if index + 1 < len(found) else self._closing
                self._open_row(row, stop)
                if row.closing < row.opened:
                    return None
            rows.append(row)
        return rows

    def _open_row(self, row: Row, stop: int) -> None:
        row.opened = tag_end(self.content, row.start)
        if self.content[row.opened - 2 : row.opened] == b"/>":
            row.closing = row.opened
            return
        row.closing = self.content.rfind(b"</row", row.opened, stop)
        for cell in re.finditer(
            rb'<c r="([A-Z]{1,3})%d"' % row.number, self.content[row.opened : row.closing]
        ):
            start = row.opened + cell.start()
            row.cells.append((column_number(cell[1].decode()), start, tag_end(self.content, start)))


class _Walker:
    """The same by expat, for XML written in an unusual but valid way."""

    def __init__(self, content: bytes, wanted: set[int]) -> None:
        self._content, self._wanted = content, wanted
        self._rows: list[Row] = []
        self._number = self._col = 0
        self._parser = expat.ParserCreate()

    def walk(self) -> list[Row]:
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        try:
            self._parser.Parse(self._content, True)
        except expat.ExpatError as error:
            raise UnmarkableError(f"a sheet isn't well-formed: {error}") from error
        return self._rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag, at = tag.rpartition(":")[2], self._parser.CurrentByteIndex
        if tag == "row":
            self._number, self._col = int(attributes.get("r", self._number + 1)), 0
            opened = tag_end(self._content, at) if self._number in self._wanted else 0
            self._rows.append(Row(self._number, at, opened, opened))
        elif tag == "c" and self._rows:
            place = _PLACE.match(attributes.get("r", ""))
            self._col = column_number(place[1]) if place else self._col + 1
            if self._number in self._wanted:
                self._rows[-1].cells.append((self._col, at, tag_end(self._content, at)))

    def _end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "row" and self._number in self._wanted:
            row = self._rows[-1]
            if self._content[row.opened - 2 : row.opened] != b"/>":
                row.closing = self._parser.CurrentByteIndex


def place_of(name: str) -> Cell | None:
    """Return row and column of a cell's name such as B5; None where it is none."""
    found = _PLACE.fullmatch(name)
    return (int(found[2]), column_number(found[1])) if found and int(found[2]) else None
