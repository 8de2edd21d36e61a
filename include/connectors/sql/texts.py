"""Exact texts: how a database's values become the text that the later stages read.

Numbers are in plain decimal notation (no exponent, no digits added or lost; a double is its shortest exact
text), `NaN` and `Infinity` stay words, dates and times are ISO 8601, booleans `true` and `false`.
"""

import datetime as dt
import math
import zoneinfo
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import Finding, RefusedError


def spell_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers as a server wrote them, those with an exponent (`1e-07`) spelt out."""
    odd = pc.fill_null(pc.match_substring(column, "e", ignore_case=True), False)
    if not pc.any(odd).as_py():
        return column
    spelt = pa.array([format(Decimal(text), "f") for text in pc.filter(column, odd).to_pylist()], column.type)
    return pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), _whole(odd), spelt)])


def spell_timestamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return `2026-03-01 00:00:00+08` as `2026-03-01T00:00:00+08:00`."""
    column = pc.replace_substring(column, " ", "T", max_replacements=1)
    return pc.replace_substring_regex(column, r"(T.*[+-]\d\d)$", r"\1:00")


def spell_booleans(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return `t` and `f` as `true` and `false`."""
    return pc.if_else(pc.equal(column, "t"), "true", "false")


def spell_values(values: Sequence[Any], column: str, zone: zoneinfo.ZoneInfo) -> pa.Array:
    """Return Python values of one column, as a driver gives them, as text; None stays null.

    Instants (timestamps with a zone) are told in `zone`. Raises RefusedError with `unsupported_type` for
    bytes and other values that have no text of their own.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    spellers = {kind: _speller(kind, column, zone) for kind in kinds}
    return pa.array([None if v is None else spellers[type(v)](v) for v in values], pa.string())


def spell_float(value: float) -> str:
    """Return a double's shortest exact decimal text: 0.1, 12, 0.00000015, NaN, -Infinity."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def unsupported(column: str, kind: str) -> RefusedError:
    """Return the refusal of a column whose type can't be told as text."""
    return RefusedError([Finding("unsupported_type", found=kind, column=column)])


def _speller(kind: type, column: str, zone: zoneinfo.ZoneInfo) -> Any:
    if issubclass(kind, bool):
        return lambda v: "true" if v else "false"
    if issubclass(kind, float):
        return spell_float
    if issubclass(kind, Decimal):
        return lambda v: format(v, "f")
    if issubclass(kind, dt.datetime):
        return lambda v: (v.astimezone(zone) if v.tzinfo else v).isoformat()
    if issubclass(kind, dt.date | dt.time):
        return lambda v: v.isoformat()
    if issubclass(kind, bytes | bytearray | memoryview | dict | list | tuple | set | frozenset):
        raise unsupported(column, kind.__name__)
    return str


def _whole(array: pa.ChunkedArray | pa.Array) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
