"""JSONPath, with a short way for the plain dotted paths that nearly every source uses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jsonpath_ng import exceptions
from jsonpath_ng.ext.parser import parse

from include.connectors.assembling import columns_changed
from include.errors import ConfigurationError, RefusedError

MISSING = object()
"""What a path gives where it leads nowhere (a null on the way is None instead)."""

_STEP = re.compile(r"""\.([^\s.\[\]*?@'"()]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]""")


@dataclass(frozen=True)
class Path:
    """A compiled path. `every` tells that it ends in `[*]`."""

    text: str
    read: Callable[[Any], Any]
    every: bool = False


def compile_path(text: str) -> Path:
    """Return the compiled JSONPath; raise ConfigurationError where it isn't one.

    `read` gives the value that the path leads to, a list where it leads to several, MISSING where to none.
    """
    every = text.endswith("[*]")
    steps = _plain_steps(text.removesuffix("[*]"))
    if steps is not None:
        return Path(text, _walker(steps), every)
    try:
        expression = parse(text)
    except (exceptions.JSONPathError, AttributeError, TypeError, ValueError):
        expression = None
    if expression is None:
        raise ConfigurationError(
            [f"{text!r} isn't a JSONPath; write it like $.data.items[*] or $.plant.code"]
        )

    def find(value: Any) -> Any:
        found = [match.value for match in expression.find(value)]
        return MISSING if not found else found[0] if len(found) == 1 and not every else found

    return Path(text, find)


def find_records(path: Path, body: Any) -> list[Any]:
    """Return the records that `path` leads to; a null stands for none.

    Raises RefusedError `columns_changed` where the path leads nowhere or to no list of objects.
    """
    found = path.read(body)
    if found is None or (found is MISSING and body in ([], None)):
        return []
    if isinstance(found, dict) and not path.every:
        found = [found]
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise RefusedError([columns_changed([path.text], body if isinstance(body, dict) else ())])
    return found


def _plain_steps(text: str) -> list[str | int] | None:
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


def _walker(steps: list[str | int]) -> Callable[[Any], Any]:
    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]
        return lambda value: value.get(name, MISSING) if isinstance(value, dict) else MISSING

    def walk(value: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            if isinstance(step, str) and isinstance(value, dict):
                value = value.get(step, MISSING)
            elif isinstance(step, int) and isinstance(value, list) and step < len(value):
                value = value[step]
            else:
                return MISSING
        return value

    return walk
