"""A mail's content in reading order, before it is set as text or HTML."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """The same problem in one or more cells: its words, and the cells with what was found there."""

    title: str
    expected: str
    remedy: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows below their heads, and a note on those left out."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What a mail says about one batch or one failed task, or in warning; `tone` sets its colour."""

    title: str
    subtitle: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    tone: Literal["bad", "odd", "good"] = "bad"
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail's content. All text in it is tidied: single lines, nothing invisible."""

    language: str
    heading: str
    summary: str
    sections: tuple[Section, ...]
    advice: tuple[str, ...]
    url: str
    is_good: bool = False
