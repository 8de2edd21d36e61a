"""What a records layout must not take for data, or not read without a word: rows and columns in doubt."""

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from include.batch import cell_name, column_letters
from include.catalogue.models import Column, WorkbookSource
from include.connectors.workbook.blocks import Block, is_figure
from include.connectors.workbook.cells import NUMBER
from include.connectors.workbook.reading import Sheet
from include.errors import Finding

_SEPARATED = r"\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*"
_CODE_AS_NUMBER = r"^[0-9](?:\.[0-9]+)?E\+[0-9]{2}$"
_MOST_DIGITS = 15
_MOST_TOLD = 50
Columns = Mapping[int, pa.ChunkedArray]


def find_lost_digits(
    source: WorkbookSource, sheet: Sheet, found: Mapping[str, int], first: int
) -> list[Finding]:
    """Return the codes in text columns that were kept as numbers of more than 15 digits, rows from `first` on.

    Spreadsheets round such numbers; two codes can become one.
    """
    problems = []
    for name, col in found.items():
        column = source.columns.get(name)
        if column is None or column.type != "text" or column.is_ == "ignore" or sheet.table is None:
            continue
        texts = sheet.column(col).slice(first - sheet.first_row)
        kinds = sheet.table.column(f"k{col - sheet.first_col}").slice(first - sheet.first_row)
        long = pc.greater(pc.binary_length(texts), _MOST_DIGITS)
        lost = pc.and_(pc.equal(kinds, NUMBER), long)
        lost = pc.or_(lost, pc.match_substring_regex(texts, _CODE_AS_NUMBER))
        for index in pc.indices_nonzero(pc.fill_null(lost, False)).to_pylist()[:_MOST_TOLD]:
            cell = cell_name(first + index, col)
            problems.append(Finding("digits_lost", found=texts[index].as_py(), cell=cell, column=name))
    return problems


def find_repeated_headers(sheet: Sheet, header: tuple[int, int], columns: Columns) -> pa.ChunkedArray | None:
    """Return where rows repeat the one header row in every one of `columns`, as printed pages do; None: nowhere."""
    if header[0] != header[1]:
        return None
    same = None
    for col, column in columns.items():
        here = pc.fill_null(pc.equal(column, sheet.text(header[1], col) or ""), False)
        same = here if same is None else pc.and_(same, here)
    return same if same is not None and pc.any(same).as_py() else None


def find_unnamed(
    declared: Mapping[str, Column], found: Mapping[str, int], columns: Columns, figures: Collection[str]
) -> pa.ChunkedArray | None:
    """Return where rows hold figures but nothing that says of what; None where the layout has no such columns.

    A total without a label looks so. Where a required column is blank there, validation tells it by that.
    """
    naming = [name for name in found if name not in figures]
    if not naming or not figures or any(name in declared and declared[name].required for name in naming):
        return None
    named = _any_filled([columns[found[name]] for name in naming])
    filled = _any_filled([columns[found[name]] for name in figures])
    return pc.and_(filled, pc.invert(named))


def find_decimal_commas(source: WorkbookSource, block: Block) -> list[Finding]:
    """Return the figures `1,234` of a file delimited by semicolons, where the comma may stand before decimals."""
    problems = []
    for name in block.frame.columns.intersection([*source.columns, *source.rows]):
        column = source.columns.get(name)
        if column is not None and not is_figure(column):
            continue
        doubtful = block.frame[name].str.fullmatch(_SEPARATED).fillna(False).to_numpy(bool)
        own_row, own_col = block.axes.get(name, (None, None))
        for record in block.frame[doubtful].head(_MOST_TOLD).to_dict("records"):
            cell = cell_name(own_row or record["_row"], own_col or record["_col"])
            problems.append(
                Finding("ambiguous_number", found=record[name], sheet=block.sheet, cell=cell, column=name)
            )
    return problems


def note_hidden_columns(sheet: Sheet, columns: Collection[int]) -> list[Finding]:
    """Return one warning where columns that are read are hidden: they count."""
    hidden = [col for col in sorted(columns) if any(a <= col <= b for a, b in sheet.hidden_columns)]
    if not hidden:
        return []
    found = ", ".join(map(column_letters, hidden[:20]))
    return [Finding("hidden_columns", found=found, sheet=sheet.name, level="warning")]


def _any_filled(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    filled = pc.is_valid(columns[0])
    for column in columns[1:]:
        filled = pc.or_(filled, pc.is_valid(column))
    return filled
