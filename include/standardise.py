"""Standardise: a validated batch's measures to facts, one row a value, in the catalogue's units, exactly."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Source
from include.coerce import trim_zeros
from include.errors import RefusedError
from include.plan import Field, Plan, plan_source
from include.validated import Validated, as_objects

FACTS = pa.schema(
    [
        ("metric", pa.string()),
        ("metric_version", pa.int32()),
        ("org", pa.string()),
        ("date", pa.date32()),
        ("grain", pa.string()),
        ("month", pa.date32()),
        ("slice_period", pa.string()),
        ("dimensions", pa.string()),
        ("scenario", pa.string()),
        ("basis", pa.string()),
        ("value", pa.string()),
        ("reported", pa.string()),
        ("unit", pa.string()),
        ("sheet", pa.string()),
        ("measure", pa.string()),
        ("row", pa.int32()),
        ("col", pa.int32()),
        ("key", pa.string()),
        ("currency", pa.string()),
        ("weight", pa.string()),
        ("member", pa.string()),
        ("for_version", pa.int32()),
    ]
)
PLACES = 12
"""Decimal places of a value whose conversion has no finite decimal form; rounded half-up."""
_PRECISION = 200
_BASES = {"flow": "F", "ytd": "Y", "stock": "S"}


def standardise(source: Source, catalogue: Catalogue, validated: Validated) -> pa.Table:
    """Return one fact (a row of FACTS) for each measure value of the rows that go on.

    `date` is the day or the period's last day, `month` the first day of the month that holds it. `value` is
    the exact decimal in the metric's unit: reported x factor, times -1 where the source says `sign: "-"`;
    rounded half-up to PLACES only where the factor has no finite decimal form. `reported` is the exact
    decimal as reported, in `unit`. `basis` F flow, Y year to date, S stock. Blank values and held slices
    give no fact.
    Raises RefusedError with the batch's errors where nothing of it may go on.
    """
    if validated.refused:
        raise RefusedError(validated.errors)
    plan = plan_source(source, catalogue)
    rows = _Rows.take(validated, plan)
    tables = [
        _measure_facts(field, catalogue, validated, rows)
        for field in plan.measures
        if field.name in validated.frame and len(rows.positions)
    ]
    return pa.concat_tables([FACTS.empty_table(), *tables])


@dataclass(frozen=True)
class _Rows:
    """The rows that go on, and what all measures of a row share; arrays have one entry for each row."""

    positions: npt.NDArray[np.int64]
    shared: pa.Table
    sheets: npt.NDArray[np.object_]
    row: pa.Array
    col: pa.Array

    @classmethod
    def take(cls, validated: Validated, plan: Plan) -> "_Rows":
        frame = validated.frame
        positions = np.flatnonzero(~frame["_held"].to_numpy(bool)).astype(np.int64)
        going = frame.iloc[positions]
        shared = pa.table(
            {
                "org": _texts(going["_unit"]),
                "date": _dates(going["_date"]),
                "grain": _texts(going["_grain"]),
                "month": _dates(going["_month"]),
                "slice_period": _texts(going["_slice"]),
                "dimensions": _write_dimensions(going, plan),
                "sheet": _texts(going["_sheet"]),
                "key": _texts(going["_key"]),
            }
        )
        row, col = (pa.array(going[name], pa.int32(), from_pandas=True) for name in ("_row", "_col"))
        return cls(positions, shared, going["_sheet"].fillna("").to_numpy(object), row, col)


def _measure_facts(field: Field, catalogue: Catalogue, validated: Validated, rows: _Rows) -> pa.Table:
    """Return the facts of one measure column; the metric's version is the one in force at each date."""
    values = as_objects(validated.frame[field.name])[rows.positions]
    there = np.flatnonzero(pd.notna(values))
    taken = pa.array(there)
    shared = rows.shared.take(taken)
    metric = str(field.model.metric)
    reported, converted = convert(values[there], _factor(field, catalogue))
    axis_row, axis_col = _axis(field, validated, rows)
    columns = {
        "metric": pa.repeat(metric, len(there)),
        "metric_version": _versions(shared["date"].combine_chunks(), catalogue.metrics[metric], catalogue),
        "scenario": pa.repeat(field.model.scenario, len(there)),
        "basis": pa.repeat(_basis(field, catalogue), len(there)),
        "value": converted,
        "reported": reported,
        "unit": pa.repeat(field.unit, len(there)),
        "currency": pa.nulls(len(there), pa.string()),
        "weight": pa.nulls(len(there), pa.string()),
        "member": pa.nulls(len(there), pa.string()),
        "for_version": pa.nulls(len(there), pa.int32()),
        "measure": pa.repeat(field.name, len(there)),
        "row": pc.coalesce(axis_row, rows.row).take(taken),
        "col": pc.coalesce(axis_col, rows.col).take(taken),
    }
    columns |= {name: shared[name] for name in shared.column_names}
    return pa.table({name: columns[name] for name in FACTS.names}, schema=FACTS)


