"""The product's ledger against the model's: submissions, what superseded them, and their facts."""

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Any

from tests.company import Company
from tests.model.calendars import Calendar
from tests.model.definitions import Dims, Metric, Value, Version, World
from tests.model.ledger_model import Ledger, Submission
from tests.model.parts import last_day
from tests.model.trees import Line, Tree

MOVE = dt.date(2026, 5, 1)
SMALL = World(
    Calendar(),
    Tree(
        (
            Line("group", None),
            Line("east", "group"),
            Line("west", "group"),
            Line("p1", "east"),
            Line("p2", "east", stop=MOVE),
            Line("p2", "west", start=MOVE),
            Line("p3", "west"),
        ),
        dt.date(2026, 6, 30),
    ),
    {
        name: Metric(name, unit, (Version(over_time=time, over_org=org),), dims)
        for name, unit, time, org, dims in (
            ("sales", "CNY", "sum", "sum", ("product", "channel")),
            ("cost", "CNY", "sum", "sum", ("product",)),
            ("stock", "t", "last", "sum", ()),
            ("rank", "单", "none", "none", ()),
            ("profit", "CNY", "none", "none", ()),
        )
    },
)
"""The company of tests/company.py, as far as the ledger looks at it."""
SUBMISSIONS = """
SELECT submission, source, org, period, current, accepted_at, superseded_at, superseded_by, restores,
       withdrawn IS NOT NULL AS withdrawn
FROM bi.submission
"""
FACTS = """
SELECT submission, metric, org, date, dimensions::text AS dimensions, value, scenario, reported_as, counts
FROM bi.fact
"""
BASES = {"F": "flow", "Y": "ytd", "S": "stock"}


def ledger_differences(company: Company, ledger: Ledger) -> list[str]:
    """Return what differs: history, current submissions and current facts."""
    found = _history_of(company) ^ _history_in(ledger)
    wrong = [f"a submission in one of the two only: {item}" for item in sorted(found, key=str)]
    facts, wanted = _facts_of(company), _facts_in(ledger)
    wrong += [
        f"facts {facts[key]}, not {wanted[key]}: {key}"
        for key in facts.keys() | wanted.keys()
        if facts[key] != wanted[key]
    ]
    standing = Counter(
        value for s in ledger.current.values() if s.slice[0] not in ledger.cross_checks for value in s.values
    )
    if Counter(ledger.counted()) != standing or Counter(ledger.counted(ledger.clock)) != standing:
        wrong.append("the model disagrees with itself")
    return wrong


def _history_of(company: Company) -> set[Any]:
    """Return the product's submissions, by slice and place in time instead of by number."""
    rows = company.query(SUBMISSIONS)
    moments = sorted({m for row in rows for m in (row.accepted_at, row.superseded_at) if m})
    rank = {moment: place for place, moment in enumerate(moments, 1)} | {None: None}
    name = {row.submission: (rank[row.accepted_at], row.source, row.org, row.period) for row in rows} | {
        None: None
    }
    return {
        (name[row.submission], rank[row.superseded_at], name[row.superseded_by], name[row.restores], row.withdrawn, row.current)
        for row in rows
    }  # fmt: skip


def _history_in(ledger: Ledger) -> set[Any]:
    def name(number: int | None) -> Any:
        return None if number is None else _name(ledger.submissions[number])

    return {
        (_name(s), s.superseded, name(s.superseded_by), name(s.restores), s.withdrawn, s.superseded is None)
        for s in ledger.submissions
    }


def _name(submission: Submission) -> tuple[int, str, str, str]:
    return (submission.accepted, *submission.slice)


def _facts_of(company: Company) -> Counter[Any]:
    rank = {
        row.submission: place
        for place, row in enumerate(company.query(f"{SUBMISSIONS} ORDER BY accepted_at, source, org, period"))
    }
    return Counter(
        (rank[row.submission], row.metric, row.org, row.date, _dims(row.dimensions), row.value, row.scenario,
         row.reported_as, row.counts)
        for row in company.query(FACTS)
    )  # fmt: skip


def _facts_in(ledger: Ledger) -> Counter[Any]:
    ordered = sorted(ledger.submissions, key=_name)
    return Counter(
        (place, v.metric, v.org, last_day(ledger.world, v.period), v.dims, v.value, v.scenario, BASES[v.basis],
         s.superseded is None and s.slice[0] not in ledger.cross_checks)
        for place, s in enumerate(ordered)
        for v in s.values
    )  # fmt: skip


def _dims(text: str) -> Dims:
    return tuple(sorted(json.loads(text).items()))


def simple_value(metric: str, org: str, period: str, value: int, **more: Any) -> Value:
    """Return a value as the tests of the ledger write it."""
    return Value(metric, org, period, Decimal(value), basis="S" if metric == "stock" else "F", **more)
