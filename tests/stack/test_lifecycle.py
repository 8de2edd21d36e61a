"""The whole stack with the real processes: it comes up, mends what is killed, and ends without a trace."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest

from include.home import PROJECT, Home
from include.stack import down, status
from include.stack.airflow import PARTS, find_unhealthy, ui_address

PART_NAMES = [part.name for part in PARTS]


def kpi(home: Home, *arguments: str) -> subprocess.CompletedProcess:
    """Run `./kpi` against `home` with the project's own configuration."""
    environment = os.environ | {"KPI_HOME": str(home.root), "PYTHONPATH": str(PROJECT)}
    command = (sys.executable, "-P", "-m", "include.cli", *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")


def read_pids(home: Home) -> dict[str, int | None]:
    return {part.part: part.pid for part in status(home)}


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Home]:
    """Bring one stack up for this module and end it."""
    home = Home(tmp_path_factory.mktemp("stack") / "home")
    try:
        done = kpi(home, "up")
        assert done.returncode == 0, done.stderr
        yield home
    finally:
        down(home)


def test_nothing_runs_before_up(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = kpi(home, "status", "--json")
    assert {part["state"] for part in json.loads(done.stdout)["parts"]} == {"stopped"}
    assert kpi(home, "down").stdout == "Nothing was running.\n"
    assert not home.root.exists()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_up_leaves_every_part_running_and_says_how_to_enter(stack: Home) -> None:
    assert {part.part: part.state for part in status(stack)} == dict.fromkeys(
        ["database", "supervisor", *PART_NAMES], "running"
    )
    before = read_pids(stack)
    again = kpi(stack, "up")
    assert again.returncode == 0
    assert read_pids(stack) == before
    assert ui_address(stack) in again.stdout
    assert stack.read_state()["airflow_admin_password"] in again.stdout
    assert stack.state_file.stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_only_the_printed_log_in_enters(stack: Home) -> None:
    def ask(password: str) -> int:
        body = json.dumps({"username": "admin", "password": password}).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{ui_address(stack)}/auth/token", data=body, headers=headers, method="POST")  # noqa: S310
        opener = build_opener(ProxyHandler({}))
        try:
            return opener.open(request, timeout=20).status
        except OSError as error:
            return error.code

    assert ask(stack.read_state()["airflow_admin_password"]) == 201
    assert ask("admin") == 401


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", ["database", *PART_NAMES, "supervisor"])
def test_up_mends_a_part_that_was_killed(stack: Home, part: str) -> None:
    before = read_pids(stack)
    os.kill(before[part], signal.SIGKILL)
    done = kpi(stack, "up")
    assert done.returncode == 0, done.stderr
    after = read_pids(stack)
    assert after[part] not in (None, before[part])
    started = {name: psutil.Process(pid).create_time() for name, pid in after.items()}
    assert find_unhealthy(stack, started) == set()


@pytest.mark.long
@pytest.mark.timeout(200)
def test_down_ends_all_and_nothing_else(stack: Home, postgres) -> None:
    pids = list(read_pids(stack).values())
    families = [
        pid for leader in pids for pid in (leader, *(c.pid for c in psutil.Process(leader).children(True)))
    ]
    assert kpi(stack, "down").stdout == "Ended.\n"
    living = [pid for pid in families if psutil.pid_exists(pid)]
    assert [pid for pid in living if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE] == []
    assert {part.state for part in status(stack)} == {"stopped"}
    assert postgres.is_running()
