"""What a system's answer says about slices that aren't in it, or hold fewer records than before.

A file tells what it holds. A system was asked for certain dates and tells all that it has there: a slice that it no
longer answers is gone, and ends by a submission without facts. What shrinks too far is held until somebody approves it.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from include import warehouse
from include.batch import Window
from include.errors import Finding, RefusedError

SHRINK = Decimal("0.5")
"""The share of its records that a slice may lose where the source's `expects.rows.shrink` says nothing."""
ALL_DATES = Window(dt.date.min, dt.date.max)
GONE = {"cells_hash": "gone", "facts": 0, "records": 0}


@dataclass(frozen=True)
class Answer:
    """What a batch of a system is an answer to: the dates in `spans`, as PostgreSQL writes a datemultirange.

    `kept_back` are the (org unit, period) of rows that validation held, '' where a row doesn't tell one of them.
    `approved` says of a slice to how few records it may shrink, because somebody has agreed to that.
    """

    batch_id: int
    spans: str
    shrink: Decimal = SHRINK
    kept_back: frozenset[tuple[str, str]] = frozenset()
    approved: Mapping[tuple[str, str], int] = field(default_factory=dict)


def write_spans(windows: Iterable[Window]) -> str:
    """Return windows as the text of a datemultirange; those that touch become one."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda w: w.start):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return "{" + ",".join(f"[{w.start},{w.end})" for w in merged) + "}"


def read_spans(spans: str, within: Window) -> list[Window]:
    """Return the windows in a datemultirange's text, cut to what lies `within`."""
    found = [
        Window(max(dt.date.fromisoformat(start), within.start), min(dt.date.fromisoformat(end), within.end))
        for start, end in re.findall(r"\[([\d-]+),([\d-]+)\)", spans)
    ]
    return [window for window in found if window.start < window.end]


def judge_answer(
    connection: Connection, source: str, answer: Answer, slices: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the slices that may be loaded, and a finding for each that is held.

    `slices` are those with facts (org_id, period, period_start, period_stop, records, ...). Added are those that count
    now and that the system no longer has, without facts. Held are slices that lost more records than `shrink` allows
    and that aren't approved, and those that lie outside of the dates that were asked for, as they may be there in part.
    Raises RefusedError with `query_overtaken` where a later query of the same dates was loaded already.
    """
    common = {"source": source, "spans": answer.spans}
    later = warehouse.run(connection, "load/overtaken", batch_id=answer.batch_id, **common).scalar()
    if later:
        raise RefusedError([Finding("query_overtaken", found=str(later))])
    outside = _find_outside(connection, answer, slices)
    standing = warehouse.fetch(connection, "load/standing", **common)
    counted = dict(zip(_keys(slices), slices["records"], strict=True))
    gone = [row for row in standing if _is_gone(row, counted, answer)]
    shrunken = {
        (row["org_id"], row["period"]): _describe_shrunken(row, counted, answer)
        for row in standing
        if _is_shrunken(row, counted, answer)
    }
    names = ["org_id", "period", "grain", "period_start", "period_stop"]
    if gone:
        added = pd.DataFrame([{name: row[name] for name in names} | GONE for row in gone])
        slices = pd.concat([slices, added], ignore_index=True) if len(slices) else added
    held = outside | shrunken
    return slices[[key not in held for key in _keys(slices)]], [*outside.values(), *shrunken.values()]


def _keys(slices: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(slices["org_id"], slices["period"], strict=True))


def _is_gone(row: Any, counted: Mapping[tuple[int, str], int], answer: Answer) -> bool:
    """Tell whether nothing in the batch is of this slice, or might be."""
    doubtful = {(row["org"], row["period"]), (row["org"], ""), ("", row["period"]), ("", "")}
    return (row["org_id"], row["period"]) not in counted and not doubtful & answer.kept_back


def _is_shrunken(row: Any, counted: Mapping[tuple[int, str], int], answer: Answer) -> bool:
    records = counted.get((row["org_id"], row["period"]), 0)
    if not records and not _is_gone(row, counted, answer):
        return False
    last = row["records"] or (0 if records else row["facts"])
    allowed = answer.approved.get((row["org"], row["period"]))
    return records < last * (1 - answer.shrink) and (allowed is None or records < allowed)


def _describe_shrunken(row: Any, counted: Mapping[tuple[int, str], int], answer: Answer) -> Finding:
    return Finding(
        "slice_shrunken",
        found=str(counted.get((row["org_id"], row["period"]), 0)),
        rule="expects.rows.shrink",
        org=row["org"],
        period=row["period"],
        params={
            "last": row["records"] or row["facts"],
            "share": f"{answer.shrink * 100:f}".rstrip("0").rstrip("."),
            "batch": answer.batch_id,
        },
    )


def _find_outside(
    connection: Connection, answer: Answer, slices: pd.DataFrame
) -> dict[tuple[int, str], Finding]:
    if slices.empty:
        return {}
    given = {"orgs": "org_id", "periods": "period", "starts": "period_start", "stops": "period_stop"}
    asked = {name: slices[column].tolist() for name, column in given.items()}
    rows = warehouse.fetch(connection, "load/outside", spans=answer.spans, **asked)
    return {
        (row["org_id"], row["period"]): Finding(
            "outside_window", found=row["period"], org=row["org"], period=row["period"]
        )
        for row in rows
    }
