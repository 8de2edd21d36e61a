"""PostgreSQL, by `COPY (query) TO STDOUT`: the server writes the texts, Arrow parses them column by column.

Nothing passes through Python cell by cell, so it runs at nearly the speed of COPY into a file, and a
`numeric` arrives with every digit. The transaction is read-only and sees one snapshot throughout.
"""

import contextlib
import io
import select
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from pyarrow import csv

from include.connectors.sql.faults import explain_postgres, explain_postgres_login
from include.connectors.sql.kinds import kind_of_postgres
from include.connectors.sql.reading import Order
from include.connectors.sql.texts import spell_booleans, spell_numbers, spell_timestamps, unsupported

BLOCK_BYTES = 8 << 20
_CONNECT_SECONDS = 10
_GRACE_SECONDS = 30
_LIBPQ_EXTRAS = (
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode", "krbsrvname",
    "target_session_attrs", "service", "hostaddr",
)  # fmt: skip
_UNTOLD = {17: "bytea", 790: "money"}
"""Types without a text of their own: money's depends on the server's language."""
_SPELLERS: dict[int, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
    16: spell_booleans,
    700: spell_numbers,
    701: spell_numbers,
    1114: spell_timestamps,
    1184: spell_timestamps,
}


class PostgresReader:
    """An open COPY-able query. See `reading.Reader`."""

    def __init__(
        self, connection: "psycopg.Connection[Any]", order: Order, values: Mapping[str, Any]
    ) -> None:
        self._connection, self._order = connection, order
        # COPY takes no parameters of the protocol: the driver itself quotes the values into the text.
        cursor = psycopg.ClientCursor(connection)
        self._query = cursor.mogrify(order.write("%(%s)s", {"%": "%%"}).encode(), dict(values))
        self._run(f"SELECT * FROM ({self._query}\n) AS query LIMIT 0")
        self.names = [column.name for column in self._description]
        self._types = [column.type_code for column in self._description]
        self.kinds = {c.name: {kind_of_postgres(c.type_display)} for c in self._description}

    def tables(self, columns: Mapping[str, int]) -> Iterator[pa.Table]:
        """Yield tables of about BLOCK_BYTES each."""
        for name, position in columns.items():
            if self._types[position] in _UNTOLD:
                raise unsupported(name, _UNTOLD[self._types[position]])
        try:
            yield from self._parse_ahead(columns)
        except psycopg.Error as error:
            fault = explain_postgres(error, self._order.place)
        else:
            return
        raise fault

    def _parse_ahead(self, columns: Mapping[str, int]) -> Iterator[pa.Table]:
        """Parse a block in a thread while the next one comes and the caller stores the one before."""
        parsing: Future[pa.Table] | None = None
        with ThreadPoolExecutor(1) as parser:
            for block in self._blocks():
                before, parsing = parsing, parser.submit(self._parse, block, columns)
                if before:
                    yield before.result()
            if parsing:
                yield parsing.result()

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement.encode())
                self._description = cursor.description or []
                return
            except psycopg.Error as error:
                # What stands before the query breaks no line, so the server's position counts its lines.
                position = int(error.diag.statement_position or 1)
                fault = explain_postgres(error, self._order.place, statement[: position - 1].count("\n") + 1)
        raise fault

    def _blocks(self) -> Iterator[bytes]:
        """Yield whole rows: the server sends one message a row.

        libpq is asked directly, which takes half the time of a copy object, and each row is let go at once:
        a list of a million of them took three times as long.
        """
        server = self._connection.pgconn
        server.send_query(f"COPY ({self._query}\n) TO STDOUT (FORMAT csv)".encode())
        _expect(self._next_result(), pq.ExecStatus.COPY_OUT)
        block = io.BytesIO()
        while (got := server.get_copy_data(1))[0] >= 0:
            if not got[0]:
                self._wait()
                continue
            block.write(got[1])
            if block.tell() >= BLOCK_BYTES:
                yield block.getvalue()
                block = io.BytesIO()
        _expect(self._next_result(), pq.ExecStatus.COMMAND_OK)
        while self._next_result() is not None:
            pass  # only behind the last result may the connection be asked again
        if block.tell():
            yield block.getvalue()

    def _next_result(self) -> pq.abc.PGresult | None:
        server = self._connection.pgconn
        server.flush()
        while server.is_busy():
            self._wait()
        return server.get_result()

    def _wait(self) -> None:
        """Wait for more from the server: libpq itself would hold up every thread and signal meanwhile."""
        server = self._connection.pgconn
        if not select.select([server.socket], [], [], self._order.seconds + _GRACE_SECONDS)[0]:
            raise psycopg.errors.ConnectionTimeout("silence")
        server.consume_input()

    def _parse(self, block: bytes, columns: Mapping[str, int]) -> pa.Table:
        places = [str(i) for i in range(len(self.names))]
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=places, block_size=len(block) + 1),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                include_columns=[str(i) for i in columns.values()],
                column_types=dict.fromkeys(places, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        spelt = [
            _SPELLERS.get(self._types[i], _as_is)(column)
            for i, column in zip(columns.values(), table.columns, strict=True)
        ]
        return pa.table(spelt, names=list(columns))


@contextlib.contextmanager
def open_postgres(order: Order) -> Iterator[Callable[[Mapping[str, Any]], PostgresReader]]:
    """Give a function that asks `order` with its parameters' values; one read-only snapshot, which ends with the block.

    Raises SourceUnavailableError or ConfigurationError as told in `faults`.
    """
    connection = connect_postgres(order)
    try:
        _begin(connection, order)
        yield lambda values: PostgresReader(connection, order, values)
    finally:
        connection.close()


def connect_postgres(order: Order) -> "psycopg.Connection[Any]":
    """Return an open session. Raises SourceUnavailableError `unreachable` or `login_failed`."""
    given = order.connection
    conninfo = make_conninfo(
        "",
        host=given.host or None,
        port=given.port,
        user=given.login or None,
        password=given.password or None,
        dbname=given.schema or None,
        application_name="metric-ledger",
        client_encoding="UTF8",
        connect_timeout=_CONNECT_SECONDS,
        tcp_user_timeout=60_000,
        **{name: str(given.extra[name]) for name in _LIBPQ_EXTRAS if name in given.extra},
    )
    with contextlib.suppress(psycopg.Error):
        return psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor)
    raise explain_postgres_login(conninfo, order.place)


def _begin(connection: "psycopg.Connection[Any]", order: Order) -> None:
    """One snapshot, nothing written, and texts that don't depend on the server's settings."""
    settings = {
        "statement_timeout": f"{order.seconds}s",
        "TimeZone": order.zone.key,
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "1",
    }
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for name, value in settings.items():
            connection.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    except psycopg.Error as error:
        fault = explain_postgres(error, order.place)
    else:
        return
    raise fault


def _expect(result: pq.abc.PGresult | None, status: pq.ExecStatus) -> None:
    if result is None:
        raise psycopg.OperationalError("the connection broke")
    if result.status != status:
        raise psycopg.errors.error_from_result(result)


def _as_is(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column
