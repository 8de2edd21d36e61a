"""Records: a header, and below it a row per record."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.batch import ORG_COLUMN, PERIOD_COLUMN, cell_name
from include.catalogue.models import Column, TotalRows, WorkbookSource
from include.connectors.workbook.blocks import (
    CONTROL_COLUMNS,
    Block,
    Units,
    at_sheet,
    blank_to_null,
    find_uncached,
    is_doubtful_total,
    is_figure,
    is_part,
    note_hidden_rows,
    texts_matching,
    total_label,
    units_from_note,
)
from include.connectors.workbook.doubts import (
    find_lost_digits,
    find_repeated_headers,
    find_unnamed,
    note_hidden_columns,
)
from include.connectors.workbook.labels import Match, is_note
from include.connectors.workbook.reading import Sheet
from include.connectors.workbook.records_header import declared_columns, locate_header, match_header
from include.errors import Finding, RefusedError


def read_records(source: WorkbookSource, sheet: Sheet) -> Block:
    """Return the sheet's records; rows are data unless they are blank, totals or notes.

    Raises RefusedError with all of: header_missing, column_missing, duplicate_label, formula_without_value,
    digits_lost, limit_exceeded (more rows than `max_rows`); else doubtful_total, total_missing_label.
    """
    header = locate_header(source, sheet)
    match = match_header(source, sheet, header)
    rows = (header[1] + 1, sheet.last_row)
    by_col = {col: name for name, col in match.found.items()}
    problems = match.problems + find_uncached(sheet, rows, by_col)
    problems += find_lost_digits(source, sheet, match.found, rows[0])
    if rows[1] - rows[0] + 1 > source.max_rows:
        actual = rows[1] - rows[0] + 1
        problems.append(
            Finding("limit_exceeded", params={"limit": "rows", "allowed": source.max_rows, "actual": actual})
        )
    if problems:
        raise RefusedError(at_sheet(problems, sheet))
    return _Reader(source, sheet, match, header).read()


class _Reader:
    """One pass over a sheet whose header is known."""

    def __init__(self, source: WorkbookSource, sheet: Sheet, match: Match, header: tuple[int, int]) -> None:
        self.source, self.sheet, self.match, self.header = source, sheet, match, header
        self.rows = rows = (header[1] + 1, sheet.last_row)
        self.totals = source.layout.total_rows or TotalRows()
        weights = {column.weight for column in source.columns.values()}
        self.measures = {
            name: column
            for name, column in source.columns.items()
            if (is_figure(column) or name in weights) and name in match.found
        }
        delivered = (name for name, column in source.columns.items() if column.feeds and name in match.found)
        self.delivered = [*dict.fromkeys((*self.measures, *delivered))]
        offset = rows[0] - sheet.first_row
        self.columns = {
            col: blank_to_null(sheet.column(col).slice(offset))
            for col in range(sheet.first_col, sheet.last_col + 1)
        }
        self.notes: list[Finding] = []

    def read(self) -> Block:
        self._fill_merged()
        total_rows = self._find_totals()
        keep = pc.invert(total_rows.mask)
        keep = pc.and_(keep, pc.invert(self._find_repeated_headers()))
        keep = pc.and_(keep, pc.invert(self._find_blank_and_notes(keep)))
        self._refuse_unnamed(keep)
        numbers = pa.array(range(self.rows[0], self.rows[1] + 1), pa.int64())
        declared = [name for name in declared_columns(self.source) if name in self.match.found]
        kept = {name: self.columns[self.match.found[name]].filter(keep) for name in declared}
        frame = pd.DataFrame({name: values.to_pandas().astype("str") for name, values in kept.items()})
        frame["_sheet"] = self.sheet.name
        frame["_row"] = numbers.filter(keep).to_pandas().astype("Int64")
        frame["_col"] = pd.Series(pd.NA, index=frame.index, dtype="Int64")
        frame["_key"] = pd.Series(None, index=frame.index, dtype="str")
        self._add_places(frame)
        return Block(
            sheet=self.sheet.name,
            frame=frame,
            axes=self._axes(frame),
            controls=total_rows.controls,
            units=self._units(),
            notes=[
                *self.notes,
                *self._note_extra(),
                *note_hidden_rows(self.sheet, self.rows),
                *note_hidden_columns(self.sheet, self.match.found.values()),
            ],
            rows_read=len(frame),
        )

    def _fill_merged(self) -> None:
        """Give key cells that are merged downwards to every row they cover; a merged figure counts once."""
        measured = {self.match.found[name] for name in self.measures}
        keys = {col for col in self.match.found.values() if col not in measured}
        for top, left, bottom, _ in self.sheet.merged:
            first, last = max(top, self.rows[0]), min(bottom, self.rows[1])
            if left not in keys or last <= first or top < self.rows[0]:
                continue
            column = self.columns[left]
            text = column[top - self.rows[0]].as_py()
            start, end = first - self.rows[0], last - self.rows[0] + 1
            filled = pa.array([text] * (end - start), pa.string())
            self.columns[left] = pa.chunked_array(
                [*column.slice(0, start).chunks, filled, *column.slice(end).chunks], pa.string()
            )

    def _find_totals(self) -> "_Totals":
        length = self.rows[1] - self.rows[0] + 1
        mask = _nowhere(length)
        labels: dict[int, str] = {}
        measured = {self.match.found[name] for name in self.measures}
        problems = []
        for col, column in self.columns.items():
            if col in measured:
                continue
            distinct = [text for text in pc.unique(column).to_pylist() if text is not None]
            if hits := [text for text in distinct if total_label(text, self.totals)]:
                here = texts_matching(column, hits)
                mask = pc.or_(mask, here)
                for index in pc.indices_nonzero(here).to_pylist():
                    labels.setdefault(self.rows[0] + index, column[index].as_py().strip())
            if col in self.match.found.values():
                problems += self._find_doubtful(col, distinct)
        if problems:
            raise RefusedError(at_sheet(problems, self.sheet))
        return _Totals(mask, self._list_controls(labels))

    def _find_doubtful(self, col: int, distinct: list[str]) -> list[Finding]:
        """Return the texts of a column that speak of totals or parts of them, but are no declared value."""
        allowed, column = self._allowed(col), self.columns[col]
        codes = {
            text: "doubtful_part" if is_part(text) else "doubtful_total"
            for text in distinct
            if text.strip() not in allowed and (is_part(text) or is_doubtful_total(text, self.totals))
        }
        places = pc.indices_nonzero(texts_matching(column, codes)).to_pylist() if codes else ()
        found = [(index, column[index].as_py()) for index in places]
        return [
            Finding(codes[text], found=text, cell=cell_name(self.rows[0] + at, col)) for at, text in found
        ]

    def _allowed(self, col: int) -> list[str]:
        """Return the values that a column's `in` lists: whatever they are called, they are no totals."""
        names = (name for name, at in self.match.found.items() if at == col)
        return [text for name in names for text in (self._column(name).in_ or [])]

    def _column(self, name: str) -> Column:
        return self.source.columns.get(name) or Column()

    def _find_repeated_headers(self) -> pa.ChunkedArray:
        found = {col: self.columns[col] for col in self.match.found.values()}
        repeated = find_repeated_headers(self.sheet, self.header, found)
        if repeated is None:
            return _nowhere(self.rows[1] - self.rows[0] + 1)
        row = self.rows[0] + pc.indices_nonzero(repeated)[0].as_py()
        cell = cell_name(row, min(found))
        self.notes.append(Finding("repeated_header", sheet=self.sheet.name, cell=cell, level="warning"))
        return repeated

    def _refuse_unnamed(self, keep: pa.ChunkedArray) -> None:
        unnamed = find_unnamed(self.source.columns, self.match.found, self.columns, list(self.delivered))
        if unnamed is None:
            return
        problems = []
        for index in pc.indices_nonzero(pc.and_(unnamed, keep)).to_pylist()[:50]:
            cols = sorted(self.match.found[name] for name in self.delivered)
            col = next(col for col in cols if self.columns[col][index].is_valid)
            cell = cell_name(self.rows[0] + index, col)
            problems.append(Finding("total_missing_label", found=self.columns[col][index].as_py(), cell=cell))
        if problems:
            raise RefusedError(at_sheet(problems, self.sheet))

    def _list_controls(self, labels: dict[int, str]) -> pd.DataFrame | None:
        lines, first = [], self.rows[0]
        for row in sorted(labels):
            for name in self.measures:
                col = self.match.found[name]
                value = self.columns[col][row - self.rows[0]].as_py()
                if value is not None:
                    place = (self.sheet.name, row, col, labels[row], name, value)
                    lines.append((*place, first, row - 1, self.rows[0]))
            first = row + 1
        return pd.DataFrame(lines, columns=CONTROL_COLUMNS) if lines else None

    def _find_blank_and_notes(self, candidates: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return where rows are blank or hold only notes; a row with any figure is never one of them."""
        filled = {col: pc.is_valid(column) for col, column in self.columns.items()}
        figures = [filled[self.match.found[name]] for name in self.delivered]
        anything = _any(list(filled.values()))
        doubtful = pc.and_(pc.and_(anything, candidates), pc.invert(_any(figures))) if figures else None
        skip = pc.invert(anything)
        if doubtful is None or not pc.any(doubtful).as_py():
            return skip
        notes = [index for index in pc.indices_nonzero(doubtful).to_pylist() if self._is_note_row(index)]
        if not notes:
            return skip
        marked = pa.array(pd.Index(range(len(skip))).isin(notes))
        return pc.or_(skip, pa.chunked_array([marked]))

    def _is_note_row(self, index: int) -> bool:
        cells = {
            col: text for col, column in self.columns.items() if (text := column[index].as_py()) is not None
        }
        in_use = set(self.match.found.values())
        lone = len(cells) == 1 and not in_use & set(cells)
        if len(cells) > 4 or not (lone or all(is_note(text) for text in cells.values())):
            return False
        col, text = next(iter(cells.items()))
        cell = cell_name(self.rows[0] + index, col)
        self.notes.append(
            Finding("note_row", found=text[:200], sheet=self.sheet.name, cell=cell, level="warning")
        )
        return True

    def _add_places(self, frame: pd.DataFrame) -> None:
        layout = self.source.layout
        for key, place in ((ORG_COLUMN, layout.org), (PERIOD_COLUMN, layout.period)):
            if place is not None and place.column is not None:
                frame[key] = frame[place.column]
                if place.column not in self.source.columns:
                    del frame[place.column]

    def _axes(self, frame: pd.DataFrame) -> dict[str, tuple[int | None, int | None]]:
        axes: dict[str, tuple[int | None, int | None]] = {
            name: (None, col) for name, col in self.match.found.items() if name in frame.columns
        }
        layout = self.source.layout
        for key, place in ((ORG_COLUMN, layout.org), (PERIOD_COLUMN, layout.period)):
            if place is not None and place.column is not None:
                axes[key] = (None, self.match.found[place.column])
        return axes

    def _units(self) -> Units:
        units = {
            name: (unit, self.match.unit_cells[name])
            for name, unit in self.match.units.items()
            if name in self.measures
        }
        return units | units_from_note(self.sheet, self.rows[0] - 1, self.measures, units)

    def _note_extra(self) -> list[Finding]:
        if not self.match.extra:
            return []
        found = "、".join(label.text for label in self.match.extra)[:200]
        cell = self.match.extra[0].cell
        return [Finding("undeclared_columns", found=found, sheet=self.sheet.name, cell=cell, level="warning")]


class _Totals:
    def __init__(self, mask: pa.ChunkedArray, controls: pd.DataFrame | None) -> None:
        self.mask, self.controls = mask, controls


def _nowhere(length: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([False] * length, pa.bool_())])


def _any(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    result = masks[0]
    for mask in masks[1:]:
        result = pc.or_(result, mask)
    return result
