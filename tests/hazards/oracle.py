"""A second opinion on what a cell's text says, written without a look at `include/`.

Only spellings that nobody can take for two things are numbers here.
"""

import re
from decimal import Decimal

_UNSEEN = "\u200b\u200c\u200d\u200e\u2060\ufeff\u00ad\u202a\u202c\u202d\u2066\u2069"
_BLANKS = " \t\r\n\u00a0\u3000\u2007\u2009\u202f"
_WIDE = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)} | {
    "￥": "¥",
    "−": "-",
    "￡": "£",
    "﹩": "$",
}
_MONTH = re.compile(
    r"(?:(\d{4})-(\d{1,2})|(\d{4})/(\d{1,2})|(\d{4}) ?年 ?(\d{1,2}) ?月份?|(\d{4})(\d{2})|(\d{4})\.(0[1-9]|1[0-2]|[2-9]))"
)


def narrow(text: str) -> str:
    """Return the text without blanks around it and what nobody sees, its characters in their narrow form."""
    seen = "".join(_WIDE.get(char, " " if char in _BLANKS else char) for char in text if char not in _UNSEEN)
    return seen.strip()


def true_number(text: str) -> Decimal | None:
    """Return the one number that a text of a column in yuan says, None where it says none or two."""
    bare, negative = narrow(text), 0
    money = False
    if bare[:1] == "(" and bare[-1:] == ")":
        bare, negative = bare[1:-1].strip(), 1
    for _ in range(2):
        if bare[:1] in {"-", "+"} and bare[1:2] not in {"", " "}:
            negative += bare[0] == "-" or 10 * bool(negative)
            bare = bare[1:]
            if not money and bare[:1] in {"-", "+"}:
                return None
        if bare[:1] == "¥" and not money:
            bare, money = bare[1:].lstrip(), True
    if bare[-1:] == "¥" and not money:
        bare, money = bare[:-1].rstrip(), True
    if money and bare[:1] == "(" and bare[-1:] == ")" and not negative:
        bare, negative = bare[1:-1].strip(), 1
    if bare[-1:] == "-" and bare[-2:-1].isdigit() and bare[0].isdigit() and not negative:
        bare, negative = bare[:-1], 1
    if negative > 1:
        return None
    if money and bare == "-" and not negative:
        return Decimal(0)
    whole, point, fraction = bare.partition(".")
    groups = whole.split(",")
    if len(groups) > 1:
        if (
            not 1 <= len(groups[0]) <= 3
            or groups[0][0] == "0"
            or any(len(group) != 3 for group in groups[1:])
        ):
            return None
        if point and not fraction:
            return None
    digits = "".join(groups)
    if not (digits + fraction) or any(char not in "0123456789" for char in digits + fraction):
        return None
    number = Decimal(f"{digits or '0'}.{fraction or '0'}")
    return -number if negative and number else number


def true_month(text: str) -> str | None:
    """Return the calendar month that a text says, None where it says none or two."""
    found = _MONTH.fullmatch(narrow(text))
    if not found or (
        not text.isascii()
        and any(char.isdigit() and char not in "０１２３４５６７８９0123456789" for char in text)
    ):
        return None
    year, month = (int(part) for part in found.groups() if part)
    return f"{year:04d}-{month:02d}" if 1990 <= year <= 2036 and 1 <= month <= 12 else None
