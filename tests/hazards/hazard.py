"""What a hazard is: a workbook, the source that it is delivered to, and what must come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Write = Callable[[Path], Path]


@dataclass(frozen=True)
class Hazard:
    """One workbook.

    `says` is what goes wrong in the words of an office. `source` is the YAML of its source without the line
    `source:`. `write` puts the file into a folder and returns its path. Either `truth` gives every fact that must
    come of it (`"revenue east 2026-01": "100"`; several values where several facts share the key), or `codes` are
    all the codes that it must be refused with. `notes` are warnings that must be said.
    """

    name: str
    says: str
    source: str
    write: Write
    truth: dict[str, str | Sequence[str]] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()


def refused(name: str, says: str, source: str, write: Write, *codes: str) -> Hazard:
    """Return a hazard that must be refused with exactly `codes`."""
    return Hazard(name, says, source, write, codes=frozenset(codes))
