"""Records layouts: every value with its place, or a refusal that names the cell."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.batch import Reported, cell_name, load_reported, save_reported
from include.catalogue.models import WorkbookSource
from include.connectors.workbook import fetch
from include.errors import Finding

MakeSource = Callable[..., WorkbookSource]
WriteBook = Callable[..., Path]
Refused = Callable[..., list[Finding]]
COLUMNS = {
    "门店": {"is": "org", "required": True},
    "月份": {"type": "month", "is": "period", "required": True},
    "销售额": {"type": "decimal", "metric": "revenue", "unit": "万元", "aliases": ["收入"]},
    "件数": {"type": "integer", "metric": "quantity", "unit": "件"},
}
HEADER = ["门店", "月份", "销售额", "件数"]


def values(reported: Reported, column: str) -> list[str | None]:
    return [
        None if missing else text
        for text, missing in zip(reported.frame[column], reported.frame[column].isna(), strict=True)
    ]


def test_values_come_with_the_cell_they_were_read_from(
    make_source: MakeSource, write_book: WriteBook
) -> None:
    path = write_book(
        {
            "销售": [
                [],
                ["销售月报"],
                [None, *HEADER],
                [None, "a", "2026-03", 0.1 + 0.2, 3],
                [],
                [None, "b", "2026-03", "1,200", None],
            ]
        }
    )
    reported = fetch(make_source(columns=COLUMNS), path)
    assert values(reported, "销售额") == ["0.3", "1,200"]
    assert values(reported, "件数") == ["3", None]
    book = openpyxl.load_workbook(path)
    for record in reported.frame.to_dict("records"):
        for column in COLUMNS:
            row, col = reported.axes["销售"][column]
            cell = cell_name(row or record["_row"], col)
            found = book[record["_sheet"]][cell].value
            assert (found is None) == (record[column] != record[column])
            if isinstance(found, str):
                assert found == record[column]
    assert reported.frame["_row"].tolist() == [4, 6]
    assert reported.rows_read == 2


def test_reported_survives_the_stage(make_source: MakeSource, write_book: WriteBook, tmp_path: Path) -> None:
    path = write_book({"s": [["单位：万元"], HEADER, ["a", "2026-03", 1.5, 2], ["合计", None, 1.5, 2]]})
    reported = fetch(make_source(columns=COLUMNS), path)
    save_reported(reported, str(tmp_path / "r.parquet"))
    again = load_reported(str(tmp_path / "r.parquet"))
    assert again.frame.equals(reported.frame)
    assert (again.axes, again.units, again.notes) == (reported.axes, reported.units, reported.notes)


def test_header_units_are_reported_and_an_exact_name_wins(
    make_source: MakeSource, write_book: WriteBook
) -> None:
    columns = COLUMNS | {"周转量_累计值 (亿吨公里)": {"type": "decimal", "metric": "turnover"}}
    header = [" 门店 ", "月份", "销售额（千元）", "件数", "周转量_累计值 (亿吨公里) "]
    reported = fetch(make_source(columns=columns), write_book({"s": [header, ["a", "2026-03", 5, 1, 7]]}))
    assert reported.units == {"销售额": "千元", "周转量_累计值 (亿吨公里)": "亿吨公里"}
    assert values(reported, "周转量_累计值 (亿吨公里)") == ["7"]


def test_unit_note_holds_for_money_without_its_own_unit(
    make_source: MakeSource, write_book: WriteBook
) -> None:
    rows = [["月报", None, "单位：元"], HEADER, ["a", "2026-03", 5, 1]]
    assert fetch(make_source(columns=COLUMNS), write_book({"s": rows})).units == {"销售额": "元"}


def test_totals_are_controls_and_notes_are_told(make_source: MakeSource, write_book: WriteBook) -> None:
    rows = [
        HEADER, ["a", "2026-03", 1, 2], ["b", "2026-03", 3, 4], ["小计", None, 4, 6],
        ["c", "2026-03", 5, 6], ["合 计：", None, 9, 12], ["注：不含税", None, None, None],
    ]  # fmt: skip
    reported = fetch(make_source(columns=COLUMNS), write_book({"s": rows}))
    assert values(reported, "门店") == ["a", "b", "c"]
    assert reported.controls is not None
    got = reported.controls[["row", "col", "column", "value", "first", "last", "start"]].values.tolist()
    assert got == [
        [4, 3, "销售额", "4", 2, 3, 2],
        [4, 4, "件数", "6", 2, 3, 2],
        [6, 3, "销售额", "9", 5, 5, 2],
        [6, 4, "件数", "12", 5, 5, 2],
    ]
    assert [(note.code, note.cell) for note in reported.notes] == [("note_row", "A7")]


def test_rows_that_only_might_be_notes_stay_data(make_source: MakeSource, write_book: WriteBook) -> None:
    """A store without figures isn't dropped, nor a note beside a figure: validation decides on them."""
    rows = [HEADER, ["a", "2026-03", 1, 2], ["b", None, None, None], ["注：含税", None, 7, None]]
    assert values(fetch(make_source(columns=COLUMNS), write_book({"s": rows})), "门店") == [
        "a",
        "b",
        "注：含税",
    ]


