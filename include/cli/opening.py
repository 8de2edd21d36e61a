"""What a data command needs before it can start: the warehouse running, migrated and holding the configuration."""

import datetime as dt
import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from include.errors import UsageError
from include.home import Home, configuration_folder, current_home

if TYPE_CHECKING:
    from include.batch import Window
    from include.catalogue import Catalogue


def open_catalogue(source: str) -> "tuple[Catalogue, Any]":
    """Return the configuration and one of its sources, for a command that needs no warehouse.

    Raises UsageError for an unknown source, ConfigurationError with every problem of the configuration.
    """
    from include.catalogue import load_catalogue

    home = current_home()
    catalogue = load_catalogue(configuration_folder(home))
    use_stored_connections(home)
    if source not in catalogue.sources:
        near = difflib.get_close_matches(source, catalogue.sources, n=3) or sorted(catalogue.sources)
        raise UsageError(
            f"There is no source {source!r}; nearest: {', '.join(near) or 'none is declared yet'}."
        )
    return catalogue, catalogue.sources[source]


def use_stored_connections(home: Home) -> None:
    """Let this process find the connections that were added in the UI of this home's own Airflow, if it has one."""
    from include.stack.airflow import connection_store

    # Its log lines are no part of the answer.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    for name, value in connection_store(home).items():
        os.environ.setdefault(name, value)


def choose_window(
    catalogue: "Catalogue", source: Any, file: Path | None, period: str | None
) -> "Window | None":
    """Return the dates of `--period`, widened to whole slices; None without it. `--file` must be there if given.

    Raises UsageError where an option doesn't fit the source, the file is missing or the period isn't one.
    """
    from include.windows import window_of_period

    if source.kind == "workbook":
        if period:
            raise UsageError("--period is for systems; a workbook says itself which periods it holds.")
        if file and not file.is_file():
            raise UsageError(f"There is no file {file}.")
    elif file:
        raise UsageError(
            f"{source.source} is read from the connection {source.connection!r}; --file is for workbooks."
        )
    return window_of_period(catalogue, source, period) if period else None


def open_warehouse() -> None:
    """Start the embedded database where needed, remember the configuration, publish it, and set how to connect.

    Raises ConfigurationError with every problem of the configuration, UsageError where KPI_HOME belongs to
    another one.
    """
    from include import stages
    from include.stack import ensure_database, warehouse_url

    home = current_home()
    folder = configuration_folder(home)
    stages.read_catalogue(folder)
    home.create().remember(config=str(folder))
    ensure_database(home)
    os.environ["KPI_LOADER_URL"] = warehouse_url(home, "loader")
    use_stored_connections(home)
    stages.publish()


def check_period(text: str, catalogue: "Catalogue") -> None:
    """Raise UsageError where `text` is no month (or week), quarter or fiscal year."""
    if text.isdigit() and len(text) == 4:
        return
    try:
        grain = catalogue.periods.grain_of(text)
        catalogue.periods.period_bounds(text)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if grain == "D":
        raise UsageError(f"{text!r} is a day; give a {catalogue.periods.word}, quarter or fiscal year.")


def read_moment(text: str, timezone: str) -> dt.datetime:
    """Return the moment that `--as-of` names, in the company's timezone where it has none; a date is its end.

    Raises UsageError for what is no ISO date or time.
    """
    try:
        if len(text) == 10:
            day = dt.date.fromisoformat(text) + dt.timedelta(days=1)
            return dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) - dt.timedelta(
                microseconds=1
            )
        moment = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--as-of {text!r} is no date or time; write 2026-03-31 or 2026-03-31T18:00:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
