"""Batches as a connector would report them, for tests of the stages behind it."""

from collections.abc import Mapping, Sequence

import pandas as pd
from ruamel.yaml import YAML

from include.batch import Reported
from include.catalogue.models import SqlSource, WorkbookSource

SHEET = "数据"


def read_source(text: str, **changes: object) -> WorkbookSource | SqlSource:
    """Return the source that a YAML text describes; `changes` replace top-level keys."""
    data = YAML(typ="safe", pure=True).load(text) | changes
    model = WorkbookSource if data["kind"] == "workbook" else SqlSource
    return model.model_validate(data)


def report_records(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    *,
    units: Mapping[str, str] | None = None,
    controls: Sequence[Mapping[str, object]] = (),
) -> Reported:
    """Return records that stand on one sheet from row 2 on, the columns from A on, the header in row 1."""
    frame = pd.DataFrame(list(rows), columns=list(columns), dtype="str")
    frame["_sheet"] = SHEET
    frame["_row"] = pd.array(range(2, len(rows) + 2), dtype="Int64")
    frame["_col"] = pd.array([None] * len(rows), dtype="Int64")
    frame["_key"] = pd.Series([None] * len(rows), dtype="str")
    axes = {SHEET: {name: (None, place) for place, name in enumerate(columns, 1)}}
    return Reported(frame, axes, _controls(controls), units or {}, rows_read=len(rows))


def report_matrix(
    org: str,
    labels: Sequence[str],
    periods: Mapping[str, Sequence[str | None]],
    *,
    controls: Sequence[Mapping[str, object]] = (),
) -> Reported:
    """Return a matrix: labels in A from row 6 on, one column a period from B on, the org unit in B2."""
    records = [
        dict(zip(labels, values, strict=True)) | {"@org": org, "@period": period, "_col": place}
        for place, (period, values) in enumerate(periods.items(), 2)
    ]
    frame = pd.DataFrame(records).astype(dict.fromkeys([*labels, "@org", "@period"], "str"))
    frame["_sheet"] = SHEET
    frame["_row"] = pd.array([None] * len(frame), dtype="Int64")
    frame["_col"] = frame["_col"].astype("Int64")
    frame["_key"] = pd.Series([None] * len(frame), dtype="str")
    axes: dict[str, tuple[int | None, int | None]] = {
        label: (place, None) for place, label in enumerate(labels, 6)
    }
    return Reported(frame, {SHEET: axes | {"@org": (2, 2), "@period": (5, None)}}, _controls(controls))


def report_system(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Reported:
    """Return rows of a query, each named by its ordinal."""
    reported = report_records(columns, rows)
    frame = reported.frame.assign(_sheet="", _key=[f"row {n}" for n in range(1, len(rows) + 1)])
    return Reported(frame, rows_read=len(rows))


def _controls(totals: Sequence[Mapping[str, object]]) -> pd.DataFrame | None:
    if not totals:
        return None
    names = ["sheet", "row", "col", "label", "column", "value", "first", "last", "start"]
    return pd.DataFrame([{"sheet": SHEET} | dict(total) for total in totals], columns=names)
