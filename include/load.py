"""Load: a batch's standardised facts into the append-only ledger, in one transaction.

A submission, its facts, what it covers and the touched months commit together or not at all. A slice whose
cells and mapping equal its current submission's makes no new one. What would make one number come from two
places is refused.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from include import warehouse
from include.answers import Answer, judge_answer
from include.errors import Finding, RefusedError, UsageError
from include.period import Calendar

SCENARIO_CODES = {"actual": "A", "target": "T", "budget": "B", "forecast": "F"}
FACT_COLUMNS = [
    *(
        "submission_id",
        "value",
        "reported",
        "date",
        "month",
        "metric_id",
        "org_id",
        "dimset_id",
        "measure_id",
    ),
    *("row_no", "col_no", "metric_version", "scenario", "basis", "grain", "key"),
    *("currency", "weight", "member", "for_version"),
]
SLICE_COLUMNS = [
    "submission_id",
    "org_id",
    "period",
    "grain",
    "period_start",
    "period_stop",
    "cells_hash",
    "facts",
    "records",
]


@dataclass(frozen=True)
class Delivery:
    """What is being loaded: a batch of a source, and the mapping that made its facts from its cells.

    `replays` is the delivery that the batch reads again, where it does and mustn't undo what was decided since;
    `by_slice` tells whether the other slices go on where some are held (the source's `accept`). `answer` is set for
    systems: what they were asked for.
    """

    batch_id: int
    source: str
    authority: str
    mapping_version: str
    replays: int | None = None
    by_slice: bool = False
    answer: Answer | None = None


@dataclass(frozen=True)
class Loaded:
    """What became of a delivery: the new submissions, how many slices were unchanged, and the touched months.

    `held` are the slices that were left as they are, an error each: those that a replay would take back in time, and
    those of a system that shrank too far.
    """

    submissions: list[int]
    unchanged: int
    months: list[str]
    warnings: list[Finding]
    held: list[Finding] = field(default_factory=list)


def load_facts(connection: Connection, calendar: Calendar, delivery: Delivery, facts: pa.Table) -> Loaded:
    """Load `facts` (one row a fact, columns as `standardise` gives them) within the caller's transaction.

    Guarantees: each slice (org unit x slice period) in `facts` is afterwards current with exactly these
    facts, whether it was new, changed (the earlier submission is superseded) or unchanged (nothing is
    written). A slice that a system no longer has, within the dates that it was asked for, is afterwards current
    without facts. Raises RefusedError with codes doubled_source, doubled_parent or slice_grain_changed, each
    finding with its org and period, where a number would come from two places, replay_outdated where a
    replay would undo what was delivered or withdrawn since, and those of `judge_answer`; the caller rolls back.
    """
    warehouse.run(connection, "load/lock_source", source=delivery.source)
    numbered = _number_facts(connection, delivery.source, facts)
    slices = _list_slices(calendar, numbered)
    held: list[Finding] = []
    if delivery.answer:
        slices, held = judge_answer(connection, delivery.source, delivery.answer, slices)
    changed = _keep_changed(connection, delivery, slices)
    unchanged = len(slices) - len(changed)
    changed, decided = _hold_decided(connection, delivery, changed)
    held += decided
    if held and not (delivery.by_slice and (unchanged or len(changed))):
        raise RefusedError(held)
    if changed.empty:
        return Loaded([], unchanged, [], [], held)
    _copy_slices(connection, numbered, changed)
    accepted_at = _begin_acceptance(connection)
    _refuse_conflicts(connection, delivery.source, delivery.authority)
    common = {"source": delivery.source, "accepted_at": accepted_at}
    warehouse.run(connection, "load/supersede", **common)
    warehouse.run(
        connection,
        "load/insert_submissions",
        **common,
        batch_id=delivery.batch_id,
        authority=delivery.authority,
        mapping_version=delivery.mapping_version,
    )
    warehouse.run(connection, "load/insert_coverage")
    warehouse.gather_statistics(connection, len(changed), "submission", "coverage")
    months = [row["period"] for row in warehouse.fetch(connection, "load/touch", **common)]
    warnings = _compare_authorities(connection, delivery)
    return Loaded(changed["submission_id"].tolist(), unchanged, months, warnings, held)


def withdraw(connection: Connection, submission_id: int, reason: str) -> list[str]:
    """Take a submission back: its slice is as before it, by a new submission that repeats the earlier one.

    Returns the touched months. Raises UsageError where the submission is unknown or no longer current, and
    RefusedError where another source has meanwhile delivered what the earlier submission reports.
    """
    rows = warehouse.fetch(connection, "load/withdrawal", submission_id=submission_id)
    if not rows:
        raise UsageError(f"There is no submission {submission_id}; `bi.submission` lists them.")
    warehouse.run(connection, "load/lock_source", source=rows[0]["source"])
    row = warehouse.fetch(connection, "load/withdrawal", submission_id=submission_id)[0]
    if not row["current"]:
        raise UsageError(f"Submission {submission_id} is no longer current, so there is nothing to withdraw.")
    accepted_at = _begin_acceptance(connection)
    successor = None
    if row["earlier"]:
        successor = warehouse.run(connection, "load/reserve_submissions", n=1).scalar_one()
    change = {"submission_id": submission_id, "successor": successor, "accepted_at": accepted_at}
    warehouse.run(connection, "load/withdraw", **change, reason=reason)
    if successor:
        restored = {"successor": successor, "earlier": row["earlier"]}
        warehouse.run_script(connection, warehouse.read_sql("load/prepare"))
        warehouse.run(connection, "load/prepare_restored_slice", **restored)
        warehouse.run(connection, "load/prepare_restored_coverage", **restored)
        _refuse_conflicts(connection, row["source"], row["authority"])
        warehouse.run(connection, "load/restore_submission", **restored, accepted_at=accepted_at)
        warehouse.run(connection, "load/restore_facts", **restored)
        warehouse.run(connection, "load/restore_coverage", **restored)
    touched = warehouse.fetch(connection, "load/touch", source=row["source"], accepted_at=accepted_at)
    return [month["period"] for month in touched]


def _begin_acceptance(connection: Connection) -> dt.datetime:
    """Take the lock under which submissions are accepted, held to commit, and return this acceptance's moment."""
    warehouse.run(connection, "load/lock_accept")
    moment: dt.datetime = warehouse.run(connection, "load/moment").scalar_one()
    return moment


def _number_facts(connection: Connection, source: str, facts: pa.Table) -> pd.DataFrame:
    """Replace ids by the warehouse's numbers; adds dimension sets and measures that are new."""
    ids = pd.DataFrame(warehouse.fetch(connection, "load/ids"))
    numbers = {kind: rows.set_index("id")["number"] for kind, rows in ids.groupby("kind")}
    dimensions = pc.unique(facts["dimensions"]).to_pylist()
    warehouse.run(connection, "load/add_dimsets", dimensions=dimensions)
    warehouse.run(connection, "load/add_dimset_rollups")
    dimsets = {
        row["dimensions"]: row["dimset_id"]
        for row in warehouse.fetch(connection, "load/dimsets", dimensions=dimensions)
    }
    frame = facts.to_pandas(integer_object_nulls=True)
    for column in ("sheet", "measure", "unit"):
        frame[column] = frame[column].fillna("")
    places = frame[["sheet", "measure", "unit"]].drop_duplicates()
    new = {
        "sheets": places.sheet.tolist(),
        "measures": places.measure.tolist(),
        "units": places.unit.tolist(),
    }
    warehouse.run(connection, "load/add_measures", source=source, **new)
    measures = pd.DataFrame(warehouse.fetch(connection, "load/measures", source=source))
    numbered: pd.DataFrame = frame.merge(
        measures, on=["sheet", "measure", "unit"], how="left", validate="many_to_one"
    ).assign(
        metric_id=frame["metric"].map(numbers["metric"]).astype("int64"),
        org_id=frame["org"].map(numbers["org"]).astype("int64"),
        dimset_id=frame["dimensions"].map(dimsets).astype("int64"),
        scenario=frame["scenario"].map(SCENARIO_CODES),
    )
    return numbered


def _list_slices(calendar: Calendar, facts: pd.DataFrame) -> pd.DataFrame:
    """One row a slice: its bounds, the number of its facts and a hash of its cells, positions left out.

    The hash covers what was reported and what it was taken to mean, in a fixed order, so that the same
    figures in another order or place are the same slice.
    """
    parts = ["measure", "date", "dimensions", "scenario", "basis", "reported", "unit", "metric", "value"]
    texts = facts[parts].astype(str)
    cells = texts[parts[0]].str.cat(texts[parts[1:]], sep="\x1f")
    further = facts[["currency", "weight", "member", "for_version"]]
    has_more = further.notna().any(axis=1)
    if has_more.any():  # most sources have none of these
        more = further[has_more].astype(object).fillna("").astype(str)
        cells = cells.mask(has_more, cells[has_more].str.cat(more, sep="\x1f"))
    ordered = pd.DataFrame({"org_id": facts["org_id"], "period": facts["slice_period"], "cells": cells})
    keys = ["org_id", "period"]
    grouped = ordered.sort_values([*keys, "cells"]).groupby(keys, sort=False)
    slices = grouped["cells"].agg(cells_hash=_hash_cells, facts="size").reset_index()
    records = facts.groupby(["org_id", "slice_period"])["row"].nunique().rename_axis(keys).rename("records")
    slices = slices.merge(records.reset_index(), on=keys, validate="one_to_one")
    bounds = {period: calendar.period_bounds(period) for period in slices["period"].unique()}
    return slices.assign(
        grain=slices["period"].map(calendar.grain_of),
        period_start=slices["period"].map(lambda period: bounds[period][0]),
        period_stop=slices["period"].map(lambda period: bounds[period][1]),
    )


def _hash_cells(cells: "pd.Series[str]") -> str:
    return hashlib.blake2b("\x1e".join(cells).encode(), digest_size=20).hexdigest()


def _keep_changed(connection: Connection, delivery: Delivery, slices: pd.DataFrame) -> pd.DataFrame:
    """Return the slices that differ from their current submission, each with a reserved submission number."""
    if slices.empty:
        return slices
    bounds: dict[str, dt.date] = {"start": slices["period_start"].min(), "stop": slices["period_stop"].max()}
    current = warehouse.fetch(connection, "load/current_slices", source=delivery.source, **bounds)
    same = {
        (row["org_id"], row["period"], row["grain"], row["cells_hash"])
        for row in current
        if row["mapping_version"] == delivery.mapping_version
    }
    keys = zip(slices["org_id"], slices["period"], slices["grain"], slices["cells_hash"], strict=True)
    changed = slices[[key not in same for key in keys]]
    reserved = warehouse.fetch(connection, "load/reserve_submissions", n=len(changed))
    return changed.assign(submission_id=[row["submission_id"] for row in reserved])


def _hold_decided(
    connection: Connection, delivery: Delivery, changed: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the slices that may be loaded, and a finding for each that a replay would take back in time."""
    if delivery.replays is None or changed.empty:
        return changed, []
    asked = {"orgs": changed["org_id"].tolist(), "periods": changed["period"].tolist()}
    rows = warehouse.fetch(
        connection, "load/decided_since", source=delivery.source, delivery=delivery.replays, **asked
    )
    decided = {(row["org_id"], row["period"]) for row in rows}
    keys = zip(changed["org_id"], changed["period"], strict=True)
    findings = [
        Finding(
            "replay_outdated",
            found=f"{row['org']} {row['period']}",
            org=row["org"],
            period=row["period"],
            params={
                "submission": row["submission_id"],
                "file": row["filename"],
                "moment": f"{row['moment']:%Y-%m-%d %H:%M} UTC",
                "how": row["how"],
            },
        )
        for row in rows
    ]
    return changed[[key not in decided for key in keys]], findings


def _copy_slices(connection: Connection, facts: pd.DataFrame, slices: pd.DataFrame) -> None:
    """COPY the facts of `slices`, and the slices and their coverage into temporary tables."""
    keys = slices[["org_id", "period", "submission_id"]].rename(columns={"period": "slice_period"})
    rows = facts.rename(columns={"row": "row_no", "col": "col_no"}).merge(keys, on=["org_id", "slice_period"])
    months = sorted(set(rows["month"]))
    warehouse.run(connection, "load/ensure_partitions", months=months)
    warehouse.run_script(connection, warehouse.read_sql("load/prepare"))
    warehouse.copy_table(connection, _to_arrow(rows[FACT_COLUMNS]), "ledger.fact", FACT_COLUMNS)
    warehouse.copy_table(connection, _to_arrow(slices[SLICE_COLUMNS]), "new_slice", SLICE_COLUMNS)
    covered = ["submission_id", "metric_id", "scenario", "month"]
    foreign = rows.assign(has_currency=rows["currency"].notna())
    coverage = foreign.groupby(covered)["has_currency"].any().reset_index()
    warehouse.copy_table(connection, _to_arrow(coverage), "new_coverage", list(coverage.columns))
    warehouse.run_script(connection, "ANALYZE new_slice; ANALYZE new_coverage")


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _refuse_conflicts(connection: Connection, source: str, authority: str) -> None:
    """Raise RefusedError where the primary slices of new_slice would double a number that stands elsewhere."""
    if authority != "primary":
        return
    conflicts = warehouse.fetch(connection, "load/conflicts", source=source)
    if conflicts:
        raise RefusedError([_describe_conflict(row) for row in conflicts])


def _describe_conflict(row: Any) -> Finding:
    rival = {name: row[name] for name in ("rival_source", "rival_org", "rival_period")}
    metrics = (row["metric"],) if row["metric"] else ()
    return Finding(
        row["code"],
        found=f"{row['metric']} {row['org']} {row['period']}".strip(),
        org=row["org"],
        period=row["period"],
        metrics=metrics,
        params=rival | {"metric": row["metric"]},
    )


def _compare_authorities(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return a warning for each figure on which a primary source and its cross-check disagree."""
    rows = warehouse.fetch(
        connection, "load/compare_authorities", source=delivery.source, authority=delivery.authority
    )
    return [
        Finding(
            "cross_check_differs",
            found=str(row["my_total"]),
            org=row["org"],
            period=row["period"],
            level="warning",
            metrics=(row["metric"],),
            params={
                "metric": row["metric"],
                "rival_source": row["rival_source"],
                "expected": row["their_total"],
            },
        )
        for row in rows
    ]
