"""Runs from a dropped workbook to the KPIs, the bells they ring, and what a refusal looks like."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include import stages
from include.home import Home
from tests.office import SETTLED

RunDag = Callable[[str], tuple[str, dict[str, str], list[tuple[str, str | None]]]]


def drop(company: Home, source: str, *files: Path) -> None:
    folder = company.inbox / source
    folder.mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    time.sleep(SETTLED + 0.01)


def pick(deliveries: Path, source: str, pattern: str) -> Path:
    (file,) = (deliveries / source).glob(pattern)
    return file


def test_a_clean_workbook_is_green_and_rings_for_its_month_then_its_quarter(
    company: Home, deliveries: Path, run_dag: RunDag, airflow_database: Callable[..., list[Any]]
) -> None:
    drop(company, "hr_headcount", pick(deliveries, "hr_headcount", "*_2026-03.xlsx"))
    state, tasks, events = run_dag("collect__hr_headcount")
    assert (state, set(tasks.values())) == ("success", {"success"})
    assert events == [("metric_facts", "2026-03")]
    assert not list((company.inbox / "hr_headcount").iterdir())
    assert stages.pending_months() == ["2026-03"]

    assert run_dag("rollup_month") == (
        "success",
        {"rollup_months": "success"},
        [("metric_months", "2026-Q1")],
    )
    assert run_dag("rollup_quarter")[0] == "success"
    assert (stages.pending_months(), stages.pending_quarters()) == ([], [])

    assert run_dag("rollup_month") == ("success", {"rollup_months": "skipped"}, []), "a doubled event"
    values = airflow_database("SELECT value FROM xcom WHERE dag_id = 'collect__hr_headcount'")
    assert all(len(str(value)) < 100 for (value,) in values), "ids pass between tasks, never rows"


def test_many_months_ring_once_and_unchanged_data_not_at_all(
    company: Home, deliveries: Path, run_dag: RunDag
) -> None:
    book = pick(deliveries, "finance_close", "*华东制造公司_2025年.xlsx")
    drop(company, "finance_close", book)
    state, _, events = run_dag("collect__finance_close")
    assert state == "success" and [name for name, _ in events] == ["metric_facts"]
    assert len(stages.pending_months()) >= 12

    drop(company, "finance_close", book)
    state, tasks, events = run_dag("collect__finance_close")
    assert (state, tasks["load"], tasks["report"], events) == ("success", "skipped", "success", [])


def test_a_refused_workbook_is_red_and_mailed_and_holds_up_no_other(
    company: Home, deliveries: Path, run_dag: RunDag
) -> None:
    good = pick(deliveries, "hr_headcount", "*_2026-03.xlsx")
    drop(company, "hr_headcount", good, pick(deliveries, "hr_headcount", "*自报.xlsx"))
    state, tasks, events = run_dag("collect__hr_headcount")
    assert state == "failed"
    assert tasks == dict.fromkeys(("extract", "validate", "standardise", "load"), "success") | {
        "report": "failed"
    }
    assert events == [("metric_facts", "2026-03")]
    assert list(company.outbox.glob("*.eml")) and stages.unsent_messages() == 0
    assert [path for path in (company.rejected / "hr_headcount").iterdir() if "自报" in path.name]


def test_a_bug_is_red_where_it_happened_once_nothing_else_goes_on(
    company: Home, deliveries: Path, run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stages._standardise_one

    def fail(batch: Any) -> None:
        if "2026-03" in batch.filename:
            raise ZeroDivisionError
        real(batch)

    monkeypatch.setattr(stages, "_standardise_one", fail)
    drop(company, "hr_headcount", *sorted((deliveries / "hr_headcount").glob("*_2026-0[23].xlsx")))
    state, tasks, events = run_dag("collect__hr_headcount")
    assert (state, tasks["standardise"], tasks["load"]) == ("failed", "success", "success")
    assert events == [("metric_facts", "2026-02")], "the other file counts"
    drop(company, "hr_headcount", pick(deliveries, "hr_headcount", "*_2026-03.xlsx"))
    state, tasks, events = run_dag("collect__hr_headcount")
    assert (state, tasks["validate"], tasks["standardise"]) == ("failed", "success", "failed")
    assert (tasks["load"], tasks["report"], events) == ("upstream_failed", "failed", [])


def test_where_all_is_refused_the_later_steps_are_skipped(
    company: Home, deliveries: Path, run_dag: RunDag
) -> None:
    drop(company, "hr_headcount", pick(deliveries, "hr_headcount", "*自报.xlsx"))
    state, tasks, events = run_dag("collect__hr_headcount")
    assert state == "failed" and events == []
    assert (tasks["standardise"], tasks["load"], tasks["report"]) == ("skipped", "skipped", "failed")


def test_a_run_with_nothing_waiting_is_green(company: Home, run_dag: RunDag) -> None:
    state, tasks, events = run_dag("collect__hr_headcount")
    assert state == "success" and events == []
    assert (tasks["validate"], tasks["load"], tasks["report"]) == ("skipped", "skipped", "success")


def test_an_idle_sweep_rings_nothing(company: Home, run_dag: RunDag) -> None:
    state, tasks, events = run_dag("sweep")
    assert state == "success" and events == []
    assert {task for task, outcome in tasks.items() if outcome != "skipped"} == {"look"}


def test_the_sweep_rings_for_what_was_left_lying(company: Home, deliveries: Path, run_dag: RunDag) -> None:
    book = pick(deliveries, "hr_headcount", "*_2026-03.xlsx")
    drop(company, "hr_headcount", book)
    run_dag("collect__hr_headcount")
    drop(company, "stock_count", next((deliveries / "stock_count").iterdir()))
    state, tasks, events = run_dag("sweep")
    assert state == "success" and tasks["send_messages"] == tasks["ring_quarters"] == "skipped"
    assert events == [("inbox__stock_count", None), ("metric_facts", "2026-03")]


def test_what_a_run_leaves_lying_rings_for_the_next(
    company: Home, deliveries: Path, run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "READS_FOR", 0.0)
    books = sorted((deliveries / "hr_headcount").glob("*_2026-0[1-2].xlsx"))
    drop(company, "hr_headcount", *books)
    assert len(books) == stages.count_waiting("hr_headcount") == 2
    state, _, events = run_dag("collect__hr_headcount")
    assert state == "success" and ("inbox__hr_headcount", None) in events
    state, _, events = run_dag("collect__hr_headcount")
    assert state == "success" and [name for name, _ in events] == ["metric_facts"]
    assert not stages.count_waiting("hr_headcount")


def test_the_sweep_tells_what_a_killed_run_had_loaded_but_not_told(
    company: Home, deliveries: Path, run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "QUIET_FOR", 0.0)
    drop(company, "hr_headcount", *sorted((deliveries / "hr_headcount").glob("*_2026-0[1-2].xlsx")))
    run = stages.Run("cli/killed", "", "hr_headcount")
    loaded, left = stages.extract("hr_headcount", run)
    stages.load(stages.standardise(stages.validate([loaded])))
    state, tasks, events = run_dag("sweep")
    assert (state, tasks["report_late"]) == ("success", "success")
    assert len(list(company.outbox.glob("*.eml"))) == 1
    assert ("inbox__hr_headcount", None) in events, (
        f"batch {left} is only read: the source's next run takes it on"
    )
    assert run_dag("sweep")[1]["report_late"] == "skipped"
    assert len(list(company.outbox.glob("*.eml"))) == 1
