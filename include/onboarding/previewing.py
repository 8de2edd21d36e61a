"""Preview a source: its first rows as reported, and the facts that they would become."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from include import standardise as standardising
from include import validate as validating
from include.airflow_adapters.connections import resolve_connection
from include.batch import BLOCK_MARK, PLACE_COLUMNS, Reported, Window, column_letters
from include.catalogue import Catalogue
from include.catalogue.models import Source, SqlSource, WorkbookSource
from include.connectors import rest, sql, workbook
from include.errors import Finding
from include.plan import Plan, plan_source
from include.validated import Validated

MOST_ROWS = 20
_OF_WHOLE_BATCHES = {"org_missing"}
"""Findings that a few rows of a system's answer say nothing about."""


@dataclass(frozen=True)
class PreviewRow:
    """One record: where it stands, its texts as reported, and its facts (rows of `standardise.FACTS`)."""

    place: str
    reported: Mapping[str, str | None]
    facts: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """The first rows of a source, and what the checks found: in a file as a whole, of a system in these rows."""

    source: str
    rows: list[PreviewRow]
    findings: list[Finding]

    @property
    def refused(self) -> bool:
        """Tell whether any finding refuses or holds data."""
        return any(finding.level == "error" for finding in self.findings)


def preview_file(catalogue: Catalogue, source: WorkbookSource, file: Path, delivered: Path) -> Preview:
    """Return the first rows of a workbook, which is read and checked as a whole; `delivered` is its place in the inbox.

    Raises RefusedError with every finding where it can't be read.
    """
    return _preview(catalogue, source, workbook.fetch(source, file, delivered))


def preview_system(catalogue: Catalogue, source: Any, window: Window) -> Preview:
    """Return the first rows of a system's answer for `window`; it is asked for no more than these, or one page.

    Raises SourceUnavailableError, ConfigurationError and RefusedError as the connectors do.
    """
    named = resolve_connection(source.connection)
    if isinstance(source, SqlSource):
        query, zone = catalogue.query_of(source), catalogue.calendar.timezone
        reported = sql.fetch(source, query, window, named, timezone=zone, most=MOST_ROWS)
    else:
        reported = rest.fetch(source, window, named, most=MOST_ROWS)
    few = source.expects.model_copy(update={"rows": None, "each_batch": False})
    found = _preview(catalogue, source.model_copy(update={"expects": few}), reported)
    return dataclasses.replace(
        found, findings=[finding for finding in found.findings if finding.code not in _OF_WHOLE_BATCHES]
    )


def _preview(catalogue: Catalogue, source: Source, reported: Reported) -> Preview:
    """Check all that was read; what can be read shows its facts although a run would refuse it for other rows."""
    plan = plan_source(source, catalogue)
    validated = validating.validate(source, catalogue, reported)
    frame = validated.frame.head(MOST_ROWS)
    readable = frame.assign(_held=~_is_readable(plan, frame))
    shown = dataclasses.replace(validated, frame=readable, refused=False)
    of_row = _facts_by_row(shown, standardising.standardise(source, catalogue, shown))
    columns = [name for name in reported.frame.columns if name not in PLACE_COLUMNS]
    texts = reported.frame.head(MOST_ROWS)
    declared = [name for name in columns if name in plan.fields]
    rows = [
        PreviewRow(
            _name_place(record),
            {name: None if pd.isna(record[name]) else record[name] for name in declared or columns},
            of_row.get(number, []),
        )
        for number, record in enumerate(texts.to_dict("records"))
    ]
    return Preview(source.source, rows, list(validated.findings))


def _is_readable(plan: Plan, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the rows of which all is known that a fact needs: unit, date, currency and weights."""
    needed = [name for name in ("_unit", "_date", "_currency") if name in frame]
    known = frame[needed].notna().all(axis=1).to_numpy(bool)
    for field in plan.figures:
        if field.weight and field.name in frame:
            known &= (frame[field.name].isna() | frame[field.weight].notna()).to_numpy(bool)
    return np.asarray(known)


def _facts_by_row(validated: Validated, facts: pa.Table) -> dict[int, list[dict[str, Any]]]:
    """Return the facts by the position of their row: a column has one for each of its values, in their order."""
    going = validated.frame[~validated.frame["_held"].to_numpy(bool)]
    found: dict[int, list[dict[str, Any]]] = {}
    waiting = {name: iter(np.asarray(going.index)[going[name].notna().to_numpy()]) for name in going.columns}
    for fact in facts.to_pylist():
        found.setdefault(int(next(waiting[fact["measure"]])), []).append(fact)
    return found


def _name_place(record: Mapping[Any, Any]) -> str:
    """Return where a record stands: its sheet with the row, or the column where periods stand across."""
    row, col = record["_row"], record["_col"]
    sheet = str(record["_sheet"] or "").partition(BLOCK_MARK)[0]
    at = str(row) if not pd.isna(row) else column_letters(int(col)) if not pd.isna(col) else ""
    return "!".join(filter(None, (sheet, at)))
