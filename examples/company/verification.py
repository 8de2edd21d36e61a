"""The board of the example company: read from the `bi` views, shown, and compared with the control totals."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, text

from examples.company.control_metrics import METRICS, Base
from include.home import current_home
from include.stack import warehouse_url

MONTH, QUARTER = "2026-09", "2026-Q3"
COMPARED = ("value", "target", "attainment", "completeness", "ytd", "status")
FEATURED = (
    *("revenue", "product_revenue", "gross_profit", "gross_margin_rate", "admin_expense", "operating_profit"),
    *(
        "store_sales",
        "average_order_value",
        "output",
        "inventory_value",
        "headcount",
        "staff_turnover",
        "pass_rate",
    ),
)
COLOURS = {"green": "[green]●[/]", "amber": "[yellow]●[/]", "red": "[red]●[/]"}
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Board:
    """All month and quarter KPIs without dimensions, by (metric, org, period), and the metrics' names."""

    rows: dict[Key, dict[str, Any]]
    names: dict[str, str]


def read_board() -> Board:
    """Return the board as the BI log-in sees it."""
    url = warehouse_url(current_home(), "reader").replace("postgresql://", "postgresql+psycopg://", 1)
    views = " UNION ALL ".join(f"SELECT * FROM bi.{view}" for view in ("kpi_month", "kpi_quarter"))
    statement = f"SELECT * FROM ({views}) AS board WHERE dimensions = '{{}}'::jsonb"
    with create_engine(url).connect() as connection:
        rows = connection.execute(text(statement)).mappings().all()
        names = connection.execute(
            text("SELECT metric, name_zh, name_en FROM bi.metric ORDER BY version")
        ).all()
    return Board(
        {(row["metric"], row["org"], row["period"]): dict(row) for row in rows},
        {name.metric: f"{name.name_zh} {name.name_en}" for name in names},
    )


def compare_board(board: Board, controls: Path) -> tuple[int, list[str]]:
    """Return the number of control figures, and a line for each that the board doesn't hold exactly so.

    Both ways: a value on the board that no control total knows is a difference too. Quotients of quotients
    may differ by the controls' own tolerance in the last place.
    """
    document = json.loads(controls.read_text("utf-8"))
    tolerance = Decimal(document["tolerance"])
    differences = []
    known: set[Key] = set()
    for control in document["controls"]:
        key = (control["metric"], control["org"], control["period"])
        known.add(key)
        row = board.rows.get(key)
        if row is None:
            differences.append(f"{' '.join(key)}: missing, expected {control['value']}")
            continue
        for name in COMPARED:
            if name in control or _has_default(name, control, row):
                expected = control.get(name, "1" if name == "completeness" else None)
                if not _equal(row[name], expected, tolerance):
                    differences.append(f"{' '.join(key)} {name}: {row[name]}, expected {expected}")
    for key, row in board.rows.items():
        if key not in known and row["value"] is not None:
            differences.append(f"{' '.join(key)}: {row['value']}, expected no value")
    return document["figures"], differences


def _has_default(name: str, control: dict[str, Any], row: dict[str, Any]) -> bool:
    """Tell whether a control that doesn't name this still says it: complete, and without a target."""
    reported = isinstance(METRICS[control["metric"]], Base) and control["value"] is not None
    return reported and (name == "completeness" or (name == "target" and row[name] is not None))


def _equal(found: Any, expected: Any, tolerance: Decimal) -> bool:
    if found is None or expected is None or not isinstance(found, Decimal):
        return bool(found == expected)
    return abs(found - Decimal(expected)) <= tolerance * max(Decimal(1), abs(found))


def show_board(board: Board, console: Console) -> None:
    """Print the group's board of the newest quarter and month."""
    table = Table(title=f"远山家居集团 Yuanshan Home Group · {QUARTER} and {MONTH}")
    table.add_column("metric", min_width=18)
    table.add_column("unit", no_wrap=True)
    for heading in (QUARTER, "yoy", "target", "attained", "", MONTH, "yoy", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric in [name for name in FEATURED if (name, "group", QUARTER) in board.rows]:
        quarter, month = board.rows[metric, "group", QUARTER], board.rows.get((metric, "group", MONTH), {})
        cells = [_short(quarter["value"]), _growth(quarter["yoy"]), _short(quarter["target"])]
        cells += [_share(quarter["attainment"]), COLOURS.get(quarter["status"], "")]
        cells += [
            _short(month.get("value")),
            _growth(month.get("yoy")),
            COLOURS.get(month.get("status", ""), ""),
        ]
        table.add_row(board.names[metric], quarter["unit"], *cells)
    console.print(table)


def _short(value: Decimal | None) -> str:
    """Return a figure in at most five digits: 51.41 M, 22,776, 97.93."""
    if value is None:
        return "–"
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:,.2f} M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"


def _share(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _growth(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:+.1%}"
