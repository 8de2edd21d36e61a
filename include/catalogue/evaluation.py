"""Expressions at work: rendered to SQL for the rollup, or evaluated over columns of exact decimals.

Both do the same: arithmetic is exact, a quotient is rounded half-up (away from zero) to 12 places, division
by zero and anything made of a missing value is missing; `if` is missing where its condition can't be told.
"""

import decimal
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from include.catalogue.expressions import (
    Arithmetic,
    Coalesce,
    Comparison,
    Expression,
    If,
    Logic,
    Name,
    Negative,
    Number,
)

Column = npt.NDArray[np.object_]
PLACES = Decimal("1e-12")
EXACT = decimal.Context(prec=2000, rounding=ROUND_HALF_UP, traps=[decimal.Inexact, decimal.InvalidOperation])
ROUNDED = decimal.Context(prec=2000, rounding=ROUND_HALF_UP, traps=[decimal.InvalidOperation])


def render_sql(  # noqa: C901
    expression: Expression, column_of: Callable[[Name], str], quotient: str = "ledger.quotient"
) -> str:
    """Return `expression` as a PostgreSQL expression over numeric columns.

    `column_of` gives the SQL that stands for a name with its modifier; no text of the expression itself
    reaches the SQL, but for its numbers in plain notation. `quotient` is the SQL function that divides.
    """

    def render(tree: Expression) -> str:  # noqa: C901, PLR0911 - one case a kind of node
        match tree:
            case Number(value=value):
                return f"{value:f}"
            case Name():
                return column_of(tree)
            case Arithmetic(op="/", left=left, right=right):
                return f"{quotient}({render(left)}, {render(right)})"
            case Arithmetic(op=op, left=left, right=right):
                return f"({render(left)} {op} {render(right)})"
            case Comparison(op=op, left=left, right=right):
                return f"({render(left)} {'<>' if op == '!=' else op} {render(right)})"
            case Negative(operand=operand):
                return f"(- {render(operand)})"
            case Logic(left=left, right=None):
                return f"(NOT {render(left)})"
            case Logic(op=op, left=left, right=right) if right is not None:
                return f"({render(left)} {op.upper()} {render(right)})"
            case Coalesce(operands=operands):
                return f"coalesce({', '.join(map(render, operands))})"
            case If(condition=condition, then=then, otherwise=otherwise):
                test = render(condition)
                return f"(CASE WHEN {test} THEN {render(then)} WHEN NOT {test} THEN {render(otherwise)} END)"
        raise AssertionError(tree)

    return render(expression)


def evaluate(expression: Expression, columns: Mapping[str, Column]) -> Column:
    """Return `expression` for every row: an object array of Decimal (bool for a condition) or None.

    `columns[name]` are object arrays of Decimal or None, all of one length; a name's modifier is not looked
    at, as rules have none. Raises KeyError for a name without a column.
    """
    rows = len(next(iter(columns.values()))) if columns else 1

    def run(tree: Expression) -> Column:  # noqa: PLR0911 - one case a kind of node
        match tree:
            case Number(value=value):
                return np.full(rows, value, dtype=object)
            case Name(name=name):
                return columns[name]
            case Arithmetic(op=op, left=left, right=right) | Comparison(op=op, left=left, right=right):
                return _each(_OPERATORS[op], run(left), run(right))
            case Negative(operand=operand):
                return _each(EXACT.minus, run(operand))
            case Logic(left=left, right=None):
                return _each(operator.not_, run(left))
            case Logic(op=op, left=left, right=right) if right is not None:
                return _call(_and if op == "and" else _or, run(left), run(right))
            case Coalesce(operands=operands):
                return _call(_first, *map(run, operands))
            case If(condition=condition, then=then, otherwise=otherwise):
                return _call(_choose, run(condition), run(then), run(otherwise))
        raise AssertionError(tree)

    return run(expression)


def check_rule(rule: Comparison, columns: Mapping[str, Column], tolerance: Decimal = Decimal(0)) -> Column:
    """Return for every row whether `rule` holds: True, False, or None where a value that it needs is missing.

    The sides may differ by up to `tolerance` in the direction that would break the rule; `!=` asks for more.
    """

    def judge(left: Decimal, right: Decimal) -> bool:
        return _RULES[rule.op](EXACT.subtract(left, right), tolerance)

    return _each(judge, evaluate(rule.left, columns), evaluate(rule.right, columns))


_RULES: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda gap, tolerance: abs(gap) <= tolerance,
    "!=": lambda gap, tolerance: abs(gap) > tolerance,
    "<=": lambda gap, tolerance: gap <= tolerance,
    "<": lambda gap, tolerance: gap < tolerance or gap < 0,
    ">=": lambda gap, tolerance: gap >= -tolerance,
    ">": lambda gap, tolerance: gap > -tolerance or gap > 0,
}


def divide(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return the quotient rounded half-up to 12 places, None where the divisor is zero."""
    if not divisor:
        return None
    # Whole thirteenth places, cut off: they decide the rounding, and no digit beyond them can.
    cut = EXACT.divide_int(EXACT.scaleb(dividend, 13), divisor)
    return ROUNDED.quantize(EXACT.scaleb(cut, -13), PLACES)


_MISSING = np.frompyfunc(lambda value: value is None, 1, 1)


def _each(function: Callable[..., Any], *columns: Column) -> Column:
    """Apply `function` where every operand is there."""
    result = np.full(len(columns[0]), None, dtype=object)
    there = np.logical_and.reduce([~_MISSING(column).astype(bool) for column in columns])
    if there.any():
        result[there] = _call(function, *(column[there] for column in columns))
    return result


def _call(function: Callable[..., Any], *columns: Column) -> Column:
    called: Column = np.frompyfunc(function, len(columns), 1)(*columns)
    return called


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _choose(condition: bool | None, then: Decimal | None, otherwise: Decimal | None) -> Decimal | None:
    return None if condition is None else then if condition else otherwise


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": divide,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
