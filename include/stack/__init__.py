"""The local stack: embedded PostgreSQL and Airflow's processes, started, watched and ended by `./kpi`."""

from include.stack.database import ensure_database, reader_address, warehouse_url
from include.stack.lifecycle import PartStatus, down, status, up

__all__ = ["PartStatus", "down", "ensure_database", "reader_address", "status", "up", "warehouse_url"]
