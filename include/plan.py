"""What a source's configuration asks of each column: type, role, measure, spelling."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from include.batch import ORG_COLUMN, PERIOD_COLUMN
from include.catalogue import Catalogue
from include.catalogue.currencies import currency_of
from include.catalogue.models import Column, Measure, Source, WorkbookSource
from include.catalogue.units import IncompatibleUnitError, UnitSystem, UnknownUnitError
from include.coerce import ALL_SIGNS, SIGN_CURRENCIES, Reading
from include.errors import ConfigurationError
from include.period import Grain

GRAINS: dict[str, Grain] = {"day": "D", "week": "M", "month": "M", "quarter": "Q"}
"""Grain of each `slice`: weeks and months are the base periods of their calendars."""
_PERIOD_TYPES = {"date", "week", "month", "quarter"}


@dataclass(frozen=True)
class Field:
    """One column of the reported frame: how it is read and what it means.

    `kind` is a type of `include.coerce`; `role` as in configuration, `measure` for a column with a metric,
    `rate` for a currency rate, '' for others; `unit` is the declared unit, the metric's where none is
    declared, '' where there is none. `weight` names the column that holds the weights of a weighted average.
    `money`: its unit holds one currency, which a column of currencies replaces.
    """

    name: str
    kind: str
    role: str
    model: Measure
    unit: str
    reading: Reading
    weight: str = ""
    money: bool = False

    @property
    def metric(self) -> str:
        """Return the id of the metric that it reports; '' where it reports none."""
        return self.model.feeds or ""

    @property
    def has_members(self) -> bool:
        """Tell whether its texts are members of a metric that counts them, not figures."""
        return self.role == "measure" and self.kind == "text"

    @property
    def is_number(self) -> bool:
        """Tell whether its values are Decimals."""
        return self.kind in {"decimal", "integer"}

    @property
    def dimension(self) -> str:
        """Return the dimension's id: the declared name, else the header."""
        return (isinstance(self.model, Column) and self.model.name) or self.name


@dataclass(frozen=True)
class Plan:
    """A source as the stages work through it. `org` and `period` name the columns that tell a record's slice.

    `one_value_a_place`: an org unit's period has one cell per measure (matrix, form).
    """

    source: Source
    fields: dict[str, Field]
    org: str
    period: str
    one_value_a_place: bool

    @property
    def takes_other_labels(self) -> bool:
        """Tell whether the reported frame also has columns that aren't declared: labels of a matrix."""
        return isinstance(self.source, WorkbookSource) and self.source.layout.kind == "matrix"

    @property
    def measures(self) -> list[Field]:
        """Fields that carry a metric of the catalogue."""
        return self.with_role("measure")

    @property
    def figures(self) -> list[Field]:
        """Measures that are numbers."""
        return [field for field in self.measures if not field.has_members]

    @property
    def rates(self) -> list[Field]:
        """Fields that carry currency rates."""
        return self.with_role("rate")

    @property
    def delivered(self) -> list[Field]:
        """Fields whose values are what the batch delivers: measures, and currency rates."""
        return self.with_role("measure", "rate")

    @property
    def currency(self) -> str:
        """Name of the column that says the currency of each record; '' where there is none."""
        return next((field.name for field in self.with_role("currency")), "")

    def with_role(self, *roles: str) -> list[Field]:
        """Return the fields of these roles, in the order of the configuration."""
        return [field for field in self.fields.values() if field.role in roles]

    def metrics_of(self, columns: list[str] | None = None) -> tuple[str, ...]:
        """Return the metric ids fed by `columns`; by all columns where none of them carries one."""
        chosen = {f.metric for f in self.delivered if columns and f.name in columns}
        return tuple(sorted(chosen or {f.metric for f in self.delivered}))


def with_labels(plan: Plan, labels: Iterable[str], catalogue: Catalogue) -> Plan:
    """Return `plan` with further number columns that carry no metric."""
    fields = {name: _field(plan.source, catalogue, name, Column(type="decimal")) for name in labels}
    return replace(plan, fields=plan.fields | fields)


