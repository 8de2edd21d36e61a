"""Several blocks on one sheet, each below or beside its title: every one is read as a sheet of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from include.batch import cell_name
from include.catalogue.models import WorkbookSource
from include.connectors.workbook.labels import plain
from include.connectors.workbook.reading import Sheet
from include.errors import Finding, RefusedError

Cell = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """One block: the sheet as far as it goes, and the source as it holds for it."""

    sheet: Sheet
    source: WorkbookSource


def split_blocks(source: WorkbookSource, sheet: Sheet) -> tuple[list[Part], Sheet | None]:
    """Return the declared blocks of a sheet, and what stands above them; the sheet itself where none is declared.

    A block reaches from its title to the next one, down where the titles stand in rows of their own, to the right
    where they share a row. Raises RefusedError (blocks_unclear) where a title is missing, stands twice, or
    the titles stand neither way.
    """
    layout = source.layout
    if not layout.blocks or sheet.table is None:
        return [Part(sheet, source)], None
    places = {block.title: _find(sheet, block.title) for block in layout.blocks}
    wrong = [title for title, cells in places.items() if len(cells) != 1]
    at = {title: cells[0] for title, cells in places.items() if len(cells) == 1}
    rows, cols = {row for row, _ in at.values()}, {col for _, col in at.values()}
    if wrong or not (len(rows) == len(at) or (len(rows) == 1 and len(cols) == len(at))):
        cells = ", ".join(cell_name(*cell) for title in wrong or at for cell in places[title])
        params = {"titles": "、".join(wrong or at), "cells": cells}
        raise RefusedError([Finding("blocks_unclear", sheet=sheet.name, found=cells, params=params)])
    parts = []
    for block in layout.blocks:
        changes: dict[str, object] = {
            "blocks": [],
            "org": block.org or layout.org,
            "period": block.period or layout.period,
        }
        own = source.model_copy(update={"layout": layout.model_copy(update=changes)})
        parts.append(Part(_crop(sheet, *_reach(sheet, at[block.title], list(at.values()))), own))
    return parts, _above(sheet, min(rows))


def _find(sheet: Sheet, title: str) -> list[Cell]:
    wanted, found = plain(title), []
    for row in range(sheet.first_row, sheet.last_row + 1):
        found += [(row, col) for col, text in sheet.row(row).items() if plain(text) == wanted]
    return found


def _reach(sheet: Sheet, start: Cell, titles: list[Cell]) -> tuple[Cell, Cell]:
    """Return the block's first and last cell."""
    if len({row for row, _ in titles}) == 1 < len(titles):
        right = min((col for _, col in titles if col > start[1]), default=sheet.last_col + 1)
        first = sheet.first_col if start[1] == min(col for _, col in titles) else start[1]
        return (start[0], first), (sheet.last_row, right - 1)
    below = min((row for row, _ in titles if row > start[0]), default=sheet.last_row + 1)
    return (start[0], sheet.first_col), (below - 1, sheet.last_col)


def _above(sheet: Sheet, row: int) -> Sheet | None:
    if row <= sheet.first_row:
        return None
    return _crop(sheet, (sheet.first_row, sheet.first_col), (row - 1, sheet.last_col))


def _crop(sheet: Sheet, first: Cell, last: Cell) -> Sheet:
    """Return the part of a sheet from one cell to another; its cells keep their places."""
    assert sheet.table is not None
    table = sheet.table.slice(first[0] - sheet.first_row, last[0] - first[0] + 1)
    offset, width = first[1] - sheet.first_col, last[1] - first[1] + 1
    names = [f"{letter}{offset + place}" for letter in "vk" for place in range(width)]
    renamed = [f"{letter}{place}" for letter in "vk" for place in range(width)]
    return replace(
        sheet,
        table=table.select(names).rename_columns(renamed),
        first_row=first[0],
        first_col=first[1],
        merged=tuple(_clip(sheet.merged, first, last)),
        uncached=tuple(cell for cell in sheet.uncached if _within(cell, first, last)),
        hidden_rows=tuple(row for row in sheet.hidden_rows if first[0] <= row <= last[0]),
    )


def _within(cell: Cell, first: Cell, last: Cell) -> bool:
    return first[0] <= cell[0] <= last[0] and first[1] <= cell[1] <= last[1]


def _clip(
    merged: tuple[tuple[int, int, int, int], ...], first: Cell, last: Cell
) -> Iterator[tuple[int, int, int, int]]:
    for top, left, bottom, right in merged:
        if _within((top, left), first, last):
            yield top, left, min(bottom, last[0]), min(right, last[1])
