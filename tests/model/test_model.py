"""The model itself, where no random comparison drives it: against figures worked out by hand."""

import datetime as dt
from decimal import Decimal
from typing import Any

from tests.model.calendars import Calendar
from tests.model.definitions import RATES, Dims, Metric, Pair, Value, Version, World
from tests.model.kpi_model import Boards, Row
from tests.model.placing import as_is, as_was, like_for_like
from tests.model.trees import Line, Tree

D = Decimal
APRIL = dt.date(2026, 4, 1)
LINES = (
    Line("root", None),
    Line("a", "root"),
    Line("b", "root", ownership=D("0.6")),
    Line("p", "a", stop=APRIL),
    Line("p", "b", start=APRIL, ownership=D("0.5")),
    Line("q", "b", stop=APRIL, into="p"),
    Line("r", "b", start=dt.date(2025, 6, 1)),
)


def world_of(
    *versions: Version, pairs: tuple[Pair, ...] = (), currency: str | None = None, **more: Metric
) -> World:
    metrics = {"m": Metric("m", "CNY", versions, currency=currency)} | more
    metrics |= {name: Metric(name, "CNY", (Version(over_time="last" if kind == "closing" else kind),))
                for kind, name in RATES.items()}  # fmt: skip
    return World(Calendar(), Tree(LINES, dt.date(2026, 6, 30)), metrics, pairs=pairs)


def value(org: str, period: str, figure: str, metric: str = "m", **more: Any) -> Value:
    return Value(metric, org, period, D(figure), **more)


def rate(period: str, figure: str, currency: str = "USD", kind: str = "average") -> Value:
    return value("root", period, figure, RATES[kind], dims=(("currency", currency),))


def rows(world: World, *values: Value, placing: Any = as_was) -> Boards:
    return Boards(world, list(values), placing(world))


def row(boards: Boards, org: str, period: str, metric: str = "m", dims: Dims = ()) -> Row:
    return boards.rows[metric, org, period, dims, "actual"]


SUM = Version(over_time="sum", over_org="sum")


def test_money_is_converted_at_the_rate_of_its_month() -> None:
    found = rows(world_of(SUM), value("p", "2026-01", "10", currency="USD"), value("p", "2026-02", "10", currency="USD"),
                 value("q", "2026-02", "1"), rate("2026-01", "7.1"))  # fmt: skip
    assert row(found, "root", "2026-01").value == 71
    assert (row(found, "root", "2026-02").value, row(found, "root", "2026-02").missing) == (
        None,
        "no average rate for USD in 2026-02",
    )
    assert row(found, "b", "2026-02").value == 1
    assert row(found, "root", "2026-Q1").value is None and row(found, "root", "2026-02").ytd is None
    foreign = rows(
        world_of(SUM, currency="EUR"),
        value("p", "2026-01", "10", currency="USD"),
        rate("2026-01", "7"),
        rate("2026-01", "8", "EUR"),
    )
    assert row(foreign, "root", "2026-01").value == D("8.75")


def test_a_stock_takes_the_closing_rate_and_needs_no_other_month() -> None:
    found = rows(world_of(Version(over_time="last", over_org="sum")), value("p", "2026-01", "10", currency="USD"),
                 value("p", "2026-03", "10", currency="USD"), rate("2026-03-02", "6", kind="closing"), rate("2026-03-30", "7", kind="closing"))  # fmt: skip
    assert row(found, "root", "2026-Q1").value == 70
    assert row(found, "root", "2026-01").missing == "no closing rate for USD in 2026-01"


def test_weights_and_members() -> None:
    found = rows(world_of(Version(over_time="weighted_average", over_org="weighted_average")),
                 value("p", "2026-01", "10", weight=D(1)), value("q", "2026-02", "20", weight=D(3)))  # fmt: skip
    assert row(found, "root", "2026-Q1").value == D("17.5") == row(found, "root", "2026-02").ytd
    found = rows(world_of(Version(over_time="distinct", over_org="distinct")),
                 *[value(org, month, "1", member=who) for org, month, who in (("p", "2026-01", "x"), ("q", "2026-01", "x"), ("q", "2026-02", "y"))])  # fmt: skip
    assert [row(found, "root", key).value for key in ("2026-01", "2026-02", "2026-Q1")] == [1, 1, 2]


def test_a_value_is_carried_for_some_days() -> None:
    found = rows(
        world_of(Version(over_time="last", over_org="sum", carry_forward=35)), value("p", "2026-01-27", "5")
    )
    assert row(found, "root", "2026-01").value == 5
    assert row(found, "root", "2026-02").value == 5
    assert row(found, "root", "2026-Q1").value is None
    strict = rows(
        world_of(Version(over_time="last", over_org="sum", carry_forward=3)), value("p", "2026-01-27", "5")
    )
    assert row(strict, "root", "2026-01").value is None


