"""Public workbooks load by configuration alone, and every figure of their controls comes out to the cent.

`controls.json` was computed from the cells by another reader. The workbooks aren't part of the project: they
are looked for in KPI_TEST_SHARED, or beside the project.
"""

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from ruamel.yaml import YAML

from include.home import PROJECT
from tests.acceptance.conftest import Installation

CONFIG = PROJECT / "examples" / "public_data" / "config"
MEASURES = ["fs_units_sold", "fs_gross_sales", "fs_discounts", "fs_sales", "fs_cogs", "fs_profit"]
COLUMNS = dict(
    zip(MEASURES, ["Units Sold", "Gross Sales", "Discounts", "Sales", "COGS", "Profit"], strict=True)
)
Board = dict[str, dict[str, dict[str, Any]]]
CENT = Decimal("0.01")


class Ledger:
    """The public configuration's installation, with the files to drop and what they must come to."""

    def __init__(self, installation: Installation, shared: Path, drop: Path) -> None:
        self.installation, self.shared, self.drop = installation, shared, drop
        listed = json.loads((shared / "controls.json").read_text("utf-8"), parse_float=Decimal)
        self.controls = {row["id"]: row["expected"] for row in listed}
        self.runs = 0

    def send(self, source: str, name: str) -> list[str]:
        """Drop a copy of a file, run its source and return the months touched; nothing may be refused."""
        return self.send_changed(source, name, {})

    def send_changed(self, source: str, name: str, cells: dict[str, float]) -> list[str]:
        """Send a copy with some cells of its first sheet changed, as a department that corrects figures does."""
        self.runs += 1
        copy = Path(shutil.copy(self.shared / name, self.drop / name))
        if cells:
            book = openpyxl.load_workbook(copy)
            for cell, value in cells.items():
                book.worksheets[0][cell] = value
            book.save(copy)
        self.installation.drop(source, copy)
        collected = self.installation.collect(source, f"manual__{self.runs}")
        assert not collected.told
        return collected.months

    def board(self, view: str, org: str) -> Board:
        """Return the totals of each metric at a unit, by period."""
        rows = self.installation.query(
            f"SELECT * FROM {view} WHERE org = %(org)s AND dimensions = '{{}}' ORDER BY period_start", org=org
        )
        board: Board = {}
        for row in rows:
            board.setdefault(row["metric"], {})[row["period"]] = row
        return board


@pytest.fixture
def ledger(tmp_path: Path, shared: Path, install: Callable[[Path], Installation]) -> Ledger:
    (tmp_path / "drop").mkdir()
    return Ledger(install(CONFIG), shared, tmp_path / "drop")


def values(periods: dict[str, dict[str, Any]]) -> dict[str, Decimal]:
    return {period: round(row["value"], 2) for period, row in periods.items() if row["value"] is not None}


def test_the_sample_and_its_twin_in_text(ledger: Ledger) -> None:
    assert len(ledger.send("financial_sample", "financial_sample.xlsx")) == 16
    check_workbook(ledger)
    first = ledger.board("bi.kpi_month", "world")

    assert ledger.send("financial_sample", "financial_sample.csv")
    check_text(ledger)

    assert ledger.send("financial_sample", "financial_sample.xlsx")  # A, then B, then A again counts as A
    check_workbook(ledger)
    again = ledger.board("bi.kpi_month", "world")
    assert {m: values(periods) for m, periods in again.items()} == {m: values(p) for m, p in first.items()}
    assert ledger.send("financial_sample", "financial_sample.xlsx") == []


def test_the_twin_first(ledger: Ledger) -> None:
    ledger.send("financial_sample", "financial_sample.csv")
    check_text(ledger)
    ledger.send("financial_sample", "financial_sample.xlsx")
    check_workbook(ledger)


