"""Failures of a batch: which rows failed which check, and the findings that tell them cell by cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.batch import Reported, cell_name, sheet_of
from include.catalogue.models import Layout, WorkbookSource
from include.errors import Finding
from include.plan import Plan
from include.validated import as_objects

Rows = npt.NDArray[np.int64]
MOST_LISTED = 200
"""Findings listed per code and column; one more tells how many were left out."""


@dataclass(frozen=True)
class Failure:
    """Rows (positions in the frame) whose `column` failed one check.

    `found` and `details` (one a row) replace the reported text and add to `params`. `columns` are all columns
    that took part, for the metrics concerned. Without rows it is one failure of the records in `concerns`,
    or of the whole batch where that is None.
    """

    code: str
    rows: Rows
    column: str = ""
    rule: str = ""
    level: str = "error"
    params: Mapping[str, Any] = field(default_factory=dict)
    found: Sequence[str] | None = None
    details: Sequence[Mapping[str, Any]] | None = None
    columns: tuple[str, ...] = ()
    concerns: Rows | None = None


def find_rows(mask: npt.NDArray[np.bool_]) -> Rows:
    """Return the positions that are true in `mask`."""
    return np.flatnonzero(mask).astype(np.int64)


class Places:
    """Where each value of a reported frame stands."""

    def __init__(self, reported: Reported) -> None:
        """Take the places from `reported`."""
        self.axes = reported.axes
        self.frame = reported.frame
        self.sheets = reported.frame["_sheet"].fillna("").to_numpy(object)
        self.rows = as_objects(reported.frame["_row"])
        self.cols = as_objects(reported.frame["_col"])
        self.keys = as_objects(reported.frame["_key"])

    def cell(self, row: int, column: str) -> str:
        """Return the A1 name of the cell of `column` in the record at position `row`, or a system's key."""
        if pd.notna(self.keys[row]):
            return str(self.keys[row])
        own_row, own_col = self.axes.get(self.sheets[row], {}).get(column, (None, None))
        return cell_name(own_row or self.rows[row], own_col or self.cols[row])

    def text(self, row: int, column: str) -> str:
        """Return what was reported there; '' for a blank."""
        if column not in self.frame:
            return ""
        value: Any = self.frame[column].iat[row]
        return "" if pd.isna(value) else str(value)

    def header(self, plan: Plan, column: str) -> tuple[str, str]:
        """Return sheet and cell of the header of `column`; '' where it isn't known.

        Its row is the declared header row, else the one above the first record.
        """
        for sheet, columns in self.axes.items():
            if column in columns:
                own_row, own_col = columns[column]
                return sheet_of(sheet), cell_name(own_row or self._header_row(plan, sheet), own_col)
        return "", ""

    def _header_row(self, plan: Plan, sheet: str) -> int | None:
        layout = plan.source.layout if isinstance(plan.source, WorkbookSource) else Layout()
        if layout.header_rows or layout.header_row:
            return layout.header_rows[1] if layout.header_rows else layout.header_row
        rows = self.rows[(self.sheets == sheet) & pd.notna(self.rows)]
        return int(min(rows)) - 1 if len(rows) else None


class Slices:
    """Which slice each row belongs to; None where its org unit or period could not be told."""

    def __init__(self, units: npt.NDArray[np.object_], periods: npt.NDArray[np.object_]) -> None:
        """Take each row's org unit id and slice period key."""
        self.units, self.periods = units, periods


def list_findings(failures: Sequence[Failure], plan: Plan, places: Places, slices: Slices) -> list[Finding]:
    """Return the findings of all `failures`, at most MOST_LISTED for each code and column."""
    listed: dict[tuple[str, str, str, str], int] = {}
    left_out: dict[tuple[str, str, str, str], int] = {}
    findings: list[Finding] = []
    for failure in failures:
        key = (failure.code, failure.column, failure.rule, failure.level)
        room = MOST_LISTED - listed.get(key, 0)
        if not len(failure.rows):
            findings.append(_at_once(failure, plan, slices))
            continue
        listed[key] = listed.get(key, 0) + min(room, len(failure.rows))
        left_out[key] = left_out.get(key, 0) + max(0, len(failure.rows) - room)
        findings += [
            _at_row(failure, place, plan, places, slices) for place in range(min(room, len(failure.rows)))
        ]
    findings = _once_a_cell(findings)
    for (code, column, rule, level), count in left_out.items():
        if count:
            params = {"more": count, "what": code}
            more = Finding(
                "more_findings",
                column=column,
                rule=rule,
                level=level,
                params=params,
                metrics=plan.metrics_of([column]),
            )
            findings.append(more)
    return findings


def _once_a_cell(findings: list[Finding]) -> list[Finding]:
    """Tell a failure once where all records of a sheet share the cell, such as a matrix's org unit."""
    told: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        key = (
            finding.code,
            finding.sheet,
            finding.cell,
            finding.column,
            finding.rule,
            finding.level,
            finding.found,
            "" if finding.cell else str(sorted(finding.params.items())),
        )
        first = told.setdefault(key, finding)
        if (first.org, first.period) != (finding.org, finding.period):
            org = first.org if first.org == finding.org else ""
            told[key] = replace(first, org=org, period=first.period if first.period == finding.period else "")
    return list(told.values())


def _at_once(failure: Failure, plan: Plan, slices: Slices) -> Finding:
    params = dict(failure.params)
    concerned = [] if failure.concerns is None else failure.concerns.tolist()
    units, periods = ({values[row] or "" for row in concerned} for values in (slices.units, slices.periods))
    return Finding(
        failure.code,
        found=failure.found[0] if failure.found else "",
        sheet=str(params.pop("sheet", "")),
        cell=str(params.pop("cell", "")),
        column=failure.column,
        rule=failure.rule,
        level=failure.level,
        org=units.pop() if len(units) == 1 else "",
        period=periods.pop() if len(periods) == 1 else "",
        metrics=plan.metrics_of([failure.column, *failure.columns]),
        params=params,
    )


def _at_row(failure: Failure, place: int, plan: Plan, places: Places, slices: Slices) -> Finding:
    row = int(failure.rows[place])
    params = dict(failure.params) | dict(failure.details[place] if failure.details else {})
    return Finding(
        failure.code,
        found=failure.found[place] if failure.found else places.text(row, failure.column),
        sheet=str(params.pop("sheet", sheet_of(places.sheets[row]))),
        cell=str(params.pop("cell", "")) or places.cell(row, failure.column),
        column=failure.column,
        rule=failure.rule,
        level=failure.level,
        org=slices.units[row] or "",
        period=slices.periods[row] or "",
        metrics=plan.metrics_of([failure.column, *failure.columns]),
        params=params,
    )
