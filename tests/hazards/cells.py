"""Numbers as people and programs write them: one cell of a records sheet is in doubt, the other is plain."""

from typing import Any

from tests.hazards.building import As, book, text
from tests.hazards.company import PRODUCTS, RATES, RECORDS
from tests.hazards.hazard import Hazard, refused

HEADER = ["单位", "月份", "销售额"]
PLAIN = {"revenue south 2026-01": "100"}


def _rows(value: Any, header: list[str] | None = None) -> list[list[Any]]:
    return [header or HEADER, ["华东", "2026-01", value], ["华南", "2026-01", 100]]


def _read(name: str, says: str, value: Any, number: str, source: str = RECORDS) -> Hazard:
    return Hazard(name, says, source, book(_rows(value)), {"revenue east 2026-01": number, **PLAIN})


def _refuse(name: str, says: str, value: Any, code: str = "not_a_number", source: str = RECORDS) -> Hazard:
    return refused(name, says, source, book(_rows(value)), code)


def _rate(name: str, says: str, value: Any, number: str | None, code: str = "") -> Hazard:
    write = book(_rows(value, ["单位", "月份", "合格率"]))
    if number is None:
        return refused(name, says, RATES, write, code)
    return Hazard(name, says, RATES, write, {"rate east 2026-01": number, "rate south 2026-01": "100"})


NULLS = RECORDS + "nulls: [—, /, 无, N/A, (S)]\n"
FLAGS = RECORDS + 'flags: ["*", "(p)", ①]\n'
BOUNDED = RECORDS.replace("unit: 元", "unit: 万元, min: 0, max: 5000")
TEN_THOUSANDS = RECORDS.replace("unit: 元", "unit: 万元")
BUYERS = """\
kind: workbook
owner: desk
columns:
  单位: {is: org, required: true}
  月份: {type: month, is: period, required: true}
  客户: {type: text, metric: buyers}
"""
BUYERS_HEADER = ["单位", "月份", "客户"]

