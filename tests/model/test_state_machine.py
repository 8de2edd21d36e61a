"""The ledger under random sequences of deliveries, corrections, replays and withdrawals, and under two at once."""

import datetime as dt
import os
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from include.errors import RefusedError, UsageError
from tests.company import Company
from tests.model.definitions import Value
from tests.model.driving import as_fact, empty
from tests.model.ledger_checks import SMALL, SUBMISSIONS, ledger_differences, simple_value
from tests.model.ledger_model import Ledger

UNITS = ["p1", "p2", "p3", "west", "group"]
METRICS = ["sales", "cost", "stock", "rank"]
PERIODS = ["2026-04", "2026-05", "2026-03", "2025-12", "2026-01"]
DAYS = ["2026-04-30", "2026-05-01", "2026-04-01"]
DIMS: list[Any] = [(), (("product", "a"),), (("channel", "x"), ("product", "a"))]
EXAMPLES = os.environ.get("KPI_TEST_EXAMPLES")  # the tests themselves run in an environment of their own
Pairs = tuple[tuple[str, Value], ...]


def read_value(numbers: tuple[int, ...]) -> tuple[str, Value]:
    """Return (slice period, value): months mostly, days in slices of their own or of the month, quarters."""
    metric, unit, period, kind, value, dims = numbers
    month = PERIODS[period]
    quarter = f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
    day = DAYS[period % len(DAYS)]
    slice_, key = {0: (day, day), 1: (day[:7], day), 2: (quarter, month), 3: (quarter, quarter)}.get(
        kind, (month, month)
    )
    sets = DIMS[: 1 + len(SMALL.metrics[METRICS[metric]].dimensions)]
    scenario = "target" if kind == 9 else "actual"
    return slice_, simple_value(
        METRICS[metric], UNITS[unit], key, value, dims=sets[dims % len(sets)], scenario=scenario
    )


values = st.tuples(
    st.integers(0, 3),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 11),
    st.integers(0, 2),
    st.integers(0, 2),
)
deliveries = st.lists(values.map(read_value), min_size=1, max_size=5)
sources = st.sampled_from(["book", "book", "book", "other", "audit"])


class Departments(RuleBasedStateMachine):
    """What departments do to a ledger; the model does the same, and both must agree on everything."""

    company: ClassVar[Company]
    sequences: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        empty(self.company)
        self.ledger = Ledger(SMALL, cross_checks=frozenset({"audit"}))
        self.past: list[tuple[str, Pairs, str]] = []

    @initialize(pairs=deliveries)
    def begin(self, pairs: list[tuple[str, Value]]) -> None:
        self._send("book", tuple(pairs), "1")

    @rule(source=sources, pairs=deliveries)
    def deliver(self, source: str, pairs: list[tuple[str, Value]]) -> None:
        self._send(source, tuple(pairs), "1")

    @rule(which=st.integers(0, 30), add=st.integers(-1, 1), mapping=st.sampled_from(["1", "1", "1", "2"]))
    def correct(self, which: int, add: int, mapping: str) -> None:
        """Send a standing slice again, its figures changed (or not: then nothing may happen)."""
        standing = list(self.ledger.current.values())
        if not standing:
            return
        submission = standing[which % len(standing)]
        source, _, period = submission.slice
        changed = [simple_value(v.metric, v.org, v.period, int(v.value) + add, dims=v.dims, scenario=v.scenario)
                   for v in submission.values]  # fmt: skip
        self._send(source, tuple((period, value) for value in changed), mapping)

    @rule(which=st.integers(0, 30), backwards=st.booleans())
    def replay(self, which: int, backwards: bool) -> None:
        """Send an earlier delivery once more, in another order perhaps."""
        if not self.past:
            return
        source, pairs, mapping = self.past[which % len(self.past)]
        self._send(source, pairs[::-1] if backwards else pairs, mapping)

    @rule(which=st.integers(0, 30))
    def withdraw(self, which: int) -> None:
        keys = sorted(self.ledger.current)
        if not keys:
            return
        key = keys[which % len(keys)]
        number = next(
            row.submission for row in self._rows() if row.current and (row.source, row.org, row.period) == key
        )
        try:
            months: list[str] | None = self.company.withdraw(number)
        except RefusedError as error:
            assert self.ledger.withdraw(key) == _codes(error)
            return
        assert self.ledger.withdraw(key) == set()
        assert months == self._touched()

    @rule(which=st.integers(0, 30))
    def withdraw_what_is_no_more(self, which: int) -> None:
        ended = [row.submission for row in self._rows() if not row.current]
        if not ended:
            return
        with pytest.raises(UsageError, match="no longer current"):
            self.company.withdraw(ended[which % len(ended)])

    def teardown(self) -> None:
        wrong = ledger_differences(self.company, self.ledger)
        assert not wrong, "\n".join(wrong)
        Departments.sequences += 1

    def _send(self, source: str, pairs: Pairs, mapping: str) -> None:
        changed, refused = self.ledger.deliver(source, pairs, mapping)
        self.past.append((source, pairs, mapping))
        facts = [as_fact(period, value) for period, value in pairs]
        if refused:
            with pytest.raises(RefusedError) as caught:
                self.company.deliver(*facts, source=source, mapping=mapping)
            assert _codes(caught.value) == refused
            return
        loaded = self.company.deliver(*facts, source=source, mapping=mapping)
        slices = {(value.org, period) for period, value in pairs}
        assert (len(loaded.submissions), loaded.unchanged) == (len(changed), len(slices) - len(changed))
        assert loaded.months == (self._touched() if changed else [])

    def _touched(self) -> list[str]:
        """Return the months that the newest change began or ended to report."""
        calendar, now = SMALL.calendar, self.ledger.clock
        days = {
            calendar.bounds(value.period)[1] - dt.timedelta(days=1)
            for s in self.ledger.submissions
            if now in (s.accepted, s.superseded) and s.slice[0] not in self.ledger.cross_checks
            for value in s.values
        }
        return sorted({calendar.bases[calendar.index(day)].key for day in days})

    def _rows(self) -> list[Any]:
        return self.company.query(f"{SUBMISSIONS} ORDER BY submission")


def _codes(error: RefusedError) -> set[tuple[str, str, str]]:
    return {(finding.code, finding.org, finding.period) for finding in error.findings}


@pytest.mark.timeout(3600)
def test_the_ledger_is_the_models(company: Company, request: pytest.FixtureRequest) -> None:
    wanted = int(EXAMPLES or (1000 if request.config.getoption("--long") else 4))
    Departments.company, Departments.sequences = company, 0
    run_state_machine_as_test(
        Departments,
        settings=settings(max_examples=wanted + wanted // 8 + 2, stateful_step_count=12, deadline=None, derandomize=True, database=None,
                          phases=[Phase.explicit, Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert Departments.sequences >= wanted
