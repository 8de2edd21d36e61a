"""Text to the tree of a formula or rule, or a refusal with its position.

No SQL parser is involved: one stumbles over names such as `order` or `date`, and accepts far more than is
wanted.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

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
)

MAX_LENGTH, MAX_DEPTH, MAX_DIGITS = 2000, 50, 30
FUNCTIONS = ("prior", "ytd", "coalesce", "if")


def parse_formula(text: str) -> Expression:
    """Return a metric's formula as a tree. Raises ExpressionError, also for a condition."""
    tree = _Parser(text).parse()
    if isinstance(tree, Comparison | Logic):
        raise ExpressionError("a formula gives a number, this is a comparison", 1, "put it inside if(...)")
    return tree


def parse_rule(text: str) -> Comparison:
    """Return a source's rule: one comparison of two sides. Raises ExpressionError."""
    tree = _Parser(text, modifiers=False).parse()
    if not isinstance(tree, Comparison):
        raise ExpressionError(
            "a rule is one comparison of two sides", 1, "write `a + b = c`, or use < <= > >= !="
        )
    return tree


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


_SIGNS = str.maketrans("＋－−×÷＝＜＞，", "+--*/=<>,")
_TOKENS = re.compile(
    r"""(?P<blank>\s+)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?![\w.]))
      | (?P<quoted>`(?:[^`]|``)+`|"(?:[^"]|"")+")
      | (?P<name>[^\W\d]\w*)
      | (?P<sign><=|>=|!=|<>|==|[-+*/(),=<>≤≥≠＋－−×÷＝＜＞，])""",
    re.VERBOSE,
)
_SAME = {"<>": "!=", "==": "=", "≤": "<=", "≥": ">=", "≠": "!="}


def _tokenise(text: str) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"longer than {MAX_LENGTH} characters", MAX_LENGTH, "split it into several metrics"
        )
    tokens, place = [], 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if not match:
            raise _unreadable(text, place)
        kind, found = str(match.lastgroup), match[0]
        if kind == "sign":
            found = _SAME.get(found, found.translate(_SIGNS))
        if kind == "quoted":
            kind, found = "quoted", found[1:-1].replace(found[0] * 2, found[0]).strip()
        if kind != "blank":
            tokens.append(_Token(kind, found, place + 1))
        place = match.end()
    return [*tokens, _Token("end", "", len(text) + 1)]


def _unreadable(text: str, place: int) -> ExpressionError:
    sign = text[place]
    if sign in '`"':
        return ExpressionError(f"the quote {sign} isn't closed", place + 1, f"close it with {sign}")
    if sign.isdigit():
        return ExpressionError("a name can't start with a digit", place + 1, "put the name in backticks")
    remedy = "put a name that holds it in backticks"
    if sign == "'":
        remedy = "there are no text values; put a name in backticks"
    return ExpressionError(f"{sign!r} isn't allowed", place + 1, remedy)


