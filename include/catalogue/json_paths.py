"""JSONPath as sources may use it: what selects, nothing that computes.

A service's numbers are read as the text that was sent, so that every digit counts. What would compute with
them, or order them, would do so with texts and silently select or make something else.
"""

import re
from typing import Any

from jsonpath_ng.exceptions import JSONPathError as SyntaxFault
from jsonpath_ng.ext.filter import And, Expression, Filter, Or
from jsonpath_ng.ext.parser import parse
from jsonpath_ng.ext.string import DefintionInvalid
from jsonpath_ng.jsonpath import Child, Descendants, Fields, Index, JSONPath, Root, Slice, This, Wildcard

_STEP = re.compile(r"""\.([^\s.\[\]*?@'"()`,|&+~=<>$]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]""")
_SELECTING = {Root, This, Child, Descendants, Fields, Index, Slice, Wildcard, Filter, Expression, And, Or}


class JsonPathError(ValueError):
    """A text that is no JSONPath for a source: `what` is wrong, and the `remedy`."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


def check_json_path(text: str) -> None:
    """Raise JsonPathError where `text` isn't a path that a source may use."""
    if plain_steps(text.removesuffix("[*]")) is None:
        parse_json_path(text)


def plain_steps(text: str) -> list[str | int] | None:
    """Return the names and indexes of a plain path, in any script: `$.data.厂区`; None where it does more."""
    if not text.startswith("$"):
        return None
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if not match:
            return None
        dotted, index, single, double = match.groups()
        steps.append(
            int(index) if index is not None else next(s for s in (dotted, single, double) if s is not None)
        )
        position = match.end()
    return steps


def parse_json_path(text: str) -> JSONPath:
    """Return the parsed path. Raises JsonPathError where it isn't one, or does more than select."""
    try:
        path = parse(text)
    except (SyntaxFault, DefintionInvalid, AttributeError, TypeError, ValueError):
        path = None
    if path is None:
        raise JsonPathError(f"{text!r} is not a JSONPath", "write it like $.data.items[*] or $.plant.code")
    for part in _parts_of(path):
        if type(part) not in _SELECTING:  # a subclass can compute
            raise JsonPathError(f"{text!r} does more than select", "use fields, indexes and filters only")
        if isinstance(part, Expression) and not _compares_texts(part):
            raise JsonPathError(
                f"{text!r} compares numbers, which are read as texts here",
                "write the value in quotes, with == or !=: $.items[?(@.state == '1')]",
            )
    return path


def _parts_of(path: Any) -> list[Any]:
    parts, waiting = [], [path]
    while waiting:
        part = waiting.pop()
        parts.append(part)
        for value in vars(part).values():
            inner = value if isinstance(value, list | tuple) else [value]
            waiting += [one for one in inner if isinstance(one, JSONPath)]
    return parts


def _compares_texts(part: Any) -> bool:
    exact = part.op in {None, "=", "==", "!="} and (part.value is None or isinstance(part.value, str | bool))
    return exact or (part.op == "=~" and isinstance(part.value, str))
