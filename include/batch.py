"""What the stages hand to each other: windows, connections, and rows as reported with their places."""

import dataclasses
import datetime as dt
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from include.cell_names import cell_name as cell_name  # noqa: PLC0414 - names of cells go with rows
from include.cell_names import column_letters as column_letters  # noqa: PLC0414
from include.errors import Finding

PLACE_COLUMNS = ["_sheet", "_row", "_col", "_key"]
BLOCK_MARK = "\x1f"
"""Stands in `_sheet`, and in the keys of `axes`, between the name of a sheet and the number of a further block."""
ORG_COLUMN, PERIOD_COLUMN = "@org", "@period"
"""Columns of `Reported.frame` for an org unit or period that no declared column holds (`layout.org`,
`layout.period`, `layout.periods`, the sheet of a matrix). Text; a period is a key (2026-03, 2026-W05, 2026-Q1,
2026-03-05) or the text as it stands. `axes` may give their places too."""


@dataclass(frozen=True)
class Window:
    """The dates that one extraction of a system covers: `start` inclusive, `end` exclusive."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Connection:
    """A named Airflow connection, resolved. Its `repr` never shows the password or the extras."""

    conn_id: str
    conn_type: str = ""
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Reported:
    """One batch of rows as reported, and where each value was read.

    `frame` has one row a record. Its columns are the declared column names (dimension, date and measure
    columns alike; a matrix gives one record per org unit and period, with a column per row label), all of
    them text, null where nothing was reported. Numbers are in plain decimal notation without exponent: a
    workbook's double rounded to 15 significant digits, a database's or JSON document's number exactly as
    it was given. Dates and timestamps are ISO 8601. Beside them stand PLACE_COLUMNS: `_sheet` (text, ''
    for systems; `sheet_of` gives the bare name), `_row` and `_col` (1-based Int64, null where the column
    decides), `_key` (text: the record's key or page and index; null for workbooks). The index is 0..n-1.

    `axes[sheet][column] = (row, col)`: the part of a column's place that all records of the sheet share; a
    records layout gives (None, col), a matrix (row, None), a form (row, col).

    `controls` holds the total rows that were recognised and are no data: columns `sheet`, `row`, `col`
    (place of the total), `label`, `column` (for a records layout the column totalled; null in a matrix,
    where the total stands below the row labels), `value` (text), `first` and `last` (the rows of the block
    that it closes, up to the total row before it) and `start` (the first data row of the sheet).

    `units[column]` is the unit that the header itself states, where it states one, and `unit_cells[column]`
    the (sheet, cell) where it stands: in the header, a column of units, or a note above the table.
    `notes` are warnings; errors that make the batch unreadable are raised as RefusedError instead.
    `rows_read` counts records before any was set aside. `shows_formats` is false where a file's number formats
    aren't known, so that 0.12 may be shown as 12 %. `shape` is what a system's answer looks like: the kind of value
    (`text`, `decimal`, `number or text`; '' where none was seen) of each column, of those that aren't declared too.
    """

    frame: pd.DataFrame
    axes: Mapping[str, Mapping[str, tuple[int | None, int | None]]] = field(default_factory=dict)
    controls: pd.DataFrame | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    unit_cells: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()
    rows_read: int = 0
    shows_formats: bool = True
    shape: Mapping[str, str] = field(default_factory=dict)


def sheet_of(block: str) -> str:
    """Return the name of the sheet that a text in `_sheet` means, without the mark of its block."""
    return block.partition(BLOCK_MARK)[0]


def save_reported(reported: Reported, path: str) -> None:
    """Write `reported` to the Parquet file `path` (any fsspec URI), whole or not at all for the reader."""
    table = pa.Table.from_pandas(reported.frame, preserve_index=False)
    about = _describe(reported)
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {b"reported": about})
    with open_uri(path, "wb") as file:
        pq.write_table(table, file, compression="zstd")


def save_tables(tables: Iterable[pa.Table], path: str, notes: Sequence[Finding]) -> int:
    """Write a system's records, table by table as they come, to what `load_reported` reads; return how many.

    Each table has the columns of `Reported.frame`; there is at least one. At no time more than one of them is held.
    `notes` are looked at when all have come.
    """
    coming = iter(tables)
    first = next(coming)
    rows = 0
    with open_uri(path, "wb") as file, _open_writer(file, first.schema) as writer:
        for table in itertools.chain([first], coming):
            writer.write_table(table)
            rows += table.num_rows
        frame = first.schema.empty_table().to_pandas()
        about = _describe(Reported(frame, notes=tuple(notes), rows_read=rows))
        writer.add_key_value_metadata({b"reported": about})
    return rows


def _open_writer(file: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer that looks for repeated values in all columns but those that name each record."""
    repeated = [name for name in schema.names if name not in {"_row", "_key"}]
    return pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=repeated)


def _describe(reported: Reported) -> bytes:
    controls = reported.controls
    about = {
        "axes": {s: {c: list(rc) for c, rc in cols.items()} for s, cols in reported.axes.items()},
        "controls": None if controls is None else json.loads(controls.to_json(orient="split")),
        "units": dict(reported.units),
        "unit_cells": {column: list(place) for column, place in reported.unit_cells.items()},
        "notes": [finding_to_json(note) for note in reported.notes],
        "rows_read": reported.rows_read,
        "shows_formats": reported.shows_formats,
        "shape": dict(reported.shape),
    }
    return json.dumps(about).encode()


def load_reported(path: str) -> Reported:
    """Read back what `save_reported` wrote."""
    with open_uri(path, "rb") as file:
        parquet = pq.ParquetFile(file)
        frame = parquet.read().to_pandas()
        about = json.loads(parquet.metadata.metadata[b"reported"])
    controls = about["controls"]
    frame["_row"], frame["_col"] = frame["_row"].astype("Int64"), frame["_col"].astype("Int64")
    return Reported(
        frame=frame,
        axes={s: {c: (rc[0], rc[1]) for c, rc in cols.items()} for s, cols in about["axes"].items()},
        controls=None if controls is None else pd.DataFrame(controls["data"], columns=controls["columns"]),
        units=about["units"],
        unit_cells={column: (sheet, cell) for column, (sheet, cell) in about["unit_cells"].items()},
        notes=tuple(finding_from_json(note) for note in about["notes"]),
        rows_read=about["rows_read"],
        shows_formats=about.get("shows_formats", True),
        shape=about.get("shape", {}),
    )


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain JSON values."""
    return dataclasses.asdict(finding) | {"params": {k: str(v) for k, v in finding.params.items()}}


def finding_from_json(value: Mapping[str, Any]) -> Finding:
    """Read back what `finding_to_json` gave."""
    return Finding(**(dict(value) | {"metrics": tuple(value["metrics"])}))


def open_uri(path: str, mode: str) -> Any:
    """Open a file of the stage by its URI, making its folder where it is written."""
    target = UPath(path)
    if "w" in mode:
        target.parent.mkdir(parents=True, exist_ok=True)
    return target.open(mode)
