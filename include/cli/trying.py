"""`./kpi test-connection` and `./kpi preview`: try a source before it counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from include.catalogue import Catalogue
    from include.catalogue.models import Source, WorkbookSource
    from include.onboarding.previewing import Preview
    from include.onboarding.probing import Probe

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Period = Annotated[
    str | None, typer.Option("--period", help="Ask a system for this month (or week) or quarter.")
]


@app.command(name="test-connection")
def test_connection(
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    period: Period = None,
    as_json: Json = False,
) -> None:
    """Tell in one line what works of a source's connection, or what is missing; loads nothing."""
    from rich.console import Console

    from include.cli.console import open_console
    from include.cli.opening import choose_window, open_catalogue
    from include.cli.tables import print_json
    from include.onboarding import probing

    catalogue, model = open_catalogue(source)
    if model.kind == "workbook":
        _tell_inbox(model, as_json=as_json)
        return
    window = choose_window(catalogue, model, None, period) or probing.usual_window(catalogue, model)
    with Console(stderr=True, quiet=as_json).status(f"asking {model.connection} …"):
        probe = probing.probe_source(catalogue, model, window)
    if as_json:
        print_json(_describe_probe(probe))
    else:
        open_console().print(_tell_probe(probe), soft_wrap=True)
    raise typer.Exit(0 if probe.works else 3 if probe.refused else 1)


@app.command()
def preview(
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="This file instead of the oldest in the inbox.")
    ] = None,
    period: Period = None,
    as_json: Json = False,
) -> None:
    """Show the first 20 rows as reported beside what they would become; loads nothing."""
    from rich.console import Console

    from include.cli.opening import choose_window, open_catalogue
    from include.errors import RefusedError
    from include.onboarding import previewing, probing

    catalogue, model = open_catalogue(source)
    window = choose_window(catalogue, model, file, period)
    try:
        with Console(stderr=True, quiet=as_json).status("reading …"):
            if model.kind == "workbook":
                with _choose_file(model, file) as (read, delivered):
                    found = previewing.preview_file(catalogue, model, read, delivered)
            else:
                window = window or probing.usual_window(catalogue, model)
                found = previewing.preview_system(catalogue, model, window)
    except RefusedError as refusal:
        found = previewing.Preview(source, [], refusal.findings)
    _show_preview(catalogue, model, found, as_json=as_json)
    raise typer.Exit(3 if found.refused else 0)


@contextmanager
def _choose_file(source: "WorkbookSource", file: Path | None) -> Iterator[tuple[Path, Path]]:
    """Lend the file to read, and its place in an inbox, which may say unit and period."""
    from include.errors import UsageError
    from include.home import current_home
    from include.inbox import list_waiting
    from include.places import ObjectPlace, inbox_place

    folder, inbox = current_home().inbox / source.source, inbox_place(current_home()) / source.source
    if file:
        yield file, folder / file.name
        return
    waiting = next((path for path, stamp in list_waiting(inbox).items() if not stamp.oddity), None)
    if waiting is None:
        raise UsageError(f"No file waits in {inbox}; name one by --file.")
    if isinstance(waiting, Path):
        yield waiting, waiting
        return
    assert isinstance(inbox, ObjectPlace)
    with waiting.local_copy() as copy:
        yield copy, folder / waiting.relative_to(inbox)


def _tell_inbox(source: "Source", *, as_json: bool) -> None:
    from include.cli.tables import print_json
    from include.home import current_home
    from include.inbox import list_waiting, scan_inbox
    from include.places import inbox_place

    inbox = inbox_place(current_home()) / source.source
    whole, all_ = list_waiting(inbox), scan_inbox(inbox)
    names = [str(path).removeprefix(f"{inbox}/") for path in whole]
    if as_json:
        told = {"source": source.source, "kind": "workbook", "works": True, "inbox": str(inbox)}
        print_json(told | {"waiting": names, "unfinished": len(all_.keys() - whole.keys())})
        return
    listed = ", ".join(names[:5]) + (f" … {len(names)} in all" if len(names) > 5 else "")
    waits = f"{len(names)} waiting: {listed}" if names else "nothing waits"
    unfinished = len(all_.keys() - whole.keys())
    typer.echo(
        f"{source.source} is read from workbooks; in {inbox} {waits}"
        + (f"; {unfinished} still being written" if unfinished else "")
        + "."
    )


_TOLD = {"reach": "reached", "log-in": "log-in accepted", "permission": "may read", "query": "query runs"}
_FAILED = {
    "reach": "not reached",
    "log-in": "log-in refused",
    "permission": "may not read",
    "query": "the query fails",
    "columns": "columns don't fit",
    "rows": "the rows don't fit",
}


def _tell_probe(probe: "Probe") -> str:
    import datetime as dt

    from rich.markup import escape

    from include.windows import BEGINNING_OF_DATA

    words = _TOLD | ({"query": "answers"} if probe.kind == "rest" else {})
    failed = _FAILED | ({"query": "it answers with a fault"} if probe.kind == "rest" else {})
    parts = [words[step] for step in probe.passed if step in words]
    if probe.works:
        last = probe.window.end - dt.timedelta(days=1)
        span = f"from {probe.window.start} to {last}" if probe.window.start > BEGINNING_OF_DATA else "in all"
        seen = (
            f"{probe.columns} of {probe.columns} columns found" if probe.rows or probe.kind == "sql" else ""
        )
        newest = f"newest {probe.newest}" if probe.newest else ""
        parts += [seen, f"{probe.rows:,} rows {span}" if probe.rows else f"[yellow]no rows[/] {span}", newest]
        return f"{probe.source} [green]works[/]: {probe.connection} " + ", ".join(filter(None, parts)) + "."
    begun = f"{probe.source} [red]doesn't work[/]: "
    if probe.failed == "connection":
        return f"{begun}{escape(probe.problem)}."
    told = f"[red]{failed[probe.failed]}[/]: {escape(probe.problem)}"
    code = "" if probe.code == "configuration" else f" ({probe.code})"
    return f"{begun}{probe.connection} " + ", ".join([*parts, told]) + f"{code}."


def _describe_probe(probe: "Probe") -> dict[str, Any]:
    from include.onboarding.probing import STEPS

    steps: dict[str, bool | None] = dict.fromkeys(STEPS)
    steps |= dict.fromkeys(probe.passed, True) | ({probe.failed: False} if probe.failed else {})
    problem = {"code": probe.code, "message": probe.problem} if probe.failed else None
    return {
        "source": probe.source,
        "kind": probe.kind,
        "connection": probe.connection,
        "works": probe.works,
        "steps": steps,
        "window": [probe.window.start, probe.window.end],
        "rows": probe.rows,
        "newest": probe.newest or None,
        "problem": problem,
    }


def _show_preview(catalogue: "Catalogue", source: "Source", found: "Preview", *, as_json: bool) -> None:
    from include.cli.console import open_console
    from include.cli.previews import describe_preview, print_preview
    from include.cli.tables import print_findings, print_json

    if as_json:
        print_json(describe_preview(catalogue, found))
        return
    console = open_console()
    print_preview(console, catalogue, found)
    if found.refused:
        console.print("[red]A run would refuse or hold this[/]:")
    print_findings(console, found.findings)
    whole = "the first rows" if source.kind != "workbook" else "the whole file"
    console.print(f"Checked: {whole}. Nothing was loaded.", style="dim")
