"""Which periods of a source have records that changed: what a `cursor` column tells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from include.batch import Connection
from include.catalogue.models import SqlSource
from include.connectors.assembling import columns_changed, find_column
from include.connectors.sql import open_session
from include.connectors.sql.query import Piece
from include.connectors.sql.reading import Order
from include.errors import RefusedError


def find_changes(
    source: SqlSource, order: Order, values: Sequence[Mapping[str, Any]], period: str, since: str | None
) -> pa.Table:
    """Return `period` and the greatest `cursor` of each value of the column `period`, as text.

    `order` and `values` are what `place_order` and `list_values` give. Only records whose cursor is `since` or later
    are looked at, and those that have none: whether they changed can't be told. The database does the work: the query
    stands in a subquery, which may end with ORDER BY on every database but SQL Server. Raises what `fetch` raises.
    """
    assert source.cursor is not None
    shape = replace(order, pieces=["SELECT * FROM (", *order.pieces, "\n) changed WHERE 1 = 0"])
    with open_session(shape) as ask:
        names = ask(values[0]).names
    wanted = [(period, source.columns[period].aliases), (source.cursor.column, ())]
    found = [find_column(name, aliases, names) for name, aliases in wanted]
    if any(len(places) != 1 for places in found):
        missing = [name for (name, _), places in zip(wanted, found, strict=True) if len(places) != 1]
        raise RefusedError([columns_changed(missing, names)])
    day, mark = (_quote(names[places[0]], order.connection) for places in found)
    pieces: list[Piece] = [f"SELECT {day} AS kpi_period, max({mark}) AS kpi_cursor FROM (", *order.pieces]
    pieces.append("\n) changed")
    if since is not None:
        pieces += [f" WHERE {mark} >= ", ("since",), f" OR {mark} IS NULL"]
    pieces.append(f" GROUP BY {day}")
    bound = int(since) if since and re.fullmatch(r"-?\d+", since) else since
    return _read(replace(order, pieces=pieces), [{**given, "since": bound} for given in values])


def _read(order: Order, values: Sequence[Mapping[str, Any]]) -> pa.Table:
    tables = [pa.table({"period": pa.array([], pa.string()), "cursor": pa.array([], pa.string())})]
    with open_session(order) as ask:
        for given in values:
            tables += ask(given).tables({"period": 0, "cursor": 1})
    return pa.concat_tables(tables)


def _quote(name: str, connection: Connection) -> str:
    """Return a column's name as an identifier of the connection's database."""
    if connection.conn_type in {"mysql", "mariadb", "clickhouse"}:
        return "`" + name.replace("`", "``") + "`"
    return '"' + name.replace('"', '""') + '"'
