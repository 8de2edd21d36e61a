"""SQL sources: one SELECT against a department's database, read exactly as it answers.

`fetch` gives a whole batch; `read_tables` streams it in bounded pieces. Both read in one read-only
transaction with a time limit, with the window's dates as bound parameters.
"""

import zoneinfo
from collections.abc import Generator

import pyarrow as pa

from include.batch import Connection, Reported, Window
from include.catalogue.models import SqlSource
from include.connectors.assembling import (
    assemble,
    check_size,
    ignored_columns,
    match_columns,
    name_records,
    take_first,
    write_shape,
)
from include.connectors.sql.dialects import dialect_of
from include.connectors.sql.engines import open_engine
from include.connectors.sql.faults import Place
from include.connectors.sql.postgres import open_postgres
from include.connectors.sql.query import split_query, window_values
from include.connectors.sql.reading import Order
from include.errors import Finding


def fetch(
    source: SqlSource,
    query: str,
    window: Window,
    connection: Connection,
    *,
    timezone: str = "UTC",
    most: int | None = None,
) -> Reported:
    """Run `query` for `window` and return its rows as reported.

    The frame has the source's declared columns, all text: numbers in plain notation with every digit that the
    database gives, booleans `true`/`false`, dates and timestamps ISO 8601. `timezone` (the company's) is the
    session's: it decides on which day an instant falls, in the query's conditions as in its result, where an
    instant carries that zone's offset. `_row` is the row's 1-based position, `_key` its key
    (`store=S01, order_date=2026-03-01`). Columns that the source doesn't declare are left out, with a note; `shape`
    tells the kinds of all. After the first `most` rows, where given, nothing more is read.

    Raises ConfigurationError (query wrong, connection's type unknown), RefusedError (`columns_changed`,
    `unsupported_type`, `limit_exceeded`) and SourceUnavailableError (`unreachable`, `login_failed`,
    `permission_denied`, `timeout`, `query_failed`).
    """
    notes: list[Finding] = []
    shape: dict[str, str] = {}
    tables = read_tables(source, query, window, connection, timezone=timezone, notes=notes, shape=shape)
    table = take_first(tables, most)
    return assemble(table, name_records(source, table), tuple(notes), shape)


def read_tables(
    source: SqlSource,
    query: str,
    window: Window,
    connection: Connection,
    *,
    timezone: str = "UTC",
    notes: list[Finding] | None = None,
    shape: dict[str, str] | None = None,
) -> Generator[pa.Table, None, None]:
    """Yield the declared columns in tables of bounded size, at least one, in the query's order.

    Contract and errors as for `fetch`; warnings are added to `notes` before the first table, each column's kind to
    `shape` with each table.
    """
    dialect = dialect_of(connection)
    file = source.query or f"{source.source}.sql"
    order = Order(
        pieces=split_query(query, dialect.grammar, file),
        values=window_values(window.start, window.end),
        connection=connection,
        place=Place(connection.conn_id, file),
        zone=zoneinfo.ZoneInfo(timezone),
        seconds=source.timeout_seconds,
    )
    with open_postgres(order) if dialect.copies else open_engine(order, dialect) as reader:
        columns = match_columns(source, reader.names)
        if notes is not None:
            notes.extend(ignored_columns(reader.names, columns.values()))
        yield pa.table({name: pa.array([], pa.string()) for name in columns})
        rows = 0
        for table in reader.tables(columns):
            rows += table.num_rows
            check_size(source, rows)
            if shape is not None:
                shape.update(write_shape(reader.kinds, {reader.names[i]: n for n, i in columns.items()}))
            yield table
