"""Extract: what waits becomes batches: files out of the inbox, rows out of a department's system.

Both end as one Parquet file of rows as reported below `stage/<batch>/`, with where each was read.
"""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from include import warehouse
from include.airflow_adapters.connections import resolve_connection
from include.batch import Reported, Window, save_reported
from include.batches import FINAL, BatchRow, Run, advance, note_findings, open_batch
from include.catalogue import Catalogue
from include.catalogue.models import RestSource, Source, SqlSource, WorkbookSource
from include.connectors import rest, sql, workbook
from include.drift import find_drift
from include.errors import Finding, RefusedError, UsageError
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
from include.plan import GRAINS

log = logging.getLogger(__name__)
BEGINNING_OF_DATA = dt.date(1990, 1, 1)
_JUDGED = {"__all__": {"required", "min", "max", "pattern", "in_", "aliases"}}
NOT_MAPPING: dict[str, Any] = {
    **dict.fromkeys(("name", "department", "owner", "due", "schedule", "expects", "connection"), True),
    **dict.fromkeys(("checks", "accept", "unique"), True),
    **{"columns": _JUDGED, "rows": _JUDGED},
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
    meanwhile is left where it is; a link, a pipe and the like are refused.
    """
    begun = time.monotonic()
    yield from _take_up_unfinished(run)
    inbox = current_home().inbox / source.source
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
        except OSError:
            log.exception("a file in the inbox of %s could not be taken in", source.source)
            continue
        if batch:
            yield batch
        if time.monotonic() - begun > patience:
            return


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
    catalogue: Catalogue, source: Source, run: Run, path: Path, *, waiting: bool = False
) -> int | None:
    """Archive and claim one file; None where another run holds the claim, or finished it.

    One that was `waiting` in the inbox leaves it; another stays where it is.
    """
    home = current_home()
    intake = archive_file(path, home.inbox / source.source, home)
    about = {
        "filename": intake.filename,
        "content_hash": intake.content_hash,
        "archive_uri": f"file://{intake.archive}",
    }
    claim = intake.claim if waiting else f"{run.run_id}|{intake.claim}"
    with warehouse.connect() as connection:
        batch = open_batch(connection, run, mapping_version(catalogue, source), claim=claim, **about)
    if waiting:
        leave_inbox(intake)
    return batch


def open_replay(catalogue: Catalogue, run: Run, batch: BatchRow, *, force: bool) -> int:
    """Open a batch that reads a delivered file again from the archive. Raises UsageError where there is none."""
    if not batch.archive_uri:
        raise UsageError(
            f"Batch {batch.batch_id} of {batch.source} has no file in the archive: a system is asked again by "
            f"`./kpi run {batch.source}`."
        )
    if batch.status not in FINAL:
        raise UsageError(f"Batch {batch.batch_id} is still under way ({batch.status}).")
    about = {
        "filename": batch.filename,
        "content_hash": batch.content_hash,
        "archive_uri": batch.archive_uri,
        "replays": batch.replays or batch.batch_id,
        "forced": force,
    }
    mapping = mapping_version(catalogue, catalogue.sources[batch.source])
    with warehouse.connect() as connection:
        opened = open_batch(connection, run, mapping, **about)
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
    archived = Path(batch.archive_uri.removeprefix("file://"))
    delivered = current_home().inbox / source.source / batch.filename
    reported = workbook.fetch(source, archived, delivered)
    save_reported(reported, stage_file(batch.batch_id, "reported"))
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "read", rows_read=reported.rows_read)


def read_system(
    batch: BatchRow, catalogue: Catalogue, source: SqlSource | RestSource, accept_types: bool = False
) -> None:
    """Read a batch's window from its system into `stage/`. Raises SourceUnavailableError or RefusedError.

    Columns whose kind of value has changed are refused, or with `accept_types` told as warnings.
    """
    assert batch.window is not None
    named = resolve_connection(source.connection)
    if isinstance(source, SqlSource):
        reported = sql.fetch(
            source, catalogue.query_of(source), batch.window, named, timezone=catalogue.calendar.timezone
        )
    else:
        reported = rest.fetch(source, batch.window, named)
    reported = _check_drift(batch, source, reported, accept_types)
    save_reported(reported, stage_file(batch.batch_id, "reported"))
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "read", rows_read=reported.rows_read)


def _check_drift(
    batch: BatchRow, source: SqlSource | RestSource, reported: Reported, accept_types: bool
) -> Reported:
    with warehouse.connect() as connection:
        drift = find_drift(connection, batch, source, reported)
    if accept_types:
        drift = [replace(finding, level="warning") for finding in drift]
    if any(finding.level == "error" for finding in drift):
        raise RefusedError(drift)
    return replace(reported, notes=(*reported.notes, *drift))


def window_of(catalogue: Catalogue, source: SqlSource | RestSource) -> Window:
    """Return the dates that a run reads again, as whole slices; everything for a source never loaded."""
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    with warehouse.connect() as connection:
        loaded = warehouse.run(connection, "batch/has_accepted", source=source.source).scalar_one()
    if source.window_days is None or not loaded:
        return Window(BEGINNING_OF_DATA, today + dt.timedelta(days=1))
    return widen(catalogue, source, today - dt.timedelta(days=source.window_days), today)


def window_of_period(catalogue: Catalogue, source: Source, period: str) -> Window:
    """Return the dates of a month (or week) or quarter, widened to whole slices. Raises UsageError."""
    if isinstance(source, WorkbookSource):
        raise UsageError("A period is for systems; a workbook says itself which periods it holds.")
    try:
        start, stop = catalogue.periods.period_bounds(period)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    return widen(catalogue, source, start, stop - dt.timedelta(days=1))


def name_window(
    catalogue: Catalogue, source: Source, period: str | None = None, moment: dt.datetime | None = None
) -> Window | None:
    """Return the dates of a period, or of the slice that holds a moment; None where neither is given.

    Raises UsageError as `window_of_period`.
    """
    if moment is not None:
        day = moment.astimezone(ZoneInfo(catalogue.calendar.timezone)).date()
        return widen(catalogue, source, day, day)
    return window_of_period(catalogue, source, period) if period else None


def widen(catalogue: Catalogue, source: Source, first: dt.date, last: dt.date) -> Window:
    """Return the window from `first` to `last` widened to whole slices: a slice is replaced as a whole."""
    grain, calendar = GRAINS[source.slice], catalogue.periods
    start = calendar.period_bounds(calendar.key_of(first, grain))[0]
    return Window(start, calendar.period_bounds(calendar.key_of(last, grain))[1])
