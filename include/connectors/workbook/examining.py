"""Open a recognised file with the reader that fits it, and hand on its sheets.

Runs inside the reading child.
"""

import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from python_calamine import CalamineWorkbook

from include.connectors.workbook.binary import BinaryPackage
from include.connectors.workbook.cells import ErrorText, batches, schema
from include.connectors.workbook.kinds import recognise
from include.connectors.workbook.legacy import Records, SecondReader
from include.connectors.workbook.opendocument import OpenDocument
from include.connectors.workbook.refusing import Limits, refusal
from include.connectors.workbook.repacking import copy_package, needs_copy
from include.connectors.workbook.structure import Package, Structure
from include.connectors.workbook.text import read_text
from include.errors import RefusedError

_TOO_MANY = re.compile(r"Cell limit exceeded \((\d+) cells requested, max (\d+)\)")
_VISIBLE = {"Visible": "visible", "Hidden": "hidden", "VeryHidden": "very_hidden"}
_STATES = {"hidden": "hidden", "veryHidden": "very_hidden"}
_TYPES = {
    "WorkSheet": "worksheet",
    "DialogSheet": "dialog",
    "MacroSheet": "macro",
    "ChartSheet": "chart",
    "Vba": "vba",
}


class _Book(Protocol):
    """What calamine's workbook and the second reader have in common."""

    @property
    def sheets_metadata(self) -> Sequence[Any]: ...

    def get_sheet_by_index(self, index: int) -> Any: ...


class _Scanner(Protocol):
    """What finds in a file what the reader hides."""

    notes: dict[str, str]

    def examine(self, name: str, index: int = 0) -> Structure: ...


