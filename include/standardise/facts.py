"""The facts of one column: numbers, members of a set, or currency rates."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.currencies import currency_of, in_currency, write_unit
from include.catalogue.models import Column
from include.plan import Field, Plan
from include.standardise.numbers import convert
from include.standardise.rows import Objects, Rows, axis_of, counterparties_of
from include.validated import Validated

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
_BASES = {"flow": "F", "ytd": "Y", "stock": "S"}
Columns = dict[str, pa.Array]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FactMaker:
    """Makes the facts of a batch, column by column."""

    catalogue: Catalogue
    plan: Plan
    validated: Validated
    rows: Rows

    def make(self, field: Field) -> pa.Table:
        """Return the facts of one column: one for each value that is there."""
        values = self.rows.values(field.name)
        there = np.flatnonzero(pd.notna(values))
        taken = pa.array(there)
        shared = self.rows.shared.take(taken)
        row, col = axis_of(field, self.validated, self.rows)
        columns: Columns = {
            "metric": pa.repeat(field.metric, len(there)),
            "scenario": pa.repeat(field.model.scenario, len(there)),
            "basis": pa.repeat(_basis(field, self.catalogue), len(there)),
            "measure": pa.repeat(field.name, len(there)),
            "row": pc.coalesce(row, self.rows.row).take(taken),
            "col": pc.coalesce(col, self.rows.col).take(taken),
        }
        columns |= {name: shared[name] for name in shared.column_names}
        columns |= _versions(field, shared["date"].combine_chunks(), self.catalogue)
        kind = self._rates if field.role == "rate" else self._members if field.has_members else self._numbers
        columns |= kind(field, values[there], there)
        left = [name for name in FACTS.names if name not in columns]
        columns |= {name: pa.nulls(len(there), FACTS.field(name).type) for name in left}
        return pa.table({name: columns[name] for name in FACTS.names}, schema=FACTS)

    def _numbers(self, field: Field, values: Objects, there: Places) -> Columns:
        """Return dimensions, values, units, currencies and weights of a measure of numbers."""
        reported, converted = convert(values, _factor(field, self.catalogue))
        columns: Columns = {"value": converted, "reported": reported, "dimensions": self._sets(field, there)}
        codes = self.rows.currencies[there] if field.money and self.plan.currency else None
        columns |= _currencies(field, codes, len(there), self.catalogue)
        if field.weight:
            weights = self.rows.values(field.weight)[there]
            columns["weight"] = _weights(self.plan.fields[field.weight], weights, self.catalogue)
        return columns

    def _members(self, field: Field, values: Objects, there: Places) -> Columns:
        """Return each text as one member of the set that the metric counts."""
        one, unit = pa.repeat("1", len(there)), pa.repeat(field.unit, len(there))
        told = {"value": one, "reported": one, "unit": unit}
        return {**told, "member": pa.array(values, pa.string()), "dimensions": self._sets(field, there)}

    def _rates(self, field: Field, values: Objects, there: Places) -> Columns:
        """Return rates for one unit of each record's currency."""
        per = (isinstance(field.model, Column) and field.model.per) or 1
        reported, converted = convert(values, 1 / Fraction(per))
        unit = pa.repeat(field.unit if per == 1 else f"{field.unit}/{per}", len(there))
        told = {"value": converted, "reported": reported, "unit": unit}
        return {**told, "dimensions": self.rows.rate_dimensions(there)}

    def _sets(self, field: Field, there: Places) -> pa.Array:
        return self.rows.dimensions[counterparties_of(field, self.catalogue)].take(pa.array(there))


def _factor(field: Field, catalogue: Catalogue) -> Fraction:
    """Return the factor to the metric's unit, or to that unit in the currency of what is reported."""
    given, wanted = (
        catalogue.units.parse(unit) for unit in (field.unit, catalogue.latest(field.metric).unit)
    )
    own = currency_of(wanted)
    if own and field.money and in_currency(given, own).dimension == wanted.dimension:
        given = in_currency(given, own)
    if given.dimension != wanted.dimension:
        catalogue.units.factor(field.unit, catalogue.latest(field.metric).unit)  # raises what is wrong
    return given.factor / wanted.factor * (-1 if field.model.sign == "-" else 1)


def _currencies(field: Field, codes: Objects | None, count: int, catalogue: Catalogue) -> Columns:
    """Return the unit of each of `count` values as reported, and its currency where that isn't the metric's own.

    `codes` are the records' currencies; None where the declared unit says it.
    """
    units = catalogue.units
    own = currency_of(units.parse(catalogue.latest(field.metric).unit))
    said = currency_of(units.parse(field.unit))
    places, distinct = pd.factorize(codes) if codes is not None else (np.zeros(count, np.int64), [said])
    found = [None if code is None else str(code) for code in distinct]
    written = [field.unit if code == said else write_unit(units, field.unit, str(code)) for code in found]
    foreign = [code if own and code != own else None for code in found]
    taken = pa.array(places)
    return {
        "unit": pa.array(written, pa.string()).take(taken),
        "currency": pa.array(foreign, pa.string()).take(taken),
    }


def _weights(field: Field, weights: Objects, catalogue: Catalogue) -> pa.Array:
    """Return exact weights, in the unit of the metric that they are themselves, if any."""
    wanted = catalogue.latest(field.metric).unit if field.metric else field.unit
    return convert(weights, catalogue.units.factor(field.unit, wanted) if field.metric else Fraction(1))[1]


def _basis(field: Field, catalogue: Catalogue) -> str:
    stock = catalogue.latest(field.metric).over_time == "last"
    return _BASES[field.model.reported_as or ("stock" if stock else "flow")]


def _versions(field: Field, dates: pa.Array, catalogue: Catalogue) -> Columns:
    """Return the version that each value is of: the one that the source names, else the one in force."""
    named = pa.scalar(field.model.version, pa.int32())
    version = named if field.model.version else _in_force(dates, catalogue.metrics[field.metric], catalogue)
    repeated = pa.repeat(named, len(dates))
    return {"metric_version": repeated if field.model.version else version, "for_version": repeated}


def _in_force(dates: pa.Array, versions: list[MetricDefinition], catalogue: Catalogue) -> pa.Array:
    if len(versions) == 1:
        return pa.repeat(pa.scalar(versions[0].version, pa.int32()), len(dates))
    encoded = dates.dictionary_encode()
    found = [catalogue.metric_at(versions[0].id, date).version for date in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.int32()).take(encoded.indices)
