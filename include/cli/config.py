"""`./kpi check` and `./kpi schema`: the company's configuration."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The configuration; default is KPI_CONFIG, or config/.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read all configuration and print every error with file and line."""
    from include.catalogue.loading import check_catalogue
    from include.catalogue.models import RATE_METRICS
    from include.home import configuration_folder, current_home

    folder = folder or configuration_folder(current_home())
    catalogue, problems = check_catalogue(folder)
    counts = {}
    if catalogue is not None:
        own = catalogue.metrics.keys() - RATE_METRICS.values()
        counts = {"metrics": len(own), "sources": len(catalogue.sources)}
        counts |= {"org_units": len(catalogue.org.units), "people": len(catalogue.people)}
    if as_json:
        faults = [vars(problem) for problem in problems]
        typer.echo(json.dumps({"ok": not faults, **counts, "problems": faults}, ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            typer.echo(str(problem))
        if problems:
            typer.echo(f"{len(problems)} {'error' if len(problems) == 1 else 'errors'} in {folder}", err=True)
        else:
            said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
            typer.echo(f"{folder}: {said}. No errors.")
    if problems:
        raise typer.Exit(1)


@app.command()
def schema(
    folder: Annotated[Path, typer.Argument(help="Where the schemas go.")] = Path("docs/schema"),
) -> None:
    """Write the JSON Schemas that give editors completion for the configuration."""
    from include.catalogue.schema import write_schemas

    for path in write_schemas(folder):
        typer.echo(str(path))
