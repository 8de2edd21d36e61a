"""How much of what is owed was reported: of a metric, at each unit, in each period."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.model.calendars import Period
from tests.model.definitions import Metric, World
from tests.model.exact import quotient
from tests.model.parts import Cells, Part
from tests.model.placing import Placing
from tests.model.shares import newest_month, year_so_far


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
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for unit, sets in _by_unit(cells).items():
        _tally(world, placing, metric, period, tallies, unit, sets)
    in_months, at_end = _owed(world, placing, metric, first, period)
    found = {}
    for above in tallies.keys() | in_months.keys():
        tally = tallies.get(above, _Tally(at_end=False))
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
    world: World, placing: Placing, metric: Metric, period: Period, tallies: dict[str, _Tally],
    unit: str, sets: list[dict[int, Part]],
) -> None:  # fmt: skip
    """Add one unit's reports to the tallies of the units above it."""
    calendar, months = world.calendar, period.months
    version = metric.at(calendar.bases[months[0]].start)
    years = [so_far for parts in sets if (so_far := year_so_far(calendar, period.year, parts))]
    in_years = [so_far for so_far in years if any(m in so_far for m in (months[0] - 1, *months))]
    last = min(period.last, placing.last_open(unit))
    stock = version.over_time == "last"
    flows = [parts for parts in sets if not year_so_far(calendar, period.year, parts)]
    inside = [parts for parts in flows if any(_speaks(parts.get(m), period) for m in months)]
    newest = [newest_month(calendar, period, version, parts) for parts in flows] if stock else []
    carried = newest.count(None) < len(newest)
    if (not inside and not in_years and not carried) or (in_years and last < months[0]):
        return
    at_end = stock or bool(in_years)
    quarterly = period.grain == "Q" and any(
        "quarter" in parts[m].kinds for parts in inside for m in months if m in parts
    )
    valued = quarterly or carried
    if in_years:
        first = calendar.first_of_year(period)
        valued = all(
            so_far.get(last) is not None and (first or so_far.get(months[0] - 1) is not None)
            for so_far in in_years
        )
    for above, stays in placing.find(
        unit, period, last if in_years else period.last if stock else None
    ).items():
        here = {m for stay in stays for m in stay.months}
        reported = [m for m in here if any(m in parts and parts[m].n for parts in inside)]
        if not at_end and not reported and not (quarterly and period.last in here):
            continue
        if above != unit and all(v.over_org == "none" for v in metric.versions):
            continue
        tally = tallies[above]
        tally.at_end &= at_end
        tally.units += valued
        tally.unit_months += valued * len(months) if at_end else len(months) if quarterly else len(reported)


def _speaks(part: Part | None, period: Period) -> bool:
    return part is not None and (period.grain == "Q" or part.kinds != {"quarter"})


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
            own = all(v.over_org == "none" for v in metric.versions)
            for above in {unit} & set(placing.above(unit, month)) if own else placing.above(unit, month):
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
