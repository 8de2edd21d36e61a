"""Headers, labels, hidden parts, and rows that are no data."""

from typing import Any

from tests.hazards.building import As, Look, book, old_book, text
from tests.hazards.company import MATRIX, PRODUCTS, RATES, RECORDS
from tests.hazards.hazard import Hazard, refused

HEADER = ["单位", "月份", "销售额"]
EAST, SOUTH = ["华东", "2026-01", 10], ["华南", "2026-01", 20]
BOTH = {"revenue east 2026-01": "10", "revenue south 2026-01": "20"}
TWO_ROWS = RECORDS.replace("owner: desk\n", "owner: desk\nlayout: {header_rows: [1, 2]}\n").replace(
    "销售额:", "本月/销售额:"
)
ALIASED = RECORDS.replace("unit: 元}", "unit: 元, aliases: [收入]}")
TWO_SHEETS = RECORDS.replace("owner: desk\n", "owner: desk\nlayout: {sheet: [表, 二*]}\n")
NAMED = RECORDS.replace("owner: desk\n", "owner: desk\nlayout: {sheet: 报表}\n")
PATHS = """\
kind: workbook
owner: desk
layout: {kind: matrix, org: east, row_label: 项目, periods: {across: columns, pattern: "{year}年{month}月"}}
rows:
  销售额/外销: {metric: revenue, unit: 元}
  成本/外销: {metric: cost, unit: 元}
"""
ALLOWED = PRODUCTS.replace("name: product}", "name: product, in: [家电, 全部]}")


def _good(
    name: str, says: str, rows: list[list[Any]], *notes: str, look: Look | None = None, source: str = RECORDS
) -> Hazard:
    return Hazard(name, says, source, book(rows, look), dict(BOTH), notes=frozenset(notes))


def _bad(name: str, says: str, rows: list[list[Any]], *codes: str, source: str = RECORDS) -> Hazard:
    return refused(name, says, source, book(rows), *codes)


def _products(name: str, says: str, rows: list[list[Any]], *codes: str) -> Hazard:
    return refused(
        name, says, PRODUCTS, book([["产品", "销售额"], ["家电", 10], ["家具", 20], *rows]), *codes
    )


def _bracket(name: str, says: str, bracket: str, *codes: str, declared: bool = False) -> Hazard:
    """Return a header with something in brackets that is no unit; `declared`: the source names its column so."""
    header = f"销售额（{bracket}）"
    source = (
        RECORDS.replace("销售额:", f"{header.replace('（', '(').replace('）', ')')}:")
        if declared
        else RECORDS
    )
    rows = [["单位", "月份", header], EAST, SOUTH]
    return Hazard(name, says, source, book(rows), {} if codes else dict(BOTH), frozenset(codes))


PATH_TRUTH = {"revenue east 2026-01": "3", "cost east 2026-01": "1"}
PATH_ROWS: list[tuple[str, int]] = [
    ("销售额", 10),
    ("内销", 7),
    ("外销", 3),
    ("成本", 5),
    ("内销", 4),
    ("外销", 1),
]


def _paths(name: str, says: str, blanks: str, indent: int) -> Hazard:
    rows: list[list[Any]] = [["项目", "2026年1月"]]
    for label, value in PATH_ROWS:
        child = label.endswith("销")
        rows.append([As(blanks + label, indent=indent) if child else label, value])
    return Hazard(name, says, PATHS, book(rows), dict(PATH_TRUTH))


