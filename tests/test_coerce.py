"""Texts to typed values: what is read, what is refused, and that nothing is read as another number."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.catalogue.models import CalendarConfig
from include.coerce import Coerced, Reading, coerce
from include.period import Calendar


def read(text: str | None, kind: str, **how: Any) -> Any:
    """Return the value of one text, or the code of its failure in brackets."""
    coerced = coerce(pd.Series([text], dtype="str"), kind, Reading(**how))
    value = coerced.values[0]
    if coerced.codes[0]:
        assert pd.isna(value)
        return f"<{coerced.codes[0]}>"
    return None if pd.isna(value) else pd.Timestamp(value).date() if kind == "date" else value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[
            ("1234.5", "1234.5"),
            ("+12", "12"),
            ("-0.10", "-0.1"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0.0", "0"),
        ],
        *[
            ("1,234,567.89", "1234567.89"),
            (" 12 ", "12"),
            ("１，２３４．５", "1234.5"),
            ("−5", "-5"),
            ("－5", "-5"),
        ],
        *[
            (" $32,370.00 ", "32370"),
            ("$-", "0"),
            (" $ -   ", "0"),
            ("￥-", "0"),
            ("$(4,533.75)", "-4533.75"),
        ],
        *[
            ("($5)", "-5"),
            ("-$5", "-5"),
            ("$-5", "-5"),
            ("¥ 5", "5"),
            ("￥5", "5"),
            ("5€", "5"),
            ("1,234-", "-1234"),
        ],
        *[
            ("(1,234)", "-1234"),
            ("（1,234）", "-1234"),
            ("\u00a05\u3000", "5"),
            ("0.000000000000000000001", "1e-21"),
        ],
        ("1" * 60, "1" * 60),
    ],
)
def test_reads_numbers_exactly(text: str, number: str) -> None:
    assert read(text, "decimal") == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "1.234,56",
            "1,23",
            "0,123",
            "12,34,567",
            "1,234,56",
            "1 234",
            "1'234",
            "1_000",
            "3.5万",
            "12%",
            "1e5",
            "1E+5",
        ],
        *[
            "-",
            "—",
            "+",
            "$",
            "()",
            "(-5)",
            "-5-",
            "--5",
            "+-5",
            "- 5",
            "-$-",
            "$$5",
            "$5$",
            "(5",
            "5)",
            "5元",
            "CNY 5",
        ],
        *[
            "10²",
            "½",
            "①",
            "٣",
            "十",
            "nan",
            "NaN",
            "inf",
            "Infinity",
            "TRUE",
            "0x10",
            "1.2.3",
            "5..",
            "约5",
            "5\n6",
        ],
        "1" * 61,
    ],
)
def test_refuses_what_has_a_second_reading(text: str) -> None:
    assert read(text, "decimal") == "<not_a_number>"


def test_a_percent_sign_counts_only_where_the_unit_is_percent() -> None:
    assert read("12.5%", "decimal", percent=Decimal(1)) == Decimal("12.5")
    assert read("１２％", "decimal", percent=Decimal(1)) == Decimal(12)
    assert read("12.5%", "decimal", percent=Decimal("0.01")) == Decimal("0.125")
    assert read("12.5%", "decimal", percent=Decimal(10)) == Decimal(125)
    assert read("12.5%", "decimal") == "<not_a_number>"


def test_a_currency_sign_that_contradicts_the_unit_is_refused() -> None:
    assert read("$5", "decimal", signs={"¥"}) == "<wrong_currency>"
    assert read("$-", "decimal", signs={"¥"}) == "<wrong_currency>"
    assert read("¥5", "decimal", signs={"¥"}) == Decimal(5)
    assert read("¥5", "decimal", signs=()) == "<wrong_currency>"


@pytest.mark.parametrize(
    "kind", ["decimal", "integer", "text", "date", "month", "quarter", "period", "boolean"]
)
def test_blanks_nulls_and_error_cells_are_alike_in_every_type(kind: str) -> None:
    for blank in (None, "", "  ", "\u3000", "—", " 无 ", "N/A"):
        assert read(blank, kind, nulls={"—", "无", "N/A"}) is None
    for error in ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#n/a", " #SPILL! "):
        assert read(error, kind) == "<error_cell>"
    assert read("#N/A", kind, nulls={"#N/A"}) is None


def test_a_null_mark_may_look_like_a_number() -> None:
    assert read("-999", "decimal", nulls={"-999"}) is None
    assert read("-999.0", "decimal", nulls={"-999"}) == Decimal(-999)


def test_integers_have_no_fraction() -> None:
    assert read("3.00", "integer") == 3
    assert read("1,000", "integer") == 1000
    assert read("$1,000.00", "integer") == 1000
    assert read("3.5", "integer") == "<not_an_integer>"
    assert read("(3.5)", "integer") == "<not_an_integer>"
    assert read("three", "integer") == "<not_a_number>"


MARCH_5 = dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "2024-03-05",
            "2024-3-5",
            "2024/3/5",
            "2024/03/05",
            "2024.3.5",
            "2024年3月5日",
            "2024年03月05日",
            "20240305",
        ],
        *["2024-03-05 00:00:00", "2024-03-05T23:59:59", "2024-03-05T08:00:00.123456", "2024-03-04T16:00:00Z"],
        *["2024-03-05T00:30:00+08:00", "２０２４－０３－０５", " 2024-03-05 "],
    ],
)
def test_reads_dates(text: str) -> None:
    assert read(text, "date") == MARCH_5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[("05/03/2024", "ambiguous_date"), ("5-3-24", "ambiguous_date"), ("13/03/2024", "ambiguous_date")],
        *[
            ("45292", "date_serial"),
            ("45292.5", "date_serial"),
            ("2024-02-30", "not_a_date"),
            ("2024-13-01", "not_a_date"),
        ],
        *[
            ("1824-03-05", "not_a_date"),
            ("2224-03-05", "not_a_date"),
            ("yesterday", "not_a_date"),
            ("2024-03", "not_a_date"),
        ],
        ("2024-03-05T25:00:00", "not_a_date"),
    ],
)
def test_refuses_dates(text: str, code: str) -> None:
    assert read(text, "date") == f"<{code}>"


def test_a_declared_format_settles_the_order_of_day_and_month() -> None:
    assert read("05/03/2024", "date", date_format="%d/%m/%Y") == MARCH_5
    assert read("03/05/2024", "date", date_format="%m/%d/%Y") == MARCH_5
    assert read("2024-03-05", "date", date_format="%d/%m/%Y") == MARCH_5, "real date cells arrive as ISO"
    assert read("31/02/2024", "date", date_format="%d/%m/%Y") == "<not_a_date>"
    assert read("2024-05-03", "date", date_format="%Y-%d-%m") == "<ambiguous_date>"


def test_the_company_s_timezone_decides_the_date_of_a_timestamp() -> None:
    assert read("2024-03-04T23:30:00Z", "date", timezone="Asia/Shanghai") == MARCH_5
    assert read("2024-03-04T23:30:00Z", "date", timezone="America/New_York") == dt.date(2024, 3, 4)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *[("2024-03", "2024-03"), ("2024-3", "2024-03"), ("2024/3", "2024-03"), ("2024年3月", "2024-03")],
        *[("2024年03月份", "2024-03"), ("202403", "2024-03"), ("2024.10", "2024-10"), ("2024.3", "2024-03")],
        *[("2024-03-01", "2024-03"), ("2024-02-29", "2024-02"), ("2024-03-31 00:00:00", "2024-03")],
        *[("2024.1", "<ambiguous_period>"), ("45292", "<date_serial>"), ("202413", "<not_a_period>")],
        *[("2024-03-15", "<not_a_period>"), ("2023-02-29", "<not_a_period>"), ("March", "<not_a_period>")],
        *[("01/03/2024", "<ambiguous_date>"), ("189003", "<not_a_period>"), ("2024-00", "<not_a_period>")],
    ],
)
def test_reads_months(text: str, key: str) -> None:
    assert read(text, "month") == key
    assert read(text, "period") == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *[
            ("2026-Q1", "2026-Q1"),
            ("2026q4", "2026-Q4"),
            ("2026年第一季度", "2026-Q1"),
            ("2026年3季度", "2026-Q3"),
        ],
        *[
            ("2026年Q2", "2026-Q2"),
            ("2026-Q5", "<not_a_period>"),
            ("Q1", "<not_a_period>"),
            ("2026年五季度", "<not_a_period>"),
        ],
    ],
)
def test_reads_quarters(text: str, key: str) -> None:
    assert read(text, "quarter") == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *[
            ("2026-W05", "2026-W05"),
            ("2026W5", "2026-W05"),
            ("2026/w05", "2026-W05"),
            ("2026 W05", "2026-W05"),
        ],
        *[("2026年第5周", "2026-W05"), ("2026 年 53 周", "2026-W53"), ("２０２６－Ｗ０５", "2026-W05")],
        *[("2025-W53", "<not_a_period>"), ("2026-W00", "<not_a_period>"), ("W05", "<not_a_period>")],
        *[
            ("2026-05", "<ambiguous_period>"),
            ("202605", "<ambiguous_period>"),
            ("2026/5", "<ambiguous_period>"),
        ],
        *[("2026年5月", "<not_a_period>"), ("1989-W05", "<not_a_period>"), ("45292", "<date_serial>")],
        *[("2026-01-26", "2026-W05"), ("2026-02-01", "2026-W05"), ("2026-01-28", "<not_a_period>")],
        ("2027-01-03", "2026-W53"),
    ],
)
def test_reads_weeks(text: str, key: str) -> None:
    weeks = Calendar(CalendarConfig(periods="iso-week"))
    assert read(text, "week", calendar=weeks) == key
    assert read(text, "period", calendar=weeks) == key
    assert read("2026年第一季度", "period", calendar=weeks) == "2026-Q1"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *[
            ("2026年3月", "2026-03"),
            ("2026-03-01", "2026-03"),
            ("2026-02-23", "2026-03"),
            ("2026-03-29", "2026-03"),
        ],
        *[
            ("2026-03-31", "<not_a_period>"),
            ("2023-01-01", "<ambiguous_period>"),
            ("2026-W05", "<not_a_period>"),
        ],
    ],
)
def test_reads_fiscal_months(text: str, key: str) -> None:
    assert read(text, "month", calendar=Calendar(CalendarConfig(periods="4-4-5"))) == key


def test_reads_booleans() -> None:
    assert [read(text, "boolean") for text in ("是", "Yes", "TRUE", "1")] == [True] * 4
    assert [read(text, "boolean") for text in ("否", "no", "False", "0")] == [False] * 4
    assert read("maybe", "boolean") == "<not_a_boolean>"


def test_text_keeps_all_but_its_outer_blanks() -> None:
    assert read("  Carretera ２²\u3000", "text") == "Carretera ２²"
    assert read("01", "text") == "01"


def test_order_is_kept_and_distinct_values_are_told() -> None:
    texts = pd.Series(["b", None, "a", "b", "#REF!", ""], dtype="str")
    coerced = coerce(texts, "text")
    assert list(coerced.values) == ["b", None, "a", "b", None, None]
    assert list(coerced.failed) == [False] * 4 + [True, False]
    assert list(coerced.blank) == [False, True, False, False, False, True]
    places, distinct = coerced.grouped
    assert list(distinct[places]) == list(coerced.values)


def test_an_empty_column_is_read() -> None:
    for kind in ("text", "decimal", "date", "period"):
        assert len(coerce(pd.Series([], dtype="str"), kind).values) == 0


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20)
WIDE = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


def spellings(number: Decimal) -> list[str]:
    """Return every way in which the number may be written."""
    plain, grouped = f"{abs(number):f}", f"{abs(number):,f}"
    bare = [plain, grouped, plain + "0"]
    if number < 0:
        signed = [f(text) for text in bare for f in ("-{}".format, "({})".format, "{}-".format, "−{}".format)]
        money = [
            f(text) for text in bare for f in ("-${}".format, "$({})".format, "¥-{}".format, " ({} ) ".format)
        ]
        return [*signed, *money, f"-{plain}".translate(WIDE)]
    signed = [f(text) for text in bare for f in ("{}".format, "+{}".format, " {}\u3000".format)]
    return [
        *signed,
        *(f"${text} " for text in bare),
        *(f"￥ {text}" for text in bare),
        grouped.translate(WIDE),
    ]


@given(st.lists(NUMBERS, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_every_spelling_of_a_number_gives_that_number(numbers: list[Decimal]) -> None:
    texts = [text for number in numbers for text in spellings(number)]
    wanted = [number for number in numbers for _ in spellings(number)]
    coerced = coerce(pd.Series(texts, dtype="str"), "decimal")
    assert not coerced.failed.any(), [text for text, bad in zip(texts, coerced.failed, strict=True) if bad]
    assert list(coerced.values) == wanted


def parse_by_hand(text: str) -> Decimal | None:
    """Read a number character by character, knowing nothing of the product's patterns."""
    wide = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)} | {"−": "-", "￥": "¥", "￡": "£"}
    chars = [wide.get(char, char) for char in text]
    blanks = " \u3000\u00a0\u202f\u2007\u2009\t"
    body = "".join(" " if char in blanks else char for char in chars).strip()
    negative, marks = False, 0
    if body.count("(") or body.count(")"):
        if body.count("(") != 1 or body.count(")") != 1:
            return None
        negative, marks, body = True, 1, body.replace("(", "").replace(")", "")
    currency = [char for char in body if char in "$¥€£"]
    if len(currency) > 1:
        return None
    for char in currency:
        body = body.replace(char, "")
    body = body.strip()
    if currency and body == "-" and not marks:
        return Decimal(0)
    for sign in "+-":
        if sign in body:
            marks += body.count(sign)
            negative = negative or sign == "-"
            body = body.replace(sign, "")
    whole, _, fraction = body.strip().partition(".")
    groups = whole.split(",")
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    digits = "".join(groups) + fraction
    if marks > 1 or not digits or any(char not in "0123456789" for char in digits):
        return None
    number = sum(
        (Decimal(int(char)).scaleb(place) for place, char in enumerate(reversed(digits))), Decimal(0)
    )
    value = number.scaleb(-len(fraction))
    return -value if negative else value