CASES = [
    _read("text_number", "a number typed as text", "1234.5", "1234.5"),
    _read("full_width_digits", "full-width digits and point", "１，２３４．５", "1234.5"),
    _read("thousands", "thousands separators in a text", "1,234,567.80", "1234567.8"),
    _read("bracket_negative", "(1,234) for a negative", "(1,234)", "-1234"),
    _read("trailing_minus", "an ERP's trailing minus", "1,234-", "-1234"),
    _refuse("double_minus", "minus before and behind", "-1,234-"),
    _refuse("negative_in_brackets", "a minus inside brackets", "(-5)"),
    _read("yuan_sign", "a currency sign that fits", "￥1,234.00", "1234"),
    _refuse("foreign_sign", "a dollar sign in a column of yuan", "$1,234.00", "wrong_currency"),
    _refuse("unit_behind", "the unit typed behind the number", "1234元"),
    _refuse("ten_thousand_behind", "3.5万 typed into the cell", "3.5万"),
    _refuse("wrong_groups", "commas every four digits", "12,3456"),
    _refuse("short_group", "a comma before two digits", "1,23"),
    _refuse("european", "1.234,50 as in Europe", "1.234,50"),
    _refuse("space_groups", "blanks between thousands", "1 234"),
    _refuse("scientific_text", "1E+05 as text", "1E+05"),
    _read("scientific_number", "a number that shows as 1E+05", As(100000, "0E+00"), "100000"),
    _read("float_noise", "0.1 + 0.2 as computers add", 0.1 + 0.2, "0.3"),
    _read(
        "seventeen_digits", "a text number of 17 digits keeps them", "12345678901234567", "12345678901234567"
    ),
    _read("many_decimals", "nine decimals", 0.123456789, "0.123456789"),
    _refuse("circled_digit", "① is no number", "①"),
    _refuse("chinese_numeral", "一百二十 is no number here", "一百二十"),
    _refuse("banker_numeral", "壹佰元整 is no number here", "壹佰元整"),
    _refuse("superscript", "10² isn't 102", "10²"),
    _refuse("fraction", "½ isn't read", "½"),
    _refuse("arabic_digits", "digits of another script", "١٢٣"),
    _read("unicode_minus", "a typographic minus", "−1,234.5", "-1234.5"),
    _read("full_width_minus", "a full-width minus", "－88", "-88"),
    _refuse("en_dash_minus", "an en dash for a minus", "–88"),
    _read("no_break_space", "no-break blanks around", "\u00a01,234\u00a0", "1234"),
    _read("zero_width", "a zero-width blank inside", "12\u200b34", "1234"),
    _read("byte_order_mark", "a byte order mark before", "\ufeff1234", "1234"),
    _read("left_to_right_marks", "marks that a calculator copies along", "\u202d1234\u202c", "1234"),
    _refuse("right_to_left", "a mark that turns the digits round", "\u202e1234"),
    _refuse("range", "a range in place of a number", "10-12"),
    _refuse("about", "约120", "约120"),
    _refuse("formula_as_text", "a formula typed as text", "'=1+2"),
    _refuse("error_cell", "#N/A in a cell", "#N/A", "error_cell"),
    _refuse("boolean", "TRUE where a number belongs", True),
    _refuse("date_for_number", "a number that became a date", As(46082, "yyyy-mm-dd")),
    _refuse("undeclared_dash", "a dash that nobody declared", "—"),
    Hazard(
        "declared_nulls",
        "— / 无 N/A (S) declared as missing",
        NULLS,
        book(
            [
                HEADER,
                *(["华东", f"2026-0{n}", mark] for n, mark in enumerate(["—", "/", "无", "N/A", "(S)"], 1)),
                ["华南", "2026-01", 100],
            ]
        ),
        PLAIN,
    ),
    Hazard("blank", "a blank cell isn't zero", RECORDS, book(_rows(None)), PLAIN),
    _read("zero", "a zero is a zero", 0, "0"),
    _refuse("footnote_star", "123.4* with an undeclared mark", "123.4*"),
    _refuse("footnote_circled", "a circled footnote", "12.5①"),
    _read("declared_star", "123.4* with the mark declared", "123.4*", "123.4", FLAGS),
    _read("declared_provisional", "12.5 (p) with the mark declared", "12.5 (p)", "12.5", FLAGS),
    _read("two_flags", "two declared marks", "1,250 (p)*", "1250", FLAGS),
    _refuse("flag_alone", "a declared mark without a number", "*", "not_a_number", FLAGS),
    _refuse("digit_flag", "a footnote number in brackets", "12.5(1)", "not_a_number", FLAGS),
    _rate("percent_format", "0.125 formatted as 12.5 %", As(0.125, "0.0%"), "12.5"),
    _rate("percent_long", "a formatted rate of many digits", As(0.14099321, "0.00%"), "14.099321"),
    _rate("percent_text", "12% as text", "12%", "12"),
    _rate("percent_plain", "12.5 without a format", 12.5, "12.5"),
    _rate("percent_literal", "a format that only writes % behind 12.5", As(12.5, '0.0"%"'), "12.5"),
    _rate("percent_negative", "a red negative percentage", As(-0.05, "0.00%;[Red]-0.00%"), "-5"),
    _refuse("percent_in_money", "a percentage in a column of yuan", As(0.125, "0.0%")),
    _refuse(
        "shown_in_ten_thousands",
        "a format that shows 万 of what is stored",
        As(12345678, '0!.0,"万"'),
        "scaled_format",
    ),
    _refuse("shown_in_thousands", "a format that shows thousands", As(1234567, "#,##0,"), "scaled_format"),
    _refuse(
        "written_ten_thousand", "a format that writes 万 behind 3.5", As(3.5, '0.0"万"'), "scaled_format"
    ),
    _refuse("shown_not_at_all", "a format that hides the number", As(5, ";;;"), "scaled_format"),
    _read("money_format", "an accounting format", As(1234.5, "_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ "), "1234.5"),
    _read("kilogram_format", "千克 behind a number isn't thousands", As(12, '0"千克"'), "12"),
    refused(
        "decimal_commas",
        "1,234 beside 12,5: thousands or decimals?",
        RECORDS + "accept: slices\n",
        book([HEADER, ["华东", "2026-01", "1,234"], ["华南", "2026-01", "12,5"]]),
        "ambiguous_number",
        "not_a_number",
    ),
    refused(
        "semicolon_commas",
        "1,234 in a file with semicolons",
        RECORDS,
        text("单位;月份;销售额\n华东;2026-01;1,234\n华南;2026-01;100\n"),
        "ambiguous_number",
    ),
    refused(
        "magnitude",
        "yuan filled in where the header says 万元",
        BOUNDED,
        book(_rows(12345678, ["单位", "月份", "销售额（万元）"])),
        "above_max",
    ),
    Hazard(
        "header_unit",
        "万元 in the header, converted",
        TEN_THOUSANDS,
        book(_rows(1.5, ["单位", "月份", "销售额（万元）"])),
        {"revenue east 2026-01": "15000", "revenue south 2026-01": "1000000"},
    ),
    refused(
        "changed_unit",
        "the header's unit changed to 千元",
        TEN_THOUSANDS,
        book(_rows(1.5, ["单位", "月份", "销售额（千元）"])),
        "unit_changed",
    ),
    refused(
        "lost_digits",
        "customer numbers of 18 digits kept as numbers",
        BUYERS,
        book(
            [BUYERS_HEADER, ["华东", "2026-01", 110101199003071234], ["华东", "2026-01", 110101199003075678]]
        ),
        "digits_lost",
    ),
    refused(
        "scientific_codes",
        "codes that an export wrote as 1.10101E+17",
        BUYERS,
        text("单位,月份,客户\n华东,2026-01,1.10101E+17\n华东,2026-01,1.10101E+17\n"),
        "digits_lost",
    ),
    Hazard(
        "long_codes",
        "customer numbers of 18 digits as text",
        BUYERS,
        book(
            [
                BUYERS_HEADER,
                ["华东", "2026-01", "110101199003071234"],
                ["华东", "2026-01", "110101199003075678"],
            ]
        ),
        {"buyers east 2026-01 110101199003071234": "1", "buyers east 2026-01 110101199003075678": "1"},
    ),
    Hazard(
        "invisible_in_name",
        "a zero-width blank in a product's name",
        PRODUCTS,
        book([["产品", "销售额"], ["家电", 10], ["家具\u200b", 20]]),
        {"revenue east 2026-01 家电": "10", "revenue east 2026-01 家具": "20"},
    ),
]
