"""Form: every value in a cell of its own, one record per sheet."""

import re

import pandas as pd

from include.batch import cell_name
from include.catalogue.models import Column, WorkbookSource
from include.connectors.workbook.blocks import Block
from include.connectors.workbook.cells import TEXT
from include.connectors.workbook.labels import plain, split_unit
from include.connectors.workbook.reading import Sheet
from include.connectors.workbook.structure import column_number
from include.errors import Finding, RefusedError


def read_form(source: WorkbookSource, sheet: Sheet) -> Block:
    """Return the one record of a form: the text of each column's `cell`.

    A figure counts only where its name or alias stands left of it or above it: a form in which rows were
    inserted is refused (label_moved), never read one row off. Also raises formula_without_value.
    """
    places = {name: _origin(sheet, place) for name, place in form_cells(source).items()}
    problems, units, uncached = [], {}, set(sheet.uncached)
    for name, (row, col) in places.items():
        column, cell = source.columns[name], cell_name(row, col)
        if (row, col) in uncached:
            problems.append(Finding("formula_without_value", sheet=sheet.name, cell=cell, column=name))
        label = _label_beside(sheet, (row, col), name, column)
        if label is None and column.is_measure:
            found = sheet.text(row, col) or ""
            params = {"nearest": _other_label(sheet, (row, col), source)}
            problems.append(
                Finding("label_moved", sheet=sheet.name, cell=cell, column=name, found=found, params=params)
            )
        elif label and (unit := split_unit(label[0])[1]):
            units[name] = unit, label[1]
    if problems:
        raise RefusedError(problems)
    record = {name: (sheet.text(*place) or "").strip() or None for name, place in places.items()}
    frame = pd.DataFrame([record | {"_sheet": sheet.name, "_key": None}]).astype("str")
    frame[["_row", "_col"]] = pd.NA
    frame = frame.astype({"_row": "Int64", "_col": "Int64"})
    axes: dict[str, tuple[int | None, int | None]] = dict(places.items())
    return Block(sheet=sheet.name, frame=frame, axes=axes, units=units, rows_read=1)


def _origin(sheet: Sheet, place: tuple[int, int]) -> tuple[int, int]:
    """Return the cell that holds what is shown at a place: of merged cells it is the first."""
    row, col = place
    covering = (
        (top, left)
        for top, left, bottom, right in sheet.merged
        if top <= row <= bottom and left <= col <= right
    )
    return next(covering, place)


def form_is_known(source: WorkbookSource, sheet: Sheet) -> bool:
    """Tell whether a sheet holds the form: each figure's label beside its cell."""
    places = form_cells(source)
    return all(
        _label_beside(sheet, places[name], name, column) is not None
        for name, column in source.columns.items()
        if column.is_measure and name in places
    )


def form_cells(source: WorkbookSource) -> dict[str, tuple[int, int]]:
    """Return the (row, column) of each column that has a cell."""
    places = {}
    for name, column in source.columns.items():
        if column.cell is not None and column.is_ != "ignore":
            letters, digits = re.findall(r"[A-Z]+|[0-9]+", column.cell)
            places[name] = (int(digits), column_number(letters))
    return places


def _label_beside(sheet: Sheet, place: tuple[int, int], name: str, column: Column) -> tuple[str, str] | None:
    """Return the text nearest to the left, else above, that is the column's label, and its cell."""
    wanted = {plain(text) for text in (name, *column.aliases)}
    row, col = place
    neighbours = [(row, left) for left in range(col - 1, 0, -1)] + [(up, col) for up in range(row - 1, 0, -1)]
    for at in neighbours:
        text = (sheet.text(*at) or "").strip().rstrip(":：")
        if text and (plain(text) in wanted or plain(split_unit(text)[0]) in wanted):
            return text, cell_name(*at)
    return None


def _other_label(sheet: Sheet, place: tuple[int, int], source: WorkbookSource) -> str:
    """Return the text beside a cell where it may be the label's new name: one that no column declares."""
    row, col = place
    left = next((at for at in range(col - 1, 0, -1) if sheet.kind(row, at) == TEXT), 0)
    text = (sheet.text(row, left) or "").strip().rstrip(":：")
    declared = {plain(label) for name, column in source.columns.items() for label in (name, *column.aliases)}
    return "" if {plain(text), plain(split_unit(text)[0])} & declared else text
