"""Fetch a delivered workbook by its declared layout."""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from include.batch import BLOCK_MARK, PLACE_COLUMNS, Reported, cell_name, sheet_of
from include.catalogue.models import WorkbookSource
from include.connectors.workbook.blocks import Block, is_figure, units_from_note
from include.connectors.workbook.doubts import find_decimal_commas
from include.connectors.workbook.drift import explain_drift
from include.connectors.workbook.fingerprint import (
    FINGERPRINT_SHEET,
    judge_fingerprint,
    read_fingerprint,
    without_template_sheets,
)
from include.connectors.workbook.form import form_is_known, read_form
from include.connectors.workbook.matrix import matrix_is_known, read_matrix
from include.connectors.workbook.places import given_places
from include.connectors.workbook.reading import Sheet, Workbook
from include.connectors.workbook.records import read_records
from include.connectors.workbook.records_header import header_is_known
from include.connectors.workbook.refusing import Limits
from include.connectors.workbook.sandbox import read_workbook
from include.connectors.workbook.splitting import Part, split_blocks
from include.errors import Finding, RefusedError

SUMMARY_SHEETS = {"zh": "指标台账_问题清单", "en": "Metric Ledger findings"}
"""Names of the sheet that a returned workbook lists its findings in: it is no data when the file comes back."""
VALUES_SHEET = "metric_ledger_values"
"""Name of an empty, hidden sheet that tells a copy of values whose number formats weren't known from an .xlsx."""
_READERS: dict[str, Callable[[WorkbookSource, Sheet], Block]] = {
    "records": read_records,
    "matrix": read_matrix,
    "form": read_form,
}
_KNOWN: dict[str, Callable[[WorkbookSource, Sheet], bool]] = {
    "records": header_is_known,
    "matrix": matrix_is_known,
    "form": form_is_known,
}

_SAID = {"macros": "macros_ignored", "formulas": "formulas_may_be_stale"}


def fetch(source: WorkbookSource, path: Path, delivered: Path | None = None) -> Reported:
    """Return the workbook at `path` as reported, by `source.layout`.

    `delivered` is the path that it was dropped under, where a name or folder is part of what it says; the
    file itself may have been archived under another name since.

    Where the layout and not a column gives org unit or period, they stand in the frame's columns `@org` and
    `@period` (a matrix: period as `2026-03` or `2026-Q1`). The index is 0..n-1; error cells keep their text
    (`#REF!`) for validation to refuse with its place. Raises RefusedError with all findings at once where the
    file, a sheet, a header or a label isn't what was declared, or a formula used has no value. A workbook made from
    the template is judged by its content like any other; its fingerprint tells an older template, and another source's
    is refused.
    """
    layout = source.layout
    limits = Limits(file=source.max_megabytes << 20, rows=max(Limits.rows, source.max_rows))
    wanted = [*layout.sheet, FINGERPRINT_SHEET] if layout.sheet else None
    workbook = read_workbook(
        path, wanted, encoding=layout.encoding, delimiter=layout.delimiter, limits=limits
    )
    if any(sheet.name == VALUES_SHEET for sheet in workbook.sheets):
        workbook = replace(workbook, kind="values")  # the number formats of the original aren't in it
    workbook = replace(workbook, sheets=tuple(s for s in workbook.sheets if not is_ours(s.name)))
    fingerprint = read_fingerprint(workbook)
    if fingerprint is None:
        outdated: list[Finding] = []
    else:
        outdated = judge_fingerprint(fingerprint, source)
        workbook = without_template_sheets(workbook, source)
    try:
        reported = _read_blocks(source, workbook, delivered or path)
    except RefusedError as error:
        raise RefusedError([*explain_drift(error.findings, source, outdated), *outdated]) from error
    return replace(reported, notes=(*outdated, *reported.notes))


def _read_blocks(source: WorkbookSource, workbook: Workbook, delivered: Path) -> Reported:
    blocks: list[Block] = []
    problems: list[Finding] = []
    for sheet in select_sheets(source, workbook):
        try:
            blocks.extend(_read_sheet(source, sheet, delivered))
        except RefusedError as error:
            problems.extend(error.findings)
    problems.extend(_differing_units(blocks))
    if workbook.notes.get("delimiter") == ";":
        problems.extend(finding for block in blocks for finding in find_decimal_commas(source, block))
    rows = sum(block.rows_read for block in blocks)
    if rows > source.max_rows:
        params = {"limit": "rows", "allowed": source.max_rows, "actual": rows}
        problems.append(Finding("limit_exceeded", params=params))
    if problems:
        raise RefusedError(problems)
    return _combine(blocks, workbook)


def is_ours(name: str) -> bool:
    """Tell whether a sheet is one that a returned workbook has from us, or a copy of it (`... (2)`)."""
    return name.strip().startswith((*SUMMARY_SHEETS.values(), VALUES_SHEET))


def select_sheets(source: WorkbookSource, workbook: Workbook) -> list[Sheet]:
    """Return the sheets to read, in the workbook's order.

    Every name or pattern declared must be met: sheet_missing names the sheets present. Hidden sheets only
    count by exact name. Without a declaration the one visible sheet that holds the declared labels is taken;
    two of them are sheet_ambiguous.
    """
    if workbook.kind == "text":  # its one sheet has no name of its own: the file's may be the archive's
        return [replace(sheet, name="") for sheet in workbook.sheets]
    wanted = source.layout.sheet
    if not wanted:
        return [_choose_sheet(source, workbook)]
    problems: list[Finding] = []
    chosen: list[str] = []
    for pattern in wanted:
        hits = [sheet for sheet in workbook.sheets if sheet.was_read and _is_named(sheet, pattern)]
        if not hits:
            present = "、".join(sheet.name for sheet in workbook.sheets if sheet.visible == "visible")
            problems.append(
                Finding("sheet_missing", found=present, params={"wanted": pattern, "present": present})
            )
        chosen.extend(sheet.name for sheet in hits)
    if problems:
        raise RefusedError(problems)
    return [sheet for sheet in workbook.sheets if sheet.name in chosen]


