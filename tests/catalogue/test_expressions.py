"""The language of formulas and rules: what it reads, what it refuses and where, and exact evaluation."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from include.catalogue.dimensions import fit_formula
from include.catalogue.evaluation import check_rule, evaluate, render_sql
from include.catalogue.expressions import (
    Arithmetic,
    Coalesce,
    Comparison,
    Expression,
    ExpressionError,
    If,
    Name,
    Negative,
    Number,
    names,
    parse_formula,
    parse_rule,
    references,
)
from include.catalogue.units import UnitSystem


def column(*values: str | None) -> Any:
    return np.array([None if value is None else Decimal(value) for value in values], dtype=object)


def sql(formula: str) -> str:
    return render_sql(parse_formula(formula), lambda name: f"{name.modifier or 'value'}_{name.name}", "div")


@pytest.mark.parametrize(
    ("formula", "rendered"),
    [
        ("a - b - c", "((value_a - value_b) - value_c)"),
        ("a + b * c / 2", "(value_a + div((value_b * value_c), 2))"),
        ("-a * -(b)", "((- value_a) * (- value_b))"),
        ("coalesce(a, 0) / prior(b)", "div(coalesce(value_a, 0), prior_b)"),
        ("ytd(a) - a", "(ytd_a - value_a)"),
        (
            "if(a > 0 and not b = 0, a / b, 0.50)",
            "(CASE WHEN ((value_a > 0) AND (NOT (value_b = 0))) THEN div(value_a, value_b) "
            "WHEN NOT ((value_a > 0) AND (NOT (value_b = 0))) THEN 0.50 END)",
        ),
        ("a × b ÷ c － 1", "(div((value_a * value_b), value_c) - 1)"),
        (
            "IF(a <> b, a, b)",
            "(CASE WHEN (value_a <> value_b) THEN value_a WHEN NOT (value_a <> value_b) THEN value_b END)",
        ),
        # words that SQL parsers trip over are names like any other
        ("date + interval - order", "((value_date + value_interval) - value_order)"),
    ],
)
def test_formulas_render(formula: str, rendered: str) -> None:
    assert sql(formula) == rendered


@pytest.mark.parametrize(
    ("formula", "position", "words"),
    [
        ("", 1, "it is empty"),
        ("a -", 4, "it ends where a number or a name is expected"),
        ("a b", 3, "put a name that holds blanks in backticks"),
        ("(a", 3, "it ends where ')' is expected"),
        ("a)", 2, "')' stands where an operator is expected"),
        ("a; drop table x", 2, "';' isn't allowed"),
        ("sqrt(a)", 1, "unknown function 'sqrt'"),
        ("a::int", 2, "':' isn't allowed"),
        ("(select 1)", 9, "where ')' is expected"),
        ("a -- b", 0, ""),
        ("'x'", 1, "there are no text values"),
        ("a > b", 1, "put it inside if(...)"),
        ("1 + (a > b)", 5, "a comparison stands where a number is expected"),
        ("if(a, b, c)", 1, "if() takes a condition"),
        ("prior(a + b)", 1, "prior() takes the name of one metric"),
        ("prior(ytd(a))", 1, "prior() takes the name of one metric"),
        ("coalesce(a)", 1, "at least two"),
        ("2024a + 1", 1, "a name can't start with a digit"),
        ("a.b", 2, "'.' isn't allowed"),
        ("`a", 1, "the quote ` isn't closed"),
        ("a < b < c", 7, "a second comparison"),
        ("(" * 60 + "a" + ")" * 60, 52, "nested deeper than 50"),
        ("a + " * 400 + "a", 0, "too many terms"),
        ("a + " * 600 + "a", 2000, "longer than 2000"),
        ("1" * 31, 1, "more than 30 digits"),
        ("a and b", 0, "joins comparisons"),
    ],
)
def test_refusals_have_a_position(formula: str, position: int, words: str) -> None:
    if not words:  # minus a negative: harmless, no comment
        assert sql(formula) == "(value_a - (- value_b))"
        return
    with pytest.raises(ExpressionError) as error:
        parse_formula(formula)
    assert words in str(error.value)
    assert not position or error.value.position == position


def test_rules_over_chinese_labels() -> None:
    rule = parse_rule('营业收入 + `营业成本（万元）` ≤ "毛 利 (a""b)" ＋ 费用率2')
    assert rule.op == "<="
    assert [name.name for name in references(rule)] == [
        "营业收入",
        "营业成本（万元）",
        '毛 利 (a"b)',
        "费用率2",
    ]
    with pytest.raises(ExpressionError, match="a rule is one comparison"):
        parse_rule("a + b")
    with pytest.raises(ExpressionError, match="unknown function 'prior'"):
        parse_rule("prior(a) = b")
    with pytest.raises(ExpressionError, match=r"goes in backticks|isn't allowed"):
        parse_rule("销售额（万元） = b")


def test_missing_values_stay_missing() -> None:
    columns = {"a": column("1", None, "3"), "b": column("2", "2", "0")}
    assert list(evaluate(parse_formula("a + b"), columns)) == [3, None, 3]
    assert list(evaluate(parse_formula("a / b"), columns)) == [Decimal("0.5"), None, None]
    assert list(evaluate(parse_formula("coalesce(a, b, 9)"), columns)) == [1, 2, 3]
    assert list(evaluate(parse_formula("if(a > 1, a, b)"), columns)) == [2, None, 3]
    assert list(evaluate(parse_formula("if(a > 1 or b = 2, 1, 0)"), columns)) == [1, 1, 1]
    assert list(evaluate(parse_formula("if(not a > 1, 1, 0)"), columns)) == [1, None, 0]


def test_quotients_round_half_up_away_from_zero() -> None:
    columns = {
        "a": column("1", "2", "-2", "0.0000000000005", "-0.0000000000005"),
        "b": column("3", "3", "3", "1", "1"),
    }
    found = evaluate(parse_formula("a / b"), columns)
    assert [str(value.normalize()) for value in found[:3]] == [
        "0.333333333333",
        "0.666666666667",
        "-0.666666666667",
    ]
    assert list(found[3:]) == [Decimal("1e-12"), Decimal("-1e-12")]


def test_rules_hold_within_their_tolerance() -> None:
    columns = {"a": column("1.00", "1.01", "1.02", None), "b": column("1", "1", "1", "1")}
    assert list(check_rule(parse_rule("a = b"), columns, Decimal("0.01"))) == [True, True, False, None]
    assert list(check_rule(parse_rule("a <= b"), columns, Decimal("0.01"))) == [True, True, False, None]
    assert list(check_rule(parse_rule("a <= b"), columns)) == [True, False, False, None]
    assert list(check_rule(parse_rule("a != b"), columns)) == [False, True, True, None]
    assert list(check_rule(parse_rule("a > b"), columns)) == [False, True, True, None]
    assert list(check_rule(parse_rule("a < b"), columns)) == [False, False, False, None]


VALUES = st.one_of(st.none(), st.decimals(-(10**15), 10**15, places=4))
LEAVES = st.one_of(
    st.sampled_from("abc").map(Name),
    st.decimals(0, 10**6, places=3).map(Number),
)
CONDITIONS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(Negative, inner),
        st.builds(Coalesce, st.tuples(inner, inner)),
        st.builds(If, st.builds(Comparison, CONDITIONS, inner, inner), inner, inner),
    )


TREES = st.recursive(LEAVES, grow, max_leaves=12)


def by_fractions(tree: Expression, row: dict[str, Decimal | None]) -> Any:
    """Read the language anew, row by row, in Fractions."""
    if isinstance(tree, Number):
        return Fraction(tree.value)
    if isinstance(tree, Name):
        value = row[tree.name]
        return None if value is None else Fraction(value)
    if isinstance(tree, Negative):
        value = by_fractions(tree.operand, row)
        return None if value is None else -value
    if isinstance(tree, Coalesce):
        parts = [by_fractions(part, row) for part in tree.operands]
        return next((part for part in parts if part is not None), None)
    if isinstance(tree, If):
        test = by_fractions(tree.condition, row)
        return None if test is None else by_fractions(tree.then if test else tree.otherwise, row)
    assert isinstance(tree, Arithmetic | Comparison)
    left, right = by_fractions(tree.left, row), by_fractions(tree.right, row)
    if left is None or right is None or (tree.op == "/" and right == 0):
        return None
    if tree.op == "/":
        scaled = left / right * 10**12
        whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
        return Fraction(whole if scaled >= 0 else -whole, 10**12)
    return {
        "+": left + right, "-": left - right, "*": left * right, "=": left == right, "!=": left != right,
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
    }[tree.op]  # fmt: skip


@given(
    TREES, st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES, "c": VALUES}), min_size=1, max_size=4)
)
def test_evaluation_equals_fractions(tree: Expression, rows: list[dict[str, Decimal | None]]) -> None:
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in "abc"}
    found = [None if value is None else Fraction(value) for value in evaluate(tree, columns)]
    assert found == [by_fractions(tree, row) for row in rows]


def write(tree: Expression) -> str:
    """Write a tree as a user would, with all brackets."""
    if isinstance(tree, Number):
        return f"{tree.value:f}"
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Negative):
        return f"-({write(tree.operand)})"
    if isinstance(tree, Coalesce):
        return f"coalesce({', '.join(map(write, tree.operands))})"
    if isinstance(tree, If):
        return f"if({write(tree.condition)}, {write(tree.then)}, {write(tree.otherwise)})"
    assert isinstance(tree, Arithmetic | Comparison)
    return f"({write(tree.left)}) {tree.op} ({write(tree.right)})"


@given(TREES, st.fixed_dictionaries({"a": VALUES, "b": VALUES, "c": VALUES}))
def test_what_is_written_is_what_is_read(tree: Expression, row: dict[str, Decimal | None]) -> None:
    again = parse_formula(write(tree))
    assert names(again) == names(tree)
    assert by_fractions(again, row) == by_fractions(tree, row)


@given(st.text(alphabet="ab1.0 +-*/()<>=,`\"if prior收入（）;'", max_size=30))
def test_any_text_is_read_or_refused(formula: str) -> None:
    try:
        parse_formula(formula)
    except ExpressionError as error:
        assert 1 <= error.position <= len(formula) + 1


UNIT_OF = {
    "profit": "万元",
    "sales": "CNY",
    "cost": "CNY",
    "hours": "h",
    "days": "天",
    "rate": "%",
    "mass": "t",
    "heads": "人",
}


@pytest.mark.parametrize(
    ("formula", "unit", "fitted"),
    [
        ("sales - cost", "CNY", "(sales - cost)"),
        ("sales - profit", "CNY", "(sales - (profit * 10000))"),
        ("profit - sales", "万元", "(profit - div(sales, 10000))"),
        ("sales - cost", "万元", "div((sales - cost), 10000)"),
        ("cost / sales", "%", "(div(cost, sales) * 100)"),
        ("cost / sales * 100", "%", "(div(cost, sales) * 100)"),
        ("100 * (sales - cost) / cost", "%", "div((100 * (sales - cost)), cost)"),
        ("sales / cost - 1", "%", "((div(sales, cost) - 1) * 100)"),
        ("rate - rate", "百分点", "(rate - rate)"),
        ("rate * sales", "CNY", "div((rate * sales), 100)"),
        ("sales / heads", "万元/人", "div(div(sales, heads), 10000)"),
        ("sales / heads", "CNY", "div(sales, heads)"),
        ("cost / sales * 30", "天", "(div(cost, sales) * 30)"),
        (
            "if(sales > 0, cost, 0)",
            "CNY",
            "(CASE WHEN (sales > 0) THEN cost WHEN NOT (sales > 0) THEN 0 END)",
        ),
        ("coalesce(profit, sales)", "万元", "coalesce(profit, div(sales, 10000))"),
        ("hours + days", "h", "(hours + (days * 24))"),
        ("2 * sales", "CNY", "(2 * sales)"),
        ("(sales + cost) / 2", "CNY", "div((sales + cost), 2)"),
    ],
)
def test_units_are_fitted(formula: str, unit: str, fitted: str) -> None:
    units = UnitSystem()
    tree = fit_formula(parse_formula(formula), lambda name: units.parse(UNIT_OF[name]), units.parse(unit))
    assert render_sql(tree, lambda name: name.name, "div") == fitted


@pytest.mark.parametrize(
    ("formula", "unit", "words"),
    [
        ("sales + mass", "CNY", "CNY and g can't be added"),
        ("if(sales > mass, 1, 2)", "CNY", "CNY and g can't be compared"),
        ("coalesce(sales, mass)", "CNY", "can't be used for each other"),
        ("sales * 2", "t", "the formula gives CNY, but the metric's unit is g"),
        ("sales / mass", "CNY", "the formula gives CNY/g"),
        ("sales * cost", "CNY", "CNY^2"),
        ("0.5 * cost / sales", "%", "it can't be told whether the numbers"),
        ("2 * profit", "CNY", "it can't be told whether the numbers"),
        ("cost / sales", "天", "the formula gives a plain number"),
    ],
)
def test_doubtful_units_are_refused(formula: str, unit: str, words: str) -> None:
    units = UnitSystem()
    with pytest.raises(ExpressionError) as error:
        fit_formula(parse_formula(formula), lambda name: units.parse(UNIT_OF[name]), units.parse(unit))
    assert words in str(error.value)


@pytest.mark.parametrize(
    "formula",
    [
        "a / b",
        "a / b / c",
        "a * b - c / a",
        "coalesce(a, b, 1) / c",
        "if(a > b, a / c, c / a)",
        "-a / (b - b)",
        "if(not (a < c or b = 2), a, 0 - b)",
    ],
)
def test_postgres_agrees(loader_url: str, formula: str) -> None:
    rows = [
        ("1", "3", "7"),
        ("-2", "3", None),
        (None, "2", "1"),
        ("123456789012345.67", "0.0007", "-9"),
        ("0", "2", "0.5"),
    ]
    tree = parse_formula(formula)
    statement = f"SELECT {render_sql(tree, lambda name: name.name)} FROM (VALUES (:a ::numeric, :b ::numeric, :c ::numeric)) AS v (a, b, c)"
    engine = create_engine(loader_url)
    with engine.connect() as connection:
        asked = [
            connection.execute(text(statement), dict(zip("abc", row, strict=True))).scalar() for row in rows
        ]
    engine.dispose()
    columns = {name: column(*(row[place] for row in rows)) for place, name in enumerate("abc")}
    assert asked == list(evaluate(tree, columns))
