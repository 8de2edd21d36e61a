"""Proof that a marked copy says what the delivered workbook says. Runs inside the marking child."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from python_calamine import CalamineWorkbook

from include.marking.package import Package
from include.marking.styles import number_formats
from include.marking.xmltree import UnmarkableError

_CONTENT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?[fvt](?:\s[^>]*)?(?:/>|>[^<]*<)")
"""Formulas, stored values (error cells too, which the reader hides) and inline texts."""


def require_same(
    original: Path, copy: Path, sheets: Sequence[str], styles: tuple[bytes, bytes, dict[int, int]]
) -> None:
    """Open both again; raise UnmarkableError unless the sheets that were changed hold the same.

    Compared are names, values as the reader gives them, formulas and stored values, and number formats:
    `styles` is the part before and after, and which style each marked one was made from. The other sheets'
    parts are the same bytes.
    """
    before, after = CalamineWorkbook.from_path(str(original)), CalamineWorkbook.from_path(str(copy))
    if before.sheet_names != after.sheet_names[: len(before.sheet_names)]:
        raise UnmarkableError("the copy has other sheets")
    for sheet in sheets:
        if _content(original, sheet) != _content(copy, sheet):
            raise UnmarkableError("the copy has other formulas or stored values")
        if _values(before, sheet) != _values(after, sheet):
            raise UnmarkableError("the copy has other values")
    _require_same_formats(*styles)


def _content(path: Path, sheet: str) -> bytes:
    package, digest = Package(path), hashlib.blake2b()
    for element in _CONTENT.finditer(package.read(package.sheets[sheet])):
        digest.update(element[0])
    return digest.digest()


def _values(book: CalamineWorkbook, name: str) -> bytes:
    sheet = book.get_sheet_by_name(name)
    digest = hashlib.blake2b(repr((sheet.start, sheet.end, sheet.merged_cell_ranges)).encode())
    for row in sheet.iter_rows():
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.digest()


def _require_same_formats(before: bytes, after: bytes, renewed: dict[int, int]) -> None:
    old, new = number_formats(before), number_formats(after)
    if new[: len(old)] != old or any(new[made] != new[base] for made, base in renewed.items()):
        raise UnmarkableError("the copy has other number formats")
