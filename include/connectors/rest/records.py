"""JSON records to columns of text, column by column."""

import re
from collections.abc import Generator, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.catalogue.models import RestSource
from include.connectors.assembling import check_size, columns_changed, number_rows, write_shape
from include.connectors.rest.bodies import JsonNumber
from include.connectors.rest.paging import Page
from include.connectors.rest.paths import MISSING, compile_path, name_fields
from include.errors import Finding, RefusedError

_FIRST_STEP = re.compile(r"^\$(?:\.|\[['\"])([^.\[\]'\"]+)")
_TEXTS = {True: "true", False: "false"}
_MOMENT = re.compile(r"\d{4}-?\d\d-?\d\d(?:[T ](?P<time>[\d:.,]+)(?P<zone> ?(?:Z|[+-]\d\d:?(?:\d\d)?))?)?")


def read_columns(
    source: RestSource, pages: Iterable[Page], shape: dict[str, str]
) -> Generator[pa.Table, None, None]:
    """Yield the declared columns of each page's records, as text, and `_key`, each record's: `page 3, item 17`.

    Text stays as it is, numbers have come as their exact text, booleans become `true` and `false`, null and
    a path that leads nowhere in this record become null. A column without a `path` is the field of its name.
    Raises RefusedError: `columns_changed` where a path leads nowhere in every record, or to an object or
    list; `limit_exceeded` beyond the source's `max_rows`. Each field's kinds are added to `shape` with each page:
    `integer`, `decimal`, `text`, `boolean`, and of a column of dates `date`, `timestamp` or `timestamptz`. They stand
    by a declared column's name; further fields have '' by their path.
    """
    paths = {name: compile_path(column.path or f"$['{name}']") for name, column in source.columns.items()}
    unseen = {name for name, column in source.columns.items() if column.is_ != "ignore"}
    kinds: dict[str, set[str]] = {name: set() for name in paths}
    used = {field for path in paths.values() for field in _FIRST_STEP.findall(path.text)}
    rows, fields = 0, ""
    yield pa.table({name: pa.array([], pa.string()) for name in (*paths, "_key")})
    for page in pages:
        rows += len(page.records)
        check_size(source, rows)
        values = {name: [path.read(record) for record in page.records] for name, path in paths.items()}
        unseen -= {name for name in unseen if any(value is not MISSING for value in values[name])}
        columns = {name: _spell(name, column, page.number) for name, column in values.items()}
        for name, column in values.items():
            kinds[name] |= _kinds_of(column, dated=source.columns[name].type == "date")
        kinds |= {f"$.{name}": set() for name in set().union(*page.records) - used}
        shape.update(write_shape(kinds, {}))
        fields = fields or (name_fields(page.records[0]) if page.records else "")
        yield pa.table({**columns, "_key": _name_items(page)})
    if unseen and rows:
        raise RefusedError([columns_changed([paths[name].text for name in sorted(unseen)], [fields])])


def _kinds_of(values: list[Any], *, dated: bool) -> set[str]:
    kinds = {"boolean"} if any(isinstance(value, bool) for value in values) else set()
    kinds |= {
        "integer" if value.removeprefix("-").isdecimal() else "decimal"
        for value in values
        if isinstance(value, JsonNumber)
    }
    texts = [value for value in values if type(value) is str]
    if not dated:
        return kinds | ({"text"} if texts else set())
    return kinds | set(map(_kind_of_moment, texts))


def _kind_of_moment(text: str) -> str:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return "text"
    return "timestamptz" if found["zone"] else "timestamp" if found["time"] else "date"


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
