"""The company that the hazards are delivered to, and the sources that most of them use."""

from pathlib import Path

_BASE = "owner: desk, tier: internal, definition: d"
METRICS = f"""\
revenue: {{name: 销售额, unit: CNY, {_BASE}, better: up, over_time: sum, over_org: sum, dimensions: [product]}}
cost: {{name: 成本, unit: CNY, {_BASE}, better: down, over_time: sum, over_org: sum}}
output: {{name: 产量, unit: t, {_BASE}, better: up, over_time: sum, over_org: sum}}
stock: {{name: 库存, unit: CNY, {_BASE}, better: down, over_time: last, over_org: sum}}
rate: {{name: 合格率, unit: "%", {_BASE}, better: up, over_time: none, over_org: none}}
buyers: {{name: 客户数, unit: 人, {_BASE}, better: up, over_time: distinct, over_org: distinct}}
"""
ORG = """\
- {unit: group, name: {zh: 集团, en: Group}}
- {unit: east, parent: group, level: company, name: {zh: 华东公司, en: East}, aliases: [华东]}
- {unit: south, parent: group, level: company, name: {zh: 华南公司, en: South}, aliases: [华南]}
- {unit: north, parent: group, level: company, name: {zh: 华北公司, en: North}, aliases: [华北]}
"""
PEOPLE = "desk: {email: desk@example.com, language: zh}\n"
CALENDAR = "{fiscal_year_starts: 1, periods: month, holidays: CN, timezone: Asia/Shanghai, currency: CNY}\n"

RECORDS = """\
kind: workbook
owner: desk
columns:
  单位: {is: org, required: true}
  月份: {type: month, is: period, required: true}
  销售额: {type: decimal, metric: revenue, unit: 元}
"""
PRODUCTS = """\
kind: workbook
owner: desk
layout: {org: east, period: {value: 2026-01}}
columns:
  产品: {is: dimension, name: product}
  销售额: {type: decimal, metric: revenue, unit: 元}
"""
RATES = """\
kind: workbook
owner: desk
columns:
  单位: {is: org, required: true}
  月份: {type: month, is: period, required: true}
  合格率: {type: decimal, metric: rate, unit: "%"}
"""
MATRIX = """\
kind: workbook
owner: desk
layout: {kind: matrix, org: east, row_label: 项目, periods: {across: columns, pattern: "{year}年{month}月"}}
rows:
  销售额: {metric: revenue, unit: 元}
  成本: {metric: cost, unit: 元}
"""


def write_company(folder: Path, sources: dict[str, str]) -> Path:
    """Write the configuration with these sources (YAML without `source:`, by id) into `folder`."""
    files = {"metrics/all.yaml": METRICS, "org.yaml": ORG, "people.yaml": PEOPLE, "calendar.yaml": CALENDAR}
    files |= {f"sources/{name}.yaml": f"source: {name}\n{text}" for name, text in sources.items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
