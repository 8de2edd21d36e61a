"""Sources that are asked: windows, cursors, slices that vanish or shrink, approvals, all by the same stages."""

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include import stages, warehouse, windows
from include.batch import Window
from include.batches import read_findings
from include.errors import SourceUnavailableError
from tests.connectors.rest_service import serve
from tests.office import Office

SOURCE = """\
source: orders
owner: clerk
kind: sql
connection: erp
slice: month
columns:
  unit: {type: text, is: org, required: true}
  day: {type: date, is: date, required: true}
  product: {type: text, is: dimension}
  amount: {type: decimal, metric: sales, unit: CNY}
  no: {type: text, is: key}
  changed: {is: ignore}
"""
QUERY = """\
SELECT unit, day, product, amount, no, changed FROM orders
WHERE day >= :window_start AND day < :window_end ORDER BY no
"""
START = [
    ("p1", "2026-02-03", "a", 10), ("p1", "2026-02-04", "a", 11), ("p1", "2026-02-05", "b", 12),
    ("p1", "2026-03-03", "a", 20), ("p1", "2026-03-04", "a", 21), ("p1", "2026-03-05", "b", 22),
    ("p1", "2026-03-06", "b", 23), ("p1", "2026-03-07", "b", 24), ("p1", "2026-03-08", "b", 25),
    ("p3", "2026-03-03", "a", 30), ("p3", "2026-04-01", "a", 40),
]  # fmt: skip


class Erp:
    """A department's database, and the source that reads it."""

    def __init__(self, office: Office, path: Path) -> None:
        self.office, self.path = office, path
        self.run("CREATE TABLE orders (no INTEGER PRIMARY KEY, unit, day, product, amount, changed)")
        with sqlite3.connect(path) as database:
            rows = [(*row, "2026-05-01 08:00:00") for row in START]
            database.executemany(
                "INSERT INTO orders (unit, day, product, amount, changed) VALUES (?, ?, ?, ?, ?)", rows
            )
        database.close()
        self.declare()

    def run(self, statement: str) -> None:
        with sqlite3.connect(self.path) as database:
            database.execute(statement)
        database.close()

    def declare(self, more: str = "", query: str = QUERY) -> None:
        self.office.configure("sources/orders.yaml", SOURCE + more)
        self.office.configure("sources/orders.sql", query)

    def new_run(self) -> stages.Run:
        self.office._runs += 1
        return stages.Run(f"run-{self.office._runs}", "", "orders")

    def collect(self, window: Window | None = None) -> str:
        run = self.new_run()
        return self._finish(run, stages.extract("orders", run, window=window))

    def replay(self, batch: int, *, force: bool = False) -> str:
        self.office._runs += 1
        run, batches = stages.replay(batch, f"run-{self.office._runs}", force=force)
        return self._finish(run, batches)

    def _finish(self, run: stages.Run, batches: list[int]) -> str:
        stages.load(stages.standardise(stages.validate(batches)))
        stages.report(run, [])
        return self.office.statuses()[-1]

    def figures(self) -> dict[tuple[str, str], int]:
        """Return the sum of what counts, by org unit and slice."""
        rows = self.office.company.query(
            "SELECT s.org, s.period, coalesce(sum(f.value), 0) FROM bi.submission AS s "
            "LEFT JOIN bi.fact AS f ON f.submission = s.submission AND f.counts WHERE s.current GROUP BY 1, 2"
        )
        return {(row[0], row[1]): int(row[2]) for row in rows}

    def truth(self) -> dict[tuple[str, str], int]:
        """Return the same from the database itself."""
        with sqlite3.connect(self.path) as database:
            rows = database.execute("SELECT unit, substr(day, 1, 7), sum(amount) FROM orders GROUP BY 1, 2")
            found = {(row[0], row[1]): row[2] for row in rows}
        database.close()
        return found

    def spans(self) -> str:
        last = "SELECT CAST(spans AS text) FROM ledger.batch ORDER BY batch_id DESC LIMIT 1"
        return str(self.office.company.value(last))

    def mark(self) -> str | None:
        with warehouse.connect() as connection:
            mark: str | None = warehouse.run(connection, "batch/last_mark", source="orders").scalar()
            return mark


