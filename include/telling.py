"""Tell people what became of their deliveries: mails into the outbox, and refused workbooks back with marks."""

import logging
from collections.abc import Collection

from include import archive, outbox, warehouse
from include.batches import BatchRow, Run, list_batches, read_findings
from include.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.errors import Finding
from include.home import current_home
from include.inbox import find_strays
from include.marking import Delivery, Returned, give_back
from include.notify.words import tidy
from include.places import Place, inbox_place

log = logging.getLogger(__name__)


def report(catalogue: Catalogue, run: Run, failed_tasks: list[str]) -> list[str]:
    """Queue one mail per person for what was refused or failed in `run`; returns a line for each such batch.

    A workbook of which anything was refused is given back marked: into `rejected/`, and with the mail.
    """
    with warehouse.connect() as connection:
        batches = _last_attempts(list_batches(connection, run.run_id))
        findings = {batch.batch_id: read_findings(connection, batch.batch_id) for batch in batches}
    given = {batch.batch_id: _give_back(catalogue, batch, findings[batch.batch_id]) for batch in batches}
    returned = {batch_id: copy for batch_id, copy in given.items() if copy}
    with warehouse.connect() as connection:
        return outbox.queue_report(connection, catalogue, run, batches, findings, failed_tasks, returned)


def list_failures(run_id: str, given: Collection[int] | None = None) -> list[str]:
    """Return a line for each batch of a run that failed, of those `given` or all: its name, and what happened."""
    return [
        f"{tidy(batch.filename or batch.source)}: {batch.failure}"
        for batch in _list_ended(run_id, given)
        if batch.status == "failed"
    ]


def list_accepted(run_id: str, given: Collection[int] | None = None) -> list[int]:
    """Return the batches of a run of which anything was loaded, of those `given` or all."""
    return [batch.batch_id for batch in _list_ended(run_id, given) if batch.status == "accepted"]


def _list_ended(run_id: str, given: Collection[int] | None) -> list[BatchRow]:
    with warehouse.connect() as connection:
        batches = _last_attempts(list_batches(connection, run_id))
    return [batch for batch in batches if given is None or batch.batch_id in given]


def _last_attempts(batches: list[BatchRow]) -> list[BatchRow]:
    """Leave out the queries that a later attempt of the same run repeated."""
    queries = [batch.batch_id for batch in batches if batch.window]
    return [batch for batch in batches if not batch.window or batch.batch_id == queries[-1]]


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
    language = catalogue.people[source.owner].language if source.owner else "en"
    folder = current_home().returned_folder(batch.source, batch.batch_id)
    try:
        with archive.local_copy(batch.archive_uri) as archived:
            delivery = Delivery(
                path=archived,
                name=batch.filename,
                source=batch.source,
                is_held=batch.status != "refused",
                sheet=sheet,
                encoding=source.layout.encoding,
                delimiter=source.layout.delimiter,
            )
            return give_back(delivery, findings, language, folder)
    except Exception:
        log.exception("batch %s: no marked copy could be made", batch.batch_id)
        return None


def untold_strays(catalogue: Catalogue) -> list[Place]:
    """Return the files in the inbox that no source collects and nobody was told of."""
    strays = find_strays(inbox_place(current_home()), catalogue.sources)
    if not strays:
        return []
    with warehouse.connect() as connection:
        return outbox.untold_strays(connection, strays)


def report_strays(catalogue: Catalogue) -> list[str]:
    """Queue a mail about the files in the inbox that no source collects; returns those that are new."""
    inbox = inbox_place(current_home())
    with warehouse.connect() as connection:
        return outbox.queue_strays(connection, catalogue, inbox, find_strays(inbox, catalogue.sources))
