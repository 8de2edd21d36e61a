"""A system that takes minutes for each answer, in a running stack beside one that answers at once: nobody else waits."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from include.home import PROJECT, Home
from include.stack import down, reader_address
from tests.company import write_company

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SOURCE = """\
source: {name}
owner: clerk
kind: sql
connection: {connection}
schedule: "* * * * *"
columns:
  unit: {{type: text, is: org, required: true}}
  day: {{type: date, is: date, required: true}}
  amount: {{type: decimal, metric: {metric}, unit: CNY}}
"""
QUICK = "SELECT unit, day, amount FROM bill"
SLOW = "SELECT 'p2' AS unit, date '2026-03-01' AS day, 1 AS amount FROM pg_sleep(240)"
PATIENCE = 45
"""Seconds from the minute in which a run is due to its end: a scheduler's and five tasks' processes on two cores."""


@pytest.fixture
def stack(tmp_path: Path, database_url: str) -> Iterator[Home]:
    """Start a stack in which five sources of a slow system and one of a quick one are due every minute."""
    home, config = Home(tmp_path / "home"), write_company(tmp_path / "config")
    (config / "sources").mkdir(exist_ok=True)
    for name in ("slow_1", "slow_2", "slow_3", "slow_4", "slow_5", "quick"):
        connection, query = ("erp", QUICK) if name == "quick" else ("slow", SLOW)
        written = SOURCE.format(name=name, connection=connection, metric="sales")
        (config / "sources" / f"{name}.yaml").write_text(written, "utf-8")
        (config / "sources" / f"{name}.sql").write_text(query, "utf-8")
    with sqlite3.connect(tmp_path / "erp.db") as database:
        database.execute("CREATE TABLE bill AS SELECT 'p1' AS unit, '2026-03-01' AS day, 12 AS amount")
    database.close()
    environment = os.environ | {
        "KPI_HOME": str(home.root),
        "KPI_CONFIG": str(config),
        "PYTHONPATH": str(PROJECT),
    }
    environment |= {"AIRFLOW_CONN_ERP": f"sqlite:///{tmp_path}/erp.db", "AIRFLOW_CONN_SLOW": database_url}
    try:
        done = subprocess.run(
            (sys.executable, "-m", "include.cli", "up"),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield home
    finally:
        down(home)


def ask(home: Home, statement: str) -> list[Any]:
    url = reader_address(home).replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url).connect() as connection:
        return list(connection.execute(text(statement)).all())


def test_a_slow_system_delays_nobody_else(stack: Home) -> None:
    quick = (
        "SELECT extract(epoch FROM finished_at - date_trunc('minute', substring(run_id FROM '20.*')::timestamptz)) "
        "FROM bi.batch WHERE source = 'quick' AND finished_at IS NOT NULL ORDER BY batch"
    )
    asked = "SELECT count(*) FROM bi.batch WHERE source LIKE 'slow%' AND finished_at IS NULL"
    deadline = time.monotonic() + 420
    while ask(stack, asked)[0][0] < 2 or len(ask(stack, quick)) < 5:
        assert time.monotonic() < deadline, (ask(stack, asked), ask(stack, quick))
        time.sleep(2)
    assert ask(stack, asked)[0][0] == 2, "no more of its sources hold a worker than its pool has slots"
    lags = [float(row[0]) for row in ask(stack, quick)]
    print(json.dumps({"seconds from due to done beside the slow system": lags}))
    assert max(lags[1:]) < PATIENCE, lags
