"""A workbook as grids of typed cells, handed over by the reading child."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.batch import cell_name, column_letters
from include.connectors.workbook.cells import BLANK, ERROR, KIND_NAMES


@dataclass(frozen=True)
class Sheet:
    """One sheet. Rows and columns are counted from 1, as in the spreadsheet.

    `table` covers the used range, whose top-left cell is (`first_row`, `first_col`): text columns `v0..`
    (null where blank) beside uint8 columns `k0..` with the kind of each cell (BLANK, TEXT, NUMBER, BOOLEAN,
    DATE, ERROR of `cells`). Numbers are in plain notation rounded to 15 significant digits, dates ISO 8601,
    booleans TRUE and FALSE, errors as shown (`#REF!`). A number whose format shows another one than is stored
    says so: `12%` for 0.12, `3.5 ⟨0.0"万"⟩`; a text that its style indents has leading blanks. It is None for
    sheets that weren't asked for, hold no cells or aren't worksheets. `merged` ranges are (top, left, bottom,
    right); `uncached` are formulas without a value; `hidden_columns` are ranges.
    """

    name: str
    type: str
    visible: str
    table: pa.Table | None = None
    first_row: int = 1
    first_col: int = 1
    merged: tuple[tuple[int, int, int, int], ...] = ()
    uncached: tuple[tuple[int, int], ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    was_read: bool = False

    @property
    def last_row(self) -> int:
        """The last row of the used range; 0 where the sheet is empty."""
        return self.first_row + self.table.num_rows - 1 if self.table is not None else 0

    @property
    def last_col(self) -> int:
        """The last column of the used range; 0 where the sheet is empty."""
        return self.first_col + self.table.num_columns // 2 - 1 if self.table is not None else 0

    @property
    def range(self) -> str:
        """The used range in A1 style, '' where the sheet is empty."""
        if self.table is None:
            return ""
        first = cell_name(self.first_row, self.first_col)
        return f"{first}:{column_letters(self.last_col)}{self.last_row}"

    def text(self, row: int, col: int) -> str | None:
        """Return the text of one cell; None where it is blank or outside the used range."""
        value = self._at("v", row, col)
        return None if value is None else str(value)

    def kind(self, row: int, col: int) -> int:
        """Return the kind of one cell."""
        value = self._at("k", row, col)
        return BLANK if value is None else int(value)

    def column(self, col: int) -> pa.ChunkedArray:
        """Return the texts of a column over the used rows; raises KeyError outside the used range."""
        if self.table is None or not self.first_col <= col <= self.last_col:
            raise KeyError(col)
        return self.table.column(f"v{col - self.first_col}")

    def row(self, row: int) -> dict[int, str]:
        """Return the cells of a row that hold something, by column."""
        cells = {col: self.text(row, col) for col in range(self.first_col, self.last_col + 1)}
        return {col: text for col, text in cells.items() if text is not None}

    def count_kinds(self) -> dict[str, int]:
        """Return the number of cells by kind, blanks left out."""
        counts: dict[str, int] = {}
        for kinds in self._kind_columns():
            for entry in pc.value_counts(kinds).to_pylist():
                name = KIND_NAMES[entry["values"]]
                counts[name] = counts.get(name, 0) + entry["counts"]
        counts.pop("blank", None)
        return counts

    def errors(self) -> list[tuple[int, int, str]]:
        """Return the error cells as (row, column, text), row by row."""
        found = []
        for offset, kinds in enumerate(self._kind_columns()):
            for index in pc.indices_nonzero(pc.equal(kinds, ERROR)).to_pylist():
                row, col = self.first_row + index, self.first_col + offset
                found.append((row, col, self.text(row, col) or ""))
        return sorted(found)

    def _at(self, letter: str, row: int, col: int) -> Any:
        if (
            self.table is None
            or not self.first_row <= row <= self.last_row
            or not self.first_col <= col <= self.last_col
        ):
            return None
        return self.table.column(f"{letter}{col - self.first_col}")[row - self.first_row].as_py()

    def _kind_columns(self) -> Iterator[pa.ChunkedArray]:
        for offset in range(self.last_col - self.first_col + 1 if self.table is not None else 0):
            assert self.table is not None
            yield self.table.column(f"k{offset}")


@dataclass(frozen=True)
class Workbook:
    """A file that was read.

    `kind` is what it is by content; `notes` how a text file was decoded (`encoding`, `delimiter`), that `macros`
    were ignored, that `formulas` were saved without being calculated, that `formats` of numbers are unknown.
    """

    kind: str
    sheets: tuple[Sheet, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    def sheet(self, name: str) -> Sheet | None:
        """Return the sheet of this name (leading and trailing blanks don't count), or None."""
        return next((sheet for sheet in self.sheets if sheet.name.strip() == name.strip()), None)
