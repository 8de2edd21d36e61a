"""A mail's content in reading order, before it is set as text or HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """The same problem in one or more cells: its words, and the cells with what was found there."""

    title: str
    expected: str
    remedy: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a mail says about one batch, one failed task, or (`is_bad` is False) in warning."""

    title: str
    subtitle: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    is_bad: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail's content. All text in it is tidied: single lines, nothing invisible."""

    language: str
    heading: str
    summary: str
    sections: tuple[Section, ...]
    advice: tuple[str, ...]
    url: str
