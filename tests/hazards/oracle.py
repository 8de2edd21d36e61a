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
_SIZE = r"(?P<size>[0-9]+\.?[0-9]*|\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?)"
_FORMS = [
    re.compile(form.replace("SIZE", _SIZE))
    for form in (
        r"([+-]?)(?:¥ *)?SIZE(?: *¥)?",
        r"¥ *([+-])SIZE",
        r"(?:¥ *)?SIZE(-)(?: *¥)?",
        r"(\() *(?:¥ *)?SIZE(?: *¥)? *\)",
        r"¥ *(\() *SIZE *\)",
        r"(\() *SIZE *\) *¥",
    )
]
_MONTH = re.compile(
    r"([0-9]{4})-([0-9]{1,2})|([0-9]{4})/([0-9]{1,2})|([0-9]{4}) ?年 ?([0-9]{1,2}) ?月份?|([0-9]{4})([0-9]{2})"
    r"|([0-9]{4})\.(0[1-9]|1[0-2]|[2-9])"
)


def narrow(text: str) -> str:
    """Return the text without blanks around it and what nobody sees, its characters in their narrow form."""
    seen = "".join(_WIDE.get(char, " " if char in _BLANKS else char) for char in text if char not in _UNSEEN)
    return seen.strip()


def true_number(text: str) -> Decimal | None:
    """Return the one number that a text of a column in yuan says, None where it says none or two."""
    bare = narrow(text)
    if re.fullmatch("¥ *-", bare):
        return Decimal(0)
    found = next(filter(None, (form.fullmatch(bare) for form in _FORMS)), None)
    if found is None or bare.count("¥") > 1:
        return None
    size = Decimal(found["size"].replace(",", "").rstrip("."))
    return -size if size and set(found.groups()) & {"-", "("} else size


def true_month(text: str) -> str | None:
    """Return the calendar month that a text says, None where it says none or two."""
    found = _MONTH.fullmatch(narrow(text))
    if not found:
        return None
    year, month = (int(part) for part in found.groups() if part)
    return f"{year:04d}-{month:02d}" if 1990 <= year <= 2036 and 1 <= month <= 12 else None
