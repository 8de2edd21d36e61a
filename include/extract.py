"""Extract: what waits becomes batches: files out of the inbox, rows out of a department's system.

Both end as one Parquet file of rows as reported below `stage/<batch>/`, with where each was read.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

from include import archive, warehouse
from include.airflow_adapters.connections import resolve_connection
from include.answers import write_spans
from include.batch import Connection, Reported, Window, save_reported, save_tables
from include.batches import FINAL, BatchRow, Run, advance, note_findings, open_batch
from include.catalogue import Catalogue
from include.catalogue.models import RestSource, Source, SqlSource, WorkbookSource
from include.connectors import rest, sql, workbook
from include.connectors.assembling import add_places, join_shapes, name_records
from include.connectors.sql.changes import find_changes
from include.connectors.sql.reading import Aside
from include.drift import find_drift
from include.errors import Finding, RefusedError, StorageUnavailableError, UsageError
from include.home import current_home
from include.inbox import list_waiting
from include.intake import (
    ChangedError,
    Oddity,
    archive_file,
    clear_aside,
    find_oddity,
    leave_inbox,
    set_aside,
)
from include.places import Place, inbox_place
from include.plan import plan_source
from include.windows import aim_by_cursor, answered, list_orgs, windows_asked

log = logging.getLogger(__name__)
_JUDGED = {"__all__": {"required", "min", "max", "pattern", "in_", "aliases"}}
NOT_MAPPING: dict[str, Any] = {
    **dict.fromkeys(("name", "department", "owner", "due", "schedule", "expects", "connection"), True),
    **dict.fromkeys(("checks", "accept", "unique", "cursor"), True),
    **{"columns": _JUDGED, "rows": _JUDGED},
    **dict.fromkeys(("hosts", "paging", "success", "window"), True),
    **{"request": {"auth", "timeout_seconds", "total_timeout_seconds"}},
}
"""What a source says that doesn't decide which facts its cells become: it names, or decides whether they may. So a
mended rule makes no new submission of what counted already."""


def stage_file(batch_id: int, name: str) -> str:
    """Return the path of one of a batch's files between the stages."""
    return str(current_home().stage_folder(batch_id) / f"{name}.parquet")


def mapping_version(catalogue: Catalogue, source: Source) -> str:
    """Return a hash of what turns this source's cells into facts; what facts themselves show is left out."""
    text = source.model_dump_json(exclude=NOT_MAPPING, exclude_defaults=True) + catalogue.queries.get(
        source.source, ""
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def take_in_waiting(catalogue: Catalogue, source: WorkbookSource, run: Run, patience: float) -> Iterator[int]:
    """Archive and claim every whole file in the source's inbox, oldest first, as the caller asks for the next one.

    Yields the batches; before them all that a killed run left. After `patience` seconds, and one file at least,
    the rest stays unclaimed. A file that vanishes, changes or can't be read
    meanwhile is left where it is; a link, a pipe and the like are refused. Raises StorageUnavailableError where a store
    was away and nothing could be taken in: one object that its store doesn't give holds up no other.
    """
    begun = time.monotonic()
    unfinished = _take_up_unfinished(run)
    yield from unfinished
    is_any, away = bool(unfinished), None
    inbox = inbox_place(current_home()) / source.source
    clear_aside(inbox)
    for path in list_waiting(inbox):
        try:
            oddity = find_oddity(path, inbox)
            if oddity:
                batch = _refuse_oddity(catalogue, source, run, oddity)
            else:
                batch = take_in(catalogue, source, run, path, waiting=True)
        except (FileNotFoundError, ChangedError):
            continue  # taken away, or still being written: the next run sees what is there then
        except StorageUnavailableError as error:
            log.warning("a file in the inbox of %s could not be taken in: %s", source.source, error)
            away = error
            continue
        except OSError:
            log.exception("a file in the inbox of %s could not be taken in", source.source)
            continue
        if batch:
            is_any = True
            yield batch
        if time.monotonic() - begun > patience:
            return
    if away and not is_any:
        raise away


def _refuse_oddity(catalogue: Catalogue, source: WorkbookSource, run: Run, oddity: Oddity) -> int | None:
    """Refuse what is no file of its own, once; None where it was refused already."""
    findings = [Finding("no_plain_file", found=oddity.filename, params={"kind": oddity.kind})]
    with warehouse.connect() as connection:
        about = {"claim": oddity.claim, "filename": oddity.filename}
        batch = open_batch(connection, run, mapping_version(catalogue, source), **about)
        if batch:
            note_findings(connection, batch, "extract", findings)
            advance(connection, batch, "refused")
    set_aside(current_home(), source.source, batch or 0, oddity, findings)
    return batch


def take_in(
    catalogue: Catalogue, source: Source, run: Run, path: Place, *, waiting: bool = False
) -> int | None:
    """Archive and claim one file; None where another run holds the claim, or finished it.

    One that was `waiting` in the inbox leaves it; another stays where it is.
    """
    home = current_home()
    intake = archive_file(path, inbox_place(home) / source.source, home)
    about = {
        "filename": intake.filename,
        "content_hash": intake.content_hash,
        "archive_uri": intake.archive_uri,
    }
    claim = intake.claim if waiting else f"{run.run_id}|{intake.claim}"
    with warehouse.connect() as connection:
        batch = open_batch(connection, run, mapping_version(catalogue, source), claim=claim, **about)
    if waiting:
        leave_inbox(intake)
    return batch


def open_replay(catalogue: Catalogue, run: Run, batch: BatchRow, *, force: bool) -> int:
    """Open a batch that reads a delivery again: a file from the archive; a system is asked for the same dates.

    Raises UsageError where there is neither.
    """
    if not batch.archive_uri and not batch.window:
        raise UsageError(f"Batch {batch.batch_id} of {batch.source} has no file in the archive.")
    if batch.status not in FINAL:
        raise UsageError(f"Batch {batch.batch_id} is still under way ({batch.status}).")
    source = catalogue.sources[batch.source]
    about: dict[str, Any] = {"forced": force}
    if batch.window and not isinstance(source, WorkbookSource):
        spans = batch.spans or write_spans([answered(catalogue, source, batch.window)])
        dates = {"window_start": batch.window.start, "window_end": batch.window.end, "spans": spans}
        about |= dates | {"replays": batch.batch_id}  # whose held slices are approved, where it is forced
    else:
        about |= {
            "filename": batch.filename,
            "content_hash": batch.content_hash,
            "archive_uri": batch.archive_uri,
            "replays": batch.replays or batch.batch_id,
        }
    with warehouse.connect() as connection:
        opened = open_batch(connection, run, mapping_version(catalogue, source), **about)
    assert opened is not None  # without a claim nothing stands in its way
    return opened


def _take_up_unfinished(run: Run) -> list[int]:
    with warehouse.connect() as connection:
        rows = warehouse.fetch(
            connection, "batch/unfinished", source=run.source, run_id=run.run_id, run_url=run.url
        )
    return [row["batch_id"] for row in rows]


def read_file(batch: BatchRow, source: WorkbookSource) -> None:
    """Read a batch's archived file into `stage/`. Raises RefusedError with every finding."""
    delivered = current_home().inbox / source.source / batch.filename
    with archive.local_copy(batch.archive_uri) as archived:
        reported = workbook.fetch(source, archived, delivered)
    save_reported(reported, stage_file(batch.batch_id, "reported"))
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "read", rows_read=reported.rows_read)


