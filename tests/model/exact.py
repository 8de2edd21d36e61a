"""Exact arithmetic and formulas of the model: Decimal throughout, quotients by whole numbers.

A formula is nested tuples: ("metric", id, "" | "prior" | "ytd"), ("number", Decimal), ("+" | "-" | "*" | "/", a, b),
("neg", a), ("coalesce", a, b, ...), ("if", condition, a, b); a condition is ("<" | "<=" | ">" | ">=" | "=" | "!=", a, b),
("and" | "or", c, d) or ("not", c).
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import Any

Formula = tuple[Any, ...]
EXACT = Context(prec=500, traps=[Inexact, InvalidOperation])
PLACES = 12
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_COMPUTE = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return the quotient rounded half away from zero to 12 places; None where the divisor is 0."""
    if not divisor:
        return None
    above, below = dividend.as_integer_ratio(), divisor.as_integer_ratio()
    return round_away(above[0] * below[1], above[1] * below[0])


def round_away(numerator: int, denominator: int) -> Decimal:
    """Return a fraction rounded half away from zero to 12 places."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    numerator, denominator = abs(numerator) * 10**PLACES, abs(denominator)
    whole = (2 * numerator + denominator) // (2 * denominator)
    return Decimal(sign * whole).scaleb(-PLACES, EXACT)


def add(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def scale(value: Decimal | None, factor: Fraction, divisor: Decimal | None) -> Decimal | None:
    """Return value x factor / divisor, rounded once; None where something is missing or the divisor is 0."""
    if value is None or divisor is None:
        return None
    above = EXACT.multiply(value, Decimal(factor.numerator))
    return quotient(above, EXACT.multiply(divisor, Decimal(factor.denominator)))


def compute(  # noqa: PLR0911 - one case a kind of node
    formula: Formula, read: Callable[[str, str], Decimal | None]
) -> Any:
    """Return the formula's value (a condition's truth) or None; `read` gives a metric's value by id and modifier."""
    kind = formula[0]
    if kind == "metric":
        return read(formula[1], formula[2])
    if kind == "number":
        return formula[1]
    if kind == "if":
        truth = compute(formula[1], read)
        return None if truth is None else compute(formula[2 if truth else 3], read)
    values = [compute(part, read) for part in formula[1:]]
    if kind == "coalesce":
        return next((value for value in values if value is not None), None)
    if kind in ("and", "or"):
        decides = kind == "or"
        return decides if decides in values else None if None in values else not decides
    if None in values:
        return None
    if kind in ("neg", "not"):
        return EXACT.minus(values[0]) if kind == "neg" else not values[0]
    if kind == "/":
        return quotient(*values)
    return (_COMPUTE.get(kind) or _COMPARE[kind])(*values)


def mentioned(formula: Formula) -> Iterator[tuple[str, str]]:
    """Yield (metric, modifier) of every name in the formula."""
    if formula[0] == "metric":
        yield formula[1], formula[2]
        return
    for part in formula[1:]:
        if isinstance(part, tuple):
            yield from mentioned(part)


def write(formula: Formula) -> str:
    """Return the formula as it stands in a configuration."""
    kind = formula[0]
    if kind == "metric":
        return f"{formula[2]}({formula[1]})" if formula[2] else formula[1]
    if kind == "number":
        return f"{formula[1]:f}"
    parts = [write(part) for part in formula[1:]]
    if kind in ("coalesce", "if"):
        return f"{kind}({', '.join(parts)})"
    if kind == "neg":
        return f"(-{parts[0]})"
    return f"(not {parts[0]})" if kind == "not" else f"({parts[0]} {kind} {parts[1]})"
