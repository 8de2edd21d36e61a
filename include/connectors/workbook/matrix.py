"""Matrix: row labels down the side, periods across."""

import re
from collections.abc import Mapping

import pandas as pd

from include.batch import PERIOD_COLUMN, cell_name
from include.catalogue.models import Measure, PeriodsAcross, TotalRows, WorkbookSource
from include.connectors.workbook.blocks import (
    CONTROL_COLUMNS,
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
from include.connectors.workbook.cells import DATE
from include.connectors.workbook.labels import (
    Label,
    Match,
    is_note,
    join_headers,
    match_labels,
    plain,
    split_unit,
)
from include.connectors.workbook.places import compile_pattern, looks_like_period, period_text
from include.connectors.workbook.reading import Sheet
from include.errors import ConfigurationError, Finding, RefusedError

_HEADER_SEARCH_ROWS = 200
_FIGURES = {
    *(
        "",
        "金额",
        "数额",
        "数量",
        "本期",
        "本月",
        "本月数",
        "本期数",
        "本月金额",
        "本期金额",
        "发生额",
        "实际",
    ),
    *("amount", "actual"),
}
"""What a header says below its period without meaning anything else than the period's own figures."""
_UNIT_HEADERS = {"单位", "计量单位", "Unit", "unit", "Units"}


def read_matrix(source: WorkbookSource, sheet: Sheet) -> Block:
    """Return one record per period column that holds a value in a declared row, with a column per row label.

    Labels that no declared row claims are columns too (rules may name them), unless they stand twice. Raises
    RefusedError with all of: header_missing, period_header_unknown, duplicate_label, row_missing,
    label_missing (figures beside a blank label), doubtful_total, formula_without_value.
    """
    if source.layout.periods is not None and source.layout.periods.across != "columns":
        raise ConfigurationError([f"source {source.source}: a matrix reads periods across columns only"])
    if source.layout.org is not None and source.layout.org.column is not None:
        raise ConfigurationError([f"source {source.source}: a matrix can't take its org unit from a column"])
    return _Matrix(source, sheet).read()


def matrix_is_known(source: WorkbookSource, sheet: Sheet) -> bool:
    """Tell whether a sheet holds the row-label header and at least one period."""
    try:
        matrix = _Matrix(source, sheet)
    except RefusedError:
        return False
    return bool(matrix.periods)


class _Matrix:
    """A sheet whose header was found: raises RefusedError on construction where it wasn't."""

    def __init__(self, source: WorkbookSource, sheet: Sheet) -> None:
        self.source, self.sheet = source, sheet
        self.totals = source.layout.total_rows or TotalRows()
        self.across = source.layout.periods or PeriodsAcross()
        self.measures: Mapping[str, Measure] = source.rows
        self.problems: list[Finding] = []
        self.notes: list[Finding] = []
        self.first, self.last = self._locate()
        labels = join_headers(sheet, self.first, self.last)
        self.label_col = self._label_column(labels) or 0
        self.periods = self._period_columns(labels)
        self.unit_col = next((label.at for label in labels if label.text in _UNIT_HEADERS), None)
        self.rows = (self.last + 1, sheet.last_row)

    def read(self) -> Block:
        labels = self._row_labels()
        match = match_labels(
            {name: list(row.aliases) for name, row in self.measures.items()}, labels, "row_missing"
        )
        self.problems += match.problems + self._uncached(set(match.found.values()))
        declared = {name: match.found[name] for name in self.measures if name in match.found}
        places = declared | self._unclaimed(match.extra, set(declared))
        if self.problems:
            raise RefusedError(at_sheet(self.problems, self.sheet))
        frame = self._frame(places, list(match.found))
        return Block(
            sheet=self.sheet.name,
            frame=frame,
            axes={name: (row, None) for name, row in places.items()},
            controls=self._controls(labels),
            units=self._units(match),
            notes=self.notes + note_hidden_rows(self.sheet, self.rows),
            rows_read=len(frame),
        )

    def _locate(self) -> tuple[int, int]:
        layout, sheet = self.source.layout, self.sheet
        if layout.header_rows or layout.header_row:
            rows = layout.header_rows or (layout.header_row or 1, layout.header_row or 1)
            if self._label_column(join_headers(sheet, *rows)):
                return rows
        else:
            for row in range(sheet.first_row, min(sheet.last_row, sheet.first_row + _HEADER_SEARCH_ROWS) + 1):
                labels = join_headers(sheet, row, row)
                if self._label_column(labels) and any(self._period_of(label, (row, row)) for label in labels):
                    return row, row
        wanted = f"{layout.row_label or ''} … {self.across.pattern}"
        raise RefusedError([Finding("header_missing", sheet=sheet.name, params={"columns": wanted})])

    def _label_column(self, labels: list[Label]) -> int | None:
        """Return the column headed `row_label`; the first column with a header where none is declared."""
        wanted = self.source.layout.row_label
        if wanted is None:
            return labels[0].at if labels else None
        for label in labels:
            if plain(wanted) == plain(label.text) or plain(wanted) in map(plain, label.text.split("/")):
                return label.at
        return None

    def _period_of(self, label: Label, header: tuple[int, int]) -> str | None:
        """Return the period that a header names: the joined text, its parts written together, or one part.

        A part such as `金额（万元）` beside the period's is passed over; its unit is checked (`_units`).
        """
        pattern, parts = compile_pattern(self.across.pattern), label.text.split("/")
        telling = [part for part in parts if split_unit(part)[0].strip().lower() not in _FIGURES]
        for text in (label.text, "".join(parts), "".join(telling), *reversed(parts)):
            if found := pattern.fullmatch(plain(text)):
                return period_text(found)
        for row in range(header[1], header[0] - 1, -1):
            if self.sheet.kind(row, label.at) == DATE and "{quarter}" not in self.across.pattern:
                return self._name_date((self.sheet.text(row, label.at) or "")[:10])
        return None

    def _name_date(self, date: str) -> str:
        """Return the period of a date in a header: a typed month is kept as its first.

        Which period another date stands for, if any, is the calendar's to say.
        """
        typed_month = {"{day}", "{week}"}.isdisjoint(re.findall(r"\{\w+\}", self.across.pattern))
        return date[:7] if typed_month and date.endswith("-01") else date

    def _period_columns(self, labels: list[Label]) -> dict[str, int]:
        periods: dict[str, Label] = {}
        ignored = []
        for label in labels:
            period = self._period_of(label, (self.first, self.last))
            if period and period in periods:
                params = {"cells": f"{periods[period].cell}, {label.cell}"}
                self.problems.append(
                    Finding("duplicate_label", found=label.text, cell=label.cell, params=params)
                )
            elif period:
                periods[period] = label
            elif any(
                looks_like_period(part, self.across.pattern) for part in (label.text, *label.text.split("/"))
            ):
                params = {"pattern": self.across.pattern}
                self.problems.append(
                    Finding("period_header_unknown", found=label.text, cell=label.cell, params=params)
                )
            elif label.at != self.label_col and label.text not in _UNIT_HEADERS:
                ignored.append(label)
        if ignored:
            found = "、".join(label.text for label in ignored)[:200]
            self.notes.append(
                Finding(
                    "undeclared_columns",
                    found=found,
                    sheet=self.sheet.name,
                    cell=ignored[0].cell,
                    level="warning",
                )
            )
        return {period: label.at for period, label in periods.items()}

    def _row_labels(self) -> list[Label]:
        labels = []
        for row in range(self.rows[0], self.rows[1] + 1):
            text = (self.sheet.text(row, self.label_col) or "").strip()
            filled = [col for col in self.periods.values() if (self.sheet.text(row, col) or "").strip()]
            if text and not (is_note(text) and not filled):
                labels.append(Label(text, row, cell_name(row, self.label_col)))
            elif filled:
                cell = cell_name(row, self.label_col)
                self.problems.append(
                    Finding("label_missing", cell=cell, found=self.sheet.text(row, filled[0]) or "")
                )
        return labels

    def _uncached(self, used_rows: set[int]) -> list[Finding]:
        names = {col: period for period, col in self.periods.items()} | {self.label_col: "label"}
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
        for period, col in self.periods.items():
            texts = {name: (self.sheet.text(row, col) or "").strip() or None for name, row in places.items()}
            if any(texts[name] is not None for name in declared):
                records.append(texts | {PERIOD_COLUMN: period, "_sheet": self.sheet.name, "_col": col})
        frame = pd.DataFrame(records, columns=[*places, PERIOD_COLUMN, "_sheet", "_col"])
        frame = frame.astype(dict.fromkeys([*places, PERIOD_COLUMN, "_sheet"], "str"))
        frame["_col"] = frame["_col"].astype("Int64")
        frame["_row"] = pd.Series(pd.NA, index=frame.index, dtype="Int64")
        frame["_key"] = pd.Series(None, index=frame.index, dtype="str")
        return frame

    def _controls(self, labels: list[Label]) -> pd.DataFrame | None:
        lines, first = [], self.rows[0]
        for label in labels:
            if not total_label(label.text, self.totals):
                continue
            for col in self.periods.values():
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
                self.unit_col is not None
                and name not in units
                and (text := self.sheet.text(row, self.unit_col))
            ):
                units[name] = text.strip(), cell_name(row, self.unit_col)
        for unit, cell in self._header_units():
            units |= spread_unit(unit, cell, self.measures, units)
        return units | units_from_note(self.sheet, self.first, self.measures, units)

    def _header_units(self) -> list[tuple[str, str]]:
        """Return the unit that the period headers state, with its cell. Raises RefusedError where they differ."""
        stated: dict[str, str] = {}
        for col in self.periods.values():
            for row in range(self.first, self.last + 1):
                unit = split_unit(self.sheet.text(row, col) or "")[1]
                if unit:
                    stated.setdefault(unit, cell_name(row, col))
        if len(stated) > 1:
            (first, _), (other, cell) = list(stated.items())[:2]
            raise RefusedError(
                at_sheet(
                    [Finding("units_differ", found=other, cell=cell, params={"other": first})], self.sheet
                )
            )
        return list(stated.items())
