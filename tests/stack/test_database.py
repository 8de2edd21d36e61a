"""Which warehouse a command works on: the embedded one, or the outside one that the environment names."""

from pathlib import Path

import psycopg
import pytest

from include.errors import MetricLedgerError, UsageError
from include.home import Home
from include.stack import ensure_database, reader_address, warehouse_url
from include.stack.postgres import EmbeddedPostgres


def test_nothing_is_known_before_the_first_start(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert reader_address(home) == ""
    with pytest.raises(MetricLedgerError, match="kpi up"):
        warehouse_url(home, "loader")
    assert not home.root.exists()


def test_the_embedded_warehouse_is_made_and_mended(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    try:
        ensure_database(home)
        ensure_database(home)
        with psycopg.connect(warehouse_url(home, "loader")) as connection:
            assert connection.execute("SELECT count(*) FROM ledger.fact").fetchone() == (0,)
        with psycopg.connect(reader_address(home)) as connection:
            assert connection.execute("SELECT count(*) FROM bi.kpi_month").fetchone() == (0,)
    finally:
        EmbeddedPostgres(home).stop()


def test_an_outside_warehouse_is_migrated_and_remembered(
    tmp_path: Path, database_url: str, monkeypatch
) -> None:
    home = Home(tmp_path / "home")
    monkeypatch.setenv("KPI_WAREHOUSE_URL", database_url)
    ensure_database(home)
    assert warehouse_url(home, "migrator") == warehouse_url(home, "loader") == database_url
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM ledger.fact").fetchone() == (0,)
    assert not (home.root / "postgres").exists()
    monkeypatch.setenv("KPI_LOADER_URL", "postgresql://own@elsewhere/warehouse")
    assert warehouse_url(home, "loader") == "postgresql://own@elsewhere/warehouse"
    with pytest.raises(UsageError, match="administrator"):
        warehouse_url(home, "reader")
    monkeypatch.delenv("KPI_WAREHOUSE_URL")
    for ask in (lambda: warehouse_url(home, "loader"), lambda: ensure_database(home)):
        with pytest.raises(UsageError, match="set KPI_WAREHOUSE_URL") as caught:
            ask()
        assert psycopg.conninfo.conninfo_to_dict(database_url)["password"] not in str(caught.value)


def test_the_connections_of_a_homes_airflow_are_reachable_once_it_ran(tmp_path: Path) -> None:
    from include.stack.airflow import connection_store

    home = Home(tmp_path).create()
    assert connection_store(home) == {}, "asking an Airflow that isn't there would make a home for it"
    home.remember(airflow_fernet_key="k", postgres_port=5432, postgres_passwords={"airflow": "p"})
    assert connection_store(home) == {}
    (home.root / "airflow").mkdir()
    store = connection_store(home)
    assert store["AIRFLOW_HOME"] == str(home.root / "airflow") and store["AIRFLOW__CORE__FERNET_KEY"] == "k"
    assert (
        store["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        == "postgresql+psycopg2://airflow:p@127.0.0.1:5432/airflow"
    )
