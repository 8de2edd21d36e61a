"""Turn reported text into typed values: a text that can't be read with certainty is a failure.

Each reader takes one text and gives its value or the code of what is wrong with it; `coerce` runs a reader
over the distinct texts of a whole column. Nothing here knows sources or findings.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.coerce.dates import Hand, read_date, read_month, read_period, read_quarter, read_week
from include.coerce.numbers import (
    ALL_SIGNS,
    SIGN_CURRENCIES,
    common_numbers,
    find_decimal_commas,
    read_number,
    trim_zeros,
)
from include.coerce.plain import (
    ERROR_CELLS,
    INVISIBLE,
    MOST_DIGITS,
    VISIBLE_FORMS,
    YEARS_AHEAD,
    Failure,
    unify,
)
from include.period import CALENDAR_MONTHS, Calendar

__all__ = [
    "ALL_SIGNS",
    "SIGN_CURRENCIES",
    "Coerced",
    "Failure",
    "Reading",
    "coerce",
    "read_number",
    "trim_zeros",
]

Objects = npt.NDArray[np.object_]
Reader = Callable[[str], Any]

_TRUE = frozenset(("true", "yes", "y", "t", "1", "是", "√", "✓"))
_FALSE = frozenset(("false", "no", "n", "f", "0", "否", "×"))


@dataclass(frozen=True)
class Coerced:
    """A column's typed values and its failures, in the order of the texts.

    `values`: Decimal objects (decimal, integer), datetime64[D] (date), text keys (month, week, quarter, period),
    text without outer blanks (text) or bool objects; None (NaT for dates) where blank, null or failed.
    `codes`: the failure's message code, None where there is none.
    `values[i]` is `distinct[places[i]]` where the column was read by its distinct texts, for work that need
    be done only once for each of them (several may have the same value); None for numbers.
    """

    values: npt.NDArray[Any]
    codes: Objects
    places: npt.NDArray[np.int64] | None = None
    distinct: npt.NDArray[Any] | None = None

    @cached_property
    def failed(self) -> npt.NDArray[np.bool_]:
        """Mask of the texts that could not be read."""
        return np.asarray(pd.notna(self.codes))

    @cached_property
    def blank(self) -> npt.NDArray[np.bool_]:
        """Mask of the texts that report nothing: blank or a declared null mark."""
        return np.asarray(pd.isna(self.values)) & ~self.failed

    @property
    def grouped(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Return `places` and `distinct`, made where they aren't there."""
        if self.places is None or self.distinct is None:
            places, distinct = pd.factorize(self.values, use_na_sentinel=False)
            return places, np.asarray(distinct)
        return self.places, self.distinct


@dataclass(frozen=True)
class Reading:
    """How a column is written.

    `nulls` are its null marks; `date_format` is strptime's notation where dates
    aren't ISO; a timestamp with a zone means the date in `timezone`; `percent` is what `1%` is in the
    column's unit (1 for %, 10 for ‰, 0.01 without unit), None where it can't be; `flags` are marks that may stand
    behind a number; `signs` are the currency signs that fit the column's unit; periods are those of
    `calendar`.
    """

    nulls: Collection[str] = ()
    date_format: str | None = None
    timezone: str = "Asia/Shanghai"
    percent: Decimal | None = None
    flags: Collection[str] = ()
    signs: Collection[str] = ALL_SIGNS
    calendar: Calendar = field(default_factory=lambda: CALENDAR_MONTHS)


