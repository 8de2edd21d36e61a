"""The one place that composes the stages: what a DAG's task and `./kpi` both call.

Each function takes batch numbers and returns those that go on; figures pass between the stages as Parquet files
below `stage/<batch>/`. Each batch stands or falls alone: refused data is recorded and ends that batch, a fault
of ours too, and the others go on. Only an unreachable system raises, so that the task is tried again.
"""

import logging
import math
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from sqlalchemy.exc import InterfaceError, OperationalError

from include import load as loading
from include import outbox, warehouse
from include import rollup as rolling
from include import standardise as standardising
from include import validate as validating
from include.batch import Window, load_reported
from include.batches import (
    FINAL,
    BatchRow,
    Run,
    advance,
    list_batches,
    note_findings,
    open_batch,
    read_batch,
    read_findings,
)
from include.catalogue import Catalogue, load_catalogue
from include.catalogue.models import Source, WorkbookSource
from include.errors import Finding, MetricLedgerError, RefusedError, SourceUnavailableError, UsageError
from include.extract import (
    mapping_version,
    open_replay,
    read_file,
    read_system,
    stage_file,
    take_in,
    take_in_waiting,
    window_of,
)
from include.home import configuration_folder, current_home
from include.inbox import find_strays, list_waiting
from include.intake import reject_file
from include.marking import Delivery, Returned, give_back
from include.publish import publish_catalogue
from include.quarantine import count_held, note_held

__all__ = ["Run", "extract", "load", "report", "rollup_months", "rollup_quarters", "standardise", "validate"]

log = logging.getLogger(__name__)
READS_FOR = 20.0
"""The patience of a scheduled run, in seconds: whoever dropped the first of many files hears within a minute."""


@lru_cache(maxsize=2)
def read_catalogue(folder: Path) -> Catalogue:
    """Return the configuration in `folder`, read once a process."""
    return load_catalogue(folder)


def current_catalogue() -> Catalogue:
    """Return the configuration that this KPI_HOME works with. Raises ConfigurationError with every problem."""
    return read_catalogue(configuration_folder(current_home()))


def publish() -> bool:
    """Bring the warehouse's reference tables to the configuration; True where anything was written."""
    with warehouse.connect() as connection:
        return publish_catalogue(connection, current_catalogue())


# Extract ----------------------------------------------------------------------------------------------------


def extract(
    source_id: str,
    run: Run,
    *,
    file: Path | None = None,
    window: Window | None = None,
    patience: float = math.inf,
    accept_types: bool = False,
) -> list[int]:
    """Take in what waits: every whole file in the source's inbox (or `file` alone), or one query of its system.

    After `patience` seconds no further file is taken in: those stay in the inbox, for the next run. Returns the
    batches made, and those that a killed run of this source left between two stages. Refused files are recorded
    and not returned. With `accept_types` a system's columns may hold another kind of value than before. Raises
    SourceUnavailableError where a system can't be reached.
    """
    catalogue = current_catalogue()
    source = find_source(catalogue, source_id)
    publish()
    if isinstance(source, WorkbookSource):
        waiting = take_in_waiting(catalogue, source, run, patience)
        batches = [take_in(catalogue, source, run, file)] if file else waiting
        return sorted(batch for batch in batches if batch and _guard(batch, "extract", read_file, source))
    span = window or window_of(catalogue, source)
    with warehouse.connect() as connection:
        opened = open_batch(
            connection, run, mapping_version(catalogue, source), window_start=span.start, window_end=span.end
        )
    assert opened is not None
    return [opened] if _guard(opened, "extract", read_system, catalogue, source, accept_types) else []


def replay(batch_id: int, run_id: str, *, force: bool = False) -> tuple[Run, list[int]]:
    """Read a delivered file again from the archive as a new batch; returns its run, and the batch if it goes on.

    Configuration and rules are today's. Without `force`, what was delivered or withdrawn since isn't undone.
    Raises UsageError where there is no such batch or no archived file.
    """
    catalogue = current_catalogue()
    with warehouse.connect() as connection:
        try:
            batch = read_batch(connection, batch_id)
        except LookupError as error:
            raise UsageError(f"There is no batch {batch_id}; `bi.batch` lists them.") from error
    source = find_source(catalogue, batch.source)
    run = Run(run_id, "", batch.source)
    opened = open_replay(catalogue, run, batch, force=force)
    return run, [opened] if _guard(opened, "extract", read_file, source) else []


def find_source(catalogue: Catalogue, source_id: str) -> Source:
    """Return a source by its id. Raises UsageError naming those there are."""
    if source_id not in catalogue.sources:
        raise UsageError(
            f"There is no source {source_id!r}; the sources are {', '.join(sorted(catalogue.sources))}."
        )
    return catalogue.sources[source_id]


# Validate, standardise, load ----------------------------------------------------------------------------------


def validate(batch_ids: list[int]) -> list[int]:
    """Check every batch against its source's rules; returns those that hold anything to load."""
    return [batch for batch in batch_ids if _guard(batch, "validate", _validate_one)]


