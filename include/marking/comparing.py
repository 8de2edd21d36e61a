"""Proof that a marked copy says what the delivered workbook says. Runs inside the marking child."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import fastexcel

from include.marking.package import Package
from include.marking.styles import number_formats
from include.marking.xmltree import UnmarkableError

_FORMULA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?f(?:\s[^>]*)?(?:/>|>[^<]*<)")


def require_same(
    original: Path, copy: Path, sheets: Sequence[str], styles: tuple[bytes, bytes, dict[int, int]]
) -> None:
    """Open both again; raise UnmarkableError unless the sheets that were changed hold the same.

    Compared are names, values and error cells as another reader than ours sees them, formulas, and number
    formats: `styles` is the part before and after, and which style each marked one was made from. The other
    sheets' parts are the same bytes.
    """
    before, after = fastexcel.read_excel(str(original)), fastexcel.read_excel(str(copy))
    if before.sheet_names != after.sheet_names[: len(before.sheet_names)]:
        raise UnmarkableError("the copy has other sheets")
    packages = Package(original), Package(copy)
    for sheet in sheets:
        if _formulas(packages[0], sheet) != _formulas(packages[1], sheet):
            raise UnmarkableError("the copy has other formulas")
        if _values(before, sheet) != _values(after, sheet):
            raise UnmarkableError("the copy has other values")
    _require_same_formats(*styles)


def _formulas(package: Package, sheet: str) -> bytes:
    digest = hashlib.blake2b()
    for formula in _FORMULA.finditer(package.read(package.sheets[sheet])):
        digest.update(formula[0])
    return digest.digest()


def _values(reader: fastexcel.ExcelReader, sheet: str) -> tuple[bytes, list[tuple[tuple[int, int], str]]]:
    loaded = reader.load_sheet(sheet, header_row=None, dtypes="string", skip_rows=0)
    batch, errors = loaded.to_arrow_with_errors()
    digest = hashlib.blake2b(repr(batch.shape).encode())
    for column in batch.columns:
        for buffer in column.buffers():
            digest.update(buffer or b"")
    return digest.digest(), [(e.position, e.detail) for e in errors.errors] if errors else []


def _require_same_formats(before: bytes, after: bytes, renewed: dict[int, int]) -> None:
    old, new = number_formats(before), number_formats(after)
    if new[: len(old)] != old or any(new[made] != new[base] for made, base in renewed.items()):
        raise UnmarkableError("the copy has other number formats")
