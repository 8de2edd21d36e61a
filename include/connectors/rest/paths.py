"""JSONPath, with a short way for the plain dotted paths that nearly every source uses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from include.catalogue.json_paths import JsonPathError, parse_json_path, plain_steps
from include.connectors.assembling import columns_changed
from include.errors import ConfigurationError, Finding, RefusedError

MISSING = object()
"""What a path gives where it leads nowhere (a null on the way is None instead)."""

_FILTERED = re.compile(r"([^?]*)\[\?\((?:(?!\)\]).)*\)\](?:\[\*\])?")
_MOST_NAMES, _NAME_LENGTH = 30, 60


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
    steps = plain_steps(text.removesuffix("[*]"))
    if steps is not None:
        return Path(text, _walker(steps), every)
    try:
        expression = parse_json_path(text)
    except JsonPathError as error:
        raise ConfigurationError([f"{error.what}; {error.remedy}"]) from None

    def find(value: Any) -> Any:
        found = [match.value for match in expression.find(value)]
        return MISSING if not found else found[0] if len(found) == 1 and not every else found

    return Path(text, find)


def split_filter(text: str) -> tuple[str, str | None]:
    """Return the path to all of a service's records, and the path with its filter; None where it has none.

    `$.items[?(@.state == 'posted')]` is about `$.items[*]`: which are wanted says nothing of how many the service gave.
    """
    found = _FILTERED.fullmatch(text)
    return (f"{found[1]}[*]", text) if found else (text, None)


def find_records(path: Path, body: Any, *, may_be_null: bool) -> list[Any]:
    """Return the records that `path` leads to; an empty list as the whole body is none too.

    Raises RefusedError: `null_records` for a null, which many services give with a fault as well as for none,
    unless it may be one; `columns_changed` where the path leads nowhere or to no list of objects.
    """
    found = path.read(body)
    if found is None or body is None:
        if may_be_null:
            return []
        raise RefusedError(
            [Finding("null_records", found=name_fields(body), column=path.text, rule="records")]
        )
    if found is MISSING and body == []:
        return []
    if isinstance(found, dict) and not path.every:
        found = [found]
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise changed_path(path.text, body)
    return found


def changed_path(text: str, body: Any) -> RefusedError:
    """Return the refusal of an answer in which a path doesn't lead to what is declared."""
    return RefusedError([columns_changed([text], [name_fields(body)])])


def name_fields(body: Any) -> str:
    """Return the first names of a body's fields, or what it is instead of an object."""
    if not isinstance(body, dict):
        return type(body).__name__ if body is not None else "null"
    names = [str(name)[:_NAME_LENGTH] for name in list(body)[:_MOST_NAMES]]
    return ", ".join(names + ["…"] * (len(body) > _MOST_NAMES))


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