@given(
    st.lists(
        st.text(alphabet="0123456789.,+-−()$¥￥€ %eE１２，．－万²\u3000", min_size=1, max_size=12),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_text_is_read_as_another_number(texts: list[str]) -> None:
    coerced = coerce(pd.Series(texts, dtype="str"), "decimal")
    for text, value, code in zip(texts, coerced.values, coerced.codes, strict=True):
        if value is None:
            assert code == "not_a_number" or not text.strip()
        else:
            assert value == parse_by_hand(text), text


@given(
    st.lists(st.text(max_size=12), max_size=20),
    st.sampled_from(["decimal", "integer", "date", "month", "quarter", "boolean"]),
)
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_value_a_blank_or_a_failure(texts: list[str], kind: str) -> None:
    coerced: Coerced = coerce(pd.Series(texts, dtype="str"), kind)
    there = ~np.asarray(pd.isna(coerced.values))
    assert (there.astype(int) + coerced.failed.astype(int) + coerced.blank.astype(int) == 1).all()


@given(st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31)))
@settings(max_examples=100, deadline=None)
def test_every_spelling_of_a_date_gives_that_date(date: dt.date) -> None:
    year, month, day = date.year, date.month, date.day
    texts = [
        date.isoformat(),
        f"{year}/{month}/{day}",
        f"{year}年{month}月{day}日",
        f"{year}.{month}.{day}",
        f"{date:%Y%m%d}",
    ]
    assert [read(text, "date") for text in texts] == [date] * len(texts)
    assert read(f"{date:%d/%m/%Y}", "date", date_format="%d/%m/%Y") == date
    assert read(f"{year}年{month}月", "month") == read(f"{year}{month:02d}", "month") == f"{year}-{month:02d}"
