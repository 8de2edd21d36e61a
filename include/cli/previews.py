"""How `./kpi preview` prints: rows as reported, and beside them the facts."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, JustifyMethod

from include.batch import ORG_COLUMN, PERIOD_COLUMN
from include.cli.tables import format_exact, print_columns
from include.messages import word

if TYPE_CHECKING:
    from include.catalogue import Catalogue
    from include.onboarding.previewing import Preview, PreviewRow

Columns = dict[str, tuple[JustifyMethod, list[str]]]
_NAMES = {ORG_COLUMN: "org unit", PERIOD_COLUMN: "period"}


def describe_preview(catalogue: "Catalogue", found: "Preview") -> dict[str, Any]:
    """Return a preview as `preview --json` prints it."""
    kept = ("metric", "org", "date", "dimensions", "scenario", "value", "measure", "reported", "unit")
    rows = [
        {
            "place": row.place,
            "reported": row.reported,
            "facts": [
                {name: fact[name] for name in kept} | {"metric_unit": _unit_of(catalogue, fact)}
                for fact in row.facts
            ],
        }
        for row in found.rows
    ]
    findings = [
        {
            "code": f.code,
            "level": f.level,
            "column": f.column,
            "sheet": f.sheet,
            "cell": f.cell,
            "found": f.found,
        }
        | {part: word(f, part, "en") for part in ("title", "expected", "remedy")}
        for f in found.findings
    ]
    outcome = "refused" if found.refused else "accepted"
    return {"source": found.source, "outcome": outcome, "rows": rows, "findings": findings}


def print_preview(console: Console, catalogue: "Catalogue", found: "Preview") -> None:
    """Print a row a record where that fits the terminal, else a row a value."""
    if not found.rows:
        console.print("No rows.")
        return
    columns = _beside(catalogue, found.rows)
    if _measure(columns) > console.width:
        columns = min(columns, _below(catalogue, found.rows), key=_measure)
    print_columns(console, columns, always=("row", "value"))


def _measure(columns: Columns) -> int:
    """Return how wide a table is that breaks no cell."""
    return sum(max(map(cell_len, (heading, *cells))) + 3 for heading, (_, cells) in columns.items())


def _beside(catalogue: "Catalogue", rows: "list[PreviewRow]") -> Columns:
    """Return a row a record: its texts on the left, its facts (headed `→`) on the right."""
    columns: Columns = {"row": ("left", [row.place for row in rows])}
    for name in rows[0].reported:
        columns[_NAMES.get(name, name)] = ("left", [row.reported[name] or "" for row in rows])
    first = [row.facts[0] if row.facts else None for row in rows]
    columns["→ org"] = ("left", [fact["org"] if fact else "" for fact in first])
    columns["→ date"] = ("left", [fact["date"].isoformat() if fact else "" for fact in first])
    sets = [fact["dimensions"] if fact else "{}" for fact in first]
    columns["→ by"] = ("left", ["" if text == "{}" else text for text in sets])
    measures = {_heading(fact): None for row in rows for fact in row.facts}
    for heading in measures:
        told = [next((f for f in row.facts if _heading(f) == heading), None) for row in rows]
        columns[f"→ {heading}"] = ("right", [_value(catalogue, fact) if fact else "" for fact in told])
    return columns


def _below(catalogue: "Catalogue", rows: "list[PreviewRow]") -> Columns:
    """Return a row a value: the cell's heading and text, and what it would become."""
    lines: list[tuple[PreviewRow, dict[str, Any] | None]] = []
    for row in rows:
        lines += [(row, fact) for fact in row.facts] or [(row, None)]
    texts = [
        fact["measure"] if fact else ", ".join(filter(None, map(str, row.reported.values())))
        for row, fact in lines
    ]
    facts = [fact for _, fact in lines]
    return {
        "row": ("left", [row.place for row, _ in lines]),
        "reported": ("left", texts),
        "value": ("right", [f"{fact['reported']} {fact['unit']}" if fact else "" for fact in facts]),
        "→ metric": ("left", [_heading(fact) if fact else "" for fact in facts]),
        "→ org": ("left", [fact["org"] if fact else "" for fact in facts]),
        "→ date": ("left", [fact["date"].isoformat() if fact else "" for fact in facts]),
        "→ by": (
            "left",
            [fact["dimensions"] if fact and fact["dimensions"] != "{}" else "" for fact in facts],
        ),
        "→ value": ("right", [_value(catalogue, fact) if fact else "" for fact in facts]),
    }


def _heading(fact: dict[str, Any]) -> str:
    scenario = "" if fact["scenario"] == "actual" else f" ({fact['scenario']})"
    return f"{fact['metric']}{scenario}"


def _value(catalogue: "Catalogue", fact: dict[str, Any]) -> str:
    if fact["member"] is not None:
        return str(fact["member"])
    return f"{format_exact(Decimal(fact['value']))} {fact['currency'] or _unit_of(catalogue, fact)}"


def _unit_of(catalogue: "Catalogue", fact: dict[str, Any]) -> str:
    return catalogue.latest(fact["metric"]).unit