def _validate_one(batch: BatchRow) -> None:
    catalogue = current_catalogue()
    source = find_source(catalogue, batch.source)
    reported = load_reported(stage_file(batch.batch_id, "reported"))
    with warehouse.connect() as connection:
        last_rows = warehouse.run(
            connection, "batch/last_rows", source=batch.source, batch_id=batch.batch_id
        ).scalar()
    validated = validating.validate(source, catalogue, reported, last_rows)
    validating.save_validated(validated, stage_file(batch.batch_id, "validated"))
    if not validated.accepted:
        raise RefusedError(validated.findings)
    with warehouse.connect() as connection:
        note_findings(connection, batch.batch_id, "validate", validated.findings)
        advance(connection, batch.batch_id, "validated")


def standardise(batch_ids: list[int]) -> list[int]:
    """Turn the measures of every batch into facts of the catalogue's metrics and units."""
    return [batch for batch in batch_ids if _guard(batch, "standardise", _standardise_one)]


def _standardise_one(batch: BatchRow) -> None:
    catalogue = current_catalogue()
    source = find_source(catalogue, batch.source)
    validated = validating.load_validated(stage_file(batch.batch_id, "validated"))
    facts = standardising.standardise(source, catalogue, validated)
    pq.write_table(facts, stage_file(batch.batch_id, "facts"), compression="zstd")
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "standardised")


def load(batch_ids: list[int]) -> list[str]:
    """Load every batch's facts, each in one transaction; returns the months touched, in order."""
    months: set[str] = set()
    for batch in batch_ids:
        _guard(batch, "load", _load_one, months)
    return sorted(months)


def _load_one(batch: BatchRow, months: set[str]) -> None:
    catalogue = current_catalogue()
    source = find_source(catalogue, batch.source)
    facts = pq.read_table(stage_file(batch.batch_id, "facts"))
    mapping = mapping_version(catalogue, source)
    replays, by_slice = None if batch.forced else batch.replays, source.accept == "slices"
    delivery = loading.Delivery(batch.batch_id, source.source, source.authority, mapping, replays, by_slice)
    with warehouse.connect() as connection:
        if not warehouse.run(connection, "batch/hold", batch_id=batch.batch_id).scalar_one():
            return  # another run, which took this batch for a killed one's, has just loaded it
        loaded = loading.load_facts(connection, catalogue.periods, delivery, facts)
        note_findings(connection, batch.batch_id, "load", [*loaded.warnings, *loaded.held])
        decided = [(finding.org, finding.period) for finding in loaded.held]
        held = count_held(stage_file(batch.batch_id, "validated"), decided)
        note_held(connection, batch.batch_id, held)
        counts = {"rows_held": int(held.sum()), "slices_unchanged": loaded.unchanged}
        advance(connection, batch.batch_id, "accepted" if loaded.submissions else "unchanged", **counts)
    months.update(loaded.months)
    shutil.rmtree(current_home().stage_folder(batch.batch_id), ignore_errors=True)


def _guard(batch_id: int, stage: str, step: Callable[..., None], *arguments: Any) -> bool:
    """Run one stage of one batch; True where the batch goes on.

    Refused data is recorded with its findings; a bug is logged and recorded as failed; both end this batch
    only. SourceUnavailableError is recorded and raised, so that Airflow tries the task again.
    """
    with warehouse.connect() as connection:
        batch = read_batch(connection, batch_id)
    if batch.status in FINAL:
        return False
    try:
        step(batch, *arguments)
    except RefusedError as refusal:
        _refuse(batch, stage, refusal.findings)
        return False
    except SourceUnavailableError as error:
        _fail(batch, error.code)
        raise
    except MetricLedgerError as error:
        log.error("batch %s of %s: %s", batch_id, batch.source, error)
        _fail(batch, type(error).__name__)
        return False
    except (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError):
        raise  # the warehouse is away: nothing is known of the data, so the task is tried again
    except Exception:
        log.exception("batch %s of %s: unexpected error in %s", batch_id, batch.source, stage)
        _fail(batch, f"internal_error in {stage}")
        return False
    return True


def _refuse(batch: BatchRow, stage: str, findings: list[Finding]) -> None:
    """Record a refusal, and give the file back in `rejected/`; the archive has it where that fails."""
    with warehouse.connect() as connection:
        note_findings(connection, batch.batch_id, stage, findings)
        note_held(
            connection, batch.batch_id, count_held(stage_file(batch.batch_id, "validated"), everything=True)
        )
        advance(connection, batch.batch_id, "refused")
    if batch.archive_uri:
        archive = Path(batch.archive_uri.removeprefix("file://"))
        try:
            reject_file(current_home(), batch.source, batch.batch_id, batch.filename, archive, findings)
        except OSError:
            log.exception("batch %s: the refused file could not be put into rejected/", batch.batch_id)
    shutil.rmtree(current_home().stage_folder(batch.batch_id), ignore_errors=True)


def _fail(batch: BatchRow, code: str) -> None:
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "failed", failure=code)


# Roll up ------------------------------------------------------------------------------------------------------


