"""The true figures of the example company, as its departments know them, made from a fixed seed.

Every figure is an exact Decimal in the unit that the department reports (万元, t, 人 ...). The same seed
gives the same figures on every machine. `build_figures` makes all but the sales orders; see `orders`.
"""

import calendar
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SEED = "yuanshan-2024"
Month = tuple[int, int]
MONTHS: list[Month] = [divmod(2024 * 12 + 9 + i, 12) for i in range(24)]
MONTHS = [(year, month + 1) for year, month in MONTHS]

COMPANIES = {"east": "华东制造公司", "south": "华南制造公司", "retail": "零售公司"}
UNITS = {
    "rd_center": "研发中心",
    "plant_suzhou": "苏州工厂",
    "plant_wuxi": "无锡工厂",
    "plant_ningbo": "宁波工厂",
    "warehouse_kunshan": "昆山中心仓",
    "plant_foshan": "佛山工厂",
    "plant_dongguan": "东莞工厂",
    "warehouse_guangzhou": "广州中心仓",
    "store_shanghai": "上海旗舰店",
    "store_hangzhou": "杭州店",
    "store_shenzhen": "深圳店",
    "store_online": "线上商城",
}
PLANTS = [unit for unit in UNITS if unit.startswith("plant_")]
STORES = [unit for unit in UNITS if unit.startswith("store_")]
STOCK_UNITS = [unit for unit in UNITS if unit.startswith(("plant_", "warehouse_"))]
CODES = {
    "plant_suzhou": "P-SZ",
    "plant_wuxi": "P-WX",
    "plant_ningbo": "P-NB",
    "plant_foshan": "P-FS",
    "plant_dongguan": "P-DG",
    "warehouse_kunshan": "W-KS",
    "warehouse_guangzhou": "W-GZ",
    "store_shanghai": "S001",
    "store_hangzhou": "S002",
    "store_shenzhen": "S003",
    "store_online": "S900",
}
MATERIALS = ["原材料", "产成品"]
PRODUCT_LINES = ["家具", "家电", "家纺"]

INCOME_ROWS = ["产品销售收入", "服务收入"]
COST_ROWS = ["材料及商品成本", "人工成本", "制造费用", "销售费用", "管理费用", "研发费用"]
BALANCE_ROWS = ["期末应收账款", "投资额累计"]
TARGET_ROWS = ["产品收入目标", "管理费用目标", "门店销售目标"]

SCALE = {"east": 9800, "south": 7400, "retail": 1450}
SHARES = {
    "manufacturing": (0.565, 0.098, 0.082, 0.031, 0.037, 0.034),
    "retail": (0.640, 0.041, 0.0, 0.168, 0.052, 0.0),
}
SEASON = {
    1: 0.93,
    2: 0.72,
    3: 0.98,
    4: 0.97,
    5: 1.02,
    6: 1.08,
    7: 0.95,
    8: 0.96,
    9: 1.06,
    10: 1.08,
    11: 1.19,
    12: 1.12,
}
STAFF = {
    "rd_center": 86, "plant_suzhou": 412, "plant_wuxi": 298, "plant_ningbo": 187, "warehouse_kunshan": 46,
    "plant_foshan": 365, "plant_dongguan": 241, "warehouse_guangzhou": 39, "store_shanghai": 58,
    "store_hangzhou": 34, "store_shenzhen": 41, "store_online": 63,
}  # fmt: skip
DAILY_TONNES = {
    "plant_suzhou": 84,
    "plant_wuxi": 57,
    "plant_ningbo": 33,
    "plant_foshan": 71,
    "plant_dongguan": 46,
}
QUALITY_GAP = ("plant_dongguan", (2026, 5))
"""The laboratory of Dongguan was closed for refitting: a month that is missing, which isn't zero."""


@dataclass
class Figures:
    """What the departments report. Amounts of finance, stock and payroll are in 万元.

    `finance[company][month][row]`, `hr[month][unit][column]` and `stock[month][(unit, material)]` (tonnes,
    pieces, 万元) hold one figure a place; a row that a company doesn't have is None. `mes` is a list of
    records as the service sends them, one a plant and working day; `quality` a list of (day, plant, product
    line, inspected, passed).
    """

    finance: dict[str, dict[Month, dict[str, Decimal | None]]]
    hr: dict[Month, dict[str, dict[str, Decimal | None]]]
    stock: dict[Month, dict[tuple[str, str], tuple[Decimal, int, Decimal]]]
    mes: list[dict[str, Any]]
    quality: list[tuple[dt.date, str, str, int, int]]


def month_key(month: Month) -> str:
    """Return `2026-03`."""
    return f"{month[0]}-{month[1]:02d}"


def month_end(month: Month) -> dt.date:
    """Return the last day of the month."""
    return dt.date(*month, calendar.monthrange(*month)[1])


def working_days(month: Month) -> Iterator[dt.date]:
    """Yield the days on which the plants run: not on Sundays, nor on the first days of October and May."""
    for day in range(1, month_end(month).day + 1):
        date = dt.date(*month, day)
        if date.weekday() != 6 and not (date.month in (5, 10) and day <= 3):
            yield date


def build_figures() -> Figures:
    """Return the figures of all departments but sales; the same ones at every call."""
    return Figures(_finance(), _hr(), _stock(), _mes(), _quality())