class _Parser:
    """Recursive descent, loosest first: or, and, not, comparison, + -, * /, sign, atom."""

    def __init__(self, text: str, *, modifiers: bool = True) -> None:
        self.tokens = _tokenise(text)
        self.place = 0
        self.depth = 0
        self.modifiers = modifiers

    def parse(self) -> Expression:
        if self.next.kind == "end":
            raise ExpressionError("it is empty", 1, "write an expression such as a - b")
        tree = self.condition()
        if self.next.kind != "end":
            raise self.unexpected("an operator")
        return tree

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> str:
        """Take the next token if it is one of `texts` (signs or bare words); '' otherwise."""
        token = self.next
        word = token.text.lower() if token.kind == "name" else token.text
        if token.kind in {"sign", "name"} and word in texts:
            self.place += 1
            return word
        return ""

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise self.unexpected(repr(sign))

    def unexpected(self, wanted: str) -> ExpressionError:
        token = self.next
        found = "it ends" if token.kind == "end" else f"{token.text!r} stands"
        remedy = ""
        if token.kind in {"name", "quoted", "number"} and wanted == "an operator":
            remedy = "put a name that holds blanks in backticks"
        return ExpressionError(f"{found} where {wanted} is expected", token.position, remedy)

    def condition(self) -> Expression:
        left = self.conjunction()
        while self.take("or"):
            left = self.logic("or", left, self.conjunction())
        return left

    def conjunction(self) -> Expression:
        left = self.negation()
        while self.take("and"):
            left = self.logic("and", left, self.negation())
        return left

    def logic(self, op: str, left: Expression, right: Expression | None) -> Logic:
        for side in (left, right):
            if side is not None and not isinstance(side, Comparison | Logic):
                raise ExpressionError(
                    f"`{op}` joins comparisons, not numbers", self.next.position, "write a > 0"
                )
        return Logic(op, left, right)

    def negation(self) -> Expression:
        if self.take("not"):
            self.deeper()
            tree = self.logic("not", self.negation(), None)
            self.depth -= 1
            return tree
        return self.comparison()

    def comparison(self) -> Expression:
        left = self.sum()
        op = self.take(*COMPARISONS)
        if not op:
            return left
        place = self.next.position
        right = self.sum()
        self.number_only(left, place)
        self.number_only(right, place)
        if self.next.text in COMPARISONS and self.next.kind == "sign":
            raise ExpressionError("a second comparison", self.next.position, "compare two sides only")
        return Comparison(op, left, right)

    def sum(self) -> Expression:
        return self.chain(self.product, "+", "-")

    def product(self) -> Expression:
        return self.chain(self.signed, "*", "/")

    def chain(self, part: "object", *ops: str) -> Expression:
        left: Expression = part()  # type: ignore[operator]
        links = 0
        while op := self.take(*ops):
            place = self.next.position
            right: Expression = part()  # type: ignore[operator]
            self.number_only(left, place)
            self.number_only(right, place)
            links += 1
            if self.depth + links > MAX_DEPTH * 4:
                raise ExpressionError("too many terms", place, "split it into several metrics")
            left = Arithmetic(op, left, right)
        return left

    def number_only(self, part: Expression, place: int) -> None:
        if isinstance(part, Comparison | Logic):
            raise ExpressionError(
                "a comparison stands where a number is expected", place, "put it inside if(...)"
            )

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"nested deeper than {MAX_DEPTH} levels", self.next.position, "split it into several metrics"
            )

    def signed(self) -> Expression:
        sign = self.take("-", "+")
        if not sign:
            return self.atom()
        self.deeper()
        place = self.next.position
        operand = self.signed()
        self.number_only(operand, place)
        self.depth -= 1
        return Negative(operand) if sign == "-" else operand

    def atom(self) -> Expression:
        token = self.next
        if token.kind == "number":
            self.place += 1
            if len(token.text) > MAX_DIGITS:
                raise ExpressionError(f"a number of more than {MAX_DIGITS} digits", token.position)
            return Number(Decimal(token.text))
        if token.kind == "quoted":
            self.place += 1
            return Name(token.text, "", token.position)
        if self.take("("):
            self.deeper()
            tree = self.condition()
            self.expect(")")
            self.depth -= 1
            return tree
        if token.kind == "name" and token.text.lower() not in {"and", "or", "not"}:
            self.place += 1
            if self.next.text == "(" and self.next.kind == "sign":
                return self.call(token)
            return Name(token.text, "", token.position)
        raise self.unexpected("a number or a name")

    def call(self, token: _Token) -> Expression:
        word = token.text.lower()
        if word not in FUNCTIONS or (word in {"prior", "ytd"} and not self.modifiers):
            known = FUNCTIONS if self.modifiers else ("coalesce", "if")
            raise ExpressionError(
                f"unknown function {token.text!r}", token.position,
                f"known are {', '.join(known)}; a name that holds brackets goes in backticks",
            )  # fmt: skip
        self.expect("(")
        self.deeper()
        operands = [self.condition()]
        while self.take(","):
            operands.append(self.condition())
        self.expect(")")
        self.depth -= 1
        return self.function(word, token.position, operands)

    def function(self, word: str, place: int, operands: list[Expression]) -> Expression:
        if word in {"prior", "ytd"}:
            operand = operands[0]
            if len(operands) != 1 or not isinstance(operand, Name) or operand.modifier:
                raise ExpressionError(
                    f"{word}() takes the name of one metric", place, f"write {word}(revenue)"
                )
            return Name(operand.name, "prior" if word == "prior" else "ytd", operand.position)
        if word == "if":
            if len(operands) != 3 or not isinstance(operands[0], Comparison | Logic):
                raise ExpressionError("if() takes a condition and two values", place, "write if(a > 0, a, b)")
            self.number_only(operands[1], place)
            self.number_only(operands[2], place)
            return If(*operands)
        if len(operands) < 2:
            raise ExpressionError("coalesce() takes at least two values", place, "write coalesce(a, 0)")
        for operand in operands:
            self.number_only(operand, place)
        return Coalesce(tuple(operands))
