"""`./kpi run`: one source through all stages, and what became of it."""

import datetime as dt
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from include import stages, warehouse
from include.airflow_adapters.mail import smtp_sender
from include.batches import BatchRow, Run, list_batches, read_findings
from include.cli.console import open_console
from include.cli.opening import choose_window, open_warehouse
from include.cli.tables import print_findings, print_json
from include.errors import Finding
from include.home import current_home
from include.messages import word
from include.notify.words import tidy


@dataclass
class Outcome:
    """What a run made: its batches, and per batch the submissions accepted and what the checks found.

    `mails` of it went out, and with them `late_mails` of other runs.
    """

    batches: list[BatchRow]
    submissions_of: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    findings: dict[int, list[Finding]] = field(default_factory=dict)
    mails: int = 0
    late_mails: int = 0

    @property
    def submissions(self) -> list[dict[str, Any]]:
        """All submissions accepted, in the order of the batches."""
        return [row for rows in self.submissions_of.values() for row in rows]

    @property
    def refusals(self) -> list[Finding]:
        """Findings that refused something."""
        return [f for findings in self.findings.values() for f in findings if f.level == "error"]

    @property
    def word(self) -> str:
        """accepted, unchanged, refused, or failed where it was no fault of the data."""
        statuses = {batch.status for batch in self.batches}
        for status in ("failed", "refused", "accepted"):
            if status in statuses:
                return status
        return "unchanged"

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed, 3 refused."""
        if self.word == "failed":
            return 1
        return 3 if self.refusals else 0


def run_source(
    source_id: str, file: Path | None, period: str | None, *, accept_types: bool = False, quiet: bool
) -> Outcome:
    """Take a source through all stages and roll up; failures of a system are raised, refusals returned."""
    open_warehouse()
    catalogue = stages.current_catalogue()
    source = stages.find_source(catalogue, source_id)
    run = Run(_name_run(), "", source_id)
    window = choose_window(catalogue, source, file, period)
    with _collecting(source_id, quiet=quiet):
        batches = stages.extract(
            source_id, run, file=file and file.resolve(), window=window, accept_types=accept_types
        )
        return _finish(run, batches, quiet=quiet)


def replay_batch(batch_id: int, *, force: bool, quiet: bool) -> Outcome:
    """Take a delivered file through all stages again, under today's configuration, and roll up."""
    open_warehouse()
    run, batches = stages.replay(batch_id, _name_run(), force=force)
    with _collecting(run.source, quiet=quiet):
        return _finish(run, batches, quiet=quiet)


def _collecting(source: str, *, quiet: bool) -> AbstractContextManager[None]:
    """Hold the source to the run's end; says so where another run has it."""
    console = Console(stderr=True, quiet=quiet, highlight=False)
    words = f"Another run collects {source} at this moment; waiting for its end …"
    return stages.collecting(source, on_wait=lambda: console.print(words, markup=False))


def _name_run() -> str:
    return f"cli/{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"


def _finish(run: Run, batches: list[int], *, quiet: bool) -> Outcome:
    """Take extracted batches through the other stages, roll up and tell."""
    with Console(stderr=True, quiet=quiet).status("") as status:
        for step in (stages.validate, stages.standardise, stages.load):
            status.update(f"{step.__name__} …")
            passed = step(batches)
            batches = passed if step is not stages.load else batches  # type: ignore[assignment]
        status.update("rolling up …")
        stages.rollup_months()
        stages.rollup_quarters()
        stages.report(run, [])
        stages.report_late([late for late in stages.unreported_runs() if late.source == run.source])
        sent = stages.send_messages(smtp_sender()) if stages.unsent_messages() else []
    return _read_outcome(run, sent)


def _read_outcome(run: Run, sent: list[str]) -> Outcome:
    own = sent.count(run.run_id)
    with warehouse.connect() as connection:
        outcome = Outcome(list_batches(connection, run.run_id), mails=own, late_mails=len(sent) - own)
        for batch in outcome.batches:
            rows = warehouse.fetch(connection, "batch/submissions", batch_id=batch.batch_id)
            outcome.submissions_of[batch.batch_id] = [dict(row) for row in rows]
            outcome.findings[batch.batch_id] = read_findings(connection, batch.batch_id)
    return outcome


def show_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what was accepted, refused and why."""
    if as_json:
        refusals = [
            {"code": f.code, "sheet": f.sheet, "cell": f.cell, "found": f.found}
            | {part: word(f, part, "en") for part in ("expected", "remedy")}
            for f in outcome.refusals
        ]
        print_json({"outcome": outcome.word, "submissions": outcome.submissions, "refusals": refusals})
        return
    console = open_console()
    if not outcome.batches:
        console.print("Nothing waits in the inbox.")
    for batch in outcome.batches:
        name = batch.filename or batch.source
        own = outcome.submissions_of.get(batch.batch_id, [])
        told = {
            "accepted": f"[green]accepted[/]: {_count(len(own), 'submission')}, "
            f"{_count(sum(row['facts'] for row in own), 'fact')}",
            "unchanged": "unchanged: the ledger holds exactly this already",
            "refused": "[red]refused[/]; nothing of it was loaded",
            "failed": f"[red]failed[/]: {batch.failure}",
        }.get(batch.status, batch.status)
        console.print(tidy(name, 300), markup=False, end=" ")
        console.print(told + _tell_rows(batch))
        print_findings(console, outcome.findings[batch.batch_id])
    refused = [b for b in outcome.batches if b.status == "refused" and b.archive_uri]
    if refused:
        console.print(f"Refused files are in {current_home().rejected / refused[0].source}.", markup=False)
    if outcome.mails or outcome.late_mails:
        console.print(_tell_mails(outcome), markup=False)


def _tell_mails(outcome: Outcome) -> str:
    late = f"{_count(outcome.late_mails, 'mail')} of other runs" if outcome.late_mails else ""
    told = " and ".join(filter(None, [_count(outcome.mails, "mail") if outcome.mails else "", late]))
    verb = "was" if outcome.mails + outcome.late_mails == 1 else "were"
    return f"{told} {verb} sent, or written to {current_home().outbox}."


def _tell_rows(batch: BatchRow) -> str:
    """Return how many rows of a batch count and how many are held, and how to replay it where some are."""
    if batch.rows_read is None or batch.rows_held is None:
        return ""
    told = (
        f"; {_count(batch.rows_read, 'row')} read, {batch.rows_accepted:,} accepted, {batch.rows_held:,} held"
    )
    can_replay = batch.rows_held and batch.archive_uri
    return told + (f" (batch {batch.batch_id}: ./kpi replay {batch.batch_id})" if can_replay else "")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
