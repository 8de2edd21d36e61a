"""Read the odd workbooks of ../shared: `.venv/bin/python -m tests.odd_workbooks` writes docs/odd-workbooks.md anew."""

import csv
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from include.connectors.workbook import read_workbook
from include.errors import RefusedError
from include.home import PROJECT
from include.messages import word

SHARED = Path(os.environ.get("KPI_TEST_SHARED") or PROJECT.parent / "shared" / "data")
FOLDER = SHARED / "odd_workbooks"
PAGE = PROJECT / "docs" / "odd-workbooks.md"
EXPECTED = {
    "encrypted": {"encrypted"},
    "not-a-workbook": {"not_a_workbook"},
    "corrupt": {"damaged_file", "truncated_file"},
    "bomb": {"limit_exceeded"},
}
"""Codes that a class is refused with; the other classes are read."""
DEVIATIONS = {
    "test-data__spreadsheet__64420.xlsm": "whole, but for a sheet of Excel 4 macros, which the reader doesn't open: read "
    "without that sheet, which is code",
    "disguised__1904__1900.ods.xls": "a whole OpenDocument spreadsheet; content decides, not the ending",
    "disguised__duration_112__duration_112.0.txt.xls": "a whole table as tab-separated text; content decides",
    "test-data__spreadsheet__SharedFormulaTest.xls": "within the limits, so it is read; one of its 64 cells lies in "
    "row 32770",
}
_HEAD = """# Odd workbooks

<!-- Written by `.venv/bin/python -m tests.odd_workbooks`; don't edit it here. -->

What the reader makes of {count} spreadsheets from the test data of Apache POI, calamine and SheetJS: the outcome of
`./kpi read`, which is what a watched folder makes of them before any layout is applied. Each is read in a child process
of at most 1 GiB. *Cells* counts what holds something, error cells included; an empty workbook is read, and then
refused by every source (`empty_file`). A test reads them all and compares this page.

{summary}

| file | class | outcome | what was seen |
|---|---|---|---|
"""
_DEVIATING = """
## Other than the list's judgement

The list that came with the files says for each what should happen. These differ:

| file | listed as | instead, because |
|---|---|---|
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `code` is empty where it was read."""

    file: str
    listed: str
    least: int
    code: str
    seen: str
    cells: int
    seconds: float


def observe(entry: dict[str, str]) -> Outcome:
    """Read one file of the list; anything but a refusal is raised."""
    started, code, cells = time.monotonic(), "", 0
    try:
        book = read_workbook(FOLDER / entry["file"])
    except RefusedError as error:
        code, seen = error.findings[0].code, word(error.findings[0], "title", "en")
    else:
        kinds = [sheet.count_kinds() for sheet in book.sheets]
        cells, errors = sum(sum(kind.values()) for kind in kinds), sum(kind.get("error", 0) for kind in kinds)
        uncached = sum(len(sheet.uncached) for sheet in book.sheets)
        parts = [
            f"{book.kind}, {cells} cell{'s' * (cells != 1)}",
            f"{errors} error{'s' * (errors > 1)}" * bool(errors),
        ]
        parts.append(f"{uncached} formulas without value" * bool(uncached))
        parts += [
            f"{key} {value!r}" if key == "delimiter" else f"{key} {value}"
            for key, value in book.notes.items()
        ]
        seen = ", ".join(filter(None, parts))
    least = max(int(entry["nonempty_calamine"] or 0), int(entry["nonempty_other"] or 0))
    return Outcome(entry["file"], entry["class"], least, code, seen, cells, time.monotonic() - started)


def observe_all() -> Iterator[Outcome]:
    """Read all files of the list, in its order, two at a time."""
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
        entries = list(csv.DictReader(file))
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(observe, entries)


def render_page(outcomes: list[Outcome]) -> str:
    """Return the page: a row per file, by class, and the deviations with their reasons."""
    read = sum(not outcome.code for outcome in outcomes)
    summary = f"{read} are read and {len(outcomes) - read} refused."
    rows = [
        f"| {outcome.file} | {outcome.listed} | {f'refused: `{outcome.code}`' if outcome.code else 'read'} |"
        f" {outcome.seen.replace('|', chr(92) + '|')} |\n"
        for outcome in sorted(outcomes, key=lambda outcome: (outcome.listed, outcome.file.lower()))
    ]
    listed = {outcome.file: outcome.listed for outcome in outcomes}
    deviating = [f"| {file} | {listed[file]} | {reason} |\n" for file, reason in sorted(DEVIATIONS.items())]
    head = _HEAD.format(count=len(outcomes), summary=summary)
    return head + "".join(rows) + _DEVIATING + "".join(deviating)


if __name__ == "__main__":
    PAGE.write_text(render_page(list(observe_all())), "utf-8")
