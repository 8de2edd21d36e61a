"""REST sources: a service that answers in JSON, read page by page, from allowed hosts only."""

import datetime as dt
import re
from collections.abc import Generator
from urllib.parse import quote

import pyarrow as pa

from include.batch import Connection, Reported, Window
from include.catalogue.models import RestSource
from include.connectors.assembling import assemble, take_first
from include.connectors.rest.client import Client
from include.connectors.rest.exchange import Limits
from include.connectors.rest.paging import read_pages
from include.connectors.rest.paths import split_filter
from include.connectors.rest.records import read_columns
from include.errors import ConfigurationError, RefusedError

PLACEHOLDERS = ("window_start", "window_end", "window_end_inclusive")


def fetch(
    source: RestSource,
    window: Window,
    connection: Connection,
    *,
    limits: Limits | None = None,
    changed_since: str | None = None,
    most: int | None = None,
) -> Reported:
    """Return all records that the service of `source` gives for `window`, or the first `most` and no further page.

    `{window_start}`, `{window_end}` (the first day after) and `{window_end_inclusive}` (the last day) in the
    request's path and parameters are filled with ISO dates. The frame has the declared columns, all text,
    numbers with exactly the digits of the answer. Parameters with `{changed_since}` are sent where it is given, for the
    records that changed, whatever a filter in `records` wants of them, and left out otherwise.
    `_row` is the record's 1-based position in the batch and
    `_key` its page and its place on it (`page 3, item 17`); the address itself is left out, since it follows
    from the configuration and the window and can hold cursors that are secrets. `shape` tells the kind of each field.

    Raises ConfigurationError (connection or request incomplete), RefusedError (`columns_changed`, `null_records`,
    `total_mismatch`, `page_repeated`, `host_not_allowed`, `address_not_allowed`, `limit_exceeded`) and
    SourceUnavailableError with the codes of `include.connectors.rest.client`. None repeats a secret of the
    connection, whatever the service answers.
    """
    shape: dict[str, str] = {}
    tables = read_tables(source, window, connection, limits=limits, changed_since=changed_since, shape=shape)
    table = take_first(tables, most)
    return assemble(table.drop_columns("_key"), table["_key"], shape=shape)


def read_tables(
    source: RestSource,
    window: Window,
    connection: Connection,
    *,
    limits: Limits | None = None,
    changed_since: str | None = None,
    shape: dict[str, str] | None = None,
) -> Generator[pa.Table, None, None]:
    """Yield a table a page, at least one, its records' keys in `_key`. Contract and errors as for `fetch`."""
    if changed_since:  # a record that the filter drops since it changed has changed too
        source = source.model_copy(update={"records": split_filter(source.records)[0]})
    values = _window_texts(window) | ({"changed_since": changed_since} if changed_since else {})
    where = f"source {source.source}: request"
    path = _fill(source.request.path, {name: quote(text) for name, text in values.items()}, where)
    params = {
        name: _fill(value, values, where) if isinstance(value, str) else value
        for name, value in source.request.params.items()
        if changed_since or "{changed_since}" not in str(value)
    }
    with Client(source, connection, limits or Limits()) as client:
        pages = read_pages(source, client, f"{client.base}/{path.lstrip('/')}", params)
        try:
            yield from read_columns(source, pages, {} if shape is None else shape)
        except RefusedError as error:
            refusal = RefusedError([client.secrets.redact(finding) for finding in error.findings])
        else:
            return
    raise refusal


def _window_texts(window: Window) -> dict[str, str]:
    last = window.end - dt.timedelta(days=1)
    return dict(zip(PLACEHOLDERS, (day.isoformat() for day in (window.start, window.end, last)), strict=True))


def _fill(text: str, values: dict[str, str], where: str) -> str:
    unknown = [name for name in re.findall(r"\{(\w*)\}", text) if name not in values]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise ConfigurationError([f"{where}: unknown placeholder {{{unknown[0]}}}; known are {known}"])
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)
