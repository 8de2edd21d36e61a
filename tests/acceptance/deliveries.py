"""The configuration of twenty-odd stores, the files that they send, and the ways in which files are broken."""

import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msoffcrypto.format.ooxml
import openpyxl

GOOD_STORES = [f"G{number:02d}" for number in range(1, 15)]
GOOD_BRANCHES = [f"N{number:02d}" for number in range(1, 7)]
BAD_STORES = [f"B{number:02d}" for number in range(1, 25)]

PEOPLE = """\
clerk: {email: clerk@example.com, language: zh}
controller: {email: controller@example.com, language: en}
"""
METRIC = """\
{id}:
  name: {{zh: {zh}, en: {en}}}
  definition: {{zh: 门店报送, en: As reported by the store}}
  unit: {unit}
  owner: {owner}
  tier: internal
  better: up
  over_time: sum
  over_org: sum
  dimensions: [channel]
"""
SALES = """\
source: store_sales
name: {zh: 门店销售月报, en: Store sales}
owner: clerk
kind: workbook
slice: month
layout: {kind: records, total_rows: {label: 合计, tolerance: 0.01}}
columns:
  门店: {type: text, is: org, required: true}
  日期: {type: date, is: date, required: true}
  单号: {type: text, is: key, required: true, pattern: "DD[0-9]{6}"}
  渠道: {type: text, is: dimension, name: channel, required: true, in: [门店, 网店]}
  数量: {type: integer, min: 0, metric: sold_units, unit: 件}
  销售额: {type: decimal, required: true, metric: sales_amount, unit: 元}
  成本: {type: decimal, required: true, metric: sales_cost, unit: 元}
  毛利: {type: decimal, metric: sales_profit, unit: 元}
unique: [单号]
checks:
  - {rule: 销售额 - 成本 = 毛利, tolerance: 0.005}
expects: {org: {level: store}}
"""
COSTS = """\
source: store_costs
name: {zh: 门店费用月报, en: Store costs}
owner: clerk
kind: workbook
slice: month
layout:
  kind: matrix
  sheet: 费用表
  org: {cell: B1}
  row_label: 项目
  periods: {across: columns, pattern: "{year}年{month}月"}
  total_rows: {label: 合计, tolerance: 0.01}
rows:
  人工费: {metric: labour_cost, unit: 万元, required: true, min: 0}
  房租: {metric: rent, unit: 万元, min: 0}
  水电费: {metric: utilities, unit: 万元, min: 0}
expects: {org: {level: store}}
"""
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
    "c0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A PNG of one pixel."""
WEB_PAGE = "<html><body><table><tr><td>门店</td><td>销售额</td></tr></table></body></html>".encode()
HEADER = ["门店", "日期", "单号", "渠道", "数量（件）", "销售额（元）", "成本（元）", "毛利（元）"]


