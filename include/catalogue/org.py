"""The company tree with dates: who stands below whom on which day, and what a department may call a unit."""

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from include.catalogue.models import OrgLine, Words

FIRST, LAST = dt.date.min, dt.date.max


def fold_name(text: str) -> str:
    """Return `text` as names are compared: full-width forms unified, outer blanks and letter case dropped."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


@dataclass(frozen=True)
class OrgTree:
    """The dated tree. `units[id]` are a unit's lines in order of time; later lines inherit name and level.

    A unit is in force from a line's `from_` (None: always was) to its `to` (None: still is; exclusive).
    Built from lines that passed `include.catalogue.crosscheck`; made of others it answers without failing.
    """

    units: dict[str, list[OrgLine]] = field(default_factory=dict)

    @classmethod
    def from_lines(cls, lines: Iterable[OrgLine]) -> "OrgTree":
        """Group `lines` by unit, order them by time, and let later lines inherit name and level."""
        grouped: dict[str, list[OrgLine]] = {}
        for line in lines:
            grouped.setdefault(line.unit, []).append(line)
        return cls({unit: _inherit(sorted(own, key=_start)) for unit, own in grouped.items()})

    @property
    def root(self) -> str | None:
        """Id of the unit without a parent."""
        return next(
            (unit for unit, lines in self.units.items() if any(line.parent is None for line in lines)), None
        )

    @cached_property
    def into(self) -> dict[str, str]:
        """The unit that each merged unit went into, by its id: `into` of its last line."""
        return {unit: lines[-1].into for unit, lines in self.units.items() if lines[-1].into}

    @cached_property
    def levels(self) -> frozenset[str]:
        """All levels that any line names."""
        return frozenset(line.level for lines in self.units.values() for line in lines if line.level)

    @cached_property
    def _meanings(self) -> dict[str, set[str]]:
        meanings: dict[str, set[str]] = {}
        for unit, lines in self.units.items():
            for line in lines:
                texts = [unit, *line.aliases, *((line.name.zh, line.name.en) if line.name else ())]
                for text in filter(None, map(fold_name, texts)):
                    meanings.setdefault(text, set()).add(unit)
        return meanings

    def candidates(self, text: str) -> set[str]:
        """Return all units that `text` may mean; more than one is a fault of org.yaml."""
        return self._meanings.get(fold_name(text), set())

    def resolve(self, text: str) -> str | None:
        """Return the id of the unit that `text` names, or None where none or several do. An exact id wins."""
        if text in self.units:
            return text
        found = self.candidates(text)
        return next(iter(found)) if len(found) == 1 else None

    def resolve_many(self, texts: Iterable[str]) -> dict[str, str | None]:
        """Return `resolve` of each distinct text."""
        return {text: self.resolve(text) for text in set(texts)}

    def line_at(self, unit: str, date: dt.date) -> OrgLine | None:
        """Return the line of `unit` in force on `date`, or None."""
        lines = self.units.get(unit, [])
        return next((line for line in lines if _start(line) <= date < _end(line)), None)

    def in_force(self, unit: str, date: dt.date) -> bool:
        """Tell whether `unit` exists on `date`."""
        return self.line_at(unit, date) is not None

    def parent_at(self, unit: str, date: dt.date) -> str | None:
        """Return the unit that `unit` stands below on `date`; None for the root or one not in force."""
        line = self.line_at(unit, date)
        return line.parent if line else None

    def parents_within(self, start: dt.date, end: dt.date) -> dict[str, str | None]:
        """Return parent by unit for the units in force on any day of [start, end).

        Within a month the parent of the first day (or of the day that the unit opened) holds: moves take
        effect on first days only.
        """
        found: dict[str, str | None] = {}
        for unit, lines in self.units.items():
            line = next((line for line in lines if _start(line) < end and start < _end(line)), None)
            if line is not None:
                found[unit] = line.parent
        return found

    def path_at(self, unit: str, date: dt.date) -> list[str]:
        """Return the ids from the root down to `unit` on `date`; empty where it isn't in force."""
        path: list[str] = []
        here: str | None = unit if self.in_force(unit, date) else None
        while here is not None and here not in path:
            path.insert(0, here)
            here = self.parent_at(here, date)
        return path

    def children_at(self, unit: str, date: dt.date) -> set[str]:
        """Return the units directly below `unit` on `date`."""
        return {other for other in self.units if self.parent_at(other, date) == unit}

    def leaves(self, date: dt.date, below: str | None = None) -> set[str]:
        """Return the units in force on `date` with nobody below them; of the subtree of `below`, if given."""
        alive = {unit for unit in self.units if self.in_force(unit, date)}
        found = alive - {self.parent_at(unit, date) for unit in alive}
        return {unit for unit in found if below is None or below in self.path_at(unit, date)}

    def at_level(self, level: str, date: dt.date) -> set[str]:
        """Return the units of `level` that are in force on `date`."""
        lines = {unit: self.line_at(unit, date) for unit in self.units}
        return {unit for unit, line in lines.items() if line is not None and line.level == level}

    def name_of(self, unit: str, language: str) -> str:
        """Return the unit's latest name in `language`; its id where it has none."""
        names: list[Words] = [line.name for line in self.units.get(unit, []) if line.name]
        return names[-1].read(language) if names else unit

    def ownership_at(self, unit: str, date: dt.date) -> Decimal:
        """Return the share of `unit` that belongs to its parent on `date`; 1 where nothing is said."""
        line = self.line_at(unit, date)
        return line.ownership if line else Decimal(1)


def _start(line: OrgLine) -> dt.date:
    return line.from_ or FIRST


def _end(line: OrgLine) -> dt.date:
    return line.to or LAST


def _inherit(lines: list[OrgLine]) -> list[OrgLine]:
    filled: list[OrgLine] = []
    for line in lines:
        before = filled[-1] if filled else None
        changes = {
            key: getattr(before, key) for key in ("name", "level") if before and getattr(line, key) is None
        }
        filled.append(line.model_copy(update=changes))
    return filled
