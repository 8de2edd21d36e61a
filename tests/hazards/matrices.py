"""Matrices and forms: periods and org units across, figures in fixed cells."""

from typing import Any

from tests.hazards.building import Look, book
from tests.hazards.company import MATRIX
from tests.hazards.hazard import Hazard, refused

ORGS = """\
kind: workbook
owner: desk
layout: {kind: matrix, org: {across: columns}, period: {cell: B1}, row_label: 项目}
rows:
  销售额: {metric: revenue, unit: 元}
  成本: {metric: cost, unit: 元}
"""
BOTH_ACROSS = """\
kind: workbook
owner: desk
layout:
  kind: matrix
  header_rows: [1, 2]
  row_label: 项目
  org: {across: columns}
  periods: {across: columns, pattern: "{year}年{month}月"}
rows:
  销售额: {metric: revenue, unit: 元}
"""
DOWN = """\
kind: workbook
owner: desk
layout: {org: {cell: B1}, header_row: 2}
columns:
  月份: {type: month, is: period, required: true}
  销售额: {type: decimal, metric: revenue, unit: 元}
"""
FORM = """\
kind: workbook
owner: desk
layout: {kind: form, org: {cell: B1}, period: {cell: B2}}
columns:
  销售额: {type: decimal, cell: B4, metric: revenue, unit: 元}
  成本: {type: decimal, cell: B5, metric: cost, unit: 元}
"""
MANY_WAYS = MATRIX.replace("layout: {", "layout: {header_rows: [1, 2], ")


def _orgs(
    name: str, says: str, header: list[Any], *codes: str, rows: list[list[Any]] | None = None
) -> Hazard:
    body = rows or [["销售额", 10, 20, 30], ["成本", 1, 2, 3]]
    write = book([["月份", "2026-01"], ["项目", *header], *body])
    if codes:
        return refused(name, says, ORGS, write, *codes)
    truth = {
        "revenue east 2026-01": "10",
        "cost east 2026-01": "1",
        "revenue south 2026-01": "20",
        "cost south 2026-01": "2",
    }
    return Hazard(name, says, ORGS, write, dict(truth))


def _form(name: str, says: str, rows: list[list[Any]], *codes: str) -> Hazard:
    if codes:
        return refused(name, says, FORM, book(rows), *codes)
    return Hazard(name, says, FORM, book(rows), {"revenue east 2026-01": "10", "cost east 2026-01": "3"})


