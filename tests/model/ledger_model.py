"""The model's ledger: which slices stand, what each correction, replay and withdrawal does, and what is refused."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tests.model.definitions import Value, World

SliceKey = tuple[str, str, str]  # source, unit, period
Refusal = tuple[str, str, str]  # code, unit, period


@dataclass(frozen=True)
class Submission:
    """One slice accepted at `accepted` (a number that only grows), in force until `superseded`."""

    number: int
    slice: SliceKey
    values: tuple[Value, ...]
    mapping: str
    accepted: int
    superseded: int | None = None
    superseded_by: int | None = None
    restores: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class Claim:
    """That a slice reports a metric and scenario for its unit on the days [start, stop)."""

    slice: SliceKey
    metric: str
    scenario: str
    start: dt.date
    stop: dt.date

    def meets(self, other: "Claim") -> bool:
        """Tell whether the two report the same metric and scenario for some same day."""
        same = (self.metric, self.scenario) == (other.metric, other.scenario)
        return same and self.start < other.stop and other.start < self.stop


@dataclass
class Ledger:
    """All submissions. `cross_checks` are sources that are compared and never counted."""

    world: World
    cross_checks: frozenset[str] = frozenset()
    submissions: list[Submission] = field(default_factory=list)
    clock: int = 0
    _stacks: dict[SliceKey, list[int]] = field(default_factory=dict)
    _current: dict[SliceKey, int] = field(default_factory=dict)

    @property
    def current(self) -> dict[SliceKey, Submission]:
        """The submissions in force, by slice."""
        return {key: self.submissions[number] for key, number in self._current.items()}

    def counted(self, moment: int | None = None) -> list[Value]:
        """Return the values that count, now or as of a moment of `clock`."""
        return [
            value
            for s in self.submissions
            if s.slice[0] not in self.cross_checks
            and (s.superseded is None if moment is None else _in_force(s, moment))
            for value in s.values
        ]

    def deliver(
        self, source: str, values: Iterable[tuple[str, Value]], mapping: str = "1"
    ) -> tuple[list[SliceKey], set[Refusal]]:
        """Deliver (slice period, value) pairs; return the slices that changed, or what is refused (and nothing is done)."""
        slices: dict[SliceKey, list[Value]] = {}
        for period, value in values:
            slices.setdefault((source, value.org, period), []).append(value)
        standing = self.current
        changed = {
            key: tuple(content)
            for key, content in slices.items()
            if key not in standing
            or standing[key].mapping != mapping
            or Counter(standing[key].values) != Counter(content)
        }
        refusals = set() if source in self.cross_checks else self._refuse(changed)
        if refusals or not changed:
            return [], refusals
        self.clock += 1
        for key, content in changed.items():
            self._stacks.setdefault(key, []).append(self._accept(key, content, mapping))
        return list(changed), set()

    def withdraw(self, key: SliceKey) -> set[Refusal]:
        """Take the slice's current submission back: the one before it, if any, is repeated. Returns what is refused."""
        stack = self._stacks[key]
        earlier = self.submissions[stack[-2]] if len(stack) > 1 else None
        if earlier and key[0] not in self.cross_checks:
            refusals = self._refuse({key: earlier.values})
            if refusals:
                return refusals
        self.clock += 1
        stack.pop()
        if earlier is None:
            self._end(key, None, withdrawn=True)
        else:
            self._accept(key, earlier.values, earlier.mapping, restores=earlier.number, withdrawn=True)
        return set()

    def _accept(
        self,
        key: SliceKey,
        values: tuple[Value, ...],
        mapping: str,
        restores: int | None = None,
        withdrawn: bool = False,
    ) -> int:
        number = len(self.submissions)
        self._end(key, number, withdrawn=withdrawn)
        self.submissions.append(Submission(number, key, values, mapping, self.clock, restores=restores))
        self._current[key] = number
        return number

    def _end(self, key: SliceKey, successor: int | None, *, withdrawn: bool) -> None:
        number = self._current.pop(key, None)
        if number is not None:
            standing = self.submissions[number]
            self.submissions[number] = replace(
                standing, superseded=self.clock, superseded_by=successor, withdrawn=withdrawn
            )

    # What would make one number come from two places -----------------------------------------------------------

    def _refuse(self, changed: dict[SliceKey, tuple[Value, ...]]) -> set[Refusal]:
        mine = [claim for key, values in changed.items() for claim in self._claims(key, values)]
        others = [
            claim
            for key, s in self.current.items()
            if key not in changed and key[0] not in self.cross_checks
            for claim in self._claims(key, s.values)
        ]
        found = {
            (code, claim.slice[1], claim.slice[2])
            for claim in mine
            for other in (*others, *mine)
            if other is not claim
            for code in self._clash(claim, other)
        }
        calendar = self.world.calendar
        for source, unit, period in changed:
            start, stop = calendar.bounds(period)
            for rival in self.current:
                bounds = calendar.bounds(rival[2])
                overlaps = bounds[0] < stop and start < bounds[1]
                if (
                    rival[:2] == (source, unit)
                    and overlaps
                    and calendar.grain(rival[2]) != calendar.grain(period)
                ):
                    found.add(("slice_grain_changed", unit, period))
        return found

    def _claims(self, key: SliceKey, values: tuple[Value, ...]) -> set[Claim]:
        start, stop = self.world.calendar.bounds(key[2])
        return {Claim(key, value.metric, value.scenario, start, stop) for value in values}

    def _clash(self, mine: Claim, other: Claim) -> Iterator[str]:
        if not mine.meets(other):
            return
        if mine.slice[1] == other.slice[1]:
            if mine.slice[0] != other.slice[0]:
                yield "doubled_source"
            elif mine.slice[2] != other.slice[2]:
                yield "slice_grain_changed"
        elif self.world.metrics[mine.metric].at(mine.start).over_org != "none" and self._above(mine, other):
            yield "doubled_parent"

    def _above(self, mine: Claim, other: Claim) -> bool:
        """Tell whether one unit stands above the other on some day that both claim."""
        tree = self.world.tree
        start, stop = max(mine.start, other.start), min(mine.stop, other.stop)
        for day in {start, *(turn for turn in tree.turns if start < turn < stop)}:
            for unit, above in ((mine.slice[1], other.slice[1]), (other.slice[1], mine.slice[1])):
                if above in (line.unit for line in tree.chain_on(unit, day)):
                    return True
        return False


def _in_force(submission: Submission, moment: int) -> bool:
    return submission.accepted <= moment and (submission.superseded is None or moment < submission.superseded)
