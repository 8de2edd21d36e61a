"""The cell styles of an .ods: its number styles told as the number formats that other workbooks have, and indents.

Runs inside the reading child. The parser of `content.xml` hands on what it meets before the sheets; `styles.xml`
has the styles with names of their own.
"""

import re
from dataclasses import dataclass, field

from include.connectors.workbook.formats import Style, read_format

_NUMBER_STYLES = {
    "number:number-style": "",
    "number:currency-style": "",
    "number:percentage-style": "%",
    "number:text-style": "@",
}
_LITERALS = ("number:text", "number:embedded-text", "number:currency-symbol")
_LENGTH = re.compile(r"([0-9.]+)(cm|mm|in|pt|pc)")
_POINTS = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pt": 1.0, "pc": 12.0}
_STEP = 10.0
"""Points by which one step of indent stands in."""
_MOST_PARENTS = 16


@dataclass
class _NumberStyle:
    sign: str
    code: str = ""
    conditions: list[str] = field(default_factory=list)
    """Styles of the numbers that a condition picks: sections before its own."""


@dataclass
class _CellStyle:
    numbers: str
    parent: str
    indent: int = 0


class DocumentStyles:
    """The styles of one part; `outer` are those of the part that it builds on.

    A style's number is one of this object's own, for `known`, where it says anything; 0 where it doesn't.
    """

    def __init__(self, outer: "DocumentStyles | None" = None) -> None:
        self.known: dict[int, Style] = {}
        self._outer = outer
        self._numbers: dict[str, _NumberStyle] = {}
        self._cells: dict[str, _CellStyle] = {}
        self._open: _NumberStyle | None = None
        self._cell: _CellStyle | None = None
        self._text: list[str] | None = None
        self._found: dict[tuple[str, bool], int] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        if tag in _NUMBER_STYLES:
            self._open = _NumberStyle(_NUMBER_STYLES[tag])
            self._numbers[attributes.get("style:name", "")] = self._open
        elif self._open is not None:
            self._start_within(self._open, tag, attributes)
        elif tag == "style:style" and attributes.get("style:family") == "table-cell":
            numbers, parent = (
                attributes.get(f"style:{name}", "") for name in ("data-style-name", "parent-style-name")
            )
            self._cell = self._cells[attributes.get("style:name", "")] = _CellStyle(numbers, parent)
        elif tag == "style:paragraph-properties" and self._cell is not None:
            self._cell.indent = _read_indent(attributes.get("fo:margin-left", ""))

    def _start_within(self, style: _NumberStyle, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("number:number", "number:fraction", "number:scientific-number"):
            places = attributes.get("number:decimal-places", "0")
            style.code += "0." + "0" * int(places) if places.isdecimal() and 0 < int(places) < 20 else "0"
            factor = attributes.get("number:display-factor", "1")
            style.code += "" if factor in ("1", "") else ","
        elif tag in _LITERALS:
            self._text = []
        elif tag == "style:map":
            style.conditions.append(attributes.get("style:apply-style-name", ""))

    def collect(self, text: str) -> None:
        """Take characters."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if tag in _NUMBER_STYLES:
            self._open = None
        elif tag == "style:style":
            self._cell = None
        elif tag in _LITERALS and self._open is not None and self._text is not None:
            literal, self._text = "".join(self._text).replace('"', ""), None
            before, sign, after = literal.partition(self._open.sign or "\0")
            self._open.code += _quote(before) + sign + _quote(after)

    def number_of(self, name: str, *, is_percentage: bool = False) -> int:
        """Return the number of the cell style `name`; `is_percentage` where the cell says to be one itself."""
        key = (name, is_percentage)
        if key not in self._found:
            code, indent = self._resolve(name)
            style = read_format(code)
            if is_percentage and not style.suffix:
                style = Style(percent=True, suffix="%")
            said = Style(style.percent, style.suffix, indent)
            self._found[key] = len(self._found) + 1 if style.suffix or indent else 0
            self.known |= {self._found[key]: said} if self._found[key] else {}
        return self._found[key]

    def _resolve(self, name: str) -> tuple[str, int]:
        """Return the number format and the indent of a cell style, from the styles that it builds on too."""
        code, indent, scope = "", 0, self
        for _ in range(_MOST_PARENTS):
            while name not in scope._cells and scope._outer is not None:
                scope = scope._outer
            style = scope._cells.get(name)
            if style is None:
                break
            code = code or (scope._code_of(style.numbers) if style.numbers else "")
            indent = indent or style.indent
            name = style.parent
        return code, indent

    def _code_of(self, name: str) -> str:
        style = self._numbers.get(name)
        if style is None:
            return self._outer._code_of(name) if self._outer is not None else ""
        sections = [self._numbers[other] for other in style.conditions if other in self._numbers]
        return ";".join(_complete(section) for section in [*sections, style])


def _complete(style: _NumberStyle) -> str:
    """Return a section's code; a percentage that doesn't write its sign is one all the same."""
    return style.code if style.sign in style.code else style.code + style.sign


def _quote(text: str) -> str:
    return f'"{text}"' if text else ""


def _read_indent(length: str) -> int:
    found = _LENGTH.fullmatch(length)
    return max(1, round(float(found[1]) * _POINTS[found[2]] / _STEP)) if found and float(found[1]) else 0
