"""Which records of a table count: those that nothing marks as deleted, and those of the right status.

What a draft says of it stands in its query, with a mark: whoever confirms the query answers it.
"""

import re
from collections import Counter

from include.coerce import Reading
from include.onboarding.sampled import Sampled, share_read

_DELETED = re.compile(
    r"delet|del_?flag|is_?del(?![a-z])|^del$|void|cancel|zuo_?fei|shan_?chu|作废|删除|注销|取消",
    re.IGNORECASE,
)
_STATUS = re.compile(r"stat(us|e)(?![a-z])|zhuang_?tai|状态|lei_?xing|类型|类别|type$|kind$", re.IGNORECASE)
_MOMENT = re.compile(r"(?:_at|_on|At|On|time|date|时间|日期)$")
_MOST_STATUSES = 8
_NUMERIC = re.compile(r"-?\d+(\.\d+)?")


def marks_deleted(column: Sampled) -> bool:
    """Tell whether a column seems to mark deleted records: by a value of a few, or by the moment of its deletion."""
    if not _DELETED.search(column.name + column.comment):
        return False
    return _is_moment(column) or len(set(column.texts)) <= 3


def tells_status(column: Sampled) -> bool:
    """Tell whether a column seems to hold a record's status or kind, of which not every one may count."""
    named = _STATUS.search(column.name + column.comment)
    few = 0 < len(set(column.texts)) <= _MOST_STATUSES
    return bool(column.choices) or bool(named and few and len(column.texts) > len(set(column.texts)))


def tell_statuses(column: Sampled) -> str:
    """Return a column's values, those that the database declares or else that were seen, each with its count."""
    seen = Counter(column.texts)
    values = list(column.choices) or [value for value, _ in seen.most_common()]
    told = [f"{value} ({seen[value]})" for value in values[:_MOST_STATUSES]]
    return ", ".join([*told, *(["…"] if values[_MOST_STATUSES:] else [])])


def write_kept(column: Sampled, quoted: str, dialect: str) -> str:
    """Return the condition under which a record isn't deleted, with its mark; `quoted` is the column in the query."""
    if _is_moment(column):
        return f"{quoted} IS NULL  -- guess 70 %: a row with a moment there seems deleted"
    if not column.texts:
        return f"1 = 1  -- guess 0 %: {column.name} seems to mark deleted rows, no value was seen: which to keep?"
    kept, count = Counter(column.texts).most_common(1)[0]
    same, rows = f"{quoted} = {_write_value(column, kept, dialect)}", len(column.texts) + column.blanks
    if column.blanks:
        same, count = f"({same} OR {quoted} IS NULL)", count + column.blanks
    told = f"so are {count} of the first {rows} rows; else the row seems deleted"
    return f"{same}  -- guess 70 %: {told}"


def write_status(column: Sampled, quoted: str) -> str:
    """Return the question which statuses count, as a comment with a mark, and the condition that would say it."""
    values = list(column.choices) or list(dict.fromkeys(column.texts))
    listed = ", ".join(_write_value(column, value, "") for value in values[:_MOST_STATUSES])
    return (
        f"  -- guess 50 %: rows of every {column.name} count: {tell_statuses(column)}. If not, say which instead:\n"
        f"  --   AND {quoted} IN ({listed})"
    )


def _is_moment(column: Sampled) -> bool:
    if column.texts:
        return share_read(column.texts, "date", Reading()) == 1.0 and any(
            len(text) > 6 for text in column.texts
        )
    return column.type.startswith(("date", "timestamp")) or bool(_MOMENT.search(column.name))


def _write_value(column: Sampled, value: str, dialect: str) -> str:
    if column.type.startswith("bit") and dialect == "postgresql":
        return f"B'{value}'"
    is_text = column.type.startswith(("text", "varchar", "char", "enum")) or bool(column.choices)
    plain = not is_text and (_NUMERIC.fullmatch(value) or value in {"true", "false"})
    return value if plain else "'" + value.replace("'", "''") + "'"
