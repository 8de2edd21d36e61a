"""Reported values to ingredients per metric, scenario, unit, dimension set and base period, in one currency."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.model.definitions import RATES, Dims, Value, World
from tests.model.exact import EXACT, add, quotient

Key = tuple[str, str, int]  # metric, scenario, explicit version or 0


@dataclass
class Part:
    """What one unit reported for one dimension set in one base period.

    Day and base period values: total, n (dates), smallest, largest, last (date, value), weighted sums and members;
    `newest` is the date of the last one. `kinds` are what was reported: whole, ytd, quarter. `missing` says which
    rate there is none of: then no figure of the part is known.
    """

    total: Decimal | None = None
    n: int = 0
    smallest: Decimal | None = None
    largest: Decimal | None = None
    last: tuple[dt.date, Decimal] | None = None
    ytd: tuple[dt.date, Decimal] | None = None
    quarter: Decimal | None = None
    products: Decimal = Decimal(0)
    weight: Decimal = Decimal(0)
    members: frozenset[str] = frozenset()
    kinds: set[str] = field(default_factory=set)
    newest: dt.date | None = None
    missing: str | None = None


Cells = dict[tuple[str, Dims], dict[int, Part]]


def make_parts(world: World, values: Iterable[Value]) -> dict[Key, Cells]:
    """Return the parts of all values: by metric, scenario and explicit version, then unit and set, then base period."""
    values = list(values)
    rates = _collect(world, [v for v in values if v.metric in RATES.values()], Rates(world, {}))
    own = [v for v in values if v.metric not in RATES.values()]
    return rates | _collect(world, own, Rates(world, rates))


@dataclass(frozen=True)
class Rates:
    """Company currency for one unit of a foreign one."""

    world: World
    parts: dict[Key, Cells]

    def find(self, kind: str, currency: str, index: int, grain: str) -> Decimal | None:
        """Return the average or closing rate of a base period (grain Q: of the quarter ending in it), or None."""
        if currency == self.world.currency:
            return Decimal(1)
        cells = self.parts.get((RATES[kind], "actual", 0), {})
        of_root = [months[index] for (_, dims), months in cells.items()
                   if dims == (("currency", currency),) and index in months]  # fmt: skip
        if not of_root:
            return None
        part = of_root[0]
        if grain == "Q":
            return part.quarter
        if not part.n:
            return None
        return (
            part.last[1]
            if kind == "closing" and part.last
            else quotient(part.total or Decimal(0), Decimal(part.n))
        )

    def convert(self, value: Value, index: int, *, closing: bool) -> tuple[Decimal | None, str]:
        """Return the value in its metric's own currency, or None and what there is no rate of, and when."""
        own = self.world.metrics[value.metric].currency or self.world.currency
        if value.currency is None or value.currency == own:
            return value.value, ""
        kind, grain = "closing" if closing else "average", self.world.calendar.grain(value.period)
        found = [self.find(kind, currency, index, grain) for currency in (value.currency, own)]
        if found[0] is None or found[1] is None:
            base = self.world.calendar.bases[index]
            wanted = zip((value.currency, own), found, strict=True)
            currency = min(currency for currency, rate in wanted if rate is None)
            return None, f"no {kind} rate for {currency} in {base.quarter if grain == 'Q' else base.key}"
        product = EXACT.multiply(value.value, found[0])
        return (product if own == self.world.currency else quotient(product, found[1])), ""


def _collect(world: World, values: list[Value], rates: Rates) -> dict[Key, Cells]:
    grouped: dict[tuple[Key, tuple[str, Dims], int], list[Value]] = defaultdict(list)
    for value in values:
        day = last_day(world, value.period)
        key = value.metric, value.scenario, value.version or 0
        grouped[key, (value.org, value.dims), world.calendar.index(day)].append(value)
    parts: dict[Key, Cells] = {}
    for (key, cell, index), reported in grouped.items():
        parts.setdefault(key, {}).setdefault(cell, {})[index] = _make_part(world, reported, index, rates)
    return parts


def last_day(world: World, period: str) -> dt.date:
    """Return the day that a value of `period` is dated."""
    return world.calendar.bounds(period)[1] - dt.timedelta(days=1)


def _make_part(world: World, reported: list[Value], index: int, rates: Rates) -> Part:
    part = Part()
    dated: dict[tuple[dt.date, str], list[tuple[Value, Decimal]]] = defaultdict(list)
    undated: set[dt.date] = set()
    metric = world.metrics[reported[0].metric]
    for value in reported:
        day = last_day(world, value.period)
        quarterly = world.calendar.grain(value.period) == "Q"
        kind = "ytd" if value.basis == "Y" else "quarter" if quarterly else "whole"
        part.kinds.add(kind)
        if kind == "whole":
            part.newest = max(part.newest or day, day)
        closing = value.basis == "S" or metric.at(day).over_time == "last"
        converted, missing = rates.convert(value, index, closing=closing)
        if converted is None:
            part.missing = max(part.missing or "", missing)
            if kind == "whole":
                undated.add(day)
            continue
        dated[day, kind].append((value, converted))
    part.n += len(undated - {day for day, kind in dated if kind == "whole"})
    for day, kind in sorted(dated):
        version = metric.at(day)
        if reported[0].version:
            version = metric.versions[reported[0].version - 1]
        same = dated[day, kind]
        whole = _merge([value for _, value in same], version.over_org)
        if kind == "ytd":
            part.ytd = day, whole
        elif kind == "quarter":
            part.quarter = add([part.quarter or Decimal(0), whole])
            _weigh(part, same)
        else:
            _take_day(part, day, whole, len(same) if version.over_org == "none" else 1)
            _weigh(part, same)
    return part


def _take_day(part: Part, day: dt.date, value: Decimal, count: int) -> None:
    part.total = EXACT.add(part.total or Decimal(0), value)
    part.n += count
    part.smallest = value if part.smallest is None else min(part.smallest, value)
    part.largest = value if part.largest is None else max(part.largest, value)
    part.last = day, value


def _weigh(part: Part, same: list[tuple[Value, Decimal]]) -> None:
    for value, converted in same:
        if value.weight is not None:
            part.products = EXACT.add(part.products, EXACT.multiply(converted, value.weight))
            part.weight = EXACT.add(part.weight, value.weight)
        if value.member is not None:
            part.members |= {value.member}


def _merge(values: list[Decimal], over_org: str) -> Decimal:
    """Return the one value that values of one date and set make, as if units of the tree had reported them."""
    if over_org == "average":
        mean = quotient(add(values), Decimal(len(values)))
        assert mean is not None
        return mean
    if over_org in ("min", "max"):
        return min(values) if over_org == "min" else max(values)
    return add(values)
