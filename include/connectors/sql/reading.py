"""What the two ways of reading a database have in common: an order, and a reader that answers it."""

import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from include.batch import Connection
from include.connectors.sql.faults import Place
from include.connectors.sql.query import Piece
from include.errors import Finding


@dataclass(frozen=True)
class Order:
    """One extraction: the query in pieces, where to, and within which limits.

    `zone` is the session's time zone: it decides which day an instant falls on, in the query's conditions
    and in its result. `seconds` limits each statement, `years` are those that it is about.
    """

    pieces: Sequence[Piece]
    connection: Connection
    place: Place
    zone: zoneinfo.ZoneInfo
    seconds: int
    years: range

    def write(self, parameter: str, escapes: Mapping[str, str]) -> str:
        """Return the query, each parameter written as `parameter` (`%s` its name), characters escaped."""
        written = []
        for piece in self.pieces:
            if isinstance(piece, tuple):
                written.append(parameter.replace("%s", piece[0]))
                continue
            written.append(piece.translate({ord(plain): escaped for plain, escaped in escapes.items()}))
        return "".join(written)


@dataclass
class Aside:
    """What a reading tells beside its rows: warnings, and the kinds of value of all columns (`Reported.shape`)."""

    notes: list[Finding] = field(default_factory=list)
    shape: dict[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """An open query: its columns' names, then its rows in tables of text columns.

    `kinds` are the kinds of value of each column (see `kinds`), complete once the tables were read.
    """

    names: list[str]
    kinds: dict[str, set[str]]

    def tables(self, columns: Mapping[str, int]) -> Iterator[pa.Table]:
        """Yield the rows in order, of bounded size each, with the columns at these positions, so renamed."""
        ...
