"""Random companies for the model and the product: trees, metrics, sources; and how each unit reports each metric."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from random import Random

from tests.model.calendars import Calendar
from tests.model.definitions import Metric, Version, World
from tests.model.exact import Formula
from tests.model.trees import FIRST, LAST, Line, Tree

TURNS = [dt.date(2025, 12, 1), dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1), dt.date(2026, 4, 1),
         dt.date(2026, 5, 1)]  # fmt: skip
"""Days on which units move, open and close: the middle of quarters, their turns and the turn of the year."""
UNITS = {"CNY": Fraction(1), "万元": Fraction(10000), "%": Fraction(1, 100), "t": Fraction(1000), "kg": Fraction(1),
         "CNY/kg": Fraction(1), "人": Fraction(1)}  # fmt: skip
COMMON = [("sum", "sum"), ("sum", "sum"), ("last", "sum"), ("average", "average"), ("average", "sum")]
OVER_TIME, OVER_ORG = (
    ("sum", "last", "average", "min", "max", "none"),
    ("sum", "average", "min", "max", "none"),
)
LEAVES = 4


@dataclass(frozen=True)
class Features:
    """What the generators may use; what the product can't do yet, or does wrongly, is off."""

    mid_period_openings: bool = False
    """Units open or close in the middle of a base period."""
    quarters_beside_months: bool = False
    """Some units report quarters of a metric that others report by base period."""
    quarters_owed: bool = False
    """Who reported a quarter owes all its base periods, and has reported none of them."""
    owed_at_once: bool = False
    """A unit that reports for the first time for an earlier year owes the later ones at once, not at the next recomputation."""
    sums_over_time_only: bool = False
    """Metrics that add up over time but not over units."""


@dataclass(frozen=True)
class Mode:
    """How a unit reports a metric: in a source, whose slices and whose values have a grain (D, M, Q), on a basis."""

    source: str
    slice: str
    grain: str
    basis: str = "F"


MONTHLY = Mode("book", "M", "M")
MODES = [
    MONTHLY,
    MONTHLY,
    Mode("book", "M", "D"),
    Mode("days", "D", "D"),
    Mode("other", "Q", "M"),
    Mode("other", "Q", "D"),
]
YEARLY = [Mode("book", "M", "M", "Y"), Mode("other", "Q", "M", "Y")]
QUARTERLY = Mode("other", "Q", "Q")


@dataclass
class Slot:
    """One group of the company, below the root: the units that report, and how each reports each metric."""

    group: str
    reporters: list[str] = field(default_factory=list)
    modes: dict[tuple[str, str], Mode] = field(default_factory=dict)


@dataclass(frozen=True)
class RandomCompany:
    """What a seed makes: the world, its groups, and the metrics that are reported."""

    world: World
    slots: list[Slot]
    reported: list[str]
    quarterly: set[str]
    features: Features

    @cached_property
    def uncertain(self) -> set[str]:
        """Metrics whose completeness the product doesn't tell as it should."""
        found = set() if self.features.quarters_owed else set(self.quarterly)
        for metric in self.world.derived:
            if any(part in found for version in metric.versions for part in version.parts):
                found.add(metric.id)
        return found


def draw_company(seed: int, slots: int, features: Features) -> RandomCompany:
    """Return the company of `seed` with `slots` groups below its root, each with a tree of its own."""
    rng = Random(seed)
    lines = [Line("root", None, "root")]
    groups = [Slot(f"g{n}") for n in range(slots)]
    for slot in groups:
        lines += draw_lines(rng, slot, features)
    bases = draw_bases(rng, features)
    metrics = bases | draw_derived(rng, list(bases.values()))
    quarterly = {name for name in bases if rng.random() < 0.15}
    for slot in groups:
        draw_modes(rng, slot, list(bases.values()), quarterly, features)
    calendar = Calendar(starts=rng.choice([1, 1, 4]))
    expected = {name: ("plant",) for name in bases if rng.random() < 0.7} if rng.random() < 0.4 else {}
    world = World(calendar, Tree(tuple(lines), dt.date(2026, 6, 30)), metrics, expected)
    return RandomCompany(world, groups, list(bases), quarterly, features)


# Trees --------------------------------------------------------------------------------------------------------


def draw_lines(rng: Random, slot: Slot, features: Features) -> list[Line]:
    """Return a group with two companies and four plants; each plant may move, open or close, one company may move."""
    group = slot.group
    one, two = f"{group}a", f"{group}b"
    lines = [Line(group, "root", "group"), Line(one, group, "company")]
    turn = rng.choice(TURNS)
    if rng.random() < 0.3:
        lines += [Line(two, group, "company", stop=turn), Line(two, one, "company", start=turn)]
    else:
        lines.append(Line(two, group, "company"))
    for n in range(LEAVES):
        unit = f"{group}p{n}"
        slot.reporters.append(unit)
        lines += draw_leaf(rng, unit, [one, two, group], features)
    return lines


