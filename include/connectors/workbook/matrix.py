"""Matrix: row labels down the side, periods or org units across."""

from collections.abc import Mapping

import pandas as pd

from include.batch import ORG_COLUMN, PERIOD_COLUMN, cell_name
from include.catalogue.models import Measure, TotalRows, WorkbookSource
from include.connectors.workbook.blocks import (
    CONTROL_COLUMNS,
    Axes,
    Block,
    Units,
    at_sheet,
    find_uncached,
    is_doubtful_total,
    note_hidden_rows,
    spread_unit,
    total_label,
    units_from_note,
)
from include.connectors.workbook.doubts import note_hidden_columns
from include.connectors.workbook.labels import (
    Label,
    Match,
    add_paths,
    indent_of,
    is_note,
    match_labels,
    split_unit,
)
from include.connectors.workbook.matrix_header import MatrixHeader
from include.connectors.workbook.reading import Sheet
from include.errors import ConfigurationError, Finding, RefusedError


def read_matrix(source: WorkbookSource, sheet: Sheet) -> Block:
    """Return one record per column of figures with a value in a declared row, with a column per row label.

    A column is a period, an org unit or both, as the layout says. Labels that no declared row claims are columns
    too (rules may name them), unless they stand twice. Raises
    RefusedError with all of: header_missing, period_header_unknown, duplicate_label, row_missing,
    label_missing (figures beside a blank label), doubtful_total, formula_without_value.
    """
    if source.layout.periods is not None and source.layout.periods.across != "columns":
        raise ConfigurationError(
            [f"source {source.source}: a matrix has its periods across; periods down are records"]
        )
    if source.layout.org is not None and source.layout.org.column is not None:
        raise ConfigurationError([f"source {source.source}: a matrix can't take its org unit from a column"])
    return _Matrix(source, sheet).read()


def matrix_is_known(source: WorkbookSource, sheet: Sheet) -> bool:
    """Tell whether a sheet holds the row-label header and at least one period or org unit."""
    try:
        return bool(MatrixHeader(source, sheet).headings)
    except RefusedError:
        return False


