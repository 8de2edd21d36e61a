"""Several tables on one sheet, each below or beside its title."""

from typing import Any

from tests.hazards.building import book
from tests.hazards.hazard import Hazard, refused

RECORDS = """\
kind: workbook
owner: desk
layout:
  blocks: [{title: 华东公司, org: east}, {title: 华南公司, org: south}]
columns:
  月份: {type: month, is: period, required: true}
  销售额: {type: decimal, metric: revenue, unit: 元}
"""
MATRICES = """\
kind: workbook
owner: desk
layout:
  kind: matrix
  row_label: 项目
  periods: {across: columns, pattern: "{year}年{month}月"}
  blocks: [{title: 华东公司, org: east}, {title: 华南公司, org: south}]
rows:
  销售额: {metric: revenue, unit: 元}
"""
HEADER = ["月份", "销售额"]
TRUTH = {"revenue east 2026-01": "10", "revenue east 2026-02": "11", "revenue south 2026-01": "20"}
EAST: list[list[Any]] = [["华东公司"], HEADER, ["2026-01", 10], ["2026-02", 11], ["合计", 21]]
SOUTH: list[list[Any]] = [["华南公司"], HEADER, ["2026-01", 20], ["合计", 20]]
BESIDE: list[list[Any]] = [
    ["华东公司", None, None, "华南公司"],
    [*HEADER, None, "销售额", "月份"],
    ["2026-01", 10, None, 20, "2026-01"],
    ["2026-02", 11],
]
CASES = [
    Hazard(
        "blocks_below",
        "two tables below each other, each with its total",
        RECORDS,
        book([["销售月报"], [], *EAST, [], *SOUTH]),
        dict(TRUTH),
    ),
    Hazard(
        "blocks_beside",
        "two tables beside each other, columns in another order",
        RECORDS,
        book(BESIDE),
        dict(TRUTH),
    ),
    Hazard("blocks_swapped", "the tables in another order", RECORDS, book([*SOUTH, [], *EAST]), dict(TRUTH)),
    Hazard(
        "matrices_below",
        "two matrices below each other",
        MATRICES,
        book(
            [
                ["华东公司"],
                ["项目", "2026年1月", "2026年2月"],
                ["销售额", 10, 11],
                [],
                ["华南公司"],
                ["项目", "2026年1月"],
                ["销售额", 20],
            ]
        ),
        dict(TRUTH),
    ),
    refused(
        "block_missing", "a table's title is gone", RECORDS, book([*EAST, [], *SOUTH[1:]]), "blocks_unclear"
    ),
    refused(
        "block_twice", "a title stands twice", RECORDS, book([*EAST, *SOUTH, ["华东公司"]]), "blocks_unclear"
    ),
    refused(
        "undeclared_block",
        "a third table that nobody declared",
        RECORDS,
        book([*EAST, *SOUTH, ["华北公司"], *SOUTH[1:]]),
        "blocks_unclear",
    ),
    refused(
        "block_above",
        "a table without title above the others",
        RECORDS,
        book([*SOUTH[1:], *EAST, *SOUTH]),
        "blocks_unclear",
    ),
    refused(
        "block_total",
        "the second table's total isn't its sum",
        RECORDS,
        book([*EAST, *SOUTH[:-1], ["合计", 41]]),
        "control_total_mismatch",
    ),
    refused(
        "block_unit", "万元 above all tables", RECORDS, book([["单位：万元"], *EAST, *SOUTH]), "unit_changed"
    ),
]
