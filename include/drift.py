"""Drift: a system whose answer has another shape than that of the last batch that counted."""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from include import warehouse
from include.batches import BatchRow
from include.catalogue.models import RestSource, SqlSource
from include.errors import Finding


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
    known = {**before, **{column: kind or before.get(column, "") for column, kind in shape.items()}}
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
        if name in read and _is_other(before.get(name, ""), now)
    ]
    new = sorted(shape.keys() - before.keys() - source.columns.keys()) if before else []
    return [*changed, *_tell_new(new, before)]


def _tell_new(new: list[str], before: Mapping[str, str]) -> Iterable[Finding]:
    if not new:
        return []
    names = {"columns": ", ".join(new), "before": ", ".join(before)}
    return [Finding("column_new", found=", ".join(new), level="warning", rule="columns", params=names)]


def _is_other(before: str, now: str) -> bool:
    one, other = _kinds(before), _kinds(now)
    return bool(one and other) and one.isdisjoint(other)


def _kinds(text: str) -> set[str]:
    return set(text.split(" or ")) - {""}
