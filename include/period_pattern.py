"""Patterns by which a header or a name tells a period: `{year}年{month}月`, `{year}-W{week}`, `{year}Q{quarter}`."""

import re
import unicodedata
from functools import lru_cache

_PLACEHOLDER = re.compile(r"\{(year|month|week|quarter|day)\}")
_PARTS = {
    "year": r"(?P<year>\d{4})",
    "month": r"(?P<month>0?[1-9]|1[0-2])",
    "week": r"(?P<week>0?[1-9]|[1-4]\d|5[0-3])",
    "quarter": r"(?P<quarter>[1-4一二三四])",
    "day": r"(?P<day>0?[1-9]|[12]\d|3[01])",
}
_TOGETHER = (["month", "year"], ["week", "year"], ["quarter", "year"], ["day", "month", "year"])


def read_pattern(text: str, pattern: str) -> str | None:
    """Return the key that `text` names under `pattern`, or None; whether a calendar has it isn't asked.

    Full-width digits and outer blanks don't matter. Raises ValueError for a pattern that can't name one period.
    """
    match = _compile(pattern).fullmatch(unicodedata.normalize("NFKC", text).strip())
    return _write_key(match.groupdict()) if match else None


def check_pattern(pattern: str) -> None:
    """Raise ValueError, with the reason, where `pattern` can't name one period."""
    _compile(pattern)


def _write_key(parts: dict[str, str]) -> str:
    if "quarter" in parts:
        return f"{parts['year']}-Q{'一二三四'.find(parts['quarter']) + 1 or parts['quarter']}"
    if "week" in parts:
        return f"{parts['year']}-W{int(parts['week']):02d}"
    day = f"-{int(parts['day']):02d}" if "day" in parts else ""
    return f"{parts['year']}-{int(parts['month']):02d}{day}"


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    """Return the regular expression for a period pattern.

    Text stands for itself, `{year}`, `{month}`, `{week}`, `{quarter}`, `{day}` for numbers. Raises ValueError where
    it can't name one period.
    """
    if sorted(_PLACEHOLDER.findall(pattern)) not in _TOGETHER:
        needs = "{year} with {month} (and {day}), with {week} or with {quarter}, each once"
        raise ValueError(f"the period pattern {pattern!r} needs {needs}")
    pieces = _PLACEHOLDER.split(unicodedata.normalize("NFKC", pattern).strip())
    parts = (_PARTS[piece] if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(parts))