def _is_named(sheet: Sheet, pattern: str) -> bool:
    name = sheet.name.strip()
    return name == pattern.strip() or (sheet.visible == "visible" and fnmatchcase(name, pattern.strip()))


def _choose_sheet(source: WorkbookSource, workbook: Workbook) -> Sheet:
    filled = [sheet for sheet in workbook.sheets if sheet.visible == "visible" and sheet.table is not None]
    if not filled:
        raise RefusedError([Finding("empty_file", params={"detail": "no visible sheet holds a cell"})])
    fitting = [sheet for sheet in filled if _KNOWN[source.layout.kind](source, sheet)]
    if len(fitting) > 1:
        raise RefusedError([Finding("sheet_ambiguous", found="、".join(sheet.name for sheet in fitting))])
    return fitting[0] if fitting else filled[0]


def _read_sheet(source: WorkbookSource, sheet: Sheet, path: Path) -> list[Block]:
    if sheet.table is None:
        raise RefusedError([Finding("empty_file", sheet=sheet.name, params={"detail": "the sheet is empty"})])
    parts, above = split_blocks(source, sheet)
    if above is not None and _KNOWN[source.layout.kind](source, above):
        raise RefusedError([Finding("blocks_unclear", sheet=sheet.name, found=above.range)])
    blocks, problems = [], []
    for part in parts:
        try:
            blocks.append(_read_part(part, sheet, path))
        except RefusedError as error:
            problems.extend(error.findings)
    if problems:
        raise RefusedError(problems)
    if above is not None:
        figures = {name: column for name, column in source.columns.items() if is_figure(column)} | source.rows
        for block in blocks:
            block.units |= units_from_note(above, above.last_row + 1, figures, block.units)
    return blocks


def _read_part(part: Part, sheet: Sheet, path: Path) -> Block:
    source = part.source
    given = given_places(source.layout, sheet, path)
    block = _READERS[source.layout.kind](source, part.sheet)
    if part.sheet is not sheet and (again := [n for n in block.notes if n.code == "repeated_header"]):
        # A further block whose title isn't declared would count for this one's org unit.
        raise RefusedError(
            [replace(note, code="blocks_unclear", level="error", found=note.cell) for note in again]
        )
    uncached = set(sheet.uncached)
    for column, value in given.items():
        block.frame[column] = pd.Series(value.text, index=block.frame.index, dtype="str")
        if value.at:
            block.axes[column] = value.at
            if value.at in uncached:
                raise RefusedError(
                    [Finding("formula_without_value", sheet=sheet.name, cell=cell_name(*value.at))]
                )
    return block


def _differing_units(blocks: list[Block]) -> list[Finding]:
    first: dict[str, str] = {}
    problems = []
    for block in blocks:
        for column, (unit, cell) in block.units.items():
            if first.setdefault(column, unit) != unit:
                params = {"other": first[column]}
                problems.append(
                    Finding(
                        "units_differ", found=unit, sheet=block.sheet, cell=cell, column=column, params=params
                    )
                )
    return problems


def _mark_blocks(blocks: list[Block]) -> None:
    """Tell further blocks of a sheet from its first, as each has columns or rows of its own."""
    seen: dict[str, int] = {}
    for block in blocks:
        number = seen[block.sheet] = seen.get(block.sheet, 0) + 1
        if number > 1:
            block.sheet += f"{BLOCK_MARK}{number}"
            block.frame["_sheet"] = block.sheet
            if block.controls is not None:
                block.controls["sheet"] = block.sheet


def _combine(blocks: list[Block], workbook: Workbook) -> Reported:
    notes = [note for block in blocks for note in block.notes]
    _mark_blocks(blocks)
    if workbook.kind == "text":
        found = f"{workbook.notes['encoding']}, {workbook.notes['delimiter']!r}"
        notes.insert(0, Finding("text_read_as", found=found, level="warning", params=dict(workbook.notes)))
    notes[:0] = [Finding(code, level="warning") for key, code in _SAID.items() if key in workbook.notes]
    frame = (
        blocks[0].frame
        if len(blocks) == 1
        else pd.concat([block.frame for block in blocks], ignore_index=True)
    )
    order = [name for name in frame.columns if name not in PLACE_COLUMNS] + PLACE_COLUMNS
    controls = [block.controls for block in blocks if block.controls is not None]
    return Reported(
        frame=frame[order].reset_index(drop=True),
        axes={block.sheet: block.axes for block in blocks},
        controls=pd.concat(controls, ignore_index=True) if controls else None,
        units={column: unit for block in blocks for column, (unit, _) in block.units.items()},
        unit_cells={
            column: (sheet_of(block.sheet), cell)
            for block in blocks
            for column, (_, cell) in block.units.items()
        },
        notes=tuple(notes),
        rows_read=sum(block.rows_read for block in blocks),
        shows_formats=workbook.kind != "values" and "formats" not in workbook.notes,
    )
