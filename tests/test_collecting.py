"""One collector of a source at a time, and runs that are killed before they tell: with real processes."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from include import stages
from include.collecting import is_collected
from include.stages import Run
from tests.office import BAD, GOOD, HEAD, Office

fork = multiprocessing.get_context("fork")


def start(work: Callable[..., None], *arguments: Any) -> Any:
    process = fork.Process(target=work, args=arguments)
    process.start()
    return process


def collect_slowly(run: Run, reached: Any) -> None:
    """As `./kpi run` does, with a pause in which its batch is taken in and not yet loaded."""
    with stages.collecting("book"):
        taken = stages.extract("book", run)
        reached.set()
        time.sleep(2)
        stages.load(stages.standardise(stages.validate(taken)))
        stages.report(run, [])


def collect_and_die(run: Run) -> None:
    stages.load(stages.standardise(stages.validate(stages.extract("book", run))))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_second_collector_waits_and_takes_nothing_from_the_first(office: Office) -> None:
    office.drop("a.csv", GOOD)
    office.drop("b.csv", HEAD + "p3,2026-03,a,7,1\n")
    reached = fork.Event()
    first, second = office.new_run(), office.new_run()
    process = start(collect_slowly, first, reached)
    assert reached.wait(60)
    waited: list[str] = []
    assert is_collected("book") and not is_collected("other")
    with stages.collecting("book", on_wait=lambda: waited.append("told")):
        assert stages.extract("book", second) == []
        stages.report(second, [])
    process.join(60)
    assert (process.exitcode, waited) == (0, ["told"])
    assert office.company.query("SELECT DISTINCT run_id, status FROM ledger.batch") == [
        (first.run_id, "accepted")
    ]
    assert office.company.query("SELECT recipient FROM ledger.message") == [("clerk@example.com",)]


def test_two_tasks_of_dags_and_a_command_between_them_count_a_batch_once(office: Office) -> None:
    """A DAG's tasks let the source go in between: a command that comes then takes its batches on, and tells."""
    office.drop("a.csv", GOOD)
    dag, command = office.new_run(), office.new_run()
    taken = stages.extract("book", dag)
    office.collect(command)
    assert stages.load(stages.standardise(stages.validate(taken))) == []
    stages.report(dag, [])
    assert office.statuses() == ["accepted"]
    assert office.company.query("SELECT run_id FROM ledger.message") == [(command.run_id,)]


@pytest.mark.parametrize(("content", "mails"), [(GOOD, 1), (BAD, 2)], ids=["accepted", "refused"])
def test_a_run_that_was_killed_before_it_told_is_told_of_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, content: str, mails: int
) -> None:
    office.drop("a.csv", content)
    run = office.new_run()
    process = start(collect_and_die, run)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert office.company.query("SELECT count(*) FROM ledger.message") == [(0,)]
    assert stages.unreported_runs() == [], "it may be about to tell"
    monkeypatch.setattr(stages, "QUIET_FOR", 0.0)
    with stages.collecting("book"):
        assert stages.unreported_runs() == [run]
        other = start(_expect_none)
        other.join(60)
        assert other.exitcode == 0, "somebody collects it: the run may be alive"
    late = stages.unreported_runs()
    reporters = [start(_report_all, late) for _ in range(2)]
    for reporter in reporters:
        reporter.join(60)
        assert reporter.exitcode == 0
    assert stages.unreported_runs() == []
    assert office.company.query("SELECT count(*) FROM ledger.message") == [(mails,)]


def _expect_none() -> None:
    assert stages.unreported_runs() == []


def _report_all(runs: list[Run]) -> None:
    for run in runs:
        stages.report(run, [])


def test_files_of_a_killed_run_are_known_to_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.drop("a.csv", GOOD)
    stages.extract("book", office.new_run())
    assert stages.unfinished_sources() == []
    monkeypatch.setattr(stages, "QUIET_FOR", 0.0)
    assert stages.unfinished_sources() == ["book"]
    office.collect()
    assert stages.unfinished_sources() == []


def test_a_later_batch_of_a_run_is_told_of_though_an_earlier_one_was(office: Office) -> None:
    office.drop("a.csv", GOOD)
    run = office.new_run()
    office.collect(run)
    office.drop("b.csv", HEAD + "p3,2026-03,a,7,1\n")
    office.collect(run)
    told = office.company.query("SELECT subject FROM ledger.message ORDER BY message_id")
    assert len(told) == 2 and "a.csv" not in office.mail() and "b.csv" in office.mail()
