"""How commands print: one JSON document, or a table for people."""

import datetime as dt
import json
import sys
from decimal import Decimal
from itertools import chain
from typing import Any

from rich import box
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from include.cli.console import open_console
from include.errors import Finding
from include.messages import word

MISSING = "–"
_MOST_PLACES = 8
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
    text = format(value or abs(value), "f")  # zero has no sign
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_short(value: Decimal | None) -> str:
    """Return a decimal for people: thousands separated, at most 4 places."""
    if value is None:
        return MISSING
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_share(value: Decimal | None) -> str:
    """Return a fraction as a percentage with one place."""
    return MISSING if value is None else f"{value:.1%}"


def print_kpis(rows: list[dict[str, Any]], definition: Any) -> None:
    """Print KPI rows of one metric; a column in which nothing stands is left out."""
    console = open_console()
    if not rows:
        console.print("No values. Without --org, --period and --as-of all there are would be listed.")
        return
    title = " ".join(dict.fromkeys((definition.name.read("zh"), definition.name.read("en"))))
    console.print(f"{title}, {definition.unit}", markup=False)
    versions = len({row["metric_version"] for row in rows})
    columns: dict[str, tuple[JustifyMethod, list[str]]] = {
        "org": ("left", [row["org"] for row in rows]),
        "period": ("left", [row["period"] for row in rows]),
        "by": ("left", [" ".join(map(str, row["dimensions"].values())) for row in rows]),
        "version": ("right", [str(row["metric_version"]) if versions > 1 else "" for row in rows]),
        "value": ("right", [format_short(row["value"]) for row in rows]),
        "": ("left", [COLOURS[row["status"]] for row in rows]),
    }
    for heading, name, form in (
        ("ytd", "ytd", format_short),
        ("change", "change", format_share),
        ("yoy", "yoy", format_share),
        ("target", "target", format_short),
        ("of target", "attainment", format_share),
        ("complete", "completeness", format_share),
    ):
        columns[heading] = ("right", [form(row[name]) for row in rows])
    notes = [", ".join(filter(None, [row["reason"], "restated" if row["restated"] else ""])) for row in rows]
    columns["note"] = ("left", notes)
    print_columns(console, columns, always=("org", "period", "value"))


def print_vanished(rows: list[dict[str, Any]], unit: str) -> None:
    """Print which KPIs are there no more, as their facts were taken out, and what they were."""
    console = open_console()
    for row in rows[:_MOST_PLACES]:
        was = f"{format_short(row['value'])} {unit} until {row['until'].astimezone():%Y-%m-%d %H:%M %Z}"
        console.print(f"{row['org']} {row['period']}: no figures any more; it was {was}", markup=False)
    if len(rows) > _MOST_PLACES:
        console.print(f"… and {len(rows) - _MOST_PLACES} more without figures.")