CASES = [
    _good(
        "title_and_notes",
        "a title above, notes below",
        [["销售月报"], [], HEADER, EAST, SOUTH, [], ["注：不含税"], ["制表：王"]],
        "note_row",
    ),
    _good(
        "moved_columns",
        "columns in another order",
        [["销售额", "单位", "月份"], [10, "华东", "2026-01"], [20, "华南", "2026-01"]],
    ),
    _good(
        "shifted_table",
        "the table begins in C4",
        [[], [], [], *[[None, None, *row] for row in (HEADER, EAST, SOUTH)]],
    ),
    _good(
        "further_column",
        "a column that nobody declared",
        [[*HEADER, "去年"], [*EAST, 8], [*SOUTH, 9]],
        "undeclared_columns",
    ),
    _good(
        "header_blanks", "blanks and line breaks in a header", [["单位", " 月份 ", "销售额\n"], EAST, SOUTH]
    ),
    _good(
        "header_invisible", "a zero-width blank in a header", [["单位", "月份", "销售\u200b额"], EAST, SOUTH]
    ),
    _good(
        "header_unit_brackets",
        "full-width brackets around the unit",
        [["单位", "月份", "销售额（元）"], EAST, SOUTH],
    ),
    *(
        case
        for number, (bracket, code) in enumerate(
            [
                *(
                    (word, "unknown_unit")
                    for word in ("含税", "不含税", "本期", "累计", "实际", "境内", "万元，含税", "A")
                ),
                *((word, "column_missing") for word in ("2026年", "1月", "1", "1季度")),
            ]
        )
        for case in (
            _bracket(f"bracket_{number}", f"（{bracket}） behind a name that doesn't have it", bracket, code),
            _bracket(
                f"declared_bracket_{number}",
                f"（{bracket}） as part of the declared name",
                bracket,
                declared=True,
            ),
        )
        if bracket != "万元，含税" or case.codes
    ),
    _good(
        "alias_with_bracket",
        "（含税） as part of an alias",
        [["单位", "月份", "收入（含税）"], EAST, SOUTH],
        source=RECORDS.replace("unit: 元}", "unit: 元, aliases: [收入（含税）]}"),
    ),
    _good("alias", "an alias of a column", [["单位", "月份", "收入"], EAST, SOUTH], source=ALIASED),
    _bad(
        "alias_and_name",
        "a column and its alias side by side",
        [[*HEADER, "收入"], [*EAST, 1], [*SOUTH, 2]],
        "duplicate_label",
        source=ALIASED,
    ),
    _bad("renamed_column", "a renamed column", [["单位", "月份", "销售收入"], EAST, SOUTH], "column_missing"),
    _bad(
        "column_twice",
        "the same column twice",
        [[*HEADER, "销售额"], [*EAST, 1], [*SOUTH, 2]],
        "duplicate_label",
    ),
    _bad("other_template", "another department's workbook", [["姓名", "工号"], ["a", 1]], "header_missing"),
    _good(
        "two_row_header",
        "a header of two rows with merged cells",
        [["单位", "月份", "本月", None], [None, None, "销售额", "退货"], [*EAST, 1], [*SOUTH, 2]],
        look=Look(merged=["A1:A2", "B1:B2", "C1:D1"]),
        source=TWO_ROWS,
    ),
    Hazard(
        "merged_keys",
        "a unit merged over its months",
        RECORDS,
        book([HEADER, EAST, [None, "2026-02", 5]], Look(merged=["A2:A3"])),
        {"revenue east 2026-01": "10", "revenue east 2026-02": "5"},
    ),
    Hazard(
        "merged_figure",
        "a figure merged over two rows counts once",
        RECORDS,
        book([HEADER, EAST, ["华南", "2026-01", None]], Look(merged=["C2:C3"])),
        {"revenue east 2026-01": "10"},
    ),
    _bad(
        "unmerged_keys",
        "a unit written once for several rows",
        [HEADER, EAST, [None, "2026-02", 5]],
        "required_blank",
    ),
    _good(
        "hidden_row",
        "a hidden row counts, with a warning",
        [HEADER, EAST, SOUTH],
        "hidden_rows",
        look=Look(hidden_rows=[3]),
    ),
    refused(
        "total_of_visible",
        "a total that leaves a filtered row out",
        RECORDS,
        book([HEADER, EAST, SOUTH, ["合计", None, 10]], Look(hidden_rows=[3])),
        "control_total_mismatch",
    ),
    _good(
        "hidden_column",
        "a hidden column counts, with a warning",
        [HEADER, EAST, SOUTH],
        "hidden_columns",
        look=Look(hidden_columns=["C"]),
    ),
    _good(
        "hidden_sheet",
        "a hidden sheet with the same header isn't read",
        [HEADER, EAST, SOUTH],
        look=Look(more={"旧表": [HEADER, ["华东", "2026-01", 99]]}, hidden_sheets=["旧表"]),
    ),
    Hazard(
        "two_sheets",
        "two sheets by a pattern, a hidden one left",
        TWO_SHEETS,
        book(
            [HEADER, EAST, SOUTH],
            Look(
                more={"二": [HEADER, ["华北", "2026-01", 3]], "二旧": [HEADER, ["华东", "2026-01", 99]]},
                hidden_sheets=["二旧"],
            ),
        ),
        {**BOTH, "revenue north 2026-01": "3"},
    ),
    refused(
        "sheet_renamed",
        "the sheet renamed",
        NAMED,
        book([HEADER, EAST]),
        "sheet_missing",
    ),
    refused(
        "sheets_differ",
        "units that differ between sheets",
        TWO_SHEETS,
        book(
            [["单位", "月份", "销售额（元）"], EAST],
            Look(more={"二": [["单位", "月份", "销售额（万元）"], SOUTH]}),
        ),
        "units_differ",
    ),
    refused(
        "two_fitting_sheets",
        "two sheets that both fit",
        RECORDS,
        book([HEADER, EAST], Look(more={"表2": [HEADER, SOUTH]})),
        "sheet_ambiguous",
    ),
    _good(
        "repeated_header",
        "the header again on each printed page",
        [HEADER, EAST, HEADER, SOUTH],
        "repeated_header",
    ),
    _good("total", "a total row, right", [HEADER, EAST, SOUTH, ["合 计", None, 30]]),
    _good(
        "subtotals",
        "subtotals and a total, right",
        [HEADER, EAST, ["小计", None, 10], SOUTH, ["小计：", None, 20], ["总计", None, 30]],
    ),
    _bad(
        "wrong_total",
        "a total that isn't the sum",
        [HEADER, EAST, SOUTH, ["合计", None, 31]],
        "control_total_mismatch",
    ),
    _bad(
        "doubtful_total",
        "华东合计 among the units",
        [HEADER, EAST, SOUTH, ["华东合计", "2026-01", 10]],
        "doubtful_total",
    ),
    _bad("grand_total", "Grand total", [HEADER, EAST, SOUTH, ["Grand total", None, 30]], "doubtful_total"),
    _products("other_total_word", "共计 among the products", [["共计", 30]], "doubtful_total"),
    _products("all_products", "全部 as one more product", [["全部", 30]], "doubtful_total"),
    _products("average_row", "an average row", [["平均", 15]], "doubtful_total"),
    _products("nameless_total", "a total row without a label", [[None, 30]], "total_missing_label"),
    _products("part_row", "其中 a part of the row above", [["其中：冰箱", 6]], "doubtful_part"),
    Hazard(
        "declared_all",
        "全部 declared as a value",
        ALLOWED,
        book([["产品", "销售额"], ["全部", 30]]),
        {"revenue east 2026-01 全部": "30"},
    ),
    Hazard(
        "rate_beside_total",
        "a rate in the total row isn't a sum",
        RATES,
        book(
            [
                ["单位", "月份", "合格率"],
                ["华东", "2026-01", 90],
                ["华南", "2026-01", 80],
                ["合计", None, 84.7],
            ]
        ),
        {"rate east 2026-01": "90", "rate south 2026-01": "80"},
    ),
    _bad(
        "unit_row",
        "a row of units below the header",
        [HEADER, [None, None, "元"], EAST, SOUTH],
        "not_a_number",
        "required_blank",
    ),
    _bad(
        "second_table",
        "another table below",
        [HEADER, EAST, SOUTH, [], ["产品", "月份", "数量"], ["家电", "2026-01", 3]],
        "unknown_org",
        "not_a_number",
        "not_a_period",
    ),
    _bad("unknown_unit_name", "a unit that nobody knows", [HEADER, ["华中", "2026-01", 1]], "unknown_org"),
    _bad(
        "same_record_twice",
        "a record pasted twice",
        [HEADER, EAST, EAST],
        "duplicate_key",
        source=RECORDS + "unique: [单位, 月份]\n",
    ),
    _bad("no_figures", "a header and nothing below", [HEADER], "no_values"),
    _bad(
        "formula_without_value",
        "a formula that was never calculated",
        [HEADER, ["华东", "2026-01", "=1+1"]],
        "formula_without_value",
    ),
    _paths("indent_by_blanks", "labels that repeat below two parents, by blanks", "  ", 0),
    _paths("indent_by_wide_blanks", "the same by full-width blanks", "\u3000", 0),
    _paths("indent_by_style", "the same by the cells' indent", "", 1),
    refused(
        "no_indent",
        "labels that repeat without an indent",
        PATHS,
        book([["项目", "2026年1月"], *([label, value] for label, value in PATH_ROWS)]),
        "row_missing",
    ),
    refused(
        "row_twice",
        "a row label twice",
        MATRIX,
        book([["项目", "2026年1月"], ["销售额", 1], ["销售额", 2], ["成本", 3]]),
        "duplicate_label",
    ),
    refused(
        "figures_without_label",
        "figures beside a blank label",
        MATRIX,
        book([["项目", "2026年1月"], ["销售额", 1], [None, 2], ["成本", 3]]),
        "label_missing",
    ),
    Hazard(
        "old_format", "an .xls with text and numbers", RECORDS, old_book([HEADER, EAST, SOUTH]), dict(BOTH)
    ),
    Hazard(
        "gbk_csv",
        "a .csv in GBK",
        RECORDS,
        text("单位,月份,销售额\n华东,2026-01,10\n华南,2026-01,20\n", "gbk"),
        dict(BOTH),
        notes=frozenset({"text_read_as"}),
    ),
    Hazard(
        "utf16_tabs",
        "UTF-16 with tabs",
        RECORDS,
        text("单位\t月份\t销售额\n华东\t2026-01\t10\n华南\t2026-01\t20\n", "utf-16"),
        dict(BOTH),
    ),
    Hazard(
        "bom_csv",
        "UTF-8 with a byte order mark",
        RECORDS,
        text("单位,月份,销售额\r\n华东,2026-01,10\r\n华南,2026-01,20\r\n", "utf-8-sig"),
        dict(BOTH),
    ),
    Hazard(
        "quoted_thousands",
        "thousands in quotes in a .csv",
        RECORDS,
        text('单位,月份,销售额\n华东,2026-01,"1,234.5"\n'),
        {"revenue east 2026-01": "1234.5"},
    ),
    refused(
        "comma_in_number",
        "thousands without quotes in a .csv",
        RECORDS,
        text("单位,月份,销售额\n华东,2026-01,1,234\n"),
        "ragged_rows",
    ),
]
