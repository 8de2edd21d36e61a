"""What all readers share: unified character forms, error cells, and the failure that stands for a value."""

from dataclasses import dataclass

FIRST_YEAR = 1990
YEARS_AHEAD = 10
MOST_DIGITS = 60
"""Longer numbers are refused: all arithmetic on measures is exact up to this many digits."""

ERROR_CELLS = frozenset(
    (
        *("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!"),
        *("#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!"),
    )
)

SCALED_MARKS = "⟨⟩"
"""What encloses the format behind a workbook's number that it shows as another one: `3.5 ⟨0.0"万"⟩`."""

BLANKS = dict.fromkeys((0x3000, 0xA0, 0x202F, 0x2007, 0x2009, 0x09), ord(" "))
INVISIBLE = "\u200b\u200c\u200d\u200e\u2060\ufeff\u00ad\u202a\u202c\u202d\u2066\u2069"
"""Characters that show nothing and don't turn the order of what they stand among; copied along from web pages."""
VISIBLE_FORMS = BLANKS | dict.fromkeys(map(ord, INVISIBLE))
# Not NFKC: that would read 10² as 102 and ½ as 1/2.
PLAIN_FORMS = VISIBLE_FORMS | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
PLAIN_FORMS |= {0x2212: ord("-"), 0xFFE5: ord("¥"), 0xFFE1: ord("£"), 0xFE69: ord("$")}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a reader gives for a text that it can't read with certainty; `code` names the message."""

    code: str


def unify(text: str) -> str:
    """Return `text` without outer blanks, full-width forms and the Unicode minus as their ASCII twins."""
    return text.translate(PLAIN_FORMS).strip()
