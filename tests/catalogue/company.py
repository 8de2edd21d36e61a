"""A small right configuration, written as in docs/configuration, that tests change in one place."""

from pathlib import Path
from textwrap import dedent

METRICS = """\
revenue:
  name: {zh: 销售收入, en: Revenue}
  definition: {zh: 已发货订单的不含税金额, en: Net amount of shipped orders, without tax}
  unit: CNY
  owner: finance_controller
  tier: internal
  better: up
  over_time: sum
  over_org: sum
  dimensions: [product_line, channel]
  valid_from: 2024-01-01

gross_profit: &base
  name: 毛利
  definition: 收入减成本
  unit: CNY
  owner: finance_controller
  tier: internal
  better: up
  over_time: sum
  over_org: sum
gross_margin_rate:
  name: {zh: 毛利率, en: Gross margin rate}
  definition: {zh: 毛利除以收入, en: Gross profit over revenue}
  unit: "%"
  owner: finance_controller
  tier: internal
  better: {band: [10, 60]}
  ratio: {of: gross_profit, to: revenue}
operating_cost: {name: 营业费用, definition: d, unit: 万元, owner: finance_controller, tier: internal, better: down,
                 over_time: sum, over_org: sum}
net_profit:
  formula: gross_profit - operating_cost
  name: 净利
  definition: {zh: 毛利减费用}
  unit: CNY
  owner: finance_controller
  tier: confidential
  better: up
cost_of_sales: {name: 成本, definition: d, unit: CNY, owner: finance_controller, tier: internal, better: down,
                over_time: sum, over_org: sum}
inventory: {name: 存货, definition: d, unit: CNY, owner: finance_controller, tier: internal, better: down,
            over_time: last, over_org: sum}
investment: {name: 投资, definition: d, unit: CNY, owner: finance_controller, tier: internal, better: up,
             over_time: sum, over_org: sum}
order_count: {name: 订单数, definition: d, unit: 单, owner: finance_controller, tier: public, better: up,
              over_time: sum, over_org: sum, dimensions: [product_line]}
output: {name: 产量, definition: d, unit: t, owner: finance_controller, tier: public, better: up,
         over_time: sum, over_org: sum}
"""

FINANCE = """\
source: finance_close
name: {zh: 财务月结, en: Monthly close}
department: finance
owner: finance_clerk
kind: workbook
due: {working_day: 3, hour: 18}
slice: month
layout:
  kind: matrix
  sheet: 利润表
  header_rows: [3, 5]
  org: {cell: B2}
  row_label: 项目
  periods: {across: columns, pattern: "{year}年{month}月"}
  total_rows: {label: [合计, 小计], use: control}
rows:
  营业收入: {metric: revenue, unit: 万元}
  营业成本: {metric: cost_of_sales, unit: 万元, sign: "-"}
  期末存货: {metric: inventory, unit: 万元, reported_as: stock}
  投资额累计: {metric: investment, unit: 亿元, reported_as: ytd}
  收入目标: {metric: revenue, unit: 万元, scenario: target}
checks:
  - rule: 营业收入 + 营业成本 = 毛利
    tolerance: 0.01
    level: error
nulls: [—, /, 无]
expects: {org: {level: company}}
accept: whole
authority: primary
"""

ORDERS = """\
source: sales_orders
department: sales
owner: sales_ops
kind: sql
connection: erp
schedule: "0 2 * * *"
window: 35 days
slice: day
columns:
  store:        {type: text, is: org, required: true}
  order_date:   {type: date, is: date, required: true}
  product_line: {type: text, is: dimension, in: [家电, 家具, 服装]}
  net_amount:   {type: decimal, min: 0, metric: revenue, unit: CNY}
  orders:       {type: integer, min: 0, metric: order_count, unit: 单}
unique: [store, order_date, product_line]
"""

MES = """\
source: mes_output
kind: rest
connection: mes
request: {path: /v1/output, params: {from: "{window_start}", to: "{window_end}"}, auth: {kind: bearer}}
hosts: [mes.example.com]
paging: {kind: page, param: page, size: 500, total: $.total}
records: $.items[*]
columns:
  plant:  {path: $.plant.code, is: org}
  day:    {path: $.day, type: date, is: date}
  output: {path: $.good_qty, type: decimal, metric: output, unit: t}
"""

RATES = """\
source: fx_rates
kind: workbook
layout: {kind: records, sheet: rates}
columns:
  month:    {type: month, is: period}
  currency: {type: text, is: currency}
  average:  {type: decimal, rate: average}
  closing:  {type: decimal, rate: closing}
"""

ORG = """\
- {unit: group, name: {zh: 集团, en: Group}}
- {unit: east, parent: group, level: company, name: {zh: 华东公司, en: East}, aliases: [华东, EC01]}
- {unit: north, parent: group, level: company, name: {zh: 华北公司, en: North}, aliases: [华北, EC02]}
- {unit: plant_suzhou, parent: east, level: plant, to: 2026-05-01, name: 苏州厂}
- {unit: plant_suzhou, parent: north, level: plant, from: 2026-05-01, ownership: 80 %}
"""

PEOPLE = """\
finance_controller: {email: finance-controller@example.com, language: zh}
finance_clerk: {email: finance-clerk@example.com, language: zh}
sales_ops: {email: sales-ops@example.com}
"""

CALENDAR = """\
fiscal_year_starts: 1
periods: month
holidays: CN
timezone: Asia/Shanghai
currency: CNY
"""

FILES = {
    "metrics/sales.yaml": METRICS,
    "sources/finance_close.yaml": FINANCE,
    "sources/sales_orders.yaml": ORDERS,
    "sources/sales_orders.sql": "SELECT * FROM t WHERE d >= :window_start AND d < :window_end -- :x\n",
    "sources/mes_output.yaml": MES,
    "sources/fx_rates.yaml": RATES,
    "org.yaml": ORG,
    "people.yaml": PEOPLE,
    "calendar.yaml": CALENDAR,
}


def write_company(folder: Path, **changes: str) -> Path:
    """Write the configuration into `folder`; `changes` replace or add whole files, `__` standing for `/`."""
    files = FILES | {f"{name.replace('__', '/')}.yaml": dedent(text) for name, text in changes.items()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