def coerce(texts: "pd.Series[Any]", kind: str, reading: Reading | None = None) -> Coerced:
    """Read a column of text as `kind`: text, integer, decimal, date, month, week, quarter, period or boolean.

    `period` is the key of a month, in a calendar of weeks of a week, or of a quarter.
    Blanks and null marks give None. Never raises for what a text says.
    """
    reading = reading or Reading()
    if kind in {"decimal", "integer"}:
        return _coerce_numbers(texts, kind, reading)
    column = _as_arrow(texts).dictionary_encode()
    places = (
        pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    read = _read_texts if kind == "text" else partial(_read_each, read=_reader(kind, reading))
    distinct, codes = read(column.dictionary, nulls=reading.nulls)
    if kind == "date":
        distinct = distinct.astype("datetime64[D]")
    return Coerced(distinct[places], codes[places], places, distinct)


def _reader(kind: str, reading: Reading) -> Reader:
    zone = ZoneInfo(reading.timezone)
    latest = dt.datetime.now(zone).year + YEARS_AHEAD
    hand = Hand(reading.date_format, zone, latest, reading.calendar)
    readers: dict[str, Reader] = {
        "boolean": read_boolean,
        "date": lambda text: read_date(text, reading.date_format, zone, latest),
        "month": lambda text: read_month(text, hand),
        "week": lambda text: read_week(text, hand),
        "quarter": lambda text: read_quarter(text, latest),
        "period": lambda text: read_period(text, hand),
    }
    return readers[kind]


def _read_unless_null(text: str, read: Reader, nulls: Collection[str]) -> Any:
    text = text.translate(VISIBLE_FORMS).strip()
    if not text or text in nulls:
        return None
    if text.upper() in ERROR_CELLS:
        return Failure("error_cell")
    return read(text)


def _coerce_numbers(texts: "pd.Series[Any]", kind: str, reading: Reading) -> Coerced:
    """Read common spellings in one vectorised pass and each other distinct text by itself."""
    column = _as_arrow(texts)
    plain = pc.match_substring_regex(column, common_numbers(reading.signs))
    plain = pc.and_(plain, pc.less_equal(pc.binary_length(column), MOST_DIGITS))
    if reading.nulls:
        plain = pc.and_(plain, pc.invert(pc.is_in(column, pa.array(list(reading.nulls), pa.string()))))
    simple = pc.fill_null(plain, False).to_numpy(zero_copy_only=False)
    values = np.full(len(column), None, dtype=object)
    codes = values.copy()
    tidy = trim_zeros(pc.replace_substring_regex(column.filter(pa.array(simple)), "[ ,+$¥€£]+", ""))
    values[simple] = np.fromiter(map(Decimal, tidy.to_pylist()), dtype=object, count=len(tidy))
    broken = np.zeros(len(column), dtype=bool)
    broken[simple] = pc.match_substring(tidy, ".").to_numpy(zero_copy_only=False)
    if not simple.all():
        rest = np.flatnonzero(~simple)
        others = column.take(pa.array(rest)).dictionary_encode()
        distinct, failed = _read_each(others.dictionary, nulls=reading.nulls, read=_number_reader(reading))
        places = pc.fill_null(others.indices, len(others.dictionary)).to_numpy(zero_copy_only=False)
        values[rest], codes[rest] = distinct[places], failed[places]
        broken[rest] = np.array([number is not None and "." in format(number, "f") for number in distinct])[
            places
        ]
    if doubtful := find_decimal_commas(column):
        mask = pc.fill_null(pc.match_substring_regex(column, doubtful), False).to_numpy(zero_copy_only=False)
        values[mask], codes[mask], broken[mask] = None, "ambiguous_number", False
    if kind == "integer":
        values[broken], codes[broken] = None, "not_an_integer"
    return Coerced(values, codes)


def _number_reader(reading: Reading) -> Reader:
    flags = sorted(map(unify, reading.flags), key=len, reverse=True)
    return lambda text: read_number(text, reading.percent, reading.signs, flags)


def _as_arrow(texts: "pd.Series[Any]") -> pa.Array:
    column = pa.array(texts, pa.string(), from_pandas=True)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _read_each(texts: pa.Array, nulls: Collection[str], read: Reader) -> tuple[Objects, Objects]:
    """Return the values and the codes of failures of distinct texts, and a last None for a missing text."""
    outcomes = [_read_unless_null(text, read, nulls) for text in texts.to_pylist()]
    values = np.array([*(None if isinstance(o, Failure) else o for o in outcomes), None], dtype=object)
    codes = np.array([*(o.code if isinstance(o, Failure) else None for o in outcomes), None], dtype=object)
    return values, codes


def _read_texts(texts: pa.Array, nulls: Collection[str]) -> tuple[Objects, Objects]:
    """Do the same for plain text, without a look at each."""
    bare = texts
    if pc.any(pc.match_substring_regex(texts, f"[{INVISIBLE}]")).as_py():
        bare = pc.replace_substring_regex(texts, f"[{INVISIBLE}]", "")
    bare = pc.utf8_trim_whitespace(bare)
    empty = pc.is_in(bare, pa.array(["", *nulls], pa.string()))
    broken = pc.and_not(pc.is_in(pc.utf8_upper(bare), pa.array(sorted(ERROR_CELLS), pa.string())), empty)
    values = pc.if_else(pc.or_(empty, broken), pa.scalar(None, pa.string()), bare)
    codes = pc.if_else(broken, "error_cell", pa.scalar(None, pa.string()))
    missing = pa.array([None], pa.string())
    found = [pa.concat_arrays([array, missing]).to_numpy(zero_copy_only=False) for array in (values, codes)]
    return found[0], found[1]


def read_boolean(text: str) -> bool | Failure:
    """Return True or False for true/yes/1/是 or false/no/0/否 in any letter case, else not_a_boolean."""
    folded = unify(text).casefold()
    return True if folded in _TRUE else False if folded in _FALSE else Failure("not_a_boolean")
