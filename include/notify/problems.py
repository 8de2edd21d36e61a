"""Bring findings together to problems that a person can work off, in words."""

from collections.abc import Iterable
from dataclasses import replace

from include.errors import Finding
from include.messages import MESSAGES, word
from include.notify.letter import Problem
from include.notify.words import quote, say, tidy

MAX_PROBLEMS, MAX_PLACES = 12, 8
_MAX_LOGGED = 5


def cut_problems(
    problems: list[Problem], notes: tuple[str, ...], language: str
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """Return the first problems and the notes below them, which begin with the count of those left out."""
    left_out = len(problems) - MAX_PROBLEMS
    more = (say("more_problems", language, count=left_out),) if left_out > 0 else ()
    return tuple(problems[:MAX_PROBLEMS]), more + notes


def group_findings(placed: Iterable[tuple[str, Finding]], language: str) -> list[Problem]:
    """Bring findings with the same words together: forty bad cells of one column are one thing to mend.

    Each finding comes with the name of its file, or '' where the section names it already.
    """
    groups: dict[tuple[str, ...], list[tuple[str, Finding]]] = {}
    for file, finding in placed:
        # what was found stands beside its cell; in the title it would make each cell a problem of its own
        words = _words(replace(finding, found="…", cell="…"), language)
        groups.setdefault(words, []).append((file, finding))
    return [_describe_group(group, language) for group in groups.values()]


def describe_refusal(errors: list[Finding]) -> str:
    """Return for a log the codes and cells of what is wrong, and lines on how it is mended; no reported value."""
    places = [f"{error.code} {'!'.join(filter(None, (error.sheet, error.cell)))}".strip() for error in errors]
    rest = sum(error.faults for error in errors) - _MAX_LOGGED
    more = f" and {rest} more" if rest > 0 else ""
    masked = (("", replace(error, found="…", cell="…")) for error in errors)
    problems = group_findings(masked, "en")[:_MAX_LOGGED]
    words = ["; to do: ".join(filter(None, (problem.title, problem.remedy))) for problem in problems]
    return "\n  ".join([f"refused: {', '.join(places[:_MAX_LOGGED])}{more}", *words])


def _describe_group(group: list[tuple[str, Finding]], language: str) -> Problem:
    findings = [finding for _, finding in group]
    found = findings[0].found if len({finding.found for finding in findings}) == 1 else "…"
    cell = findings[0].cell if len({finding.cell for finding in findings}) == 1 else "…"
    shown = replace(findings[0], found=tidy(found, 80, guard=False), cell=cell)
    title, expected, remedy = _words(shown, language)
    places = [(file, _place(finding, language)) for file, finding in group]
    named = dict.fromkeys(f"{file}: {place}" if file else place for file, place in places)
    return Problem(title, expected, remedy, _cut_places(list(named), language))


def _cut_places(places: list[str], language: str) -> tuple[str, ...]:
    if len(places) <= MAX_PLACES:
        return tuple(places)
    return (*places[:MAX_PLACES], say("more_places", language, count=len(places) - MAX_PLACES))


def _words(finding: Finding, language: str) -> tuple[str, ...]:
    return tuple(_word(finding, part, language) for part in ("title", "expected", "remedy"))


def _word(finding: Finding, part: str, language: str) -> str:
    try:
        text = tidy(word(finding, part, language), 300)
        return text[:1].upper() + text[1:] if language == "en" and finding.code in MESSAGES else text
    except (KeyError, IndexError, ValueError):
        return tidy(finding.code) if part == "title" else ""


def _place(finding: Finding, language: str) -> str:
    sheet, cell, column = tidy(finding.sheet, 40), tidy(finding.cell, 60), tidy(finding.column, 60)
    where = f"{sheet}!{cell}" if sheet and cell else cell or sheet
    named = f"{where} ({column})" if where and column else where or column or say("whole_batch", language)
    return f"{named} {quote(tidy(finding.found, 80, guard=False), language)}" if finding.found else named
