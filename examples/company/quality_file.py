"""The laboratory system's export: a `.csv` a quarter, in GBK, with Windows line ends."""

import csv
import datetime as dt
from pathlib import Path

from examples.company.figures import UNITS

HEADERS = ["检验日期", "工厂", "产品线", "检验数", "合格数", "不合格数", "备注"]


def write_quality_file(path: Path, lots: list[tuple[dt.date, str, str, int, int]]) -> None:
    """Write inspected lots (day, plant, product line, inspected, passed) to `path`, one row a lot."""
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for day, plant, line, inspected, passed in lots:
            remark = "返工后复检" if inspected - passed > 20 else ""
            writer.writerow(
                [f"{day:%Y/%m/%d}", UNITS[plant], line, inspected, passed, inspected - passed, remark]
            )
