"""Makes the pool of a connection when the first run that needs it starts: the scheduler calls this listener."""

import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from include.airflow_adapters.pools import ensure_pools


@hookimpl
def on_dag_run_running(dag_run: Any) -> None:
    """Make the pools that the run's tasks wait for; a fault is logged by Airflow and the next run tries again."""
    dag = getattr(dag_run, "dag", None)
    if dag is not None:
        ensure_pools(task.pool for task in dag.tasks)


class SystemPools(AirflowPlugin):
    """Registers this module as a listener."""

    name = "system_pools"
    listeners = (sys.modules[__name__],)
