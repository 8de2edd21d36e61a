"""Ask a service once and look at what it answers: where its records are, and what they hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from include.batch import Connection
from include.catalogue.models import RestSource
from include.connectors.rest.addresses import base_url
from include.connectors.rest.client import Client
from include.connectors.rest.exchange import Limits
from include.connectors.rest.tally import TOTAL_HEADER, find_totals
from include.errors import UsageError

_DEEPEST = 4
_NEXTS = ("next", "nextLink", "next_link", "nextCursor", "next_cursor", "cursor")


@dataclass(frozen=True)
class Endpoint:
    """One answer: JSONPath of its records, the values of each of their fields by JSONPath, and hints for paging.

    `says` is the number of all records that the service tells, in the body at `total` or in `total_header`.
    """

    host: str
    auth: str
    records: str
    fields: dict[str, list[str]]
    count: int
    total: str = ""
    total_header: str = ""
    says: int | None = None
    next: str = ""
    has_link: bool = False


def sample_endpoint(connection: Connection, path: str, params: Mapping[str, Any]) -> Endpoint:
    """Return what GET `path` answers. Raises UsageError where it holds no list of records, else as `rest.fetch`."""
    host = urlsplit(base_url(connection)).hostname or ""
    auth = _guess_auth(connection)
    asked = {"path": path, "params": dict(params), "auth": {"kind": auth}}
    said = {"source": "draft", "kind": "rest", "connection": connection.conn_id, "hosts": [host]}
    source = RestSource.model_validate(said | {"request": asked, "columns": {}})
    with Client(source, connection, Limits(tries=2)) as client:
        answer = client.get(f"{client.base}/{path.lstrip('/')}", dict(params))
    assert answer is not None
    found = next(_find_lists(answer.body, "$", 0), None)
    if found is None:
        raise UsageError(f"the answer of {path} holds no list of records")
    place, records = found
    values: dict[str, list[str]] = {}
    for record in records[:200]:
        for name, value in _flatten(record, "$", 0):
            values.setdefault(name, []).extend([] if value is None else [_spell(value)])
    top = answer.body if isinstance(answer.body, dict) else {}
    total, says = next(find_totals(answer.body), ("", None))
    header = TOTAL_HEADER if not total and answer.headers.get(TOTAL_HEADER, "").isdecimal() else ""
    if header:
        says = int(answer.headers[header])
    following = next((f"$.{name}" for name in _NEXTS if name in top), "")
    linked = bool(answer.next_link)
    return Endpoint(host, auth, f"{place}[*]", values, len(records), total, header, says, following, linked)


def _guess_auth(connection: Connection) -> str:
    if connection.extra.get("token_url"):
        return "oauth2_client"
    if connection.login:
        return "basic"
    return "bearer" if connection.password or connection.extra.get("token") else "none"


def _find_lists(body: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists of objects in an answer, the uppermost first."""
    if isinstance(body, list) and body and all(isinstance(record, dict) for record in body):
        yield path, body
    elif isinstance(body, dict) and depth < _DEEPEST:
        for name, value in sorted(body.items(), key=lambda item: not isinstance(item[1], list)):
            yield from _find_lists(value, _step(path, name), depth + 1)


def _flatten(record: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _flatten(value, _step(path, name), depth + 1)
        elif not isinstance(value, list | dict):
            yield _step(path, name), value


def _step(path: str, name: str) -> str:
    return f"{path}.{name}" if name.isascii() and name.isidentifier() else f"{path}['{name}']"


def _spell(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