@pytest.fixture
def erp(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Erp]:
    path = tmp_path / "erp.db"
    monkeypatch.setenv("AIRFLOW_CONN_ERP", f'{{"conn_type": "sqlite", "schema": "{path}"}}')
    monkeypatch.setattr(windows, "_today", lambda _: dt.date(2026, 5, 2))
    return Erp(office, path)


def codes(batch: int) -> list[tuple[str, str, str]]:
    with warehouse.connect() as connection:
        return [(f.code, f.org, f.period) for f in read_findings(connection, batch) if f.level == "error"]


def test_a_slice_that_vanished_is_held_until_somebody_approves_it(erp: Erp) -> None:
    assert erp.collect() == "accepted" and erp.figures() == erp.truth()
    before = erp.figures()
    erp.run("DELETE FROM orders WHERE unit = 'p3' AND day >= '2026-04-01'")
    assert erp.collect() == "refused" and codes(2) == [("slice_shrunken", "p3", "2026-04")]
    assert erp.figures() == before
    assert (
        "./kpi replay 2 --force" in erp.office.mail()
        and "only 0 records left of the 1 that count" in erp.office.mail()
    )
    assert erp.replay(2) == "refused", "asked again, without an approval"
    assert erp.replay(3, force=True) == "accepted"
    assert erp.figures() == erp.truth() | {("p3", "2026-04"): 0}
    assert erp.collect() == "unchanged"
    stages.rollup_months()
    assert erp.office.company.board("sales", "p3", "2026-04") is None


def test_a_mail_says_which_system_is_away_and_what_to_do(erp: Erp) -> None:
    erp.path.rename(erp.path.with_name("moved.db"))
    run = erp.new_run()
    with pytest.raises(SourceUnavailableError):
        stages.extract("orders", run)
    stages.report(run, ["extract"])
    assert "The system doesn't answer (connection erp, unreachable); Airflow asks again" in erp.office.mail()
    assert "系统没有应答（连接 erp，unreachable）。Airflow 会自动重试" in erp.office.mail("zh")


def test_a_slice_that_comes_back_counts_again(erp: Erp) -> None:
    erp.declare("expects: {rows: {shrink: 100 %}}\n")
    erp.collect()
    erp.run("UPDATE orders SET day = '2026-03-30' WHERE day >= '2026-04-01'")
    assert erp.collect() == "accepted" and erp.figures() == erp.truth() | {("p3", "2026-04"): 0}
    erp.run("UPDATE orders SET day = '2026-04-01' WHERE day = '2026-03-30'")
    assert erp.collect() == "accepted" and erp.figures() == erp.truth()


