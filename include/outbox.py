"""The outbox: mails are rows in the warehouse first, written with what they tell and sent from there.

A mail that can't be sent stays, counts the attempt and is tried again by the sweep; it never fails a load.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from include import archive, warehouse
from include.batches import BatchRow, Run
from include.catalogue import Catalogue
from include.catalogue.models import Source, WorkbookSource
from include.errors import Finding
from include.inbox import Stamp
from include.marking import Returned
from include.messages.faults import is_system_fault
from include.notify import (
    Attachment,
    BatchOutcome,
    Copy,
    Message,
    Receipt,
    Recipient,
    RunOutcome,
    TaskFailure,
    compose,
    compose_strays,
    describe_refusal,
    write_eml,
)
from include.notify.words import tidy
from include.places import Place, write_place
from include.receipts import read_receipt

MOST_ATTEMPTS = 50
READING_NOTES = frozenset(
    {
        *("hidden_columns", "hidden_rows", "note_row", "repeated_header", "repeated_label", "text_read_as"),
        "undeclared_columns",
    }
)
log = logging.getLogger(__name__)


def queue_report(
    connection: Connection,
    catalogue: Catalogue,
    run: Run,
    batches: Sequence[BatchRow],
    findings: Mapping[int, list[Finding]],
    failed_tasks: Sequence[str],
    returned: Mapping[int, Returned] | None = None,
) -> list[str]:
    """Queue one mail per person for `run`; return a line for each batch that was refused or failed.

    Each batch is told of once, whoever reports its run and however often.

    Told are the source's owner, of every workbook what became of it, and the owners of the metrics that the
    findings touch (of all its metrics where a finding concerns the whole delivery).
    `returned` are the marked copies, which the source's owner gets.
    """
    source = catalogue.sources[run.source]
    if not isinstance(source, WorkbookSource):
        batches = batches[-1:]  # a system that was asked again answered in the end: only the last try counts
    bad = [
        batch
        for batch in batches
        if batch.status in {"refused", "failed"} or _errors(findings[batch.batch_id])
    ]
    lines = [_describe_batch(batch, _errors(findings[batch.batch_id])) for batch in bad]
    fresh = {row["batch_id"] for row in warehouse.fetch(connection, "batch/mark_reported", run_id=run.run_id)}
    untold = [batch for batch in batches if batch.batch_id in fresh]
    if not untold and warehouse.run(connection, "message/count_of_run", run_id=run.run_id).scalar_one():
        failed_tasks = ()
    is_awaited = isinstance(source, WorkbookSource) and untold
    if not failed_tasks and not is_awaited and not any(batch in bad for batch in untold):
        return lines
    receipts = {
        batch.batch_id: read_receipt(connection, catalogue, batch)
        for batch in untold
        if is_awaited and batch.status in {"accepted", "unchanged"}
    }
    for message in compose(
        _describe_run(source, run, untold, findings, failed_tasks, receipts, returned or {}),
        _recipients(catalogue, source),
    ):
        _queue(connection, message)
    return lines


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]


def _describe_run(
    source: Source,
    run: Run,
    batches: Sequence[BatchRow],
    findings: Mapping[int, list[Finding]],
    failed_tasks: Sequence[str],
    receipts: Mapping[int, Receipt],
    returned: Mapping[int, Returned],
) -> RunOutcome:
    failures = [
        TaskFailure(batch.filename or run.source, batch.failure, _asked_of(source, batch.failure))
        for batch in batches
        if batch.status == "failed"
    ]
    return RunOutcome(
        run_id=run.run_id,
        url=run.url,
        source=run.source,
        names=(source.name.read("zh"), source.name.read("en")) if source.name else ("", ""),
        is_workbook=isinstance(source, WorkbookSource),
        batches=tuple(
            dataclasses.replace(
                _describe_outcome(batch, findings[batch.batch_id], receipts.get(batch.batch_id)),
                copy=_describe_copy(batch, returned.get(batch.batch_id)),
            )
            for batch in batches
            if batch.status != "failed"
        ),
        failures=tuple(failures or [TaskFailure(task) for task in failed_tasks]),
    )


def _asked_of(source: Source, failure: str) -> str:
    """Return the connection of the system that `failure` is about; '' where it is about none."""
    return "" if isinstance(source, WorkbookSource) or not is_system_fault(failure) else source.connection


def _describe_outcome(batch: BatchRow, findings: list[Finding], receipt: Receipt | None) -> BatchOutcome:
    """Say what became of a batch. What the reader merely notes of a file that counts is left to bi.check_result."""
    told = [finding for finding in findings if finding.level == "error" or finding.code not in READING_NOTES]
    if batch.status == "refused":
        returned = f"rejected/{batch.source}/" if batch.archive_uri else ""
        return BatchOutcome("refused", batch.filename, tuple(findings), returned)
    word = "held" if _errors(findings) else "unchanged" if batch.status == "unchanged" else "accepted"
    return BatchOutcome(word, batch.filename, tuple(told), receipt=receipt)  # type: ignore[arg-type]


def _describe_copy(batch: BatchRow, returned: Returned | None) -> Copy | None:
    if returned is None:
        return None
    path, original = returned.path, None
    if returned.kind != "marked":
        with archive.local_copy(batch.archive_uri) as archived:
            size = archived.stat().st_size
        original = Attachment(Path(batch.filename).name, batch.archive_uri, size)
    copy = Attachment(path.name, f"file://{path}", path.stat().st_size)
    return Copy(returned.kind, f"rejected/{batch.source}/{batch.batch_id}/", copy, original)


def _recipients(catalogue: Catalogue, source: Source) -> list[Recipient]:
    """Return who is told: the source's owner all, a metric's owner what concerns that metric."""
    measures = source.rows if isinstance(source, WorkbookSource) and source.rows else source.columns
    metrics = {measure.metric for measure in measures.values() if measure.metric}
    owned: dict[str, set[str]] = {}
    for metric in metrics:
        owned.setdefault(catalogue.latest(metric).owner, set()).add(metric)
    told = [(owner, frozenset(ids)) for owner, ids in sorted(owned.items())]
    people: list[tuple[str, frozenset[str] | None]] = [(source.owner, None)] if source.owner else []
    return [
        Recipient(catalogue.people[person].email, catalogue.people[person].language, only)
        for person, only in [*people, *told]
    ]


def _describe_batch(batch: BatchRow, errors: list[Finding]) -> str:
    """Return for the log which delivery it is, and what is wrong."""
    told = batch.failure if batch.status == "failed" else describe_refusal(errors)
    return f"{tidy(batch.filename or batch.source)}: {told}"


def untold_strays(connection: Connection, strays: Mapping[Place, Stamp]) -> list[Place]:
    """Return those of `strays` that nobody was told of yet."""
    rows = [(path, *_name_stray(path, stamp)) for path, stamp in strays.items()]
    asked = {"places": [row[1] for row in rows], "versions": [row[2] for row in rows]}
    told = {
        (row["place"], row["version"]) for row in warehouse.fetch(connection, "message/strays_told", **asked)
    }
    return [path for path, place, version in rows if (place, version) not in told]


def queue_strays(
    connection: Connection, catalogue: Catalogue, inbox: Place, strays: Mapping[Place, Stamp]
) -> list[str]:
    """Queue a mail about files that no source collects, each file once; return the places of the new ones.

    Told is the role `operations` of people.yaml; where there is none, the owner of every workbook source.
    """
    new = []
    for path, stamp in strays.items():
        place, version = _name_stray(path, stamp)
        if warehouse.run(connection, "message/add_stray", place=place, version=version).scalar():
            new.append(tidy(place.removeprefix(f"{inbox}/"), 200))
    books = [source for source in catalogue.sources.values() if isinstance(source, WorkbookSource)]
    people = (
        ["operations"] if "operations" in catalogue.people else [book.owner for book in books if book.owner]
    )
    told = [Recipient(catalogue.people[name].email, catalogue.people[name].language) for name in people]
    for message in compose_strays(new, [book.source for book in books], told) if new else []:
        _queue(connection, message)
    return new


def _queue(connection: Connection, message: Message) -> None:
    row = {name: getattr(message, name) for name in Message.__dataclass_fields__}
    row["attachments"] = json.dumps([dataclasses.asdict(file) for file in message.attachments])
    warehouse.run(connection, "message/queue", **row)


def _name_stray(path: Place, stamp: Stamp) -> tuple[str, str]:
    return write_place(path), f"{stamp.size}-{stamp.modified}-{stamp.changed}"


def send_waiting(send: Callable[[Message], None] | None, folder: Path) -> list[str]:
    """Send each waiting mail in its own transaction, by `send` or as an `.eml` file in `folder`.

    Returns the run of each mail that went out.
    """
    sent: list[str] = []
    after = 0
    while True:
        with warehouse.connect() as connection:
            rows = warehouse.fetch(connection, "message/take_unsent", after=after, attempts=MOST_ATTEMPTS)
            if not rows:
                return sent
            row = rows[0]
            after = row["message_id"]
            attachments = tuple(Attachment(**about) for about in row["attachments"])
            fields = {name: row[name] for name in Message.__dataclass_fields__}
            message = Message(**fields | {"attachments": attachments})
            try:
                where = _deliver(send, message, folder)
            except Exception as error:  # noqa: BLE001 - whatever a mail server does, the mail stays and the load stands
                log.warning("mail %s could not be sent: %s", after, type(error).__name__)
                warehouse.run(connection, "message/failed", message_id=after, failure=type(error).__name__)
                continue
            warehouse.run(connection, "message/sent", message_id=after, sent_to=where)
            sent.append(message.run_id)


def _deliver(send: Callable[[Message], None] | None, message: Message, folder: Path) -> str:
    if send is None:
        path = write_eml(message, folder)
        log.info("no SMTP connection is configured: wrote %s", path)
        return path.name
    send(message)
    return "smtp"


def count_unsent(connection: Connection) -> int:
    """Return how many mails wait to be sent."""
    return int(warehouse.run(connection, "message/unsent", attempts=MOST_ATTEMPTS).scalar_one())
