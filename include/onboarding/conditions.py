"""Which records of a table count: those that nothing marks as deleted, and those of the right status.

What a draft says of it stands in its query, with a mark: whoever confirms the query answers it.
"""

import re
from collections import Counter

from include.coerce import Reading
from include.onboarding.sampled import Sampled, share_read

_DELETED = re.compile(
    r"delet|del_?(?:flag|mark)|is_?del(?![a-z])|^del$|void|cancel|zuo_?fei|shan_?chu|作废|删除|注销|取消",
    re.IGNORECASE,
)
_STATUS = re.compile(r"stat(us|e)(?![a-z])|zhuang_?tai|状态|lei_?xing|类型|类别|type$|kind$", re.IGNORECASE)
_MOMENT = re.compile(r"(?:_at|_on|At|On|time|date|时间|日期)$")
_MOST_STATUSES = 8
_LIVE = {"0", "n", "no", "f", "false", "否", "正常", "有效"}
_NUMERIC = re.compile(r"-?\d+(\.\d+)?")


def marks_deleted(column: Sampled) -> bool:
    """Tell whether a column seems to mark deleted records: by a value of a few, or by the moment of its deletion."""
    if not _is_called(_DELETED, column):
        return False
    return _is_moment(column) or len(set(column.texts)) <= 3


def tells_status(column: Sampled) -> bool:
    """Tell whether a column seems to hold a record's status or kind, of which not every one may count."""
    few = 0 < len(set(column.texts)) <= min(_MOST_STATUSES, len(column.texts) - 1)
    return bool(column.choices) or (few and is_called_status(column))


def is_called_status(column: Sampled) -> bool:
    """Tell whether a column's name or comment speaks of a status or kind."""
    return _is_called(_STATUS, column)


def tell_statuses(column: Sampled) -> str:
    """Return a column's values, those that the database declares or else that were seen, each with its count."""
    seen = Counter(column.texts)
    values = list(column.choices) or [value for value, _ in seen.most_common()]
    told = [f"{write_line(value)} ({seen[value]})" for value in values[:_MOST_STATUSES]]
    return ", ".join([*told, *(["…"] if values[_MOST_STATUSES:] else [])])


def write_kept(column: Sampled, quoted: str, dialect: str) -> str:
    """Return the condition under which a record isn't deleted, with its mark; `quoted` is the column in the query."""
    if _is_moment(column):
        return f"{quoted} IS NULL  -- guess 70 %: a row with a moment there seems deleted"
    if not column.texts:
        return f"1 = 1  -- guess 0 %: {column.name} seems to mark deleted rows, no value was seen: which to keep?"
    seen = Counter(column.texts)
    kept, count = next(((v, seen[v]) for v in seen if v.casefold() in _LIVE), seen.most_common(1)[0])
    same, rows = f"{quoted} = {_write_value(column, kept, dialect)}", len(column.texts) + column.blanks
    if column.blanks:
        same, count = f"({same} OR {quoted} IS NULL)", count + column.blanks
    told = f"so are {count} of the first {rows} rows; else the row seems deleted"
    return f"{same}  -- guess 70 %: {told}"


def write_status(column: Sampled, quoted: str, dialect: str) -> str:
    """Return the question which statuses count, as a comment with a mark, and the condition that would say it."""
    values = list(column.choices) or list(dict.fromkeys(column.texts))
    listed = write_line(", ".join(_write_value(column, value, dialect) for value in values))
    return (
        f"  -- guess 50 %: rows of every {column.name} count: {tell_statuses(column)}. If not, say which instead:\n"
        f"  --   AND {quoted} IN ({listed})"
    )


def write_line(text: str) -> str:
    """Return a text that stands in a comment: what isn't printed in it would end the line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _is_called(pattern: re.Pattern[str], column: Sampled) -> bool:
    return any(pattern.search(text) for text in (column.name, column.comment))


def _is_moment(column: Sampled) -> bool:
    if column.texts:
        return share_read(column.texts, "date", Reading()) == 1.0 and any(
            len(text) > 6 for text in column.texts
        )
    return column.type.startswith(("date", "timestamp")) or bool(_MOMENT.search(column.name))


def _write_value(column: Sampled, value: str, dialect: str) -> str:
    if column.type.startswith("bit") and dialect == "postgresql":
        return f"B'{value}'"
    if column.type.startswith("bit"):  # a driver may call them true and false, which not every SQL knows
        return {"true": "1", "false": "0"}.get(value, value)
    is_text = column.type.startswith(("text", "varchar", "char", "enum")) or bool(column.choices)
    plain = not is_text and (_NUMERIC.fullmatch(value) or value in {"true", "false"})
    return value if plain else "'" + value.replace("'", "''") + "'"
