"""Random companies for the model and the product: trees, metrics, sources; and how each unit reports each metric."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from random import Random

from tests.model.calendars import Calendar
from tests.model.definitions import RATES, Metric, Pair, Version, World
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
SIMPLE = {f"m{n}" for n in range(11)}
"""Metrics whose value is all there is to say."""
CHANGES = ["opens", "closes", "away", "merges"]
OWNED = [Decimal(1), Decimal("0.8"), Decimal("0.755"), Decimal("0.3")]
RATE_METRICS = {
    name: Metric(name, "CNY", (Version(over_time="last" if kind == "closing" else "average"),), ("currency",))
    for kind, name in RATES.items()
}


@dataclass(frozen=True)
class Mode:
    """How a unit reports a metric: in a source, whose slices and whose values have a grain (D, M, Q), on a basis (B: F or Y).

    Amounts are in `currency` (None: the metric's own); `explicit`: each is reported for a definition version.
    """

    source: str
    slice: str
    grain: str
    basis: str = "F"
    currency: str | None = None
    explicit: bool = False


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
BOTH = Mode("book", "M", "M", "B")
QUARTERLY = Mode("other", "Q", "Q")


@dataclass
class Slot:
    """One group of the company, below the root: the units that report, and how each reports each metric.

    The slot `rates` stands for who reports the currency rates.
    """

    group: str
    reporters: list[str] = field(default_factory=list)
    modes: dict[tuple[str, str], Mode] = field(default_factory=dict)


@dataclass(frozen=True)
class RandomCompany:
    """What a seed makes: the world, its groups, and the metrics that are reported."""

    world: World
    slots: list[Slot]
    reported: list[str]


def draw_company(seed: int, slots: int) -> RandomCompany:
    """Return the company of `seed` with `slots` groups below its root, each with a tree of its own."""
    rng = Random(seed)
    expects = rng.random() < 0.4
    lines = [Line("root", None, "root")]
    groups = [Slot(f"g{n}") for n in range(slots)]
    for slot in groups:
        lines += draw_lines(rng, slot)
    bases = draw_bases(rng)
    metrics = bases | draw_derived(rng, [m for m in bases.values() if m.unit in ("CNY", "万元", "t")])
    quarterly = {name for name in bases if name in SIMPLE and rng.random() < 0.15}
    for slot in groups:
        draw_modes(rng, slot, list(bases.values()), quarterly)
    calendar = Calendar(starts=rng.choice([1, 1, 4]))
    expected = {name: ("plant",) for name in bases if name in SIMPLE and rng.random() < 0.7}
    expected = expected if expects else {}
    groups[-1] = Slot("rates", ["root"])
    pairs = (Pair("billed", "bought", "partner", Decimal("0.01")),)
    world = World(calendar, Tree(tuple(lines), dt.date(2026, 6, 30)), metrics | RATE_METRICS, expected, pairs)
    return RandomCompany(world, groups, list(bases))


# Trees --------------------------------------------------------------------------------------------------------


def draw_lines(rng: Random, slot: Slot) -> list[Line]:
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
        lines += draw_leaf(rng, unit, [one, two, group])
    return [replace(line, ownership=rng.choice(OWNED)) if line.unit != group else line for line in lines]


def draw_leaf(rng: Random, unit: str, parents: list[str]) -> list[Line]:
    """Return one plant's lines; the first plant of a group is always there, as another may become part of it."""
    here, there = rng.sample(parents, 2)
    turn, later = sorted(rng.sample(TURNS, 2))
    if rng.random() < 0.3:
        turn += dt.timedelta(days=14)
    stays = unit.endswith("p0")
    kind = rng.choice(["stays", "stays", "moves", "moves", "returns", *([] if stays else CHANGES)])
    if kind == "merges":
        return [Line(unit, here, "plant", stop=turn.replace(day=1), into=f"{unit[:-1]}0")]
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


def draw_bases(rng: Random) -> dict[str, Metric]:
    """Return about ten reported metrics: the common aggregations, and some of all others."""
    kinds = [(time, rng.choice(OVER_ORG)) for time in ("last", "min", "max", "none")]
    kinds.append((rng.choice(OVER_TIME[1:]), rng.choice(OVER_ORG)))
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
        if rng.random() < 0.3:
            other = "sum" if over_time == "sum" else rng.choice(OVER_ORG)
            versions.append(Version(2, rng.choice(TURNS), over_time, other))
        dimensions = (
            rng.choice([("product", "channel"), ("product",)]) if n < 4 else rng.choice([(), ("product",)])
        )
        found[f"m{n}"] = Metric(f"m{n}", unit, tuple(versions), dimensions)
    return found | draw_further(rng)


def draw_further(rng: Random) -> dict[str, Metric]:
    """Return the metrics whose values need more than a number, all of them."""
    carried = Version(
        over_time="last",
        over_org="sum",
        carry_forward=rng.choice([3, 14, 31, 62]),
        proportionate=rng.random() < 0.5,
    )
    side = Version(over_time=rng.choice(["sum", "sum", "last"]), over_org="sum")
    wanted = {
        "carried": ("CNY", carried, ()),
        "price": ("CNY", Version(over_time="weighted_average", over_org="weighted_average"), ("product",)),
        "people": ("人", Version(over_time="distinct", over_org="distinct"), ("product",)),
        "owned": ("CNY", Version(over_time=rng.choice(OVER_TIME[:5]), over_org="sum", proportionate=True), ()),
        "dollars": ("USD", Version(over_time=rng.choice(OVER_TIME[:3]), over_org="sum"), ()),
        "billed": ("CNY", side, ("partner", "product")),
        "bought": ("CNY", side, ("partner",)),
    }  # fmt: skip
    return {
        name: Metric(name, unit, (version,), dimensions, "USD" if unit == "USD" else None)
        for name, (unit, version, dimensions) in wanted.items()
    }


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


def draw_modes(rng: Random, slot: Slot, bases: list[Metric], quarterly: set[str]) -> None:
    """Say for each metric how each plant of a group reports it; some report quarters where others report months."""
    for metric in bases:
        for unit in slot.reporters:
            yearly = metric.versions[0].over_time == "sum" and "partner" not in metric.dimensions
            mode = rng.choice([*MODES, *YEARLY, BOTH] if yearly else MODES)
            if metric.id in quarterly and rng.random() < 0.5:
                mode = QUARTERLY
            is_money = metric.unit in ("CNY", "万元", "USD") and mode.basis == "F" and mode.grain != "Q"
            if is_money and rng.random() < 0.3:
                mode = replace(mode, currency=rng.choice(["EUR", "CNY" if metric.unit == "USD" else "USD"]))
            if mode.basis == "F" and len(metric.versions) > 1 and rng.random() < 0.5:
                mode = replace(mode, explicit=True)
            slot.modes[metric.id, unit] = mode
