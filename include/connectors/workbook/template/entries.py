"""What a cell to be filled in takes: its number format, the check that the spreadsheet program makes, the hint."""

from openpyxl.worksheet.datavalidation import DataValidation

from include.catalogue.models import Column
from include.connectors.workbook.template.asked import Asked

_LAST_DAY = 73050
"""31 December 2099 as a spreadsheet counts days; 32874 is 1 January 1990."""
_FORMULA_LENGTH, _TEXT_LENGTH = 255, 225
_FORMATS = {
    "number": "#,##0.00####",
    "integer": "#,##0",
    "date": "yyyy-mm-dd",
    "boolean": "@",
    "period": "@",
    "text": "@",
}


def number_format(asked: Asked, column: Column) -> str:
    """Return the format of a column's cells.

    Shares stay General: a program turns `12%` typed there into a percentage that can be told from 0.12.
    """
    return "General" if asked.unit_of(column) in {"%", "％"} else _FORMATS[asked.kind_of(column)]


def list_rule(reference: str, texts: list[str], *, strict: bool) -> DataValidation:
    """Return a drop-down of the texts at `reference`; where not `strict` another text is only asked about."""
    allowed = "、".join(texts)
    allowed = allowed if len(allowed) <= 80 else f"{allowed[:80]}…"
    if strict:
        words = f"请从下拉列表中选择：{allowed}\nChoose from the list."
    else:
        words = "不在下拉列表中；如果确实是约定的其他写法，请选“是”继续。\n"
        words += "Not in the list; go on if it is another agreed name."
    return _finish(
        DataValidation("list", formula1=reference), "不在列表中 Not in the list", words, strict=strict
    )


def value_rule(asked: Asked, column: Column, first: str) -> DataValidation | None:
    """Return the check of a number or date whose topmost cell is `first`; None where anything may be typed."""
    kind = asked.kind_of(column)
    if kind == "date":
        rule = DataValidation("date", operator="between", formula1="32874", formula2=str(_LAST_DAY))
        words = "请填日期，例如 2026-03-05。\nType a date such as 2026-03-05."
        return _finish(rule, "不是日期 Not a date", words)
    if kind not in {"number", "integer"}:
        return None
    tests = [f"{first}=INT({first})"] if kind == "integer" else []
    tests += [f"{first}>={column.min:f}"] if column.min is not None else []
    tests += [f"{first}<={column.max:f}"] if column.max is not None else []
    marks = ",".join(f"{first}={_quote(mark)}" for mark in asked.source.nulls)
    number = f"AND({','.join(tests)})" if tests else "TRUE"
    formula = f"IF(ISNUMBER({first}),{number},{f'OR({marks})' if marks else 'FALSE'})"
    if len(formula) > _FORMULA_LENGTH:
        return None
    return _finish(
        DataValidation("custom", formula1=formula), "数值不符 Not accepted", _number_words(asked, column)
    )


def _number_words(asked: Asked, column: Column) -> str:
    whole = asked.kind_of(column) == "integer"
    bounds_zh = _bounds(column, "不小于 {}", "不大于 {}")
    bounds_en = _bounds(column, "at least {}", "at most {}")
    unit = asked.unit_of(column)
    zh = "，".join(
        filter(None, (f"请只填{'整数' if whole else '数字'}", f"单位 {unit}" if unit else "", bounds_zh))
    )
    en = ", ".join(
        filter(None, (f"Type a {'whole ' if whole else ''}number alone", unit and f"in {unit}", bounds_en))
    )
    blank = "没有数据请留空；零请填 0。"
    return f"{zh}。{blank}\n{en}; leave it blank where there is none."


def _bounds(column: Column, least: str, most: str) -> str:
    low = least.format(f"{column.min:f}") if column.min is not None else ""
    high = most.format(f"{column.max:f}") if column.max is not None else ""
    return ", ".join(filter(None, (low, high)))


def add_hint(rule: DataValidation, title: str, words: str) -> None:
    """Show `words` beside the cell while it is chosen."""
    rule.showInputMessage, rule.promptTitle, rule.prompt = True, title[:32], words[:_TEXT_LENGTH]


def _finish(rule: DataValidation, title: str, words: str, *, strict: bool = True) -> DataValidation:
    rule.allow_blank = rule.showErrorMessage = True
    rule.errorStyle = "stop" if strict else "warning"
    rule.errorTitle, rule.error = title[:32], words[:_TEXT_LENGTH]
    return rule


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
