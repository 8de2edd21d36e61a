"""Drives the product with what the strategies draw, and compares its boards with the model's."""

import datetime as dt
import json
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from include import warehouse
from tests.company import SOURCE, Company, Fact, read_company
from tests.model.calendars import Period
from tests.model.companies import RandomCompany
from tests.model.definitions import Dims, Metric, Value, Version, World
from tests.model.exact import EXACT, quotient, write
from tests.model.kpi_model import Boards, Row, RowKey
from tests.model.ledger_model import Ledger, SliceKey
from tests.model.placing import as_was
from tests.model.strategies import Step, Withdrawal, read_history
from tests.model.trees import FIRST, LAST

SCENARIOS = {"A": "actual", "T": "target", "B": "budget", "F": "forecast"}
KPIS = """
SELECT m.metric, o.unit, p.period, d.dimensions::text AS dimensions, k.scenario, k.metric_version, k.value, k.ytd,
       k.completeness, k.reason, k.computed_at, nullif(k.superseded_at, 'infinity') AS superseded_at
FROM ledger.kpi AS k
JOIN ledger.metric AS m USING (metric_id) JOIN ledger.org AS o USING (org_id) JOIN ledger.dimset AS d USING (dimset_id)
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
WHERE k.basis = 'W'
"""


# Configuration ------------------------------------------------------------------------------------------------


def publish_company(folder: Path, drawn: RandomCompany) -> Company:
    """Write the configuration of a random company and publish it into the warehouse of the environment."""
    world = drawn.world
    book = {
        name: f"  {name}: {{type: decimal, metric: {name}, unit: {world.metrics[name].unit}}}"
        for name in drawn.reported
    }
    columns = "columns:\n  unit: {type: text, is: org, required: true}\n  month: {type: month, is: period, required: true}\n"
    expects = "expects: {org: {level: plant}}\n" if world.expected else ""
    owed = [book[name] for name in world.expected] or [book[drawn.reported[0]]]
    files = {
        "metrics__all": "".join(map(_write_metric, world.metrics.values())),
        "org": "".join(_write_line(line) for line in world.tree.lines),
        "calendar": f"{{fiscal_year_starts: {world.calendar.starts}, timezone: Asia/Shanghai, currency: CNY}}\n",
        "sources__book": SOURCE.format(source="book") + expects + columns + "\n".join(owed) + "\n",
        **{f"sources__{name}": SOURCE.format(source=name) + columns + book[drawn.reported[0]] + "\n"
           for name in ("other", "days")},
        "sources__audit": SOURCE.format(source="audit") + "authority: cross_check\n" + columns + book[drawn.reported[0]] + "\n",
    }  # fmt: skip
    return Company(read_company(folder, **files))


def _write_metric(metric: Metric) -> str:
    first, *later = metric.versions
    versions = ", ".join(
        f"{{valid_from: {v.valid_from}, definition: d{v.number}, {_write_version(v)}}}" for v in later
    )
    return (
        f"{metric.id}: {{name: 指标 {metric.id}, definition: d, unit: \"{metric.unit}\", owner: controller, tier: internal, "
        f"better: up, {_write_version(first)}, dimensions: [{', '.join(metric.dimensions)}]"
        + (f", versions: [{versions}]" if later else "") + "}\n"
    )  # fmt: skip


def _write_version(version: Version) -> str:
    if version.ratio:
        return f"ratio: {{of: {version.ratio[0]}, to: {version.ratio[1]}}}"
    if version.formula:
        return f'formula: "{write(version.formula)}"'
    return f"over_time: {version.over_time}, over_org: {version.over_org}"


def _write_line(line: Any) -> str:
    keys = {"unit": line.unit, "parent": line.parent, "level": line.level}
    keys |= {
        "from": None if line.start == FIRST else line.start,
        "to": None if line.stop == LAST else line.stop,
    }
    return "- {" + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}\n"


# Histories ----------------------------------------------------------------------------------------------------


@dataclass
class Course:
    """What stood after each step: the product's moment, and the values that count by the model.

    The last one stands after a recomputation of everything.
    """

    moments: list[dt.datetime] = field(default_factory=list)
    counted: list[list[Value]] = field(default_factory=list)
    cases: int = 0


