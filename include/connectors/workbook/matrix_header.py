"""The header of a matrix: which column holds the labels, which periods and org units stand across."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from include.batch import cell_name
from include.catalogue.models import PeriodsAcross, TotalRows, WorkbookSource
from include.connectors.workbook.blocks import at_sheet, is_doubtful_total, total_label
from include.connectors.workbook.cells import DATE
from include.connectors.workbook.labels import Label, join_headers, plain, split_unit
from include.connectors.workbook.places import compile_pattern, looks_like_period, period_text
from include.connectors.workbook.reading import Sheet
from include.errors import Finding, RefusedError

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
"""What a header says beside its period or org unit without meaning anything else than its own figures."""
_UNIT_HEADERS = {"单位", "计量单位", "Unit", "unit", "Units"}
_ASIDE = {
    "备注",
    "说明",
    "附注",
    "序号",
    "行次",
    "编号",
    "代码",
    "note",
    "notes",
    "remark",
    "remarks",
    "no.",
    "code",
}
"""Headers that are never an org unit."""


@dataclass(frozen=True)
class Heading:
    """A column of figures: the period and the org unit that its header names, None where not across."""

    col: int
    cell: str
    period: str | None
    org: str | None


class MatrixHeader:
    """The header of a sheet, found on construction: raises RefusedError (header_missing) where it isn't there.

    `headings` are the columns of figures; `problems` and `notes` what is wrong or left out among the others.
    """

    def __init__(self, source: WorkbookSource, sheet: Sheet) -> None:
        """Find the header rows of `sheet` and what stands across."""
        self.source, self.sheet = source, sheet
        self.totals = source.layout.total_rows or TotalRows()
        self.across = source.layout.periods or PeriodsAcross()
        self.has_periods = source.layout.periods is not None or source.layout.period is None
        self.has_orgs = source.layout.org is not None and source.layout.org.across is not None
        self.problems: list[Finding] = []
        self.notes: list[Finding] = []
        self.first, self.last = self._locate()
        labels = join_headers(sheet, self.first, self.last)
        self.label_col = self._label_column(labels) or 0
        self.unit_col = next((label.at for label in labels if label.text in _UNIT_HEADERS), None)
        self.headings = self._read_headings(labels)

    def _locate(self) -> tuple[int, int]:
        layout, sheet = self.source.layout, self.sheet
        if layout.header_rows or layout.header_row:
            rows = layout.header_rows or (layout.header_row or 1, layout.header_row or 1)
            if self._label_column(join_headers(sheet, *rows)):
                return rows
        else:
            for row in range(sheet.first_row, min(sheet.last_row, sheet.first_row + _HEADER_SEARCH_ROWS) + 1):
                labels = join_headers(sheet, row, row)
                if not self._label_column(labels):
                    continue
                if not self.has_periods or any(self._period_of(label, (row, row)) for label in labels):
                    return row, row
        wanted = f"{layout.row_label or ''} … {self.across.pattern if self.has_periods else ''}"
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

    def _read_headings(self, labels: list[Label]) -> list[Heading]:
        found: dict[tuple[str | None, str | None], Heading] = {}
        ignored = []
        for label in labels:
            heading = self._read_heading(label)
            if heading is None:
                if label.at not in (self.label_col, self.unit_col):
                    ignored.append(label)
                continue
            first = found.setdefault((heading.period, heading.org), heading)
            if first is not heading:
                params = {"cells": f"{first.cell}, {label.cell}"}
                self._tell("duplicate_label", label, params)
        if ignored:
            told = "、".join(label.text for label in ignored)[:200]
            cell = ignored[0].cell
            self.notes.append(
                Finding("undeclared_columns", found=told, sheet=self.sheet.name, cell=cell, level="warning")
            )
        return list(found.values())

    def _read_heading(self, label: Label) -> Heading | None:
        """Return what a header names, or None where its column isn't read; tells one that is in doubt."""
        if label.at in (self.label_col, self.unit_col):
            return None
        period = self._period_of(label, (self.first, self.last)) if self.has_periods else None
        org = self._org_of(label) if self.has_orgs else None
        if self.has_periods and period is None:
            parts = (label.text, *label.text.split("/"))
            if any(looks_like_period(part, self.across.pattern) for part in parts):
                self._tell("period_header_unknown", label, {"pattern": self.across.pattern})
            return None
        if self.has_orgs:
            if any(total_label(part, self.totals) for part in label.text.split("/")):
                return None
            if org is None and not self.has_periods:
                return None
            if org is not None and is_doubtful_total(org, self.totals):
                self._tell("doubtful_total", label, {})
                return None
        return Heading(label.at, label.cell, period, org)

    def _org_of(self, label: Label) -> str | None:
        """Return the part of a header that names the org unit: what is left beside period and plain figures."""
        pattern = compile_pattern(self.across.pattern)
        dates = {
            (self.sheet.text(row, label.at) or "").strip()
            for row in range(self.first, self.last + 1)
            if self.sheet.kind(row, label.at) == DATE
        }
        left = [
            part
            for part in label.text.split("/")
            if split_unit(part)[0].strip().lower() not in _FIGURES | _ASIDE
            and part not in dates
            and not (self.has_periods and pattern.fullmatch(plain(part)))
        ]
        return "/".join(left) or None

    def _tell(self, code: str, label: Label, params: Mapping[str, str]) -> None:
        self.problems.append(Finding(code, found=label.text, cell=label.cell, params=params))

    def org_row(self) -> int:
        """Return the header row in which the first heading's org unit stands."""
        first = self.headings[0]
        rows = [
            r
            for r in range(self.first, self.last + 1)
            if (self.sheet.text(r, first.col) or "").strip() == first.org
        ]
        return rows[0] if rows else self.last

    def units(self) -> list[tuple[str, str]]:
        """Return the unit that the headings state, with its cell. Raises RefusedError where they differ.

        A bracket behind an org unit is part of its name.
        """
        stated: dict[str, str] = {}
        for heading in self.headings:
            for row in range(self.first, self.last + 1):
                text = (self.sheet.text(row, heading.col) or "").strip()
                unit = split_unit(text)[1] if text != heading.org else ""
                if unit:
                    stated.setdefault(unit, cell_name(row, heading.col))
        if len(stated) > 1:
            (first, _), (other, cell) = list(stated.items())[:2]
            problem = Finding("units_differ", found=other, cell=cell, params={"other": first})
            raise RefusedError(at_sheet([problem], self.sheet))
        return list(stated.items())
