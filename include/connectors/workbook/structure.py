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
from include.connectors.workbook.refusing import refusal

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
    formulas: int = field(default=0, compare=False)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of hidden columns, each (first, last)."""
    styled: StyledCells | None = None
    """Cells whose number format or indent says something."""


@dataclass(frozen=True)
class Part:
    """A sheet as the workbook lists it: its name, its state, the path of its part and the relationship's type."""

    name: str
    state: str
    path: str
    type: str

    @property
    def is_macro(self) -> bool:
        """Whether it is a sheet of Excel 4 macros, which the reader refuses the whole workbook for."""
        return self.type.lower().endswith("macrosheet")


class Package:
    """The parts of an .xlsx or .xlsm that name the sheets, read once per file."""

    root = "xl/workbook.xml"

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._names = {plain(name): name for name in archive.namelist()}
        self.sheets: dict[str, Part] = {}
        self.notes: dict[str, str] = {}
        self.is_1904 = False
        self.recalculates = False
        """The workbook asks to be calculated when opened: its cached zeros may be placeholders."""
        self._is_manual = False
        self.root = self._find_root()
        self._targets = self._read_relations()
        self._read_workbook(self._targets)
        if any(part.is_macro for part in self.sheets.values()) or self.has("vbaproject.bin"):
            self.notes["macros"] = "ignored"
        self._styles = self._read_styles()

    def has(self, ending: str) -> bool:
        """Whether a part's path ends so."""
        return any(name.endswith(ending) for name in self._names)

    def examine(self, name: str, index: int = 0) -> Structure:  # noqa: ARG002 - others go by it
        """Return the structure of a sheet; raises RefusedError where its part is missing or isn't XML."""
        content = self.read_part(name)
        found = _search(content, self.recalculates) if _is_canonical(content) else None
        if found is None:
            found = _Walker(self.recalculates, self._styles).walk(content, self.sheets[name].path)
        elif self._styles:
            found.styled = StyledCells(self._styles, search_cells(content, self._styles))
        if found.formulas and (self.recalculates or self._is_manual):
            self.notes["formulas"] = "saved without recalculation"
        return found

    def read_part(self, sheet: str) -> bytes:
        """Return the part of a sheet; raises RefusedError where there is none."""
        known = self.sheets.get(sheet)
        part = self._names.get(plain(known.path)) if known else None
        if part is None:
            raise refusal("damaged_file", detail=f"the part of sheet {sheet!r} is missing")
        return self.archive.read(part)

    def read_root(self) -> bytes:
        """Return the workbook's own part."""
        name = self._names.get(plain(self.root))
        if name is None:
            raise refusal("damaged_file", detail=f"{self.root} is missing")
        return self.archive.read(name)

    def read_by_type(self, word: str) -> bytes | None:
        """Return the first part that the workbook refers to by a relationship of this type, if there is one."""
        for path, kind in self._targets.values():
            if kind.endswith(f"/{word}") and plain(path) in self._names:
                return self.archive.read(self._names[plain(path)])
        return None

    def _read_relations(self) -> dict[str, tuple[str, str]]:
        """Return (path, type) of what the workbook refers to, by id."""
        folder = self.root.rpartition("/")[0]
        return {
            item["Id"]: (join(folder, item["Target"]), item.get("Type", ""))
            for item in self._elements(relations_of(self.root), "Relationship")
            if "Id" in item and "Target" in item
        }

    def _read_workbook(self, targets: dict[str, tuple[str, str]]) -> None:
        for item in self._elements(self.root, "workbookPr", "sheet", "calcPr"):
            self.is_1904 |= item.get("date1904") in ("1", "true")
            self.recalculates |= item.get("fullCalcOnLoad") in ("1", "true")
            self._is_manual |= item.get("calcMode") == "manual" and item.get("calcOnSave") in ("0", "false")
            if "name" in item and (target := targets.get(item.get("id", ""))):
                self.sheets[item["name"]] = Part(item["name"], item.get("state", "visible"), *target)

    def _read_styles(self) -> dict[int, Style]:
        content = self.read_by_type("styles")
        if content is None:
            return {}
        parse(content, "the part of styles")
        return read_styles(content)

    def _find_root(self) -> str:
        for item in self._elements("_rels/.rels", "Relationship"):
            if item.get("Type", "").endswith("/officeDocument"):
                return join("", item.get("Target", ""))
        return self.root

    def _elements(self, part: str, *tags: str) -> list[dict[str, str]]:
        """Return the attributes (local names) of all elements of these local names, in document order."""
        name = self._names.get(plain(part))
        if name is None:
            return []
        found: list[dict[str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag.rpartition(":")[2] in tags:
                found.append({key.rpartition(":")[2]: value for key, value in attributes.items()})

        parse(self.archive.read(name), part, StartElementHandler=start)
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
        found.formulas = len(formulas)
        for letters, row, attributes, value in formulas:
            if _lacks_value(b't="str"' in attributes, value.decode("utf-8", "replace"), recalculates):
                found.uncached.append((int(row), column_number(letters)))
    return _search_layout(content, found)


def _search_layout(content: bytes, found: Structure) -> Structure | None:
    tail = content.find(b"<mergeCell ")
    if tail >= 0:
        found.merged = [
            (int(r1), column_number(c1), int(r2), column_number(c2))
            for c1, r1, c2, r2 in _MERGE.findall(content, tail)
        ]
        if len(found.merged) != content.count(b"<mergeCell ", tail):
            return None
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

    def walk(self, content: bytes, part: str) -> Structure:
        parse(
            content,
            part,
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
            self.found.formulas += 1
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


def parse(content: bytes, part: str, **handlers: Any) -> None:
    """Run the handlers over XML; raises RefusedError where it isn't well-formed or declares entities."""
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise refusal("damaged_file", detail=f"{part} declares entities")

    parser.EntityDeclHandler = refuse
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise refusal("damaged_file", detail=f"{part} isn't well-formed XML: {error}") from error


def plain(name: str) -> str:
    """Return the path of a part as it is compared: lower case, forward slashes, from the root."""
    return name.replace("\\", "/").lstrip("/").lower()


def relations_of(part: str) -> str:
    """Return the path of a part's relationships."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def join(folder: str, target: str) -> str:
    """Return the path that `target` names, seen from `folder`."""
    target = target.replace("\\", "/")
    parts = folder.split("/") if folder and not target.startswith("/") else []
    for step in target.strip("/").split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(parts)
