"""Read numbers as people and programs spell them, exactly, or say that the spelling isn't certain."""

import re
from collections.abc import Collection
from decimal import Decimal, localcontext

import pyarrow as pa
import pyarrow.compute as pc

from include.coerce.plain import MOST_DIGITS, SCALED_MARKS, Failure, unify

SIGN_CURRENCIES = {
    "$": ("USD", "HKD", "AUD", "CAD", "SGD", "NZD", "TWD", "MXN"),
    "¥": ("CNY", "JPY"),
    "€": ("EUR",),
    "£": ("GBP",),
}
ALL_SIGNS = frozenset(SIGN_CURRENCIES)

_BODY = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_DECIMAL_COMMA = (
    r"^\s*[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{4,},[0-9]+|0,[0-9]+"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+)\s*$"
)
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def common_numbers(signs: Collection[str]) -> str:
    """Return an RE2 pattern of the spellings that need no look of their own: `-1,234.50`, ` $32,370.00 `."""
    sign = f"(?:[+-]|[+-]?[{''.join(sorted(signs))}] *)?" if signs else "[+-]?"
    return rf"^ *{sign}(?:[0-9]+|[1-9][0-9]?[0-9]?(?:,[0-9][0-9][0-9])+)(?:\.[0-9]+)? *$"


def find_decimal_commas(texts: pa.Array) -> str:
    """Return '' or, where a column has a decimal comma, an RE2 pattern of the numbers that mean two things there.

    Beside `12,5` or `1.234,5` neither `1,234` nor `1.234` is certain.
    """
    if not pc.any(pc.match_substring(texts, ",")).as_py():
        return ""
    found = pc.any(pc.match_substring_regex(texts, _DECIMAL_COMMA)).as_py()
    return r"^\s*[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}\s*$" if found else ""


def trim_zeros(numbers: pa.Array) -> pa.Array:
    """Return plain decimal texts without needless zeros and negative zero: `-01.50` is `-1.5`."""
    tidy = pc.if_else(
        pc.match_substring(numbers, "."), pc.ascii_rtrim(pc.ascii_rtrim(numbers, "0"), "."), numbers
    )
    zero_first = pc.or_(pc.starts_with(tidy, "0"), pc.starts_with(tidy, "-0"))
    if pc.any(zero_first).as_py():
        tidy = pc.replace_substring_regex(tidy, r"^(-?)0+([0-9])", r"\1\2")
        tidy = pc.if_else(pc.equal(tidy, "-0"), "0", tidy)
    return tidy


def read_number(
    text: str,
    percent: Decimal | None = None,
    signs: Collection[str] = ALL_SIGNS,
    flags: Collection[str] = (),
) -> Decimal | Failure:
    """Return the exact number that `text` spells, or not_a_number, wrong_currency or scaled_format.

    Accepted: plain decimals, thousands in groups of three, full-width forms, one leading or trailing sign,
    brackets for negatives, a currency sign before or behind, and an accounting dash (zero) beside a currency
    sign; `flags` behind it don't count, `12%` is 12 times `percent`. Not accepted, as each has a second reading:
    decimal commas, blanks within, exponents, 万, `12%` without `percent`, a format that shows another number.
    """
    text = _strip_flags(unify(text), flags)
    if text.endswith(SCALED_MARKS[1]) and SCALED_MARKS[0] in text:
        return Failure("scaled_format")
    bare, currency, sign = _strip_marks(text)
    factor = Decimal(1)
    if percent is not None and not currency and bare.endswith("%"):
        bare, factor = bare[:-1].rstrip(), percent
    if currency and bare == "-" and not sign:
        number: Decimal | None = Decimal(0)
    else:
        number = _read_unsigned(bare)
    if number is None:
        return Failure("not_a_number")
    if currency and currency not in signs:
        return Failure("wrong_currency")
    return _times(-number if sign == "-" and number else number, factor)


def _times(number: Decimal, factor: Decimal) -> Decimal:
    """Return the exact product, without needless zeros."""
    if factor == 1 or not number:
        return number
    with localcontext(prec=2 * MOST_DIGITS):
        product = number * factor
        return product.quantize(Decimal(1)) if product == product.to_integral_value() else product.normalize()


def _strip_flags(text: str, flags: Collection[str]) -> str:
    """Return the text without the flags behind it, blanks between them too."""
    while flag := next((flag for flag in flags if flag and text != flag and text.endswith(flag)), ""):
        text = text[: -len(flag)].rstrip()
    return text


def _strip_marks(text: str) -> tuple[str, str, str]:
    """Return the text without its marks, the currency sign and the sign (`-` for brackets); '' where absent.

    Each mark is taken once; a second sign or currency stays in the text, which then is no number.
    """
    currency, sign = "", ""
    for _ in range(4):
        if text[:1] in ALL_SIGNS and not currency:
            currency, text = text[:1], text[1:].lstrip()
        elif text[-1:] in ALL_SIGNS and not currency:
            currency, text = text[-1:], text[:-1].rstrip()
        elif not sign and text[:1] == "(" and text[-1:] == ")":
            sign, text = "-", text[1:-1].strip()
        elif not sign and text[:1] in {"-", "+"} and text[1:2].strip():
            sign, text = text[0], text[1:]
        elif not sign and text[-1:] == "-" and text[-2:-1].isdigit():
            sign, text = "-", text[:-1]
        else:
            break
    return text, currency, sign


def _read_unsigned(text: str) -> Decimal | None:
    if not text.isascii() or len(text) > MOST_DIGITS:
        return None
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not _BODY.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return Decimal(f"{whole or '0'}.{fraction}" if fraction else whole or "0")
