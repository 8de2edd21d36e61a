"""The month-end stock count: a legacy `.xls` a quarter, as the old warehouse program exports it."""

from decimal import Decimal
from pathlib import Path

import xlwt

from examples.company.figures import CODES, UNITS, Month, month_end

HEADERS = [
    "盘点日期",
    "仓库编码",
    "仓库名称",
    "物料类别",
    "结存重量（吨）",
    "结存件数（件）",
    "结存金额（万元）",
    "备注",
]
WIDTHS = [13, 11, 15, 11, 16, 16, 17, 20]

Counts = dict[Month, dict[tuple[str, str], tuple[Decimal, int, Decimal]]]


def write_stock_workbook(path: Path, counts: Counts) -> None:
    """Write the counts of some months to `path`: one row a month's end, warehouse and kind of material."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("月末盘点")
    title = xlwt.easyxf("font: bold on, height 280; align: horiz center")
    head = xlwt.easyxf("font: bold on; align: horiz center; pattern: pattern solid, fore_colour light_yellow;"
                       "borders: left thin, right thin, top thin, bottom thin")  # fmt: skip
    first, last = min(counts), max(counts)
    sheet.write_merge(0, 0, 0, len(HEADERS) - 1, "月末盘点表", title)
    sheet.write(1, 0, f"期间：{first[0]}年{first[1]}月至{last[0]}年{last[1]}月")
    for column, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True)):
        sheet.write(3, column, header, head)
        sheet.col(column).width = 256 * width
    cell = "borders: left thin, right thin, top thin, bottom thin"
    styles = {
        look: xlwt.easyxf(cell, num_format_str=look)
        for look in ("@", "yyyy-mm-dd", "#,##0.000", "#,##0", "#,##0.00")
    }
    looks = ["yyyy-mm-dd", "@", "@", "@", "#,##0.000", "#,##0", "#,##0.00"]
    row = 4
    for month in sorted(counts):
        for (unit, material), (tonnes, pieces, worth) in counts[month].items():
            values = [
                month_end(month),
                CODES[unit],
                UNITS[unit],
                material,
                float(tonnes),
                pieces,
                float(worth),
            ]
            for column, (value, look) in enumerate(zip(values, looks, strict=True)):
                sheet.write(row, column, value, styles[look])
            row += 1
    book.save(str(path))