def play(company: Company, drawn: RandomCompany, numbers: Iterable[Any]) -> Course:
    """Play one history in each group, step by step at once, in the product and in the model."""
    histories = [read_history(drawn, slot, n) for slot, n in zip(drawn.slots, numbers, strict=True)]
    ledgers = [Ledger(drawn.world) for _ in histories]
    course = Course(cases=sum(any(step for step in history) for history in histories))
    for place in range(max(map(len, histories), default=0)):
        steps = [
            (ledger, history[place])
            for ledger, history in zip(ledgers, histories, strict=True)
            if place < len(history)
        ]
        if _play_step(company, steps):
            company.roll_up()
        _note(company, course, ledgers)
    with warehouse.connect() as connection:
        warehouse.run(connection, "rollup/touch_all", cause="recomputation")
    company.roll_up()
    _note(company, course, ledgers)
    return course


def _note(company: Company, course: Course, ledgers: list[Ledger]) -> None:
    course.moments.append(company.value("SELECT clock_timestamp()"))
    course.counted.append([value for ledger in ledgers for value in ledger.counted()])


def _play_step(company: Company, steps: list[tuple[Ledger, Step]]) -> bool:
    """Play one step of all groups; tells whether anything changed."""
    sources: dict[str, list[Fact]] = {}
    withdrawn: list[SliceKey] = []
    for ledger, step in steps:
        if isinstance(step, Withdrawal):
            standing = sorted(ledger.current.values(), key=lambda s: s.number, reverse=True)
            if standing:
                key = standing[step.back % len(standing)].slice
                if not ledger.withdraw(key):
                    withdrawn.append(key)
            continue
        for delivery in step:
            _, refused = ledger.deliver(delivery.source, delivery.values)
            if not refused:
                sources.setdefault(delivery.source, []).extend(as_fact(p, v) for p, v in delivery.values)
    for key in withdrawn:
        company.withdraw(current_submission(company, key))
    for source, facts in sources.items():
        company.deliver(*facts, source=source)
    return bool(sources or withdrawn)


def current_submission(company: Company, key: SliceKey) -> int:
    """Return the number of the slice's current submission in the product."""
    number: int = company.value(
        "SELECT submission_id FROM ledger.submission JOIN ledger.org USING (org_id) "
        "WHERE superseded_at = 'infinity' AND source = :source AND unit = :org AND period = :period",
        source=key[0], org=key[1], period=key[2],
    )  # fmt: skip
    return number


def as_fact(slice_period: str, value: Value) -> Fact:
    """Return a value as the product's tests deliver it."""
    return Fact(
        value.metric, value.org, value.period, f"{value.value:f}", write_dims(value.dims), value.scenario, value.basis,
        slice=slice_period,
    )  # fmt: skip


def write_dims(dims: Dims) -> str:
    """Return a dimension set as the product writes it."""
    return json.dumps(dict(dims), separators=(",", ":"))


def empty(company: Company) -> None:
    """Forget all that was delivered: a new database for each example would cost a second."""
    with warehouse._engine(warehouse.loader_url()).begin() as owner:
        owner.execute(text("TRUNCATE ledger.submission, ledger.coverage, ledger.fact, ledger.part, ledger.part_member, "
                           "ledger.part_currency, ledger.kpi, ledger.restatement, ledger.touched_month, ledger.touched_quarter "
                           "CASCADE"))  # fmt: skip


# Comparison ---------------------------------------------------------------------------------------------------


def differences(company: Company, drawn: RandomCompany, course: Course) -> list[str]:
    """Return every KPI of every moment that isn't as the model says."""
    world = drawn.world
    rows = company.query(KPIS)
    found: list[str] = []
    for step, (moment, values) in enumerate(zip(course.moments, course.counted, strict=True)):
        standing = {
            _key(row): row
            for row in rows
            if row.computed_at <= moment and not (row.superseded_at and row.superseded_at <= moment)
        }
        wanted = Boards(world, values, as_was(world)).rows
        if step == len(course.moments) // 2:
            found += [
                f"as of step {step + 1}: {line}" for line in compare_boards(company, world, moment, wanted)
            ]
        judge = drawn.features.owed_at_once or moment == course.moments[-1]
        judged = drawn.world.metrics.keys() - drawn.uncertain if judge else frozenset()
        found += [f"after step {step + 1}: {line}" for line in compare(standing, wanted, judged)]
    return found


