"""The model's boards: every KPI of every unit and period, from the values that count.

A cell is what one unit reports of one metric for one dimension set. Its figure over a period is a Share, made for each
unit above it from the base periods in which the cell counts there; a KPI puts the shares of its cells together.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from tests.model.calendars import Period
from tests.model.completeness import Count, count_reported, first_reports
from tests.model.definitions import Dims, Metric, Value, Version, World, coarser
from tests.model.eliminating import Eliminations, nothing
from tests.model.exact import EXACT, add, compute, mentioned, quotient, scale
from tests.model.parts import Cells, Key, Part, make_parts
from tests.model.placing import Placing
from tests.model.rolling import add_rolling
from tests.model.shares import Share, combine, difference, measure, newest_month, over_units, year_so_far

Cell = tuple[str, Dims]  # unit, dimension set
RowKey = tuple[str, str, str, Dims, str]  # metric, unit, period, dimension set, scenario


@dataclass
class Row:
    """One KPI. `missing` is the rate that there is none of; `shares` what its cells brought, by cell.

    `no_ytd` is the rate for want of which there is no year to date; `unmatched`: intra-group amounts remain in it.
    """

    version: int
    value: Decimal | None
    ytd: Decimal | None = None
    completeness: Decimal | None = None
    count: Count | None = None
    missing: str | None = None
    rolling: Decimal | None = None
    no_ytd: str | None = None
    unmatched: bool = False
    hidden: bool = False
    shares: dict[Cell, Share] = field(default_factory=dict)


Board = dict[RowKey, Row]


@dataclass
class Boards:
    """The KPIs that follow from `values`, under the places that `placing` gives units."""

    world: World
    values: list[Value]
    placing: Placing

    @cached_property
    def parts(self) -> dict[Key, Cells]:
        """The parts of all values, by metric, scenario and explicit version (0: whatever is in force)."""
        return make_parts(self.world, self.values)

    @cached_property
    def eliminations(self) -> Eliminations:
        """What the company's intra-group pairs match."""
        return Eliminations.find(self.world, self.parts)

    @cached_property
    def rows(self) -> Board:
        """All KPIs under the definitions in force, base metrics and derived ones."""
        board: Board = {}
        for name, scenario in dict.fromkeys((name, scenario) for name, scenario, _ in self.parts):
            metric = self.world.metrics[name]
            board |= self._base_rows(metric, scenario, self._cells_in_force(metric, scenario))
        for metric in self.world.derived:
            self._derive(board, metric)
        return board

    def rows_of_version(self, number: int) -> Board:
        """All KPIs under definition version `number`, of the periods in which it isn't the one in force.

        Of a base metric from what was reported for that version; a derived one from its parts as they are.
        """
        board: Board = {}
        for name, scenario in dict.fromkeys((name, scenario) for name, scenario, _ in self.parts):
            metric = self.world.metrics[name]
            if len(metric.versions) > 1:
                alone = replace(metric, versions=(metric.versions[number - 1],))
                rows = self._base_rows(alone, scenario, self._cells_of(metric, scenario, number))
                for key, row in rows.items():
                    if self._in_force_within(metric, number, self.world.calendar.periods[key[2]].year):
                        row.ytd = None
                board |= rows
        for metric in self.world.derived:
            if len(metric.versions) >= number:
                derived = dict(self.rows)
                for key in [key for key in derived if key[0] == metric.id]:
                    del derived[key]
                self._derive(derived, replace(metric, versions=(metric.versions[number - 1],)))
                board |= {key: row for key, row in derived.items() if key[0] == metric.id}
        return {key: row for key, row in board.items() if self._in_force(key).number != number}

    def _in_force_within(self, metric: Metric, number: int, year: int) -> bool:
        """Tell whether a version is in force in some base period of a fiscal year: its other ones make no year so far."""
        return any(
            metric.at(base.start).number == number for base in self.world.calendar.bases if base.year == year
        )

    def _in_force(self, key: RowKey) -> Version:
        return self._version(self.world.metrics[key[0]], self.world.calendar.periods[key[2]])

    def _cells_in_force(self, metric: Metric, scenario: str) -> Cells:
        """Return what counts whatever the version, with what was reported for the version in force in its base period."""
        return self._select(metric, scenario, lambda explicit, in_force: explicit in (0, in_force))

    def _cells_of(self, metric: Metric, scenario: str, number: int) -> Cells:
        """Return what was reported for a version, or for none in the base periods in which that one is in force."""
        return self._select(metric, scenario, lambda explicit, in_force: (explicit or in_force) == number)

    def _select(self, metric: Metric, scenario: str, counts: Callable[[int, int], bool]) -> Cells:
        cells: Cells = {}
        bases = self.world.calendar.bases
        for (name, of, explicit), found in self.parts.items():
            if (name, of) != (metric.id, scenario):
                continue
            for cell, parts in found.items():
                for index, part in parts.items():
                    if counts(explicit, metric.at(bases[index].start).number):
                        cells.setdefault(cell, {})[index] = part
        return cells

    # Base metrics -----------------------------------------------------------------------------------------------

    def _base_rows(self, metric: Metric, scenario: str, cells: Cells) -> Board:
        board: Board = {}
        for period in self._periods(metric, cells):
            version = self._version(metric, period)
            shares: dict[Cell, dict[Cell, Share]] = defaultdict(dict)
            for (unit, dims), parts in cells.items():
                for above, share in self._raise(period, version, (metric.id, scenario, unit, dims), parts):
                    for set_ in coarser(dims) if version.over_org != "none" else (dims,):
                        shares[above, set_][unit, dims] = share
            for (above, set_), found in shares.items():
                value, missing = combine(found.values(), version)
                if value is None and not version.is_base:
                    continue  # a target given for a derived metric: where it gives nothing, its parts may
                key = metric.id, above, period.key, set_, scenario
                unmatched = any(share.unmatched for share in found.values())
                board[key] = Row(version.number, value, missing=missing, unmatched=unmatched, shares=found)
                board[key].hidden = all(share.hidden for share in found.values())
        self._add_ytd(board, metric)
        board = {key: row for key, row in board.items() if not row.hidden}
        add_rolling(self.world.calendar, metric, board)
        if scenario == "actual":
            self._add_completeness(board, metric, cells)
        return board

    def _version(self, metric: Metric, period: Period) -> Version:
        return metric.at(self.world.calendar.bases[period.months[0]].start)

    def _periods(self, metric: Metric, cells: Cells) -> list[Period]:
        """Return the periods that some part lies in or that its value is carried to, in order of time."""
        bases = self.world.calendar.bases
        indexes = {index for parts in cells.values() for index in parts}
        reach = dt.timedelta(days=max((v.carry_forward or 0 for v in metric.versions), default=0))
        for index in sorted(indexes):
            later = index
            while bases[later + 1].stop <= bases[index].stop + reach:
                later += 1
                indexes.add(later)
        keys = dict.fromkeys(key for i in sorted(indexes) for key in (bases[i].key, bases[i].quarter))
        return [self.world.calendar.periods[key] for key in keys]

    def _raise(
        self, period: Period, version: Version, place: tuple[str, str, str, Dims], parts: dict[int, Part]
    ) -> Iterator[tuple[str, Share]]:
        """Yield each unit above (itself too) in which the cell counts in the period, with its share there."""
        unit, years = place[2], year_so_far(self.world.calendar, period.year, parts)
        if years:
            yield from self._raise_years(period, version, unit, years)
            return
        at = period.last if version.over_time == "last" else None
        found = self.placing.find(unit, period, at)
        for above, stays in found.items():
            if version.over_org != "none" or above == unit:
                counted, rivals = parts, frozenset[int]()
                if self.world.pairs:
                    counted, rivals = self._eliminate(place, above, parts, at)
                share = measure(self.world.calendar, period, version, counted, stays, found[unit])
                if share is not None:
                    stayed = {m for stay in stays for m in stay.months}
                    newest = newest_month(self.world.calendar, period, version, parts)
                    share.unmatched = bool(rivals & ({newest} if version.over_time == "last" else stayed))
                    yield above, share

    def _raise_years(
        self, period: Period, version: Version, unit: str, so_far: dict[int, Decimal | None]
    ) -> Iterator[tuple[str, Share]]:
        """Yield the shares of a cell that reports year-to-dates: where it stands at the period's end, or stood at last."""
        at = min(period.last, self.placing.last_open(unit))
        closed = at < period.months[0]
        if at not in so_far if closed else not any(m in so_far for m in period.months):
            return
        for above, (stay,) in self.placing.find(unit, period, at).items():
            if version.over_org == "none" and above != unit:
                continue
            share = stay.share if version.proportionate else Decimal(1)
            if closed:
                now = so_far[at]
                yield above, Share(ytd_now=None if now is None else EXACT.multiply(now, share), hidden=True)
            else:
                yield above, difference(self.world.calendar, period, so_far, at, share)

    def _eliminate(
        self, place: tuple[str, str, str, Dims], above: str, parts: dict[int, Part], at: int | None
    ) -> tuple[dict[int, Part], frozenset[int]]:
        """Return the parts as they count in a unit that may hold both sides of a pair, and where the two don't match.

        Both are looked for in the base period `at`, or in that of each part.
        """
        counted, rivals = {}, set()
        for index, part in parts.items():
            partner = self.eliminations.partner(*place, index)
            when = index if at is None else at
            both = partner is not None and above in self.placing.above(partner[0], when)
            both = both and above in self.placing.above(place[2], when)
            counted[index] = nothing(part) if partner and partner[1] and both else part
            if partner and not partner[1] and both:
                rivals.add(index)
        return counted, frozenset(rivals)

    def _add_ytd(self, board: Board, metric: Metric) -> None:
        """Fill in the year-to-dates; a quarter's is that of its newest base period with a KPI."""
        years: dict[tuple[str, Dims, str, str, int], list[tuple[Period, Row]]] = defaultdict(list)
        for (_, unit, key, dims, scenario), row in board.items():
            period = self.world.calendar.periods[key]
            years[unit, dims, scenario, period.grain, period.year].append((period, row))
        newest = {}
        for (unit, dims, scenario, grain, _), found in sorted(years.items(), key=lambda year: year[0][3]):
            found.sort(key=lambda item: item[0].months)
            for place, (period, row) in enumerate(found):
                so_far = [earlier for _, earlier in found[: place + 1]]
                version = self._version(metric, period)
                if version.over_time == "sum" and version.over_org not in ("sum", "none"):
                    row.no_ytd = "units aren't added up"
                elif version.over_time != "last":
                    row.no_ytd = max((earlier.missing for earlier in so_far if earlier.missing), default=None)
                if grain == "M":
                    row.ytd = _year_so_far(self._version(metric, period), grain, so_far)
                    if not row.hidden:
                        newest[unit, dims, scenario, self.world.calendar.bases[period.last].quarter] = row.ytd
                elif (unit, dims, scenario, period.key) in newest and not any(
                    s.quarterly for s in row.shares.values()
                ):
                    row.ytd = newest[unit, dims, scenario, period.key]
                else:
                    row.ytd = _year_so_far(self._version(metric, period), grain, so_far)

    def _add_completeness(self, board: Board, metric: Metric, cells: Cells) -> None:
        counts: dict[str, dict[str, Count]] = {}
        first = first_reports(
            self.world, [found for key, found in self.parts.items() if key[:2] == (metric.id, "actual")]
        )
        for (_, unit, key, _, _), row in board.items():
            if key not in counts:
                period = self.world.calendar.periods[key]
                counts[key] = count_reported(self.world, self.placing, metric, cells, first, period)
            row.count = counts[key].get(unit)
            row.completeness = row.count.share if row.count else Decimal(1)

    # Derived metrics --------------------------------------------------------------------------------------------

    def _derive(self, board: Board, metric: Metric) -> None:
        """Add the rows of a ratio or formula to the board that holds its parts."""
        parts = {part for version in metric.versions for part in version.parts}
        places: dict[tuple[str, str, Dims, str], set[str]] = defaultdict(set)
        for part, unit, key, dims, scenario in board:
            if part in parts:
                places[unit, key, dims, scenario].add(part)
        for (unit, key, dims, scenario), present in places.items():
            version = self._version(metric, self.world.calendar.periods[key])
            here = present & set(version.parts)
            total = scenario == "actual" and dims == ()
            whole = len(here) == len(version.parts)
            if (metric.id, unit, key, dims, scenario) in board or not here or not (whole or total):
                continue
            row = self._derive_row(board, version, (unit, key, dims, scenario))
            board[metric.id, unit, key, dims, scenario] = row

    def _derive_row(self, board: Board, version: Version, place: tuple[str, str, Dims, str]) -> Row:
        unit, key, dims, scenario = place
        before = self.world.calendar.previous(self.world.calendar.periods[key])

        def read(part: str, modifier: str) -> Decimal | None:
            period = before.key if modifier == "prior" and before else key
            row = board.get((part, unit, period, dims, scenario))
            return None if row is None else row.ytd if modifier == "ytd" else row.value

        def read_ytd(part: str, _: str) -> Decimal | None:
            return read(part, "ytd")

        def read_rolling(part: str, _: str) -> Decimal | None:
            row = board.get((part, unit, key, dims, scenario))
            return row.rolling if row else None

        rows = [board[found] for part in version.parts if (found := (part, *place)) in board]
        known = [row.completeness for row in rows if row.completeness is not None]
        return Row(
            version.number,
            _evaluate(version, read),
            ytd=None if _looks_back(version, "prior") else _evaluate(version, read_ytd),
            rolling=None if _looks_back(version, "prior", "ytd") else _evaluate(version, read_rolling),
            completeness=min(known) if known and scenario == "actual" else None,
            missing=max((row.missing for row in rows if row.missing), default=None),
        )


