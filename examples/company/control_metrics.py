"""What each metric of the example company is, said a second time for the control totals.

Written by hand beside `config/metrics/`, so that a slip in either shows as a difference on the board.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from examples.company.figures import COMPANIES, PLANTS, STOCK_UNITS, STORES, UNITS


@dataclass
class Base:
    """A reported metric: its unit, its rules over time and org, who reports it, and when a value is good."""

    unit: str
    over_time: str = "sum"
    over_org: str = "sum"
    better: str | tuple[Decimal, Decimal] = "up"
    amber: Decimal = Decimal("0.1")
    reporters: list[str] = field(default_factory=lambda: list(COMPANIES))


@dataclass
class Derived:
    """A metric made of others: `of` over `to` times `times`, or `make` of the values of `parts`.

    It has no value where a part has none. A part `prior:x` is the value of x one period before.
    """

    unit: str
    of: str = ""
    to: str = ""
    times: int = 1
    parts: tuple[str, ...] = ()
    make: Callable[..., Decimal | None] | None = None
    band: tuple[Decimal, Decimal] | None = None
    amber: Decimal = Decimal("0.1")


def _sum_all(first: Decimal, *others: Decimal) -> Decimal:
    return first + sum(others)


def _subtract(first: Decimal, *others: Decimal) -> Decimal:
    return first - sum(others)


FINANCE = {
    "产品销售收入": "product_revenue", "服务收入": "service_revenue", "材料及商品成本": "material_cost",
    "人工成本": "labour_cost", "制造费用": "overhead_cost", "销售费用": "selling_expense",
    "管理费用": "admin_expense", "研发费用": "rd_expense", "期末应收账款": "receivables",
    "投资额累计": "capital_expenditure",
}  # fmt: skip
TARGETS = {"产品收入目标": "product_revenue", "管理费用目标": "admin_expense", "门店销售目标": "store_sales"}
PEOPLE = {
    "期末人数（人）": "headcount", "平均人数（人）": "average_staff", "入职（人）": "hires",
    "离职（人）": "leavers",
    "薪酬总额（万元）": "payroll", "敬业度指数": "engagement_index",
}  # fmt: skip
STOCK = ["inventory_weight", "inventory_pieces", "inventory_value"]
_EVERYONE = list(UNITS)
METRICS: dict[str, Base | Derived] = {
    "product_revenue": Base("CNY"),
    "service_revenue": Base("CNY"),
    "material_cost": Base("CNY", better="down"),
    "labour_cost": Base("CNY", better="down"),
    "overhead_cost": Base("CNY", better="down"),
    "selling_expense": Base("CNY", better="down"),
    "admin_expense": Base("CNY", better="down", amber=Decimal("0.05")),
    "rd_expense": Base("CNY"),
    "receivables": Base("CNY", "last", better="down"),
    "capital_expenditure": Base("CNY", "ytd", better="down"),
    "revenue": Derived("CNY", parts=("product_revenue", "service_revenue"), make=_sum_all),
    "gross_profit": Derived(
        "CNY", parts=("revenue", "material_cost", "labour_cost", "overhead_cost"), make=_subtract
    ),
    "gross_margin_rate": Derived("%", "gross_profit", "revenue", 100),
    "operating_profit": Derived(
        "CNY", parts=("gross_profit", "selling_expense", "admin_expense", "rd_expense"), make=_subtract
    ),
    "gross_sales": Base("CNY", reporters=STORES),
    "discount_amount": Base("CNY", better="down", reporters=STORES),
    "store_sales": Base("CNY", reporters=STORES),
    "units_sold": Base("件", reporters=STORES),
    "order_count": Base("单", reporters=STORES),
    "average_order_value": Derived("CNY/单", "store_sales", "order_count"),
    "discount_rate": Derived("%", "discount_amount", "gross_sales", 100),
    "output": Base("t", amber=Decimal("0.03"), reporters=PLANTS),
    "scrap": Base("kg", better="down", reporters=PLANTS),
    "machine_hours": Base("h", reporters=PLANTS),
    "downtime": Base("h", better="down", reporters=PLANTS),
    "availability": Base("%", "average", "average", (Decimal(88), Decimal(98)), Decimal("0.02"), PLANTS),
    "electricity": Base("kWh", better="down", reporters=PLANTS),
    "output_per_machine_hour": Derived("t/h", "output", "machine_hours"),
    "downtime_rate": Derived("‰", "downtime", "machine_hours", 1000),
    "electricity_per_tonne": Derived("kWh/t", "electricity", "output"),
    "inventory_weight": Base("t", "last", better="down", reporters=STOCK_UNITS),
    "inventory_pieces": Base("件", "last", better="down", reporters=STOCK_UNITS),
    "inventory_value": Base("CNY", "last", better="down", reporters=STOCK_UNITS),
    "inventory_change": Derived("CNY", parts=("inventory_value", "prior:inventory_value"), make=_subtract),
    "headcount": Base("人", "last", better="down", amber=Decimal("0.02"), reporters=_EVERYONE),
    "average_staff": Base("人", "average", reporters=_EVERYONE),
    "hires": Base("人", reporters=_EVERYONE),
    "leavers": Base("人", better="down", reporters=_EVERYONE),
    "payroll": Base("CNY", better="down", reporters=_EVERYONE),
    "engagement_index": Base("指数点", "none", "none", reporters=_EVERYONE),
    "staff_turnover": Derived("%", "leavers", "average_staff", 100),
    "payroll_per_head": Derived("CNY/人", "payroll", "average_staff"),
    "inspected": Base("件", reporters=PLANTS),
    "passed": Base("件", reporters=PLANTS),
    "defects": Base("件", better="down", reporters=PLANTS),
    "pass_rate": Derived(
        "%", "passed", "inspected", 100, band=(Decimal("97.5"), Decimal(100)), amber=Decimal("0.01")
    ),
    "defect_rate": Derived("‰", "defects", "inspected", 1000),
}
