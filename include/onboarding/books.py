"""The headers of a workbook, and the first values below them."""

import re
from dataclasses import dataclass
from pathlib import Path

from include.connectors.workbook.cells import TEXT
from include.connectors.workbook.reading import Sheet
from include.connectors.workbook.sandbox import read_workbook
from include.errors import UsageError
from include.onboarding.sampled import Sampled

_PERIODS = {
    "{year}年{month}月": re.compile(r"^\d{4}年\d{1,2}月$"),
    "{year}-{month}": re.compile(r"^\d{4}-\d{2}(?:-01)?$"),
    "{year}/{month}": re.compile(r"^\d{4}/\d{1,2}$"),
    "{year}Q{quarter}": re.compile(r"^\d{4}Q[1-4]$"),
}
_FILE_PERIOD = re.compile(r"(?P<year>20\d\d)(?P<between>[-_.年]?)(?P<month>0[1-9]|1[0-2])(?P<after>月?)")
_HEADER_WITHIN, _SAMPLE_ROWS = 20, 200


@dataclass(frozen=True)
class SampledBook:
    """A sheet with its header: columns of records, or the row labels of a matrix with periods across.

    `several` tells that other sheets hold cells too; `file_period` is the file's name as a pattern where it says one.
    """

    sheet: str
    several: bool
    header_row: int
    columns: list[Sampled]
    pattern: str = ""
    labels: tuple[str, ...] = ()
    file_period: str = ""


def sample_book(file: Path) -> SampledBook:
    """Return what the first sheet with a header holds. Raises UsageError where none has, RefusedError as the reader."""
    filled = [
        sheet
        for sheet in read_workbook(file).sheets
        if sheet.table is not None and sheet.visible == "visible"
    ]
    for sheet in filled:
        row = _find_header(sheet)
        if row is not None:
            return _sample_sheet(sheet, row, several=len(filled) > 1, file=file)
    raise UsageError(f"no sheet of {file.name} has a row of headers with values below it")


def _find_header(sheet: Sheet) -> int | None:
    """Return the fullest row of different texts near the top that has values below it."""
    best: tuple[int, int] | None = None
    for row in range(sheet.first_row, min(sheet.first_row + _HEADER_WITHIN, sheet.last_row)):
        cells = sheet.row(row)
        texts = [text for col, text in cells.items() if sheet.kind(row, col) == TEXT or _pattern_of(text)]
        if len(texts) < 2 or len(set(texts)) < len(texts) or len(sheet.row(row + 1)) < 2:
            continue
        if best is None or len(texts) > best[0]:
            best = len(texts), row
    return best[1] if best else None


def _sample_sheet(sheet: Sheet, header: int, *, several: bool, file: Path) -> SampledBook:
    heads = sheet.row(header)
    last = min(sheet.last_row, header + _SAMPLE_ROWS)
    below = {
        col: [text for row in range(header + 1, last + 1) if (text := sheet.text(row, col))] for col in heads
    }
    across = [_pattern_of(text) for text in heads.values()]
    common = max(filter(None, across), key=across.count, default="")
    if across.count(common) >= 3 and common:
        label = next(col for col, text in heads.items() if not _pattern_of(text))
        figure = [col for col, text in heads.items() if _pattern_of(text)]
        columns = [
            Sampled(name, [text for col in figure if (text := sheet.text(row, col))])
            for row in range(header + 1, last + 1)
            if (name := sheet.text(row, label))
        ]
        return SampledBook(
            sheet.name, several, header, columns, common, (heads[label].strip(),), _period_of(file)
        )
    columns = [Sampled(head.strip(), below[col]) for col, head in heads.items()]
    return SampledBook(sheet.name, several, header, columns, file_period=_period_of(file))


def _pattern_of(text: str) -> str:
    return next((pattern for pattern, form in _PERIODS.items() if form.match(text.strip())), "")


def _period_of(file: Path) -> str:
    found = list(_FILE_PERIOD.finditer(file.name))
    if len(found) != 1:
        return ""
    return _FILE_PERIOD.sub(r"{year}\g<between>{month}\g<after>", file.name)