def draw_leaf(rng: Random, unit: str, parents: list[str], features: Features) -> list[Line]:
    """Return one plant's lines."""
    here, there = rng.sample(parents, 2)
    turn, later = sorted(rng.sample(TURNS, 2))
    if features.mid_period_openings and rng.random() < 0.3:
        turn += dt.timedelta(days=14)
    kind = rng.choice(["stays", "stays", "moves", "moves", "returns", "opens", "closes", "away"])
    if kind == "moves":
        return [
            Line(unit, here, "plant", stop=turn.replace(day=1)),
            Line(unit, there, "plant", start=turn.replace(day=1)),
        ]
    if kind == "returns":
        turn = turn.replace(day=1)
        return [
            Line(unit, here, "plant", stop=turn),
            Line(unit, there, "plant", turn, later),
            Line(unit, here, "plant", later),
        ]
    if kind == "away":
        turn = turn.replace(day=1)
        return [Line(unit, here, "plant", stop=turn), Line(unit, there, "plant", start=later)]
    opens, closes = (turn if kind == "opens" else FIRST), (turn if kind == "closes" else LAST)
    return [Line(unit, here, "plant", opens, closes)]


# Metrics ------------------------------------------------------------------------------------------------------


def draw_bases(rng: Random, features: Features) -> dict[str, Metric]:
    """Return about ten reported metrics: the common aggregations, and some of all others."""
    kinds = [(time, rng.choice(OVER_ORG)) for time in ("last", "min", "max", "none")]
    kinds.append((rng.choice(OVER_TIME[1:]), rng.choice(OVER_ORG)))
    if features.sums_over_time_only:
        kinds.append(("sum", rng.choice(OVER_ORG)))
    found = {}
    for n, (over_time, over_org) in enumerate([*COMMON, *kinds]):
        unit = (
            rng.choice(["CNY", "CNY", "万元"])
            if n in (0, 1)
            else "CNY"
            if over_org == "sum"
            else rng.choice(["CNY", "t"])
        )
        versions = [Version(over_time=over_time, over_org=over_org)]
        if rng.random() < 0.2 and over_time != "sum":
            versions.append(Version(2, rng.choice(TURNS), over_time, rng.choice(OVER_ORG)))
        dimensions = (
            rng.choice([("product", "channel"), ("product",)]) if n < 4 else rng.choice([(), ("product",)])
        )
        found[f"m{n}"] = Metric(f"m{n}", unit, tuple(versions), dimensions)
    return found


def draw_derived(rng: Random, bases: list[Metric]) -> dict[str, Metric]:
    """Return ratios and formulas of the reported metrics and of each other."""
    found = {}
    for n in range(2):
        of, to = rng.sample(bases, 2)
        unit = "%" if (of.unit == "t") == (to.unit == "t") else "CNY/kg"
        if to.unit != "t" and of.unit == "t":
            of, to = to, of
        factor = UNITS[of.unit] / UNITS[to.unit] / UNITS[unit]
        found[f"r{n}"] = Metric(f"r{n}", unit, (Version(ratio=(of.id, to.id, factor)),), of.dimensions)
    money = [metric.id for metric in bases if metric.unit == "CNY"]
    for n in range(5):
        versions = [Version(formula=draw_formula(rng, money))]
        if rng.random() < 0.3:
            versions.append(Version(2, rng.choice(TURNS), formula=draw_formula(rng, money)))
        found[f"f{n}"] = Metric(f"f{n}", "CNY", tuple(versions), ("product",))
        money = [*money, f"f{n}"]
    return found


def draw_formula(rng: Random, money: list[str]) -> Formula:
    """Return a formula whose value is money and that mentions a metric."""
    left, right = draw_amount(rng, money, 2), draw_name(rng, money)
    return rng.choice(
        [("+", left, right), ("-", left, right), ("if", draw_condition(rng, money), left, right)]
    )


def draw_name(rng: Random, money: list[str]) -> Formula:
    """Return a metric, sometimes its period before or its year so far."""
    return ("metric", rng.choice(money), rng.choice(["", "", "", "prior", "prior", "ytd"]))


def draw_amount(rng: Random, money: list[str], depth: int) -> Formula:
    """Return an expression of money, at most `depth` operators deep."""
    if depth == 0 or rng.random() < 0.3:
        return draw_name(rng, money)
    one, two = draw_amount(rng, money, depth - 1), draw_amount(rng, money, depth - 1)
    number = ("number", rng.choice([Decimal(2), Decimal("0.5"), Decimal(3)]))
    return rng.choice(
        [
            ("+", one, two),
            ("-", one, two),
            ("*", number, one),
            ("/", one, number),
            ("*", one, ("/", two, draw_name(rng, money))),
            ("coalesce", one, two),
            ("coalesce", one, ("number", Decimal(0))),
            ("neg", one),
            ("if", draw_condition(rng, money), one, two),
        ]
    )


def draw_condition(rng: Random, money: list[str]) -> Formula:
    """Return a comparison, or two of them joined."""
    one, two = draw_name(rng, money), draw_name(rng, money)
    compared = (rng.choice(["<", "<=", ">", ">=", "=", "!="]), one, rng.choice([two, ("number", Decimal(0))]))
    other = (rng.choice(["<", ">"]), two, ("number", Decimal(1)))
    return rng.choice(
        [compared, compared, ("and", compared, other), ("or", compared, other), ("not", compared)]
    )


# Reporting ----------------------------------------------------------------------------------------------------


def draw_modes(rng: Random, slot: Slot, bases: list[Metric], quarterly: set[str], features: Features) -> None:
    """Say for each metric how each plant of a group reports it; quarters beside months only on request."""
    for metric in bases:
        for unit in slot.reporters:
            modes = [*MODES, *YEARLY] if metric.versions[0].over_time == "sum" else MODES
            mode = rng.choice(modes)
            if metric.id in quarterly and (not features.quarters_beside_months or rng.random() < 0.5):
                mode = QUARTERLY
            slot.modes[metric.id, unit] = mode