def _key(row: Any) -> RowKey:
    dims = tuple(sorted(json.loads(row.dimensions).items()))
    return row.metric, row.unit, row.period, dims, SCENARIOS[row.scenario]


def compare(standing: dict[RowKey, Any], wanted: dict[RowKey, Row], judged: Set[str]) -> list[str]:
    """Return a line for each difference between the product's rows and the model's; completeness of `judged` metrics."""
    found = [
        f"{key}: the product has a row: {standing[key].value}" for key in standing.keys() - wanted.keys()
    ]
    found += [
        f"{key}: the product has no row: {wanted[key].value}" for key in wanted.keys() - standing.keys()
    ]
    for key in standing.keys() & wanted.keys():
        row, model = standing[key], wanted[key]
        pairs = {
            "value": (row.value, model.value),
            "ytd": (row.ytd, model.ytd),
            "version": (row.metric_version, model.version),
        }
        if key[0] in judged:
            pairs["completeness"] = row.completeness, model.completeness
            pairs["reason"] = row.reason, _reason(row.reason, model)
        found += [f"{key}: {name} is {got}, not {want}" for name, (got, want) in pairs.items() if got != want]
    return sorted(found)


def compare_boards(
    company: Company, world: World, moment: dt.datetime, wanted: dict[RowKey, Row]
) -> list[str]:
    """Return a line for each difference between the boards as of a moment and the model's."""
    found = []
    for view, grain in (("bi.kpi_month_as_of", "M"), ("bi.kpi_quarter_as_of", "Q")):
        shown = {
            (row.metric, row.org, row.period, tuple(sorted(row.dimensions.items())), "actual"): row
            for row in company.query(f"SELECT * FROM {view}(:moment)", moment=moment)
        }
        keys = {key for key in wanted if key[4] == "actual" and world.calendar.periods[key[2]].grain == grain}
        found += [f"{key}: shown or not shown wrongly" for key in shown.keys() ^ keys]
        for key in shown.keys() & keys:
            for name, want in _board_columns(world, wanted, key).items():
                got = getattr(shown[key], name)
                if got != want:
                    found.append(f"{key}: {name} is shown as {got}, not {want}")
    return found


def _board_columns(world: World, wanted: dict[RowKey, Row], key: RowKey) -> dict[str, Decimal | None]:
    """Return what the board shows beside a KPI: the period before, a year ago, the target, and what follows from them."""
    metric, org, period_key, dims, _ = key
    period = world.calendar.periods[period_key]

    def value_of(other: Period | None, scenario: str = "actual") -> Decimal | None:
        row = wanted.get((metric, org, other.key, dims, scenario)) if other else None
        return row.value if row else None

    value, before = wanted[key].value, value_of(world.calendar.previous(period))
    ago, target = value_of(world.calendar.period_year_ago(period)), value_of(period, "target")
    return {
        "value": value,
        "ytd": wanted[key].ytd,
        "previous": before,
        "year_ago": ago,
        "target": target,
        "change": _growth(value, before),
        "yoy": _growth(value, ago),
        "attainment": quotient(value, target) if value is not None and target and target > 0 else None,
    }


def _growth(value: Decimal | None, before: Decimal | None) -> Decimal | None:
    if value is None or before is None or before <= 0:
        return None
    return quotient(EXACT.subtract(value, before), before)


def _reason(said: str | None, model: Row) -> str | None:
    """Return the reason that the product should give; any, where the model only knows that there is one."""
    if model.value is None:
        return said or "a reason"
    if model.count and model.count.reported < model.count.owed:
        return f"partial: {model.count.reported} of {model.count.owed} {model.count.words} reported"
    incomplete = model.completeness is not None and model.completeness < 1
    return "partial: a part is incomplete" if incomplete else None
