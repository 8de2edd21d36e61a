"""A template is filled in as it stands, dropped, and accepted with the right values: all workbooks of the example."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from include import stages, warehouse
from include.batches import read_batch, read_findings
from include.catalogue.models import WorkbookSource
from include.connectors.workbook.template import write_template
from include.home import PROJECT, Home
from include.stages import Run

CONFIG = PROJECT / "examples" / "company" / "config"
STORES = ["rd_center", "plant_suzhou", "plant_wuxi", "plant_ningbo", "warehouse_kunshan", "plant_foshan"]
STORES += [
    "plant_dongguan",
    "warehouse_guangzhou",
    "store_shanghai",
    "store_hangzhou",
    "store_shenzhen",
    "store_online",
]
KEEPERS = [
    "plant_suzhou",
    "plant_wuxi",
    "plant_ningbo",
    "warehouse_kunshan",
    "plant_foshan",
    "plant_dongguan",
]
KEEPERS += ["warehouse_guangzhou"]
LAST_DAY = dt.date(2026, 2, 28)
Facts = set[tuple[str, str, str, Decimal]]


def fill_in(path: Path, sheet: str, cells: dict[str, Any]) -> None:
    """Type values into cells that the template leaves open."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    assert page.protection.sheet
    for cell, value in cells.items():
        is_open = not page[cell].protection.locked if page[cell].has_style else True
        assert is_open, f"{cell} is locked"
        page[cell] = value
    book.save(path)


def close() -> tuple[str, dict[str, Any], Facts]:
    cells = {"B2": "华东公司", "C6": 120.5, "C8": 60, "C9": "—", "C14": 7, "C15": 12.25, "C16": 130}
    cells["C9"] = 8.1
    facts = {
        ("product_revenue", "actual", "C6", Decimal("120.5")), ("material_cost", "actual", "C8", Decimal(60)),
        ("labour_cost", "actual", "C9", Decimal("8.1")), ("receivables", "actual", "C14", Decimal(7)),
        ("capital_expenditure", "actual", "C15", Decimal("12.25")), ("product_revenue", "target", "C16", Decimal(130)),
    }  # fmt: skip
    return "月结表", cells, facts


def headcount() -> tuple[str, dict[str, Any], Facts]:
    cells: dict[str, Any] = {f"B{row}": row for row in range(5, 5 + len(STORES))}
    facts = {("headcount", "actual", cell, Decimal(value)) for cell, value in cells.items()}
    return "人力月报", cells | {"H5": 81.5}, facts | {("engagement_index", "actual", "H5", Decimal("81.5"))}


def inspection() -> tuple[str, dict[str, Any], Facts]:
    cells = {"A4": LAST_DAY, "B4": "苏州工厂", "C4": "家具", "D4": 100, "E4": 98, "F4": 2, "G4": "复检"}
    metrics = {"D4": "inspected", "E4": "passed", "F4": "defects"}
    return "数据", cells, {(metric, "actual", cell, Decimal(cells[cell])) for cell, metric in metrics.items()}


def stock() -> tuple[str, dict[str, Any], Facts]:
    cells: dict[str, Any] = {}
    facts: Facts = set()
    for row, unit in enumerate(KEEPERS, 5):
        cells |= {f"A{row}": LAST_DAY, f"B{row}": unit, f"D{row}": "原材料"}
        cells |= {f"E{row}": row + 0.125, f"F{row}": row, f"G{row}": row * 2}
        facts |= {
            ("inventory_weight", "actual", f"E{row}", Decimal(row) + Decimal("0.125")),
            ("inventory_pieces", "actual", f"F{row}", Decimal(row)),
            ("inventory_value", "actual", f"G{row}", Decimal(row * 2)),
        }
    return "月末盘点", cells, facts


FILLED = {
    "finance_close": close, "hr_headcount": headcount, "quality_inspection": inspection, "stock_count": stock,
}  # fmt: skip


def test_every_filled_template_of_the_example_is_accepted(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(CONFIG))
    Home(tmp_path / "home").create()
    catalogue = stages.current_catalogue()
    workbooks = {
        name: source for name, source in catalogue.sources.items() if isinstance(source, WorkbookSource)
    }
    assert set(workbooks) == set(FILLED)
    for name, source in workbooks.items():
        sheet, cells, facts = FILLED[name]()
        path = tmp_path / f"{name}.xlsx"
        write_template(source, catalogue, path, dt.date(2026, 3, 3))
        fill_in(path, sheet, cells)
        (batch,) = stages.extract(name, Run(f"run-{name}", "http://kpi.example.com/run", name), file=path)
        stages.load(stages.standardise(stages.validate([batch])))
        with warehouse.connect() as connection:
            assert read_batch(connection, batch).status == "accepted", read_findings(connection, batch)
            assert read_findings(connection, batch) == []
            query = "SELECT metric, scenario, cell, reported_value, date FROM bi.fact WHERE source = :source"
            found = list(connection.execute(text(query), {"source": name}))
        assert {tuple(row[:4]) for row in found} == facts
        assert {f"{row[4]:%Y-%m}" for row in found} == {"2026-02"}
