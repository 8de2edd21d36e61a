"""All odd workbooks dropped into a running stack, with good files between them: nothing stops, each is answered."""

import json
import os
import re
import shutil
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
from tests.acceptance.deliveries import GOOD_STORES, name_store, write_configuration, write_sales
from tests.odd_workbooks import FOLDER, PAGE

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the odd workbooks aren't in {FOLDER}"),
]
ROUNDS = 3
LAYOUT_CODES = {"empty_file", "header_missing", "sheet_ambiguous", "ragged_rows"}


class Running:
    """A stack of its own with the stores' configuration, whose sales take any workbook that has their columns."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        config = write_configuration(folder / "config")
        self._environment = os.environ | {
            "KPI_HOME": str(self.home.root), "KPI_CONFIG": str(config), "PYTHONPATH": str(PROJECT)
        }  # fmt: skip

    def kpi(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = (sys.executable, "-m", "include.cli", *arguments)
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)

    def ask(self, statement: str) -> list[Any]:
        url = reader_address(self.home).replace("postgresql://", "postgresql+psycopg://", 1)
        with create_engine(url).connect() as connection:
            return list(connection.execute(text(statement)).all())

    def answers(self) -> dict[str, set[str]]:
        """Return the codes that each refused file was refused with; none for an accepted one."""
        told: dict[str, set[str]] = {
            file: set() for (file,) in self.ask("SELECT DISTINCT file FROM bi.submission")
        }
        for file, code in self.ask("SELECT file, code FROM bi.check_result WHERE level = 'error'"):
            told.setdefault(file, set()).add(code)
        return told


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    stack = Running(tmp_path)
    try:
        done = stack.kpi("up")
        assert done.returncode == 0, done.stdout + done.stderr
        yield stack
    finally:
        down(stack.home)


def test_odd_workbooks_between_good_ones_leave_the_stack_alive(running: Running, tmp_path: Path) -> None:
    listed = dict(re.findall(r"^\| (\S+) \| [a-z-]+ \| (.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    odd = sorted(path.name for path in FOLDER.iterdir() if path.name in listed)
    assert len(odd) == 126
    good = [write_sales(tmp_path / f"{name_store(store)}.xlsx", store) for store in GOOD_STORES]
    inbox = running.home.inbox / "store_sales"
    inbox.mkdir(parents=True, exist_ok=True)
    dropped: set[str] = set()
    for number in range(ROUNDS):
        for name in odd[number::ROUNDS]:
            dropped.add(shutil.copy(FOLDER / name, inbox / name).name)
        for file in good[number::ROUNDS]:
            dropped.add(file.rename(inbox / file.name).name)
        wait_for(running, dropped)
    answers = running.answers()
    assert {name for name in answers if not answers[name]} == {file.name for file in good}
    for name in odd:
        refused = re.findall("`(.*)`", listed[name])
        assert answers[name] == set(refused) if refused else answers[name] <= LAYOUT_CODES, name
    assert not [path for path in inbox.iterdir() if path.is_file()]
    state = running.kpi("status", "--json")
    assert state.returncode == 0, state.stdout + state.stderr
    assert json.loads(state.stdout)


def wait_for(running: Running, names: set[str]) -> None:
    """Wait until every file is answered: 20 seconds for each at most."""
    deadline = time.monotonic() + 20 * len(names)
    while missing := names - running.answers().keys():
        assert time.monotonic() < deadline, missing
        time.sleep(2)
