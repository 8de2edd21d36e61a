"""Look at one table or view of a database: its columns as declared, and a few of its rows as reported."""

import contextlib
import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, column, create_engine, inspect, select, table
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from include.batch import Connection
from include.catalogue.explaining import nearest
from include.connectors.sql.dialects import Dialect, dialect_of
from include.connectors.sql.engines import make_engine, prepare_session
from include.connectors.sql.faults import Place, explain_engine
from include.connectors.sql.postgres import connect_postgres
from include.connectors.sql.reading import Order
from include.connectors.sql.texts import spell_values
from include.errors import RefusedError, UsageError

SAMPLE_ROWS = 200
_UNREADABLE = {
    "": re.compile(r"(\w*blob|\w*binary|image)\b"),
    "mysql": re.compile(r"(\w*blob|\w*binary|float)\b"),
    "postgresql": re.compile(r"(bytea|money|interval)\b|.*\[\]"),
}
"""Types whose values a query must convert first; an empty table shows none."""
_SECONDS = 60


@dataclass(frozen=True)
class TableColumn:
    """One column: its type and comment as the database declares them, and texts of its first rows.

    Null is left out of `texts` and counted in `blanks`. `choices` are the values of an ENUM; `unreadable` is the type
    where values can't be read as they are: bytes, and MySQL's FLOAT.
    """

    name: str
    type: str
    comment: str
    required: bool
    key: bool
    texts: list[str]
    blanks: int = 0
    choices: tuple[str, ...] = ()
    unreadable: str = ""


@dataclass(frozen=True)
class DescribedTable:
    """A table as the database has it; `written` is its name and `quoted` its columns', as a query writes them."""

    name: str
    written: str
    dialect: str
    columns: list[TableColumn]
    quoted: dict[str, str]


def describe_table(connection: Connection, name: str, timezone: str = "UTC") -> DescribedTable:
    """Return the table or view `name` (`orders`, `sales.orders`), read-only, with at most SAMPLE_ROWS of its rows.

    Raises UsageError, naming the nearest ones, where there is none of that name; else as `sql.fetch`.
    """
    today = dt.datetime.now(dt.UTC).date()
    place, years = Place(connection.conn_id, name), range(today.year, today.year + 1)
    order = Order(["SELECT 1"], connection, place, zoneinfo.ZoneInfo(timezone), _SECONDS, years)
    with _open_session(order, dialect_of(connection)) as session:
        return _describe(session, name, order)


@contextlib.contextmanager
def _open_session(order: Order, dialect: Dialect) -> Iterator[Session]:
    """Give a session that only reads."""
    engine = _make_postgres(order) if dialect.copies else make_engine(order, dialect)
    try:
        with engine.connect() as session:
            if dialect.copies:
                session.exec_driver_sql("SET default_transaction_read_only = on")
            else:
                prepare_session(session, order)
            yield session
            session.rollback()
    except NoSuchTableError:
        raise
    except SQLAlchemyError as error:
        fault = explain_engine(error, order.place)
    else:
        return
    finally:
        engine.dispose()
    raise fault


def _make_postgres(order: Order) -> Engine:
    def connect() -> object:
        return connect_postgres(order)

    return create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool, hide_parameters=True)


def _describe(session: Session, name: str, order: Order) -> DescribedTable:
    looking = inspect(session)
    schema, found = _find_table(looking, name)
    declared = looking.get_columns(found, schema=schema)
    keys = set(looking.get_pk_constraint(found, schema=schema)["constrained_columns"] or ())
    kinds = {str(one["name"]): _spell_type(one["type"]) for one in declared}
    texts = _sample(session, schema, found, kinds, order)
    quote = session.dialect.identifier_preparer.quote_identifier
    unreadable = _UNREADABLE.get(session.dialect.name, _UNREADABLE[""])
    columns = [
        TableColumn(
            name=name,
            type=kind,
            comment=str(one.get("comment") or ""),
            required=not one["nullable"],
            key=name in keys,
            texts=texts[name][0] or [],
            blanks=texts[name][1],
            choices=tuple(getattr(one["type"], "enums", ())),
            unreadable=kind if texts[name][0] is None or unreadable.match(kind) else "",
        )
        for one, (name, kind) in zip(declared, kinds.items(), strict=True)
    ]
    written = ".".join(quote(part) for part in (schema, found) if part)
    return DescribedTable(
        found, written, session.dialect.name, columns, {column: quote(column) for column in kinds}
    )


def _find_table(looking: Inspector, name: str) -> tuple[str | None, str]:
    """Return schema and name as the database writes them; another case will do where only one fits."""
    plain = name.replace('"', "").replace("`", "")
    first, dot, rest = plain.partition(".")
    for schema, wanted in ((first, rest), (None, plain)) if dot else ((None, plain),):
        if schema is not None and schema not in looking.get_schema_names():
            continue
        there = [*looking.get_table_names(schema=schema), *looking.get_view_names(schema=schema)]
        fits = [one for one in there if one == wanted] or [
            one for one in there if one.casefold() == wanted.casefold()
        ]
        if len(fits) == 1:
            return schema, fits[0]
    schema = first if dot and first in looking.get_schema_names() else None
    there = sorted({*looking.get_table_names(schema=schema), *looking.get_view_names(schema=schema)})
    near = nearest(rest if schema else plain, there) or there[:8]
    shown = ", ".join(f"{schema}.{one}" if schema else one for one in near)
    raise UsageError(
        f"there is no table {name!r}; nearest: {shown}"
        if near
        else f"there is no table {name!r}, nor any other"
    )


def _sample(
    session: Session, schema: str | None, name: str, kinds: Mapping[str, str], order: Order
) -> dict[str, tuple[list[str] | None, int]]:
    """Return the texts of each column's first rows, None where it holds what can't be read (bytes), and its nulls."""
    found = table(name, *map(column, kinds), schema=schema)
    rows = session.execute(select(*[found.c[one] for one in kinds]).limit(SAMPLE_ROWS)).all()
    texts: dict[str, tuple[list[str] | None, int]] = {}
    for place, (one, kind) in enumerate(kinds.items()):
        values = [row[place] for row in rows if row[place] is not None]
        if kind.startswith("bit"):
            values = [int.from_bytes(value, "big") if isinstance(value, bytes) else value for value in values]
        try:
            spelt = spell_values(values, one, order.zone).to_pylist()
        except RefusedError:
            spelt = None
        texts[one] = spelt, len(rows) - len(values)
    return texts


def _spell_type(kind: object) -> str:
    try:
        return str(kind).lower()
    except SQLAlchemyError:
        return ""
