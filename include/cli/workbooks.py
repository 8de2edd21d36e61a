"""`./kpi read` and `./kpi template`: look into a workbook, and make the one that a department fills in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from include.connectors.workbook.reading import Sheet, Workbook

app = typer.Typer()


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="Any workbook or text file.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Show what the workbook reader sees in FILE; needs no configuration. Exit code 3 where it is refused."""
    from include.cli.tables import print_json
    from include.connectors.workbook.sandbox import read_workbook
    from include.errors import RefusedError, UsageError

    if not file.is_file():
        raise UsageError(f"there is no file {str(file)!r}")
    try:
        workbook = read_workbook(file)
    except RefusedError as error:
        finding = error.findings[0]
        if as_json:
            from include.messages import word

            print_json({"refused": {"code": finding.code, "message": word(finding, "title", "en")}})
        else:
            _print_refusal(finding)
        raise typer.Exit(3) from error
    if as_json:
        sheets = [describe_sheet(sheet) for sheet in workbook.sheets]
        print_json({"kind": workbook.kind, "notes": dict(workbook.notes), "sheets": sheets})
    else:
        _print_workbook(workbook)


@app.command()
def template(
    source: Annotated[str, typer.Argument(help="Id of the source, as in config/sources/.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; SOURCE.xlsx by default.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(help="Period to fill in first, such as 2026-03; the one that is due next by default."),
    ] = None,
) -> None:
    """Write the workbook that the department of SOURCE fills in."""
    import datetime as dt
    import difflib
    from zoneinfo import ZoneInfo

    from include.catalogue import load_catalogue
    from include.connectors.workbook.template import write_template
    from include.errors import UsageError
    from include.home import configuration_folder, current_home

    catalogue = load_catalogue(configuration_folder(current_home()))
    model = catalogue.sources.get(source)
    if model is None:
        near = difflib.get_close_matches(source, catalogue.sources, n=3) or sorted(catalogue.sources)
        raise UsageError(f"there is no source {source!r}; nearest: {', '.join(near)}")
    if model.kind != "workbook":
        raise UsageError(f"the source {source!r} is read from a system ({model.kind}); it needs no template")
    target = output or Path(f"{source}.xlsx")
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    try:
        write_template(model, catalogue, target, today, period)
    except ValueError as error:
        raise UsageError(str(error)) from error
    typer.echo(str(target))


def describe_sheet(sheet: "Sheet") -> dict[str, Any]:
    """Return one sheet as `read --json` prints it."""
    from include.batch import cell_name

    return {
        "name": sheet.name,
        "type": sheet.type,
        "visible": sheet.visible == "visible",
        "range": sheet.range,
        "cells": sheet.count_kinds(),
        "errors": [{"cell": cell_name(row, col), "error": text} for row, col, text in sheet.errors()],
        "uncached": [cell_name(row, col) for row, col in sheet.uncached],
        "merged": [
            f"{cell_name(top, left)}:{cell_name(low, right)}" for top, left, low, right in sheet.merged
        ],
    }


def _print_refusal(finding: Any) -> None:
    from include.cli.console import open_console
    from include.messages import word

    console = open_console()
    console.print(f"[red]refused[/]: {word(finding, 'title', 'en')} ({finding.code})")
    console.print(f"expected: {word(finding, 'expected', 'en')}; {word(finding, 'remedy', 'en')}")


def _print_workbook(workbook: "Workbook") -> None:
    from include.cli.console import open_console
    from include.cli.tables import print_columns

    console = open_console()
    about = "".join(f", {key} {value!r}" for key, value in workbook.notes.items())
    console.print(f"{workbook.kind}{about}", markup=False)
    sheets = [describe_sheet(sheet) for sheet in workbook.sheets]
    errors = [[f"{error['cell']} {error['error']}" for error in sheet["errors"]] for sheet in sheets]
    kinds = [", ".join(f"{count} {kind}" for kind, count in sheet["cells"].items()) for sheet in sheets]
    types = ["" if sheet["type"] == "worksheet" else sheet["type"] for sheet in sheets]
    columns: dict[str, tuple[Any, list[str]]] = {
        "sheet": ("left", [sheet["name"] for sheet in sheets]),
        "type": ("left", types),
        "": ("left", ["" if sheet["visible"] else "hidden" for sheet in sheets]),
        "range": ("left", [sheet["range"] for sheet in sheets]),
        "cells": ("left", kinds),
        "errors": ("left", list(map(_shorten, errors))),
        "without value": ("left", [_shorten(sheet["uncached"]) for sheet in sheets]),
        "merged": ("left", [_shorten(sheet["merged"]) for sheet in sheets]),
    }
    print_columns(console, columns, always=("sheet", "range", "cells"))


def _shorten(items: list[str]) -> str:
    return ", ".join(items[:5]) + (f" … {len(items)} in all" if len(items) > 5 else "")
