"""Every other database, through its SQLAlchemy dialect and a server-side cursor, in bounded chunks.

MySQL and MariaDB are asked for the server's own texts (no converters), so that DECIMAL, zero dates and
unsigned numbers arrive as they are; other drivers' Python values are spelt out exactly.
"""

import contextlib
import datetime as dt
import sqlite3
import time
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import Connection as Session
from sqlalchemy import CursorResult, Engine, bindparam, create_engine, event, text
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from include.connectors.sql.dialects import Dialect, url_of
from include.connectors.sql.faults import explain_engine, explain_missing_driver
from include.connectors.sql.kinds import kind_of_mysql, kinds_of_values
from include.connectors.sql.reading import Order
from include.connectors.sql.texts import spell_numbers, spell_timestamps, spell_values, unsupported
from include.errors import ConfigurationError

CHUNK_ROWS = 20_000
_CONNECT_SECONDS = 10
_MYSQL_DOUBLE, _MYSQL_TIMES, _MYSQL_BIT = 5, {7, 12}, 16
_MYSQL_BEGAN = 1995
"""Nothing was stamped by it before: China's summer time until 1991 is no reason not to read all there is."""
_MYSQL_FLOAT = 4
"""Of this type the server itself tells six digits only: 16777216 arrives as 16777200."""


class EngineReader:
    """A running query. See `reading.Reader`."""

    def __init__(self, result: CursorResult[Any], order: Order, driver: str) -> None:
        self._result, self._order, self._driver = result, order, driver
        self.names = list(result.keys())
        description = result.cursor.description if result.cursor else ()
        self._types = [column[1] for column in description]
        told = driver == "pymysql"
        self.kinds = {
            name: {kind_of_mysql(code)} if told else set()
            for name, code in zip(self.names, self._types or self.names, strict=True)
        }

    def tables(self, columns: Mapping[str, int]) -> Iterator[pa.Table]:
        """Yield tables of CHUNK_ROWS rows; an empty result gives one empty table."""
        try:
            empty = True
            for rows in self._result.partitions(CHUNK_ROWS):
                empty = False
                yield self._spell(list(zip(*rows, strict=True)), columns)
            if empty:
                yield self._spell([()] * len(self.names), columns)
        except SQLAlchemyError as error:
            fault = explain_engine(error, self._order.place)
        else:
            return
        raise fault

    def _spell(self, chunk: Sequence[Sequence[Any]], columns: Mapping[str, int]) -> pa.Table:
        spelt = []
        for name, i in columns.items():
            values, code = chunk[i], self._types[i] if self._driver == "pymysql" else None
            if code == _MYSQL_FLOAT:
                raise unsupported(name, "FLOAT")
            if code is None:
                self.kinds[self.names[i]] |= kinds_of_values(set(map(type, values)))
            if code == _MYSQL_BIT:
                values = [None if v is None else int.from_bytes(v, "big") for v in values]
            column = pa.chunked_array([spell_values(values, name, self._order.zone)])
            if code == _MYSQL_DOUBLE:
                column = spell_numbers(column)
            elif code in _MYSQL_TIMES:
                column = spell_timestamps(column)
            spelt.append(column)
        return pa.table(spelt, names=list(columns))


@contextlib.contextmanager
def open_engine(order: Order, dialect: Dialect) -> Iterator[Callable[[Mapping[str, Any]], EngineReader]]:
    """Give a function that asks `order` with its parameters' values, in one read-only transaction.

    Raises SourceUnavailableError or ConfigurationError as told in `faults`.
    """
    engine = make_engine(order, dialect)
    with contextlib.ExitStack() as stack:
        try:
            session = stack.enter_context(engine.connect())
            prepare_session(session, order)
        except SQLAlchemyError as error:
            fault = explain_engine(error, order.place)
        else:
            try:
                yield lambda values: _ask(session, order, values)
            except BaseException:
                _hang_up(session)
                raise
            return
    raise fault


def _ask(session: Session, order: Order, values: Mapping[str, Any]) -> EngineReader:
    try:
        return EngineReader(_execute(session, order, values), order, session.dialect.driver)
    except SQLAlchemyError as error:
        fault = explain_engine(error, order.place)
    raise fault


def _hang_up(session: Session) -> None:
    """Close the connection at once: a polite close would first read the rest of the result, however long."""
    raw = session.connection.driver_connection
    unread = getattr(raw, "_result", None)
    if getattr(unread, "unbuffered_active", False):
        # What pymysql does itself on a broken connection; else its destructor goes on reading.
        unread.unbuffered_active, unread.connection = False, None  # type: ignore[union-attr]
    session.invalidate()


