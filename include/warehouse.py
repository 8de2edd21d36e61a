"""The warehouse: the only module that opens PostgreSQL's ledger or reads `include/sql/`.

Three kinds of log-in reach it: the migrator (owns the schema), the loader (inserts; never changes a fact) and
readers (schema `bi` only). Where only the migrator's URL is known, `connect` steps down to the loader's role.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

MANY_ROWS = 500
"""Rows from which on the planner should know at once that they are there."""
SQL_FOLDER = Path(__file__).parent / "sql"


def as_psycopg(url: str) -> str:
    """Return `url` for SQLAlchemy with psycopg 3, whichever PostgreSQL driver it named."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def loader_url() -> str:
    """Return the URL that the stages load through: KPI_LOADER_URL, else KPI_WAREHOUSE_URL."""
    return as_psycopg(os.environ.get("KPI_LOADER_URL") or os.environ["KPI_WAREHOUSE_URL"])


@cache
def read_sql(name: str) -> str:
    """Return the statement(s) of `include/sql/<name>.sql`."""
    return (SQL_FOLDER / f"{name}.sql").read_text("utf-8")


@cache
def _engine(url: str) -> Engine:
    """One engine a URL and process. No pool: tasks fork, and an idle connection in a fork is a bug."""
    return create_engine(
        url, poolclass=NullPool, connect_args={"connect_timeout": 10, "application_name": "kpi"}
    )


@contextmanager
def connect(url: str | None = None, *, isolation: str = "READ COMMITTED") -> Iterator[Connection]:
    """Open one transaction as the loader; commits at the end, rolls back on any error.

    `url` defaults to `loader_url()`. A log-in that is a member of kpi_loader without being it (the
    migrator's) steps down to that role, so that no stage can change a fact whatever URL was given.
    """
    with _engine(url or loader_url()).connect().execution_options(isolation_level=isolation) as connection:
        with connection.begin():
            connection.execute(text("SET LOCAL ROLE kpi_loader"))
            yield connection


@contextmanager
def exclusive(name: str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the warehouse-wide lock `name` while the block runs; others wait for it, and are told by `on_wait`.

    The lock is its own session's, taken before any transaction of the block starts: a transaction that
    waited for it inside would read from before the wait.
    """
    with _engine(loader_url()).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = "hashtextextended('ledger.' || :name, 0)"
        if not connection.execute(text(f"SELECT pg_try_advisory_lock({key})"), {"name": name}).scalar_one():
            if on_wait:
                on_wait()
            connection.execute(text(f"SELECT pg_advisory_lock({key})"), {"name": name})
        yield


def run(connection: Connection, name: str, **parameters: Any) -> Any:
    """Execute `include/sql/<name>.sql` with bound parameters and return SQLAlchemy's result."""
    return connection.execute(text(read_sql(name)), parameters)


def fetch(connection: Connection, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Execute `include/sql/<name>.sql` and return its rows as mappings."""
    return list(run(connection, name, **parameters).mappings())


def gather_statistics(connection: Connection, rows: int, *tables: str) -> None:
    """Have `tables` of schema ledger analysed where this transaction changed `rows` of them, if these are many.

    Statistics that still say empty turn the next join into hours; autovacuum sees to small changes.
    """
    if rows >= MANY_ROWS:
        for table in tables:
            run(connection, "load/gather_statistics", table=table)


def run_script(connection: Connection, script: str) -> None:
    """Execute a script of several statements as it is: no parameters, so `%` and `:` mean themselves."""
    connection.execution_options(no_parameters=True).exec_driver_sql(script)


def copy_table(connection: Connection, table: pa.Table, into: str, columns: list[str]) -> None:
    """COPY `columns` of `table` into the relation `into`; nulls are null, text is exact.

    Arrow writes the CSV and psycopg streams it. `into` is a literal of this library, never user input.
    """
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    statement = f"COPY {into} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        sink = pa.PythonFile(_CopySink(copy), mode="w")
        pa_csv.write_csv(table.select(columns), sink, options)


class _CopySink:
    """What Arrow needs of a file to write into a psycopg COPY."""

    closed = False

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy

    def write(self, data: bytes) -> int:
        self._copy.write(data)
        return len(data)

    def flush(self) -> None:
        """Psycopg sends when its own buffer is full."""

    def close(self) -> None:
        self.closed = True


def migrate(url: str) -> None:
    """Bring the warehouse at `url` (the migrator's log-in) to the newest schema. Safe to run again, and at once.

    An advisory lock makes concurrent callers wait for each other; one transaction holds all revisions.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with _engine(as_psycopg(url)).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('metric_ledger.migrate'))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
