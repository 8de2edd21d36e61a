"""The parameters that a query or a request leaves open, and which of them a run fills in."""

import re
from collections.abc import Iterator
from typing import Any

from include.catalogue.models import RestSource

WINDOW = ("window_start", "window_end")
QUERY_PARAMETERS = (*WINDOW, "org")
_NO_SQL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)
_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def blank_out(query: str) -> str:
    """Return the text of a query without what its comments and strings say; lines stay where they are."""
    return _NO_SQL.sub(lambda found: "\n" * found[0].count("\n") + " ", query)


def find_parameters(query: str) -> Iterator[tuple[str, int]]:
    """Yield the name of each `:parameter` of a query and its line."""
    plain = blank_out(query)
    for found in _PARAMETER.finditer(plain):
        yield found[1], plain.count("\n", 0, found.start()) + 1


def asked_for(source: Any, query: str) -> set[str]:
    """Return which parameters a system is asked with: those of its query, or the placeholders of its request."""
    if not isinstance(source, RestSource):
        return {name for name, _ in find_parameters(query)}
    texts = [source.request.path, *map(str, source.request.params.values())]
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}
