"""Typed cells as Arrow columns: the text of each cell beside one byte that says what kind of cell it was.

Runs inside the reading child. Values come as Python objects because the texts that the reader makes of numbers
are rounded to nine decimals (1.5e-12 becomes 0).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Context
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BLANK, TEXT, NUMBER, BOOLEAN, DATE, ERROR = range(6)
KIND_NAMES = ("blank", "text", "number", "boolean", "date", "error")
BATCH_ROWS = 8192
_TENS = np.array([float(f"1e{power}") for power in range(23)])
_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)


class ErrorText(str):
    """The text of an error cell, such as `#REF!`; a type of its own so that no text cell passes for it."""

    __slots__ = ()


class ShownNumber(str):
    """A number whose format shows another one than is stored, as shown: `12%`."""

    __slots__ = ()


class IndentedText(str):
    """A text that stands in by its style, with the blanks that look so."""

    __slots__ = ()


def number_text(value: float) -> str:
    """Return a double rounded half-up to 15 significant digits, in plain notation without exponent.

    Rounds the shortest text that stands for the double: what a person saw, and what LibreOffice saves.
    """
    exact = _FIFTEEN.create_decimal(repr(value))
    if not exact.is_finite():
        return str(value)
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _duration_text(value: dt.timedelta) -> str:
    minutes, seconds = divmod(value.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:02.0f}"


def _moment_text(value: dt.datetime) -> str:
    midnight = value.time() == dt.time()
    return value.date().isoformat() if midnight else value.isoformat(sep=" ")


_FORMS: dict[type, tuple[int, Callable[[Any], str | None]]] = {
    str: (TEXT, lambda value: value or None),
    float: (NUMBER, number_text),
    int: (NUMBER, str),
    bool: (BOOLEAN, lambda value: "TRUE" if value else "FALSE"),
    dt.date: (DATE, dt.date.isoformat),
    dt.datetime: (DATE, _moment_text),
    dt.time: (DATE, dt.time.isoformat),
    dt.timedelta: (DATE, _duration_text),
    ErrorText: (ERROR, str),
    ShownNumber: (NUMBER, str),
    IndentedText: (TEXT, str),
}


def batches(rows: Iterable[list[Any]], width: int) -> Iterator[pa.RecordBatch]:
    """Yield record batches of up to BATCH_ROWS rows: text columns v0.. and uint8 kind columns k0.. .

    Every row must have `width` values.
    """
    names = [f"v{index}" for index in range(width)] + [f"k{index}" for index in range(width)]
    source = iter(rows)
    while block := list(islice(source, BATCH_ROWS)):
        columns = [_convert(values) for values in zip(*block, strict=True)]
        yield pa.record_batch([text for text, _ in columns] + [kind for _, kind in columns], names=names)


def schema(width: int) -> pa.Schema:
    """Return the schema of `batches`."""
    return pa.schema(
        [(f"v{index}", pa.string()) for index in range(width)]
        + [(f"k{index}", pa.uint8()) for index in range(width)]
    )


def _convert(values: tuple[Any, ...]) -> tuple[pa.Array, pa.Array]:
    types = set(map(type, values))
    if types == {str}:
        texts = pa.array(values, pa.string())
        blank = pc.equal(texts, "")
        if pc.any(blank).as_py():
            texts = pc.if_else(blank, pa.scalar(None, pa.string()), texts)
        return texts, pc.if_else(blank, pa.scalar(BLANK, pa.uint8()), pa.scalar(TEXT, pa.uint8()))
    if types == {float}:
        return _float_texts(pa.array(values, pa.float64())), _constant(NUMBER, len(values))
    if types == {dt.date}:
        return pc.cast(pa.array(values, pa.date32()), pa.string()), _constant(DATE, len(values))
    texts = pa.array([_FORMS[type(value)][1](value) for value in values], pa.string())
    kinds = pa.array([BLANK if value == "" else _FORMS[type(value)][0] for value in values], pa.uint8())
    return texts, kinds


def _float_texts(numbers: pa.Array) -> pa.Array:
    """Return the `number_text` of each value: vectorised where that is certain, the rest one by one."""
    values = numbers.to_numpy(zero_copy_only=False)
    texts = pc.cast(numbers, pa.string())
    if pc.max(pc.binary_length(texts)).as_py() > 16:
        rounded, sure = _round_to_fifteen(values)
        texts = pc.cast(pa.array(np.where(sure, rounded, values)), pa.string())
    else:
        sure = np.ones(len(values), bool)
    plain = pc.invert(pc.or_(pc.match_substring_regex(texts, "[a-z]"), pc.equal(texts, "-0")))
    doubtful = ~(sure & plain.to_numpy(zero_copy_only=False))
    if not doubtful.any():
        return texts
    exact = [number_text(value) for value in values[doubtful].tolist()]
    return pc.replace_with_mask(texts, pa.array(doubtful), pa.array(exact, pa.string()))


def _round_to_fifteen(
    values: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return (the doubles nearest to the values rounded to 15 digits, where that is certain).

    Scaled to 15 digits before the point the product is off by 1/16 at most, so that only what lies near a
    half is uncertain; dividing a whole number below 2**53 by an exact power of ten (10**22 at most) rounds
    correctly.
    """
    with np.errstate(all="ignore"):
        size = np.abs(values)
        digits = 14 - np.floor(np.log10(size))
        scale = _TENS[np.clip(np.nan_to_num(digits), 0, 22).astype(np.int64)]
        product = size * scale
        whole = np.rint(product)
        near_half = np.abs(product - np.floor(product) - 0.5) < 0.13
        sure = (digits >= 0) & (digits <= 22) & (whole >= 1e14) & (whole < 1e15) & ~near_half
        return np.copysign(whole / scale, values), sure | (values == 0)


def _constant(kind: int, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(kind, pa.uint8()), length)
