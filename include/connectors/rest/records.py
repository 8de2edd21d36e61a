"""JSON records to columns of text, column by column."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.catalogue.models import RestSource
from include.connectors.assembling import check_size, columns_changed, number_rows
from include.connectors.rest.paging import Page
from include.connectors.rest.paths import MISSING, compile_path, name_fields
from include.errors import Finding, RefusedError

_TEXTS = {True: "true", False: "false"}


def collect_columns(source: RestSource, pages: Iterable[Page]) -> tuple[pa.Table, pa.ChunkedArray]:
    """Return the declared columns of all records, as text, and each record's key: `page 3, item 17`.

    Text stays as it is, numbers have come as their exact text, booleans become `true` and `false`, null and
    a path that leads nowhere in this record become null. A column without a `path` is the field of its name.
    Raises RefusedError: `columns_changed` where a path leads nowhere in every record, or to an object or
    list; `limit_exceeded` beyond the source's `max_rows`.
    """
    paths = {name: compile_path(column.path or f"$['{name}']") for name, column in source.columns.items()}
    unseen = {name for name, column in source.columns.items() if column.is_ != "ignore"}
    tables = [pa.table({name: pa.array([], pa.string()) for name in paths})]
    keys = []
    rows, fields = 0, ""
    for page in pages:
        rows += len(page.records)
        check_size(source, rows)
        values = {name: [path.read(record) for record in page.records] for name, path in paths.items()}
        unseen -= {name for name in unseen if any(value is not MISSING for value in values[name])}
        tables.append(pa.table({name: _spell(name, column, page.number) for name, column in values.items()}))
        keys.append(_name_items(page))
        fields = fields or (name_fields(page.records[0]) if page.records else "")
    if unseen and rows:
        raise RefusedError([columns_changed([paths[name].text for name in sorted(unseen)], [fields])])
    return pa.concat_tables(tables), pa.chunked_array(keys, pa.string())


def _spell(name: str, values: list[Any], page: int) -> pa.Array:
    kinds = set(map(type, values))
    if kinds & {dict, list}:
        item = next(i for i, value in enumerate(values, start=1) if isinstance(value, dict | list))
        kind = "object" if isinstance(values[item - 1], dict) else "list"
        finding = Finding(
            "columns_changed",
            found=kind,
            column=name,
            cell=f"page {page}, item {item}",
            rule="columns",
            params={"missing": name},
        )
        raise RefusedError([finding])
    if bool in kinds:
        values = [_TEXTS[value] if isinstance(value, bool) else value for value in values]
    if object in kinds:
        values = [None if value is MISSING else value for value in values]
    return pa.array(values, pa.string())


def _name_items(page: Page) -> pa.Array:
    items = number_rows(len(page.records)).cast(pa.string())
    return pc.binary_join_element_wise(f"page {page.number}, item ", items, "")
