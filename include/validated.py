"""The outcome of validation, and how it is kept between the stages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from include.batch import finding_from_json, finding_to_json, open_uri
from include.errors import Finding

SLICE_COLUMNS = ["_unit", "_date", "_grain", "_month", "_slice", "_held"]


@dataclass(frozen=True)
class Validated:
    """A batch with every value typed and every failure told.

    `frame` has the rows of the reported frame in their order, none dropped. Its columns: the declared ones,
    typed (Decimal objects, datetime64, text, bool; null where nothing was reported or it could not be read),
    PLACE_COLUMNS, and SLICE_COLUMNS: `_unit` org unit id, `_date` the day or the period's last day,
    `_grain` D, M or Q, `_month` first day of the month that holds it, `_slice` the slice's period key,
    `_held` true for rows of a slice that doesn't go on. Null where it could not be told; such rows are held.
    Where the source has a column `is: currency`, `_currency` is the record's ISO code, null for a blank one.

    `findings` are all failures, warnings among them. `refused`: nothing of the batch may go on. `held` are
    the slices (org unit id, period key) kept back while the others go on. `axes` as in Reported.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    refused: bool
    held: frozenset[tuple[str, str]] = frozenset()
    axes: Mapping[str, Mapping[str, tuple[int | None, int | None]]] = field(default_factory=dict)
    rows_read: int = 0

    @property
    def accepted(self) -> bool:
        """Tell whether anything of the batch goes on."""
        return not self.refused

    @property
    def errors(self) -> list[Finding]:
        """The findings that refuse or hold data."""
        return [finding for finding in self.findings if finding.level == "error"]


def as_objects(series: "pd.Series[Any]") -> npt.NDArray[np.object_]:
    """Return the values as Python objects, None where missing."""
    return np.asarray(series.astype(object).where(series.notna(), None), dtype=object)


def save_validated(validated: Validated, path: str) -> None:
    """Write `validated` to the Parquet file `path` (any fsspec URI); Decimals are kept exactly."""
    columns, as_text = {}, []
    for name in validated.frame.columns:
        columns[name], spelled = _to_arrow(validated.frame[name])
        as_text += [name] if spelled else []
    about = {
        "findings": [finding_to_json(finding) for finding in validated.findings],
        "refused": validated.refused,
        "held": sorted(validated.held),
        "axes": {s: {c: list(rc) for c, rc in cols.items()} for s, cols in validated.axes.items()},
        "rows_read": validated.rows_read,
        "decimals_as_text": as_text,
    }
    table = pa.table(columns).replace_schema_metadata({b"validated": json.dumps(about).encode()})
    with open_uri(path, "wb") as file:
        pq.write_table(table, file, compression="zstd")


def load_validated(path: str) -> Validated:
    """Read back what `save_validated` wrote."""
    with open_uri(path, "rb") as file:
        table = pq.read_table(file)
    about = json.loads(table.schema.metadata[b"validated"])
    frame = table.replace_schema_metadata(None).to_pandas()
    for name in about["decimals_as_text"]:
        texts = table[name].to_pylist()
        frame[name] = pd.Series([None if text is None else Decimal(text) for text in texts], dtype=object)
    for name in ("_row", "_col"):
        frame[name] = frame[name].astype("Int64")
    return Validated(
        frame=frame,
        findings=tuple(finding_from_json(finding) for finding in about["findings"]),
        refused=about["refused"],
        held=frozenset((unit, period) for unit, period in about["held"]),
        axes={s: {c: (rc[0], rc[1]) for c, rc in cols.items()} for s, cols in about["axes"].items()},
        rows_read=about["rows_read"],
    )


def _to_arrow(series: "pd.Series[Any]") -> tuple[pa.Array, bool]:
    """Return the column, and whether it holds Decimals: these as text, exact and faster than Arrow's own."""
    there = series.first_valid_index()
    if there is not None and isinstance(series.loc[there], Decimal):
        return pa.array(series.map(str, na_action="ignore"), pa.string(), from_pandas=True), True
    return pa.array(series, from_pandas=True), False
