"""The styles of an .xls (BIFF5 and BIFF8): number formats and indents, and which cells have one that says something.

Runs inside the reading child.
"""

import struct

from include.connectors.workbook.formats import BUILT_IN, Gathering, Style, combine
from include.connectors.workbook.structure import Structure

_FORMAT, _STYLE, _CODE_PAGE = 0x41E, 0xE0, 0x42
_SINGLE = frozenset((0x203, 0x27E, 0x06, 0x206, 0x406, 0xFD, 0x204, 0xD6))
_MULTIPLE = 0xBD
CELLS = _SINGLE | {_MULTIPLE}
"""The records of numbers, formulas and texts."""


class LegacyStyles:
    """The styles that a workbook's globals declare, noted record by record.

    `is_known` is false where a format is written in a code page that nobody knows here.
    """

    def __init__(self, is_unicode: bool) -> None:
        self.is_known = True
        self._is_unicode = is_unicode
        self._codec = "cp1252"
        self._formats: dict[int, str] = dict(BUILT_IN)
        self._styles: list[tuple[int, int]] = []

    def note(self, code: int, content: bytes) -> None:
        """Take a record of the globals; those that aren't about styles are passed over."""
        if code == _FORMAT and len(content) > 3:
            self._formats[struct.unpack_from("<H", content)[0]] = self._read_text(content[2:])
        elif code == _STYLE and len(content) > 8:
            indent = content[8] & 0x0F if self._is_unicode else 0
            self._styles.append((struct.unpack_from("<H", content, 2)[0], indent))
        elif code == _CODE_PAGE and len(content) > 1:
            self._codec = f"cp{struct.unpack_from('<H', content)[0]}"

    def close(self) -> dict[int, Style]:
        """Return the styles that say anything, by number."""
        return combine(self._formats, self._styles)

    def _read_text(self, content: bytes) -> str:
        if self._is_unicode:
            length, is_wide = struct.unpack_from("<HB", content)
            return content[3:].decode("utf-16-le" if is_wide & 1 else "latin-1", "replace")[:length]
        text = content[1 : 1 + content[0]]
        try:
            return text.decode(self._codec, "replace")
        except LookupError:
            self.is_known = self.is_known and text.isascii()
            return text.decode("latin-1")


class StyledSheet:
    """Notes the cells of one sheet that have one of `styles`."""

    def __init__(self, styles: dict[int, Style]) -> None:
        self._styles, self._cells = styles, Gathering()

    def note(self, code: int, stream: bytes, start: int, length: int) -> None:
        """Take a record of `CELLS`."""
        row, col, number = struct.unpack_from("<3H", stream, start)
        if code != _MULTIPLE:
            if number in self._styles:
                self._cells.add(row + 1, col + 1, number)
            return
        for offset in range((length - 6) // 6):  # the style, then four bytes of a number, cell by cell
            (number,) = struct.unpack_from("<H", stream, start + 4 + 6 * offset)
            if number in self._styles:
                self._cells.add(row + 1, col + 1 + offset, number)

    def close(self, found: Structure) -> None:
        """Put what was noted into the sheet's structure."""
        found.styled = self._cells.close(self._styles)