def test_by_slice_the_others_flow_and_the_shrunken_one_is_in_quarantine(erp: Erp) -> None:
    erp.declare("accept: slices\nexpects: {rows: {shrink: 30 %}}\n")
    erp.collect()
    erp.run("DELETE FROM orders WHERE day IN ('2026-03-06', '2026-02-05') OR unit = 'p3'")
    erp.run("UPDATE orders SET amount = 99 WHERE day = '2026-03-03'")
    assert erp.collect() == "accepted", "p1 lost one of six in March, and one of three in February"
    held = [("slice_shrunken", "p1", "2026-02"), ("slice_shrunken", "p3", "2026-03")]
    assert sorted(codes(2)) == [*held, ("slice_shrunken", "p3", "2026-04")]
    assert erp.figures()["p1", "2026-03"] == 99 + 21 + 22 + 24 + 25
    assert erp.figures()["p1", "2026-02"] == 33 and erp.figures()["p3", "2026-04"] == 40
    rows = erp.office.company.query("SELECT org, period, rows FROM bi.quarantine ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [("p1", "2026-02", 2), ("p3", "2026-03", 0), ("p3", "2026-04", 0)]
    assert erp.office.rows()[-1] == ("accepted", 7, 5, 2)


def test_an_approval_covers_what_was_told_and_no_more(erp: Erp) -> None:
    erp.declare("expects: {rows: {shrink: 20 %}}\n")
    erp.collect()
    erp.run("DELETE FROM orders WHERE day IN ('2026-02-05')")
    assert erp.collect() == "refused"
    erp.run("DELETE FROM orders WHERE day IN ('2026-02-04', '2026-04-01')")
    assert erp.replay(2, force=True) == "refused"
    assert sorted(codes(3)) == [("slice_shrunken", "p1", "2026-02"), ("slice_shrunken", "p3", "2026-04")]
    assert erp.replay(3, force=True) == "accepted"
    assert erp.figures() == erp.truth() | {("p3", "2026-04"): 0}


def test_a_system_that_answers_nothing_at_all_takes_nothing_away(erp: Erp) -> None:
    erp.collect()
    erp.run("UPDATE orders SET unit = unit || '-', day = '1989-01-01'")
    assert erp.collect() == "refused" and len(codes(2)) == 4
    assert sum(erp.figures().values()) == sum(row[-1] for row in START)
    erp.run("DELETE FROM orders")
    assert erp.replay(2, force=True) == "accepted" and set(erp.figures().values()) == {0}
    assert erp.collect() == "unchanged"


def test_a_month_that_was_tried_first_is_not_taken_for_all(erp: Erp) -> None:
    erp.declare("window: 35 days\n")
    catalogue = stages.current_catalogue()
    march = windows.window_of_period(catalogue, catalogue.sources["orders"], "2026-03")
    assert erp.collect(march) == "accepted" and erp.figures() != erp.truth()
    assert erp.collect() == "accepted" and erp.figures() == erp.truth(), (
        "the first run without a period asks for all"
    )
    erp.collect()
    assert erp.spans() == "{[2026-03-01,2026-06-01)}"


def test_only_the_window_is_judged(erp: Erp) -> None:
    erp.declare("window: 35 days\naccept: slices\n")
    erp.collect()
    erp.run("DELETE FROM orders WHERE day < '2026-03-01' OR day = '2026-04-01'")
    erp.run("UPDATE orders SET amount = 99")
    assert erp.collect() == "accepted" and codes(2) == [("slice_shrunken", "p3", "2026-04")]
    assert erp.spans() == "{[2026-03-01,2026-06-01)}"
    assert erp.figures()["p1", "2026-02"] == 33, "before the window: it wasn't asked for"


def test_a_slice_that_is_partly_outside_of_the_window_is_refused(erp: Erp) -> None:
    erp.declare("window: 35 days\n", QUERY.replace(">= :window_start", "> date(:window_start, '-26 days')"))
    erp.collect()
    assert erp.collect() == "refused" and codes(2) == [("outside_window", "p1", "2026-02")]
    erp.declare("window: 35 days\n", "SELECT * FROM orders -- not by :window_start")
    assert erp.collect() == "accepted", "it tells all that it has: whole slices, whatever the window"


def test_a_slice_with_a_bad_row_is_held_and_not_taken_for_gone(erp: Erp) -> None:
    erp.declare("accept: slices\n")
    erp.collect()
    erp.run("UPDATE orders SET amount = 'many' WHERE unit = 'p3'")
    erp.run("UPDATE orders SET unit = 'nobody' WHERE day < '2026-03-01'")
    erp.collect()
    assert {code for code, _, _ in codes(2)} == {"not_a_number", "unknown_org"}
    assert sum(erp.figures().values()) == sum(row[-1] for row in START)


def test_a_query_that_was_overtaken_does_not_undo_the_later_one(erp: Erp) -> None:
    erp.collect()
    erp.run("UPDATE orders SET amount = amount + 1")
    run = erp.new_run()
    early = stages.standardise(stages.validate(stages.extract("orders", run)))
    erp.run("UPDATE orders SET amount = amount + 1")
    assert erp.collect() == "accepted"
    assert stages.load(early) == [] and codes(2) == [("query_overtaken", "", "")]
    assert erp.figures() == erp.truth()


class TestCursor:
    """Sources that tell which records changed."""

    CURSOR = "cursor: {column: changed, look_back: 2 hours}\naccept: slices\n"

    def test_only_changed_slices_are_read_again(self, erp: Erp) -> None:
        erp.declare(self.CURSOR)
        assert erp.collect() == "accepted" and erp.mark() == "2026-05-01 08:00:00"
        erp.run("UPDATE orders SET amount = 999 WHERE unit = 'p3' AND day < '2026-04-01'")
        erp.run("UPDATE orders SET amount = 98, changed = '2026-05-01 11:00:00' WHERE day = '2026-02-03'")
        erp.run("UPDATE orders SET amount = 97, changed = '2026-05-01 12:00:00' WHERE day = '2026-04-01'")
        assert erp.collect() == "accepted"
        assert erp.spans() == "{[2026-02-01,2026-05-01)}", "two hours back, everything changed"
        assert erp.mark() == "2026-05-01 12:00:00"
        erp.run("UPDATE orders SET amount = 96, changed = '2026-05-01 13:00:00' WHERE day = '2026-02-03'")
        erp.run("UPDATE orders SET amount = 95, changed = NULL WHERE day = '2026-04-01'")
        assert erp.collect() == "accepted"
        assert erp.spans() == "{[2026-02-01,2026-03-01),[2026-04-01,2026-05-01)}"
        assert erp.figures() == erp.truth() and erp.mark() == "2026-05-01 13:00:00"

    def test_without_a_change_nothing_is_asked(self, erp: Erp) -> None:
        erp.declare("cursor: {column: no, look_back: 0}\n", QUERY.replace(" ORDER BY no", ""))
        erp.collect()
        assert erp.mark() == str(len(START))
        erp.run("DELETE FROM orders WHERE no = 11")
        assert erp.collect() == "unchanged" and erp.spans() == "{}" and erp.mark() == str(len(START))
        erp.run("INSERT INTO orders VALUES (12, 'p1', '2025-12-31', 'a', 7, NULL)")
        assert erp.collect() == "accepted" and erp.spans() == "{[2025-12-01,2026-01-01)}"
        assert erp.office.rows()[-1] == ("accepted", 1, 1, 0) and erp.mark() == "12"

    def test_what_is_held_is_asked_for_again(self, erp: Erp) -> None:
        erp.declare(self.CURSOR)
        erp.collect()
        erp.run("UPDATE orders SET amount = 'many', changed = '2026-05-01 20:00:00' WHERE day = '2026-02-03'")
        erp.run("UPDATE orders SET amount = 97, changed = '2026-05-01 20:00:00' WHERE day = '2026-04-01'")
        assert erp.collect() == "accepted" and erp.figures()["p3", "2026-04"] == 97
        assert erp.mark() == "2026-05-01 08:00:00", "February is held"
        erp.run("UPDATE orders SET amount = 1 WHERE day = '2026-02-03'")
        assert erp.collect() == "accepted" and erp.figures() == erp.truth()
        assert erp.mark() == "2026-05-01 20:00:00"

    def test_the_mark_moves_with_the_facts_or_not_at_all(
        self, erp: Erp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        erp.declare(self.CURSOR)
        erp.collect()
        erp.run("UPDATE orders SET amount = 96, changed = '2026-05-01 20:00:00' WHERE day = '2026-02-03'")
        with monkeypatch.context() as patch:

            def crash(connection: Any, *_: Any, **__: Any) -> None:
                raise KeyboardInterrupt

            patch.setattr(stages, "advance", crash)  # within the transaction of the facts
            batches = stages.extract("orders", erp.new_run())
            with pytest.raises(KeyboardInterrupt):
                stages.load(stages.standardise(stages.validate(batches)))
        assert erp.mark() == "2026-05-01 08:00:00"
        assert erp.collect() == "accepted" and erp.figures() == erp.truth()
        assert erp.mark() == "2026-05-01 20:00:00"

    def test_the_window_beside_a_cursor_sees_deletes(self, erp: Erp) -> None:
        erp.declare("window: 35 days\nexpects: {rows: {shrink: 100 %}}\n" + self.CURSOR)
        erp.collect()
        erp.run("DELETE FROM orders WHERE day = '2026-04-01'")
        erp.run("UPDATE orders SET amount = 5, changed = '2026-05-02 08:00:00' WHERE day = '2026-02-03'")
        assert erp.collect() == "accepted" and erp.figures() == erp.truth() | {("p3", "2026-04"): 0}

    def test_a_mark_from_the_future_counts_as_now(self, erp: Erp) -> None:
        erp.declare(self.CURSOR)
        erp.run("UPDATE orders SET changed = '2099-01-01 00:00:00' WHERE no = 1")
        erp.collect()
        mark = erp.mark()
        assert mark is not None and mark < "2099"
        assert dt.datetime.fromisoformat(mark) > dt.datetime.now() - dt.timedelta(days=1)  # noqa: DTZ005

    def test_a_column_that_is_not_there_is_told(self, erp: Erp) -> None:
        erp.declare("cursor: changed\n", QUERY.replace(", changed", ""))
        assert erp.collect() == "refused" and codes(1) == [("columns_changed", "", "")]


def test_a_query_by_org_is_run_for_each_unit_that_owes_it(erp: Erp) -> None:
    by_org = QUERY.replace("WHERE", "WHERE unit = :org AND")
    erp.declare("expects: {org: [p1, p3]}\n", by_org)
    assert erp.collect() == "accepted" and erp.figures() == erp.truth()
    erp.declare("expects: {org: {level: plant}}\n", by_org)
    assert erp.collect() == "unchanged", "p2 has nothing"


REST = """\
source: orders
owner: clerk
kind: rest
connection: erp
slice: month
request: {path: /orders, params: {from: "{window_start}", to: "{window_end}", since: "{changed_since}"}}
hosts: ["127.0.0.1:PORT"]
cursor: {column: changed, look_back: 0 hours}
columns:
  unit: {path: $.unit, is: org}
  day: {path: $.day, type: date, is: date}
  amount: {path: $.amount, type: decimal, metric: sales, unit: CNY}
  changed: {path: $.changed, is: ignore}
"""


def test_a_service_is_asked_by_the_same_rules(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"unit": u, "day": d, "amount": n, "changed": "2026-05-01T08:00:00"} for u, d, _, n in START]

    def orders(request: Any) -> None:
        asked = request.query
        found = [r for r in records if asked["from"] <= str(r["day"]) < asked["to"]]
        request.reply([r for r in found if str(r["changed"]) >= asked.get("since", "")])

    with serve() as service:
        service.routes["/orders"] = orders
        address = f'{{"conn_type": "http", "host": "127.0.0.1", "port": {service.port}}}'
        monkeypatch.setenv("AIRFLOW_CONN_ERP", address)
        (Path(os.environ["KPI_CONFIG"]) / "sources/orders.sql").unlink()
        erp.office.configure("sources/orders.yaml", REST.replace("PORT", str(service.port)))
        assert erp.collect() == "accepted" and erp.figures() == erp.truth()
        records[-1] |= {"amount": 44, "changed": "2026-05-01T09:00:00"}
        assert erp.collect() == "accepted" and erp.figures()["p3", "2026-04"] == 44
        assert erp.mark() == "2026-05-01T09:00:00"
        last = erp.collect(Window(dt.date(2026, 4, 1), dt.date(2026, 5, 1)))
        assert last == "unchanged" and "since" not in service.asked[-1][1]
        del records[-1]
        assert erp.collect(Window(dt.date(2026, 4, 1), dt.date(2026, 5, 1))) == "refused"
        assert codes(4) == [("slice_shrunken", "p3", "2026-04")]


def test_a_record_that_a_filter_drops_since_it_changed_is_taken_out(
    erp: Erp, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        {"unit": u, "day": d, "amount": n, "changed": "2026-05-01T08:00:00", "status": "posted"}
        for u, d, _, n in START
    ]

    def orders(request: Any) -> None:
        asked = request.query
        found = [r for r in records if asked["from"] <= str(r["day"]) < asked["to"]]
        request.reply([r for r in found if str(r["changed"]) >= asked.get("since", "")])

    with serve() as service:
        service.routes["/orders"] = orders
        address = f'{{"conn_type": "http", "host": "127.0.0.1", "port": {service.port}}}'
        monkeypatch.setenv("AIRFLOW_CONN_ERP", address)
        (Path(os.environ["KPI_CONFIG"]) / "sources/orders.sql").unlink()
        source = REST.replace("PORT", str(service.port)) + "records: \"$[?(@.status == 'posted')]\"\n"
        erp.office.configure("sources/orders.yaml", source)
        assert erp.collect() == "accepted" and erp.figures() == erp.truth()
        records[-1] |= {"amount": 44, "changed": "2026-05-01T08:30:00"}
        assert erp.collect() == "accepted" and erp.mark() == "2026-05-01T08:30:00"
        records[0] |= {"status": "void", "changed": "2026-05-01T09:00:00"}
        assert erp.collect() == "accepted"
        assert erp.figures()["p1", "2026-02"] == erp.truth()["p1", "2026-02"] - 10
