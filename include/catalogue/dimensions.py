"""Units through a formula: what may be added, and the factors that bring the result to the metric's unit.

A formula's parts come in their own catalogue units. Where these differ (元 and 万元, h and 天) exact factors
are written into the tree. Factors that the author wrote out (`a / b * 100` for a metric in %) aren't applied
twice; where it can't be told what a number in the formula stands for, the formula is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from include.catalogue.expressions import (
    Arithmetic,
    Coalesce,
    Comparison,
    Expression,
    ExpressionError,
    If,
    Logic,
    Name,
    Negative,
    Number,
    references,
)
from include.catalogue.units import PURE, Unit


@dataclass(frozen=True)
class _Amount:
    """A subtree with its unit (None: only numbers, which fit any) and the numbers that multiply it."""

    tree: Expression
    unit: Unit | None
    numbers: tuple[Fraction, ...] = ()


def fit_formula(tree: Expression, unit_of: Callable[[str], Unit], target: Unit) -> Expression:
    """Return `tree` with the factors that make its value come out in `target`.

    `unit_of` gives the unit of a metric. Raises ExpressionError where unlike things are added or compared, or
    where the result measures something else than `target`.
    """
    amount = _Fitting(unit_of).fit(tree)
    unit = amount.unit
    if unit is None:
        return amount.tree
    if unit.uncounted() != target.uncounted():
        if not unit.uncounted() and amount.numbers:
            return amount.tree
        raise ExpressionError(
            f"the formula gives {describe(unit)}, but the metric's unit is {describe(target)}",
            1, "mend the unit or the formula; a number such as 30 may stand for days",
        )  # fmt: skip
    return _convert(amount, target).tree


def describe(unit: Unit) -> str:
    """Return a unit's dimension in words: `CNY/g`, `a plain number`."""
    above = [_power(name, power) for name, power in unit.dimension if power > 0]
    below = [_power(name, -power) for name, power in unit.dimension if power < 0]
    if not above and not below:
        return "a plain number"
    return "·".join(above or ["1"]) + "".join(f"/{name}" for name in below)


def _power(name: str, power: int) -> str:
    return name.removeprefix("company:") + (f"^{power}" if power > 1 else "")


def _convert(amount: _Amount, target: Unit) -> _Amount:
    """Return `amount` with its value in `target`; numbers that are the factor already are taken as such."""
    assert amount.unit is not None
    factor = amount.unit.factor / target.factor
    product = Fraction(1)
    for number in amount.numbers:
        product *= number
    if factor == 1 or factor in amount.numbers or factor == product:
        return _Amount(amount.tree, target, amount.numbers)
    if amount.numbers:
        raise ExpressionError(
            "it can't be told whether the numbers in the formula convert its units",
            _position(amount.tree), "give the parts and the metric like units, or make two metrics of it",
        )  # fmt: skip
    return _Amount(_scale(amount.tree, factor), target)


def _scale(tree: Expression, factor: Fraction) -> Expression:
    if factor.numerator != 1:
        tree = Arithmetic("*", tree, Number(Decimal(factor.numerator)))
    return tree if factor.denominator == 1 else Arithmetic("/", tree, Number(Decimal(factor.denominator)))


def _position(tree: Expression) -> int:
    return next((name.position for name in references(tree)), 1) or 1


