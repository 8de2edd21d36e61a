"""Cross-column rules (`a + b = c`) evaluated exactly over whole columns of Decimals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    parse_rule,
    references,
)
from include.catalogue.models import Rule
from include.coerce import Coerced
from include.errors import ConfigurationError
from include.plan import Plan
from include.validate.failures import Failure, find_rows
from include.validated import as_objects

PRECISION = 150
"""Digits carried by sums and products of reported numbers, so that none of them is ever rounded."""

Values = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CheckedRule:
    """One parsed rule of a source. Rows where an operand is missing can't be judged and pass."""

    text: str
    tree: Comparison
    tolerance: Decimal
    level: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads, in the order in which they are written."""
        return tuple(dict.fromkeys(name.name for name in references(self.tree)))

    def run(self, frame: pd.DataFrame) -> Failure | None:
        """Return the rows that break the rule, placed at the last column it names; None if there are none.

        Each row's details are `left` and `right`, the values of both sides.
        """
        with localcontext(prec=PRECISION):
            left, right = evaluate(self.tree.left, frame), evaluate(self.tree.right, frame)
            broken = np.zeros(len(frame), dtype=bool)
            known = pd.notna(left) & pd.notna(right)
            held = _compare(self.tree.op, left[known], right[known], self.tolerance)
        broken[known] = ~held
        rows = find_rows(broken)
        if not len(rows):
            return None
        details = [{"left": _plain(left[row]), "right": _plain(right[row])} for row in rows[:500]]
        details += [{}] * (len(rows) - len(details))
        params = {"tolerance": _plain(self.tolerance)}
        at = self.columns[-1] if self.columns else ""
        return Failure(
            "rule_broken", rows, at, self.text, self.level, params, details=details, columns=self.columns
        )


def compile_rules(rules: list[Rule], plan: Plan) -> list[CheckedRule]:
    """Parse the rules of a source.

    Raises ExpressionError for one that isn't of the language, ConfigurationError for one that reads a column
    which the source doesn't declare as a number: it could never fail.
    """
    compiled = [CheckedRule(rule.rule, parse_rule(rule.rule), rule.tolerance, rule.level) for rule in rules]
    others = {field.name for field in plan.fields.values() if not field.is_number}
    faults = [
        f"source {plan.source.source}: rule {rule.text!r} reads {name!r}, which is no declared number column"
        for rule in compiled
        for name in rule.columns
        if name in others or (name not in plan.fields and not plan.takes_other_labels)
    ]
    if faults:
        raise ConfigurationError(faults)
    return compiled


def undeclared_columns(rules: list[CheckedRule], plan: Plan) -> list[str]:
    """Return the labels of a matrix that only rules name: read as numbers, no measures."""
    return sorted({name for rule in rules for name in rule.columns if name not in plan.fields})


def check_labels(rules: list[CheckedRule], coerced: Mapping[str, Coerced]) -> list[Failure]:
    """Return the labels that a rule reads and the batch doesn't have: the rule could not be judged."""
    return [
        Failure("row_missing", find_rows(np.zeros(0, dtype=bool)), name, rule.text, rule.level)
        for rule in rules
        for name in rule.columns
        if name not in coerced
    ]


def evaluate(tree: Expression, frame: pd.DataFrame) -> Values:
    """Return the value of `tree` in each row; None where an operand is missing or the divisor is zero."""
    match tree:
        case Number(value=value):
            return np.full(len(frame), value, dtype=object)
        case Name(name=name):
            return as_objects(frame[name]) if name in frame else np.full(len(frame), None, dtype=object)
        case Negative(operand=operand):
            return _apply(
                lambda value, _: -value, evaluate(operand, frame), np.zeros(len(frame), dtype=object)
            )
        case Arithmetic(op=op, left=left, right=right):
            return _combine(op, evaluate(left, frame), evaluate(right, frame))
        case Coalesce(operands=operands):
            values = evaluate(operands[0], frame)
            for operand in operands[1:]:
                values = np.where(pd.isna(values), evaluate(operand, frame), values)
            return values
        case If(condition=condition, then=then, otherwise=otherwise):
            return _choose(condition, evaluate(then, frame), evaluate(otherwise, frame), frame)
    raise TypeError(f"{type(tree).__name__} gives no number")


def _combine(op: str, left: Values, right: Values) -> Values:
    if op == "/":
        right = right.copy()
        right[np.asarray(pd.notna(right) & (right == 0))] = None
    operations: dict[str, Any] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
    }
    return _apply(operations[op], left, right)


def _apply(operation: Any, left: Values, right: Values) -> Values:
    known = np.asarray(pd.notna(left) & pd.notna(right))
    values = np.full(len(left), None, dtype=object)
    values[known] = operation(left[known], right[known])
    return values


def _choose(condition: Expression, then: Values, otherwise: Values, frame: pd.DataFrame) -> Values:
    true, known = _judge(condition, frame)
    values = np.where(true, then, otherwise)
    values[~known] = None
    return values


def _judge(condition: Expression, frame: pd.DataFrame) -> tuple[Mask, Mask]:
    """Return where the condition is true and where it can be told at all."""
    if isinstance(condition, Comparison):
        left, right = evaluate(condition.left, frame), evaluate(condition.right, frame)
        known = np.asarray(pd.notna(left) & pd.notna(right))
        true = np.zeros(len(frame), dtype=bool)
        true[known] = _compare(condition.op, left[known], right[known], Decimal(0))
        return true, known
    if not isinstance(condition, Logic):
        raise TypeError(f"{type(condition).__name__} is no condition")
    true, known = _judge(condition.left, frame)
    if condition.right is None:
        return ~true & known, known
    other, other_known = _judge(condition.right, frame)
    if condition.op == "and":
        return true & other, (known & other_known) | (known & ~true) | (other_known & ~other)
    return true | other, (known & other_known) | true | other


def _compare(op: str, left: Values, right: Values, tolerance: Decimal) -> Mask:
    """Return where the comparison holds; the tolerance widens `=`, `<=` and `>=`."""
    difference = left - right
    outcomes: dict[str, Any] = {
        "=": lambda: abs(difference) <= tolerance,
        "!=": lambda: difference != 0,
        "<=": lambda: difference <= tolerance,
        ">=": lambda: difference >= -tolerance,
        "<": lambda: difference < 0,
        ">": lambda: difference > 0,
    }
    return np.asarray(outcomes[op](), dtype=bool)


def _plain(number: Decimal) -> str:
    return format(number, "f")
