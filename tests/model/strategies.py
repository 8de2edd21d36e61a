"""Hypothesis strategies: delivery histories as small numbers, and what these numbers mean in a company.

A history is drawn as numbers and not as values: they shrink well, and a thousand of them fit into one example.
"""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.model.companies import Mode, RandomCompany, Slot
from tests.model.definitions import RATES, Dims, Value, Version, World
from tests.model.parts import last_day

Numbers = list[Any]
SPECIAL = [Decimal(text) for text in (
    "0", "1", "-1", "2", "3", "10", "100", "-100", "0.000000000001", "-0.000000000001", "0.0000000000005", "7", "200",
    "0.333333333333", "-0.666666666667", "999999999999.999999", "-999999999999.999999", "0.1", "30000", "1e12",
)]  # fmt: skip
WEIGHTS = [Decimal(text) for text in ("1", "2.5", "0", "3", "0.000001", "1000")]
PLACES = 4 * 4 * 8 * 4 * 6 * 8

facts = st.tuples(st.integers(0, PLACES - 1), st.integers(0, 4095))
steps = st.tuples(st.integers(0, 11), st.lists(facts, min_size=1, max_size=6))
histories = st.tuples(st.integers(0, 2**20 - 1), st.lists(steps, min_size=1, max_size=4))


def many_histories(count: int) -> Any:
    """Return a strategy of `count` histories, one for each group of a company."""
    return st.tuples(*[histories] * count)


@dataclass(frozen=True)
class Delivery:
    """What one source delivers of one group in one step: (slice period, value) pairs."""

    source: str
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Withdrawal:
    """That the slice which changed last but `back` is taken back."""

    back: int


Step = list[Delivery] | Withdrawal


def read_history(company: RandomCompany, slot: Slot, numbers: Any) -> list[Step]:
    """Return what a history's numbers mean for a group."""
    number, drawn = numbers
    if slot.group == "rates":
        return read_rates(company.world, number, drawn)
    focus = _read_focus(company, slot, number)
    read: list[Step] = []
    for kind, facts_ in drawn:
        if kind == 11:
            read.append(Withdrawal(len(facts_)))
        elif kind == 10 and read:
            read.append(read[-min(len(read), 1 + len(facts_))])
        else:
            read.append(
                _read_step(company, [v for f in facts_ for v in _read_facts(company, slot, focus, f)])
            )
    return read


@dataclass(frozen=True)
class Focus:
    """What one history is about: few metrics, units and months, so that its deliveries meet.

    `runs`: every fact is reported for all of its months, so that there are figures over twelve of them.
    """

    metrics: list[str]
    units: list[str]
    months: list[int]
    runs: bool


def _read_focus(company: RandomCompany, slot: Slot, number: int) -> Focus:
    number, first = divmod(number, len(company.reported))
    number, apart = divmod(number, 3)
    number, start = divmod(number, 6)
    number, wide = divmod(number, 4)
    number, runs = divmod(number, 12)
    metrics = [company.reported[(first + n * (1 + apart)) % len(company.reported)] for n in range(1 + wide)]
    for one, other in (("billed", "bought"), ("bought", "billed")):
        if one in metrics and other not in metrics:
            metrics.append(other)
    begin = company.world.calendar.index(dt.date(2025, 10, 1)) + (start if runs else -10)
    units = slot.reporters[number % len(slot.reporters) :][: 1 + wide] or slot.reporters
    months = (1, 2, 4, 7)[(number + wide) % 4] if runs else 15
    return Focus(metrics, units, [begin + n for n in range(months)], runs == 0)


def _read_step(company: RandomCompany, values: list[tuple[Mode, str, Value]]) -> Step:
    by_source: dict[str, list[tuple[str, Value]]] = {}
    for mode, period, value in values:
        day = last_day(company.world, value.period)
        partner = dict(value.dims).get("partner", "outside")
        if company.world.tree.chain_on(value.org, day) and (
            partner == "outside" or company.world.tree.chain_on(partner, day)
        ):
            by_source.setdefault(mode.source, []).append((period, value))
    return [Delivery(source, tuple(pairs)) for source, pairs in by_source.items()]


def _read_facts(
    company: RandomCompany, slot: Slot, focus: Focus, numbers: tuple[int, int]
) -> list[tuple[Mode, str, Value]]:
    """Return what one drawn fact means: a value, one a month of a run, or both sides of an intra-group amount."""
    place, size = numbers
    found = []
    for n, month in enumerate(focus.months if focus.runs else focus.months[:1]):
        moved = focus if not focus.runs else replace(focus, months=[month])
        found.append(_read_fact(company, slot, moved, (place, size + 52 * n)))
    for _, _, value in list(found):
        partner = dict(value.dims).get("partner")
        if partner in slot.reporters and size % 3:
            found.append(_mirror(company, slot, value, size))
    return found


def _mirror(company: RandomCompany, slot: Slot, value: Value, size: int) -> tuple[Mode, str, Value]:
    """Return what the counterparty of an intra-group amount reports of it."""
    metric, org = ("bought" if value.metric == "billed" else "billed"), dict(value.dims)["partner"]
    mode = slot.modes[metric, org]
    calendar = company.world.calendar
    base = calendar.bases[calendar.index(last_day(company.world, value.period))]
    keys = {"M": base.key, "Q": base.quarter, "D": (base.stop - dt.timedelta(days=1 + size % 2)).isoformat()}
    dims = (
        (("partner", value.org), ("product", "b"))
        if metric == "billed" and size % 2
        else (("partner", value.org),)
    )
    amount = value.value + (Decimal("0.02") if size % 5 == 0 else Decimal("0.01") if size % 5 == 1 else 0)
    return (
        mode,
        keys[mode.slice],
        replace(value, metric=metric, org=org, period=keys[mode.grain], value=amount, dims=dims),
    )


