"""XML parts as trees of byte offsets, so that a part can be changed at one place and stay as it is elsewhere.

Runs inside the marking child. What is inserted is ASCII (other characters as references), so that it fits every
encoding that holds ASCII.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class UnmarkableError(Exception):
    """The package can't be marked in place. The words are ours, for the log."""


@dataclass
class Element:
    """An element by its local name, with the offsets of its tags.

    `start` to `opened` is the start tag, `closing` to `end` the end tag; an empty element (`<a/>`) has neither
    content nor end tag: `opened`, `closing` and `end` are the same.
    """

    name: str
    prefix: str
    attributes: dict[str, str]
    start: int
    opened: int
    closing: int = 0
    end: int = 0
    children: list["Element"] = field(default_factory=list)

    def find(self, name: str) -> "Element | None":
        """Return the first child of this local name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list["Element"]:
        """Return the children of this local name."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator["Element"]:
        """Yield the element and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


def tag_end(content: bytes, start: int) -> int:
    """Return the offset behind the tag that begins at `start`."""
    tag = _TAG.match(content, start)
    if tag is None:
        raise UnmarkableError("a tag without end")
    return tag.end()


def parse_tree(content: bytes) -> Element:
    """Return the root of a part. Attribute names are local. Raises UnmarkableError where it isn't plain XML."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:64]:
        raise UnmarkableError("a part in UTF-16")
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    path: list[Element] = []
    roots: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        prefix, _, name = tag.rpartition(":")
        local = {key.rpartition(":")[2] if key[:5] != "xmlns" else key: v for key, v in attributes.items()}
        element = Element(name, f"{prefix}:" if prefix else "", local, at, tag_end(content, at))
        (path[-1].children if path else roots).append(element)
        path.append(element)

    def end(_: str) -> None:
        element = path.pop()
        if content[element.opened - 2 : element.opened] == b"/>":
            element.closing = element.end = element.opened
        else:
            element.closing = parser.CurrentByteIndex
            element.end = tag_end(content, element.closing)

    def refuse(*_: object) -> None:
        raise UnmarkableError("a part declares entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnmarkableError(f"a part isn't well-formed: {error}") from error
    return roots[0]


class Splices:
    """Changes of one part, each at a place of the part as it was."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._changes: list[tuple[int, int, bytes]] = []

    def replace(self, start: int, end: int, new: bytes) -> None:
        """Put `new` in place of the bytes from `start` to `end`."""
        self._changes.append((start, end, new))

    def insert(self, at: int, new: bytes) -> None:
        """Put `new` before the byte at `at`; of several at one place the first stands first."""
        self.replace(at, at, new)

    def append_to(self, element: Element, new: bytes) -> None:
        """Put `new` behind the last content of `element`."""
        if element.opened != element.end:
            self.insert(element.closing, new)
        else:
            tag = f"</{element.prefix}{element.name}>".encode()
            self.replace(element.opened - 2, element.opened, b">" + new + tag)

    def set_attribute(self, element: Element, name: str, value: object) -> None:
        """Set an attribute without prefix in a start tag."""
        tag = self.content[element.start : element.opened]
        changed = with_attribute(tag, name, value)
        self.replace(element.start, element.opened, changed)

    def pieces(self) -> list[bytes | memoryview]:
        """Return the changed part in pieces, without a copy of what stays."""
        view, place = memoryview(self.content), 0
        found: list[bytes | memoryview] = []
        for start, end, new in sorted(self._changes, key=lambda change: change[:2]):
            if start < place:
                raise UnmarkableError("two changes of the same bytes")
            found += [view[place:start], new]
            place = end
        return [*found, view[place:]]

    def apply(self) -> bytes:
        """Return the changed part."""
        return b"".join(self.pieces())


def with_attribute(tag: bytes, name: str, value: object) -> bytes:
    """Return a start tag with an attribute set to a value that needs no escaping."""
    new = f' {name}="{value}"'.encode()
    known = re.search(rb"\s" + name.encode() + rb"""\s*=\s*("[^"]*"|'[^']*')""", tag)
    if known:
        return tag[: known.start()] + new + tag[known.end() :]
    head = re.match(rb"<[^\s/>]+", tag)
    assert head is not None
    return tag[: head.end()] + new + tag[head.end() :]


def escape(text: str) -> bytes:
    """Return text as XML content or attribute: ASCII, nothing that a program of spreadsheets would decode."""
    plain = _ESCAPED.sub("_x005F_", _ILLEGAL.sub("", text))
    for char, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        plain = plain.replace(char, reference)
    return plain.replace("\r\n", "\n").replace("\r", "\n").encode("ascii", "xmlcharrefreplace")