def examine(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read the sheets asked for into `folder` and return what is known of all of them.

    Raises RefusedError where the file isn't a workbook that can be read in full.
    """
    path, limits = Path(request["path"]), Limits(**request["limits"])
    kind = recognise(path, limits)
    if kind == "text":
        return _examine_text(path, request, limits, folder)
    # The reader chooses the format by the file's ending, which isn't to be believed.
    named = folder / f"book.{kind}"
    named.symlink_to(path)
    with _damage_told():
        scanner, workbook, left_out = _open(named, kind)
    sheets = []
    for index, about in enumerate(workbook.sheets_metadata):
        kind_of_sheet, visible = _TYPES[_word(about.typ)], _VISIBLE[_word(about.visible)]
        sheet: dict[str, Any] = {"name": about.name, "type": kind_of_sheet, "visible": visible, "read": False}
        if kind_of_sheet == "worksheet" and _is_wanted(about.name, visible, request["sheets"]):
            with _damage_told():
                structure = scanner.examine(about.name, index)
            # The XML goes before calamine's grid comes: each can take half of the memory allowed.
            opened = _load(workbook, index)
            sheet |= _write(opened, structure, folder / f"{index}.arrow", limits)
        sheets.append(sheet)
    sheets += left_out
    return {"kind": kind, "sheets": sheets, "notes": scanner.notes}


@contextmanager
def _damage_told() -> Iterator[None]:
    """Refuse as damaged what a scanner stumbles over: records and attributes that aren't as they must be."""
    try:
        yield
    except (ValueError, LookupError, OverflowError, struct.error, zipfile.BadZipFile) as error:
        raise refusal("damaged_file", detail=f"{type(error).__name__}: {error}"[:200]) from error


def _open(path: Path, kind: str) -> tuple[_Scanner, _Book, list[dict[str, Any]]]:
    """Return what reads the file, and what is known of sheets that the reader can't be shown."""
    if kind == "xls":
        records = Records(path)
        return records, _open_legacy(path, records), []
    if kind == "ods":
        return OpenDocument(path), _open_calamine(path), []
    archive = zipfile.ZipFile(path)
    package = BinaryPackage(archive) if kind == "xlsb" else Package(archive)
    if not needs_copy(package):
        return package, _open_calamine(path), []
    copy = path.with_stem("copy")
    left_out = [
        {"name": part.name, "type": "macro", "visible": _STATES.get(part.state, "visible"), "read": False}
        for part in copy_package(package, copy)
    ]
    return package, _open_calamine(copy), left_out


def _open_legacy(path: Path, records: Records) -> _Book:
    try:
        return _open_calamine(path)
    except RefusedError:
        records.leave_out_others()
        return SecondReader(path)


def _open_calamine(path: Path) -> _Book:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except MemoryError:
        raise
    # A panic of the reader's Rust code is a BaseException that is no Exception.
    except BaseException as error:
        words = str(error)
        if "password" in words.lower():
            raise refusal("encrypted") from error
        if too_many := _TOO_MANY.search(words):
            told = {"limit": "cells from corner to corner", "allowed": too_many[2], "actual": too_many[1]}
            raise refusal("limit_exceeded", **told) from error
        raise refusal("damaged_file", detail=words[:300]) from error
    if not workbook.sheets_metadata:
        raise refusal("damaged_file", detail="it names no sheets")
    return workbook


def _word(member: object) -> str:
    """Return the bare name of one of calamine's enumerations, whose members can't be dictionary keys."""
    return str(member).rpartition(".")[2]


def _load(workbook: _Book, index: int) -> Any:
    try:
        return workbook.get_sheet_by_index(index)
    except Exception as error:
        raise refusal("damaged_file", detail=str(error)[:300]) from error


def _is_wanted(name: str, visible: str, wanted: list[str] | None) -> bool:
    """Tell whether a sheet is asked for; a hidden one only by its exact name, or where all are asked for."""
    if wanted is None:
        return True
    if name.strip() in {pattern.strip() for pattern in wanted}:
        return True
    return visible == "visible" and any(fnmatchcase(name.strip(), pattern.strip()) for pattern in wanted)


def _write(sheet: Any, structure: Structure, target: Path, limits: Limits) -> dict[str, Any]:
    about: dict[str, Any] = {
        "read": True,
        "uncached": structure.uncached,
        "merged": structure.merged,
        "hidden_rows": structure.hidden_rows,
        "hidden_columns": structure.hidden_columns,
    }
    start, end = sheet.start, sheet.end
    if structure.errors:
        start, end = _widen(start, end, structure.errors)
    if start is None or end is None:
        return about | {"first": None, "rows": 0, "columns": 0}
    rows, columns = end[0] - start[0] + 1, end[1] - start[1] + 1
    if rows > limits.rows:
        raise refusal("limit_exceeded", limit="rows", allowed=limits.rows, actual=rows)
    _save(_typed_rows(sheet, structure, start, (rows, columns)), columns, target)
    return about | {"first": [start[0] + 1, start[1] + 1], "rows": rows, "columns": columns}


def _widen(
    start: tuple[int, int] | None, end: tuple[int, int] | None, errors: dict[tuple[int, int], str]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Stretch a used range (0-based) over the error cells (1-based)."""
    corners = [(row - 1, col - 1) for row, col in errors] + [corner for corner in (start, end) if corner]
    rows, cols = [row for row, _ in corners], [col for _, col in corners]
    return (min(rows), min(cols)), (max(rows), max(cols))


def _typed_rows(
    sheet: Any, structure: Structure, start: tuple[int, int], size: tuple[int, int]
) -> Iterator[list[Any]]:
    """Yield the used range row by row with the error cells put back, and numbers as their formats show them.

    calamine's rows begin at the top of the sheet, but its columns at the used range.
    """
    rows, columns = size
    left = sheet.start[1] - start[1] if sheet.start else 0
    source = sheet.iter_rows()
    for _ in range(start[0] if sheet.start else 0):
        next(source, None)
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, col), text in structure.errors.items():
        by_row.setdefault(row - 1 - start[0], []).append((col - 1 - start[1], text))
    for number in range(rows):
        values: list[Any] = next(source, [])
        if left or len(values) != columns:
            values = [""] * left + values + [""] * (columns - left - len(values))
        for col, text in by_row.get(number, ()):
            values[col] = ErrorText(text)
        if structure.styled:
            structure.styled.show(start[0] + number + 1, start[1] + 1, values)
        yield values


def _save(rows: Iterator[list[Any]], columns: int, target: Path) -> None:
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, schema(columns)) as writer:
        for batch in batches(rows, columns):
            writer.write_batch(batch)


def _examine_text(path: Path, request: dict[str, Any], limits: Limits, folder: Path) -> dict[str, Any]:
    rows, encoding, delimiter = read_text(path, request["encoding"], request["delimiter"], limits)
    columns = len(rows[0]) if rows else 0
    _save(iter(rows), columns, folder / "0.arrow")
    sheet = {
        "name": path.stem, "type": "text", "visible": "visible", "read": True, "uncached": [], "merged": [],
        "hidden_rows": [], "hidden_columns": [], "first": [1, 1] if columns else None, "rows": len(rows),
        "columns": columns,
    }  # fmt: skip
    return {"kind": "text", "sheets": [sheet], "notes": {"encoding": encoding, "delimiter": delimiter}}
