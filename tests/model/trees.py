"""The model's dated tree: under whom a unit counts in a base period, and as the tree stands today."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tests.model.exact import EXACT

FIRST, LAST = dt.date.min, dt.date.max


@dataclass(frozen=True)
class Line:
    """A unit's place for [start, stop); `into` is the unit that it was merged into on `stop`."""

    unit: str
    parent: str | None
    level: str = ""
    start: dt.date = FIRST
    stop: dt.date = LAST
    ownership: Decimal = Decimal(1)
    into: str | None = None


@dataclass(frozen=True)
class Tree:
    """All lines, and the day that counts as today."""

    lines: tuple[Line, ...]
    today: dt.date

    @cached_property
    def by_unit(self) -> dict[str, list[Line]]:
        """Each unit's lines in order of time."""
        grouped: dict[str, list[Line]] = {}
        for line in sorted(self.lines, key=lambda line: line.start):
            grouped.setdefault(line.unit, []).append(line)
        return grouped

    @cached_property
    def turns(self) -> frozenset[dt.date]:
        """The days on which some unit takes a place."""
        return frozenset(line.start for line in self.lines)

    @cached_property
    def _chains(self) -> dict[tuple[str, dt.date, dt.date], tuple[Line, ...]]:
        return {}

    def chain_on(self, unit: str, day: dt.date) -> tuple[Line, ...]:
        """Return the lines from `unit` up to the root on `day`; empty where it isn't in force."""
        line = next((line for line in self.by_unit.get(unit, ()) if line.start <= day < line.stop), None)
        if line is None:
            return ()
        return (line, *(self.chain_on(line.parent, day) if line.parent else ()))

    def chain(self, unit: str, start: dt.date, stop: dt.date) -> tuple[Line, ...]:
        """Return the lines from `unit` up to the root in the base period [start, stop).

        The place of its first day holds, or of the day within it on which the unit opens.
        """
        key = unit, start, stop
        if key not in self._chains:
            lines = [line for line in self.by_unit.get(unit, ()) if line.start < stop and start < line.stop]
            self._chains[key] = self.chain_on(unit, max(start, lines[0].start)) if lines else ()
        return self._chains[key]

    def chain_today(self, unit: str) -> tuple[Line, ...]:
        """Return the lines from `unit` up to the root as the tree stands today.

        A unit that is no more stands below the unit that it was merged into, else below its last parent.
        """
        standing = self.chain_on(unit, self.today)
        if standing:
            return (standing[0], *(self.chain_today(standing[0].parent) if standing[0].parent else ()))
        lines = self.by_unit.get(unit)
        if not lines:
            return ()
        above = lines[-1].into or lines[-1].parent
        return (lines[-1], *(self.chain_today(above) if above else ()))


def share(chain: tuple[Line, ...], ancestor: str) -> Decimal:
    """Return the product of the ownership of all lines on the way up to (not including) the ancestor's own."""
    product = Decimal(1)
    for line in chain:
        if line.unit == ancestor:
            return product
        product = EXACT.multiply(product, line.ownership)
    raise KeyError(ancestor)
