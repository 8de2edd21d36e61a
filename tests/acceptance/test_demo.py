"""The demo as a user runs it, with every real process: Airflow's scheduler loads, the board equals the controls.

One stack serves the tests in their order: first load, second run, a dropped correction, and the end.
"""

import copy
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import create_engine, text

from examples.company.figures import build_figures
from examples.company.people_workbook import write_people_workbook
from include.home import PROJECT, Home
from include.stack import down, reader_address, status

pytestmark = pytest.mark.timeout(600)
MONTH, UNIT, COLUMN = (2026, 6), "plant_wuxi", "离职（人）"


def kpi(home: Home, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `./kpi` in `home` and return what it printed."""
    variables = os.environ | {"KPI_HOME": str(home.root), "PYTHONPATH": str(PROJECT)} | environment
    command = (sys.executable, "-m", "include.cli", *arguments)
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def ask(home: Home, statement: str) -> list[Any]:
    """Ask the warehouse as a BI tool does, by SQLAlchemy with the read-only log-in."""
    url = reader_address(home).replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url).connect() as connection:
        return list(connection.execute(text(statement)).all())


def lives(pid: int) -> bool:
    """Tell whether a process runs; a zombie, which its parent may reap at any moment, doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Home, "subprocess.CompletedProcess[str]"]]:
    """Run the demo once and end its stack afterwards."""
    home = Home(tmp_path_factory.mktemp("demo") / "home")
    try:
        yield home, kpi(home, "demo")
    finally:
        down(home)


Demo = tuple[Home, "subprocess.CompletedProcess[str]"]


def test_the_board_equals_the_control_totals(demo: Demo) -> None:
    home, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((home.root / "demo" / "controls.json").read_text("utf-8"))["figures"]
    assert figures > 10_000
    assert f"All {figures} figures equal the control totals" in done.stdout
    for shown in ("营业收入 Revenue", "2026-Q3", "●", "./kpi down", "log-in admin"):
        assert shown in done.stdout


def test_everything_went_through_airflow(demo: Demo) -> None:
    home, _ = demo
    runs = ask(home, "SELECT DISTINCT source, run_id FROM bi.submission")
    assert {source for source, _ in runs} == {
        *("finance_close", "hr_headcount", "mes_output", "quality_inspection", "sales_orders", "stock_count")
    }
    assert all(run.startswith(f"collect__{source}/") for source, run in runs)
    rollups = list((home.logs / "airflow").glob("dag_id=rollup_month/run_id=*"))
    assert 1 <= len(rollups) <= 12, "a first load of 24 months makes a few draining runs, not dozens"


def test_bad_workbooks_come_back_with_mails(demo: Demo) -> None:
    home, _ = demo
    manifest = json.loads((home.root / "demo" / "manifest.json").read_text("utf-8"))
    returned = {path.name.partition("_")[2]: path for path in home.rejected.glob("*/*.xlsx")}
    assert set(returned) == {Path(name).name for name in manifest["refused"]}
    for name, codes in manifest["refused"].items():
        path = returned[Path(name).name]
        assert path.read_bytes() == (home.root / "demo" / name).read_bytes()
        listed = json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
        assert {item["code"] for item in listed if item["level"] == "error"} == set(codes)
        (marked,) = (home.rejected / Path(name).parent.name).glob(f"*/{Path(name).name}")
        assert marked.parent.name == path.name.partition("_")[0]
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in home.outbox.glob("*.eml")
    ]
    bodies = [mail.get_body(("plain",)).get_content() for mail in mails]
    told = {(mail["To"], *re.findall(r"/dags/\S+", body)) for mail, body in zip(mails, bodies, strict=True)}
    assert len(told) == len(mails) >= 4, "one mail a person and run"
    for name in returned:
        assert sum(name in body for body in bodies) >= 2, "the source's owner and the metrics' owners"
    assert any("人力月报!G10" in body and "#REF!" in body for body in bodies)
    assert all("/dags/collect__" in body for body in bodies)


def test_psql_reads_the_board(demo: Demo) -> None:
    home, _ = demo
    query = (
        "SELECT value FROM bi.kpi_quarter "
        "WHERE metric='revenue' AND org='group' AND period='2026-Q3' AND dimensions='{}'"
    )
    try:
        done = subprocess.run(
            ("psql", "-XAtc", query, reader_address(home)), capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("psql isn't installed")
    assert Decimal(done.stdout) == ask(home, query)[0].value
    refused = subprocess.run(
        ("psql", "-XAtc", "SELECT * FROM ledger.fact", reader_address(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0 and "permission denied" in refused.stderr


def test_a_second_run_changes_nothing_and_says_so(demo: Demo) -> None:
    home, _ = demo
    counts = "SELECT (SELECT count(*) FROM bi.submission), (SELECT max(computed_at) FROM bi.kpi_month)"
    before = ask(home, counts)
    begun = time.monotonic()
    again = kpi(home, "demo")
    assert again.returncode == 0, again.stdout + again.stderr
    assert time.monotonic() - begun < 60
    assert "Nothing was changed." in again.stdout
    assert ask(home, counts) == before


def test_one_changed_cell_shows_in_the_kpi_and_fails_the_demo(demo: Demo) -> None:
    home, _ = demo
    question = (
        "SELECT value, restated FROM bi.kpi_month "
        "WHERE metric='leavers' AND org='group' AND period='2026-06' AND dimensions='{}'"
    )
    before = ask(home, question)[0].value
    figures = copy.deepcopy(build_figures().hr[MONTH])
    figures[UNIT][COLUMN] = (figures[UNIT][COLUMN] or Decimal(0)) + 1
    made = home.root / "人力月报_更正.xlsx"
    write_people_workbook(made, MONTH, figures)
    made.rename(home.inbox / "hr_headcount" / made.name)
    begun = time.monotonic()
    while (now := ask(home, question)[0]).value == before:
        assert time.monotonic() - begun < 60, "a dropped workbook shows in the KPI within half a minute"
        time.sleep(0.2)
    assert (now.value, now.restated) == (before + 1, True)
    done = kpi(home, "demo")
    assert done.returncode == 1
    assert f"leavers group 2026-06 value: {now.value}, expected {before}" in done.stdout


def test_down_ends_every_process(demo: Demo) -> None:
    home, _ = demo
    pids = [part.pid for part in status(home) if part.pid]
    pids += [record["pid"] for record in json.loads((home.root / "companions.json").read_text()).values()]
    assert len(pids) == 7
    done = kpi(home, "down")
    assert done.returncode == 0 and done.stdout == "Ended.\n"
    assert not [pid for pid in pids if lives(pid)]


@pytest.mark.long
def test_a_tampered_source_fails_the_demo(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    try:
        done = kpi(home, "demo", KPI_DEMO_TAMPER="1")
    finally:
        down(home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "leavers plant_wuxi 2026-06 value" in done.stdout
