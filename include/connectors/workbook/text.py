"""Text files (.csv and kin): encoding and delimiter detected or declared, parsed strictly.

Runs inside the reading child.
"""

import csv
import io
from pathlib import Path

from include.connectors.workbook.refusing import Limits, refusal

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = (",", ";", "\t")


def read_text(
    path: Path, encoding: str | None, delimiter: str | None, limits: Limits
) -> tuple[list[list[str]], str, str]:
    """Return (rows, encoding, delimiter); all rows have the same width, blank lines are empty rows of it.

    Raises RefusedError: not_a_workbook (no encoding fits), bad_quotes (a quote that is never closed or stands
    inside a field), ragged_rows (a row with another number of fields than the first), limit_exceeded.
    """
    content = path.read_bytes()
    text, encoding = _decode(content, encoding)
    delimiter = delimiter or _detect_delimiter(text)
    rows = _parse(text, delimiter, limits)
    width = max((len(row) for row in rows), default=0)
    first = next((row for row in rows if row), [])
    for number, row in enumerate(rows, 1):
        if row and len(row) != len(first):
            raise refusal("ragged_rows", row=number, actual=len(row), expected=len(first))
    return [row or [""] * width for row in rows], encoding, delimiter


def _decode(content: bytes, declared: str | None) -> tuple[str, str]:
    """Return (text, encoding). UTF-8 is tried before GB18030, as almost no GBK text is valid UTF-8."""
    marked = [name for mark, name in _MARKS if content.startswith(mark)]
    candidates = marked or ([declared] if declared else _guess(content))
    for name in candidates:
        try:
            text = content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if not any(char < " " and char not in "\t\r\n\f" for char in set(text)):
            return text, name
    raise refusal("not_a_workbook", kind="text in an unknown encoding, or a binary file")


def _guess(content: bytes) -> list[str]:
    """Return the encodings to try for a text without a mark; refuses UTF-8 with a few damaged bytes."""
    if b"\x00" in content[:4096]:  # only UTF-16 has them in text: beside each comma, digit and line's end
        low, high = content[1:4096:2].count(0), content[:4096:2].count(0)
        return ["utf-16-le" if low > high else "utf-16-be"]
    text = content.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged and sum(char > "\u07ff" for char in text) > 20 * damaged:
        # GB18030 would take nearly any bytes, and make other characters of all of them.
        raise refusal("damaged_file", detail=f"UTF-8 text with {damaged} broken characters")
    return ["utf-8", "gb18030"]


def _detect_delimiter(text: str) -> str:
    """Take the delimiter that splits the first rows into the most fields of one and the same number."""
    sample = "\n".join(text.splitlines()[:50])
    scores = {}
    for delimiter in DELIMITERS:
        try:
            widths = {len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row}
        except csv.Error:
            continue
        scores[delimiter] = (len(widths) == 1 and max(widths) > 1, max(widths, default=0))
    lines = [line for line in sample.split("\n") if line.strip()]
    if max(scores.values(), default=(False, 2))[1] < 2 and sum(map(_has_gap, lines)) * 2 > len(lines):
        raise refusal("not_a_workbook", kind="text in columns of fixed width")
    return max(scores, key=lambda delimiter: scores[delimiter], default=",")


def _has_gap(line: str) -> bool:
    return "  " in line.strip()


def _parse(text: str, delimiter: str, limits: Limits) -> list[list[str]]:
    csv.field_size_limit(1 << 20)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > limits.rows:
                raise refusal("limit_exceeded", limit="rows", allowed=limits.rows, actual=f"> {limits.rows}")
    except csv.Error as error:
        raise refusal("bad_quotes", row=reader.line_num, detail=str(error)) from error
    return rows
