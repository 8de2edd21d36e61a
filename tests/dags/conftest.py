"""DAG runs in this process: a migrated metadata database, a real warehouse, the example company."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from include.home import PROJECT, Home
from tests.office import SETTLED

CONFIG = PROJECT / "examples" / "company" / "config"


@pytest.fixture(scope="session")
def airflow_database(airflow_environment: Path) -> Iterator[Callable[..., list[Any]]]:
    """Migrate Airflow's database once (some 7 s) and return a function that queries it."""
    from airflow import settings
    from airflow.utils import db

    settings.configure_vars()
    settings.configure_orm()  # another test may have imported Airflow with other settings
    db.initdb()
    engine = create_engine(settings.SQL_ALCHEMY_CONN)

    def query(statement: str, **parameters: Any) -> list[Any]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), parameters)]

    yield query
    engine.dispose()
    settings.dispose_orm()


@pytest.fixture
def company(
    tmp_path: Path,
    warehouse_url: str,
    airflow_database: Callable[..., list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Home]:
    """Return the home of an example company with an empty warehouse."""
    from include import inbox, stages

    monkeypatch.setattr(inbox, "SETTLED_AFTER", SETTLED)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(CONFIG))
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.delenv("KPI_LOADER_URL", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "plugins")])
    home = Home(tmp_path / "home").create()
    stages.publish()
    yield home


@pytest.fixture(scope="session")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the example company's workbooks and return the folder of the first wave."""
    from examples.company.generate import generate

    folder = tmp_path_factory.mktemp("deliveries")
    generate(folder)
    return folder / "drops" / "1_first"


@pytest.fixture
def read_dags(airflow_database: Callable[..., list[Any]]) -> Callable[[], Any]:
    """Return a function that parses dags/ anew."""
    from airflow.dag_processing.dagbag import DagBag

    return lambda: DagBag(PROJECT / "dags", bundle_name="dags-folder")


@pytest.fixture
def run_dag(
    read_dags: Callable[[], Any], airflow_database: Callable[..., list[Any]]
) -> Callable[..., tuple[str, dict[str, str], list[tuple[str, str | None]]]]:
    """Return a function that runs a DAG once, without retries unless asked for, with the values of its form.

    It gives the run's state, the state of each task, and the (asset, partition) events that the run emitted.
    """

    def run_once(
        dag_id: str, conf: dict[str, Any] | None = None, retries: int = 0
    ) -> tuple[str, dict[str, str], list[tuple[str, str | None]]]:
        dag = read_dags().dags[dag_id]
        for task in dag.tasks:
            task.retries = retries
        run = dag.test(run_conf=conf)
        states = "SELECT task_id, state FROM task_instance WHERE dag_id = :dag AND run_id = :run"
        events = (
            "SELECT name, partition_key FROM asset_event JOIN asset ON asset.id = asset_id "
            "WHERE source_dag_id = :dag AND source_run_id = :run ORDER BY 1, 2"
        )
        asked = {"dag": dag_id, "run": run.run_id}
        return str(run.state), dict(airflow_database(states, **asked)), airflow_database(events, **asked)

    return run_once
