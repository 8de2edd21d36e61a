"""How commands print: one JSON document, or a table for people."""

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

COLOURS = {"green": "[green]●[/]", "amber": "[yellow]●[/]", "red": "[red]●[/]", "none": ""}


def print_json(value: Any) -> None:
    """Print one JSON document: decimals as strings, dates and times in ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=_to_json) + "\n")


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format_exact(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def format_exact(value: Decimal) -> str:
    """Return the whole of a decimal without exponent or trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_short(value: Decimal | None) -> str:
    """Return a decimal for people: thousands separated, at most 4 places."""
    if value is None:
        return "–"
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_share(value: Decimal | None) -> str:
    """Return a fraction as a percentage with one place."""
    return "–" if value is None else f"{value:.1%}"


def print_kpis(rows: list[dict[str, Any]], definition: Any) -> None:
    """Print KPI rows of one metric."""
    console = Console(highlight=False)
    if not rows:
        console.print("No values. `./kpi status` tells what waits; `bi.submission` lists what was loaded.")
        return
    title = f"{definition.name.read('zh')} {definition.name.read('en')} · {definition.unit}"
    table = Table(title=title.replace("[", "\\["))
    split = any(row["dimensions"] for row in rows)
    for name in ("org", "period", *(["by"] if split else [])):
        table.add_column(name)
    for name in ("value", "ytd", "change", "yoy", "target", "attainment", "complete"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("note")
    for row in rows:
        cells = [
            row["org"],
            row["period"],
            *([" ".join(map(str, row["dimensions"].values()))] if split else []),
        ]
        cells += [format_short(row["value"]), format_short(row["ytd"])]
        cells += [format_share(row["change"]), format_share(row["yoy"]), format_short(row["target"])]
        cells += [format_share(row["attainment"]), format_share(row["completeness"])]
        note = " ".join(filter(None, [row["reason"], "restated" if row["restated"] else ""]))
        table.add_row(*(cell.replace("[", "\\[") for cell in cells), COLOURS[row["status"]], note)
    console.print(table)


def print_trace(kpi: dict[str, Any] | None, facts: list[dict[str, Any]]) -> None:
    """Print one KPI and the facts behind it."""
    console = Console(highlight=False)
    if kpi is None:
        console.print("There is no such KPI.")
        return
    value = format_exact(kpi["value"]) if kpi["value"] is not None else f"no value ({kpi['reason']})"
    console.print(f"{kpi['metric']} {kpi['org']} {kpi['period']}: {value} {kpi['unit']}", markup=False)
    table = Table(
        "metric", "org", "date", "value", "unit", "reported", "source", "submission", "where", "accepted"
    )
    for fact in facts[:200]:
        where = "!".join(filter(None, (fact["sheet"], fact["cell"]))) + (
            f"  {fact['file']}" if fact["file"] else ""
        )
        reported = f"{format_exact(fact['reported_value'])} {fact['reported_unit']}"
        cells = (
            fact["metric"],
            fact["org"],
            fact["date"].isoformat(),
            format_exact(fact["value"]),
            fact["unit"],
        )
        more = (
            reported,
            fact["source"],
            str(fact["submission"]),
            where,
            f"{fact['accepted_at']:%Y-%m-%d %H:%M}",
        )
        table.add_row(*(cell.replace("[", "\\[") for cell in (*cells, *more)))
    console.print(table)
    if len(facts) > 200:
        console.print(f"… and {len(facts) - 200} more; --json lists all {len(facts)}.")