@dataclass(frozen=True)
class _Fitting:
    unit_of: Callable[[str], Unit]

    def fit(self, tree: Expression) -> _Amount:  # noqa: PLR0911 - one case a kind of node
        match tree:
            case Number():
                return _Amount(tree, None)
            case Name(name=name):
                return _Amount(tree, self.unit_of(name))
            case Negative(operand=operand):
                amount = self.fit(operand)
                return _Amount(Negative(amount.tree), amount.unit, amount.numbers)
            case Arithmetic(op=op, left=left, right=right) if op in "*/":
                return self.multiply(op, self.fit(left), self.fit(right))
            case Arithmetic(op=op, left=left, right=right):
                one, other = self.align([self.fit(left), self.fit(right)], "added")
                return _Amount(Arithmetic(op, one.tree, other.tree), *_common(one, other))
            case Coalesce(operands=operands):
                amounts = self.align([self.fit(operand) for operand in operands], "used for each other")
                return _Amount(Coalesce(tuple(amount.tree for amount in amounts)), *_common(*amounts))
            case If(condition=condition, then=then, otherwise=otherwise):
                one, other = self.align([self.fit(then), self.fit(otherwise)], "used for each other")
                return _Amount(If(self.condition(condition), one.tree, other.tree), *_common(one, other))
        return _Amount(self.condition(tree), None)

    def condition(self, tree: Expression) -> Expression:
        if isinstance(tree, Logic):
            right = None if tree.right is None else self.condition(tree.right)
            return Logic(tree.op, self.condition(tree.left), right)
        assert isinstance(tree, Comparison)
        one, other = self.align([self.fit(tree.left), self.fit(tree.right)], "compared")
        return Comparison(tree.op, one.tree, other.tree)

    def multiply(self, op: str, left: _Amount, right: _Amount) -> _Amount:
        tree = Arithmetic(op, left.tree, right.tree)
        if left.unit is None and right.unit is None:
            return _Amount(tree, None)
        one, other = left.unit or PURE, right.unit or PURE
        inverse = op == "/"
        own = _numbers(left) + tuple(
            1 / number if inverse else number for number in _numbers(right) if number
        )
        return _Amount(tree, one / other if inverse else one * other, own)

    def align(self, amounts: list[_Amount], verb: str) -> list[_Amount]:
        """Return `amounts` in one unit, that of the first which has one."""
        first = next((amount for amount in amounts if amount.unit and not _adapts(amount)), None)
        first = first or next((amount for amount in amounts if amount.unit), None)
        if first is None or first.unit is None:
            return amounts
        return [self.adapt(amount, first, verb) for amount in amounts]

    def adapt(self, amount: _Amount, first: _Amount, verb: str) -> _Amount:
        assert first.unit is not None
        if amount.unit is None or amount is first:
            return amount
        if amount.unit.dimension == first.unit.dimension:
            return _convert(amount, first.unit)
        if _adapts(amount):
            return amount
        raise ExpressionError(
            f"{describe(first.unit)} and {describe(amount.unit)} can't be {verb}",
            _position(amount.tree), "use metrics of like units",
        )  # fmt: skip


def _adapts(amount: _Amount) -> bool:
    """Tell whether it is a plain number times a written one: `inventory / cost * 30` can be days."""
    return amount.unit is not None and not amount.unit.dimension and bool(amount.numbers)


def _numbers(amount: _Amount) -> tuple[Fraction, ...]:
    if amount.unit is not None:
        return amount.numbers
    value = _constant(amount.tree)
    return () if value is None else (value,)


def _constant(tree: Expression) -> Fraction | None:
    """Return the value of a subtree of numbers; None where it has none (a division by zero, a condition)."""
    match tree:
        case Number(value=value):
            return Fraction(value)
        case Negative(operand=operand):
            inner = _constant(operand)
            return None if inner is None else -inner
        case Arithmetic(op=op, left=left, right=right):
            one, other = _constant(left), _constant(right)
            if one is None or other is None or (op == "/" and not other):
                return None
            return (
                {"+": one + other, "-": one - other, "*": one * other}.get(op) if op != "/" else one / other
            )
    return None


def _common(*amounts: _Amount) -> tuple[Unit | None, tuple[Fraction, ...]]:
    """Return the unit of aligned amounts, and their numbers where all share them."""
    unit = next((amount.unit for amount in amounts if amount.unit and not _adapts(amount)), None)
    unit = unit or next((amount.unit for amount in amounts if amount.unit), None)
    shared = [set(amount.numbers) for amount in amounts if amount.unit is not None]
    numbers = tuple(sorted(set.union(*shared))) if shared else ()
    return unit, numbers
