"""`./kpi new-source`: a draft of a source from a table, an endpoint or a workbook."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from include.catalogue import Catalogue
    from include.onboarding.drafting import Origin
    from include.onboarding.sampled import Guess

app = typer.Typer()


@app.command(name="new-source")
def new_source(
    source: Annotated[
        str | None,
        typer.Argument(help="Id of the new source; made of the table's or file's name by default."),
    ] = None,
    connection: Annotated[str | None, typer.Option("--connection", help="Connection of the system.")] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="Table or view of a database: orders, sales.orders.")
    ] = None,
    path: Annotated[str | None, typer.Option("--path", help="Path of a REST service: /v1/output.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="Parameter of the request: from={window_start}.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A filled-in workbook.")] = None,
) -> None:
    """Write a draft of a source to drafts/, with types, units and metrics guessed; nothing reads it until confirmed."""
    from rich.console import Console

    from include.catalogue import load_catalogue
    from include.cli.opening import use_stored_connections
    from include.errors import UsageError
    from include.home import configuration_folder, current_home

    if [bool(file), bool(connection and table), bool(connection and path)].count(True) != 1:
        raise UsageError("say what it is: --connection and --table, --connection and --path, or --file")
    home = current_home()
    folder = configuration_folder(home)
    catalogue = load_catalogue(folder)
    use_stored_connections(home)
    name = _choose_name(catalogue, source, table or path or (file.stem if file else ""))
    with Console(stderr=True).status("looking …"):
        if file:
            origin, guesses = _from_book(catalogue, name, file)
        elif table:
            origin, guesses = _from_table(catalogue, name, str(connection), table)
        else:
            origin, guesses = _from_endpoint(catalogue, name, str(connection), str(path), param or [])
    _write(catalogue, folder / "drafts", origin, guesses)


def _choose_name(catalogue: "Catalogue", given: str | None, origin: str) -> str:
    from include.errors import UsageError
    from include.onboarding.drafting import name_source

    name = name_source(given or origin.rpartition(".")[2].rpartition("/")[2])
    if not name or (given and name != given):
        raise UsageError(
            "give the source an id of small letters, digits and _: ./kpi new-source shop_sales ..."
        )
    if name in catalogue.sources:
        raise UsageError(f"there is a source {name!r} already; give the new one another id")
    return name


def _from_table(catalogue: "Catalogue", name: str, conn_id: str, table: str) -> "tuple[Origin, list[Guess]]":
    from include.airflow_adapters.connections import resolve_connection
    from include.connectors.sql.describing import describe_table
    from include.onboarding.drafting import Origin, describe_database, write_query
    from include.onboarding.guessing import guess_columns
    from include.onboarding.sampled import Sampled

    found = describe_table(resolve_connection(conn_id), table, catalogue.calendar.timezone)
    columns = [
        Sampled(
            name=c.name,
            texts=c.texts,
            type=c.type,
            comment=c.comment,
            nullable=not c.required,
            key=c.key,
            blanks=c.blanks,
            choices=c.choices,
            unreadable=c.unreadable,
        )
        for c in found.columns
    ]
    guesses = guess_columns(catalogue, columns)
    told = f"the table {found.name} of the connection {conn_id}"
    query = write_query(found, guesses, conn_id)
    return Origin(told, name, "sql", describe_database(conn_id), query), guesses


def _from_endpoint(
    catalogue: "Catalogue", name: str, conn_id: str, path: str, given: list[str]
) -> "tuple[Origin, list[Guess]]":
    import datetime as dt
    import re

    from include.airflow_adapters.connections import resolve_connection
    from include.connectors.rest.sampling import sample_endpoint
    from include.onboarding.drafting import Origin, describe_endpoint
    from include.onboarding.guessing import guess_columns
    from include.onboarding.sampled import Sampled

    params = dict(pair.split("=", 1) for pair in given if "=" in pair)
    today = dt.datetime.now(dt.UTC).date()
    days = {
        "window_start": today - dt.timedelta(days=400),
        "window_end": today,
        "window_end_inclusive": today,
    }
    filled = {
        key: re.sub(r"\{(\w+)\}", lambda m: str(days.get(m[1], m[0])), value) for key, value in params.items()
    }
    found = sample_endpoint(resolve_connection(conn_id), path, filled)
    columns = [
        Sampled(_name_field(field), texts, path=field, nullable=len(texts) < found.count)
        for field, texts in found.fields.items()
    ]
    told = f"the path {path} of the connection {conn_id}"
    lines = describe_endpoint(found, conn_id, path, params)
    return Origin(told, name, "rest", lines), guess_columns(catalogue, columns)


def _name_field(path: str) -> str:
    """Return a field's name: `plant_code` for `$.plant.code`."""
    import re

    return "_".join(re.findall(r"[^$.\[\]']+", path))


def _from_book(catalogue: "Catalogue", name: str, file: Path) -> "tuple[Origin, list[Guess]]":
    from include.errors import UsageError
    from include.onboarding.books import sample_book
    from include.onboarding.drafting import Origin, describe_book
    from include.onboarding.guessing import guess_columns

    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    book = sample_book(file)
    guesses = guess_columns(catalogue, book.columns)
    return Origin(f"the workbook {file.name}", name, "workbook", describe_book(book, guesses)), guesses


def _write(catalogue: "Catalogue", folder: Path, origin: "Origin", guesses: "list[Guess]") -> None:
    from include.catalogue.reading import shown_path
    from include.cli.console import open_console
    from include.cli.tables import print_columns
    from include.errors import UsageError
    from include.onboarding.drafting import write_yaml

    files = {
        f"{origin.source}.yaml": write_yaml(catalogue, origin, guesses, rows="  kind: matrix" in origin.lines)
    }
    files |= {f"{origin.source}.sql": origin.query} if origin.query else {}
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(f"{shown_path(folder / taken[0])} is there already: confirm it, or delete it first")
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    console = open_console()
    columns: dict[str, tuple[Any, list[str]]] = {
        "column": ("left", [guess.column.name for guess in guesses]),
        "guess": ("left", [_tell_guess(guess) for guess in guesses]),
        "certainty": ("right", [f"{guess.certainty} %" for guess in guesses]),
        "why": ("left", [guess.why for guess in guesses]),
    }
    print_columns(console, columns, always=("column",))
    written = " and ".join(shown_path(folder / name) for name in files)
    console.print(f"\nWritten: {written}", markup=False, soft_wrap=True)
    console.print("Nothing reads them yet. Their first lines say how to confirm the guesses.", style="dim")


def _tell_guess(guess: "Guess") -> str:
    if not guess.needed:
        return "not read"
    keys = guess.keys
    said = str(keys.get("is") or keys.get("metric") or "")
    return f"{said}, {keys['unit']}" if keys.get("unit") else said