class _Matrix:
    """A sheet whose header was found: raises RefusedError on construction where it wasn't."""

    def __init__(self, source: WorkbookSource, sheet: Sheet) -> None:
        self.source, self.sheet = source, sheet
        self.totals = source.layout.total_rows or TotalRows()
        self.measures: Mapping[str, Measure] = source.rows
        self.header = MatrixHeader(source, sheet)
        self.first, self.last, self.label_col = self.header.first, self.header.last, self.header.label_col
        self.problems, self.notes = self.header.problems, self.header.notes
        self.cols = [heading.col for heading in self.header.headings]
        self.rows = (self.last + 1, sheet.last_row)

    def read(self) -> Block:
        labels = self._row_labels()
        names = {name: list(row.aliases) for name, row in self.measures.items()}
        match = match_labels(names, labels, "row_missing", self._totals(labels, names))
        self.problems += match.problems + self._uncached(set(match.found.values()))
        declared = {name: match.found[name] for name in self.measures if name in match.found}
        named = [label for label in match.extra if label.text]
        places = declared | self._unclaimed(named, set(declared))
        if self.problems:
            raise RefusedError(at_sheet(self.problems, self.sheet))
        frame = self._frame(places, list(match.found))
        return Block(
            sheet=self.sheet.name,
            frame=frame,
            axes=self._axes(places),
            controls=self._controls(labels),
            units=self._units(match),
            notes=[
                *self.notes,
                *note_hidden_rows(self.sheet, self.rows),
                *note_hidden_columns(self.sheet, self.cols),
            ],
            rows_read=len(frame),
        )

    def _row_labels(self) -> list[Label]:
        labels, indents = [], []
        for row in range(self.rows[0], self.rows[1] + 1):
            written = self.sheet.text(row, self.label_col) or ""
            text = written.strip()
            filled = [col for col in self.cols if (self.sheet.text(row, col) or "").strip()]
            if text and not (is_note(text) and not filled):
                labels.append(Label(text, row, cell_name(row, self.label_col)))
                indents.append(indent_of(written))
            elif filled:
                nameless = Label("", row, cell_name(row, self.label_col))
                labels.append(nameless)
                indents.append(0)
                found = self.sheet.text(row, filled[0]) or ""
                self.problems.append(Finding("label_missing", cell=nameless.cell, found=found))
        return add_paths(labels, indents)

    def _totals(self, labels: list[Label], names: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the labels of total rows, none of which is a renamed measure."""
        meant = {text for name, aliases in names.items() for text in (name, *aliases)}
        totals = (label.text for label in labels if total_label(label.text, self.totals))
        return {text: [] for text in totals if text not in meant}

    def _axes(self, places: Mapping[str, int]) -> Axes:
        axes: Axes = {name: (row, None) for name, row in places.items()}
        if self.header.has_periods:
            axes[PERIOD_COLUMN] = (self.last, None)
        if self.header.has_orgs:
            axes[ORG_COLUMN] = (self.header.org_row() if self.cols else self.last, None)
        return axes

    def _uncached(self, used_rows: set[int]) -> list[Finding]:
        names = {h.col: h.period or h.org or "" for h in self.header.headings} | {self.label_col: "label"}
        found = find_uncached(self.sheet, (self.first, self.rows[1]), names)
        cells = {
            cell_name(row, col) for row in used_rows | set(range(self.first, self.rows[0])) for col in names
        }
        return [finding for finding in found if finding.cell in cells]

    def _unclaimed(self, extra: list[Label], taken: set[str]) -> dict[str, int]:
        """Return the further row labels by name: without unit brackets, none that stands twice, no totals."""
        by_name: dict[str, list[Label]] = {}
        for label in extra:
            if is_doubtful_total(label.text, self.totals) or total_label(label.text, self.totals):
                continue
            by_name.setdefault(split_unit(label.text)[0], []).append(label)
        for name, labels in by_name.items():
            if len(labels) > 1 and name not in taken:
                self.notes.append(
                    Finding(
                        "repeated_label",
                        found=name,
                        sheet=self.sheet.name,
                        cell=labels[1].cell,
                        level="warning",
                    )
                )
        return {
            name: labels[0].at for name, labels in by_name.items() if len(labels) == 1 and name not in taken
        }

    def _frame(self, places: Mapping[str, int], declared: list[str]) -> pd.DataFrame:
        records = []
        for heading in self.header.headings:
            texts: dict[str, str | int | None] = {
                name: (self.sheet.text(row, heading.col) or "").strip() or None
                for name, row in places.items()
            }
            if any(texts[name] is not None for name in declared):
                across = {PERIOD_COLUMN: heading.period, ORG_COLUMN: heading.org}
                records.append(texts | across | {"_sheet": self.sheet.name, "_col": heading.col})
        across_names = [PERIOD_COLUMN] * self.header.has_periods + [ORG_COLUMN] * self.header.has_orgs
        frame = pd.DataFrame(records, columns=[*places, *across_names, "_sheet", "_col"])
        frame = frame.astype(dict.fromkeys([*places, *across_names, "_sheet"], "str"))
        frame["_col"] = frame["_col"].astype("Int64")
        frame["_row"] = pd.Series(pd.NA, index=frame.index, dtype="Int64")
        frame["_key"] = pd.Series(None, index=frame.index, dtype="str")
        return frame

    def _controls(self, labels: list[Label]) -> pd.DataFrame | None:
        lines, first = [], self.rows[0]
        for label in labels:
            if not total_label(label.text, self.totals):
                continue
            for col in self.cols:
                value = (self.sheet.text(label.at, col) or "").strip()
                if value:
                    place = (self.sheet.name, label.at, col, label.text, None, value)
                    lines.append((*place, first, label.at - 1, self.rows[0]))
            first = label.at + 1
        return pd.DataFrame(lines, columns=CONTROL_COLUMNS) if lines else None

    def _units(self, match: Match) -> Units:
        units = {name: (unit, match.unit_cells[name]) for name, unit in match.units.items()}
        for name, row in match.found.items():
            if (
                self.header.unit_col is not None
                and name not in units
                and (text := self.sheet.text(row, self.header.unit_col))
            ):
                units[name] = text.strip(), cell_name(row, self.header.unit_col)
        for unit, cell in self.header.units():
            units |= spread_unit(unit, cell, self.measures, units)
        return units | units_from_note(self.sheet, self.first, self.measures, units)
