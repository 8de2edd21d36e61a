"""`./kpi check`, `./kpi schema` and `./kpi dictionary`: the company's configuration."""

import json
from pathlib import Path
from typing import Annotated, Any

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
    from include.catalogue.loading import check_catalogue, list_drafts
    from include.catalogue.models import RATE_METRICS
    from include.home import configuration_folder, current_home

    folder = folder or configuration_folder(current_home())
    catalogue, problems = check_catalogue(folder)
    drafts = list_drafts(folder)
    warnings = catalogue.warnings if catalogue else ()
    counts = {}
    if catalogue is not None:
        own = catalogue.metrics.keys() - RATE_METRICS.values()
        counts = {"metrics": len(own), "sources": len(catalogue.sources)}
        counts |= {"org_units": len(catalogue.org.units), "people": len(catalogue.people)}
    if as_json:
        told: dict[str, Any] = {"ok": not problems, **counts}
        told |= {"problems": [vars(one) for one in problems], "warnings": [vars(one) for one in warnings]}
        if drafts:
            told["drafts"] = [{"file": file, "guesses": guesses} for file, guesses in drafts]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            typer.echo(str(problem))
        if problems:
            typer.echo(f"{_count(len(problems), 'errors')} in {folder}", err=True)
        else:
            said = ", ".join(_count(count, name.replace("_", " ")) for name, count in counts.items())
            typer.echo(f"{folder}: {said}. No errors.")
        for warning in warnings:
            typer.echo(f"Warning: {warning}")
        for file, guesses in drafts:
            left = f"{_count(guesses, 'guesses')} to confirm"
            typer.echo(f"{file}: a draft with {left}; it isn't read until it lies in sources/.")
    if problems:
        raise typer.Exit(1)


def _count(count: int, things: str) -> str:
    """Return `1 source` or `2 sources`; people are persons where there is one."""
    one = {"people": "person", "guesses": "guess"}.get(things, things.removesuffix("s"))
    return f"{count} {one if count == 1 else things}"


@app.command()
def schema(
    folder: Annotated[Path, typer.Argument(help="Where the schemas go.")] = Path("docs/schema"),
) -> None:
    """Write the JSON Schemas that give editors completion for the configuration."""
    from include.catalogue.schema import write_schemas

    for path in write_schemas(folder):
        typer.echo(str(path))


@app.command()
def dictionary(
    output: Annotated[Path, typer.Option("-o", "--output", help="The workbook to write.")] = Path(
        "dictionary.xlsx"
    ),
) -> None:
    """Write the metric dictionary for business people, in Chinese and English; needs no database."""
    import datetime as dt
    from zoneinfo import ZoneInfo

    from include.catalogue import load_catalogue
    from include.dictionary import write_dictionary
    from include.errors import UsageError
    from include.home import configuration_folder, current_home

    catalogue = load_catalogue(configuration_folder(current_home()))
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    try:
        write_dictionary(catalogue, output, today)
    except OSError as error:
        raise UsageError(
            f"{output} can't be written ({error.strerror}); close it, or name another file by -o"
        ) from error
    typer.echo(str(output))