def write_configuration(folder: Path) -> Path:
    """Write the company: one group, a depot, stores that report sales and costs."""
    (folder / "metrics").mkdir(parents=True)
    (folder / "sources").mkdir()
    stores = [*GOOD_STORES, *GOOD_BRANCHES, *BAD_STORES]
    lines = ["- {unit: group, level: group, name: {zh: 集团, en: Group}}"]
    lines += ["- {unit: depot, parent: group, level: depot, name: {zh: 总仓, en: Depot}}"]
    lines += [
        f"- {{unit: {store}, parent: group, level: store, name: {{zh: {name_store(store)}, en: Store {store}}}}}"
        for store in stores
    ]
    metrics = [
        ("sold_units", "销量", "Units sold", "件", "clerk"),
        ("sales_amount", "销售额", "Sales", "元", "controller"),
        ("sales_cost", "销售成本", "Cost of sales", "元", "controller"),
        ("sales_profit", "毛利", "Gross profit", "元", "controller"),
        ("labour_cost", "人工费", "Labour", "元", "controller"),
        ("rent", "房租", "Rent", "元", "controller"),
        ("utilities", "水电费", "Utilities", "元", "controller"),
    ]
    texts = {
        "people.yaml": PEOPLE,
        "calendar.yaml": "timezone: Asia/Shanghai\n",
        "org.yaml": "\n".join(lines) + "\n",
        "metrics/stores.yaml": "\n".join(
            METRIC.format(id=i, zh=zh, en=en, unit=unit, owner=owner) for i, zh, en, unit, owner in metrics
        ),
        "sources/store_sales.yaml": SALES,
        "sources/store_costs.yaml": COSTS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def name_store(store: str) -> str:
    """Return the Chinese name by which a store calls itself in its files."""
    return {"G": "老店", "N": "分店", "B": "新店"}[store[0]] + store[1:]


def sales_of(store: str) -> list[tuple[str, int, str, str]]:
    """Return a store's three orders: channel, units, amount, cost; amounts with halves of a cent among them."""
    number = int(store[1:])
    return [
        ("门店", 10 + number, f"{1000 + number}.1", f"{700 + number}.05"),
        ("网店", 20 + number, f"{2000 + number}.345", f"{1500 + number}.3"),
        ("门店", number, f"{number}.07", "0.01"),
    ]


def costs_of(store: str) -> list[tuple[str, str]]:
    """Return a store's costs of March 2026 in 万元."""
    number = int(store[1:])
    return [("人工费", f"{number}.1234"), ("房租", "0.3"), ("水电费", f"0.0{number}")]


def write_sales(path: Path, store: str, changes: Mapping[str, Any] | None = None) -> Path:
    """Write a store's sales of March 2026: header in row 3, orders in rows 4 to 6, totals in row 7.

    `changes` are cells to overwrite; the totals are those of the changed figures, unless changed themselves.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "销售月报"
    sheet.append(["门店销售月报"])
    sheet.append(["请勿改动表头"])
    sheet.append(HEADER)
    for number, (channel, units, amount, cost) in enumerate(sales_of(store), 1):
        profit = Decimal(amount) - Decimal(cost)
        order = f"DD{number:06d}"
        sheet.append(
            [
                name_store(store),
                f"2026-03-{number:02d}",
                order,
                channel,
                units,
                *map(float, (amount, cost, profit)),
            ]
        )
    for cell, value in (changes or {}).items():
        sheet[cell] = value
    figures = [[cell.value for (cell,) in sheet[f"{letter}4:{letter}6"]] for letter in "EFGH"]
    totals = [
        float(sum(Decimal(str(v)) for v in column if not isinstance(v, str | None))) for column in figures
    ]
    sheet.append(["合计", None, None, None, *totals])
    for cell, value in (changes or {}).items():
        sheet[cell] = value
    book.save(path)
    return path


def write_costs(path: Path, store: str, changes: Mapping[str, Any] | None = None) -> Path:
    """Write a store's costs: unit B1, `单位：万元` C1, header in row 3, three rows, 合计 in row 7."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "费用表"
    sheet["A1"], sheet["B1"], sheet["C1"] = "单位名称", name_store(store), "单位：万元"
    sheet["A3"], sheet["B3"] = "项目", "2026年3月"
    for row, (label, value) in enumerate(costs_of(store), 4):
        sheet.cell(row, 1, label)
        sheet.cell(row, 2, float(value))
    sheet["A7"], sheet["B7"] = "合计", float(sum(Decimal(value) for _, value in costs_of(store)))
    for cell, value in (changes or {}).items():
        sheet[cell] = value
    book.save(path)
    return path


def write_encrypted(path: Path, store: str) -> Path:
    """Write a store's sales under a password, as Excel does it."""
    plain = write_sales(path.with_suffix(".plain"), store)
    with plain.open("rb") as source, path.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt("geheim", target)
    plain.unlink()
    return path


def write_half(path: Path, store: str) -> Path:
    """Write the first half of a store's file: a copy that was cut short."""
    whole = write_sales(path, store).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def write_bomb(path: Path, store: str) -> Path:
    """Write a store's file with a part of 64 MiB of zeros packed into 64 KiB."""
    write_sales(path, store)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", bytes(64 << 20))
    return path


def write_bytes(content: bytes) -> Callable[[Path, str], Path]:
    """Return a writer of fixed bytes."""

    def write(path: Path, _store: str) -> Path:
        path.write_bytes(content)
        return path

    return write
