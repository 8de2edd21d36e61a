"""The warehouse: the only module that opens PostgreSQL's ledger or reads `include/sql/`.

Three kinds of log-in reach it: the migrator (owns the schema), the loader (inserts; never changes a fact) and
readers (schema `bi` only). Where only the migrator's URL is known, `connect` steps down to the loader's role.
"""

import os
from collections.abc import Iterator, Mapping
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


def read_bi_views() -> list[str]:
    """Return the statements that make schema `bi`, in order.

    The boards come from one template, `bi/board.sql`: they differ only in the grain, in the KPI rows that stand on them
    and in the reference data beside these, so that one text can't drift from another.
    """
    statements = [
        read_sql(f"bi/{name}").replace("{fact}", read_sql("bi/fact_columns")) for name in ("base", "history", "lineage")
    ]
    statements += [read_sql("bi/fact_comments").replace("{view}", view) for view in ("fact", "lineage")]
    for name, grain in (("kpi_month", "M"), ("kpi_quarter", "Q")):
        statements += _board_views(name, grain)
        statements.append(
            read_sql("bi/comparison").replace("{view}", f"{name}_comparison").replace("{grain}", grain)
        )
    return [*statements, read_sql("bi/calendar"), read_sql("bi/grants")]


NOW = "k.superseded_at = 'infinity'"
THEN = "k.computed_at <= moment AND k.superseded_at > moment"


def _board_views(name: str, grain: str) -> list[str]:
    """Return the statements that make the boards of one grain, each with its comments."""
    as_was = f"SELECT k.* FROM ledger.kpi AS k WHERE k.grain = '{grain}' AND k.basis = 'W' AND {{counts}}"
    versions = as_was.replace("= 'W'", "NOT IN ('I', 'L', 'N')")
    like = read_sql("bi/board_like_for_like").replace("{grain}", grain)
    like = like.replace("{later}", _on_basis("L", grain)).replace("{earlier}", _on_basis("N", grain))
    boards = {
        name: _board(grain, as_was.replace("{counts}", NOW)),
        f"{name}_as_is": _board(grain, _on_basis("I", grain), tree="I"),
        f"{name}_like_for_like": like,
        f"{name}_by_version": _board(grain, versions.replace("{counts}", NOW), by_version=True),
    }
    past = _board(grain, as_was.replace("{counts}", THEN), past=True)
    return [
        *(f"CREATE VIEW bi.{board} AS {statement}" for board, statement in boards.items()),
        f"CREATE FUNCTION bi.{name}_as_of(moment timestamptz) RETURNS SETOF bi.{name} LANGUAGE sql STABLE "
        f"SECURITY DEFINER SET search_path = pg_catalog, pg_temp BEGIN ATOMIC {past}; END",
        f"COMMENT ON FUNCTION bi.{name}_as_of IS 'The same board as it stood at a moment'",
        *(read_sql("bi/board_comments").replace("{view}", board) for board in boards),
        *(f"COMMENT ON VIEW bi.{board} IS 'KPIs: one row a metric x org unit x period x dimension set; {told}'"
          for board, told in zip(boards, BOARDS, strict=True)),
    ]  # fmt: skip


BOARDS = (
    "the org tree as it was",
    "the org tree as it stands today",
    "only units that stood under the org unit in both periods, month by month",
    "every definition version, whether in force in the period or not; the org tree as it was",
)


def _on_basis(basis: str, grain: str) -> str:
    """Return the query of the current KPI rows on a tree: its own where it makes a difference, else those as it was."""
    return (
        f"SELECT k.* FROM ledger.kpi AS k JOIN ledger.period AS q ON q.grain = k.grain AND q.start = k.start "
        f"LEFT JOIN ledger.basis_year AS b ON b.tree = '{basis}' AND b.org_id = k.org_id AND b.year_start = q.year_start "
        f"WHERE k.grain = '{grain}' AND k.basis = CASE WHEN b.tree IS NULL THEN 'W' ELSE '{basis}' END AND {NOW}"
    )


def _board(grain: str, shown: str, *, tree: str = "W", past: bool = False, by_version: bool = False) -> str:
    """Return the query of one board; see `bi/board.sql` for what is filled in."""
    published = "published_at <= moment AND retired_at > moment"
    if past:
        definition, period, path = (
            f"(SELECT * FROM ledger.past_{table} WHERE {published})" for table in ("metric", "period", "path")
        )
    else:
        definition, period = "ledger.metric_version", "ledger.period"
        path = f"(SELECT * FROM ledger.org_tree WHERE tree = '{tree}' AND root)"
    same = (" AND {row}.metric_version = k.metric_version" if by_version else "").format
    return (
        read_sql("bi/board")
        .replace("{shown}", shown)
        .replace("{same}", same(row="before"))
        .replace("{same_ago}", same(row="ago"))
        .replace("{same_target}", same(row="target"))
        .replace("{definition}", definition)
        .replace("{period}", period)
        .replace("{path}", path)
        .replace("{grain}", grain)
    )


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
def exclusive(name: str) -> Iterator[None]:
    """Hold the warehouse-wide lock `name` while the block runs; others wait for it.

    The lock is its own session's, taken before any transaction of the block starts: a transaction that
    waited for it inside would read from before the wait.
    """
    with _engine(loader_url()).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text("SELECT pg_advisory_lock(hashtextextended('ledger.' || :name, 0))"), {"name": name}
        )
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
