"""Fixtures that every test may use: one throwaway PostgreSQL a session, a fresh database a test."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from include.home import PROJECT, Home
from include.stack.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

    from include.batch import Connection
    from tests.company import Company
    from tests.office import Office

_numbers = count(1)
MARIADB = os.environ.get("KPI_TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306")
APART = ("tests/model/test_rollup_properties.py", "tests/model/test_mutations.py")
"""Files whose tests take hours together under --long."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`, which runs the tests that take longer than half a minute too."""
    parser.addoption("--long", action="store_true", help="run tests marked `long` too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip tests marked `long` unless asked for."""
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long: ./kpi test --long"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadFileScheduling | None":
    """Keep a file's tests in one process, as they share what is slow to make; but those of APART are independent."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(APART) else str(super()._split_scope(nodeid))

    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the developer's own installation and proxies out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("KPI_", "AIRFLOW_", "PG"))]:
            patch.delenv(name)
        patch.setenv("KPI_HOME", str(tmp_path_factory.mktemp("kpi_home")))
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield


@pytest.fixture
def mariadb() -> "Iterator[Connection]":
    """Give an empty schema in the MariaDB or MySQL of KPI_TEST_MARIADB_URL; the test is skipped where none answers."""
    import pymysql
    from sqlalchemy import make_url

    from include.batch import Connection

    url = make_url(MARIADB)
    server = {"host": url.host or "127.0.0.1", "port": url.port or 3306, "user": url.username or "root"}
    password = url.password or ""
    try:
        admin = pymysql.connect(**server, password=password, connect_timeout=3, autocommit=True)
    except pymysql.Error as error:
        pytest.skip(f"no MariaDB answers at {url.host}:{url.port} (KPI_TEST_MARIADB_URL): {error.args[0]}")
    name = f"kpi_test_{os.getpid()}"
    cursor = admin.cursor()
    cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield Connection("erp", "mysql", server["host"], server["port"], server["user"], password, name)
    finally:
        cursor.execute(f"DROP DATABASE {name}")
        admin.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Run a throwaway cluster for the session (about 0.6 s to make)."""
    cluster = EmbeddedPostgres(Home(tmp_path_factory.mktemp("cluster")), durable=False)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Return the URL of a fresh, empty database that the migrator owns."""
    yield from lend_database(postgres, "template0")


@pytest.fixture(scope="session")
def warehouse_template(postgres: EmbeddedPostgres) -> str:
    """Migrate one database for the session and return its name: the template of each test's own."""
    from include import warehouse

    postgres.create_database("warehouse_template")
    warehouse.migrate(postgres.url("migrator", "warehouse_template"))
    warehouse._engine.cache_clear()
    return "warehouse_template"


@pytest.fixture
def warehouse_url(postgres: EmbeddedPostgres, warehouse_template: str) -> Iterator[str]:
    """Return the migrator's URL of a fresh, migrated warehouse, which loader and bi_reader may enter too."""
    yield from lend_database(postgres, warehouse_template)


@pytest.fixture
def loader_url(postgres: EmbeddedPostgres, warehouse_url: str) -> str:
    """Return the loader's URL of the same warehouse as `warehouse_url`."""
    return postgres.url("loader", Path(warehouse_url).name)


@pytest.fixture
def company(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Company":
    """Return the small company of tests/company.py, published in a fresh warehouse."""
    from tests.company import Company, read_company

    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(read_company(tmp_path / "config"))


@pytest.fixture
def office(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Office":
    """Return an installation of that company, with an inbox."""
    from include import inbox, stages
    from tests.company import Company, write_company
    from tests.office import SETTLED, Office

    monkeypatch.setattr(inbox, "SETTLED_AFTER", SETTLED)
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(write_company(tmp_path / "config")))
    return Office(Home(tmp_path / "home").create(), Company(stages.current_catalogue()))


@pytest.fixture
def reader_url(postgres: EmbeddedPostgres, warehouse_url: str) -> str:
    """Return the BI log-in's URL of the same warehouse as `warehouse_url`."""
    return postgres.url("bi_reader", Path(warehouse_url).name)


def lend_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    postgres.create_database(name, template=template)
    postgres.grant_roles(name)
    if template == "warehouse_template":  # a migration's grants on the database aren't copied with it
        with psycopg.connect(postgres.url("migrator", name)) as connection:
            connection.execute(f"GRANT TEMPORARY ON DATABASE {name} TO kpi_loader")
    yield postgres.url("migrator", name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def airflow_environment(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Point this process's Airflow at a home and an empty database of its own; ask before importing Airflow."""
    home = tmp_path_factory.mktemp("airflow_home")
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.url("airflow", "airflow").replace(
            "://", "+psycopg2://", 1
        ),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__BASE_URL": "http://kpi.example.com:8080",
        "PYTHONPATH": str(PROJECT),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        yield home
