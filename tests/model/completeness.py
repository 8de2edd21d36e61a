"""How much of what is owed was reported: of a metric, at each unit, in each period."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.model.calendars import Period
from tests.model.definitions import Metric, Version, World
from tests.model.exact import quotient
from tests.model.parts import Cells, Part
from tests.model.placing import Placing
from tests.model.shares import newest_month


@dataclass(frozen=True)
class Count:
    """What was reported and owed at one unit: units at the period's end, or base periods of units (`unit-months`)."""

    reported: int
    owed: int
    words: str

    @property
    def share(self) -> Decimal:
        """Return the completeness, 0 to 1."""
        return min(
            quotient(Decimal(self.reported), Decimal(self.owed)) or Decimal(self.owed == 0), Decimal(1)
        )


@dataclass
class _Tally:
    at_end: bool = True
    units: int = 0
    unit_months: int = 0


def count_reported(
    world: World, placing: Placing, metric: Metric, cells: Cells, first: dict[str, int], period: Period
) -> dict[str, Count]:
    """Return the count at each unit that anything was reported below, in one period.

    `cells` are those that count, `first` the base periods of `first_reports`.
    """
    version = metric.at(world.calendar.bases[period.months[0]].start)
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for unit, sets in _by_unit(cells).items():
        _tally(world, placing, version, period, tallies, unit, sets)
    in_months, at_end = _owed(world, placing, metric, first, period)
    found = {}
    for above, tally in tallies.items():
        owed = at_end[above] if tally.at_end else in_months[above]
        words = "units" if tally.at_end or period.grain == "M" else "unit-months"
        found[above] = Count(tally.units if tally.at_end else tally.unit_months, owed, words)
    return found


def _by_unit(cells: Cells) -> dict[str, list[dict[int, Part]]]:
    units: dict[str, list[dict[int, Part]]] = defaultdict(list)
    for (unit, _), parts in cells.items():
        units[unit].append(parts)
    return units


def _tally(
    world: World, placing: Placing, version: Version, period: Period, tallies: dict[str, _Tally],
    unit: str, sets: list[dict[int, Part]],
) -> None:  # fmt: skip
    """Add one unit's reports to the tallies of the units above it."""
    before = None if world.calendar.first_of_year(period) else period.months[0] - 1
    stock = version.over_time == "last"
    newest = [newest_month(world.calendar, period, version, parts) if stock else None for parts in sets]
    inside = [parts for parts in sets if any(m in parts for m in period.months)]
    if not inside and newest.count(None) == len(newest):
        return
    in_reach = [parts for parts in sets if any(m in parts for m in (*period.months, before) if m is not None)]
    in_ytd = [
        parts for parts in in_reach if any(parts[m].ytd for m in (*period.months, before) if m in parts)
    ]
    at_end = stock or bool(in_ytd)
    quarterly = period.grain == "Q" and any(
        "quarter" in parts[m].kinds for parts in inside for m in period.months if m in parts
    )
    if in_ytd:
        valued = all(
            _has_ytd(parts, period.last) and (before is None or _has_ytd(parts, before)) for parts in in_ytd
        )
    else:
        valued = quarterly or newest.count(None) < len(newest)
    for above, stays in placing.find(unit, period, at_end=at_end).items():
        months = {m for stay in stays for m in stay.months}
        reported = [m for m in months if any(m in parts and parts[m].n for parts in inside)]
        if not at_end and not reported and not (quarterly and period.last in months):
            continue
        tally = tallies[above]
        tally.at_end &= at_end
        tally.units += valued
        tally.unit_months += (
            valued * len(period.months) if at_end else len(period.months) if quarterly else len(reported)
        )


def _has_ytd(parts: dict[int, Part], index: int) -> bool:
    return index in parts and parts[index].ytd is not None


def _owed(
    world: World, placing: Placing, metric: Metric, first: dict[str, int], period: Period
) -> tuple[dict[str, int], dict[str, int]]:
    """Return by unit above how many base periods of units are owed in the period, and how many units at its end."""
    in_months: dict[str, int] = defaultdict(int)
    at_end: dict[str, int] = defaultdict(int)
    owing = dict.fromkeys(world.tree.by_unit, 0) if metric.id in world.expected else first
    for unit, since in owing.items():
        for month in period.months:
            if month < since or not _is_expected(world, metric, unit, month):
                continue
            for above in placing.above(unit, month):
                in_months[above] += 1
                at_end[above] += month == period.last
    return in_months, at_end


def first_reports(world: World, found: Iterable[Cells]) -> dict[str, int]:
    """Return the units that reported a metric, for whatever version, and the first base period: they owe it since.

    Who reported a quarter owes all of it.
    """
    first: dict[str, int] = {}
    for (unit, _), parts in (item for cells in found for item in cells.items()):
        for index, part in parts.items():
            quarter = world.calendar.periods[world.calendar.bases[index].quarter]
            since = quarter.months[0] if "quarter" in part.kinds else index
            first[unit] = min(first.get(unit, since), since)
    return first


def _is_expected(world: World, metric: Metric, unit: str, month: int) -> bool:
    if metric.id not in world.expected:
        return True
    base = world.calendar.bases[month]
    chain = world.tree.chain(unit, base.start, base.stop)
    return bool(chain) and (chain[0].level in world.expected[metric.id] or unit in world.expected[metric.id])