def rollup_months() -> list[str]:
    """Recompute every touched month; returns the quarters that hold them.

    The configuration is published first: one that was edited since the last delivery must not meet the
    definitions of before.
    """
    publish()
    with warehouse.exclusive("rollup"), warehouse.connect(isolation="REPEATABLE READ") as connection:
        return rolling.roll_up_months(connection, current_catalogue())


def rollup_quarters() -> list[str]:
    """Recompute every touched quarter and return them; the configuration is published first."""
    publish()
    with warehouse.exclusive("rollup"), warehouse.connect(isolation="REPEATABLE READ") as connection:
        return rolling.roll_up_quarters(connection, current_catalogue())


def touch(period: str | None = None) -> int:
    """Note the keys of one month or quarter, or all, for recomputation; returns how many."""
    with warehouse.connect() as connection:
        if period is None:
            return int(warehouse.run(connection, "rollup/touch_all", cause="recomputation").scalar_one())
        return int(warehouse.run(connection, "rollup/touch_period", period=period).scalar_one())


def pending_months() -> list[str]:
    """Return the months that wait for a rollup."""
    with warehouse.connect() as connection:
        return [row["period"] for row in warehouse.fetch(connection, "rollup/pending_month")]


def pending_quarters() -> list[str]:
    """Return the quarters that wait for a rollup."""
    with warehouse.connect() as connection:
        return [row["period"] for row in warehouse.fetch(connection, "rollup/pending_quarter")]


def count_waiting(source_id: str) -> int:
    """Return how many whole files lie in the inbox of a source; none in that of a system."""
    return len(list_waiting(current_home().inbox / source_id))


def waiting_sources() -> list[str]:
    """Return the workbook sources with whole files in their inbox."""
    sources = current_catalogue().sources.values()
    return [s.source for s in sources if isinstance(s, WorkbookSource) and count_waiting(s.source)]


def withdraw(submission_id: int, reason: str) -> list[str]:
    """Take a submission back; returns the months that its slice touches."""
    with warehouse.connect() as connection:
        return loading.withdraw(connection, submission_id, reason)


# Tell ---------------------------------------------------------------------------------------------------------


def report(run: Run, failed_tasks: list[str]) -> list[str]:
    """Queue one mail per person for what was refused or failed in `run`; returns a line for each such batch.

    A workbook of which anything was refused is given back marked: into `rejected/`, and with the mail.
    """
    catalogue = current_catalogue()
    with warehouse.connect() as connection:
        batches = _last_attempts(list_batches(connection, run.run_id))
        findings = {batch.batch_id: read_findings(connection, batch.batch_id) for batch in batches}
    given = {batch.batch_id: _give_back(catalogue, batch, findings[batch.batch_id]) for batch in batches}
    returned = {batch_id: copy for batch_id, copy in given.items() if copy}
    with warehouse.connect() as connection:
        return outbox.queue_report(connection, catalogue, run, batches, findings, failed_tasks, returned)


def _give_back(catalogue: Catalogue, batch: BatchRow, findings: list[Finding]) -> Returned | None:
    """Put a marked copy of what was refused into `rejected/`; the mail goes without it where that fails."""
    source = catalogue.sources[batch.source]
    if (
        not isinstance(source, WorkbookSource)
        or batch.status == "failed"
        or not batch.archive_uri
        or not any(finding.level == "error" for finding in findings)
    ):
        return None
    sheet = next((name for name in source.layout.sheet or () if not set(name) & set("*?[")), "")
    delivery = Delivery(
        path=Path(batch.archive_uri.removeprefix("file://")),
        name=batch.filename,
        source=batch.source,
        is_held=batch.status != "refused",
        sheet=sheet,
        encoding=source.layout.encoding,
        delimiter=source.layout.delimiter,
    )
    language = catalogue.people[source.owner].language if source.owner else "en"
    try:
        folder = current_home().returned_folder(batch.source, batch.batch_id)
        return give_back(delivery, findings, language, folder)
    except Exception:
        log.exception("batch %s: no marked copy could be made", batch.batch_id)
        return None


def untold_strays() -> list[Path]:
    """Return the files in the inbox that no source collects and nobody was told of."""
    strays = find_strays(current_home().inbox, current_catalogue().sources)
    if not strays:
        return []
    with warehouse.connect() as connection:
        return outbox.untold_strays(connection, strays)


def report_strays() -> list[str]:
    """Queue a mail about the files in the inbox that no source collects; returns those that are new."""
    catalogue, inbox = current_catalogue(), current_home().inbox
    with warehouse.connect() as connection:
        return outbox.queue_strays(connection, catalogue, inbox, find_strays(inbox, catalogue.sources))


def _last_attempts(batches: list[BatchRow]) -> list[BatchRow]:
    """Leave out the queries that a later attempt of the same run repeated."""
    queries = [batch.batch_id for batch in batches if batch.window]
    return [batch for batch in batches if not batch.window or batch.batch_id == queries[-1]]


def send_messages(send: Callable[[Any], None] | None) -> int:
    """Send every mail that waits, by `send` or as `.eml` files where it is None; returns how many went out."""
    return outbox.send_waiting(send, current_home().outbox)


def unsent_messages() -> int:
    """Return how many mails wait."""
    with warehouse.connect() as connection:
        return outbox.count_unsent(connection)
