"""SQL sources: one SELECT against a department's database, read exactly as it answers.

`fetch` gives a whole batch; `read_tables` streams it in bounded pieces. Both read in one read-only
transaction with a time limit, with the window's dates as bound parameters.
"""

import contextlib
import zoneinfo
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from include.batch import Connection, Reported, Window
from include.catalogue.models import SqlSource
from include.connectors.assembling import (
    assemble,
    check_size,
    ignored_columns,
    join_shapes,
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
from include.connectors.sql.reading import Aside, Order, Reader
from include.errors import ConfigurationError


def fetch(
    source: SqlSource,
    query: str,
    window: Window,
    connection: Connection,
    *,
    timezone: str = "UTC",
    orgs: Sequence[str] = (),
    most: int | None = None,
) -> Reported:
    """Run `query` for `window` and return its rows as reported.

    The frame has the source's declared columns, all text: numbers in plain notation with every digit that the
    database gives, booleans `true`/`false`, dates and timestamps ISO 8601. `timezone` (the company's) is the
    session's: it decides on which day an instant falls, in the query's conditions as in its result, where an
    instant carries that zone's offset. `_row` is the row's 1-based position, `_key` its key
    (`store=S01, order_date=2026-03-01`). Columns that the source doesn't declare are left out, with a note; `shape`
    tells the kinds of all. A query that names `:org` is run once for each of `orgs`, all in one snapshot. After the
    first `most` rows, where given, nothing more is read.

    Raises ConfigurationError (query wrong, connection's type unknown), RefusedError (`columns_changed`,
    `unsupported_type`, `limit_exceeded`) and SourceUnavailableError (`unreachable`, `login_failed`,
    `permission_denied`, `timeout`, `query_failed`).
    """
    aside = Aside()
    tables = read_tables(source, query, [window], connection, timezone=timezone, orgs=orgs, aside=aside)
    table = take_first(tables, most)
    return assemble(table, name_records(source, table), tuple(aside.notes), aside.shape)


def read_tables(
    source: SqlSource,
    query: str,
    windows: Sequence[Window],
    connection: Connection,
    *,
    timezone: str = "UTC",
    orgs: Sequence[str] = (),
    aside: Aside | None = None,
) -> Generator[pa.Table, None, None]:
    """Yield the declared columns in tables of bounded size, at least one, in the query's order.

    The query is run for each of `windows` (and `orgs`, where it names `:org`), in this order and in one snapshot.
    Contract and errors as for `fetch`; warnings are put `aside` before the first table, the kinds with each table.
    """
    aside = aside or Aside()
    order = place_order(source, query, windows, connection, timezone)
    columns: dict[str, int] = {}
    rows = 0
    with open_session(order) as ask:
        for values in list_values(order, windows, orgs):
            reader = ask(values)
            if not columns:
                columns = match_columns(source, reader.names)
                aside.notes += ignored_columns(reader.names, columns.values())
                yield pa.table({name: pa.array([], pa.string()) for name in columns})
            for table in reader.tables(columns):
                rows += table.num_rows
                check_size(source, rows)
                told = write_shape(reader.kinds, {reader.names[i]: name for name, i in columns.items()})
                aside.shape = join_shapes([aside.shape, told])
                yield table


def place_order(
    source: SqlSource, query: str, windows: Sequence[Window], connection: Connection, timezone: str
) -> Order:
    """Return what is to be asked of the connection's database. Raises ConfigurationError where it can't be."""
    file = source.query or f"{source.source}.sql"
    return Order(
        pieces=split_query(query, dialect_of(connection).grammar, file),
        connection=connection,
        place=Place(connection.conn_id, file, query),
        zone=zoneinfo.ZoneInfo(timezone),
        seconds=source.timeout_seconds,
        years=range(min(w.start.year for w in windows), max(w.end.year for w in windows) + 1),
    )


def open_session(
    order: Order,
) -> contextlib.AbstractContextManager[Callable[[Mapping[str, Any]], Reader]]:
    """Give a function that runs the order's query with its parameters' values, all within one snapshot."""
    dialect = dialect_of(order.connection)
    return open_postgres(order) if dialect.copies else open_engine(order, dialect)


def list_values(order: Order, windows: Sequence[Window], orgs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the parameters' values of each run of the query.

    Raises ConfigurationError for a query that names `:org` where nobody is known to owe the source.
    """
    names_org = ("org",) in order.pieces
    if names_org and not orgs:
        raise ConfigurationError(
            [
                f"{order.place.file}:1: :org is filled with the units that owe the source; "
                "say which by `expects: {org: ...}`"
            ]
        )
    for window in windows:
        for org in orgs if names_org else ("",):
            yield window_values(window.start, window.end) | {"org": org}
