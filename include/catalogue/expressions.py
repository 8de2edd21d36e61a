"""The small language of metric formulas and source rules: text to a typed tree, and its names.

    formula   gross_profit - operating_cost,  coalesce(a, 0) / prior(b),  if(a > 0, a / b, 0)
    rule      营业收入 + 营业成本 = 毛利,  `销售额（万元）` <= "上限 (max)"

Arithmetic (+ - * / and brackets), numbers, names, comparisons, `and`, `or`, `not`, and the functions
prior(name), ytd(name), coalesce(...), if(condition, then, else). Names that hold blanks, brackets or
operators stand in backticks or double quotes (doubled inside). Nothing else can be written: there is no call,
cast, string, subquery or statement in the tree to begin with.
"""

from include.catalogue.parsing import FUNCTIONS, parse_formula, parse_rule
from include.catalogue.syntax import (
    COMPARISONS,
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
    names,
    references,
)

__all__ = [
    "COMPARISONS", "FUNCTIONS", "Arithmetic", "Coalesce", "Comparison", "Expression", "ExpressionError", "If",
    "Logic", "Name", "Negative", "Number", "names", "parse_formula", "parse_rule", "references",
]  # fmt: skip
