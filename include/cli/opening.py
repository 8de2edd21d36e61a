"""What a data command needs before it can start: the warehouse running, migrated and holding the configuration."""

import datetime as dt
import os
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from include.errors import UsageError
from include.home import configuration_folder, current_home

if TYPE_CHECKING:
    from include.catalogue import Catalogue


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
    os.environ.setdefault(
        "AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR"
    )  # its log lines are no part of the answer
    os.environ["KPI_LOADER_URL"] = warehouse_url(home, "loader")
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
