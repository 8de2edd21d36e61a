"""Intra-group pairs: what one unit reports with another as counterparty, against what that one reports."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.model.definitions import Dims, Pair, World
from tests.model.exact import EXACT, add
from tests.model.parts import Cells as PartCells
from tests.model.parts import Key, Part

ZERO = Decimal(0)
Side = tuple[str, str, str, str, int]  # metric, scenario, unit, its counterparty, base period


@dataclass(frozen=True)
class Match:
    """One pair of units in one base period: both amounts (None: nothing reported) and whether they agree."""

    pair: Pair
    scenario: str
    unit: str
    counterparty: str
    index: int
    amounts: tuple[Decimal | None, Decimal | None]

    @property
    def matched(self) -> bool:
        """Tell whether both sides are there and differ by no more than the tolerance."""
        one, other = self.amounts
        return (
            one is not None and other is not None and abs(EXACT.subtract(one, other)) <= self.pair.tolerance
        )


@dataclass
class Eliminations:
    """All matches of a company's pairs, and what they take out of the units above.

    `sides` are the amounts of each side that reported any and of the other one, and whether they match.
    """

    matches: list[Match]
    sides: dict[Side, tuple[tuple[Decimal | None, Decimal | None], bool]] = field(default_factory=dict)
    _matched: dict[Side, bool] = field(default_factory=dict)
    _dimensions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def find(cls, world: World, parts: dict[Key, PartCells]) -> "Eliminations":
        """Compare the two sides of every pair, in every base period and scenario."""
        found = cls([])
        for pair in world.pairs:
            one, other = (
                _amounts(world, parts, metric, pair.counterparty) for metric in (pair.one, pair.other)
            )
            mirrored = {(scenario, b, a, index) for scenario, a, b, index in other}
            for scenario, a, b, index in one.keys() | mirrored:
                amounts = one.get((scenario, a, b, index)), other.get((scenario, b, a, index))
                match = Match(pair, scenario, a, b, index, amounts)
                found._note(match)
                if (scenario, a, b, index) in one:
                    found.sides[pair.one, scenario, a, b, index] = amounts, match.matched
                if (scenario, b, a, index) in other:
                    found.sides[pair.other, scenario, b, a, index] = amounts[::-1], match.matched
        return found

    def _note(self, match: Match) -> None:
        self.matches.append(match)
        pair, scenario, index = match.pair, match.scenario, match.index
        self._dimensions[pair.one].add(pair.counterparty)
        self._dimensions[pair.other].add(pair.counterparty)
        for side in ((pair.one, scenario, match.unit, match.counterparty, index),
                     (pair.other, scenario, match.counterparty, match.unit, index)):  # fmt: skip
            self._matched[side] = self._matched.get(side, False) or match.matched

    def partner(
        self, metric: str, scenario: str, unit: str, dims: Dims, index: int
    ) -> tuple[str, bool] | None:
        """Return the counterparty of a cell's part, and whether the two matched; None where it belongs to no pair."""
        for name, value in dims:
            side = metric, scenario, unit, value, index
            if name in self._dimensions.get(metric, ()) and side in self._matched:
                return value, self._matched[side]
        return None


def nothing(part: Part) -> Part:
    """Return the part as it counts where it is eliminated: reported, and 0."""
    return replace(
        part,
        total=None if part.total is None else ZERO,
        smallest=None if part.smallest is None else ZERO,
        largest=None if part.largest is None else ZERO,
        last=part.last and (part.last[0], ZERO),
        quarter=None if part.quarter is None else ZERO,
    )


def _amounts(
    world: World, parts: dict[Key, PartCells], metric: str, dimension: str
) -> dict[tuple[str, str, str, int], Decimal | None]:
    """Return what each unit reported with each other unit, by scenario and base period; None where a rate is missing."""
    found: dict[tuple[str, str, str, int], list[Decimal | None]] = defaultdict(list)
    for (name, scenario, explicit), cells in parts.items():
        if name != metric or explicit:
            continue
        for (unit, dims), months in cells.items():
            partner = dict(dims).get(dimension)
            if partner in world.tree.by_unit:
                for index, part in months.items():
                    found[scenario, unit, partner, index].append(_amount(world, metric, part))
    return {key: None if None in amounts else add(_known(amounts)) for key, amounts in found.items()}


def _amount(world: World, metric: str, part: Part) -> Decimal | None:
    if part.missing:
        return None
    if world.metrics[metric].versions[0].over_time == "last":
        return part.last[1] if part.last else part.quarter
    known = [amount for amount in (part.total, part.quarter) if amount is not None]
    return add(known) if known else None


def _known(amounts: Iterable[Decimal | None]) -> list[Decimal]:
    return [amount for amount in amounts if amount is not None]
