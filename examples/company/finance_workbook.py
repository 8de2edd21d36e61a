"""The monthly close as accountants send it: one `.xlsx` a company and year, months across, in 万元."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from examples.company.figures import BALANCE_ROWS, COMPANIES, COST_ROWS, INCOME_ROWS, TARGET_ROWS, Month

FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
LINE, BLUE, PALE, GREY = "#B7C3D3", "#1F4E79", "#DCE6F1", "#F5F7FA"
SECTIONS = [
    ("一、收入", INCOME_ROWS, "收入合计"),
    ("二、成本费用", COST_ROWS, "成本费用合计"),
    ("三、期末余额与投资", BALANCE_ROWS, None),
    ("四、集团下达目标", TARGET_ROWS, None),
]
FIRST_COLUMN = 2
CREATED = dt.datetime(2026, 10, 8, 9, 0)  # noqa: DTZ001 -- a workbook's times have no zone

Rows = dict[Month, dict[str, Decimal | None]]


def write_finance_workbook(path: Path, company: str, figures: Rows, *, wrong_total: bool = False) -> None:
    """Write one company's months (all of one year) to `path`; the same bytes at every call.

    `wrong_total` types one cost higher than the total row was made of: such a workbook must be refused.
    """
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": "月度财务结算表", "company": "远山家居集团", "created": CREATED})
        styles = _make_styles(book)
        sheet = book.add_worksheet("月结表")
        months = sorted(figures)
        _write_head(sheet, styles, company, months)
        row = 5
        for title, labels, total in SECTIONS:
            row = _write_section(sheet, styles, row, title, labels, total, [figures[m] for m in months])
        if wrong_total:
            label_row = 5 + 1 + len(INCOME_ROWS) + 1 + 1 + COST_ROWS.index("管理费用")
            typed = figures[months[-1]]["管理费用"]
            sheet.write_number(
                label_row, FIRST_COLUMN + len(months) - 1, float((typed or 0) + 36), styles["number"]
            )
        _write_foot(sheet, styles, row)
        _dress(sheet, len(months))
        _write_explanation(book, styles)


def _make_styles(book: xlsxwriter.Workbook) -> dict[str, Any]:
    grid = FONT | {"border": 1, "border_color": LINE}
    number = grid | {"num_format": "#,##0.00;[Red]-#,##0.00", "align": "right"}
    looks = {
        "title": FONT | {"bold": True, "font_size": 16, "align": "center", "font_color": BLUE},
        "plain": FONT,
        "bold": FONT | {"bold": True},
        "right": FONT | {"align": "right"},
        "head": grid | {"bold": True, "align": "center", "bg_color": BLUE, "font_color": "#FFFFFF"},
        "subhead": grid | {"align": "center", "bg_color": PALE, "font_size": 9, "font_color": BLUE},
        "section": grid | {"bold": True, "bg_color": GREY},
        "label": grid | {"indent": 1},
        "line_number": grid | {"align": "center", "font_color": "#7F7F7F"},
        "number": number,
        "mark": grid | {"align": "center", "font_color": "#7F7F7F"},
        "total_label": grid | {"bold": True, "bg_color": PALE, "top": 2, "top_color": BLUE},
        "total": number | {"bold": True, "bg_color": PALE, "top": 2, "top_color": BLUE},
        "note": FONT | {"font_size": 9, "italic": True, "font_color": "#595959"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _write_head(sheet: Any, styles: dict[str, Any], company: str, months: list[Month]) -> None:
    last = FIRST_COLUMN + len(months)
    year = months[0][0]
    sheet.merge_range(0, 0, 0, last, f"远山家居集团 {year} 年度月度财务结算表", styles["title"])
    sheet.write(1, 0, "编制单位：", styles["bold"])
    sheet.write(1, 1, COMPANIES[company], styles["bold"])
    sheet.write(1, last, "单位：万元", styles["right"])
    sheet.merge_range(2, 0, 4, 0, "项目", styles["head"])
    sheet.merge_range(2, 1, 4, 1, "行次", styles["head"])
    if len(months) > 1:
        sheet.merge_range(2, FIRST_COLUMN, 2, last - 1, f"{year}年", styles["head"])
    else:
        sheet.write(2, FIRST_COLUMN, f"{year}年", styles["head"])
    for column, (_, month) in enumerate(months, FIRST_COLUMN):
        sheet.write(3, column, f"{month}月", styles["head"])
        sheet.write(4, column, "金额（万元）", styles["subhead"])
    sheet.merge_range(2, last, 3, last, "表内累计", styles["head"])
    sheet.write(4, last, "金额（万元）", styles["subhead"])


def _write_section(
    sheet: Any,
    styles: dict[str, Any],
    row: int,
    title: str,
    labels: list[str],
    total: str | None,
    columns: list[Any],
) -> int:
    """Write one block of rows below `row` and return the row after it."""
    last = FIRST_COLUMN + len(columns)
    sheet.write(row, 0, title, styles["section"])
    for column in range(1, last + 1):
        sheet.write_blank(row, column, None, styles["section"])
    first = row + 1
    sums_up = title.startswith(("一", "二", "四"))
    for at, label in enumerate(labels, first):
        _write_line(sheet, styles, at, label, [column[label] for column in columns], sums_up)
    end = first + len(labels)
    if total is None:
        return end
    sheet.write(end, 0, total, styles["total_label"])
    sheet.write(end, 1, end - 5, styles["total_label"])
    sums = [sum((column[label] or Decimal(0)) for label in labels) for column in columns]
    for column, value in enumerate([*sums, sum(sums)], FIRST_COLUMN):
        block = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(end - 1, column)}"
        sheet.write_formula(end, column, f"=SUM({block})", styles["total"], float(value))
    return end + 1


def _write_line(
    sheet: Any, styles: dict[str, Any], row: int, label: str, values: list[Any], adds_up: bool
) -> None:
    sheet.write(row, 0, label, styles["label"])
    sheet.write(row, 1, row - 5, styles["line_number"])
    last = FIRST_COLUMN + len(values)
    for column, value in enumerate(values, FIRST_COLUMN):
        if value is None:
            sheet.write_string(row, column, "—", styles["mark"])
        else:
            sheet.write_number(row, column, float(value), styles["number"])
    if adds_up and values[0] is not None:
        block = f"{xl_rowcol_to_cell(row, FIRST_COLUMN)}:{xl_rowcol_to_cell(row, last - 1)}"
        sheet.write_formula(row, last, f"=SUM({block})", styles["number"], float(sum(values)))
    else:
        sheet.write_string(row, last, "—", styles["mark"])


def _write_foot(sheet: Any, styles: dict[str, Any], row: int) -> None:
    notes = [
        "注1：本表以万元列示，保留两位小数；“—”表示本单位无此项。",
        "注2：投资额累计为自年初起的累计数；应收账款为期末余额。",
        "注3：每月第 5 个工作日 18:00 前报送集团财务部；更正时重新报送整张工作簿。",
    ]
    for offset, note in enumerate(notes, 1):
        sheet.write(row + offset, 0, note, styles["note"])


def _dress(sheet: Any, months: int) -> None:
    sheet.set_row(0, 30)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 13)
    sheet.set_column(FIRST_COLUMN, FIRST_COLUMN + months, 12.5)
    sheet.freeze_panes(5, 2)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)


def _write_explanation(book: xlsxwriter.Workbook, styles: dict[str, Any]) -> None:
    sheet = book.add_worksheet("填表说明")
    sheet.set_column(0, 0, 70)
    sheet.write(0, 0, "填表说明", styles["bold"])
    sheet.write(1, 0, "各行口径见《集团会计核算手册》；请勿增删行列，合计行由公式计算。", styles["plain"])
