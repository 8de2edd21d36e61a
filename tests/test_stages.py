"""The stages as a DAG's tasks call them: what becomes of each delivery, whatever happens in between."""

import json
import os
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include import extract, stages, warehouse
from include.batches import read_batch, read_findings
from include.extract import stage_file
from tests.company import FILES
from tests.office import BAD, GOOD, HEAD, Office


def crash(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_workbook_becomes_kpis(office: Office) -> None:
    path = office.drop("三月.csv", GOOD)
    assert office.collect()[1] == ["2026-03"]
    assert not path.exists() and not list(office.home.stage.iterdir())
    assert stages.pending_months() == ["2026-03"]
    assert stages.rollup_months() == ["2026-Q1"] and stages.pending_quarters() == ["2026-Q1"]
    assert stages.rollup_quarters() == ["2026-Q1"] and stages.pending_quarters() == []
    assert office.company.kpi("profit", "group", "2026-Q1") == 67
    assert office.company.value("SELECT DISTINCT file FROM bi.fact") == "三月.csv"


def test_a_refused_file_lies_in_rejected_with_its_list_and_holds_up_no_other(office: Office) -> None:
    office.drop("bad.csv", BAD, wait=False)
    office.drop("good.csv", GOOD)
    assert office.collect()[1] == ["2026-03"]
    assert sorted(office.statuses()) == ["accepted", "refused"]
    (listed,) = (office.home.rejected / "book").glob("*.json")
    assert listed.name.endswith("_bad.csv.json")
    assert listed.with_name(listed.name.removesuffix(".json")).read_text("utf-8") == BAD
    told = [item for item in json.loads(listed.read_text("utf-8")) if item["level"] == "error"]
    found = {(item["code"], item["cell"], item["found"]) for item in told}
    assert found == {("not_a_number", "E2", "many"), ("unknown_org", "A3", "nobody")}
    assert not list((office.home.inbox / "book").iterdir())
    assert office.company.value("SELECT count(*) FROM bi.check_result WHERE cell = 'E2'") == 1


def test_sent_again_it_says_unchanged(office: Office) -> None:
    for _ in range(2):
        office.drop("a.csv", GOOD)
        office.collect()
    assert office.statuses() == ["accepted", "unchanged"]


def test_what_is_absent_or_blank_stays_as_it_was(office: Office) -> None:
    """A slice whose figures are all blank, or that isn't in the file, isn't delivered; a blank figure beside others is."""
    office.drop("a.csv", GOOD + "p1,2026-04,a,70,30\np3,2026-04,a,7,3\n")
    office.collect()
    office.drop("b.csv", HEAD + "p1,2026-04,a,80,\np3,2026-04,a,,\n")
    office.collect()
    stages.rollup_months()
    company = office.company
    assert company.kpi("sales", "p1", "2026-03") == 111, "March isn't in the second file"
    assert company.kpi("sales", "p3", "2026-04") == 7, "all of p3 is blank there"
    assert company.kpi("sales", "p1", "2026-04") == 80
    assert company.board("cost", "p1", "2026-04") is None, "its cost was taken out"


@pytest.mark.parametrize(
    "point", ["leave_inbox", "save_reported", "_validate_one", "_standardise_one", "_load_one", "advance"]
)
def test_what_a_killed_run_left_is_taken_up_and_counted_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    office.drop("a.csv", GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(extract if point in {"leave_inbox", "save_reported"} else stages, point, crash)
        with pytest.raises(KeyboardInterrupt):
            office.collect()
    assert office.company.query("SELECT * FROM ledger.submission") == []
    office.collect()
    assert office.statuses() == ["accepted"]
    assert office.company.query("SELECT sum(value) FROM bi.fact WHERE metric = 'sales'") == [(111,)]
    assert not list((office.home.inbox / "book").iterdir())
    assert office.collect() == ([], [])


def test_a_bug_in_one_batch_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.drop("1.csv", GOOD, wait=False)
    office.drop("2.csv", GOOD.replace("p1", "p3"))
    run, real = office.new_run(), stages._validate_one

    def fails_on_the_first(batch: Any) -> None:
        if batch.filename == "1.csv":
            raise ZeroDivisionError
        real(batch)

    monkeypatch.setattr(stages, "_validate_one", fails_on_the_first)
    office.collect(run)
    assert sorted(office.statuses()) == ["accepted", "failed"]
    with warehouse.connect() as connection:
        assert stages.outbox.count_unsent(connection) > 0
    assert (
        office.company.value("SELECT failure FROM ledger.batch WHERE status = 'failed'")
        == "internal_error in validate"
    )


def test_two_runs_on_one_batch_count_it_once(office: Office) -> None:
    office.drop("a.csv", GOOD)
    run = office.new_run()
    batches = stages.standardise(stages.validate(stages.extract("book", run)))
    start = threading.Barrier(2)

    def load() -> None:
        start.wait(10)
        stages.load(batches)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert office.statuses() == ["accepted"]
    assert office.company.value("SELECT count(*) FROM ledger.submission") == 1


def test_a_batch_taken_up_late_does_not_undo_a_correction(office: Office) -> None:
    office.drop("a.csv", GOOD)
    run = office.new_run()
    batches = stages.standardise(stages.validate(stages.extract("book", run)))
    facts = Path(stage_file(batches[0], "facts")).read_bytes()
    with warehouse.connect() as connection:
        seen = read_batch(connection, batches[0])  # a second run reads it before the first has loaded it
    stages.load(batches)
    office.drop("b.csv", GOOD.replace("100", "200"))
    office.collect()
    Path(stage_file(batches[0], "facts")).parent.mkdir()
    Path(stage_file(batches[0], "facts")).write_bytes(facts)
    stages._load_one(seen, set())
    assert (
        office.company.value("SELECT sum(f.value) FROM bi.fact AS f WHERE counts AND metric = 'sales'") == 211
    )
    assert office.statuses() == ["accepted", "accepted"]


def test_a_connection_cut_in_mid_load_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    office.drop("a.csv", GOOD)
    run = office.new_run()
    batches = stages.standardise(stages.validate(stages.extract("book", run)))
    real = warehouse.copy_table

    def cut(connection: Any, *arguments: Any) -> None:
        pid = connection.connection.driver_connection.info.backend_pid
        with psycopg.connect(warehouse.loader_url().replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        real(connection, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "copy_table", cut)
        with pytest.raises(Exception, match=r"terminat|closed|lost"):
            stages.load(batches)
    assert stages.load(batches) == ["2026-03"]
    assert office.statuses() == ["accepted"]


def test_findings_are_kept_whatever_was_typed(office: Office) -> None:
    office.drop("odd.csv", HEAD + "p1,2026-03,a,1\x00<b>,1\n")
    taken, _ = office.collect()
    assert taken in ([], [1]) and office.statuses() == ["refused"]
    with warehouse.connect() as connection:
        assert read_findings(connection, 1)


def test_mails_are_queued_once_a_run_and_sent(office: Office) -> None:
    office.drop("bad.csv", BAD)
    run = office.new_run()
    office.collect(run)
    told = stages.report(run, [])
    assert len(told) == 1 and told[0].startswith("bad.csv: refused: ") and "not_a_number E2" in told[0]
    assert stages.unsent_messages() == 2  # the source's owner and the metrics' owner
    assert stages.send_messages(None) == [run.run_id] * 2 and stages.unsent_messages() == 0
    mails = list(office.home.outbox.glob("*.eml"))
    assert len(mails) == 2 and stages.send_messages(None) == []


def test_a_mail_counts_the_faults_that_no_list_holds(office: Office) -> None:
    office.drop("bad.csv", HEAD + "".join(f"nobody,2026-03,{row},1,1\n" for row in range(719)))
    run = office.new_run()
    office.collect(run)
    assert "719 errors" in office.mail("en") and "719 处错误" in office.mail("zh")
    assert "and 714 more" in stages.report(run, [])[0]


def test_a_good_run_mails_its_clerk_once_and_nobody_else(office: Office) -> None:
    office.drop("a.csv", GOOD)
    run = office.new_run()
    office.collect(run)
    stages.report(run, [])
    assert office.company.query("SELECT recipient FROM ledger.message") == [("clerk@example.com",)]


def test_a_period_and_all_can_be_recomputed(office: Office) -> None:
    office.drop("a.csv", GOOD + "p1,2025-11,a,5,\n")
    office.collect()
    stages.rollup_months()
    for period, touched in (
        ("2026-03", ["2026-03"]),
        ("2026-Q1", ["2026-03"]),
        ("2025", ["2025-11"]),
        ("2024-01", []),
    ):
        assert bool(stages.touch(period)) == bool(touched) and stages.pending_months() == touched
        stages.rollup_months()
    stages.touch()
    assert stages.pending_months() == ["2025-11", "2026-03"]


def test_a_changed_mapping_and_the_delivery_by_it_are_both_named_as_causes(office: Office) -> None:
    office.drop("a.csv", GOOD)
    office.collect()
    stages.rollup_months()
    office.configure(
        "sources/book.yaml", FILES["sources/book.yaml"].replace("sales, unit: CNY", "sales, unit: 千元")
    )
    office.drop("b.csv", GOOD)
    office.collect()
    stages.rollup_months()
    found = office.company.query(
        "SELECT cause, submission, old_value, new_value FROM bi.restatement WHERE metric = 'sales' AND org = 'p1' "
        "AND dimensions = '{}' ORDER BY 1"
    )
    assert found == [("definition", None, 111, 111000), ("submission", 2, 111, 111000)]


def test_a_metric_added_between_load_and_rollup_is_computed(office: Office) -> None:
    office.drop("a.csv", GOOD)
    office.collect()
    added = "    better: up, ratio: {of: sales, to: cost}}\n"
    metric = "cover: {name: 倍数, definition: d, unit: '%', owner: controller, tier: internal,\n" + added
    folder = Path(os.environ["KPI_CONFIG"])
    (folder / "metrics" / "more.yaml").write_text(metric, "utf-8")
    stages.read_catalogue.cache_clear()
    assert stages.rollup_months() == ["2026-Q1"]
    assert stages.rollup_quarters() == ["2026-Q1"]
    board = "SELECT value FROM bi.kpi_quarter WHERE metric = 'cover' AND org = 'p1' AND dimensions = '{}'"
    assert office.company.value(board) == Decimal("252.272727272727")


def test_what_a_run_has_no_patience_for_stays_for_the_next(office: Office) -> None:
    for number in range(3):
        office.drop(f"{number}.csv", GOOD.replace("100", f"10{number}"), wait=number == 2)
    (left_by_killed,) = stages.extract("book", office.new_run(), patience=0)
    taken = stages.extract("book", office.new_run(), patience=0)
    assert (taken, stages.count_waiting("book")) == ([left_by_killed, left_by_killed + 1], 1)
    stages.load(stages.standardise(stages.validate(taken)))
    assert len(office.collect()[0]) == 1 and stages.count_waiting("book") == 0
    assert office.statuses() == ["accepted"] * 3


def test_waiting_sources_are_those_with_whole_files(office: Office) -> None:
    assert stages.waiting_sources() == []
    office.drop("~$a.csv", "", wait=False)
    office.drop("a.csv", GOOD)
    assert stages.waiting_sources() == ["book"]


def test_an_unknown_source_is_named(office: Office) -> None:
    with pytest.raises(stages.UsageError, match="audit, book, other"):
        stages.extract("nothing", office.new_run())
