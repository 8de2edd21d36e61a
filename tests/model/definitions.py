"""What a company defines and what departments report, as the model sees it."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from tests.model.calendars import Calendar
from tests.model.exact import Formula, mentioned
from tests.model.trees import Tree

Dims = tuple[tuple[str, str], ...]
RATES = {"average": "exchange_rate_average", "closing": "exchange_rate_closing"}


@dataclass(frozen=True)
class Version:
    """One definition version: a base metric's aggregation, or `ratio` (of, to, factor), or `formula`."""

    number: int = 1
    valid_from: dt.date = dt.date.min
    over_time: str = "none"
    over_org: str = "none"
    ratio: tuple[str, str, Fraction] | None = None
    formula: Formula | None = None
    carry_forward: int | None = None
    proportionate: bool = False

    @property
    def is_base(self) -> bool:
        """Tell whether it is reported."""
        return self.ratio is None and self.formula is None

    @cached_property
    def parts(self) -> list[str]:
        """Metrics that it is computed from."""
        if self.ratio:
            return sorted({self.ratio[0], self.ratio[1]})
        return sorted({name for name, _ in mentioned(self.formula)}) if self.formula else []


@dataclass(frozen=True)
class Metric:
    """A metric: its unit (with the currency in it, if any), dimensions, and versions in order of time."""

    id: str
    unit: str
    versions: tuple[Version, ...]
    dimensions: tuple[str, ...] = ()
    currency: str | None = None

    def at(self, day: dt.date) -> Version:
        """Return the version in force on `day`; before the first one, the first."""
        return next((v for v in reversed(self.versions) if v.valid_from <= day), self.versions[0])


@dataclass(frozen=True)
class Pair:
    """An intra-group pair: `one` with a counterparty is what the counterparty reports as `other`."""

    one: str
    other: str
    counterparty: str
    tolerance: Decimal


@dataclass(frozen=True)
class World:
    """A company's definitions. `expected` are the units or levels that owe a metric, where a source says so."""

    calendar: Calendar
    tree: Tree
    metrics: dict[str, Metric]
    expected: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    currency: str = "CNY"

    @cached_property
    def derived(self) -> list[Metric]:
        """Ratios and formulas, each after what it is made of."""
        done = {m.id for m in self.metrics.values() if all(v.is_base for v in m.versions)}
        order: list[Metric] = []
        waiting = [m for m in self.metrics.values() if m.id not in done]
        while waiting:
            ready = next(m for m in waiting if all(p in done for v in m.versions for p in v.parts))
            waiting.remove(ready)
            done.add(ready.id)
            order.append(ready)
        return order


@dataclass(frozen=True)
class Value:
    """One reported value: `period` is a day, base period or quarter key, `basis` F, Y or S."""

    metric: str
    org: str
    period: str
    value: Decimal
    dims: Dims = ()
    scenario: str = "actual"
    basis: str = "F"
    currency: str | None = None
    weight: Decimal | None = None
    member: str | None = None
    version: int | None = None


def coarser(dims: Dims) -> set[Dims]:
    """Return the sets that a dimension set adds to: itself, each of its dimensions alone, the total."""
    return {dims, (), *((one,) for one in dims)}
