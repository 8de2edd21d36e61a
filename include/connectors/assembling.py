"""From columns of text to `Reported`: what SQL and REST share once a system has answered."""

from collections.abc import Generator, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.batch import Reported
from include.catalogue.explaining import nearest
from include.catalogue.models import RestSource, SqlSource
from include.errors import Finding, RefusedError

KEY_ROLES = ("key", "org", "date", "period", "dimension", "currency")


def match_columns(source: SqlSource, present: Sequence[str]) -> dict[str, int]:
    """Return the position of each declared column in a result whose columns are called `present`.

    A column is found by its exact name, else by an alias, else by its name in another case if only one
    fits. A column whose role is `ignore` may be missing. Raises RefusedError with `columns_changed`, naming
    what is missing or ambiguous and what is there.
    """
    positions: dict[str, int] = {}
    missing = []
    for name, column in source.columns.items():
        found = find_column(name, column.aliases, present)
        if len(found) == 1:
            positions[name] = found[0]
        elif column.is_ != "ignore":
            missing.append(name)
    if missing:
        free = [name for i, name in enumerate(present) if i not in positions.values()]
        raise RefusedError([columns_changed(missing, present, free)])
    return positions


def columns_changed(missing: Iterable[str], present: Iterable[str], free: Sequence[str] = ()) -> Finding:
    """Return the finding for a system whose shape is no longer the declared one.

    `free` are the present columns that no declared one was found in: the missing may be called so now.
    """
    names = ", ".join(missing)
    near = dict.fromkeys(name for one in missing for name in nearest(one, free, 1))
    params = {"missing": names, "nearest": " / ".join(near)}
    return Finding("columns_changed", found=", ".join(present), column=names, params=params, rule="columns")


def ignored_columns(present: Sequence[str], used: Iterable[int]) -> tuple[Finding, ...]:
    """Return a warning that names the columns of the result that aren't declared; empty if none."""
    extra = [present[i] for i in sorted(set(range(len(present))) - set(used))]
    return (Finding("undeclared_columns", found=", ".join(extra), level="warning"),) if extra else ()


def check_size(source: SqlSource | RestSource, rows: int) -> None:
    """Raise RefusedError with `limit_exceeded` once more rows came than the source's `max_rows`."""
    if rows > source.max_rows:
        limit = {"limit": "max_rows", "allowed": f"{source.max_rows:,}", "actual": f"> {source.max_rows:,}"}
        raise RefusedError(
            [Finding("limit_exceeded", f"> {source.max_rows:,}", rule="max_rows", params=limit)]
        )


def name_records(source: SqlSource, table: pa.Table, before: int = 0) -> pa.Array:
    """Return each record's key as text: `store=S01, order_date=2026-03-01`.

    Made of the columns in `unique`, else of those whose role is one of KEY_ROLES; where there are none the
    record's 1-based position is its name: `row 17`. `before` records came in earlier tables.
    """
    names = [n for n in source.unique if n in table.column_names] or [
        n for n, c in source.columns.items() if c.is_ in KEY_ROLES and n in table.column_names
    ]
    if not names:
        ordinals = number_rows(table.num_rows, before).cast(pa.string())
        return pc.binary_join_element_wise("row ", ordinals, "")
    parts: list[pa.ChunkedArray | pa.Array | str] = []
    for name in names:
        parts += [f", {name}=" if parts else f"{name}=", table[name]]
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")


def take_first(tables: Generator[pa.Table, None, None], most: int | None) -> pa.Table:
    """Return the tables as one: all rows, or the first `most`, after which the system is asked no further."""
    taken, rows = [], 0
    for table in tables:
        taken.append(table if most is None else table.slice(0, most - rows))
        rows += taken[-1].num_rows
        if most is not None and rows >= most:
            break
    tables.close()
    return pa.concat_tables(taken)


def write_shape(kinds: Mapping[str, Iterable[str]], names: Mapping[str, str]) -> dict[str, str]:
    """Return each column's kinds as one text (`number or text`; '' where none was seen), as `names` calls it."""
    return {names.get(column, column): " or ".join(sorted(seen)) for column, seen in kinds.items()}


def join_shapes(shapes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the shape of several answers together: of each column all kinds that any of them holds."""
    kinds: dict[str, set[str]] = {}
    for shape in shapes:
        for column, text in shape.items():
            kinds.setdefault(column, set()).update(set(text.split(" or ")) - {""})
    return write_shape(kinds, {})


def assemble(
    table: pa.Table,
    keys: pa.Array | pa.ChunkedArray,
    notes: tuple[Finding, ...] = (),
    shape: Mapping[str, str] | None = None,
) -> Reported:
    """Return text columns with the places that systems give; see `add_places`."""
    frame = add_places(table, keys).to_pandas()
    frame["_row"], frame["_col"] = frame["_row"].astype("Int64"), frame["_col"].astype("Int64")
    return Reported(frame=frame, notes=notes, rows_read=table.num_rows, shape=shape or {})


def add_places(table: pa.Table, keys: pa.Array | pa.ChunkedArray, before: int = 0) -> pa.Table:
    """Return records with the places that systems give: no sheet, a 1-based row, no column, a key.

    `before` records came in earlier tables of the batch.
    """
    rows = table.num_rows
    places = {
        "_sheet": pa.repeat(pa.scalar(""), rows),
        "_row": number_rows(rows, before),
        "_col": pa.nulls(rows, pa.int64()),
        "_key": keys,
    }
    for name, values in places.items():
        table = table.append_column(name, values)
    return table


def number_rows(rows: int, before: int = 0) -> pa.Array:
    """Return the numbers of the next `rows` records after `before` others."""
    return pa.array(np.arange(before + 1, before + rows + 1, dtype=np.int64))


def find_column(name: str, aliases: Sequence[str], present: Sequence[str]) -> list[int]:
    """Return where a column stands: by its exact name, else by an alias, else by its name in another case."""
    for wanted in (name, *aliases):
        exact = [i for i, there in enumerate(present) if there == wanted]
        if exact:
            return exact
    return [i for i, there in enumerate(present) if there.casefold() == name.casefold()]
