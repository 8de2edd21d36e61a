"""Drift: a system whose answer has another shape than that of the last batch that counted."""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from include import warehouse
from include.batches import BatchRow
from include.catalogue.models import RestSource, SqlSource
from include.errors import Finding

_MOMENTS = {"date", "timestamp", "timestamptz"}


def find_drift(
    connection: Connection, batch: BatchRow, source: SqlSource | RestSource, shape: Mapping[str, str]
) -> list[Finding]:
    """Keep the `shape` of what a batch reports (`Reported.shape`) and return how it differs from the one before.

    Compared with the last batch of this source that counted under the same query and mapping: who changes these
    expects another shape. `type_changed` for a declared column without a value of the kinds of before (where only
    some are of another kind, each stands or falls by the rules of its column), `column_new` (a warning) for a
    further one.
    """
    told = warehouse.run(connection, "batch/last_shape", batch_id=batch.batch_id).scalar()
    before: dict[str, str] = told or {}
    by_value = isinstance(source, RestSource)
    told_now = {
        column: _keep(before.get(column, ""), kind, by_value=by_value) for column, kind in shape.items()
    }
    known = before | told_now
    warehouse.run(connection, "batch/keep_shape", batch_id=batch.batch_id, shape=json.dumps(known))
    read = {name: column for name, column in source.columns.items() if column.is_ != "ignore"}
    changed = [
        Finding(
            "type_changed",
            found=now,
            column=name,
            rule="columns",
            metrics=(read[name].metric or "",) if read[name].metric else (),
            params={"before": before[name], "now": now},
        )
        for name, now in shape.items()
        if name in read and _is_other(before.get(name, ""), now, by_value=by_value)
    ]
    new = sorted(shape.keys() - before.keys() - source.columns.keys()) if before else []
    return [*changed, *_tell_new(new, before)]


def _tell_new(new: list[str], before: Mapping[str, str]) -> Iterable[Finding]:
    if not new:
        return []
    names = {"columns": ", ".join(new), "before": ", ".join(before)}
    return [Finding("column_new", found=", ".join(new), level="warning", rule="columns", params=names)]


def _is_other(before: str, now: str, *, by_value: bool) -> bool:
    """Tell whether a column's kinds have changed; `by_value` where each value tells its own, as in JSON.

    There 3.0 may be written as 3: whole numbers are decimals too, where decimals came before. But the first decimals
    of a column that was whole are another kind, as cents that became yuan would be.
    """
    one, other = _kinds(before), _kinds(now)
    if by_value and "decimal" in one:
        one |= {"integer"}
    if by_value and one == {"text"} and other <= _MOMENTS:
        return False  # another way of writing dates: each stands or falls by being read
    return bool(one and other) and (
        one.isdisjoint(other) or (by_value and one == {"integer"} and "decimal" in other)
    )


def _keep(before: str, now: str, *, by_value: bool) -> str:
    """Return the kinds to remember: a day of whole numbers doesn't make a column of decimals whole."""
    is_whole = by_value and now == "integer" and "decimal" in _kinds(before)
    return before if not now or is_whole else now


def _kinds(text: str) -> set[str]:
    return set(text.replace("number", "integer or decimal").split(" or ")) - {""}