def _read_fact(
    company: RandomCompany, slot: Slot, focus: Focus, numbers: tuple[int, int]
) -> tuple[Mode, str, Value]:
    place, size = numbers
    place, metric = divmod(place, 4)
    place, unit = divmod(place, 4)
    place, month = divmod(place, 8)
    place, day = divmod(place, 4)
    scenario, dims = divmod(place, 6)
    definition = company.world.metrics[focus.metrics[metric % len(focus.metrics)]]
    org = focus.units[unit % len(focus.units)]
    mode = slot.modes[definition.id, org]
    base = company.world.calendar.bases[focus.months[month % len(focus.months)]]
    days = [
        base.stop - dt.timedelta(days=1),
        base.start,
        base.stop - dt.timedelta(days=2),
        base.start.replace(day=15),
    ]
    keys = {"M": base.key, "Q": base.quarter, "D": days[day].isoformat()}
    version = definition.at(base.start)
    sets = (
        partners_of(definition.dimensions, focus.units)
        if "partner" in definition.dimensions
        else dims_of(definition.dimensions)
    )
    value = Value(
        definition.id,
        org,
        keys[mode.grain],
        read_number(size),
        sets[dims % len(sets)],
        "target" if scenario == 7 else "budget" if scenario == 6 else "actual",
        "S" if version.over_time == "last" else "FY"[size % 2] if mode.basis == "B" else mode.basis,
        currency=None if size % 7 == 0 else mode.currency,
        version=1 + size % len(definition.versions) if mode.explicit else None,
    )
    return mode, keys[mode.slice], _add_detail(value, version, size)


def _add_detail(value: Value, version: Version, size: int) -> Value:
    """Return the value with its weight or its member, where it needs one."""
    if version.over_time == "weighted_average":
        return replace(value, weight=WEIGHTS[size // 8 % len(WEIGHTS)])
    if version.over_time == "distinct":
        return replace(value, value=Decimal(1), member="abcdefgh"[size % 8])
    return replace(value, value=Decimal(size // 8 % 3 + 1)) if value.metric in ("billed", "bought") else value


def read_number(size: int) -> Decimal:
    """Return the value of a number: often a boundary, else small, with decimals, or large."""
    size, kind = divmod(size, 4)
    if kind == 0:
        return SPECIAL[size % len(SPECIAL)]
    if kind == 1:
        return Decimal(size % 41 - 20)
    return Decimal(size * 7919 - 4_000_000).scaleb(-kind - 1).normalize()


@cache
def dims_of(dimensions: tuple[str, ...]) -> list[Dims]:
    """Return the sets that a metric of these dimensions is reported for."""
    if not dimensions:
        return [()]
    if len(dimensions) == 1:
        return [(), *[((dimensions[0], value),) for value in "ab"]]
    pairs = [(("channel", one), ("product", other)) for one in "xy" for other in "ab"]
    return [(), *pairs, (("product", "a"),)]


def partners_of(dimensions: tuple[str, ...], units: list[str]) -> list[Dims]:
    """Return the sets that an intra-group metric is reported for: with units and with others, by product or not."""
    partners: list[Dims] = [(("partner", name),) for name in [*units, "outside"]]
    products = [(*one, ("product", "a")) for one in partners] if "product" in dimensions else []
    return [*partners, *products, ()]


# Currency rates -----------------------------------------------------------------------------------------------

QUARTERS = 8
"""Quarters, from the fourth of 2025 on or the one before, that rates are reported for."""


def read_rates(world: World, number: int, drawn: Any) -> list[Step]:
    """Return what a history means for who reports the rates: most of them at once, later some quarters anew."""
    first = world.calendar.index(dt.date(2024, 10, 1))
    keys = list(
        dict.fromkeys(base.quarter for base in world.calendar.bases[first : first + 3 * QUARTERS + 6])
    )
    steps: list[Step] = []
    for place, (kind, facts_) in enumerate(drawn):
        rng = Random(f"{number} {place} {facts_}")
        if kind == 11 and steps:
            steps.append(Withdrawal(len(facts_)))
            continue
        quarters = keys if not place else [keys[4 + fact[0] % (len(keys) - 4)] for fact in facts_]
        values = [(key, value) for key in dict.fromkeys(quarters) for value in _rates_of(world, rng, key)]
        steps.append([Delivery("rates", tuple(values))] if values else [])
    return steps


def _rates_of(world: World, rng: Random, quarter: str) -> list[Value]:
    """Return the rates of a quarter, some of them missing."""
    found = []
    for index in world.calendar.periods[quarter].months:
        base = world.calendar.bases[index]
        for kind, name in RATES.items():
            for currency in ("USD", "EUR"):
                days = (
                    [base.key]
                    if rng.random() < 0.7
                    else [base.start.isoformat(), (base.start + dt.timedelta(days=9)).isoformat()]
                )
                given = [Value(name, "root", day, Decimal(rng.randint(500, 999)) / 100, (("currency", currency),),
                               basis="S" if kind == "closing" else "F") for day in days]  # fmt: skip
                found += given if rng.random() < 0.9 else []
    return found
