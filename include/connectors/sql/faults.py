"""What a database's errors mean: a system that is away, a query that is wrong, or a limit that was reached.

The driver's own words are never repeated: they hold hosts, users and row values. A message carries a fixed
code, the connection's id, and the database's error number.

| what happened | raised |
|---|---|
| no answer, connection lost | SourceUnavailableError `unreachable` |
| user, password or database refused | SourceUnavailableError `login_failed` |
| the user may not read it | SourceUnavailableError `permission_denied` |
| longer than `timeout_seconds` | SourceUnavailableError `timeout` |
| any other fault of the database | SourceUnavailableError `query_failed` |
| the query itself is wrong | ConfigurationError with file and line (never worth a retry) |
"""

import re
import sqlite3
from dataclasses import dataclass

import psycopg
from psycopg import pq
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from include.errors import ConfigurationError, MetricLedgerError, SourceUnavailableError

_REFUSED_LOGIN = "the server answers but refuses the log-in: user, password, database, or its rules"
_NOBODY = (
    "no database answers at the connection's host and port; "
    "in an address, @ : / # of a password are written %40 %3A %2F %23"
)
_NAMES = re.compile(r"""['"`]([^'"`]+)['"`]|\b\w+\.(\w+)\b""")
_PERMISSION = "the connection's user may not read what the query names"
_WORDS = {
    "42P01": "a table or view doesn't exist",
    "42703": "a column doesn't exist",
    "42601": "the syntax is wrong",
    "42883": "a function or operator doesn't exist for these types",
    "25006": "it writes; a source only reads",
}
_MYSQL_CODES = {
    "unreachable": {2002, 2003, 2005, 2006, 2013, 2055, 1053, 1040, 1203},
    "login_failed": {1044, 1045, 1049, 1129, 1130, 1698, 2061},
    "permission_denied": {1142, 1143, 1227, 1370},
    "timeout": {1969, 3024, 1205, 1317},
}
_MYSQL_LOGINS = {
    1044: "the log-in is right, but this user may not use the database that the connection names",
    1045: "user or password is wrong", 1698: "user or password is wrong",
    1049: "the log-in is right, but there is no database of the name that the connection gives",
}  # fmt: skip
_MYSQL_WRONG = {
    1064: "the syntax is wrong", 1054: "a column doesn't exist", 1146: "a table or view doesn't exist",
    1046: "the connection names no database", 1305: "a function doesn't exist", 1052: "a column's name is ambiguous",
    1792: "it writes; a source only reads",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What a fault is reported against: the connection's id, the query's file and its text."""

    conn_id: str
    file: str
    query: str = ""

    def unavailable(self, code: str, detail: str = "") -> SourceUnavailableError:
        """Return the typed error of a system that is away or at fault."""
        return SourceUnavailableError(code, self.conn_id, detail)

    def wrong_query(self, what: str, number: str, line: int = 1) -> ConfigurationError:
        """Return the typed error of a query that its author must mend."""
        return ConfigurationError(
            [f"{self.file}:{line}: the database of connection {self.conn_id!r} refuses the query: {what} "
             f"({number}); mend the query, or what it names in the database"]
        )  # fmt: skip

    def wrong_name(self, what: str, number: str, told: str, line: int = 0) -> ConfigurationError:
        """Return the same with the name that a database's message speaks of and its line, if it stands in the query."""
        for quoted, dotted in _NAMES.findall(told):
            name = quoted.rpartition(".")[2] or dotted
            found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.query) if name else None
            if found:
                line = line or self.query[: found.start()].count("\n") + 1
                return self.wrong_query(f"{what}, {name}", number, line)
        return self.wrong_query(what, number, line or 1)


