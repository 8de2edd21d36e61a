"""Make the example company's deliveries and its control totals: `python -m examples.company.generate FOLDER`.

    FOLDER/drops/1_first/<source>/...     what the departments send at first, two bad workbooks among it
    FOLDER/drops/2_later/<source>/...     a correction, and a file sent a second time under another name
    FOLDER/controls.json                  every KPI after both (see `controls`), written before any delivery
    FOLDER/manifest.json                  which file is what

The orders go into PostgreSQL by `orders.fill_erp`, the plants' records are served by `mes_service`.
"""

import copy
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from examples.company.control_metrics import METRICS
from examples.company.controls import TOLERANCE, compute_controls
from examples.company.figures import COMPANIES, MONTHS, Figures, Month, build_figures, month_key
from examples.company.finance_workbook import write_finance_workbook
from examples.company.orders import ORDERS, build_orders, sum_orders
from examples.company.people_workbook import write_people_workbook
from examples.company.quality_file import write_quality_file
from examples.company.stock_workbook import write_stock_workbook

FIRST, LATER = "1_first", "2_later"
CORRECTED = ("south", (2026, 8), "材料及商品成本", Decimal("412.60"))
"""The first workbook of the south company had this cost too low; its correction has the right one."""
TAMPERED: tuple[Month, str, str] = ((2026, 6), "plant_wuxi", "离职（人）")


@dataclass
class Manifest:
    """What `generate` made. Paths are relative to the folder and begin with `drops/<wave>/<source>/`.

    `refused` maps each bad workbook to the finding codes that it must be refused with. `corrected` and
    `duplicate` are the later wave's files. `orders` and `mes_records` count what the two systems hold.
    """

    files: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    corrected: str = ""
    duplicate: str = ""
    orders: int = ORDERS
    mes_records: int = 0
    metrics: int = len(METRICS)
    control_figures: int = 0
    tampered: bool = False


def generate(folder: Path, *, tamper: bool | None = None) -> Manifest:
    """Write controls, then deliveries, into `folder` and tell what they are; earlier deliveries there go.

    With `tamper`, or KPI_DEMO_TAMPER=1 in the environment, one cell of one workbook is changed after the
    controls were written: a demo that checks its own board must then fail.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "drops", ignore_errors=True)
    tampered = os.environ.get("KPI_DEMO_TAMPER") == "1" if tamper is None else tamper
    figures = build_figures()
    made = Manifest(mes_records=len(figures.mes), tampered=tampered)
    made.control_figures = write_controls(folder / "controls.json", figures)
    if tampered:
        month, unit, column = TAMPERED
        figures.hr[month][unit][column] = (figures.hr[month][unit][column] or Decimal(0)) + 1
    _write_finance(folder, figures, made)
    _write_people(folder, figures, made)
    _write_stock(folder, figures, made)
    _write_quality(folder, figures)
    for wave in (FIRST, LATER):
        found = sorted((folder / "drops" / wave).rglob("*.*"))
        made.files[wave] = [path.relative_to(folder).as_posix() for path in found]
    (folder / "manifest.json").write_text(json.dumps(asdict(made), ensure_ascii=False, indent=1), "utf-8")
    return made


def write_controls(path: Path, figures: Figures) -> int:
    """Write the control totals of `figures` and of the orders to `path` and return their number."""
    controls = compute_controls(figures, sum_orders(build_orders()))
    document: dict[str, Any] = {"tolerance": f"{TOLERANCE:f}", "figures": len(controls)}
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in controls)
    head = json.dumps(document, ensure_ascii=False)[:-1]
    path.write_text(f'{head}, "controls": [\n{rows}\n]}}\n', "utf-8")
    return len(controls)


def _place(folder: Path, wave: str, source: str, name: str) -> Path:
    path = folder / "drops" / wave / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_finance(folder: Path, figures: Figures, made: Manifest) -> None:
    wrong_company, wrong_month, wrong_row, too_low = CORRECTED
    for company, name in COMPANIES.items():
        for year in sorted({year for year, _ in MONTHS}):
            months = {month: rows for month, rows in figures.finance[company].items() if month[0] == year}
            path = _place(folder, FIRST, "finance_close", f"财务月结_{name}_{year}年.xlsx")
            if company == wrong_company and year == wrong_month[0]:
                right = _place(folder, LATER, "finance_close", f"财务月结_{name}_{year}年_更正.xlsx")
                write_finance_workbook(right, company, months)
                made.corrected = right.relative_to(folder).as_posix()
                months = copy.deepcopy(months)
                months[wrong_month][wrong_row] = (months[wrong_month][wrong_row] or Decimal(0)) - too_low
            write_finance_workbook(path, company, months)
    retail = {month: rows for month, rows in figures.finance["retail"].items() if month[0] == MONTHS[-1][0]}
    bad = _place(
        folder, FIRST, "finance_close", f"财务月结_{COMPANIES['retail']}_{MONTHS[-1][0]}年_未平.xlsx"
    )
    write_finance_workbook(bad, "retail", retail, wrong_total=True)
    made.refused[bad.relative_to(folder).as_posix()] = ["control_total_mismatch"]


def _write_people(folder: Path, figures: Figures, made: Manifest) -> None:
    for month, units in figures.hr.items():
        write_people_workbook(
            _place(folder, FIRST, "hr_headcount", f"人力月报_{month_key(month)}.xlsx"), month, units
        )
    bad = _place(folder, FIRST, "hr_headcount", f"人力月报_{month_key(MONTHS[-1])}_自报.xlsx")
    write_people_workbook(bad, MONTHS[-1], figures.hr[MONTHS[-1]], broken=True)
    made.refused[bad.relative_to(folder).as_posix()] = [
        "error_cell",
        "not_a_number",
        "org_missing",
        "unknown_org",
    ]


def _write_stock(folder: Path, figures: Figures, made: Manifest) -> None:
    path = Path()
    for months in _quarters():
        year, month = months[0]
        path = _place(folder, FIRST, "stock_count", f"月末盘点_{year}年{(month + 2) // 3}季度.xls")
        write_stock_workbook(path, {month: figures.stock[month] for month in months})
    again = _place(folder, LATER, "stock_count", f"{path.stem} (1).xls")
    shutil.copyfile(path, again)
    made.duplicate = again.relative_to(folder).as_posix()


def _write_quality(folder: Path, figures: Figures) -> None:
    for months in _quarters():
        year, month = months[0]
        path = _place(folder, FIRST, "quality_inspection", f"检验记录_{year}Q{(month + 2) // 3}.csv")
        write_quality_file(path, [lot for lot in figures.quality if (lot[0].year, lot[0].month) in months])


def _quarters() -> list[list[Month]]:
    return [MONTHS[start : start + 3] for start in range(0, len(MONTHS), 3)]


if __name__ == "__main__":
    manifest = generate(Path(sys.argv[1] if len(sys.argv) > 1 else "example-data"))
    print(json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
