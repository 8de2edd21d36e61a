"""The monthly HR report: one `.xlsx` for all units, the month above the table, a 合计 row below."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from examples.company.figures import UNITS, Month

HEADERS = {
    "期末人数（人）": "#,##0",
    "编制（人）": "#,##0",
    "平均人数（人）": "#,##0.0",
    "入职（人）": "0",
    "离职（人）": "0",
    "薪酬总额（万元）": "#,##0.00",
    "敬业度指数": "0.0",
}
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "border": 1, "border_color": "#C9C9C9"}
CREATED = dt.datetime(2026, 10, 8, 9, 0)  # noqa: DTZ001 -- a workbook's times have no zone

Rows = dict[str, dict[str, Decimal | None]]


def write_people_workbook(path: Path, month: Month, figures: Rows, *, broken: bool = False) -> None:
    """Write one month of all units to `path`; the same bytes at every call.

    `broken` gives the workbook that must be refused: a text in a number cell, a unit that the company doesn't
    have, and a #REF! error.
    """
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": "人力月报", "company": "远山家居集团", "created": CREATED})
        head = book.add_format(
            FONT | {"bold": True, "bg_color": "#E2EFDA", "align": "center", "text_wrap": True}
        )
        text = book.add_format(FONT)
        sheet = book.add_worksheet("人力月报")
        _write_head(sheet, book, head, month)
        names = dict(UNITS) | ({"warehouse_kunshan": "西北工厂"} if broken else {})
        for row, unit in enumerate(UNITS, 4):
            sheet.write(row, 0, names[unit], text)
        for column, (header, look) in enumerate(HEADERS.items(), 1):
            number = book.add_format(FONT | {"num_format": look})
            _write_column(sheet, column, [figures[unit][header] for unit in UNITS], number)
        last = 4 + len(UNITS)
        sheet.write(last, 0, "合计", head)
        _write_totals(sheet, book, last, figures)
        sheet.write(last + 2, 0, "说明：敬业度指数由第三方按季调查并公布，未公布的月份填“—”。")
        if broken:
            sheet.write_string(6, 1, "约300", text)
            sheet.write_formula(9, 6, "=#REF!*0.87", text, "#REF!")


def _write_head(sheet: Any, book: xlsxwriter.Workbook, head: Any, month: Month) -> None:
    title = book.add_format(
        {"font_name": "Microsoft YaHei", "bold": True, "font_size": 14, "align": "center"}
    )
    sheet.merge_range(0, 0, 0, len(HEADERS), "远山家居集团人力资源月报", title)
    sheet.write(1, 0, "统计月份：")
    sheet.write(1, 1, f"{month[0]}年{month[1]}月")
    sheet.write(2, 0, "填报部门：集团人力资源部")
    sheet.write_row(3, 0, ["部门", *HEADERS], head)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, len(HEADERS), 12)
    sheet.set_row(3, 30)
    sheet.freeze_panes(4, 1)


def _write_column(sheet: Any, column: int, values: list[Decimal | None], number: Any) -> None:
    for row, value in enumerate(values, 4):
        if value is None:
            sheet.write_string(row, column, "—", number)
        else:
            sheet.write_number(row, column, float(value), number)


def _write_totals(sheet: Any, book: xlsxwriter.Workbook, row: int, figures: Rows) -> None:
    bold = FONT | {"bold": True, "bg_color": "#E2EFDA"}
    for column, (header, look) in enumerate(HEADERS.items(), 1):
        number = book.add_format(bold | {"num_format": look})
        if header == "敬业度指数":  # an index has no total
            sheet.write_string(row, column, "—", number)
            continue
        total = sum((figures[unit][header] or Decimal(0)) for unit in UNITS)
        block = f"{xl_rowcol_to_cell(4, column)}:{xl_rowcol_to_cell(row - 1, column)}"
        sheet.write_formula(row, column, f"=SUM({block})", number, float(total))