def test_a_share_is_the_product_on_the_way_up() -> None:
    found = rows(world_of(Version(over_time="sum", over_org="sum", proportionate=True)),
                 value("p", "2026-03", "100"), value("p", "2026-04", "100"))  # fmt: skip
    assert [row(found, org, "2026-04").value for org in ("p", "b", "root")] == [100, 50, 30]
    assert row(found, "root", "2026-03").value == 100


def test_as_the_tree_stands_today() -> None:
    values = value("p", "2026-01", "1"), value("q", "2026-01", "10"), value("r", "2026-01", "100")
    found = rows(world_of(SUM), *values, placing=as_is)
    assert [row(found, org, "2026-01").value for org in ("q", "p", "b", "root")] == [10, 11, 111, 111]
    assert ("m", "a", "2026-01", (), "actual") not in found.rows


def test_like_for_like_leaves_out_what_stood_elsewhere() -> None:
    values = [
        value(org, month, "1")
        for org in ("p", "q", "r")
        for month in ("2025-03", "2026-03", "2026-04", "2025-04")
    ]
    values = [
        v for v in values if (v.org, v.period) not in {("r", "2025-03"), ("r", "2025-04"), ("q", "2026-04")}
    ]
    later = rows(world_of(SUM), *values, placing=lambda world: like_for_like(world, later=True))
    assert [row(later, "root", month).value for month in ("2026-03", "2026-04")] == [2, 1]
    assert ("m", "b", "2026-04", (), "actual") not in later.rows
    earlier = rows(world_of(SUM), *values, placing=lambda world: like_for_like(world, later=False))
    assert [row(earlier, "root", month).value for month in ("2025-03", "2025-04")] == [2, 1]


def test_matched_pairs_are_no_part_of_who_holds_both() -> None:
    pair = Pair("m", "c", "partner", D("0.01"))
    with_q, with_p = (("partner", "q"),), (("partner", "p"),)
    world = world_of(SUM, pairs=(pair,), c=Metric("c", "CNY", (SUM,)))
    found = rows(world, value("p", "2026-01", "7", dims=with_q), value("p", "2026-01", "1"),
                 value("q", "2026-01", "7.01", "c", dims=with_p), value("p", "2026-02", "7", dims=with_q))  # fmt: skip
    assert [row(found, org, "2026-01").value for org in ("p", "a", "root")] == [8, 8, 1]
    assert row(found, "root", "2026-01", dims=with_q).value == 0 == row(found, "root", "2026-01", "c").value
    assert row(found, "b", "2026-01", "c").value == D("7.01")
    assert row(found, "root", "2026-02").value == 7
    assert sorted((m.index, m.matched) for m in found.eliminations.matches) == [(48, True), (49, False)]


def test_rolling_needs_twelve_months() -> None:
    months = [f"2025-{n:02d}" for n in range(1, 13)]
    world = world_of(SUM, avg=Metric("avg", "CNY", (Version(over_time="average", over_org="sum"),)))
    found = rows(
        world,
        *[value("p", month, "2") for month in months[1:]],
        *[value("p", month, "3", "avg") for month in months],
    )
    assert row(found, "root", "2025-12").rolling is None
    assert row(found, "root", "2025-12", "avg").rolling == 3 == row(found, "root", "2025-Q4", "avg").rolling


def test_what_was_reported_for_a_version() -> None:
    world = world_of(SUM, Version(2, APRIL, "sum", "sum"))
    found = rows(world, *[value("p", month, figure, version=version) for month, figure, version in
                          (("2026-03", "1", 1), ("2026-03", "10", 2), ("2026-04", "2", 1), ("2026-04", "20", 2))])  # fmt: skip
    assert [row(found, "p", month).value for month in ("2026-03", "2026-04")] == [1, 20]
    assert {key[2]: kpi.value for key, kpi in found.rows_of_version(2).items() if key[1] == "p"} == {
        "2026-03": 10,
        "2026-Q1": 10,
    }
    assert found.rows_of_version(1)["m", "p", "2026-04", (), "actual"].value == 2


def test_calendars_of_weeks() -> None:
    retail = Calendar("4-4-5", 2)
    year = [base for base in retail.bases if base.year == 2026]
    assert (year[0].key, year[0].start, year[-1].key) == ("2026-02", dt.date(2026, 2, 2), "2027-01")
    assert [(base.stop - base.start).days // 7 for base in year] == [4, 4, 5] * 4
    weeks = [base for base in Calendar("iso-week").bases if base.year == 2026]
    assert (weeks[0].start, weeks[-1].key, weeks[-1].quarter) == (
        dt.date(2025, 12, 29),
        "2026-W53",
        "2026-Q4",
    )
    assert all(
        base.key == f"{base.start.isocalendar().year}-W{base.start.isocalendar().week:02d}" for base in weeks
    )
