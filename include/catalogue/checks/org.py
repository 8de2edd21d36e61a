"""org.yaml as a tree: one root, known parents in force, no cycles, no overlaps, no name of two units."""

import datetime as dt
import itertools

from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import name_known
from include.catalogue.models import OrgLine
from include.catalogue.org import FIRST, LAST, OrgTree, fold_name
from include.catalogue.reading import PathKey

Lines = dict[str, list[Entry[OrgLine]]]


def check_org(draft: Draft) -> None:
    """Tell every fault of the org tree."""
    lines: Lines = {}
    for entry in draft.org_lines:
        lines.setdefault(entry.model.unit, []).append(entry)
    for entries in lines.values():
        entries.sort(key=_start)
        _check_intervals(draft, entries)
    _check_roots(draft)
    for entry in draft.org_lines:
        _check_parent(draft, lines, entry)
    for entries in lines.values():
        _check_mergers(draft, lines, entries)
    _check_cycles(draft, lines)
    _check_names(draft)


def _start(entry: Entry[OrgLine]) -> dt.date:
    return entry.model.from_ or FIRST


def _end(entry: Entry[OrgLine]) -> dt.date:
    return entry.model.to or LAST


def _check_intervals(draft: Draft, entries: list[Entry[OrgLine]]) -> None:
    for entry in entries:
        if _start(entry) >= _end(entry):
            what = f"{entry.model.unit} ends ({entry.model.to}) before it begins ({entry.model.from_})"
            draft.tell(entry.problem(("to",), what, "`to` is the first day no longer in force"))
    for before, after in itertools.pairwise(entries):
        unit, start = after.model.unit, _start(after)
        if start < _end(before):
            what = f"{unit} has two places at once from {after.model.from_ or 'the beginning'} on"
            line = before.document.line_of(before.path)
            draft.tell(
                after.problem(("from",), what, f"end the line before (line {line}) with `to:` that day")
            )
        elif first := draft.find_opening(start):
            what = f"{unit} moves on {start}, in the middle of a {draft.periods.word}"
            draft.tell(after.problem(("from",), what, f"moves take effect on the first day, e.g. {first}"))


def _check_roots(draft: Draft) -> None:
    roots = [entry for entry in draft.org_lines if entry.model.parent is None]
    units = list(dict.fromkeys(entry.model.unit for entry in roots))
    if not units and draft.org_lines and "org" not in draft.unread:
        first = draft.org_lines[0]
        draft.tell(first.problem((), "no unit is the root", "leave `parent` out of the topmost unit's line"))
    for entry in roots:
        if entry.model.unit != units[0]:
            what = f"{entry.model.unit} has no parent, but {units[0]} is the root already"
            draft.tell(entry.problem(("unit",), what, f"add `parent: {units[0]}` or another unit"))


def _check_parent(draft: Draft, lines: Lines, entry: Entry[OrgLine]) -> None:
    parent = entry.model.parent
    if parent is None:
        return
    if parent not in lines:
        if parent not in draft.org_ids:
            remedy = name_known(parent, draft.org_ids)
            draft.tell(entry.problem(("parent",), f"unknown parent {parent!r}", remedy))
        return
    covered = _start(entry)
    for line in lines[parent]:
        if _start(line) <= covered:
            covered = max(covered, _end(line))
    if covered < _end(entry):
        since = f"on {covered}" if covered > FIRST else "at the beginning"
        what = f"{entry.model.unit} stands below {parent}, which is not in force {since}"
        draft.tell(entry.problem(("parent",), what, "end its line that day or give it another parent"))


def _check_mergers(draft: Draft, lines: Lines, entries: list[Entry[OrgLine]]) -> None:
    """Tell mergers that can't be: a unit goes, at its end, into one that is there to take it."""
    for entry in entries:
        unit, into, day = entry.model.unit, entry.model.into, entry.model.to
        if into is None:
            continue
        if into not in lines:
            if into not in draft.org_ids:
                remedy = name_known(into, draft.org_ids)
                draft.tell(entry.problem(("into",), f"unknown unit {into!r}", remedy))
        elif day is None:
            what = f"{unit} goes into {into}, but nothing says when"
            draft.tell(entry.problem(("into",), what, "add `to:` with the first day no longer in force"))
        elif entry is not entries[-1]:
            line = entries[-1].document.line_of(entries[-1].path)
            what = f"{unit} goes into {into}, but lives on in line {line}"
            draft.tell(entry.problem(("into",), what, "write `into` in the unit's last line"))
        elif into == unit or not any(_start(line) <= day < _end(line) for line in lines[into]):
            what = f"{unit} goes into {into}, which is not in force on {day}"
            draft.tell(entry.problem(("into",), what, "name the unit that carries on what it did"))


def _check_cycles(draft: Draft, lines: Lines) -> None:
    """Follow the parents upwards at every date on which some line begins."""
    tree = OrgTree.from_lines(entry.model for entry in draft.org_lines)
    told: set[frozenset[str]] = set()
    for date in sorted({_start(entry) for entry in draft.org_lines}):
        parents = {unit: tree.parent_at(unit, date) for unit in lines}
        for unit in lines:
            cycle = _cycle_of(unit, parents)
            if cycle and frozenset(cycle) not in told:
                told.add(frozenset(cycle))
                entry = next(e for e in reversed(lines[unit]) if _start(e) <= date)
                since = "" if date == FIRST else f" from {date} on"
                what = f"{' below '.join([*cycle, cycle[0]])}{since}: a circle"
                draft.tell(entry.problem(("parent",), what, "give one of them a parent outside the circle"))


def _cycle_of(unit: str, parents: dict[str, str | None]) -> list[str]:
    """Return the units from `unit` upwards if the way leads back to it."""
    path: list[str] = []
    here: str | None = unit
    while here is not None and here not in path:
        path.append(here)
        here = parents.get(here)
    return path if here == unit else []


def _check_names(draft: Draft) -> None:
    owners: dict[str, Entry[OrgLine]] = {}
    for entry in draft.org_lines:
        owners.setdefault(fold_name(entry.model.unit), entry)
    for entry in draft.org_lines:
        model = entry.model
        texts: list[tuple[PathKey, str]] = [(("unit",), model.unit)]
        texts += [(("aliases", place), alias) for place, alias in enumerate(model.aliases)]
        texts += [(("name", tongue), getattr(model.name, tongue)) for tongue in ("zh", "en") if model.name]
        for path, text in texts:
            other = owners.setdefault(fold_name(text), entry)
            if text and other.model.unit != model.unit:
                line = other.document.line_of(other.path)
                what = f"{text!r} means both {other.model.unit} (line {line}) and {model.unit}"
                draft.tell(entry.problem(path, what, "give each unit names and aliases of its own"))