def check_workbook(ledger: Ledger) -> None:
    months = ledger.board("bi.kpi_month", "world")
    quarters = ledger.board("bi.kpi_quarter", "world")
    for metric in MEASURES:
        control = ledger.controls[metric]
        assert values(months[metric]) == control["by_month"]
        assert values(quarters[metric]) == {
            key[:4] + "-" + key[4:]: v for key, v in control["by_quarter"].items()
        }
        assert sum(values(months[metric]).values()) == control["total"]
        assert {row["completeness"] for row in months[metric].values() if row["value"] is not None} == {1}
        assert (
            round(sum_of(months[metric]), 2) == ledger.controls["fs_csv_twin"]["xlsx_totals"][COLUMNS[metric]]
        )
    margin = ledger.controls["fs_margin_year_2014"]
    assert round(months["fs_margin"]["2014-12"]["ytd"], 6) == margin
    assert round(quarters["fs_margin"]["2014-Q4"]["ytd"], 6) == margin
    (count,) = ledger.installation.query(
        "SELECT count(DISTINCT cell) AS n FROM bi.fact WHERE counts AND metric = 'fs_sales'"
    )
    assert count["n"] == ledger.controls["fs_sales"]["rows"]


def check_text(ledger: Ledger) -> None:
    control = ledger.controls["fs_csv_twin"]
    for view in ("bi.kpi_month", "bi.kpi_quarter"):
        board = ledger.board(view, "world")
        assert {COLUMNS[metric]: sum_of(board[metric]) for metric in MEASURES} == control["totals"]
    counted = ledger.installation.query(
        "SELECT metric, count(*) AS n, count(*) FILTER (WHERE value < 0) AS negative,"
        " count(*) FILTER (WHERE value = 0) AS zero FROM bi.fact WHERE counts GROUP BY metric"
    )
    facts = {row["metric"]: row for row in counted}
    assert {facts[metric]["n"] for metric in MEASURES} == {control["rows"]}
    assert facts["fs_profit"]["negative"] == control["negatives_in_Profit"]
    assert facts["fs_discounts"]["zero"] == control["dash_in_Discounts"]


def sum_of(periods: dict[str, dict[str, Any]]) -> Decimal:
    return sum((row["value"] for row in periods.values() if row["value"] is not None), Decimal(0))


def test_freight_quarters_come_from_the_year_to_date(ledger: Ledger) -> None:
    ledger.send("nbs_freight", "nbs_freight.xlsx")
    control = ledger.controls["nbs_freight_quarters_2025"]
    months = ledger.board("bi.kpi_month", "china")
    quarters = ledger.board("bi.kpi_quarter", "china")
    told = {f"{key[:4]}-{key[4:]}": value for key, value in control["ytd"].items()}
    assert {period: months["freight_turnover"][period]["ytd"] for period in told} == told
    expected = {key[:4] + "-" + key[4:]: value for key, value in control["quarter_from_ytd"].items()}
    found = {period: quarters["freight_turnover"][period]["value"] for period in expected}
    assert found == expected
    never_added = [
        row
        for name, rows in quarters.items()
        if name.endswith(("_growth", "_published"))
        for row in rows.values()
    ]
    assert never_added
    assert all(row["value"] is None and row["ytd"] is None and row["reason"] for row in never_added)

    reported = {
        (row["metric"], f"{row['date']:%Y-%m}"): row["value"]
        for row in ledger.installation.query(
            "SELECT metric, date, value FROM bi.fact WHERE reported_as = 'ytd'"
        )
    }
    check_months(months, reported)


def check_months(months: Board, reported: dict[tuple[str, str], Decimal]) -> None:
    """Each month is its year to date less that of the month before; null, with a reason, where that is missing."""
    nulls = 0
    for (metric, period), ytd in reported.items():
        row = months[metric][period]
        before = reported.get((metric, f"{period[:5]}{int(period[5:]) - 1:02d}"))
        if period.endswith("-01") or before is not None:
            assert row["value"] == ytd - (before or 0), (metric, period)
        else:
            nulls += 1
            assert row["value"] is None and row["reason"], (metric, period)
        assert row["ytd"] == ytd
    assert nulls > 0


