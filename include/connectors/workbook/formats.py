"""Number formats that show another number than a cell stores, and indents: what the styles of cells say.

Runs inside the reading child. `12%` is stored as 0.12, and `0!.0,` shows ten thousands: what a clerk saw and typed
is the shown number, so the cell's text has to tell.
"""

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

import numpy as np

from include.connectors.workbook.cells import IndentedText, ShownNumber, number_text

SCALED_MARKS = "⟨⟩"
"""What encloses the format behind a number that it shows as another one; `include.coerce` refuses it by these."""

BUILT_IN = {9: "0%", 10: "0.00%"}
"""The number formats that say something and stand in no file."""

_COLUMNS = 1 << 15
_TOKEN = re.compile(r'"[^"]*"?|[\\!_*].|\[[^\]]*\]|.', re.DOTALL)
_SCALING_COMMA = re.compile(r"[0#?],+(?![0#?,])")
_MULTIPLIER = re.compile(
    r"[十百千万亿兆](?!分|克|米|瓦|升|卡|帕|赫|伏|字)|[‰]|\b(?:thousand|million|billion|[kKM])\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Style:
    """What a cell style says beside the value.

    `percent`: the number is stored as a hundredth of what is shown; `suffix`: what is shown behind it;
    `indent`: steps by which the text stands in.
    """

    percent: bool = False
    suffix: str = ""
    indent: int = 0

    def show(self, value: Any) -> Any:
        """Return a number as `12%` or `3.5 ⟨0.0"万"⟩`, a text behind its indent; other values as they are."""
        if isinstance(value, str) and type(value) is str and value and self.indent:
            return IndentedText("  " * self.indent + value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.suffix:
            return value
        text = number_text(float(value))
        if self.percent and math.isfinite(value):
            text = _times_hundred(text)
        return ShownNumber(text + self.suffix)


def _times_hundred(text: str) -> str:
    """Return a number in plain notation with its point two places on; as a text, for there may be millions."""
    whole, _, fraction = text.partition(".")
    digits, rest = whole + fraction[:2].ljust(2, "0"), fraction[2:]
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    bare = digits.lstrip("0") or "0"
    return f"{sign}{bare}.{rest}" if rest else f"{sign}{bare}" if bare != "0" else "0"


def read_format(code: str) -> Style:
    """Return what a number format does to the number shown.

    `0.0%` shows hundredfold, `0.0"%"` and `0.0"万"` put words behind it that change its size, `#,##0,` and
    `0!.0,` show thousands, `;;;` shows nothing.
    """
    bare, literal = "", ""
    for token in _TOKEN.findall(code):
        if token[0] == '"':
            literal += token.strip('"')
        elif token[0] in "\\!":
            literal += token[1:]
        elif token[0] not in "_*[":
            bare += token
            literal += token if not token.isascii() else " "
    if "%" in bare:
        return Style(percent=True, suffix="%")
    hides = not re.search(r"[0#?@A-Za-z]", bare.partition(";")[0]) and bool(code)
    if hides or _SCALING_COMMA.search(bare) or "." in literal or _MULTIPLIER.search(literal):
        return Style(suffix=f" {SCALED_MARKS[0]}{code}{SCALED_MARKS[1]}")
    return Style(suffix="%") if "%" in literal else Style()


def read_styles(content: bytes) -> dict[int, Style]:
    """Return the cell styles of a package's styles part that say anything, by number."""
    formats: dict[int, str] = dict(BUILT_IN)
    styles: list[tuple[int, int]] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = tag.rpartition(":")[2]
        if tag == "numFmt" and attributes.get("numFmtId", "").isdecimal():
            formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            styles.append((int(attributes.get("numFmtId") or 0), 0))
        elif tag == "alignment" and inside and styles:
            styles[-1] = styles[-1][0], int(attributes.get("indent") or 0)

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and tag.rpartition(":")[2] != "cellXfs"

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(content, True)
    return combine(formats, styles)


def combine(formats: Mapping[int, str], styles: Iterable[tuple[int, int]]) -> dict[int, Style]:
    """Return the cell styles that say anything, by number: `styles` are (format, indent), `formats` their codes."""
    known = {number: read_format(code) for number, code in formats.items()}
    found = {}
    for place, (number, indent) in enumerate(styles):
        style = known.get(number, Style())
        if style.suffix or indent:
            found[place] = Style(style.percent, style.suffix, indent)
    return found


class StyledCells:
    """The cells of one sheet that have one of the styles that say something; compact, as there may be millions."""

    def __init__(self, styles: Mapping[int, Style], cells: Iterable[tuple[int, int, int]]) -> None:
        """Take the styles and each cell as (row, column, style number), counted from 1."""
        packed = np.fromiter(
            (code for row, col, style in cells for code in (row * _COLUMNS + col, style)), np.int64
        )
        order = np.argsort(packed[::2], kind="stable")
        self._places, self._styles = array("q"), array("i")
        self._places.frombytes(packed[::2][order].tobytes())
        self._styles.frombytes(packed[1::2][order].astype(np.int32).tobytes())
        self._known = styles

    def show(self, row: int, first_col: int, values: list[Any]) -> None:
        """Put what is shown in place of the values of a row whose first value stands in column `first_col`."""
        place, end = bisect_left(self._places, row * _COLUMNS), (row + 1) * _COLUMNS
        while place < len(self._places) and self._places[place] < end:
            at = self._places[place] - row * _COLUMNS - first_col
            if 0 <= at < len(values):
                values[at] = self._known[self._styles[place]].show(values[at])
            place += 1


class Gathering:
    """The styled cells of one sheet while they are met one by one, at twelve bytes each."""

    def __init__(self) -> None:
        self._rows, self._cols, self._numbers = array("i"), array("i"), array("i")

    def add(self, row: int, col: int, number: int) -> None:
        """Note a cell, counted from 1, and the number of its style."""
        self._rows.append(row)
        self._cols.append(col)
        self._numbers.append(number)

    def close(self, styles: Mapping[int, Style]) -> StyledCells | None:
        """Return the cells; None where there are none."""
        if not self._rows:
            return None
        return StyledCells(styles, zip(self._rows, self._cols, self._numbers, strict=True))


def search_cells(content: bytes, styles: Mapping[int, Style]) -> Iterator[tuple[int, int, int]]:
    """Yield (row, column, style) of the cells of these styles in a sheet's XML that is written the usual way."""
    columns: dict[bytes, int] = {}
    numbers = b"|".join(str(number).encode() for number in sorted(styles))
    wanted = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*? s="(' + numbers + rb')"')
    for match in wanted.finditer(content):
        letters, row, style = match.groups()
        if letters not in columns:
            number = 0
            for letter in letters:
                number = number * 26 + letter - 64
            columns[letters] = number
        yield int(row), columns[letters], int(style)
