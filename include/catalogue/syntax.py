"""The tree of formulas and rules: its nodes, and the names that stand in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from include.errors import MetricLedgerError

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class ExpressionError(MetricLedgerError):
    """A formula or rule that isn't of the language. `position` counts characters from 1."""

    def __init__(self, what: str, position: int, remedy: str = "") -> None:
        self.what, self.position, self.remedy = what, position, remedy
        super().__init__(f"{what} at character {position}" + (f"; {remedy}" if remedy else ""))


@dataclass(frozen=True, slots=True)
class Number:
    """A number, exact."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Name:
    """A metric or column; `modifier` asks for its previous period or its year to date."""

    name: str
    modifier: Literal["", "prior", "ytd"] = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right`; op is + - * or /."""

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Negative:
    """The operand with its sign changed."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`; op is one of COMPARISONS."""

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or` of two conditions; `not` of `left` alone (right is None)."""

    op: str
    left: "Expression"
    right: "Expression | None" = None


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first operand that isn't missing."""

    operands: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class If:
    """`then` where the condition holds, `otherwise` where it doesn't, missing where it can't be told."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


Expression = Number | Name | Arithmetic | Negative | Comparison | Logic | Coalesce | If


def references(expression: Expression) -> Iterator[Name]:
    """Yield every name with its modifier, in the order in which they are written."""
    match expression:
        case Name():
            yield expression
        case (
            Arithmetic(left=left, right=right)
            | Comparison(left=left, right=right)
            | Logic(left=left, right=right)
        ):
            yield from references(left)
            if right is not None:
                yield from references(right)
        case Negative(operand=operand):
            yield from references(operand)
        case Coalesce(operands=operands):
            for operand in operands:
                yield from references(operand)
        case If(condition=condition, then=then, otherwise=otherwise):
            for part in (condition, then, otherwise):
                yield from references(part)


def names(expression: Expression) -> frozenset[str]:
    """Return the distinct names, without modifiers."""
    return frozenset(name.name for name in references(expression))