def convert(values: npt.NDArray[np.object_], factor: Fraction) -> tuple[pa.Array, pa.Array]:
    """Return Decimals as reported and multiplied by `factor`.

    Both are plain decimal texts without needless zeros. The product is exact where the factor is a finite
    decimal, else rounded half-up to PLACES places.
    """
    reported = _write_decimals(values)
    if factor == 1:
        return reported, reported
    with localcontext(prec=_PRECISION):
        finite = _finite(factor)
        if finite is not None:
            return reported, _write_decimals(values * finite)
        ratio, step = Decimal(factor.denominator), Decimal(1).scaleb(-PLACES)
        products = values * Decimal(factor.numerator)
        rounded = [_divide_half_up(product, ratio, step) for product in products]
        return reported, _write_decimals(np.array([*rounded, None], dtype=object)[:-1])


def _divide_half_up(number: Decimal, divisor: Decimal, step: Decimal) -> Decimal:
    """Divide and round half away from zero; a quotient carries 200 digits, too many for a false tie."""
    return (number / divisor).quantize(step, rounding=ROUND_HALF_UP)


def _finite(factor: Fraction) -> Decimal | None:
    """Return the factor as an exact Decimal, or None where its decimals never end."""
    rest = factor.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return Decimal(factor.numerator) / Decimal(factor.denominator) if rest == 1 else None


def _write_decimals(values: npt.NDArray[np.object_]) -> pa.Array:
    """Return plain texts of Decimals: no exponent, no needless zeros."""
    texts = pa.array(list(map(str, values)), pa.string())
    odd = pc.match_substring(texts, "E")
    if pc.any(odd).as_py():
        plain = [format(values[place], "f") for place in np.flatnonzero(odd.to_numpy(zero_copy_only=False))]
        texts = pc.replace_with_mask(texts, odd, pa.array(plain, pa.string()))
    return trim_zeros(texts)


def _factor(field: Field, catalogue: Catalogue) -> Fraction:
    wanted = catalogue.latest(str(field.model.metric)).unit
    return catalogue.units.factor(field.unit, wanted) * (-1 if field.model.sign == "-" else 1)


def _basis(field: Field, catalogue: Catalogue) -> str:
    stock = catalogue.latest(str(field.model.metric)).over_time == "last"
    return _BASES[field.model.reported_as or ("stock" if stock else "flow")]


def _versions(dates: pa.Array, versions: list[MetricDefinition], catalogue: Catalogue) -> pa.Array:
    if len(versions) == 1:
        return pa.repeat(pa.scalar(versions[0].version, pa.int32()), len(dates))
    encoded = dates.dictionary_encode()
    found = [catalogue.metric_at(versions[0].id, date).version for date in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.int32()).take(encoded.indices)


def _axis(field: Field, validated: Validated, rows: _Rows) -> tuple[pa.Array, pa.Array]:
    """Return the measure's own row and column on each row's sheet; null where the record decides."""
    sheets, names = pd.factorize(rows.sheets)
    places = [validated.axes.get(str(name), {}).get(field.name, (None, None)) for name in names]
    taken = pa.array(sheets)
    row, col = (pa.array([place[part] for place in places], pa.int32()).take(taken) for part in (0, 1))
    return row, col


def _write_dimensions(frame: pd.DataFrame, plan: Plan) -> pa.Array:
    """Return each row's dimensions as canonical JSON (sorted, no blanks); a blank value is left out."""
    fields = [field for field in plan.with_role("dimension") if field.name in frame]
    if not fields or frame.empty:
        return pa.array(["{}"] * len(frame), pa.string())
    coded = [pd.factorize(frame[field.name]) for field in fields]
    numbers, sets = pd.factorize(pd.MultiIndex.from_arrays([codes for codes, _ in coded]))
    texts = [
        json.dumps(
            dict(_named(fields, coded, places)), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        for places in sets
    ]
    return pa.array(texts, pa.string()).take(pa.array(numbers))


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
