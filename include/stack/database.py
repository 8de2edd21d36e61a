"""Where the warehouse is: in the embedded PostgreSQL, or outside where KPI_WAREHOUSE_URL says so."""

import os
from urllib.parse import urlsplit

from include.errors import UsageError
from include.home import Home
from include.stack.postgres import EmbeddedPostgres

_LOGINS = {"migrator": "migrator", "loader": "loader", "reader": "bi_reader"}


def warehouse_url(home: Home, role: str) -> str:
    """Return the URL of the warehouse for `role` (migrator, loader or reader); starts nothing.

    Outside, KPI_WAREHOUSE_URL carries the migrator's role, and the loader's too unless KPI_LOADER_URL names a
    log-in of its own. Raises UsageError for the reader outside, whose log-in isn't known here, and where
    `home` keeps its figures in an outside warehouse that the environment no longer names; MetricLedgerError
    where the embedded database was never started.
    """
    outside = os.environ.get("KPI_WAREHOUSE_URL")
    if not outside:
        _refuse_forgotten(home)
        return EmbeddedPostgres(home).url(_LOGINS[role], "warehouse")
    if role == "reader":
        raise UsageError("The read-only log-in of an outside warehouse is made by its administrator.")
    return (os.environ.get("KPI_LOADER_URL") if role == "loader" else None) or outside


def reader_address(home: Home) -> str:
    """Return the URL that BI tools read through, or nothing where this installation doesn't know it."""
    if os.environ.get("KPI_WAREHOUSE_URL") or "postgres_port" not in home.read_state():
        return ""
    return EmbeddedPostgres(home).url("bi_reader", "warehouse")


def ensure_database(home: Home) -> None:
    """Make the warehouse ready: the embedded PostgreSQL runs, if it is used, and the schema is the newest."""
    from include import warehouse  # noqa: PLC0415 - Arrow is heavy, and asking for a URL needs none of it

    outside = os.environ.get("KPI_WAREHOUSE_URL")
    if outside:
        warehouse.migrate(outside)
        home.remember(outside_warehouse=_name_place(outside))
        return
    _refuse_forgotten(home)
    cluster = EmbeddedPostgres(home)
    cluster.start()
    warehouse.migrate(cluster.url("migrator", "warehouse"))
    cluster.grant_roles("warehouse")


def _refuse_forgotten(home: Home) -> None:
    place = home.read_state().get("outside_warehouse")
    if place:
        raise UsageError(
            f"KPI_HOME {home.root} keeps its figures in the outside warehouse {place}: set KPI_WAREHOUSE_URL."
        )


def _name_place(url: str) -> str:
    """Return host and database of `url`, without the log-in."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}{parts.path}"
