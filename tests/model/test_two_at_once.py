"""Two changes of the ledger at once: whatever the threads did, it is as if one had come after the other.

Which one came first is what `accepted_at` says; the model does them in that order and must end in the same ledger.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from include.errors import RefusedError, UsageError
from tests.company import Company
from tests.model.definitions import Value
from tests.model.driving import as_fact, current_submission
from tests.model.ledger_checks import SMALL, ledger_differences, simple_value
from tests.model.ledger_model import Ledger, SliceKey

EXAMPLES = os.environ.get("KPI_TEST_EXAMPLES")  # the tests themselves run in an environment of their own
PERIOD = "2026-03"
KEY: SliceKey = ("book", "p1", PERIOD)


@dataclass
class Change:
    """One of two changes: done in the product by a thread, and afterwards in the model."""

    run: Callable[[], Any]
    repeat: Callable[[Ledger], Any]
    moment: Any = None
    failure: Exception | None = None


def correction(company: Company, source: str, *values: Value) -> Change:
    """Deliver values of one month."""
    facts = [as_fact(PERIOD, value) for value in values]

    def run() -> Any:
        (first, *_) = company.deliver(*facts, source=source).submissions
        return company.value("SELECT accepted_at FROM ledger.submission WHERE submission_id = :n", n=first)

    return Change(run, lambda ledger: ledger.deliver(source, [(PERIOD, value) for value in values])[1])


def withdrawal(company: Company, key: SliceKey) -> Change:
    """Take back what stands now."""
    number = current_submission(company, key)

    def run() -> Any:
        company.withdraw(number)
        return company.value("SELECT superseded_at FROM ledger.submission WHERE submission_id = :n", n=number)

    return Change(run, lambda ledger: ledger.withdraw(key))


def two_changes(company: Company, trial: int) -> tuple[Change, Change]:
    """Return the two changes of a trial; values differ from all before, so that each is one."""
    one, two = (simple_value("sales", "p1", PERIOD, 1000 * trial + n) for n in (1, 2))
    other = [simple_value("sales", "p2", PERIOD, 1000 * trial + n) for n in (3, 4)]
    kind = trial % 4
    if kind == 0:
        return correction(company, "book", one), correction(company, "book", two)
    if kind == 1:
        return correction(company, "book", one, other[0]), correction(company, "book", other[1], two)
    if kind == 2:
        return correction(company, "book", one), withdrawal(company, KEY)
    month = simple_value("cost", "p3", f"{2027 + trial // 48}-{1 + trial // 4 % 12:02d}", trial)
    return _elsewhere(company, "book", month), _elsewhere(company, "other", month)


def _elsewhere(company: Company, source: str, value: Value) -> Change:
    """Deliver one value of a month of its own."""
    return Change(
        lambda: _accepted(company, source, value),
        lambda ledger: ledger.deliver(source, [(value.period, value)])[1],
    )


def _accepted(company: Company, source: str, value: Value) -> Any:
    (number,) = company.deliver(as_fact(value.period, value), source=source).submissions
    return company.value("SELECT accepted_at FROM ledger.submission WHERE submission_id = :n", n=number)


def new_month(company: Company, trial: int) -> tuple[Change, Change]:
    """Return the first deliveries of two sources for a month of which nothing is known yet."""
    month = f"{2027 + trial // 12}-{1 + trial % 12:02d}"
    return (
        _elsewhere(company, "book", simple_value("cost", "p3", month, trial)),
        _elsewhere(company, "other", simple_value("sales", "p1", month, trial)),
    )


def run_both(changes: tuple[Change, Change]) -> None:
    """Run both at once, and note when each was accepted or why not."""
    start = threading.Barrier(2)

    def work(change: Change) -> None:
        start.wait(10)
        try:
            change.moment = change.run()
        except Exception as error:  # noqa: BLE001 - judged by _repeat
            change.failure = error

    threads = [threading.Thread(target=work, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "the two wait for each other"


@pytest.mark.timeout(900)
def test_two_at_once_are_one_after_the_other(company: Company, request: pytest.FixtureRequest) -> None:
    trials = int(EXAMPLES or (200 if request.config.getoption("--long") else 20))
    ledger = Ledger(SMALL)
    first = simple_value("sales", "p1", PERIOD, 1)
    company.deliver(as_fact(PERIOD, first), source="book")
    ledger.deliver("book", [(PERIOD, first)])
    made_alone = [simple_value("rank", "east", f"{year}-{month:02d}", 1) for year in range(2027, 2028 + trials // 48)
                  for month in range(1, 13)]  # fmt: skip
    company.deliver(*(as_fact(value.period, value) for value in made_alone), source="other")
    ledger.deliver("other", [(value.period, value) for value in made_alone])
    outcomes: Counter[str] = Counter()
    for trial in range(1, trials + 1):
        changes = two_changes(company, trial)
        run_both(changes)
        outcomes[_repeat(ledger, changes)] += 1
        assert ledger_differences(company, ledger) == [], f"trial {trial}"
    assert outcomes["both"] >= trials // 2
    assert outcomes["one"] >= trials // 8


def test_two_sources_begin_a_month_at_once(company: Company) -> None:
    ledger = Ledger(SMALL)
    for trial in range(12):
        changes = new_month(company, trial)
        run_both(changes)
        assert _repeat(ledger, changes) == "both"
    assert ledger_differences(company, ledger) == []


def _repeat(ledger: Ledger, changes: tuple[Change, Change]) -> str:
    """Do in the model what was accepted, in its order; what wasn't must be impossible afterwards."""
    accepted = sorted(
        (change for change in changes if change.failure is None), key=lambda change: change.moment
    )
    assert accepted, changes
    for change in accepted:
        assert not change.repeat(ledger)
    for change in changes:
        if isinstance(change.failure, RefusedError):
            assert change.repeat(ledger)
        elif change.failure:
            assert isinstance(change.failure, UsageError), change.failure
            assert "no longer current" in str(change.failure)
    return "both" if len(accepted) == 2 else "one"
