"""What calamine hides in a package of XML parts: error cells, formulas without a value, merges, hidden rows.

Runs inside the reading child. One pass of byte searches per sheet where the XML is written the usual way
(attribute `r` first, double quotes, no prefix), expat where it isn't.
"""

import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from include.connectors.workbook.formats import Style, StyledCells, read_styles, search_cells
from include.connectors.workbook.kinds import refusal

_CELL_WITH_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*)>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v>([^<]*)</v>|<v[^>]*/>)?'
)
_ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*) t="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>'
)
_MERGE = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
_HIDDEN_ROW = re.compile(rb'<row r="([0-9]+)"[^>]* hidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<col [^>]*hidden="(?:1|true)"[^>]*>')
_RANGE = re.compile(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?$")
Cell = tuple[int, int]


@dataclass
class Structure:
    """What one sheet's XML says; rows and columns are 1-based."""

    errors: dict[Cell, str] = field(default_factory=dict)
    uncached: list[Cell] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of hidden columns, each (first, last)."""
    styled: StyledCells | None = None
    """Cells whose number format or indent says something."""


class Package:
    """The parts of an .xlsx or .xlsm that name the sheets, read once per file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}
        self.sheets: dict[str, str] = {}
        """Sheet name to the name of its part."""
        self.recalculates = False
        """The workbook asks to be calculated when opened: its cached zeros may be placeholders."""
        self._read_workbook()
        self._styles = self._read_styles()

    def examine(self, sheet: str) -> Structure:
        """Return the structure of `sheet`; raises RefusedError where its part is missing or isn't XML."""
        part = self._names.get(_plain(self.sheets.get(sheet, "")))
        if part is None:
            raise refusal("damaged_file", detail=f"the part of sheet {sheet!r} is missing")
        content = self._archive.read(part)
        found = _search(content, self.recalculates) if _is_canonical(content) else None
        if found is None:
            return _Walker(self.recalculates, self._styles).walk(content)
        if self._styles:
            found.styled = StyledCells(self._styles, search_cells(content, self._styles))
        return found

    def _read_workbook(self) -> None:
        root = self._find_workbook()
        targets = {
            item["Id"]: item["Target"]
            for item in self._elements(_relations_of(root), "Relationship")
            if "Id" in item
        }
        folder = root.rpartition("/")[0]
        self._parts = [_join("" if target.startswith("/") else folder, target) for target in targets.values()]
        for item in self._elements(root, "sheet", "calcPr"):
            if item.get("fullCalcOnLoad") in ("1", "true"):
                self.recalculates = True
            target = targets.get(item.get("id", ""))
            if "name" in item and target is not None:
                self.sheets[item["name"]] = target if target.startswith("/") else _join(folder, target)

    def _read_styles(self) -> dict[int, Style]:
        part = next((part for part in self._parts if part.lower().endswith("styles.xml")), "")
        name = self._names.get(_plain(part))
        if name is None:
            return {}
        content = self._archive.read(name)
        _parse(content)
        return read_styles(content)

    def _find_workbook(self) -> str:
        for item in self._elements("_rels/.rels", "Relationship"):
            if item.get("Type", "").endswith("/officeDocument"):
                return _join("", item["Target"])
        return "xl/workbook.xml"

    def _elements(self, part: str, *tags: str) -> list[dict[str, str]]:
        """Return the attributes (local names) of all elements of these local names, in document order."""
        name = self._names.get(_plain(part))
        if name is None:
            return []
        found: list[dict[str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag.rpartition(":")[2] in tags:
                found.append({key.rpartition(":")[2]: value for key, value in attributes.items()})

        _parse(self._archive.read(name), StartElementHandler=start)
        return found


def column_number(letters: str | bytes) -> int:
    """Return the 1-based number of spreadsheet letters: A is 1, AB is 28."""
    text = letters.decode("ascii") if isinstance(letters, bytes) else letters
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number


def _search(content: bytes, recalculates: bool) -> Structure | None:
    """Return the structure, or None where a formula or error cell is written so that the search misses it."""
    found = Structure()
    if b't="e"' in content:
        for letters, row, _, text in _ERROR_CELL.findall(content):
            found.errors[int(row), column_number(letters)] = text.decode("utf-8", "replace")
        if len(found.errors) != content.count(b't="e"'):
            return None
    if b"<f" in content:
        formulas = _CELL_WITH_FORMULA.findall(content)
        if len(formulas) != sum(map(content.count, (b"<f>", b"<f ", b"<f/"))):
            return None
        for letters, row, attributes, value in formulas:
            if _lacks_value(b't="str"' in attributes, value.decode("utf-8", "replace"), recalculates):
                found.uncached.append((int(row), column_number(letters)))
    tail = content.find(b"<mergeCell ")
    if tail >= 0:
        found.merged = [
            (int(r1), column_number(c1), int(r2), column_number(c2))
            for c1, r1, c2, r2 in _MERGE.findall(content, tail)
        ]
    if b' hidden="' in content:
        found.hidden_rows = [int(row) for row in _HIDDEN_ROW.findall(content)]
        found.hidden_columns = [_column_range(text) for text in _HIDDEN_COLUMN.findall(content)]
    return found


def _column_range(element: bytes) -> tuple[int, int]:
    """Return the (first, last) column of a `<col min="3" max="4" ...>`."""
    first, last = (re.search(rb' %s="([0-9]+)"' % name, element) for name in (b"min", b"max"))
    return (int(first[1]), int(last[1])) if first and last else (0, 0)


def _lacks_value(is_text: bool, value: str, recalculates: bool) -> bool:
    """Tell whether a formula's cached value is absent or, as a 0 in a workbook to be recalculated, made up.

    An empty text result is a value.
    """
    value = value.strip()
    return not is_text and (not value or (recalculates and value == "0"))


def _is_canonical(content: bytes) -> bool:
    head = content[:4096]
    return (
        b"<worksheet" in head
        and b"<!DOCTYPE" not in head
        and b"<![CDATA[" not in content
        and b"<!--" not in content
        and content.count(b"<c ") == content.count(b'<c r="')
        and content.count(b"<row ") == content.count(b'<row r="')
        and b"<c>" not in content
        and b"<row>" not in content
        and b" t='" not in content
        and b"hidden='" not in content
    )


class _Walker:
    """The same by expat, for XML written in an unusual but valid way."""

    def __init__(self, recalculates: bool, styles: dict[int, Style]) -> None:
        self._recalculates, self._styles = recalculates, styles
        self._styled: list[tuple[int, int, int]] = []
        self.found = Structure()
        self._row = self._col = 0
        self._kind = ""
        self._has_formula = False
        self._text: list[str] | None = None
        self._value = ""

    def walk(self, content: bytes) -> Structure:
        _parse(
            content,
            StartElementHandler=self._start,
            EndElementHandler=self._end,
            CharacterDataHandler=lambda text: self._text.append(text) if self._text is not None else None,
        )
        if self._styled:
            self.found.styled = StyledCells(self._styles, iter(self._styled))
        return self.found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._col = 0
            if attributes.get("hidden") in ("1", "true"):
                self.found.hidden_rows.append(self._row)
        elif tag == "c":
            place = _RANGE.match(attributes.get("r", ""))
            self._col = column_number(place[1]) if place else self._col + 1
            self._row = int(place[2]) if place else self._row
            self._kind, self._has_formula, self._value = attributes.get("t", "n"), False, ""
            if (style := int(attributes.get("s") or 0)) in self._styles:
                self._styled.append((self._row, self._col, style))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self.found.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif tag == "f":
            self._has_formula = True
        elif tag == "v":
            self._text = []
        elif tag == "mergeCell" and (place := _RANGE.match(attributes.get("ref", ""))) and place[3]:
            self.found.merged.append(
                (int(place[2]), column_number(place[1]), int(place[4]), column_number(place[3]))
            )

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "v" and self._text is not None:
            self._value, self._text = "".join(self._text), None
        elif tag == "c":
            if self._kind == "e" and self._value:
                self.found.errors[self._row, self._col] = self._value
            elif self._has_formula and _lacks_value(self._kind == "str", self._value, self._recalculates):
                self.found.uncached.append((self._row, self._col))


def _parse(content: bytes, **handlers: Any) -> None:
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise refusal("damaged_file", detail="a part declares entities")

    parser.EntityDeclHandler = refuse
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise refusal("damaged_file", detail=f"not well-formed XML: {error}") from error


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _join(folder: str, target: str) -> str:
    parts = folder.split("/") if folder and not target.startswith("/") else []
    for step in target.strip("/").split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(parts)