def test_the_published_growth_and_the_computed_one_stand_side_by_side(ledger: Ledger) -> None:
    """The bureau's growth of a month is a metric of its own; the board's `yoy` is computed from year-to-date values.

    They are read from different columns, differ in their decimals, and correcting one leaves the other as it is.
    """
    ledger.send("nbs_freight", "nbs_freight.xlsx")
    cells = read_columns(ledger.shared / "nbs_freight.xlsx")
    months, quarters = (ledger.board(view, "china") for view in ("bi.kpi_month", "bi.kpi_quarter"))
    for mode in ("", "rail_", "road_", "water_", "air_"):
        published, computed = f"{mode}freight_turnover_growth", f"{mode}freight_turnover"
        told = {period: value for period, value in cells[published].items() if value is not None}
        assert len(told) > 80 and {p: months[published][p]["value"] for p in told} == told
        check_computed_growth(months[computed], cells[computed])
        assert all(row["value"] is None and row["yoy"] is None for row in quarters[published].values())
        assert {row["reason"] for row in quarters[published].values()} == {"not aggregated over time"}
    first_quarter = round(quarters["freight_turnover"]["2025-Q1"]["yoy"], 8)
    assert first_quarter == Decimal("0.04977816")  # 60296.78 / 57437.64 - 1
    assert both_growths(months, "2025-12") == (Decimal("2.6"), Decimal("0.02558450"))

    ledger.send_changed("nbs_freight", "nbs_freight.xlsx", {"D6": 2.7})
    months = ledger.board("bi.kpi_month", "china")
    assert both_growths(months, "2025-12") == (Decimal("2.7"), Decimal("0.02558450"))
    assert months["freight_turnover_growth"]["2025-12"]["restated"]
    assert not months["freight_turnover"]["2025-12"]["restated"]

    ledger.send_changed("nbs_freight", "nbs_freight.xlsx", {"C6": 266973.99})  # 237.13 more in December
    months = ledger.board("bi.kpi_month", "china")
    assert both_growths(months, "2025-12") == (Decimal("2.6"), Decimal("0.03558227"))


def both_growths(months: Board, period: str) -> tuple[Decimal, Decimal]:
    """Return a month's growth as published (in %) and as computed (a share, to 8 places)."""
    return months["freight_turnover_growth"][period]["value"], round(
        months["freight_turnover"][period]["yoy"], 8
    )


def read_columns(book: Path) -> dict[str, dict[str, Decimal | None]]:
    """Return the workbook's cells by metric and month, as another reader finds them."""
    source = YAML(typ="safe").load(CONFIG / "sources" / "nbs_freight.yaml")
    metrics = {header: column["metric"] for header, column in source["columns"].items() if "metric" in column}
    head, *rows = openpyxl.load_workbook(book).worksheets[0].iter_rows(values_only=True)
    found: dict[str, dict[str, Decimal | None]] = {}
    for column, header in enumerate(head):
        metric = metrics.get(str(header).strip())
        for row in rows if metric else ():
            value = Decimal(str(row[column])) if isinstance(row[column], int | float) else None
            found.setdefault(str(metric), {})[f"{str(row[0])[:4]}-{str(row[0])[4:]}"] = value
    return found


def check_computed_growth(board: dict[str, dict[str, Any]], ytd: dict[str, Decimal | None]) -> None:
    """Hold `yoy` to the differences of the year-to-date cells; empty where one of the four is missing."""
    seen = 0
    for period, row in board.items():
        now, ago = (month_of(ytd, key) for key in (period, f"{int(period[:4]) - 1}{period[4:]}"))
        if now is None or not ago:
            assert row["yoy"] is None, period
            continue
        seen += 1
        assert abs(row["yoy"] - (now - ago) / ago) <= Decimal("5e-13"), period
    assert seen > 40


def month_of(ytd: dict[str, Decimal | None], period: str) -> Decimal | None:
    """Return a month's own value from year-to-date cells; None where it or the month before is missing."""
    now, before = ytd.get(period), ytd.get(f"{period[:5]}{int(period[5:]) - 1:02d}")
    if period.endswith("-01"):
        return now
    return None if now is None or before is None else now - before
