"""`./kpi up`, `down` and `status`: the local stack in the background."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from include.home import Home, configuration_folder, current_home

if TYPE_CHECKING:
    from include.stack import PartStatus

app = typer.Typer()


@app.command()
def up(
    adopt_config: bool = typer.Option(
        False, help="Take over the configuration in KPI_CONFIG if it has moved."
    ),
) -> None:
    """Start database and Airflow in the background, or mend what died; returns when all are healthy."""
    import time

    from include.catalogue import load_catalogue

    begun = time.monotonic()
    home = current_home()
    config = configuration_folder(home, adopt=adopt_config)
    load_catalogue(config)
    home.remember(config=str(config))
    start_stack(home, config)
    typer.echo(f"Ready after {time.monotonic() - begun:.0f} s.")
    for line in describe_access(home):
        typer.echo(line)


@app.command()
def down() -> None:
    """End what `up` started, the database too. Data, logs and log-ins stay."""
    from include import stack

    typer.echo("Ended." if stack.down(current_home()) else "Nothing was running.")


@app.command()
def status(json: bool = typer.Option(False, "--json", help="Print one JSON document.")) -> None:
    """Show what runs, with its process, memory and address."""
    from dataclasses import asdict
    from json import dumps

    from include import stack

    home = current_home()
    parts, strays = stack.status(home), list_strays(home)
    if json:
        told = {"home": str(home.root), "parts": [asdict(part) for part in parts], "strays": strays}
        typer.echo(dumps(told))
        return
    _print_table(parts)
    for stray in strays:
        typer.echo(f"No source collects inbox/{stray}; move it into inbox/<source>/")
    if any(part.state == "running" for part in parts):
        for line in describe_access(home):
            typer.echo(line)


def list_strays(home: Home) -> list[str]:
    """Return the files in the inbox that no source collects, as places below it."""
    from include.catalogue import load_catalogue
    from include.errors import MetricLedgerError
    from include.inbox import find_strays
    from include.notify.words import tidy
    from include.places import inbox_place, write_place

    try:
        sources = load_catalogue(configuration_folder(home)).sources
    except MetricLedgerError:
        return []  # `./kpi check` is there for that
    inbox = inbox_place(home)
    return [tidy(write_place(place).removeprefix(f"{inbox}/"), 200) for place in find_strays(inbox, sources)]


def start_stack(home: Home, config: Path) -> None:
    """Bring the stack up for the configuration in `config`, showing progress on a terminal or as lines."""
    from rich.console import Console

    from include import stack

    console = Console(stderr=True)
    states: dict[str, str] = {}

    def publish() -> None:
        os.environ["KPI_LOADER_URL"] = stack.warehouse_url(home, "loader")
        from include import stages

        stages.publish()

    with console.status("Starting ...") as shown:

        def report(part: str, state: str) -> None:
            states[part] = state
            if not console.is_terminal:
                console.print(f"{part}: {state}", highlight=False)
            shown.update(" · ".join(f"{name}: {_paint(told)}" for name, told in states.items()))

        stack.up(home, config, publish=publish, report=report)


def describe_access(home: Home) -> list[str]:
    """Return lines for the user: the UI and its log-in, and how BI tools read the figures."""
    from include.places import inbox_place
    from include.stack import reader_address
    from include.stack.airflow import ADMIN, ui_address

    address, password = ui_address(home), home.read_state().get("airflow_admin_password", "")
    airflow = f"{address}   log-in {ADMIN}   password {password}" if address else "not started: ./kpi up"
    reader = reader_address(home) or "the read-only log-in that your warehouse's administrator made"
    return [
        f"Airflow    {airflow}",
        f"BI tools   {reader}   (schema bi, read-only)",
        f"Inbox      {inbox_place(home)}/<source>/",
        f"Logs       {home.logs}",
    ]


def _paint(state: str) -> str:
    return f"[green]{state}[/]" if state == "running" else f"[yellow]{state}[/]"


def _print_table(parts: "list[PartStatus]") -> None:
    from rich.table import Table

    from include.cli.console import open_console

    table: Any = Table(box=None, pad_edge=False)
    for heading in ("part", "state", "pid", "memory", "restarts", "address"):
        table.add_column(heading, justify="right" if heading in ("pid", "memory", "restarts") else "left")
    for part in parts:
        pid = str(part.pid or "")
        memory = f"{part.memory / 2**20:.0f} MiB" if part.memory else ""
        address = part.address if part.part == "api-server" else ""
        table.add_row(part.part, _paint(part.state), pid, memory, str(part.restarts or ""), address)
    open_console().print(table, soft_wrap=True)
