"""Hypothesis strategies: delivery histories as small numbers, and what these numbers mean in a company.

A history is drawn as numbers and not as values: they shrink well, and a thousand of them fit into one example.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.model.companies import Mode, RandomCompany, Slot
from tests.model.definitions import Dims, Value
from tests.model.parts import last_day

Numbers = list[Any]
SPECIAL = [Decimal(text) for text in (
    "0", "1", "-1", "2", "3", "10", "100", "-100", "0.000000000001", "-0.000000000001", "0.0000000000005", "7", "200",
    "0.333333333333", "-0.666666666667", "999999999999.999999", "-999999999999.999999", "0.1", "30000", "1e12",
)]  # fmt: skip
PLACES = 4 * 4 * 8 * 4 * 6 * 8

facts = st.tuples(st.integers(0, PLACES - 1), st.integers(0, 4095))
steps = st.tuples(st.integers(0, 11), st.lists(facts, min_size=1, max_size=6))
histories = st.tuples(st.integers(0, 16383), st.lists(steps, min_size=1, max_size=4))


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
    focus = _read_focus(company, slot, number)
    read: list[Step] = []
    for kind, facts_ in drawn:
        if kind == 11:
            read.append(Withdrawal(len(facts_)))
        elif kind == 10 and read:
            read.append(read[-min(len(read), 1 + len(facts_))])
        else:
            read.append(_read_step(company, [_read_fact(company, slot, focus, f) for f in facts_]))
    return read


@dataclass(frozen=True)
class Focus:
    """What one history is about: few metrics, units and months, so that its deliveries meet."""

    metrics: list[str]
    units: list[str]
    months: list[int]


def _read_focus(company: RandomCompany, slot: Slot, number: int) -> Focus:
    number, first = divmod(number, len(company.reported))
    number, apart = divmod(number, 3)
    number, start = divmod(number, 6)
    number, wide = divmod(number, 4)
    metrics = [company.reported[(first + n * (1 + apart)) % len(company.reported)] for n in range(1 + wide)]
    begin = company.world.calendar.index(dt.date(2025, 10, 1)) + start
    units = slot.reporters[number % len(slot.reporters) :][: 1 + wide] or slot.reporters
    return Focus(metrics, units, [begin + n for n in range((1, 2, 4, 7)[(number + wide) % 4])])


def _read_step(company: RandomCompany, values: list[tuple[Mode, str, Value]]) -> Step:
    by_source: dict[str, list[tuple[str, Value]]] = {}
    for mode, period, value in values:
        if company.world.tree.chain_on(value.org, last_day(company.world, value.period)):
            by_source.setdefault(mode.source, []).append((period, value))
    return [Delivery(source, tuple(pairs)) for source, pairs in by_source.items()]


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
    stock = definition.at(base.start).over_time == "last"
    value = Value(
        definition.id,
        org,
        keys[mode.grain],
        read_number(size),
        dims_of(definition.dimensions)[dims % len(dims_of(definition.dimensions))],
        "target" if scenario == 7 else "budget" if scenario == 6 else "actual",
        "S" if stock else mode.basis,
    )
    return mode, keys[mode.slice], value


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
