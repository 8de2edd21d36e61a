"""Check a document against a model and word pydantic's errors for people, each at its own line."""

import difflib
import types
import typing
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from include.catalogue.reading import UNREADABLE, Document, PathKey, Problem

M = TypeVar("M", bound=BaseModel)

SHAPES = {
    "better": "up, down or {band: [low, high]}",
    "org": "{level: a level of org.yaml} or a list of org units",
    "params": "plain texts or whole numbers",
}
"""Fields that may be of several shapes, told as a whole instead of one message for each shape."""

PATTERNS = {
    r"^[a-z][a-z0-9_]*$": (
        "small letters a-z, digits and _, starting with a letter",
        "rename it, e.g. net_sales",
    ),
    r"^[^@\s,;<>]+@[^@\s,;<>]+$": (
        "one e-mail address such as controller@example.com",
        "write the bare address",
    ),
    r"^[A-Z]{3}$": ("a currency code of three capital letters", "write it as in ISO 4217, e.g. CNY"),
    r"^[^\s/]+$": ("an id without blanks and slashes", "remove them; the name may hold blanks"),
    r"^[A-Z]{1,3}[1-9][0-9]*$": ("a cell such as B2", "write column letters and row number"),
}


def nearest(text: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` of `known` that look most like `text`, best first; empty where none is near."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(text.casefold(), folded, n=count, cutoff=0.5)
    best = max((_likeness(text, name) for name in close), default=0.0)
    close = [name for name in close if _likeness(text, name) > best - 0.2]
    if not close and len(text) > 1:
        close = [name for name in folded if text.casefold() in name or name in text.casefold()][:count]
    return [folded[name] for name in close]


def _likeness(text: str, name: str) -> float:
    return difflib.SequenceMatcher(None, text.casefold(), name).ratio()


def name_known(text: str, known: Iterable[str], where: str = "") -> str:
    """Return how to mend an unknown name: the nearest known ones, or where names are declared."""
    known = list(known)
    close = nearest(text, known)
    if close:
        return "did you mean " + " or ".join(close) + "?" + (f" (or declare it in {where})" if where else "")
    listed = ", ".join(sorted(known)[:8]) + (", ..." if len(known) > 8 else "")
    return (f"known are: {listed}" if known else "none is declared yet") + (
        f" (or declare it in {where})" if where else ""
    )


def check_model(
    model: type[M], data: Any, document: Document, path: PathKey, problems: list[Problem]
) -> M | None:
    """Return `data` (which stands at `path` of `document`) as `model`; None with all faults in `problems`."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if detail["input"] is not UNREADABLE]
        found = [_explain(detail, model, data, document, path) for detail in details]
        problems.extend(problem for problem in dict.fromkeys(found) if problem is not None)
        return None


def _explain(
    detail: ErrorDetails, model: type[BaseModel], data: Any, document: Document, path: PathKey
) -> Problem | None:
    loc, owner, shape = _walk(detail["loc"], model, data)
    kind = detail["type"]
    place = (*path, *loc)
    field = str(loc[-1]) if loc else ""
    if shape and (kind, field) != ("missing", shape):
        whole = loc[: loc.index(shape) + 1]
        value = _value_at(data, whole)
        if not isinstance(value, dict):
            return document.problem(
                (*path, *whole), f"{shape} can't be {_show(value)}", f"write {SHAPES[shape]}"
            )
        if whole == loc:
            return None  # the set's own keys tell what is wrong with it
    if kind == "extra_forbidden":
        known = [info.alias or name for name, info in owner.model_fields.items()] if owner else []
        return document.problem(place, f"unknown key {field!r}", name_known(field, known), key=True)
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        return document.problem(place, f"{field or 'the list'} has too few entries", "write [first, last]")
    if kind == "missing":
        return document.problem(place[:-1], f"{field!r} is missing", _how_to_add(field), key=True)
    what, remedy = _words(kind, field, detail)
    return document.problem(place, what, remedy)


def _walk(loc: tuple[int | str, ...], model: Any, data: Any) -> tuple[PathKey, type[BaseModel] | None, str]:
    """Return the part of pydantic's location that stands in the file, the model that owns its last key.

    Third comes the name of the many-shaped field on the way ('' if none). Unions add their members' names to
    a location.
    """
    path: list[int | str] = []
    here, annotation, owner, shape = data, model, _model_of(model), ""
    for step in loc:
        current = _model_of(annotation, step) or _model_of(annotation)
        if isinstance(here, dict) and (step in here or _declares(current, step)):
            owner, field = current, _field(current, step)
            annotation = field.annotation if field is not None else _item_of(annotation)
            here = here.get(step)
            shape = shape or (str(step) if _is_union(annotation) and step in SHAPES else "")
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            annotation, here = _item_of(annotation), here[step]
        elif current is not None and isinstance(here, dict) and not path and not _is_member(annotation, step):
            owner = current
        else:
            annotation = _member(annotation, step) or annotation
            continue
        path.append(step)
    return tuple(path), owner, shape


def _value_at(data: Any, path: PathKey) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _arguments(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is Annotated:
        return _arguments(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [member for part in typing.get_args(annotation) for member in _arguments(part)]
    return [annotation]


def _is_union(annotation: Any) -> bool:
    return len([part for part in _arguments(annotation) if part is not type(None)]) > 1


def _member(annotation: Any, step: int | str) -> Any:
    return next((part for part in _arguments(annotation) if getattr(part, "__name__", "") == step), None)


def _is_member(annotation: Any, step: int | str) -> bool:
    return _member(annotation, step) is not None


def _model_of(annotation: Any, step: int | str = "") -> type[BaseModel] | None:
    models = [
        part for part in _arguments(annotation) if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    return next(
        (part for part in models if _declares(part, step)), models[0] if models and step == "" else None
    )


def _field(model: type[BaseModel] | None, key: int | str) -> Any:
    fields = model.model_fields if model else {}
    return next((info for name, info in fields.items() if key in (info.alias, name)), None)


def _declares(model: type[BaseModel] | None, key: int | str) -> bool:
    return _field(model, key) is not None


def _item_of(annotation: Any) -> Any:
    for part in _arguments(annotation):
        if typing.get_origin(part) in (list, tuple, dict):
            return typing.get_args(part)[-1]
    return Any


def _show(value: Any) -> str:
    text = (
        {True: "true", False: "false", None: "nothing"}.get(value)
        if isinstance(value, bool | None)
        else str(value)
        if isinstance(value, Decimal)
        else repr(value)
    )
    text = str(text)
    return text if len(text) <= 60 else text[:57] + "..."


_ADDITIONS = {
    "kind": "add `kind: workbook`, `kind: sql` or `kind: rest`",
    "unit": "add the unit of the warehouse, e.g. `unit: CNY`",
    "owner": "add `owner:` with a key of people.yaml",
    "tier": "add `tier: public`, internal, confidential or restricted",
    "better": "add `better: up`, `better: down` or `better: {band: [low, high]}`",
    "definition": "add `definition: {zh: ..., en: ...}`",
    "name": "add `name: {zh: ..., en: ...}`",
    "source": "add `source:` with the source's id",
    "hosts": "add `hosts: [the host that it may go to]`",
}


def _how_to_add(field: str) -> str:
    return _ADDITIONS.get(field, f"add `{field}: ...`")


def _words(kind: str, field: str, detail: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and how to mend it for one kind of pydantic error."""
    context, value = detail.get("ctx", {}), _show(detail["input"])
    if kind == "value_error":
        what, _, remedy = str(context.get("error", "")).partition("; ")
        return (f"{field}: {what}" if field else what), remedy
    if kind in {"literal_error", "enum"}:
        given = str(detail["input"])
        expected = str(context.get("expected", "")).replace("'", "")
        choices = expected.replace(" or ", ", ").split(", ")
        close = nearest(given, choices, 1)
        return f"{field} can't be {value}", (
            f"did you mean {close[0]}? It is" if close else "it is"
        ) + f" one of {expected}"
    if kind == "string_pattern_mismatch":
        shape, remedy = PATTERNS.get(
            str(context.get("pattern")), ("of another form", f"match {context.get('pattern')}")
        )
        return f"{field} {value} is not {shape}", remedy
    if kind == "string_type":
        quoted = detail["input"] is not None and not isinstance(detail["input"], dict | list)
        return f"{field} must be a text, not {value}", "put it in quotes" if quoted else "write one text"
    for start, words in _TYPE_WORDS:
        if kind.startswith(start):
            what, remedy = words
            return f"{field}: {value} {what}".format(**context), remedy.format(**context)
    return f"{field}: {detail['msg'].lower()} (found {value})", "see the key in docs/configuration.md"


_TYPE_WORDS: list[tuple[str, tuple[str, str]]] = [
    ("int_", ("is not a whole number", "write digits only, without quotes")),
    ("decimal_", ("is not a number", "write it with digits and a point, e.g. 0.01")),
    ("bool_", ("is neither true nor false", "write true or false, without quotes")),
    ("date_", ("is not a date", "write it as 2026-05-01, without quotes")),
    ("dict_type", ("is not a set of `key: value` entries", "indent the entries below it")),
    ("model_type", ("is not a set of `key: value` entries", "indent the entries below it")),
    ("model_attributes_type", ("is not a set of `key: value` entries", "indent the entries below it")),
    ("list_type", ("is not a list", "write [a, b] or one `- entry` a line")),
    ("tuple_type", ("is not a list", "write [first, last]")),
    ("too_short", ("has too few entries", "give at least {min_length}")),
    ("too_long", ("has too many entries", "give at most {max_length}")),
    ("string_too_long", ("is too long", "use at most {max_length} characters")),
    ("string_too_short", ("is too short", "use at least {min_length} characters")),
    ("greater_than_equal", ("is too small", "give at least {ge}")),
    ("greater_than", ("is too small", "give more than {gt}")),
    ("less_than_equal", ("is too large", "give at most {le}")),
    ("less_than", ("is too large", "give less than {lt}")),
    ("missing_argument", ("has too few entries", "write [first, last]")),
    ("unexpected_positional", ("has too many entries", "write [first, last]")),
]