def plan_source(source: Source, catalogue: Catalogue) -> Plan:
    """Return the plan of `source`. Raises ConfigurationError where nothing tells its periods."""
    declared: dict[str, Measure] = dict(source.columns)
    if isinstance(source, WorkbookSource):
        declared |= source.rows
    fields = {name: _field(source, catalogue, name, model) for name, model in declared.items()}
    fields = {name: field for name, field in fields.items() if field.role != "ignore"}
    by_role = {field.role: name for name, field in reversed(fields.items())}
    org = by_role.get("org", ORG_COLUMN)
    period = by_role.get("date") or by_role.get("period") or PERIOD_COLUMN
    if org not in fields:
        fields[org] = _field(source, catalogue, org, Column.model_validate({"is": "org"}))
    if period not in fields:
        if not isinstance(source, WorkbookSource):
            raise ConfigurationError(
                [f"source {source.source}: no column `is: date` or `is: period`; add one"]
            )
        kind = "date" if source.slice == "day" else "month"
        role = Column.model_validate({"is": "period", "type": kind})
        fields[period] = _field(source, catalogue, period, role)
    single = isinstance(source, WorkbookSource) and source.layout.kind != "records"
    return Plan(source, fields, org, period, single)


def list_counterparties(plan: Plan, catalogue: Catalogue) -> list[str]:
    """Return the columns whose values name another org unit, for any metric that the source reports."""
    named = frozenset().union(*(catalogue.counterparties.get(f.metric, frozenset()) for f in plan.measures))
    return [field.name for field in plan.with_role("dimension") if field.dimension in named]


def name_units(values: "pd.Series[Any]", catalogue: Catalogue) -> "pd.Series[Any]":
    """Return texts with the id of the org unit in place of each that names one; others as they are."""
    texts = [text for text in values.dropna().unique() if isinstance(text, str)]
    known = {text: unit for text, unit in catalogue.org.resolve_many(texts).items() if unit}
    return values.astype(object).map(known).astype(object).where(values.isin(list(known)), values)


def _field(source: Source, catalogue: Catalogue, name: str, model: Measure) -> Field:
    column = model if isinstance(model, Column) else None
    role = (column and column.is_) or ("measure" if model.metric else "rate" if model.rate else "")
    unit = model.unit or (catalogue.latest(model.feeds).unit if model.feeds else "")
    money = catalogue.units.is_known(unit) and currency_of(catalogue.units.parse(unit)) is not None
    by_record = money and any(one.is_ == "currency" for one in source.columns.values())
    reading = Reading(
        nulls=frozenset(source.nulls),
        date_format=column.format if column else None,
        timezone=catalogue.calendar.timezone,
        calendar=catalogue.periods,
        percent=_percent(catalogue.units, unit),
        flags=frozenset(source.flags),
        signs=ALL_SIGNS if by_record and role == "measure" else _fitting_signs(catalogue.units, unit),
    )
    weight = _weight_of(source, model) if model.metric and catalogue.is_weighted(model.metric) else ""
    return Field(name, _kind_of(catalogue, model, role), role, model, unit, reading, weight, money)


def _kind_of(catalogue: Catalogue, model: Measure, role: str) -> str:
    """Return how a column is read: as its role and what it reports need, else as its type says."""
    kind: str = model.type if isinstance(model, Column) else "decimal"
    if role == "date" and kind not in _PERIOD_TYPES:
        return "date"
    if role == "period" and kind != "date":
        return "period"
    members = model.metric is not None and catalogue.latest(model.metric).over_time == "distinct"
    return "decimal" if model.feeds and not members and kind not in {"integer", "decimal"} else kind


def _weight_of(source: Source, model: Measure) -> str:
    """Return the column that holds a measure's weights: the one it names, else the one that is the weight."""
    shared = (name for name, column in source.columns.items() if column.is_ == "weight")
    return model.weight or next(shared, "")


def _fitting_signs(units: UnitSystem, unit: str) -> frozenset[str]:
    """Return the currency signs that don't contradict `unit`: ¥ for 万元, none for 件.

    All of them where no unit is declared or it is compound (元/件).
    """
    if not unit or "/" in unit:
        return ALL_SIGNS
    return frozenset(
        sign for sign, codes in SIGN_CURRENCIES.items() if any(_converts(units, unit, c) for c in codes)
    )


def _percent(units: UnitSystem, unit: str) -> Decimal | None:
    """Return what `1%` is in `unit`; None where it can't be said."""
    if not unit:
        return Decimal("0.01")
    try:
        factor = units.factor("%", unit)
    except (UnknownUnitError, IncompatibleUnitError):
        return None
    exact = Decimal(factor.numerator) / Decimal(factor.denominator)
    return exact if Fraction(exact) == factor else None


def _converts(units: UnitSystem, unit: str, currency: str) -> bool:
    try:
        return units.factor(unit, currency) > Fraction(0)
    except (UnknownUnitError, IncompatibleUnitError):
        return False
