"""Number formats of .xls, .xlsb and .ods: the same judgement as of an .xlsx."""

from typing import Any

from tests.hazards.building import As, old_book
from tests.hazards.company import RATES, RECORDS
from tests.hazards.hazard import Hazard, Write, refused
from tests.hazards.other_kinds import ancient_book, binary_book, open_book

KINDS = {"xls": old_book, "xlsb": binary_book, "ods": open_book}


def _rates(value: Any) -> list[list[Any]]:
    return [["单位", "月份", "合格率"], ["华东", "2026-01", value], ["华南", "2026-01", 100]]


def _rate(name: str, says: str, write: Write, number: str) -> Hazard:
    return Hazard(name, says, RATES, write, {"rate east 2026-01": number, "rate south 2026-01": "100"})


def _money(value: Any) -> list[list[Any]]:
    return [["单位", "月份", "销售额"], ["华东", "2026-01", value]]


CASES = [
    *(
        case
        for kind, make in KINDS.items()
        for case in (
            _rate(f"percent_{kind}", f"0.125 formatted as 12.5 % in an .{kind}", make(_rates(As(0.125, "0.0%"))), "12.5"),
            _rate(f"plain_rate_{kind}", f"12.5 without a format in an .{kind}", make(_rates(12.5)), "12.5"),
            _rate(
                f"literal_percent_{kind}",
                f"a format that only writes % behind 12.5 in an .{kind}",
                make(_rates(As(12.5, '0.0"%"'))),
                "12.5",
            ),
            refused(
                f"percent_in_money_{kind}",
                f"a percentage in a column of yuan in an .{kind}",
                RECORDS,
                make(_money(As(0.125, "0.0%"))),
                "not_a_number",
            ),
            refused(
                f"ten_thousands_{kind}",
                f"a format that writes 万 behind 3.5 in an .{kind}",
                RECORDS,
                make(_money(As(3.5, '0.0"万"'))),
                "scaled_format",
            ),
            refused(
                f"thousands_{kind}",
                f"a format that shows thousands in an .{kind}",
                RECORDS,
                make(_money(As(1234567, "#,##0,"))),
                "scaled_format",
            ),
        )
    ),
    Hazard(
        "percent_by_column",
        "a percentage that an .ods formats by the column alone",
        RATES,
        open_book(_rates(0.125)[:2], by_column="0.0%"),
        {"rate east 2026-01": "12.5"},
    ),
    Hazard(
        "percent_of_excel_4",
        "a number in an .xls of Excel 4",
        RECORDS,
        ancient_book(_money(10)),
        {"revenue east 2026-01": "10"},
    ),
    refused(
        "percent_unseen",
        "a rate in an .xls of Excel 4, whose formats aren't known",
        RATES,
        ancient_book(_rates(0.125)),
        "percent_unknown",
    ),
]  # fmt: skip
