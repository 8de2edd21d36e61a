"""Named connections: read from the environment or from Airflow's own store, for tasks and `./kpi` alike.

`AIRFLOW_CONN_<ID>` wins over the store, as it does in Airflow itself. It is parsed here, by the same rules
as Airflow's `Connection.from_uri` and `from_json` (a test compares the two), because importing Airflow costs
some three seconds that a command line need not spend on one environment variable.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from include.batch import Connection
from include.errors import UsageError

_EXTRA_KEY = "__extra__"


def resolve_connection(conn_id: str) -> Connection:
    """Return the connection called `conn_id`.

    Looks at `AIRFLOW_CONN_<ID>` (URI or JSON), then asks Airflow: inside a task through the task's own
    supervisor, elsewhere through the secrets backends and the metadata database that the environment names
    (`AIRFLOW_HOME`, `AIRFLOW__DATABASE__SQL_ALCHEMY_CONN`, ...).

    Raises UsageError, naming the id and both ways to add it, where neither knows the connection, where the
    variable can't be read, or where Airflow's store doesn't answer. No message repeats the variable's text.
    """
    text = os.environ.get(_variable(conn_id), "").strip()
    if text:
        return parse_connection(conn_id, text)
    found = _ask_airflow(conn_id) if _airflow_is_set_up() else None
    if found is None:
        raise UsageError(
            f"connection {conn_id!r} isn't known. Add it in Airflow's UI (Admin > Connections), "
            f"or set {_variable(conn_id)}=type://user:password@host:port/database in the environment. "
            f"If it stands in the UI already, the stack's database doesn't answer: ./kpi status."
        )
    return found


def parse_connection(conn_id: str, text: str) -> Connection:
    """Return the connection written in `text`, in Airflow's URI form or its JSON form.

    A URI that begins with `http://` says in so many words that the service is reached without TLS; as
    Airflow keeps only the type `http` of it, which stands for HTTPS services too, `schema` notes that.
    Raises UsageError, without repeating `text`, where it is neither.
    """
    try:
        return _from_json(conn_id, text) if text.startswith("{") else _from_uri(conn_id, text)
    except (ValueError, TypeError, AttributeError):
        pass
    raise UsageError(
        f"{_variable(conn_id)} is neither a connection URI (type://user:password@host:port/database, "
        f"each part percent-encoded) nor Airflow's JSON form of one."
    )


def store_connections(connections: Iterable[Connection]) -> None:
    """Add `connections` to the metadata database that the environment names, replacing those of the same id.

    One transaction for all. Raises UsageError where the environment names no Airflow.
    """
    if not _airflow_is_set_up():
        raise UsageError("no Airflow to add connections to: AIRFLOW_HOME isn't set")
    with _as_server():
        from airflow.models import Connection as Stored
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            for given in connections:
                known = session.scalar(select(Stored).where(Stored.conn_id == given.conn_id))
                stored = known or Stored(conn_id=given.conn_id)
                stored.conn_type, stored.host, stored.port = given.conn_type, given.host or None, given.port
                stored.login, stored.schema = given.login or None, given.schema or None
                stored.set_password(given.password or None)
                stored.set_extra(json.dumps(dict(given.extra)) if given.extra else None)
                session.add(stored)


def _variable(conn_id: str) -> str:
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def _airflow_is_set_up() -> bool:
    """Asking an Airflow that isn't there would create a home for it, `~/airflow`."""
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return home.is_dir() or "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" in os.environ or "airflow" in sys.modules


@contextlib.contextmanager
def _as_server() -> Iterator[None]:
    """Let this process read Airflow's database, unless it is a task, which asks its supervisor instead.

    Airflow's log lines go to standard error meanwhile: standard output belongs to the command.
    """
    before = os.environ.get("_AIRFLOW_PROCESS_CONTEXT")
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if before is None:
            del os.environ["_AIRFLOW_PROCESS_CONTEXT"]


def _ask_airflow(conn_id: str) -> Connection | None:
    with _as_server():
        from airflow.sdk import Connection as Known
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            known = Known.get(conn_id)
        except AirflowNotFoundException:
            return None
    return _convert(conn_id, _fields_of(known))


def _fields_of(known: Any) -> dict[str, Any]:
    """Return the fields of Airflow's connection (of the task SDK's class, or of the database's)."""
    names = ("conn_type", "host", "port", "login", "password", "schema", "extra")
    return {name: getattr(known, name) for name in names}


def _from_json(conn_id: str, text: str) -> Connection:
    return _convert(conn_id, json.loads(text))


def _from_uri(conn_id: str, uri: str) -> Connection:
    conn_type = urlsplit(uri).scheme
    if not conn_type or uri.count("://") not in (1, 2):
        raise ValueError("no URI")
    with_protocol = uri.count("://") == 2
    rest = uri.replace(f"{conn_type}://", "" if with_protocol else "//")
    if with_protocol and set(rest.split("://", 1)[0]) & {"@", ":"}:
        raise ValueError("two hosts")
    parts = urlsplit(rest)
    host = _host_of(parts)
    schema = unquote(parts.path[1:])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return _convert(
        conn_id,
        {
            "conn_type": conn_type,
            "host": f"{parts.scheme}://{host}" if with_protocol and host else host,
            "port": parts.port,
            "login": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "schema": schema or ("http" if uri.startswith("http://") and not with_protocol else ""),
            "extra": query.get(_EXTRA_KEY, query),
        },
    )


def _host_of(parts: SplitResult) -> str:
    """Keep the case of a host that is a path (a socket's folder), which `hostname` would lower."""
    host = unquote(parts.hostname or "")
    if "/" in host:
        host = unquote(parts.netloc.rsplit("@", 1)[-1].split(":", 1)[0])
    return host


def _convert(conn_id: str, fields: dict[str, Any]) -> Connection:
    extra = fields.get("extra") or {}
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except ValueError:
            extra = {}
    conn_type = fields.get("conn_type") or ""
    port = fields.get("port")
    return Connection(
        conn_id=conn_id,
        conn_type="postgres" if conn_type == "postgresql" else conn_type.replace("-", "_"),
        host=fields.get("host") or "",
        port=int(port) if port else None,
        login=fields.get("login") or "",
        password=fields.get("password") or "",
        schema=fields.get("schema") or "",
        extra=extra if isinstance(extra, dict) else {},
    )
