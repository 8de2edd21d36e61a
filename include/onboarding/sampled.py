"""What is known of one column before anybody has said what it means."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from include.coerce import Reading, coerce


@dataclass(frozen=True)
class Sampled:
    """A column of a table, a field of a record or a header: texts of its first values as reported, blanks left out.

    `type`, `comment` and `choices` (the values of an ENUM) are a database's, `path` is a field's JSONPath. `nullable`
    tells that a value may be missing, `blanks` how many are among the first. `unreadable` is a type that can't be read
    as it is: `bytea`, or MySQL's `float`.
    """

    name: str
    texts: list[str] = field(default_factory=list)
    type: str = ""
    comment: str = ""
    path: str = ""
    nullable: bool = True
    key: bool = False
    blanks: int = 0
    choices: tuple[str, ...] = ()
    unreadable: str = ""


@dataclass(frozen=True)
class Guess:
    """What a column may mean: keys of the configuration, how certain they are (per cent) and why.

    `needed` is false for a column that a source of KPIs has no use for.
    """

    column: Sampled
    keys: dict[str, object]
    certainty: int
    why: str
    needed: bool = True


def share_read(texts: Sequence[str], kind: str, reading: Reading) -> float:
    """Return the share of texts that are a value of a type; 0 where there are none."""
    if not texts:
        return 0.0
    return 1.0 - float(coerce(pd.Series(list(texts), dtype=object), kind, reading).failed.mean())