def read_system(
    batch: BatchRow, catalogue: Catalogue, source: SqlSource | RestSource, accept_types: bool = False
) -> None:
    """Read what a batch asks of its system into `stage/`. Raises SourceUnavailableError or RefusedError.

    A source whose cursor shows no change is asked for nothing: its batch is `unchanged`. Columns whose kind of value
    has changed are refused, or with `accept_types` told as warnings.
    """
    named = resolve_connection(source.connection)
    if batch.spans is None:
        batch = aim_by_cursor(
            batch, catalogue, source, lambda since: _find_changes(batch, catalogue, source, named, since)
        )
    windows = windows_asked(batch)
    rows = 0
    if windows:
        path = stage_file(batch.batch_id, "reported")

        def judge(shape: Mapping[str, str]) -> list[Finding]:
            return _check_drift(batch, source, shape, accept_types)

        if isinstance(source, SqlSource):
            rows = _stream_tables(catalogue, source, windows, named, path, judge)
        else:
            reported = _join([rest.fetch(source, window, named) for window in windows])
            notes = (*reported.notes, *judge(reported.shape))
            save_reported(replace(reported, notes=notes), path)
            rows = reported.rows_read
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "read" if windows else "unchanged", rows_read=rows)


def _stream_tables(
    catalogue: Catalogue,
    source: SqlSource,
    windows: list[Window],
    named: Connection,
    path: str,
    judge: Callable[[Mapping[str, str]], list[Finding]],
) -> int:
    """Write a query's answers to the stage as they come, so that memory doesn't grow with them; return the rows.

    `judge` is shown the shape of all of it at the end, and gives warnings or refuses.
    """
    aside = Aside()
    query, orgs = catalogue.query_of(source), list_orgs(catalogue, source, windows)
    tables = sql.read_tables(
        source, query, windows, named, timezone=catalogue.calendar.timezone, orgs=orgs, aside=aside
    )

    def place() -> Iterator[pa.Table]:
        before = 0
        for table in tables:
            yield add_places(table, name_records(source, table, before), before)
            before += table.num_rows
        aside.notes += judge(aside.shape)

    return save_tables(place(), path, aside.notes)


def _check_drift(
    batch: BatchRow, source: SqlSource | RestSource, shape: Mapping[str, str], accept_types: bool
) -> list[Finding]:
    with warehouse.connect() as connection:
        drift = find_drift(connection, batch, source, shape)
    if accept_types:
        drift = [replace(finding, level="warning") for finding in drift]
    if any(finding.level == "error" for finding in drift):
        raise RefusedError(drift)
    return drift


def _find_changes(
    batch: BatchRow,
    catalogue: Catalogue,
    source: SqlSource | RestSource,
    named: Connection,
    since: str | None,
) -> pd.DataFrame:
    """Return `period` and `cursor` of the records that changed since the mark."""
    assert batch.window is not None and source.cursor is not None
    period = plan_source(source, catalogue).period
    if isinstance(source, RestSource):
        frame = rest.fetch(source, batch.window, named, changed_since=since).frame
        return pd.DataFrame({"period": frame[period], "cursor": frame[source.cursor.column]})
    query, orgs = catalogue.query_of(source), list_orgs(catalogue, source, [batch.window])
    order = sql.place_order(source, query, [batch.window], named, catalogue.calendar.timezone)
    values = list(sql.list_values(order, [batch.window], orgs))
    found: pd.DataFrame = find_changes(source, order, values, period, since).to_pandas()
    return found


def _join(answers: list[Reported]) -> Reported:
    """Bring the answers for several windows together to one batch; each record keeps its page and item."""
    if len(answers) == 1:
        return answers[0]
    frame = pd.concat([answer.frame for answer in answers], ignore_index=True)
    frame["_row"] = pd.array(range(1, len(frame) + 1), dtype="Int64")
    shape = join_shapes(answer.shape for answer in answers)
    return Reported(frame, notes=answers[0].notes, rows_read=len(frame), shape=shape)
