"""Formulas in words: the names of the metrics in place of their ids, in Chinese or English."""

import re
from collections.abc import Callable

from include.catalogue import Catalogue, MetricDefinition
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
    parse_formula,
)

_SIGNS = {"*": "×", "/": "÷", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠"}
_STRENGTH = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6}
_UNCLEAR = re.compile(r"[-+*/()（）×÷−=<>,，“”]")
_PHRASES = {
    "zh": {
        "prior": "{name}（上期）",
        "ytd": "{name}（本年累计）",
        "missing": "{value}（无值按 {other}）",
        "if": "若 {condition} 则 {then}，否则 {otherwise}",
        "and": " 且 ",
        "or": " 或 ",
        "not": "非 {value}",
        "brackets": "（{value}）",
    },
    "en": {
        "prior": "{name} (period before)",
        "ytd": "{name} (year to date)",
        "missing": "{value} ({other} if missing)",
        "if": "if {condition} then {then}, else {otherwise}",
        "and": " and ",
        "or": " or ",
        "not": "not {value}",
        "brackets": "({value})",
    },
}


def describe_formula(catalogue: Catalogue, definition: MetricDefinition, language: str) -> str:
    """Return how a derived metric is computed, with its parts' names in `language`; empty for a reported one.

    Says what the author wrote: the factors between units, which the catalogue adds, are left out.
    """

    def name_of(metric: str) -> str:
        return catalogue.metric_at(metric, definition.valid_from).name.read(language)

    writer = _Writer(name_of, _PHRASES[language])
    if definition.ratio:
        of, to = Name(definition.ratio.of), Name(definition.ratio.to)
        return writer.write(Arithmetic("/", of, to))
    return writer.write(parse_formula(definition.formula)) if definition.formula else ""


class _Writer:
    """Writes a tree with as few brackets as it takes to be read as it is meant."""

    def __init__(self, name_of: Callable[[str], str], phrases: dict[str, str]) -> None:
        self.name_of, self.phrases = name_of, phrases

    def write(self, tree: Expression) -> str:
        match tree:
            case Number(value=value):
                return format(value, "f")
            case Name(name=name, modifier=modifier):
                said = self._quote(self.name_of(name))
                return self.phrases[modifier].format(name=said) if modifier else said
            case Arithmetic(op=op, left=left, right=right):
                strength = _STRENGTH[op]
                after = self._within(right, strength + (op in "-/"))
                return f"{self._within(left, strength)} {_SIGNS.get(op, op)} {after}"
            case Negative(operand=operand):
                return f"−{self._within(operand, 7)}"
            case Comparison(op=op, left=left, right=right):
                return f"{self.write(left)} {_SIGNS.get(op, op)} {self.write(right)}"
            case _:
                return self._write_choice(tree)

    def _write_choice(self, tree: Expression) -> str:
        match tree:
            case Coalesce(operands=operands):
                said = self._within(operands[0], 8)
                for other in operands[1:]:
                    said = self.phrases["missing"].format(value=said, other=self.write(other))
                return said
            case If(condition=condition, then=then, otherwise=otherwise):
                parts = {"condition": condition, "then": then, "otherwise": otherwise}
                return self.phrases["if"].format(
                    **{key: self._within(part, 1) for key, part in parts.items()}
                )
            case Logic(op="not", left=left):
                return self.phrases["not"].format(value=self._within(left, 4))
            case Logic(op=op, left=left, right=right):
                assert right is not None
                return self.phrases[op].join(self._within(part, _STRENGTH[op]) for part in (left, right))
        raise AssertionError(f"no words for {type(tree).__name__}")

    def _within(self, tree: Expression, strength: int) -> str:
        """Write a part; in brackets where it binds less than `strength`."""
        said = self.write(tree)
        return said if _strength(tree) >= strength else self.phrases["brackets"].format(value=said)

    @staticmethod
    def _quote(name: str) -> str:
        """Put a name that holds an operator or a bracket in quotes."""
        return f"“{name}”" if _UNCLEAR.search(name) else name


def _strength(tree: Expression) -> int:
    match tree:
        case Arithmetic(op=op) | Logic(op=op):
            return _STRENGTH[op]
        case If():
            return 0
        case Comparison():
            return 4
        case Negative():
            return 7
        case _:
            return 8
