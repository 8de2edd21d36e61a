"""Quarantine and replay: every row is accepted or held, and what was held goes in once its cause is mended."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from include import stages, warehouse
from include.batches import read_findings
from include.errors import UsageError
from tests.company import FILES, ORG
from tests.office import BAD, GOOD, HEAD, Office

SLICES = FILES["sources/book.yaml"] + "accept: slices\n"
PART = GOOD + "p3,2026-03,a,9,many\nfourth,2026-03,a,2,1\n"
"""p1 is good, p3 has a cell that is no number, and the last row's unit is unknown."""


def replay(office: Office, batch: int, *, force: bool = False) -> str:
    """Replay a batch as the command does; return what became of it."""
    office.new_run()
    run, batches = stages.replay(batch, f"replay-{office._runs}", force=force)
    stages.load(stages.standardise(stages.validate(batches)))
    stages.report(run, [])
    return office.statuses()[-1]


def held(office: Office) -> list[Any]:
    return [
        tuple(row)
        for row in office.company.query(
            "SELECT batch, org, period, rows, delivered_since FROM bi.quarantine ORDER BY 1, 2, 3"
        )
    ]


def codes(batch: int) -> list[str]:
    with warehouse.connect() as connection:
        return [finding.code for finding in read_findings(connection, batch)]


def test_accepted_and_held_rows_are_all_that_were_read(office: Office) -> None:
    office.configure("sources/book.yaml", SLICES)
    for name, content in (("a.csv", GOOD), ("b.csv", GOOD), ("c.csv", GOOD + "p3,2026-03,a,9,many\n")):
        office.drop(name, content)
        office.collect()
    office.drop("d.csv", BAD)
    office.collect()
    office.drop("e.csv", "no table")
    office.collect()
    assert office.rows() == [
        ("accepted", 2, 2, 0),
        ("unchanged", 2, 2, 0),
        ("unchanged", 3, 2, 1),
        ("refused", 2, 0, 2),
        ("refused", None, None, None),
    ]
    assert held(office) == [
        (3, "p3", "2026-03", 1, False),
        (4, "", "2026-03", 1, False),
        (4, "p1", "2026-03", 1, False),
    ]
    with pytest.raises(IntegrityError), warehouse.connect() as connection:
        connection.execute(text("UPDATE ledger.batch SET rows_held = 5 WHERE batch_id = 1"))


def test_a_slice_with_one_bad_row_is_held_whole(office: Office) -> None:
    office.configure("sources/book.yaml", SLICES)
    office.drop("a.csv", GOOD + "p3,2026-03,a,9,2\np3,2026-03,b,9,many\n")
    office.collect()
    assert office.rows() == [("accepted", 4, 2, 2)] and held(office) == [(1, "p3", "2026-03", 2, False)]
    assert office.company.query("SELECT DISTINCT org FROM bi.fact") == [("p1",)]
    assert "4 rows: 2 count, 2 are held" in office.mail()


def test_after_an_alias_was_added_the_held_file_goes_in(office: Office) -> None:
    office.drop("a.csv", GOOD + "fourth,2026-03,a,2,1\n")
    office.collect()
    assert office.rows() == [("refused", 3, 0, 3)]
    assert replay(office, 1) == "refused", "nothing was mended yet"
    office.configure("org.yaml", ORG.replace("en: Plant 3}", "en: Plant 3}, aliases: [fourth]"))
    assert replay(office, 1) == "accepted"
    assert office.rows()[-1] == ("accepted", 3, 3, 0)
    assert [row.replays for row in office.company.query("SELECT replays FROM bi.batch ORDER BY batch")] == [
        None,
        1,
        1,
    ]
    assert {row[-1] for row in held(office) if row[1]} == {True}
    assert office.company.query("SELECT DISTINCT file FROM bi.fact") == [("a.csv",)]
    assert replay(office, 3) == "unchanged", "a replay's replay reads the same delivery"


def test_a_held_slice_goes_in_and_what_counted_stays(office: Office) -> None:
    office.configure("sources/book.yaml", SLICES)
    office.drop("a.csv", GOOD + "p3,2026-03,a,9,-1\n")
    office.collect()
    before = office.company.query("SELECT submission, org FROM bi.submission WHERE current")
    office.configure("sources/book.yaml", SLICES.replace(", min: 0", ""))
    assert replay(office, 1) == "accepted"
    now = office.company.query("SELECT submission, org FROM bi.submission WHERE current ORDER BY 1")
    assert now[:1] == before and [row.org for row in now] == ["p1", "p3"]


def test_a_replay_does_not_undo_a_newer_delivery_unless_forced(office: Office) -> None:
    office.drop("a.csv", GOOD)
    office.collect()
    office.drop("b.csv", GOOD.replace("100", "200"))
    office.collect()
    assert replay(office, 1) == "refused" and codes(3)[-1] == "replay_outdated"
    assert office.rows()[-1] == ("refused", 2, 0, 2)
    assert "was delivered since that file" in office.mail()
    total = "SELECT sum(value) FROM bi.fact WHERE counts AND metric = 'sales'"
    assert office.company.value(total) == 211
    assert replay(office, 1, force=True) == "accepted" and office.company.value(total) == 111


def test_by_slice_the_newer_one_stays_and_the_held_one_goes_in(office: Office) -> None:
    office.configure("sources/book.yaml", SLICES)
    office.drop("a.csv", GOOD + "fourth,2026-03,a,2,1\n" + "p1,2026-04,a,3,1\n")
    office.collect()
    office.drop("b.csv", HEAD + "p1,2026-04,a,33,1\n")
    office.collect()
    office.configure("org.yaml", ORG.replace("en: Plant 3}", "en: Plant 3}, aliases: [fourth]"))
    assert replay(office, 1) == "accepted" and "replay_outdated" in codes(3)
    assert office.rows()[-1] == ("accepted", 4, 3, 1)
    figures = "SELECT org, period, sum(value) FROM bi.fact JOIN bi.submission AS s USING (submission, org) "
    figures += "WHERE counts AND metric = 'sales' GROUP BY 1, 2 ORDER BY 1, 2"
    assert [tuple(row) for row in office.company.query(figures)] == [
        ("p1", "2026-03", 111),
        ("p1", "2026-04", 33),
        ("p3", "2026-03", 2),
    ]


def test_what_was_withdrawn_is_not_brought_back_unasked(office: Office) -> None:
    office.drop("a.csv", GOOD)
    office.collect()
    (submission,) = office.company.query("SELECT submission FROM bi.submission")[0]
    stages.withdraw(submission, "wrong month")
    assert replay(office, 1) == "refused"
    assert "was withdrawn since that file" in office.mail()
    assert replay(office, 1, force=True) == "accepted" and replay(office, 1) == "unchanged"


def test_what_cannot_be_replayed_is_said(office: Office) -> None:
    with pytest.raises(UsageError, match=r"no batch 7; `bi.batch` lists them"):
        stages.replay(7, "r")
    office.drop("a.csv", GOOD)
    stages.extract("book", office.new_run())
    with pytest.raises(UsageError, match="still under way"):
        stages.replay(1, "r")
