"""Dates and periods in cells and headers."""

import datetime as dt
from typing import Any

from tests.hazards.building import As, Look, book, old_book
from tests.hazards.company import MATRIX, RECORDS
from tests.hazards.hazard import Hazard, refused

DAYS = RECORDS.replace("月份: {type: month, is: period", "日期: {type: date, is: date")
QUARTERS = RECORDS.replace("月份: {type: month", "季度: {type: quarter") + "slice: quarter\n"
CUMULATED = MATRIX.replace("{year}年{month}月", "{year}年1-{month}月").replace(
    "unit: 元}", "unit: 元, reported_as: ytd}"
)
MARCH = {"revenue east 2026-03": "5"}


def _month(name: str, says: str, value: Any, truth: dict[str, str] | str) -> Hazard:
    write = book([["单位", "月份", "销售额"], ["华东", value, 5]])
    return (
        refused(name, says, RECORDS, write, truth)
        if isinstance(truth, str)
        else Hazard(name, says, RECORDS, write, dict(truth))
    )


def _day(name: str, says: str, value: Any, code: str = "", source: str = DAYS) -> Hazard:
    write = book([["单位", "日期", "销售额"], ["华东", value, 5]])
    return (
        refused(name, says, source, write, code) if code else Hazard(name, says, source, write, dict(MARCH))
    )


def _quarter(name: str, says: str, value: str, truth: bool) -> Hazard:
    write = book([["单位", "季度", "销售额"], ["华东", value, 5]])
    if not truth:
        return refused(name, says, QUARTERS, write, "not_a_period")
    return Hazard(name, says, QUARTERS, write, {"revenue east 2026-Q1": "5"})


def _across(name: str, says: str, header: Any, truth: dict[str, str] | str, source: str = MATRIX) -> Hazard:
    write = book([["项目", "2026年1月", header], ["销售额", 1, 5], ["成本", 2, 6]])
    if isinstance(truth, str):
        return refused(name, says, source, write, truth)
    first = {"revenue east 2026-01": "1", "cost east 2026-01": "2"}
    return Hazard(name, says, source, write, first | truth)


BOTH = {"revenue east 2026-03": "5", "cost east 2026-03": "6"}
CASES = [
    _month("chinese_month", "2026年3月", "2026年3月", MARCH),
    _month("short_month", "2026-3", "2026-3", MARCH),
    _month("slashed_month", "2026/03", "2026/03", MARCH),
    _month("month_number", "202603 as a number", 202603, MARCH),
    _month("month_date", "a date cell that shows 2026年3月", As(dt.date(2026, 3, 1), 'yyyy"年"m"月"'), MARCH),
    _month("full_width_month", "２０２６年３月", "２０２６年３月", MARCH),
    _month("october_or_january", "2026.1: typed 2026.10, stored 2026.1", 2026.1, "ambiguous_period"),
    _month("october_text", "2025.10 as text", "2025.10", {"revenue east 2025-10": "5"}),
    _month("november_number", "2025.11 as a number", 2025.11, {"revenue east 2025-11": "5"}),
    _month("mid_month_date", "a date within the month", dt.date(2026, 3, 15), "not_a_period"),
    _month("serial_month", "46082 in a month column", 46082, "date_serial"),
    _month("two_months", "1-2月 together", "2026年1-2月", "not_a_period"),
    _month("no_year", "3月 without a year", "3月", "not_a_period"),
    _month("two_digit_year", "26年3月", "26年3月", "not_a_period"),
    _month("roc_year", "民国115年3月", "民国115年3月", "not_a_period"),
    _month("roc_bare", "115年3月", "115年3月", "not_a_period"),
    _month("japanese_era", "令和8年3月", "令和8年3月", "not_a_period"),
    _month("chinese_digits", "二〇二六年三月", "二〇二六年三月", "not_a_period"),
    _month("english_month", "Mar-26", "Mar-26", "not_a_period"),
    _month("thirteenth", "2026-13", "2026-13", "not_a_period"),
    _day("real_date", "a date cell", dt.date(2026, 3, 5)),
    _day("text_date", "2026-03-05 as text", "2026-03-05"),
    _day("dotted_date", "2026.3.5", "2026.3.5"),
    _day("day_or_month", "03/05/2026", "03/05/2026", "ambiguous_date"),
    _day(
        "declared_form",
        "05/03/2026 with the form declared",
        "05/03/2026",
        "",
        DAYS.replace("is: date", 'is: date, format: "%d/%m/%Y"'),
    ),
    _day("serial_number", "46086 without a date format", 46086, "date_serial"),
    _day("serial_text", "46086 as text", "46086", "date_serial"),
    _day("no_such_day", "2026-02-30", "2026-02-30", "not_a_date"),
    _day("far_past", "a slip: 1926", dt.date(1926, 3, 5), "not_a_date"),
    Hazard(
        "epoch_1904",
        "dates counted from 1904",
        DAYS,
        book([["单位", "日期", "销售额"], ["华东", dt.date(2026, 3, 5), 5]], Look(epoch_1904=True)),
        dict(MARCH),
    ),
    Hazard(
        "old_format_date",
        "a date in an .xls",
        DAYS,
        old_book([["单位", "日期", "销售额"], ["华东", As(dt.date(2026, 3, 5), "YYYY-MM-DD"), 5]]),
        dict(MARCH),
    ),
    _quarter("quarter_key", "2026Q1", "2026Q1", True),
    _quarter("quarter_word", "2026年第一季度", "2026年第一季度", True),
    _quarter("quarter_without_year", "一季度", "一季度", False),
    _quarter("half_year", "2026年上半年", "2026年上半年", False),
    _across("header_month", "periods across", "2026年3月", BOTH),
    _across("header_date", "a date in the header", dt.date(2026, 3, 1), BOTH),
    _across("header_cumulated", "1-3月 beside months", "2026年1-3月", "period_header_unknown"),
    _across("header_other_form", "2026-03 where 2026年3月 was agreed", "2026-03", "period_header_unknown"),
    _across("header_roc", "民国115年3月 across", "民国115年3月", "period_header_unknown"),
    _across("header_chinese_digits", "三月 across", "三月", "period_header_unknown"),
    _across("header_english", "Mar 2026 across", "Mar 2026", "period_header_unknown"),
    _across("header_twice", "the same month twice", "2026年1月", "duplicate_label"),
    _across("header_footnote", "a footnote mark behind the month", "2026年3月²", "period_header_unknown"),
    Hazard(
        "growth_beside",
        "同比 beside the months",
        MATRIX,
        book([["项目", "2026年3月", "同比"], ["销售额", 5, 0.3], ["成本", 6, 0.2]]),
        dict(BOTH),
        notes=frozenset({"undeclared_columns"}),
    ),
    Hazard(
        "cumulated_declared",
        "1-2月 declared as the year so far",
        CUMULATED,
        book([["项目", "2026年1-2月", "2026年1-3月"], ["销售额", 5, 8], ["成本", 2, 3]]),
        {
            "revenue east 2026-02": "5",
            "revenue east 2026-03": "8",
            "cost east 2026-02": "2",
            "cost east 2026-03": "3",
        },
    ),
]