def _evaluate(version: Version, read: Callable[[str, str], Decimal | None]) -> Decimal | None:
    if version.ratio:
        of, to, factor = version.ratio
        return scale(read(of, ""), factor, read(to, ""))
    assert version.formula is not None
    value: Decimal | None = compute(version.formula, read)
    return value


def _looks_back(version: Version, *modifiers: str) -> bool:
    return version.formula is not None and any(
        modifier in modifiers for _, modifier in mentioned(version.formula)
    )


def _year_so_far(  # noqa: PLR0911 - one case an aggregation
    version: Version, grain: str, rows: list[Row]
) -> Decimal | None:
    """Return the year-to-date of the newest of `rows`, the KPIs of the fiscal year so far."""
    if any(row.missing for row in rows):
        return None
    values = [row.value for row in rows if row.value is not None]
    if version.over_time == "sum":
        return over_units(_sums_so_far(rows), "sum") if version.over_org in ("sum", "none") else None
    if version.over_time == "last":
        return rows[-1].value
    if version.over_time in ("min", "max"):
        return (min if version.over_time == "min" else max)(values, default=None)
    if version.over_time == "average" and grain == "M":
        return quotient(add(values), Decimal(len(values)))
    if version.over_time in ("weighted_average", "distinct"):
        return combine((share for row in rows for share in row.shares.values()), version)[0]
    return None


def _sums_so_far(rows: list[Row]) -> list[Decimal]:
    """Return each cell's flows so far, and its year-to-date where it reports that in the newest period."""
    found: dict[Cell, list[Decimal]] = defaultdict(list)
    for row in rows:
        for cell, share in row.shares.items():
            known = share.flow if row is not rows[-1] or share.ytd_now is None else share.ytd_now
            if known is not None:
                found[cell].append(known)
    return [add(values) for values in found.values()]