def _random(*parts: object) -> random.Random:
    return random.Random("/".join(map(str, (SEED, *parts))))


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _finance() -> dict[str, dict[Month, dict[str, Decimal | None]]]:
    finance: dict[str, dict[Month, dict[str, Decimal | None]]] = {}
    for company in COMPANIES:
        invested = Decimal(0)
        finance[company] = {}
        for number, month in enumerate(MONTHS):
            row = _finance_month(company, number, month)
            spent = _decimal(SCALE[company] * 0.035 * _random("capex", company, month).uniform(0.3, 1.9), 2)
            # The first month reported carries what was invested from January to September before it.
            before = spent * 9 if number == 0 else Decimal(0) if month[1] == 1 else invested
            invested = before + spent
            finance[company][month] = row | {"投资额累计": invested}
    return finance


def _finance_month(company: str, number: int, month: Month) -> dict[str, Decimal | None]:
    chance = _random("finance", company, month)
    sold = SCALE[company] * SEASON[month[1]] * (1 + 0.006 * number) * chance.uniform(0.955, 1.045)
    row: dict[str, Decimal | None] = {
        "产品销售收入": _decimal(sold, 2),
        "服务收入": _decimal(sold * chance.uniform(0.018, 0.026), 2),
    }
    shares = SHARES["retail" if company == "retail" else "manufacturing"]
    for label, share in zip(COST_ROWS, shares, strict=True):
        row[label] = _decimal(sold * share * chance.uniform(0.965, 1.035), 2)
    plan = SCALE[company] * SEASON[month[1]] * (1 + 0.007 * number)
    row["期末应收账款"] = _decimal(
        sold * (0.2 if company == "retail" else 1.55) * chance.uniform(0.93, 1.07), 2
    )
    row["产品收入目标"] = _decimal(round(plan, -1), 2)
    row["管理费用目标"] = _decimal(round(plan * shares[4] * 1.005), 2)
    row["门店销售目标"] = _decimal(round(plan, -1), 2) if company == "retail" else None
    return row


def _hr() -> dict[Month, dict[str, dict[str, Decimal | None]]]:
    staff = dict(STAFF)
    hr: dict[Month, dict[str, dict[str, Decimal | None]]] = {}
    for month in MONTHS:
        hr[month] = {}
        for unit in UNITS:
            chance = _random("hr", unit, month)
            hires, leavers = (
                sum(chance.random() < rate for _ in range(staff[unit])) for rate in (0.016, 0.014)
            )
            opening, staff[unit] = staff[unit], staff[unit] + hires - leavers
            average = Decimal(opening + staff[unit]) / 2
            pay = float(average) * chance.uniform(0.93, 1.04) * (1.62 if unit == "rd_center" else 0.87)
            surveyed = month[1] % 3 == 0
            hr[month][unit] = {
                "期末人数（人）": Decimal(staff[unit]),
                "编制（人）": Decimal(round(STAFF[unit] * 1.03)),
                "平均人数（人）": average,
                "入职（人）": Decimal(hires),
                "离职（人）": Decimal(leavers),
                "薪酬总额（万元）": _decimal(pay, 2),
                "敬业度指数": _decimal(chance.uniform(66, 84), 1) if surveyed else None,
            }
    return hr


def _stock() -> dict[Month, dict[tuple[str, str], tuple[Decimal, int, Decimal]]]:
    stock: dict[Month, dict[tuple[str, str], tuple[Decimal, int, Decimal]]] = {}
    for month in MONTHS:
        stock[month] = {}
        for unit in STOCK_UNITS:
            for material in MATERIALS:
                chance = _random("stock", unit, material, month)
                size = DAILY_TONNES.get(unit, 95) * (6 if material == "原材料" else 9)
                tonnes = _decimal(size * chance.uniform(0.72, 1.3), 3)
                pieces = int(float(tonnes) * (1.5 if material == "原材料" else 34))
                worth = _decimal(
                    float(tonnes) * chance.uniform(0.9, 1.1) * (0.62 if material == "原材料" else 2.1), 2
                )
                stock[month][unit, material] = (tonnes, pieces, worth)
    return stock


def _mes() -> list[dict[str, Any]]:
    records = []
    for month in MONTHS:
        for plant in PLANTS:
            chance = _random("mes", plant, month)
            records += [_mes_record(plant, day, chance) for day in working_days(month)]
    return records


def _mes_record(plant: str, day: dt.date, chance: random.Random) -> dict[str, Any]:
    plan = DAILY_TONNES[plant] * (0.92 + 0.1 * SEASON[day.month])
    good = plan * chance.uniform(0.86, 1.1)
    hours = plan * chance.uniform(3.6, 3.9)
    return {
        "plant": {"code": CODES[plant], "name": UNITS[plant]},
        "day": day.isoformat(),
        "output": {
            "good_t": round(good, 3),
            "plan_t": round(plan, 1),
            "scrap_kg": round(good * chance.uniform(6, 19), 1),
        },
        "machine": {
            "hours": round(hours, 1),
            "downtime_hours": round(hours * chance.uniform(0.02, 0.09), 2),
            "availability": round(chance.uniform(86, 97.5), 1),
        },
        "energy_mwh": round(good * chance.uniform(0.31, 0.37), 3),
    }


def _quality() -> list[tuple[dt.date, str, str, int, int]]:
    rows = []
    for month in MONTHS:
        for plant in PLANTS:
            if (plant, month) == QUALITY_GAP:
                continue
            chance = _random("quality", plant, month)
            for day in list(working_days(month))[::6]:
                for line in PRODUCT_LINES:
                    inspected = chance.randint(180, 640)
                    failed = sum(chance.random() < 0.021 for _ in range(inspected))
                    rows.append((day, plant, line, inspected, inspected - failed))
    return rows
