"""What kind of value a column holds, in the same few words for every database: what drift is judged by.

A database that tells its columns' types is taken at its word; of others (SQLite, which has types by value) the kinds
that were seen count. `varchar(20)` and `text` are one kind, so are `int` and `bigint`: a wider column is no drift.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

_POSTGRES = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("float4", "float8"), "float"),
    **dict.fromkeys(("varchar", "bpchar", "text", "name", "char"), "text"),
    "numeric": "decimal",
    "bool": "boolean",
}
_MYSQL = {
    **dict.fromkeys((0, 246), "decimal"),
    **dict.fromkeys((1, 2, 3, 8, 9), "integer"),
    **dict.fromkeys((4, 5), "float"),
    **dict.fromkeys((15, 247, 248, 249, 250, 251, 252, 253, 254), "text"),
    **dict.fromkeys((10, 14), "date"),
    7: "timestamptz",
    11: "time",
    12: "timestamp",
    13: "year",
    16: "bit",
    245: "json",
}


def kind_of_postgres(display: str) -> str:
    """Return the kind of a column that psycopg shows as `numeric(14,2)`; an unknown type is its own kind."""
    base = display.partition("(")[0].strip()
    return _POSTGRES.get(base, base)


def kind_of_mysql(code: int) -> str:
    """Return the kind of a column by its type's number in MySQL's protocol."""
    return _MYSQL.get(code, f"type {code}")


def kinds_of_values(types: Iterable[type]) -> set[str]:
    """Return the kinds of Python values of these types; None tells nothing."""
    return {_kind_of_type(kind) for kind in types if kind is not type(None)}


def _kind_of_type(kind: type) -> str:
    if issubclass(kind, bool):
        return "boolean"
    if issubclass(kind, int | float | Decimal):
        return "number"
    if issubclass(kind, dt.datetime):
        return "timestamp"
    if issubclass(kind, dt.date):
        return "date"
    return "text" if issubclass(kind, str) else kind.__name__
