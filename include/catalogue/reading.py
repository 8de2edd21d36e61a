"""Read YAML files into plain values that remember the line of every key and value.

YAML 1.2; floating numbers become exact Decimals, keys are always text. Nothing is raised for a file that is
wrong: each fault becomes a `Problem` with its place, so that all of them can be told at once.
"""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

PathKey = tuple[str | int, ...]
MAX_VALUES = 200_000
"""Values in one file, aliases counted each time: stops a file whose aliases multiply without end."""


UNREADABLE: Any = type("Unreadable", (), {"__repr__": lambda _: "(unreadable)"})()
"""Stands for a value that was told as a problem already, so that no second one is made of it."""


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of the configuration: place, what is wrong, how to mend it. `line` 0 is the whole file."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return `file:line: what; how to mend it`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True)
class Document:
    """One file's values. `lines[path]` is the line (from 1) of a value, `key_lines` of its key."""

    file: str
    data: Any
    lines: dict[PathKey, int] = field(default_factory=dict)
    key_lines: dict[PathKey, int] = field(default_factory=dict)

    def line_of(self, path: PathKey, *, key: bool = False) -> int:
        """Return the line of the value (or key) at `path`, or of its nearest known parent."""
        first, second = (self.key_lines, self.lines) if key else (self.lines, self.key_lines)
        while path:
            line = first.get(path) or second.get(path)
            if line:
                return line
            path = path[:-1]
        return self.lines.get((), 1)

    def problem(self, path: PathKey, what: str, remedy: str = "", *, key: bool = False) -> Problem:
        """Return a Problem at the place of `path`."""
        return Problem(self.file, self.line_of(path, key=key), what, remedy)


def shown_path(path: Path) -> str:
    """Return `path` as a user would type it: relative where it is below the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def read_document(path: Path, problems: list[Problem]) -> Document | None:
    """Return the single YAML document in `path`; None, with the reason in `problems`, where there is none."""
    file = shown_path(path)
    text = _read_text(path, file, problems)
    if text is None:
        return None
    try:
        nodes = list(YAML(typ="safe", pure=True).compose_all(text))
    except YAMLError as error:
        problems.append(_syntax_problem(file, text, error))
        return None
    if len(nodes) > 1:
        line = nodes[1].start_mark.line + 1
        problems.append(
            Problem(file, line, "a second document starts here (`---`)", "keep one document a file")
        )
        return None
    if not nodes or nodes[0] is None:
        problems.append(Problem(file, 1, "the file is empty", "fill it in or remove it"))
        return None
    reader = _Reader(Document(file, None), problems)
    data = reader.read(nodes[0], ())
    if data is None and isinstance(nodes[0], ScalarNode):
        problems.append(Problem(file, 1, "the file is empty", "fill it in or remove it"))
        return None
    return Document(file, data, reader.document.lines, reader.document.key_lines)


def _read_text(path: Path, file: str, problems: list[Problem]) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.append(
            Problem(file, 0, f"can't be read ({error.strerror})", "check that it exists and its rights")
        )
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(file, line, "this is not UTF-8 text", "save the file as UTF-8 (not GBK or UTF-16)")
        )
        return None
    for number, row in enumerate(text.splitlines(), 1):
        if "\t" in row[: len(row) - len(row.lstrip())]:
            problems.append(Problem(file, number, "the line is indented with a tab", "indent with blanks"))
            return None
    if not text.strip():
        problems.append(Problem(file, 1, "the file is empty", "fill it in or remove it"))
        return None
    return text


_SYNTAX_REMEDIES = {
    "mapping values are not allowed": "put a text that holds a colon in quotes, or check the indentation",
    "could not find expected ':'": "every entry is `key: value`, with a blank after the colon",
    "found undefined alias": "a text that starts with * goes in quotes",
    "cannot start any token": "put a text that starts with %, @ or ` in quotes",
    "expected <block end>": "indent entries that belong together alike",
    "expected ',' or": "close the bracket and separate its entries with commas",
    "while scanning a quoted scalar": "close the quotes",
    "found unknown escape": "use single quotes for a text that holds backslashes",
    "special characters": "remove the control character",
}


def _syntax_problem(file: str, text: str, error: YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 0
    words = str(error)
    if isinstance(error, MarkedYAMLError):
        words = " ".join(str(part) for part in (error.context, error.problem) if part)
    position = getattr(error, "position", None)
    if mark is None and isinstance(position, int):  # a ReaderError counts characters
        line = text.count("\n", 0, position) + 1
    remedy = next(
        (mend for part, mend in _SYNTAX_REMEDIES.items() if part in words), "check quotes and indentation"
    )
    return Problem(
        file, min(line, len(text.splitlines()) or 1), f"not valid YAML ({words.splitlines()[0]})", remedy
    )


@dataclass
class _Reader:
    """Turns a composed node tree into plain values, filling the document's lines."""

    document: Document
    problems: list[Problem]
    count: int = 0
    open_nodes: set[int] = field(default_factory=set)

    def read(self, node: Node, path: PathKey) -> Any:
        self.count += 1
        self.document.lines[path] = node.start_mark.line + 1
        if self.count > MAX_VALUES or id(node) in self.open_nodes:
            if self.count <= MAX_VALUES + 1 or id(node) in self.open_nodes:
                self._tell(node, "too many values, or an alias that holds itself", "write it without aliases")
            return None
        self.open_nodes.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return dict(self._entries(node, path))
            if isinstance(node, SequenceNode):
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self.open_nodes.discard(id(node))

    def _entries(self, node: MappingNode, path: PathKey) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._tell(
                    key_node, "a key must be a plain text", "put a text that starts with [ or { in quotes"
                )
                continue
            key, line = str(key_node.value).strip(), key_node.start_mark.line + 1
            if key in seen:
                self._tell(
                    key_node, f"{key!r} stands here twice (first in line {seen[key]})", "remove one of them"
                )
                continue
            seen[key] = line
            self.document.key_lines[(*path, key)] = line
            yield key, self.read(value_node, (*path, key))
            if isinstance(value_node, MappingNode | SequenceNode) and not value_node.flow_style:
                self.document.lines[(*path, key)] = line  # a block begins where it is named

    def _scalar(self, node: Node) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "str":
            return text
        try:
            return _CONVERT[kind](text)
        except (ValueError, InvalidOperation, KeyError):
            what = (
                f"{text!r} can't be read as {kind}"
                if kind in _CONVERT
                else f"the tag !{kind.lstrip('!')} is not allowed"
            )
            self._tell(
                node, what, "put it in quotes if it is a text" if kind in _CONVERT else "remove the tag"
            )
            return UNREADABLE

    def _tell(self, node: Node, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.document.file, node.start_mark.line + 1, what, remedy))


def _timestamp(text: str) -> dt.date | dt.datetime:
    return dt.date.fromisoformat(text) if len(text) <= 10 else dt.datetime.fromisoformat(text)


_CONVERT: dict[str, Any] = {
    "int": lambda text: int(text.replace("_", ""), 0 if text[:2] in {"0x", "0o"} else 10),
    "float": lambda text: Decimal(text.replace("_", "")),
    "timestamp": _timestamp,
}