def test_undeclared_total_label_is_refused(
    make_source: MakeSource, write_book: WriteBook, refused: Refused
) -> None:
    rows = [HEADER, ["a", "2026-03", 1, 2], ["华东合计", "2026-03", 1, 2]]
    [finding] = refused(fetch, make_source(columns=COLUMNS), write_book({"s": rows}))
    assert (finding.code, finding.sheet, finding.cell, finding.found) == (
        "doubtful_total",
        "s",
        "A3",
        "华东合计",
    )


def test_several_header_rows_join_and_merged_keys_fill(
    make_source: MakeSource, write_book: WriteBook
) -> None:
    columns = {
        "门店": {"is": "org", "required": True},
        "本月/收入": {"metric": "revenue", "type": "decimal"},
        "本月/成本": {"metric": "cost", "type": "decimal"},
    }
    rows = [
        ["月报"],
        ["门店", "本月", None],
        [None, "收入", "成本（万元）"],
        ["a", 1, 2],
        [None, 3, None],
        ["b", 5, 6],
        [None, 7, 8],
    ]
    path = write_book({"s": rows}, merged=["A2:A3", "B2:C2", "A4:A5", "C4:C5"])
    reported = fetch(make_source(columns=columns, layout={"header_rows": [2, 3]}), path)
    assert values(reported, "门店") == ["a", "a", "b", None]
    assert values(reported, "本月/成本") == ["2", None, "6", "8"]
    assert reported.units == {"本月/成本": "万元"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["门店", "月份", "销售收入额", "件数"], ("column_missing", "C1", "销售额", "销售收入额")),
        (["门店", "月份", "销售额", "件数", "销售额"], ("duplicate_label", "C1", "销售额", "销售额")),
        (
            ["门店", "月份", "销售额（元）", "件数", "销售额（万元）"],
            ("duplicate_label", "C1", "销售额", "销售额（元）"),
        ),
        (["门店", "月份", "销售额", "件数", "收入"], ("duplicate_label", "E1", "销售额", "收入")),
    ],
)
def test_header_drift_is_refused(
    make_source: MakeSource,
    write_book: WriteBook,
    refused: Refused,
    header: list[str],
    expected: tuple[str, ...],
) -> None:
    [finding] = refused(
        fetch, make_source(columns=COLUMNS), write_book({"s": [header, ["a", "2026-03", 1, 2, 3]]})
    )
    assert (finding.code, finding.cell, finding.column, finding.found) == expected


def test_wrong_template_names_the_columns(
    make_source: MakeSource, write_book: WriteBook, refused: Refused
) -> None:
    [finding] = refused(fetch, make_source(columns=COLUMNS), write_book({"s": [["x", "y"], [1, 2]]}))
    assert finding.code == "header_missing"
    assert "门店" in str(finding.params["columns"])


def test_aliases_and_full_width_headers_match_and_extras_are_noted(
    make_source: MakeSource, write_book: WriteBook
) -> None:
    columns = {"ORG A": {"is": "org"}, "销售额": COLUMNS["销售额"]}
    reported = fetch(
        make_source(columns=columns), write_book({"s": [["备注", "收入", "ＯＲＧ　Ａ"], ["x", 5, "a"]]})
    )
    assert values(reported, "销售额") == ["5"]
    assert values(reported, "ORG A") == ["a"]
    assert [(note.code, note.cell) for note in reported.notes] == [("undeclared_columns", "A1")]


def test_error_cells_stay_visible_and_uncached_formulas_are_refused(
    make_source: MakeSource, tmp_path: Path, write_book: WriteBook, refused: Refused
) -> None:
    path = write_book({"s": [HEADER, ["a", "2026-03", "#REF!", 2], ["b", "2026-03", 2, 1]]})
    book = openpyxl.load_workbook(path)
    book["s"]["C2"].data_type = "e"
    book.save(path)
    assert values(fetch(make_source(columns=COLUMNS), path), "销售额") == ["#REF!", "2"]
    book["s"]["D2"], book["s"]["C3"], book["s"]["F3"] = "=1+1", "=C2", "=C2"
    book.save(path)
    findings = refused(fetch, make_source(columns=COLUMNS), path)
    assert [(f.code, f.cell, f.column) for f in findings] == [
        ("formula_without_value", "D2", "件数"),
        ("formula_without_value", "C3", "销售额"),
    ]


def test_sheets_by_list_and_pattern(make_source: MakeSource, write_book: WriteBook, refused: Refused) -> None:
    sheets = {name: [HEADER, [name, "2026-03", 1, 2]] for name in ("华东1", "华东2", "北方", "其他")}
    path = write_book(sheets)
    reported = fetch(make_source(columns=COLUMNS, layout={"sheet": ["华东*", "北方"]}), path)
    assert values(reported, "门店") == ["华东1", "华东2", "北方"]
    assert reported.frame["_sheet"].tolist() == ["华东1", "华东2", "北方"]
    assert set(reported.axes) == {"华东1", "华东2", "北方"}
    [finding] = refused(fetch, make_source(columns=COLUMNS, layout={"sheet": "南方"}), path)
    assert finding.code == "sheet_missing"
    assert "华东1、华东2、北方、其他" in finding.found
    assert refused(fetch, make_source(columns=COLUMNS), path)[0].code == "sheet_ambiguous"


