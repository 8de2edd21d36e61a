"""The batch table: what was delivered, how far it has come, and what its checks found."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from include import warehouse
from include.batch import Window, finding_from_json, finding_to_json
from include.errors import Finding

FINAL = frozenset({"accepted", "unchanged", "refused", "failed"})


@dataclass(frozen=True)
class Run:
    """One run of a source's collection: Airflow's run id and page, or that of a command."""

    run_id: str
    url: str
    source: str


@dataclass(frozen=True)
class BatchRow:
    """A batch as the warehouse knows it. `archive_uri` is empty and `window` set for systems.

    Of a finished batch whose rows are known, `rows_accepted` and `rows_held` add up to `rows_read`. `replays`
    is the delivery that it reads again, `forced` whether it may undo what was decided since. Of a system, `spans` are
    the dates that it answers for (`include.answers`), and `mark` how far its changes were read.
    """

    batch_id: int
    source: str
    run_id: str
    filename: str
    status: str
    archive_uri: str
    window: Window | None
    rows_read: int | None
    failure: str
    rows_accepted: int | None = None
    rows_held: int | None = None
    slices_unchanged: int | None = None
    replays: int | None = None
    forced: bool = False
    content_hash: str = ""
    spans: str | None = None
    mark: str | None = None


def open_batch(connection: Connection, run: Run, mapping_version: str, **about: Any) -> int | None:
    """Open a batch for `run` and return its number; None where `claim` stands already.

    `about` may hold claim, filename, content_hash, archive_uri (a file) or window_start, window_end, spans (a
    system), and replays, forced.
    """
    names = ("claim", "content_hash", "archive_uri", "window_start", "window_end", "spans", "replays")
    empty = dict.fromkeys(names) | {"filename": "", "forced": False}
    row = {"source": run.source, "run_id": run.run_id, "run_url": run.url, "mapping_version": mapping_version}
    batch_id: int | None = warehouse.run(connection, "batch/open", **(empty | row | about)).scalar()
    return batch_id


def read_batch(connection: Connection, batch_id: int) -> BatchRow:
    """Return a batch; raises LookupError where there is none of that number."""
    rows = warehouse.fetch(connection, "batch/one", batch_id=batch_id)
    if not rows:
        raise LookupError(f"there is no batch {batch_id}")
    return _to_row(rows[0])


def list_batches(connection: Connection, run_id: str) -> list[BatchRow]:
    """Return the batches of a run in the order in which they were opened."""
    return [_to_row(row) for row in warehouse.fetch(connection, "batch/of_run", run_id=run_id)]


def _to_row(row: Any) -> BatchRow:
    return BatchRow(
        batch_id=row["batch_id"],
        source=row["source"],
        run_id=row["run_id"],
        filename=row["filename"],
        status=row["status"],
        archive_uri=row["archive_uri"] or "",
        window=Window(row["window_start"], row["window_end"]) if row["window_start"] else None,
        rows_read=row["rows_read"],
        failure=row["failure"] or "",
        rows_accepted=row["rows_accepted"],
        rows_held=row["rows_held"],
        slices_unchanged=row["slices_unchanged"],
        replays=row["replays"],
        forced=row["forced"],
        content_hash=row["content_hash"] or "",
        spans=row["spans"],
        mark=row["mark"],
    )


def advance(
    connection: Connection,
    batch_id: int,
    status: str,
    **about: Any,
) -> None:
    """Note how far a batch has come. A final status settles its rows: all that were read are accepted or held.

    `about` may hold rows_read, rows_held (of an accepted or unchanged batch), slices_unchanged, and failure: a
    fixed code, never an exception's own words.
    """
    empty = dict.fromkeys(("rows_read", "rows_held", "slices_unchanged", "failure"))
    warehouse.run(connection, "batch/advance", **(empty | about), batch_id=batch_id, status=status)


def note_findings(connection: Connection, batch_id: int, stage: str, findings: Iterable[Finding]) -> None:
    """Keep what a stage's checks found; a stage that runs again after a crash doesn't note it twice."""
    if warehouse.run(connection, "batch/count_findings", batch_id=batch_id, stage=stage).scalar_one():
        return
    for finding in findings:
        row = {
            name: getattr(finding, name)
            for name in ("code", "level", "rule", "org", "period", "sheet", "cell", "found")
        }
        clean = {name: value.replace("\x00", "�") for name, value in row.items()}
        whole = json.dumps(finding_to_json(finding) | {"stage": stage}, ensure_ascii=False).replace(
            "\\u0000", "�"
        )
        column = finding.column.replace("\x00", "�")
        warehouse.run(connection, "batch/add_finding", batch_id=batch_id, col=column, finding=whole, **clean)


def read_findings(connection: Connection, batch_id: int) -> list[Finding]:
    """Return what the checks of a batch found, errors and warnings."""
    rows = warehouse.fetch(connection, "batch/findings", batch_id=batch_id)
    return [finding_from_json({k: v for k, v in row["finding"].items() if k != "stage"}) for row in rows]
