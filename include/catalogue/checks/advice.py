"""What is allowed and often a mistake: told by `./kpi check` as warnings, which refuse nothing."""

import re
from collections.abc import Iterator
from typing import Any

from include.catalogue.draft import Draft, Entry
from include.catalogue.models import SqlSource, WorkbookSource
from include.catalogue.parameters import blank_out
from include.catalogue.reading import Problem

_WHERE = re.compile(
    r"\b(?:WHERE|HAVING)\b(.*?)(?=\bWHERE\b|\bHAVING\b|\bGROUP\b|\bORDER\b|\bLIMIT\b|\bUNION\b|\bSELECT\b|;|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_RANGE = re.compile(r"\bBETWEEN\b(.*?)\bAND\b", re.IGNORECASE | re.DOTALL)
_JUNCTION = re.compile(r"\bAND\b|\bOR\b", re.IGNORECASE)
_ALWAYS = re.compile(r"[\s()]*(?:(\d+)\s*=\s*\1|TRUE)[\s()]*", re.IGNORECASE)
_STATUS = re.compile(r"stat(us|e)|delet|void|cancel|active|状态", re.IGNORECASE)
_DROPPED = "with a cursor and no window, a row that this condition drops once it changes goes on counting"
_PARAMETER = re.compile(r"(?<![:\w]):(?:window_start|window_end|org)\b")


def advise(draft: Draft) -> None:
    """Add a warning for each source that may be wrong without being faulty."""
    for entry in draft.sources.values():
        source = entry.model
        if source.owner is None:
            what = "the source has no owner: nobody is mailed all that is refused of it"
            draft.warn(
                entry.problem(("source",), what, "name one: `owner: finance_clerk`, a key of people.yaml")
            )
        if isinstance(source, WorkbookSource) or source.cursor is None or source.window_days is not None:
            continue
        if isinstance(source, SqlSource):
            _warn_of_filters(draft, entry)
        else:
            _warn_of_choices(draft, entry)


def _warn_of_filters(draft: Draft, entry: Entry[Any]) -> None:
    """Warn of a query behind a cursor that leaves rows out by more than their dates.

    A row that such a condition drops (`WHERE deleted = 0`, once it is deleted) isn't among those that changed, so that
    its slice isn't read again and the figure keeps it.
    """
    name = entry.model.source
    line = next(_filter_lines(draft.queries.get(name, "")), None)
    if line is not None:
        remedy = "add `window: 35 days` beside the cursor, or select such rows too and report 0 for them"
        draft.warn(Problem(draft.query_files[name], line, _DROPPED, remedy))


def _warn_of_choices(draft: Draft, entry: Entry[Any]) -> None:
    """Warn of a request behind a cursor that asks for records of a status only: see `_warn_of_filters`."""
    named = [name for name in entry.model.request.params if _STATUS.search(name)]
    for path in [("request", "params", name) for name in named]:
        draft.warn(entry.problem(path, _DROPPED, "add `window: 35 days` beside the cursor"))


def _filter_lines(query: str) -> Iterator[int]:
    """Yield the line of each condition that neither names a parameter nor always holds."""
    plain = blank_out(query)
    for clause in _WHERE.finditer(plain):
        text = _RANGE.sub(lambda found: f"BETWEEN{found[1]}   ", clause[1])
        text = _JUNCTION.sub(lambda found: "\0" * len(found[0]), text)
        for part in re.finditer("[^\0]+", text):
            if not _PARAMETER.search(part[0]) and not _ALWAYS.fullmatch(part[0]):
                leading = len(part[0]) - len(part[0].lstrip())
                yield plain.count("\n", 0, clause.start(1) + part.start() + leading) + 1
