"""The one place that composes the stages: what a DAG's task and `./kpi` both call.

Each function takes batch numbers and returns those that go on; figures pass between the stages as Parquet files
below `stage/<batch>/`. Each batch stands or falls alone: refused data is recorded and ends that batch, a fault
of ours too, and the others go on. Only an unreachable system raises, so that the task is tried again.
"""

import logging
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from include import load as loading
from include import outbox, telling, warehouse
from include import rollup as rolling
from include import standardise as standardising
from include import validate as validating
from include.batch import Window, load_reported
from include.batches import BatchRow, Run, advance, note_findings, open_batch, read_batch
from include.catalogue import Catalogue, load_catalogue
from include.catalogue.models import Source, WorkbookSource
from include.collecting import collecting, is_collected
from include.errors import RefusedError, UsageError
from include.extract import (
    mapping_version,
    open_replay,
    read_file,
    read_system,
    stage_file,
    take_in,
    take_in_waiting,
)
from include.guarding import guard
from include.home import configuration_folder, current_home
from include.inbox import list_waiting
from include.places import Place, inbox_place
from include.publish import publish_catalogue
from include.quarantine import count_held, note_held, read_answer
from include.windows import aim

__all__ = [
    "Run", "collecting", "extract", "load", "report", "rollup_months", "rollup_quarters", "standardise", "validate",
]  # fmt: skip

log = logging.getLogger(__name__)
QUIET_FOR = 60.0
"""Seconds after which what a run left counts as a killed one's, if nobody collects its source."""
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
    SourceUnavailableError where a system can't be reached. Who collects the same source at once waits.
    """
    with collecting(source_id):
        return _extract(source_id, run, file, window, patience, accept_types)


def _extract(
    source_id: str, run: Run, file: Path | None, window: Window | None, patience: float, accept_types: bool
) -> list[int]:
    catalogue = current_catalogue()
    source = find_source(catalogue, source_id)
    publish()
    if isinstance(source, WorkbookSource):
        waiting = take_in_waiting(catalogue, source, run, patience)
        batches = [take_in(catalogue, source, run, file)] if file else waiting
        return sorted(batch for batch in batches if batch and guard(batch, "extract", read_file, source))
    aimed = aim(catalogue, source, window)
    with warehouse.connect() as connection:
        opened = open_batch(connection, run, mapping_version(catalogue, source), **aimed)
    assert opened is not None
    return [opened] if guard(opened, "extract", read_system, catalogue, source, accept_types) else []


def replay(batch_id: int, run_id: str, *, force: bool = False) -> tuple[Run, list[int]]:
    """Read a delivery again as a new batch; returns its run, and the batch if it goes on.

    A file is read from the archive, under today's configuration and rules: without `force`, what was delivered or
    withdrawn since isn't undone. A system is asked for the same dates: with `force`, the slices that the batch held as
    shrunken may be as small as they were then. Raises UsageError where there is no such batch or no archived file.
    """
    catalogue = current_catalogue()
    with warehouse.connect() as connection:
        try:
            batch = read_batch(connection, batch_id)
        except LookupError as error:
            raise UsageError(f"There is no batch {batch_id}; `bi.batch` lists them.") from error
    source = find_source(catalogue, batch.source)
    run = Run(run_id, "", batch.source)
    with collecting(batch.source):
        opened = open_replay(catalogue, run, batch, force=force)
        read = (
            guard(opened, "extract", read_file, source)
            if isinstance(source, WorkbookSource)
            else guard(opened, "extract", read_system, catalogue, source)
        )
    return run, [opened] if read else []


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
    with _collecting_of(batch_ids):
        return [batch for batch in batch_ids if guard(batch, "validate", _validate_one)]


@contextmanager
def _collecting_of(batch_ids: list[int]) -> Iterator[None]:
    """Hold the source of these batches of one run: what the stage then reads of them is how they are."""
    if not batch_ids:
        yield
        return
    with warehouse.connect() as connection:
        source = read_batch(connection, batch_ids[0]).source
    with collecting(source):
        yield


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
    with _collecting_of(batch_ids):
        return [batch for batch in batch_ids if guard(batch, "standardise", _standardise_one)]


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
    with _collecting_of(batch_ids):
        for batch in batch_ids:
            guard(batch, "load", _load_one, months)
    return sorted(months)


def _load_one(batch: BatchRow, months: set[str]) -> None:
    catalogue = current_catalogue()
    source = find_source(catalogue, batch.source)
    facts = pq.read_table(stage_file(batch.batch_id, "facts"))
    mapping = mapping_version(catalogue, source)
    replays = None if batch.forced or batch.spans else batch.replays
    by_slice, validated = source.accept == "slices", stage_file(batch.batch_id, "validated")
    delivery = loading.Delivery(batch.batch_id, source.source, source.authority, mapping, replays, by_slice)
    with warehouse.connect() as connection:
        if batch.spans:
            delivery = replace(delivery, answer=read_answer(connection, batch, source, validated))
        if not warehouse.run(connection, "batch/hold", batch_id=batch.batch_id).scalar_one():
            return  # another run, which took this batch for a killed one's, has just loaded it
        loaded = loading.load_facts(connection, catalogue.periods, delivery, facts)
        note_findings(connection, batch.batch_id, "load", [*loaded.warnings, *loaded.held])
        decided = [(finding.org, finding.period) for finding in loaded.held]
        held = count_held(validated, decided)
        note_held(connection, batch.batch_id, held)
        if len(held):
            warehouse.run(connection, "batch/keep_mark", batch_id=batch.batch_id)
        counts = {"rows_held": int(held.sum()), "slices_unchanged": loaded.unchanged}
        advance(connection, batch.batch_id, "accepted" if loaded.submissions else "unchanged", **counts)
    months.update(loaded.months)
    shutil.rmtree(current_home().stage_folder(batch.batch_id), ignore_errors=True)


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
    return len(list_waiting(inbox_place(current_home()) / source_id))


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
    with collecting(run.source):
        return telling.report(current_catalogue(), run, failed_tasks)


def unreported_runs() -> list[Run]:
    """Return the runs that ended untold and that nobody works on; between two tasks a DAG's run looks so too."""
    with warehouse.connect() as connection:
        rows = warehouse.fetch(connection, "batch/unreported", quiet=QUIET_FOR)
    known = [row for row in rows if row["source"] in current_catalogue().sources]
    return [Run(row["run_id"], row["url"], row["source"]) for row in known if not is_collected(row["source"])]


