"""Which SQLAlchemy dialect a connection's type means, and how a connection becomes a URL."""

from dataclasses import dataclass

from sqlalchemy import URL

from include.batch import Connection
from include.errors import ConfigurationError


@dataclass(frozen=True)
class Dialect:
    """`driver` is SQLAlchemy's name, `grammar` sqlglot's; `copies` tells that `COPY TO STDOUT` works."""

    driver: str
    grammar: str
    copies: bool = False


POSTGRES = Dialect("postgresql+psycopg", "postgres", copies=True)
MYSQL = Dialect("mysql+pymysql", "mysql")
DIALECTS = {
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "sqlite": Dialect("sqlite", "sqlite"),
    "mssql": Dialect("mssql+pyodbc", "tsql"),
    "oracle": Dialect("oracle+oracledb", "oracle"),
    "clickhouse": Dialect("clickhouse+http", "clickhouse"),
    "kingbase": Dialect("postgresql+psycopg", "postgres"),
    "dm": Dialect("dm+dmPython", "oracle"),
}


def dialect_of(connection: Connection) -> Dialect:
    """Return the dialect of a connection's type; `sqlalchemy_scheme` in its extras names any other driver.

    Raises ConfigurationError, listing what is known, for an unknown type.
    """
    scheme = str(connection.extra.get("sqlalchemy_scheme") or "")
    known = DIALECTS.get(connection.conn_type)
    if scheme:
        return Dialect(scheme, known.grammar if known else scheme.partition("+")[0])
    if known is None:
        raise ConfigurationError(
            [
                f"connection {connection.conn_id}: type {connection.conn_type!r} is no known database; "
                f"use one of {', '.join(DIALECTS)}, "
                f"or name SQLAlchemy's driver as sqlalchemy_scheme in its extras"
            ]
        )
    return known


def url_of(connection: Connection, dialect: Dialect) -> URL:
    """Return the address that SQLAlchemy connects to."""
    return URL.create(
        dialect.driver,
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port,
        database=connection.schema or None,
    )
