"""The rows of a batch that go on, and what all facts of a row share: unit, date, dimensions, place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from include.batch import sheet_of
from include.catalogue import Catalogue
from include.catalogue.rates import DIMENSION
from include.plan import Field, Plan, name_units
from include.validated import Validated, as_objects

Objects = npt.NDArray[np.object_]
Dimensions = frozenset[str]


@dataclass(frozen=True)
class Rows:
    """The rows that go on; arrays and columns have one entry for each.

    `dimensions[counterparties]` is the dimension set where those dimensions name org units. `currencies` are
    ISO codes, None where the record says none.
    """

    frame: pd.DataFrame
    shared: pa.Table
    dimensions: dict[Dimensions, pa.Array]
    currencies: Objects
    sheets: Objects
    row: pa.Array
    col: pa.Array

    @classmethod
    def take(cls, validated: Validated, plan: Plan, catalogue: Catalogue) -> "Rows":
        """Leave out the rows that are held, and write down what the others share."""
        frame = validated.frame
        going = frame[~frame["_held"].to_numpy(bool)]
        shared = pa.table(
            {
                "org": _texts(going["_unit"]),
                "date": _dates(going["_date"]),
                "grain": _texts(going["_grain"]),
                "month": _dates(going["_month"]),
                "slice_period": _texts(going["_slice"]),
                "sheet": _texts(going["_sheet"].map(sheet_of, na_action="ignore")),
                "key": _texts(going["_key"]),
            }
        )
        sets = {counterparties_of(field, catalogue) for field in plan.measures}
        dimensions = {named: _write_dimensions(going, plan, named, catalogue) for named in sets}
        currencies = (
            as_objects(going["_currency"]) if "_currency" in going else np.full(len(going), None, object)
        )
        row, col = (pa.array(going[name], pa.int32(), from_pandas=True) for name in ("_row", "_col"))
        sheets = going["_sheet"].fillna("").to_numpy(object)
        return cls(going, shared, dimensions, currencies, sheets, row, col)

    def values(self, name: str) -> Objects:
        """Return the typed values of a column; all None where the batch doesn't hold it."""
        return as_objects(self.frame[name]) if name in self.frame else np.full(len(self.frame), None, object)

    def rate_dimensions(self, there: npt.NDArray[np.int64]) -> pa.Array:
        """Return the dimension sets of the currency rates in the rows `there`: each is of one currency."""
        places, codes = pd.factorize(self.currencies[there])
        return pa.array([_write_set({DIMENSION: code}) for code in codes], pa.string()).take(pa.array(places))


def counterparties_of(field: Field, catalogue: Catalogue) -> Dimensions:
    """Return the dimensions that name other org units, for the metric of `field`."""
    return catalogue.counterparties.get(field.metric, frozenset())


def axis_of(field: Field, validated: Validated, rows: Rows) -> tuple[pa.Array, pa.Array]:
    """Return the measure's own row and column on each row's sheet; null where the record decides."""
    sheets, names = pd.factorize(rows.sheets)
    places = [validated.axes.get(str(name), {}).get(field.name, (None, None)) for name in names]
    taken = pa.array(sheets)
    row, col = (pa.array([place[part] for place in places], pa.int32()).take(taken) for part in (0, 1))
    return row, col


def _write_dimensions(frame: pd.DataFrame, plan: Plan, named: Dimensions, catalogue: Catalogue) -> pa.Array:
    """Return each row's dimensions as canonical JSON (sorted, no blanks); a blank value is left out.

    Values of the dimensions in `named` that mean an org unit are its id.
    """
    fields = [field for field in plan.with_role("dimension") if field.name in frame]
    if not fields or frame.empty:
        return pa.array(["{}"] * len(frame), pa.string())
    columns = [
        name_units(frame[field.name], catalogue) if field.dimension in named else frame[field.name]
        for field in fields
    ]
    coded = [pd.factorize(column) for column in columns]
    numbers, sets = pd.factorize(pd.MultiIndex.from_arrays([codes for codes, _ in coded]))
    texts = [_write_set(dict(_named(fields, coded, places))) for places in sets]
    return pa.array(texts, pa.string()).take(pa.array(numbers))


def _write_set(dimensions: dict[str, str]) -> str:
    return json.dumps(dimensions, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _named(fields: list[Field], coded: list[Any], places: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    for field, (_, distinct), place in zip(fields, coded, places, strict=True):
        if place >= 0:
            yield field.dimension, _dimension_text(distinct[place])


def _dimension_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _texts(series: "pd.Series[Any]") -> pa.Array:
    return pa.array(series, pa.string(), from_pandas=True)


def _dates(series: "pd.Series[Any]") -> pa.Array:
    return pa.array(series, from_pandas=True).cast(pa.date32())