def explain_postgres(error: psycopg.Error, place: Place, line: int = 1) -> MetricLedgerError:
    """Return the typed error for a fault of PostgreSQL after the log-in; `line` is the one it points at."""
    state = error.sqlstate or ""
    if state == "57014" or isinstance(error, psycopg.errors.ConnectionTimeout):
        return place.unavailable("timeout", "the query took longer than the source's timeout_seconds")
    if state == "42501":
        return place.unavailable("permission_denied", _PERMISSION)
    if state[:2] in {"42", "22", "0A", "25", "21"}:
        if state in _WORDS:
            return place.wrong_name(
                _WORDS[state], f"sqlstate {state}", error.diag.message_primary or "", line
            )
        return place.wrong_query("it can't be run", f"sqlstate {state}", line)
    if not state or state[:2] in {"08", "57"}:
        return place.unavailable(
            "unreachable", f"the connection broke{f', sqlstate {state}' if state else ''}"
        )
    return place.unavailable("query_failed", f"sqlstate {state}")


def explain_postgres_login(conninfo: str, place: Place) -> MetricLedgerError:
    """Return the typed error for a connection that PostgreSQL didn't accept.

    Its message may be in any language, so the server is asked whether it accepts connections at all.
    """
    if pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK:
        return place.unavailable("login_failed", _REFUSED_LOGIN)
    return place.unavailable("unreachable", _NOBODY)


def explain_engine(error: SQLAlchemyError, place: Place) -> MetricLedgerError:
    """Return the typed error for a fault that came through SQLAlchemy, by its driver's error number."""
    original = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(original, psycopg.Error):
        return explain_postgres(original, place)
    if isinstance(original, sqlite3.Error):
        return explain_sqlite(original, place)
    number = original.args[0] if original is not None and original.args else None
    if type(original).__module__.startswith("pymysql") and isinstance(number, int):
        return _explain_mysql(number, str(original.args[-1]), place)  # type: ignore[union-attr]
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return place.unavailable("unreachable", "the connection broke")
        return place.unavailable("query_failed", type(original).__name__)
    return place.unavailable("query_failed", type(error).__name__)


def explain_missing_driver(error: Exception, place: Place, driver: str) -> ConfigurationError:
    """Return the typed error for a database whose driver isn't installed or isn't known to SQLAlchemy."""
    what = "is unknown to SQLAlchemy" if isinstance(error, NoSuchModuleError) else "isn't installed"
    return ConfigurationError(
        [f"connection {place.conn_id}: the driver {driver} {what}; install it beside Metric Ledger "
         f"(see requirements.txt), or name another one as sqlalchemy_scheme in the connection's extras"]
    )  # fmt: skip


def explain_sqlite(error: sqlite3.Error, place: Place) -> MetricLedgerError:
    """Return the typed error for a fault of SQLite."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_CANTOPEN"):
        return place.unavailable("unreachable", f"no database file at the connection's path, {name}")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR")):
        return place.unavailable("unreachable", name)
    if name == "SQLITE_INTERRUPT":
        return place.unavailable("timeout", "the query took longer than the source's timeout_seconds")
    if name in {"SQLITE_PERM", "SQLITE_AUTH"}:
        return place.unavailable("permission_denied", _PERMISSION)
    if name in {"SQLITE_ERROR", "SQLITE_READONLY", "SQLITE_RANGE", "SQLITE_MISMATCH"} or not name:
        what, _, told = str(error).partition(": ")
        return place.wrong_name(_sqlite_words(what), name or "sqlite", f"{what} '{told}'")
    return place.unavailable("query_failed", name)


def _sqlite_words(text: str) -> str:
    for start in ("no such table", "no such column", "no such function", "near "):
        if text.startswith(start):
            return "the syntax is wrong" if start == "near " else start
    return "it can't be run"


def _explain_mysql(number: int, told: str, place: Place) -> MetricLedgerError:
    if number in _MYSQL_WRONG:
        return place.wrong_name(_MYSQL_WRONG[number], f"error {number}", told)
    words = _MYSQL_LOGINS | {
        2003: _NOBODY,
        2005: _NOBODY,
        **dict.fromkeys(_MYSQL_CODES["permission_denied"], _PERMISSION),
    }
    for code, numbers in _MYSQL_CODES.items():
        if number in numbers:
            return place.unavailable(
                code, f"{words[number]}, error {number}" if number in words else f"error {number}"
            )
    return place.unavailable("query_failed", f"error {number}")