def make_engine(order: Order, dialect: Dialect) -> Engine:
    """Return the engine of a connection. Raises ConfigurationError where its driver is missing or unknown."""
    options: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
    try:
        if dialect.driver == "sqlite":
            return create_engine("sqlite://", creator=lambda: _open_sqlite(order), **options)
        connect_args = _connect_args(order, dialect)
        engine = create_engine(url_of(order.connection, dialect), connect_args=connect_args, **options)
        if engine.dialect.name in {"mysql", "mariadb"}:
            event.listen(engine, "connect", _name_by_double_quotes, insert=True)
        return engine
    except (ImportError, NoSuchModuleError) as error:
        fault = explain_missing_driver(error, order.place, dialect.driver)
    raise fault


def _name_by_double_quotes(raw: Any, _: object) -> None:
    """Make `"x"` a name, as everywhere else: taken for a text, a condition on it would hold for no row or for all.

    Before SQLAlchemy first looks at the server, which then writes and reads names so too.
    """
    cursor = raw.cursor()
    cursor.execute("SET SESSION sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'ANSI_QUOTES')")
    cursor.close()


def _connect_args(order: Order, dialect: Dialect) -> dict[str, Any]:
    further = order.connection.extra.get("connect_args")
    arguments = dict(further) if isinstance(further, dict) else {}
    if dialect.driver == "mysql+pymysql":
        from pymysql.converters import encoders  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

        limits = {"connect_timeout": _CONNECT_SECONDS, "read_timeout": order.seconds + 30}
        ssl = {"ssl": order.connection.extra["ssl"]} if "ssl" in order.connection.extra else {}
        arguments = {"charset": "utf8mb4", "conv": encoders} | limits | ssl | arguments
    return arguments


def _open_sqlite(order: Order) -> sqlite3.Connection:
    """Open the file for reading only, with a deadline that ends a long query."""
    path = order.connection.host or order.connection.schema
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=_CONNECT_SECONDS)
    deadline = time.monotonic() + order.seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    return connection


def prepare_session(session: Session, order: Order) -> None:
    """Make the transaction read-only and of one snapshot, and limit the statement, as the dialect can."""
    name = session.dialect.name
    if name in {"mysql", "mariadb"}:
        limit = (
            f"max_statement_time = {order.seconds}"
            if session.dialect.is_mariadb  # type: ignore[attr-defined]
            else f"max_execution_time = {order.seconds * 1000}"
        )
        session.exec_driver_sql(f"SET SESSION {limit}, net_write_timeout = 600")
        _set_mysql_zone(session, order)
        session.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    elif name == "sqlite":
        session.exec_driver_sql("BEGIN")  # its driver begins for writing statements only
    elif name == "oracle":
        session.exec_driver_sql("SET TRANSACTION READ ONLY")
    elif name == "postgresql":
        session.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute(text("SELECT set_config('statement_timeout', :t, true)"), {"t": f"{order.seconds}s"})
        session.execute(text("SELECT set_config('TimeZone', :z, true)"), {"z": order.zone.key})


def _set_mysql_zone(session: Session, order: Order) -> None:
    """Set the session's zone by name, or by offset where the server has no zone tables and none is needed."""
    known = session.execute(
        text("SELECT CONVERT_TZ('2026-01-01', 'UTC', :z)"), {"z": order.zone.key}
    ).scalar()
    zone = order.zone.key if known else _constant_offset(order.zone, order.years)
    if zone is None:
        raise ConfigurationError(
            [
                f"connection {order.place.conn_id}: the database doesn't know the time zone "
                f"{order.zone.key}; load the zone tables into it (mysql_tzinfo_to_sql)"
            ]
        )
    session.execute(text("SET SESSION time_zone = :z"), {"z": zone})


def _constant_offset(zone: zoneinfo.ZoneInfo, years: range) -> str | None:
    """Return `+08:00` for a zone that keeps one offset all through the years in question, as far as MySQL existed."""
    moments = [
        dt.datetime(year, month, 1, tzinfo=zone)
        for year in range(max(years.start - 1, _MYSQL_BEGAN), years.stop + 1)
        for month in range(1, 13)
    ]
    offsets = {moment.strftime("%z") for moment in moments}
    return (offset := offsets.pop())[:3] + ":" + offset[3:5] if len(offsets) == 1 else None


def _execute(session: Session, order: Order, values: Mapping[str, Any]) -> CursorResult[Any]:
    # Every colon of the query itself is escaped: SQLAlchemy would see parameters in strings and comments too.
    statement = text(order.write("\0%s", {":": "\\:"}).replace("\0", ":"))
    used = {piece[0]: values[piece[0]] for piece in order.pieces if isinstance(piece, tuple)}
    statement = statement.bindparams(*(bindparam(name, value) for name, value in used.items()))
    return session.execution_options(stream_results=True, max_row_buffer=CHUNK_ROWS).execute(statement)
