"""An answer's body: unpacked within a limit, and parsed with every digit of its numbers."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import requests

from include.errors import Finding, RefusedError

_CHUNK_BYTES = 1 << 16
_LONGEST_EXPONENT = 400
_CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8-sig"),
    **dict.fromkeys(("gbk", "gb2312", "gb18030", "cp936", "x-gbk"), "gb18030"),
    **{name: name for name in ("big5", "shift_jis", "euc-jp", "euc-kr", "iso-8859-1", "windows-1252")},
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be")},
}
"""Character sets that services declare; others of Python's codecs are slow on hostile input, or no charsets."""


class JsonNumber(str):
    """The exact text of what stood in the answer as a number, told apart from a text by its class."""

    __slots__ = ()


def read_body(response: requests.Response, most: int) -> bytes:
    """Return the unpacked body. Raises RefusedError `limit_exceeded` as soon as it is longer than `most` bytes."""
    parts, size = [], 0
    while part := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > most:
            limit = f"{most >> 20} MiB"
            told = {"limit": "answer", "allowed": limit, "actual": f"> {limit}"}
            raise RefusedError([Finding("limit_exceeded", found=f"> {limit}", rule="answer", params=told)])
    return b"".join(parts)


def parse_json(headers: Mapping[str, str], body: bytes) -> Any:
    """Return the JSON in `body`, numbers as their exact text.

    Raises ValueError where it isn't JSON, or where an object has two fields of one name: which one counts
    couldn't be told.
    """
    charset = re.search(r"charset=[\"']?([\w.:-]+)", headers.get("Content-Type", ""), re.IGNORECASE)
    encoding = _CHARSETS.get(charset[1].lower()) if charset else json.detect_encoding(body)
    if encoding is None:
        raise ValueError("charset")
    try:
        text = body.decode(encoding)
        parsed = json.loads(
            text,
            parse_float=lambda number: JsonNumber(_spell_out(number)),
            parse_int=JsonNumber,
            parse_constant=JsonNumber,
            object_pairs_hook=_unique,
        )
        if "\\u" in text:
            _check_characters(parsed)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    return fields


def _check_characters(parsed: Any) -> None:
    """Raise ValueError for half a character, which JSON can escape and no text can hold."""
    json.dumps(parsed, ensure_ascii=False).encode()


def _spell_out(number: str) -> str:
    """Return a number's digits as written; an exponent is spelt out unless that would fill the memory."""
    if "e" not in number and "E" not in number:
        return number
    try:
        value = Decimal(number)
    except InvalidOperation:  # an exponent beyond what Decimal knows
        return number
    return format(value, "f") if abs(value.adjusted()) <= _LONGEST_EXPONENT else number
