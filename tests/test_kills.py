"""A worker that is killed again and again in mid-load: what counts is always whole, and in the end what the system has.

KPI_TEST_KILLS says how often (20).
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.office import Office

KILLS = int(os.environ.get("KPI_TEST_KILLS", "20"))
ROWS, MONTHS = 12_000, 6


def collect(run_id: str) -> None:
    """Take the source through its stages, as a worker does."""
    from include import stages

    run = stages.Run(run_id, "", "orders")
    stages.load(stages.standardise(stages.validate(stages.extract("orders", run))))


def declare_sql(office: Office, path: Path, patch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Declare a source on a database of ROWS orders; return a function that changes all of them to version `n`."""
    office.configure(
        "sources/orders.yaml",
        "{source: orders, kind: sql, connection: erp, owner: clerk, columns: {unit: {is: org}, "
        "day: {type: date, is: date}, no: {is: key}, amount: {type: decimal, metric: sales, unit: CNY}}}",
    )
    office.configure("sources/orders.sql", "SELECT unit, day, no, amount FROM orders")
    patch.setenv("AIRFLOW_CONN_ERP", f'{{"conn_type": "sqlite", "schema": "{path}"}}')
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (no INTEGER PRIMARY KEY, unit, day, amount)")
        rows = [("p1" if n % 4 < 2 else "p3", f"2026-0{n % MONTHS + 1}-15") for n in range(ROWS)]
        database.executemany("INSERT INTO orders (unit, day) VALUES (?, ?)", rows)
    database.close()

    def change(n: int) -> None:
        with sqlite3.connect(path) as database:
            database.execute("UPDATE orders SET amount = no * 100 + ?", [n])
        database.close()

    return change


CONNECTORS: dict[str, Any] = {"sql": declare_sql}
"""Each declares `orders` with the same records, and returns what changes them."""


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("connector", CONNECTORS)
def test_kills_in_mid_load_leave_no_trace(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connector: str
) -> None:
    change = CONNECTORS[connector](office, tmp_path / "erp.db", monkeypatch)
    change(0)
    collect("first")
    seconds, totals, killed = 0.5, [total(0)], 0
    random.seed(1)
    for n in range(1, 3 * KILLS):
        change(n)
        totals.append(total(n))
        worker = start(f"run-{n}")
        wait_for_load(office, worker)
        begun = time.monotonic()
        worker.join(random.uniform(0, seconds))
        if worker.is_alive():
            assert worker.pid
            os.kill(worker.pid, signal.SIGKILL)
            killed += 1
        else:
            seconds = max(0.05, 0.7 * (time.monotonic() - begun))
        worker.join()
        rows, counted = counts(office)
        assert rows == ROWS and counted in totals, "a part of a batch counts"
        if killed == KILLS:
            break
    assert killed == KILLS
    change(99)
    collect("last")
    assert counts(office) == (ROWS, total(99))
    current = "SELECT count(*), count(DISTINCT (org, period)) FROM bi.submission WHERE current"
    assert [tuple(row) for row in office.company.query(current)] == [(2 * MONTHS, 2 * MONTHS)]


def total(version: int) -> int:
    """Return the sum of all records in a version."""
    return 100 * ROWS * (ROWS + 1) // 2 + version * ROWS


def start(run_id: str) -> Any:
    worker = multiprocessing.get_context("spawn").Process(target=collect, args=(run_id,))
    worker.start()
    return worker


def wait_for_load(office: Office, worker: Any) -> None:
    """Wait until the worker's batch is ready to be loaded."""
    last = "SELECT status FROM ledger.batch ORDER BY batch_id DESC LIMIT 1"
    before = office.company.value("SELECT max(batch_id) FROM ledger.batch")
    while worker.is_alive():
        if office.company.value("SELECT max(batch_id) FROM ledger.batch") > before and (
            office.company.value(last) == "standardised"
        ):
            return
        time.sleep(0.02)


def counts(office: Office) -> tuple[int, int]:
    (row,) = office.company.query(
        "SELECT count(*), sum(value) FROM bi.fact WHERE counts AND metric = 'sales'"
    )
    return int(row[0]), int(row[1])
