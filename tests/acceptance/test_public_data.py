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

import pytest

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
        self.runs += 1
        self.installation.drop(source, Path(shutil.copy(self.shared / name, self.drop / name)))
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
