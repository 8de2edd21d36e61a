"""`./kpi run` over many waiting files, twice at once, and `./kpi replay`: real processes, as a shell starts them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from include.cli import app
from include.home import PROJECT
from tests.office import BAD, HEAD, Office

pytestmark = pytest.mark.timeout(300)
MONTHS = [f"2025-{month:02d}" for month in range(1, 7)]


@pytest.fixture
def office(office: Office, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("KPI_LOADER_URL", warehouse_url)
    monkeypatch.setenv("COLUMNS", "200")
    return office


def begin(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "include.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=250)
    return process.returncode, out, err


def drop_many(office: Office) -> None:
    for month in MONTHS:
        office.drop(f"{month}.csv", f"{HEAD}p1,{month},a,{month[-2:]},1\n", wait=False)
    office.drop("bad.csv", HEAD + "nobody,2025-01,a,1,1\n", wait=False)
    time.sleep(1.1)


def test_two_commands_at_once_take_in_all_that_waits_once(office: Office) -> None:
    drop_many(office)
    both = [begin("run", "book", "--json") for _ in range(2)]
    ends = [finish(process) for process in both]
    told: list[dict[str, Any]] = [json.loads(out) for _, out, _ in ends]
    periods = [submission["period"] for one in told for submission in one["submissions"]]
    assert sorted(periods) == MONTHS, ends
    assert [r["code"] for one in told for r in one["refusals"]] == ["unknown_org"]
    assert sorted(code for code, _, _ in ends) == [0, 3], "the one that found nothing left is content"
    assert not list((office.home.inbox / "book").iterdir())
    assert office.company.query("SELECT count(*), count(DISTINCT run_id) FROM ledger.batch") == [(7, 1)]
    assert office.company.query("SELECT status, count(*) FROM bi.batch GROUP BY 1 ORDER BY 1") == [
        ("accepted", 6),
        ("refused", 1),
    ]
    mails = office.company.query("SELECT recipient, count(*) FROM ledger.message GROUP BY 1 ORDER BY 1")
    assert dict(mails)["clerk@example.com"] == 1, mails
    assert all(f"{month}.csv" in office.mail("en") for month in MONTHS)


def test_a_refused_file_is_replayed_after_its_name_was_declared(office: Office) -> None:
    file = office.home.root / "三月.csv"
    file.write_text(HEAD + "华东分厂,2026-03,a,100,40\n", "utf-8")
    code, out = here("run", "book", "--file", file)
    assert code == 3 and "refused" in out and "华东分厂" in out and "./kpi replay 1" in out
    org = Path(os.environ["KPI_CONFIG"]) / "org.yaml"
    mended = org.read_text("utf-8").replace("unit: p1,", "unit: p1, aliases: [华东分厂],", 1)
    office.configure("org.yaml", mended)
    code, out, err = finish(begin("replay", 1))
    assert code == 0 and "三月.csv accepted: 1 submission" in out, (out, err)
    code, out = here("replay", 1, "--json")
    assert (code, json.loads(out)["outcome"]) == (0, "unchanged")
    assert office.statuses() == ["refused", "accepted", "unchanged"]


def test_only_a_runs_own_mails_are_counted_as_its(office: Office) -> None:
    office.drop("earlier.csv", BAD)
    office.collect()
    file = office.home.root / "later.csv"
    file.write_text(BAD, "utf-8")
    code, out = here("run", "book", "--file", file)
    assert code == 3 and "2 mails and 2 mails of other runs were sent" in out
    code, out = here("run", "book", "--file", file)
    assert code == 3 and "2 mails were sent" in out


def here(*arguments: object) -> tuple[int, str]:
    """Run a command in this process, which has loaded all that it needs."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout
