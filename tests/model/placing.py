"""Where a cell counts: under which units above it, for which base periods of a period, and with which share.

`as_was` takes each base period's own tree, `as_is` today's for all of them, `like_for_like` leaves out what stood
elsewhere (or not at all) in the other of two years.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.model.calendars import Period
from tests.model.definitions import World
from tests.model.trees import Line, share

Chain = tuple[Line, ...]


@dataclass(frozen=True)
class Stay:
    """Base periods in which a unit's way up to the root was one and the same, and its share in the unit above."""

    months: tuple[int, ...]
    share: Decimal


@dataclass
class Placing:
    """`chain_of` gives the lines from a unit up in a base period; `also_of` the units that it must stand under besides.

    `end` is the calendar's last base period.
    """

    chain_of: Callable[[str, int], Chain]
    also_of: Callable[[str, int], Chain] | None = None
    end: int = 0
    _found: dict[tuple[str, str, int | None], dict[str, list[Stay]]] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    def find(self, unit: str, period: Period, at: int | None = None) -> dict[str, list[Stay]]:
        """Return each unit above (itself too) with the stays in which `unit` counts there.

        `at` is the base period whose place holds for all of the period, as for stocks and year-to-dates.
        """
        key = unit, period.key, at
        if key not in self._found:
            self._found[key] = self._place(unit, period, at)
        return self._found[key]

    def last_open(self, unit: str) -> int:
        """Return the last base period in which `unit` stands anywhere."""
        if unit not in self._last:
            self._last[unit] = next((i for i in range(self.end, -1, -1) if self.above(unit, i)), -1)
        return self._last[unit]

    def above(self, unit: str, index: int) -> list[str]:
        """Return the units under which `unit` counts in one base period."""
        allowed = None if self.also_of is None else {line.unit for line in self.also_of(unit, index)}
        units = [line.unit for line in self.chain_of(unit, index)]
        return [above for above in units if allowed is None or above in allowed]

    def _place(self, unit: str, period: Period, at: int | None) -> dict[str, list[Stay]]:
        groups: dict[tuple[str, Chain], list[int]] = {}
        for month in period.months:
            judged = month if at is None else at
            chain = self.chain_of(unit, judged)
            for above in self.above(unit, judged):
                groups.setdefault((above, chain), []).append(month)
        found: dict[str, list[Stay]] = {}
        for (above, chain), months in groups.items():
            found.setdefault(above, []).append(Stay(tuple(months), share(chain, above)))
        return found


def as_was(world: World) -> Placing:
    """Return the places that units had at the time."""
    return Placing(_chain_then(world), end=len(world.calendar.bases) - 1)


def as_is(world: World) -> Placing:
    """Return the places that units have today, whenever it was."""
    return Placing(lambda unit, _: world.tree.chain_today(unit), end=len(world.calendar.bases) - 1)


def like_for_like(world: World, *, later: bool) -> Placing:
    """Return the places of the later (or the earlier) of two years, where the unit stood there in both."""
    other, then = (world.calendar.year_ago if later else world.calendar.year_later), _chain_then(world)

    def in_other_year(unit: str, index: int) -> Chain:
        twin = other(index)
        return () if twin is None else then(unit, twin)

    return Placing(then, in_other_year, end=len(world.calendar.bases) - 1)


def _chain_then(world: World) -> Callable[[str, int], Chain]:
    bases = world.calendar.bases
    return lambda unit, index: world.tree.chain(unit, bases[index].start, bases[index].stop)