def test_units_that_differ_between_sheets_are_refused(
    make_source: MakeSource, write_book: WriteBook, refused: Refused
) -> None:
    other = ["门店", "月份", "销售额（元）", "件数"]
    first = ["门店", "月份", "销售额（万元）", "件数"]
    path = write_book({"a": [first, ["a", "2026-03", 1, 2]], "b": [other, ["b", "2026-03", 1, 2]]})
    [finding] = refused(fetch, make_source(columns=COLUMNS, layout={"sheet": "*"}), path)
    assert (finding.code, finding.sheet, finding.column) == ("units_differ", "b", "销售额")


def test_the_one_sheet_with_the_header_is_taken(make_source: MakeSource, write_book: WriteBook) -> None:
    path = write_book({"说明": [["请填写"]], "填报": [HEADER, ["a", "2026-03", 1, 2]]})
    assert fetch(make_source(columns=COLUMNS), path).frame["_sheet"].tolist() == ["填报"]


def test_org_and_period_from_name_folder_cell_and_value(
    make_source: MakeSource, write_book: WriteBook, refused: Refused
) -> None:
    columns = {"销售额": COLUMNS["销售额"]}
    path = write_book({"s": [["单位名称", "华东公司"], ["销售额"], [5]]}, name="east_2026-3.xlsx")

    def places(org: object, period: object) -> tuple[str, str]:
        reported = fetch(make_source(columns=columns, layout={"org": org, "period": period}), path)
        return reported.frame["@org"].iloc[0], reported.frame["@period"].iloc[0]

    name = {"file_name": "{org}_{year}-{month}.xlsx"}
    assert places(name, name) == ("east", "2026-03")
    assert places({"cell": "B1"}, "2026-04") == ("华东公司", "2026-04")
    assert places({"folder": True}, {"value": "2026-Q1"}) == (path.parent.name, "2026-Q1")
    source = make_source(columns=columns, layout={"org": {"file_name": "{org}#{quarter}.xlsx"}})
    [finding] = refused(fetch, source, path)
    assert (finding.code, finding.found) == ("file_name_mismatch", "east_2026-3.xlsx")


def test_row_limit_counts(make_source: MakeSource, write_book: WriteBook, refused: Refused) -> None:
    path = write_book({"s": [HEADER, *(["a", "2026-03", 1, 2] for _ in range(5))]})
    [finding] = refused(fetch, make_source(columns=COLUMNS, max_rows=4), path)
    assert (finding.code, finding.params["allowed"], finding.params["actual"]) == ("limit_exceeded", 4, 5)


def test_hidden_rows_count_with_a_warning(make_source: MakeSource, write_book: WriteBook) -> None:
    path = write_book({"s": [HEADER, ["a", "2026-03", 1, 2], ["b", "2026-03", 1, 2]]})
    book = openpyxl.load_workbook(path)
    book["s"].row_dimensions[3].hidden = True
    book.save(path)
    reported = fetch(make_source(columns=COLUMNS), path)
    assert values(reported, "门店") == ["a", "b"]
    assert [(note.code, note.found) for note in reported.notes] == [("hidden_rows", "3")]


# Words that make a row a total or a note can't be drawn; neither can what XML can't carry.
_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Lo"]) | st.sampled_from("东西南北"),
    min_size=1,
    max_size=12,
).filter(
    lambda text: text.strip() == text and not re.search(r"(?i)total|^note|^source|^remark|^[*※]|_x", text)
)
_NUMBERS = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(_TEXTS, st.none() | _TEXTS, _NUMBERS), min_size=1, max_size=6),
    shift=st.integers(0, 3),
)
def test_any_grid_comes_back_equal(
    make_source: MakeSource, write_book: WriteBook, rows: list[tuple[str, str | None, float]], shift: int
) -> None:
    columns = {"键": {"is": "org", "required": True}, "文": {}, "值": {"metric": "m", "type": "decimal"}}
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate([("键", "文", "值"), *rows], 1 + shift):
        for col, value in enumerate(row, 1 + shift):
            cell = sheet.cell(number, col, value)
            if isinstance(value, str):
                cell.value, cell.data_type = value, "s"
    path = write_book({"x": []})
    book.save(path)
    reported = fetch(make_source(columns=columns), path)
    assert values(reported, "键") == [row[0] for row in rows]
    assert values(reported, "文") == [row[1] for row in rows]
    assert reported.frame["_row"].tolist() == [number + 2 + shift for number in range(len(rows))]
    assert reported.axes["Sheet"]["值"] == (None, 3 + shift)
    for text, (_, _, number) in zip(values(reported, "值"), rows, strict=True):
        assert text is not None
        assert "e" not in text.lower()
        assert math.isclose(Decimal(text), number, rel_tol=1e-14)
        assert len(text.lstrip("-0.").replace(".", "").rstrip("0")) <= 15
