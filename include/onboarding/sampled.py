"""What is known of one column before anybody has said what it means."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sampled:
    """A column of a table, a field of a record or a header: texts of its first values as reported, blanks left out.

    `type` and `comment` are a database's; `path` is a field's JSONPath; `nullable` tells that a value may be missing.
    """

    name: str
    texts: list[str] = field(default_factory=list)
    type: str = ""
    comment: str = ""
    path: str = ""
    nullable: bool = True
    key: bool = False


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