def report_late(runs: list[Run]) -> list[str]:
    """Report runs that were killed before they did; one that can't be told of holds up no other. Returns those told."""
    told = []
    for run in runs:
        try:
            report(run, [])
            told.append(run.run_id)
        except Exception:
            log.exception("the outcome of run %s of %s could not be told", run.run_id, run.source)
    return told


def unfinished_sources() -> list[str]:
    """Return the sources with files that a killed run took in and didn't finish; their next run takes them on."""
    with warehouse.connect() as connection:
        rows = warehouse.fetch(connection, "batch/unfinished_sources", quiet=QUIET_FOR)
    names = (row["source"] for row in rows if row["source"] in current_catalogue().sources)
    return [name for name in names if not is_collected(name)]


def untold_strays() -> list[Place]:
    """Return the files in the inbox that no source collects and nobody was told of."""
    return telling.untold_strays(current_catalogue())


def report_strays() -> list[str]:
    """Queue a mail about the files in the inbox that no source collects; returns those that are new."""
    return telling.report_strays(current_catalogue())


def send_messages(send: Callable[[Any], None] | None) -> list[str]:
    """Send every mail that waits, by `send` or as `.eml` files where it is None; returns the run of each that went."""
    return outbox.send_waiting(send, current_home().outbox)


def unsent_messages() -> int:
    """Return how many mails wait."""
    with warehouse.connect() as connection:
        return outbox.count_unsent(connection)
