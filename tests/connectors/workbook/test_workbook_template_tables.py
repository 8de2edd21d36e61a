"""Templates of several tables on a sheet and of org units across: filled in as they stand, they are read."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.catalogue.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.connectors.workbook import fetch
from include.connectors.workbook.template import write_template

MakeSource = Callable[..., WorkbookSource]
TODAY = dt.date(2026, 3, 5)
COLUMNS = {
    "金额": {"type": "decimal", "metric": "revenue", "unit": "万元"},
    "用途": {"type": "text"},
}
ROWS = {"销售额": {"metric": "revenue", "unit": "万元"}, "件数": {"metric": "count"}}
COMPANIES = {"org": {"level": "company"}}


def make(source: WorkbookSource, catalogue: Catalogue, folder: Path, cells: dict[str, Any]) -> Path:
    """Write the template and type into cells that it leaves open."""
    path = folder / "t.xlsx"
    write_template(source, catalogue, path, TODAY)
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        assert not book["数据"][cell].protection.locked, cell
        book["数据"][cell].value = value
    book.save(path)
    return path


def test_blocks_of_records_stand_below_their_titles(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path
) -> None:
    blocks = [{"title": "东方公司表", "org": "east"}, {"title": "北方公司表", "org": "north"}]
    source = make_source(
        columns=COLUMNS, layout={"period": {"cell": "B1"}, "blocks": blocks}, expects=COMPANIES
    )
    cells = {"A5": 12.5, "B5": "差旅", "A6": 1, "B6": "会务", "A28": 7, "B28": "办公"}
    path = make(source, catalogue, tmp_path, cells)
    page = openpyxl.load_workbook(path)["数据"]
    assert [page[cell].value for cell in ("B1", "A3", "A4", "A26", "A27")] == [
        "2026-02", "东方公司表", "金额（万元）", "北方公司表", "金额（万元）",
    ]  # fmt: skip
    assert page.protection.sheet and not page.protection.insertRows, "more rows may be inserted"
    reported = fetch(source, path)
    frame = reported.frame
    assert frame["用途"].str.strip().tolist() == ["差旅", "会务", "办公"]
    assert frame[["@org", "@period", "金额"]].values.tolist() == [
        ["east", "2026-02", "12.5"], ["east", "2026-02", "1"], ["north", "2026-02", "7"],
    ]  # fmt: skip
    assert reported.notes == ()


def test_blocks_of_a_matrix(make_source: MakeSource, catalogue: Catalogue, tmp_path: Path) -> None:
    blocks = [{"title": "东方公司表", "org": "east"}, {"title": "北方公司表", "org": "north"}]
    layout = {
        "kind": "matrix",
        "row_label": "项目",
        "periods": {"pattern": "{year}年{month}月"},
        "blocks": blocks,
    }
    source = make_source(rows=ROWS, layout=layout, expects=COMPANIES)
    reported = fetch(source, make(source, catalogue, tmp_path, {"C5": 1, "C6": 2, "C10": 3, "C11": 4}))
    found = reported.frame.dropna(subset=["销售额"])[["@org", "@period", "销售额", "件数"]].values.tolist()
    assert found == [["east", "2026-02", "1", "2"], ["north", "2026-02", "3", "4"]]


def test_a_block_whose_unit_has_a_cell_of_its_own_is_told(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path
) -> None:
    blocks = [{"title": "一", "org": {"cell": "B2"}}, {"title": "二", "org": {"cell": "B9"}}]
    with pytest.raises(ValueError, match="give the org unit or period itself"):
        write_template(
            make_source(columns=COLUMNS, layout={"blocks": blocks}), catalogue, tmp_path / "t.xlsx", TODAY
        )


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        ({"period": {"cell": "B1"}}, 4),
        ({"periods": {"pattern": "{year}年{month}月"}}, 4),
        ({"periods": {"pattern": "{year}年{month}月"}, "header_rows": [2, 3]}, 4),
    ],
    ids=["units", "units and period in one cell", "units above periods"],
)
def test_org_units_across(
    make_source: MakeSource, catalogue: Catalogue, tmp_path: Path, layout: dict[str, Any], row: int
) -> None:
    whole = {"kind": "matrix", "row_label": "项目", "org": {"across": "columns"}, **layout}
    source = make_source(rows=ROWS, layout=whole, expects=COMPANIES)
    cells = {f"B{row}": 1, f"C{row}": 2, f"B{row + 1}": 3, f"C{row + 1}": 4}
    reported = fetch(source, make(source, catalogue, tmp_path, cells))
    found = reported.frame[["@org", "@period", "销售额", "件数"]].values.tolist()
    assert found == [["=东方", "2026-02", "1", "3"], ["北方", "2026-02", "2", "4"]]
    assert reported.notes == ()
