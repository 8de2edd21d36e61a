"""Revisions of the schema on warehouses that hold data."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from include import warehouse
from include.publish import publish_catalogue
from tests.company import Company, Fact, read_company


def upgrade(url: str, revision: str, *statements: str) -> None:
    """Bring the database to `revision`, then run statements as the migrator."""
    config = Config()
    config.set_main_option("script_location", str(Path(warehouse.__file__).parent / "migrations"))
    with create_engine(warehouse.as_psycopg(url)).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            warehouse.run_script(connection, statement)


def test_the_calendar_comes_to_a_warehouse_that_holds_data(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = read_company(tmp_path / "config")
    period = (
        "INSERT INTO ledger.period VALUES ('M', '2026-02-01', '2026-02', '2026-03-01', 2026, '2026-01-01', '2026-Q1', "
        "'2026-01-01', '2026-02-01', 1, '2026-01-01', '2026-01-01', '2025-02-01')"
    )
    published = f"INSERT INTO ledger.configuration (fingerprint) VALUES ('{catalogue.fingerprint}')"
    reader = "CREATE VIEW bi.of_an_earlier_revision AS SELECT 1 AS one"
    upgrade(database_url, "0001_ledger", reader, period, published)
    warehouse.migrate(database_url)
    monkeypatch.setenv("KPI_WAREHOUSE_URL", database_url)
    with warehouse.connect() as connection:
        assert connection.execute(text("SELECT working_days FROM ledger.period")).scalars().all() == [None]
        assert publish_catalogue(connection, catalogue) is True, (
            "the same configuration, whose calendar was never written"
        )
        assert publish_catalogue(connection, catalogue) is False
        views = connection.execute(text("SELECT relname FROM pg_class WHERE relname LIKE 'of_an%'")).all()
        assert views == []
    company = Company(catalogue)
    company.count(Fact("sales", "p1", "2026-02", 1))
    assert company.kpi("sales", "p1", "2026-02") == 1
    assert company.value("SELECT working_days FROM ledger.period WHERE period = '2026-02'") == 16
    assert company.value("SELECT count(*) FROM bi.calendar WHERE period = '2026-02' AND working") == 16