REAL = MATRIX.replace("{month}月", "{month}月（实际）").replace("成本:", "成本（含税）:")
REAL_ROWS = [["项目", "2026年1月（实际）"], ["销售额", 10], ["成本（含税）", 3]]
PLACES = [["公司", "华东"], ["月份", "2026年1月"], []]
CASES = [
    Hazard(
        "declared_brackets_across",
        "（实际） in the declared pattern, （含税） in a row label",
        REAL,
        book(REAL_ROWS),
        {"revenue east 2026-01": "10", "cost east 2026-01": "3"},
    ),
    refused(
        "brackets_across",
        "（实际） behind the figures' heading, which nobody declared",
        MANY_WAYS,
        book([["项目", "2026年1月"], [None, "金额（实际）"], ["销售额", 10], ["成本", 3]]),
        "unknown_unit",
    ),
    _form(
        "bracket_in_form",
        "（含税） behind a form's label",
        [*PLACES, ["销售额（含税）", 10], ["成本", 3]],
        "unknown_unit",
    ),
    _orgs("orgs_across", "org units across, with their total", ["华东", "华南", "合计"]),
    _orgs(
        "orgs_with_notes",
        "org units and 备注 across",
        ["华东", "华南公司", "备注"],
        rows=[["销售额", 10, 20, "x"], ["成本", 1, 2, None]],
    ),
    _orgs("unknown_org_across", "a unit across that nobody knows", ["华东", "华南", "华中"], "unknown_org"),
    _orgs("doubtful_total_across", "华东合计 across", ["华东", "华南", "华东合计"], "doubtful_total"),
    _orgs("org_twice_across", "a unit twice", ["华东", "华南", "华东"], "duplicate_label"),
    _orgs("org_by_two_names_across", "a unit by two names", ["华东", "华南", "华东公司"], "duplicate_key"),
    Hazard(
        "orgs_and_months",
        "months below merged org units",
        BOTH_ACROSS,
        book(
            [
                ["项目", "华东", None, "华南", None],
                [None, "2026年1月", "2026年2月", "2026年1月", "2026年2月"],
                ["销售额", 1, 2, 3, 4],
            ],
            Look(merged=["A1:A2", "B1:C1", "D1:E1"]),
        ),
        {
            "revenue east 2026-01": "1",
            "revenue east 2026-02": "2",
            "revenue south 2026-01": "3",
            "revenue south 2026-02": "4",
        },
    ),
    Hazard(
        "months_and_orgs",
        "org units below merged months, with totals",
        BOTH_ACROSS,
        book(
            [["项目", "2026年1月", None, None], [None, "华东", "华南", "合计"], ["销售额", 1, 2, 3]],
            Look(merged=["A1:A2", "B1:D1"]),
        ),
        {"revenue east 2026-01": "1", "revenue south 2026-01": "2"},
    ),
    refused(
        "month_without_org",
        "a month without its org unit",
        BOTH_ACROSS,
        book(
            [["项目", "华东", None], [None, "2026年1月", "2026年2月"], ["销售额", 1, 2]],
            Look(merged=["A1:A2"]),
        ),
        "required_blank",
    ),
    Hazard(
        "months_down",
        "months down the side are records",
        DOWN,
        book([["公司", "华东"], ["月份", "销售额"], ["2026年1月", 1], ["2026年2月", 2], ["合计", 3]]),
        {"revenue east 2026-01": "1", "revenue east 2026-02": "2"},
    ),
    refused(
        "growth_below_month",
        "growth below the same merged month",
        MANY_WAYS,
        book(
            [["项目", "2026年1月", None], [None, "金额", "同比"], ["销售额", 1, 0.1], ["成本", 3, 0.1]],
            Look(merged=["B1:C1"]),
        ),
        "duplicate_label",
    ),
    Hazard(
        "matrix_total",
        "a total row of a matrix, right",
        MATRIX,
        book([["项目", "2026年1月"], ["销售额", 10], ["成本", 4], ["其他", 1], ["合计", 15]]),
        {"revenue east 2026-01": "10", "cost east 2026-01": "4"},
    ),
    refused(
        "wrong_matrix_total",
        "a total row of a matrix that isn't the sum",
        MATRIX,
        book([["项目", "2026年1月"], ["销售额", 10], ["成本", 4], ["合计", 15]]),
        "control_total_mismatch",
    ),
    _form("form", "a form", [*PLACES, ["销售额", 10], ["成本", 3]]),
    Hazard(
        "form_merged_value",
        "a figure in a merged cell, declared by its second one",
        FORM.replace("cell: B4", "cell: C4"),
        book([*PLACES, ["销售额", 10], ["成本", 3]], Look(merged=["B4:C4"])),
        {"revenue east 2026-01": "10", "cost east 2026-01": "3"},
    ),
    _form(
        "form_moved",
        "a form with an inserted row",
        [*PLACES, ["说明"], ["销售额", 10], ["成本", 3]],
        "label_moved",
    ),
    _form(
        "form_swapped", "a form with two rows swapped", [*PLACES, ["成本", 3], ["销售额", 10]], "label_moved"
    ),
    _form(
        "form_other_unit",
        "a form whose label says another unit",
        [*PLACES, ["销售额（万元）", 10], ["成本", 3]],
        "unit_changed",
    ),
    _form(
        "form_without_org",
        "a form without its org unit",
        [["公司"], *PLACES[1:], ["销售额", 10], ["成本", 3]],
        "required_blank",
    ),
]
