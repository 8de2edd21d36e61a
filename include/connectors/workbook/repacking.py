"""A copy of a package for a reader that refuses the whole workbook for one sheet that it doesn't know.

Runs inside the reading child. calamine opens no workbook that holds a sheet of Excel 4 macros or a sheet whose
part lies in a folder of another name. The copy lists the other sheets only, at the usual places, with their
parts as they were.
"""

import struct
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from include.connectors.workbook.binary import BUNDLE_SHEET, walk
from include.connectors.workbook.structure import Package, Part, plain, relations_of

_FOLDERS = {"worksheet": "worksheets", "chartsheet": "chartsheets", "dialogsheet": "dialogsheets"}
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NEEDED = ("sharedStrings", "styles")


def needs_copy(package: Package) -> bool:
    """Whether a sheet is one that the reader doesn't know, or lies where it doesn't look."""
    return any(not plain(part.path).startswith(_place(part)) for part in package.sheets.values())


def _place(part: Part) -> str:
    return f"xl/{_FOLDERS.get(part.type.rpartition('/')[2], '?')}/"


def copy_package(package: Package, target: Path) -> list[Part]:
    """Write the copy and return the sheets left out: those of a kind that the reader doesn't know."""
    sheets = [part for part in package.sheets.values() if "?" not in _place(part)]
    ending = package.root.rpartition(".")[2]
    paths = {part.name: f"{_place(part)}sheet{number}.{ending}" for number, part in enumerate(sheets, 1)}
    relations = [
        (f"s{number}", f"{_RELATIONS}/{part.type.rpartition('/')[2]}", f"/{paths[part.name]}")
        for number, part in enumerate(sheets, 1)
    ]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for part in sheets:
            copy.writestr(paths[part.name], package.read_part(part.name))
        for word in _NEEDED:
            if content := package.read_by_type(word):
                copy.writestr(f"xl/{word}.{ending}", content)
                relations.append((word, f"{_RELATIONS}/{word}", f"/xl/{word}.{ending}"))
        root = f"xl/workbook.{ending}"
        copy.writestr(root, _binary_book(package, sheets) if ending == "bin" else _xml_book(package, sheets))
        copy.writestr(relations_of(root), _relationships(relations))
        copy.writestr("_rels/.rels", _relationships([("r", f"{_RELATIONS}/officeDocument", root)]))
        copy.writestr("[Content_Types].xml", "<Types/>")
    return [part for part in package.sheets.values() if part not in sheets]


def _relationships(relations: list[tuple[str, str, str]]) -> str:
    items = "".join(
        f"<Relationship Id={quoteattr(key)} Type={quoteattr(kind)} Target={quoteattr(target)}/>"
        for key, kind, target in relations
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'


def _xml_book(package: Package, sheets: list[Part]) -> str:
    items = "".join(
        f'<sheet name={quoteattr(part.name)} sheetId="{number}" state="{escape(part.state)}" r:id="s{number}"/>'
        for number, part in enumerate(sheets, 1)
    )
    return (
        f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_RELATIONS}">'
        f'<workbookPr date1904="{int(package.is_1904)}"/><sheets>{items}</sheets></workbook>'
    )


def _binary_book(package: Package, sheets: list[Part]) -> bytes:
    """Return the workbook's records with the sheets that stay, their relationships renamed."""
    numbers = {part.name: number for number, part in enumerate(sheets, 1)}
    book = bytearray()
    for kind, record in walk(package.read_root()):
        if kind == BUNDLE_SHEET:
            (length,) = struct.unpack_from("<I", record, 8)
            name = record[12 + 2 * length :]
            number = numbers.get(name[4:].decode("utf-16-le", "replace"))
            if number is None:
                continue
            relation = f"s{number}".encode("utf-16-le")
            content = record[:8] + struct.pack("<I", len(relation) // 2) + relation + name
        else:
            content = record
        book += _varint(kind, 2) + _varint(len(content), 4) + content
    return bytes(book)


def _varint(number: int, most: int) -> bytes:
    parts = bytearray()
    for _ in range(most):
        number, part = number >> 7, number & 0x7F
        parts.append(part | (0x80 if number else 0))
        if not number:
            break
    return bytes(parts)