def print_columns(
    console: Console, columns: dict[str, tuple[JustifyMethod, list[str]]], always: tuple[str, ...]
) -> None:
    """Print columns, each a side and its cells, without those that are empty; figures never wrap."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown = {
        heading: cells
        for heading, (_, cells) in columns.items()
        if heading in always or any(cell not in ("", MISSING) for cell in cells)
    }
    for heading in shown:
        fixed = heading in ("period", "date", "range") or columns[heading][0] == "right"
        table.add_column(heading, justify=columns[heading][0], no_wrap=fixed, overflow="fold")
    for row in zip(*shown.values(), strict=True):
        table.add_row(*(cell if cell in COLOURS.values() else cell.replace("[", "\\[") for cell in row))
    console.print(table)


def print_trace(kpi: dict[str, Any] | None, facts: list[dict[str, Any]]) -> None:
    """Print one KPI, the facts behind it, and the submissions that brought them."""
    console = open_console()
    if kpi is None:
        console.print("There is no such KPI.")
        return
    value = format_exact(kpi["value"]) if kpi["value"] is not None else f"no value ({kpi['reason']})"
    console.print(f"{kpi['metric']} {kpi['org']} {kpi['period']}: {value} {kpi['unit']}", markup=False)
    several = len({fact["metric"] for fact in facts}) > 1
    listed = facts[:200]
    columns: dict[str, tuple[JustifyMethod, list[str]]] = {
        "metric": ("left", [fact["metric"] if several else "" for fact in listed]),
        "org": ("left", [fact["org"] for fact in listed]),
        "date": ("left", [fact["date"].isoformat() for fact in listed]),
        "value": ("right", [_with_unit(fact["value"], fact["unit"]) for fact in listed]),
        "as": ("left", ["" if fact["reported_as"] == "flow" else fact["reported_as"] for fact in listed]),
        "contributes": ("right", [_contributed_otherwise(fact) for fact in listed]),
        "reported": ("right", [_reported_otherwise(fact) for fact in listed]),
        "where": ("left", ["!".join(filter(None, (fact["sheet"], fact["cell"]))) for fact in listed]),
        "submission": ("right", [str(fact["submission"]) for fact in listed]),
    }
    if listed:
        print_columns(console, columns, always=("org", "date", "value", "submission"))
    if len(facts) > 200:
        console.print(f"… and {len(facts) - 200} more; --json lists all {len(facts)}.")
    for number, fact in sorted({fact["submission"]: fact for fact in facts}.items()):
        told = f"{fact['source']}, {fact['file']}" if fact["file"] else fact["source"]
        when = f"{fact['accepted_at'].astimezone():%Y-%m-%d %H:%M %Z}"
        console.print(f"Submission {number}: {told}, accepted {when}", markup=False)


def _with_unit(value: Decimal, unit: str) -> str:
    return f"{format_exact(value)} {unit}"


def _contributed_otherwise(fact: dict[str, Any]) -> str:
    """Return what a fact adds to the KPI where it isn't its value: converted, shared, or left out."""
    if fact["eliminated"]:
        return "eliminated"
    if not fact["taken"]:
        return "passed over"
    if fact["contribution"] is None:
        return "no rate"
    return "" if fact["contribution"] == fact["value"] else format_exact(fact["contribution"])


def _reported_otherwise(fact: dict[str, Any]) -> str:
    """Return the value as reported, where its unit or sign is not that of the metric."""
    same = (fact["reported_value"], fact["reported_unit"]) == (fact["value"], fact["unit"])
    return "" if same else _with_unit(fact["reported_value"], fact["reported_unit"])


def print_findings(console: Console, findings: list[Finding]) -> None:
    """Print what the checks found, as a list: where, what, found; below it what was expected and what to do.

    The same fault in many places is printed once, with the first of these; so is one of very many values.
    """
    groups = _group_alike(findings)
    for (level, title, expected, remedy), same in groups[:50]:
        places = list(dict.fromkeys(map(_place, same)))[:_MOST_PLACES]
        more = f" and {len(same) - len(places):,} more" if len(same) > len(places) else ""
        warning = " (warning)" if level == "warning" else ""
        _print_indented(console, 2, f"{', '.join(places)}{more}: {title}{warning}{_tell_found(title, same)}")
        for label, text in (("expected", expected), ("to do", remedy)):
            if text:
                _print_indented(console, 4, f"{label}: {text}")
    if len(groups) > 50:
        console.print(f"  … and {len(groups) - 50} more.")


def _group_alike(findings: list[Finding]) -> list[tuple[tuple[str, ...], list[Finding]]]:
    """Return findings by their words, and by what was found where these are few enough to be told one by one."""
    worded: dict[tuple[str, ...], dict[str, list[Finding]]] = {}
    for finding in findings:
        words = (word(finding, part, "en") for part in ("title", "expected", "remedy"))
        worded.setdefault((finding.level, *words), {}).setdefault(finding.found, []).append(finding)
    return [
        (words, same)
        for words, found in worded.items()
        for same in (found.values() if len(found) <= _MOST_PLACES else [[*chain(*found.values())]])
    ]


def _tell_found(title: str, same: list[Finding]) -> str:
    values = [
        value for value in dict.fromkeys(finding.found for finding in same) if value and value not in title
    ]
    told = ", ".join(f"“{value}”" for value in values[:_MOST_PLACES])
    return f": {told}{' …' if values[_MOST_PLACES:] else ''}" if told else ""


def _place(finding: Finding) -> str:
    return "!".join(filter(None, (finding.sheet, finding.cell))) or finding.column or "the whole delivery"


def _print_indented(console: Console, depth: int, text: str) -> None:
    console.print(Padding(Text(text, overflow="fold"), (0, 0, 0, depth), expand=False))
