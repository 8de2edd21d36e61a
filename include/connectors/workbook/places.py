"""Org unit and period that the layout gives for a whole sheet or file, and periods in headers and names."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from include.batch import ORG_COLUMN, PERIOD_COLUMN
from include.catalogue.models import Layout, Place
from include.connectors.workbook.reading import Sheet
from include.connectors.workbook.structure import column_number
from include.errors import Finding, RefusedError

_PARTS = {
    "year": r"(?P<year>(?:19|20)\d{2})",
    "month": r"(?P<month>1[0-2]|0?[1-9])",
    "week": r"(?P<week>5[0-3]|[1-4]\d|0?[1-9])",
    "quarter": r"(?P<quarter>[1-4])",
    "day": r"(?P<day>3[01]|[12]\d|0?[1-9])",
    "org": r"(?P<org>.+?)",
    "period": r"(?P<period>.+?)",
}
_LIKE_PERIOD = re.compile(
    r"(?:(?:19|20)?\d{2}\s*[年./-]\s*)?\d{1,2}\s*月份?|(?:19|20)\d{2}\s*[年./-]?\s*(?:\d{1,2}月?|第?[1-4一二三四]季度?|Q[1-4])"
    r"|Q[1-4]|第?[1-4一二三四]季度?",
    re.IGNORECASE,
)
_MARK = re.compile(r"[^\w\s]{0,3}\d{0,2}[^\w\s]{0,3}|[(\[]\w{1,3}[)\]]")
"""What a footnote mark behind a period can be."""
_OTHER_PERIODS = (
    re.compile(r"(?:\d{2,4}\s*[年./-]?\s*)?\d{1,2}\s*月?\s*[-–—~至到]\s*\d{1,2}\s*月份?(?:累计)?"),
    re.compile(r"(?:民国|令和|平成|昭和)?\s*(?:\d{1,3}|元)\s*年\s*\d{1,2}\s*月份?"),
    re.compile(r"(?:\d{2,4}\s*年\s*)?(?:十[一二]|[一二三四五六七八九十])\s*月份?"),
    re.compile(r"[二〇零○一三四五六七八九]{4}年.{0,4}月份?"),
    re.compile(
        r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?[\s'/-]*(?:\d{2}|\d{4})"
        r"|(?:\d{2}|\d{4})[\s'/-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}",
        re.IGNORECASE,
    ),
    re.compile(r"(?:19|20)\d{2}\s*年?\s*[上下]半年"),
)
"""Months as `1-2月`, 民国113年3月, 三月 or `Mar-26`: meant as periods, not read as any."""
_LIKE_WEEK = re.compile(
    r"(?:(?:19|20)?\d{2}\s*[年./-]?\s*)?(?:第?\s*\d{1,2}\s*周|W\s*\d{1,2})", re.IGNORECASE
)


@dataclass(frozen=True)
class Given:
    """A text that holds for all records of a sheet, and the cell that it was read from, if any."""

    text: str | None
    at: tuple[int, int] | None = None


def given_places(layout: Layout, sheet: Sheet, path: Path) -> dict[str, Given]:
    """Return what the layout says of org unit and period beside the columns: `@org` and `@period`.

    A Place that names a column, or stands across the columns, isn't answered here. Raises RefusedError
    (file_name_mismatch) where the file's name doesn't follow the declared pattern. A blank cell gives None, which
    validation refuses.
    """
    given = {}
    for key, place in ((ORG_COLUMN, layout.org), (PERIOD_COLUMN, layout.period)):
        if place is not None and place.column is None and place.across is None:
            given[key] = _read_place(place, key, sheet, path)
    return given


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern such as `{org}_{year}-{month}.xlsx` as a regular expression; `*` stands for anything.

    Blanks between the parts don't count, nor does the width of characters.
    """
    expression, before = "", ""
    for piece in re.split(r"(\{\w+\}|\*)", unicodedata.normalize("NFKC", pattern)):
        if not piece:
            continue
        if piece == "*":
            expression += ".*?"
        elif piece[1:-1] in _PARTS and piece.startswith("{"):
            # No number is cut in two: `*{month}月` must not read 12月 as month 2.
            whole = r"(?<!\d)" if before == "*" else ""
            expression += rf"\s*{whole}{_PARTS[piece[1:-1]]}\s*"
        else:
            expression += re.escape(piece.strip())
        before = piece
    return re.compile(expression, re.IGNORECASE)


def period_text(found: re.Match[str]) -> str | None:
    """Return the period that a match names: `2026-03-05`, `2026-03`, `2026-W05`, `2026-Q1`, `2026`, or {period}."""
    parts = found.groupdict()
    if parts.get("period"):
        return parts["period"].strip()
    year = parts.get("year")
    if not year:
        return None
    if quarter := parts.get("quarter"):
        return f"{year}-Q{quarter}"
    if week := parts.get("week"):
        return f"{year}-W{int(week):02d}"
    if month := parts.get("month"):
        day = f"-{int(parts['day']):02d}" if parts.get("day") else ""
        return f"{year}-{int(month):02d}{day}"
    return year


def looks_like_period(text: str, pattern: str) -> bool:
    """Tell whether a header could be meant as a period, whatever `pattern` declares; as a week if that does."""
    folded = unicodedata.normalize("NFKC", text).strip()
    if any(form.fullmatch(folded) for form in _OTHER_PERIODS):
        return True
    start = compile_pattern(pattern).match(folded)
    if start is not None and _MARK.fullmatch(folded[start.end() :]):
        return True
    return bool(_LIKE_PERIOD.fullmatch(folded) or ("{week}" in pattern and _LIKE_WEEK.fullmatch(folded)))


def _read_place(place: Place, key: str, sheet: Sheet, path: Path) -> Given:
    if place.cell is not None:
        letters, row = re.fullmatch(r"([A-Z]+)(\d+)", place.cell).groups()  # type: ignore[union-attr]
        at = (int(row), column_number(letters))
        text = sheet.text(*at)
        return Given(text.strip() or None if text else None, at)
    if place.folder:
        return Given(path.resolve().parent.name)
    if place.file_name is not None:
        return Given(_read_file_name(place.file_name, key, path))
    return Given(place.value)


def _read_file_name(pattern: str, key: str, path: Path) -> str:
    name = unicodedata.normalize("NFKC", path.name)
    found = compile_pattern(pattern).fullmatch(name)
    if found is None and "." not in pattern:
        found = compile_pattern(pattern).fullmatch(unicodedata.normalize("NFKC", path.stem))
    text = None
    if found:
        text = found.groupdict().get("org") if key == ORG_COLUMN else period_text(found)
    if not text:
        raise RefusedError([Finding("file_name_mismatch", found=path.name, params={"pattern": pattern})])
    return text.strip()
