"""The dictionary's sheets as plain rows: what stands in them, before anything is styled."""

from collections.abc import Iterable
from dataclasses import dataclass

from include.catalogue.models import Words
from include.styling import Value


@dataclass(frozen=True)
class Link:
    """Where a cell leads: the first row with `key` on `sheet`, or a mail to `key` where `sheet` is `mailto`."""

    sheet: str
    key: str


@dataclass(frozen=True)
class Cell:
    """One cell: its value, a link, a tint (a key of `book.TINTS`), and how far it is indented."""

    value: Value = None
    link: Link | None = None
    tint: str = ""
    indent: int = 0


@dataclass(frozen=True)
class Heading:
    """A column: its heading in both languages and its width in Latin characters."""

    words: Words
    width: int


@dataclass(frozen=True)
class Row:
    """One row; links find it by `key`. A `title` row is a heading within the sheet."""

    key: str
    cells: tuple[Cell, ...]
    title: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet: the first `frozen` columns stay in view; printed `pages` pages wide."""

    name: str
    title: Words
    note: Words
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    frozen: int = 1
    pages: int = 1


def heading(zh: str, en: str, width: int) -> Heading:
    """Return a column's heading."""
    return Heading(Words(zh=zh, en=en), width)


def both(words: Words, between: str = "\n") -> str:
    """Return a text in Chinese and English, once where they are the same."""
    return between.join(dict.fromkeys((words.read("zh"), words.read("en"))))


def lines(texts: Iterable[str]) -> str | None:
    """Return texts a line each, each once; None where there are none."""
    return "\n".join(dict.fromkeys(text for text in texts if text)) or None
