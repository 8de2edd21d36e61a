"""The ledger: what a delivery changes, what it leaves alone, and what is refused."""

import datetime as dt
import threading
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from include import warehouse
from include.errors import RefusedError, UsageError
from include.stack.postgres import EmbeddedPostgres
from tests.company import Company, Fact

MARCH = Fact("sales", "p1", "2026-03", 100)


def current(company: Company) -> list[Any]:
    """(source, org, period, values) of every slice in force."""
    return company.query(
        "SELECT s.source, s.org, s.period, array_agg(f.value ORDER BY f.metric, f.value) FROM bi.submission AS s "
        "JOIN bi.fact AS f USING (submission) WHERE s.current GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )


def ledger_size(company: Company) -> tuple[int, ...]:
    return tuple(
        company.value(f"SELECT count(*) FROM ledger.{table}")
        for table in ("submission", "fact", "coverage", "touched_month")
    )


def test_a_first_load_puts_each_slice_in_force(company: Company) -> None:
    loaded = company.deliver(MARCH, Fact("cost", "p1", "2026-03", 60), Fact("sales", "p2", "2026-04", 7))
    assert (len(loaded.submissions), loaded.unchanged, loaded.months) == (2, 0, ["2026-03", "2026-04"])
    assert current(company) == [
        ("book", "p1", "2026-03", [60, 100]),
        ("book", "p2", "2026-04", [7]),
    ]


def test_the_same_again_writes_nothing(company: Company) -> None:
    company.deliver(MARCH, Fact("cost", "p1", "2026-03", 60))
    before = ledger_size(company)
    loaded = company.deliver(Fact("cost", "p1", "2026-03", 60, row=9), MARCH)  # another order, another row
    assert (loaded.submissions, loaded.unchanged, loaded.months) == ([], 1, [])
    assert ledger_size(company) == before


def test_another_mapping_of_the_same_cells_is_a_new_submission(company: Company) -> None:
    company.deliver(MARCH)
    assert len(company.deliver(MARCH, mapping="2").submissions) == 1


def test_a_correction_supersedes_its_slice_and_touches_no_other(company: Company) -> None:
    company.deliver(MARCH, Fact("sales", "p2", "2026-03", 7))
    loaded = company.deliver(Fact("sales", "p1", "2026-03", 101), Fact("sales", "p2", "2026-03", 7))
    assert (len(loaded.submissions), loaded.unchanged, loaded.months) == (1, 1, ["2026-03"])
    assert current(company) == [("book", "p1", "2026-03", [101]), ("book", "p2", "2026-03", [7])]
    old, new = company.query(
        "SELECT accepted_at, superseded_at, superseded_by, submission FROM bi.submission WHERE org = 'p1' ORDER BY 4"
    )
    assert old.superseded_at == new.accepted_at and old.superseded_by == new.submission
    assert company.value("SELECT count(*) FROM ledger.fact") == 3, "the old fact stays"


def test_a_b_a_are_three_submissions(company: Company) -> None:
    for value in (1, 2, 1):
        assert len(company.deliver(Fact("sales", "p1", "2026-03", value)).submissions) == 1
    assert company.value("SELECT count(*) FROM bi.submission") == 3
    assert current(company) == [("book", "p1", "2026-03", [1])]


def test_touched_are_exactly_the_months_that_began_or_ended(company: Company) -> None:
    quarter = [Fact("sales", "p1", f"2026-0{m}", m, slice="2026-Q1") for m in (1, 2, 3)]
    assert company.deliver(*quarter).months == ["2026-01", "2026-02", "2026-03"]
    company.roll_up()
    dropped = company.deliver(Fact("cost", "p1", "2026-02", 9, slice="2026-Q1"))
    assert dropped.months == ["2026-01", "2026-02", "2026-03"], "months that are no longer reported too"
    touched = company.query(
        "SELECT m.metric, t.month FROM ledger.touched_month AS t JOIN ledger.metric AS m USING (metric_id) ORDER BY 1, 2"
    )
    months = [("sales", dt.date(2026, m, 1)) for m in (1, 2, 3)]
    assert touched == [("cost", dt.date(2026, 2, 1)), *months]


def test_places_with_and_without_rows_load_together(company: Company) -> None:
    company.deliver(Fact("sales", "p1", "2026-03", 1, row=3), Fact("cost", "p1", "2026-03", 2, row=None))
    assert company.query("SELECT metric, cell FROM bi.fact ORDER BY 1") == [
        ("cost", "p1/2026-03"),
        ("sales", "B3"),
    ]


def test_decimals_pass_whole(company: Company) -> None:
    long = "-123456789012345678901234567890.123456789012345678901234567890123"
    company.deliver(Fact("sales", "p1", "2026-03", long))
    assert str(company.value("SELECT value FROM bi.fact")) == long


def test_a_crash_in_mid_load_leaves_nothing(company: Company) -> None:
    company.deliver(MARCH)
    before = ledger_size(company)
    with pytest.raises(KeyboardInterrupt), warehouse.connect() as connection:
        company.deliver_in(connection, Fact("sales", "p1", "2026-03", 5), Fact("sales", "p3", "2025-01", 5))
        raise KeyboardInterrupt
    assert ledger_size(company) == before
    assert current(company) == [("book", "p1", "2026-03", [100])]


# One number from one place ------------------------------------------------------------------------------------


def refused(company: Company, *facts: Fact, **how: str) -> list[tuple[str, str, str]]:
    before = ledger_size(company)
    with pytest.raises(RefusedError) as caught:
        company.deliver(*facts, **how)
    assert ledger_size(company) == before
    return [(finding.code, finding.org, finding.period) for finding in caught.value.findings]


def test_a_second_source_of_a_number_is_refused(company: Company) -> None:
    company.deliver(MARCH)
    day = Fact("sales", "p1", "2026-03-05", 1)
    assert refused(company, day, source="other") == [("doubled_source", "p1", "2026-03-05")]
    company.deliver(Fact("cost", "p1", "2026-03", 1), source="other")  # another metric
    company.deliver(Fact("sales", "p1", "2026-04", 1), source="other")  # another month
    company.deliver(Fact("sales", "p1", "2026-03", 1, scenario="target"), source="other")
    company.deliver(Fact("sales", "p2", "2026-03", 1), source="other")  # another unit


def test_a_parent_and_its_child_are_refused(company: Company) -> None:
    company.deliver(MARCH)
    assert refused(company, Fact("sales", "group", "2026-03", 1)) == [("doubled_parent", "group", "2026-03")]
    company.deliver(Fact("sales", "west", "2026-03", 1))
    assert refused(company, Fact("sales", "p3", "2026-Q1", 1), source="other") == [
        ("doubled_parent", "p3", "2026-Q1")
    ]
    both = [Fact("cost", "east", "2026-03", 1), Fact("cost", "p2", "2026-03", 1)]
    assert {code for code, *_ in refused(company, *both)} == {"doubled_parent"}, "within one delivery"


def test_the_parent_is_the_one_of_the_month(company: Company) -> None:
    company.deliver(Fact("sales", "west", "2026-04", 1), Fact("sales", "p2", "2026-04", 1))
    company.deliver(Fact("sales", "west", "2026-05", 1))
    assert refused(company, Fact("sales", "p2", "2026-05", 1)) == [("doubled_parent", "p2", "2026-05")]


def test_a_metric_that_does_not_add_up_may_stand_at_both(company: Company) -> None:
    company.deliver(Fact("rank", "east", "2026-03", 1), Fact("rank", "p1", "2026-03", 2))
    company.deliver(
        Fact("profit", "group", "2026-03", 1, scenario="target"),
        Fact("profit", "p1", "2026-03", 1, scenario="target"),
        source="other",
    )


def test_a_changed_slice_grain_is_refused(company: Company) -> None:
    company.deliver(MARCH)
    day = Fact("sales", "p1", "2026-03-05", 1)
    assert refused(company, day) == [("slice_grain_changed", "p1", "2026-03-05")]
    company.deliver(Fact("sales", "p1", "2026-04-05", 1))


def test_a_month_and_its_quarter_in_one_delivery_are_refused(company: Company) -> None:
    both = [Fact("sales", "p1", "2026-03", 1), Fact("sales", "p1", "2026-Q1", 9)]
    assert refused(company, *both) == [
        ("slice_grain_changed", "p1", "2026-03"),
        ("slice_grain_changed", "p1", "2026-Q1"),
    ]
    company.deliver(Fact("sales", "p1", "2026-03", 1), Fact("sales", "p1", "2026-Q2", 9))


def test_a_cross_check_is_compared_and_never_counted(company: Company) -> None:
    company.deliver(MARCH)
    company.roll_up()
    loaded = company.deliver(
        Fact("sales", "p1", "2026-03", 99), Fact("sales", "p2", "2026-03", 1), source="audit"
    )
    (warning,) = loaded.warnings
    assert (warning.code, warning.level, warning.org, warning.period) == (
        "cross_check_differs", "warning", "p1", "2026-03",
    )  # fmt: skip
    assert (warning.found, warning.params["rival_source"], str(warning.params["expected"])) == (
        "99",
        "book",
        "100",
    )
    assert loaded.months == []
    company.roll_up()
    assert company.kpi("sales", "group", "2026-03") == 100
    agreed = company.deliver(Fact("sales", "p1", "2026-03", 99))
    assert agreed.warnings == []


# Withdrawals --------------------------------------------------------------------------------------------------


def test_a_withdrawal_puts_the_earlier_submission_back(company: Company) -> None:
    company.deliver(MARCH)
    (wrong,) = company.count(Fact("sales", "p1", "2026-03", 5), Fact("cost", "p1", "2026-03", 5)).submissions
    assert company.withdraw(wrong, "typed wrongly") == ["2026-03"]
    company.roll_up()
    assert current(company) == [("book", "p1", "2026-03", [100])]
    assert company.kpi("sales", "group", "2026-03") == 100
    assert company.board("cost", "group", "2026-03") is None
    first, second, third = company.query("SELECT * FROM bi.submission ORDER BY submission")
    assert (second.withdrawn, third.restores, third.file) == ("typed wrongly", first.submission, first.file)


def test_withdrawing_step_by_step_leaves_the_slice_empty(company: Company) -> None:
    for value in (1, 2, 3):
        (last,) = company.deliver(Fact("sales", "p1", "2026-03", value)).submissions
    for left in ([2], [1]):
        company.withdraw(last)
        assert current(company) == [("book", "p1", "2026-03", left)]
        last = company.value("SELECT submission FROM bi.submission WHERE current")
    assert company.withdraw(last) == ["2026-03"]
    assert current(company) == []
    company.roll_up()
    assert company.board("sales", "group", "2026-03") is None
    assert company.board("sales", "group", "2026-Q1") is None
    company.count(Fact("sales", "p1", "2026-03", 4))
    assert company.kpi("sales", "group", "2026-03") == 4


def test_only_a_current_submission_can_be_withdrawn(company: Company) -> None:
    (first,) = company.deliver(MARCH).submissions
    company.deliver(Fact("sales", "p1", "2026-03", 1))
    with pytest.raises(UsageError, match="no longer current"):
        company.withdraw(first)
    with pytest.raises(UsageError, match="no submission 999"):
        company.withdraw(999)


def test_a_withdrawal_that_would_double_a_number_is_refused(company: Company) -> None:
    company.deliver(MARCH, Fact("cost", "p1", "2026-03", 1))
    (second,) = company.deliver(MARCH).submissions
    company.deliver(Fact("cost", "p1", "2026-03", 2), source="other")
    before = ledger_size(company)
    with pytest.raises(RefusedError, match="doubled_source"):
        company.withdraw(second)
    assert ledger_size(company) == before


# Many at once -------------------------------------------------------------------------------------------------


def run_together(*jobs: Any) -> None:
    """Run the jobs at once, each in its thread; fails where one of them fails."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(jobs))

    def work(job: Any) -> None:
        try:
            start.wait(10)
            job()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def test_the_later_of_two_corrections_at_once_wins(company: Company) -> None:
    company.deliver(MARCH)
    for trial in range(20):
        run_together(
            *(partial(company.deliver, Fact("sales", "p1", "2026-03", 1000 * n + trial)) for n in (1, 2))
        )
    rows = company.query(
        "SELECT submission, accepted_at, superseded_at, superseded_by FROM bi.submission ORDER BY accepted_at"
    )
    assert len(rows) == 41
    for earlier, later in pairwise(rows):
        assert earlier.accepted_at < later.accepted_at == earlier.superseded_at
        assert earlier.superseded_by == later.submission
    assert company.value("SELECT count(*) FROM bi.submission WHERE current") == 1


def test_acceptance_never_goes_back_whatever_the_clock_says(company: Company, warehouse_url: str) -> None:
    company.deliver(MARCH)
    with warehouse._engine(warehouse_url).begin() as owner:  # a clock that was an hour ahead
        owner.execute(text("UPDATE ledger.submission SET accepted_at = accepted_at + interval '1 hour'"))
    run_together(*(lambda m=m: company.deliver(Fact("sales", "p2", m, 1)) for m in ("2026-02", "2026-03")),
                 lambda: company.deliver(Fact("sales", "p3", "2026-03", 1), source="other"))  # fmt: skip
    moments = [row.accepted_at for row in company.query("SELECT accepted_at FROM bi.submission ORDER BY 1")]
    assert len(set(moments)) == 4 and moments[-1] - moments[0] == dt.timedelta(microseconds=3)


def test_a_load_that_makes_a_partition_stops_no_reader_and_no_other_load(company: Company) -> None:
    company.deliver(MARCH)
    with warehouse.connect() as loading:
        company.deliver_in(loading, Fact("sales", "p1", "2031-01", 1))
        with warehouse.connect() as reader:
            reader.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert reader.execute(text("SELECT count(*) FROM bi.fact")).scalar_one() == 1


# Who may do what ----------------------------------------------------------------------------------------------


FORBIDDEN = [
    "UPDATE ledger.fact SET value = 0",
    "DELETE FROM ledger.fact",
    "TRUNCATE ledger.fact",
    "DELETE FROM ledger.submission",
    "UPDATE ledger.submission SET facts = 0",
    "UPDATE ledger.kpi SET value = 0",
    "DELETE FROM ledger.kpi",
    "DELETE FROM ledger.check_result",
    "CREATE TABLE ledger.mine (a integer)",
    "CREATE VIEW bi.mine AS SELECT 1",
    "ALTER TABLE ledger.fact ADD COLUMN a integer",
    "DROP TABLE ledger.fact_2026_03",
    "DELETE FROM ledger.fact_2026_03",
]


def test_the_loader_adds_facts_and_changes_none(company: Company, loader_url: str) -> None:
    company.deliver(MARCH)
    for statement in FORBIDDEN:
        for url in (None, loader_url):  # the migrator's URL steps down to the loader's role
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                with warehouse.connect(url) as connection:
                    connection.execute(text(statement))


def test_the_loaders_own_log_in_loads(
    company: Company, loader_url: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_LOADER_URL", loader_url)
    company.count(MARCH, Fact("sales", "p1", "2032-01", 1))
    assert company.kpi("sales", "group", "2026-03") == 100
    assert "loader" in loader_url and Path(loader_url).name == Path(warehouse.loader_url()).name
