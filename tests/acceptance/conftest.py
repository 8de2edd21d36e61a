"""An installation of its own for each acceptance test, and a driver that runs the stages as Airflow's tasks do."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from include import stages
from include.home import PROJECT, Home
from include.inbox import SETTLED_AFTER, list_waiting

SHARED = Path(os.environ.get("KPI_TEST_SHARED") or PROJECT.parent / "shared" / "data")


@dataclass(frozen=True)
class Collected:
    """What one run of a source made: batches taken in, those that reached the load, months, and lines told."""

    taken: list[int]
    loaded: list[int]
    months: list[str]
    told: list[str]


@dataclass(frozen=True)
class Installation:
    """A home, its configuration and an empty warehouse; `url` is the BI log-in's, `migrator` the schema owner's."""

    home: Home
    url: str
    migrator: str

    def drop(self, source: str, *files: Path) -> None:
        """Move files into the source's inbox and wait until they count as wholly written."""
        folder = self.home.inbox / source
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            file.rename(folder / file.name)
        deadline = time.monotonic() + SETTLED_AFTER + 5
        while len(list_waiting(folder)) < len(files) and time.monotonic() < deadline:
            time.sleep(0.1)

    def collect(self, source: str, name: str = "manual__1") -> Collected:
        """Run one source's tasks in order, then the rollups."""
        run = stages.Run(
            f"collect__{source}/{name}", f"http://kpi.example.com/dags/collect__{source}/runs/{name}", source
        )
        taken = stages.extract(source, run)
        loaded = stages.standardise(stages.validate(taken))
        months = stages.load(loaded)
        told = stages.report(run, [])
        stages.send_messages(None)
        stages.rollup_months()
        stages.rollup_quarters()
        return Collected(taken, loaded, months, told)

    def query(self, statement: str, *, inside: bool = False, **parameters: Any) -> list[dict[str, Any]]:
        """Return rows as a BI tool reads them; with `inside` as the schema's owner, who sees the ledger too."""
        with psycopg.connect(self.migrator if inside else self.url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()


@pytest.fixture
def install(
    tmp_path: Path, warehouse_url: str, reader_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], Installation]:
    """Return a function that makes an installation of the configuration in a folder."""

    def make(config: Path) -> Installation:
        monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("KPI_CONFIG", str(config))
        monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
        monkeypatch.delenv("KPI_LOADER_URL", raising=False)
        monkeypatch.setattr("include.inbox.WAITS_AT_MOST", 2.0)  # for files that were cut short on purpose
        return Installation(Home(tmp_path / "home").create(), reader_url, warehouse_url)

    return make


@pytest.fixture
def shared() -> Path:
    """Return the folder of public workbooks; skip the test where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the public workbooks aren't in {SHARED}; KPI_TEST_SHARED may name their folder")
    return SHARED
