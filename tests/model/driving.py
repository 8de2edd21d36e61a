"""Drives the product with what the strategies draw, and the model beside it."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from include import warehouse
from tests.company import SOURCE, Company, Fact, read_company
from tests.model.companies import RATE_METRICS, RandomCompany
from tests.model.comparing import Shown, read_boards
from tests.model.definitions import Dims, Metric, Pair, Value, Version
from tests.model.exact import write
from tests.model.ledger_model import Ledger, SliceKey
from tests.model.strategies import Step, Withdrawal, read_history
from tests.model.trees import FIRST, LAST

RATES = """\
columns:
  month: {type: month, is: period, required: true}
  code: {type: text, is: currency}
  average: {type: decimal, rate: average}
  closing: {type: decimal, rate: closing}
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
        "metrics__all": "".join(_write_metric(m) for m in world.metrics.values() if m not in RATE_METRICS.values()),
        "org": "".join(_write_line(line) for line in world.tree.lines),
        "calendar": f"{{fiscal_year_starts: {world.calendar.starts}, timezone: Asia/Shanghai, currency: CNY}}\n",
        "sources__book": SOURCE.format(source="book") + expects + columns + "\n".join(owed) + "\n",
        **{f"sources__{name}": SOURCE.format(source=name) + columns + book[drawn.reported[0]] + "\n"
           for name in ("other", "days")},
        "sources__rates": SOURCE.format(source="rates") + RATES,
        "eliminations": "".join(_write_pair(pair) for pair in world.pairs),
        "sources__audit": SOURCE.format(source="audit") + "authority: cross_check\n" + columns + book[drawn.reported[0]] + "\n",
    }  # fmt: skip
    if not world.pairs:
        del files["eliminations"]
    if "rates" not in [slot.group for slot in drawn.slots]:
        del files["sources__rates"]
    return Company(read_company(folder, **files))


def _write_pair(pair: Pair) -> str:
    return f"- {{pair: [{pair.one}, {pair.other}], counterparty: {pair.counterparty}, tolerance: {pair.tolerance}}}\n"


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
    text_ = f"over_time: {version.over_time}, over_org: {version.over_org}"
    if version.carry_forward is not None:
        text_ += f", carry_forward: {version.carry_forward}"
    return text_ + (", consolidation: proportionate" if version.proportionate else "")


def _write_line(line: Any) -> str:
    keys = {"unit": line.unit, "parent": line.parent, "level": line.level}
    keys |= {
        "from": None if line.start == FIRST else line.start,
        "to": None if line.stop == LAST else line.stop,
        "into": line.into,
        "ownership": None if line.ownership == 1 else line.ownership,
    }
    return "- {" + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}\n"


# Histories ----------------------------------------------------------------------------------------------------


@dataclass
class Course:
    """What stood after each step: the product's moment, and the values that count by the model.

    The last one stands after a recomputation of everything. `shown` are the boards that show only what is in force, as
    they stood at the last moment but one and at the last.
    """

    moments: list[dt.datetime] = field(default_factory=list)
    counted: list[list[Value]] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
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
    course.shown.append(read_boards(company))
    with warehouse.connect() as connection:
        warehouse.run(connection, "rollup/touch_all", cause="recomputation")
    company.roll_up()
    _note(company, course, ledgers)
    course.shown.append(read_boards(company))
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
        slice=slice_period, currency=value.currency, weight=None if value.weight is None else f"{value.weight:f}",
        member=value.member, version=value.version,
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
