"""OpenLineage: tells Airflow's provider which datasets a task read and wrote, where a backend is configured.

The provider's listener sends the events. Where none is configured (no transport, or
`AIRFLOW__OPENLINEAGE__DISABLED`) nothing here runs or is imported, in a task or at parsing.
"""

from typing import Any


def is_wanted() -> bool:
    """Tell whether this installation sends lineage events; by the provider's own rule."""
    from airflow.providers.openlineage import conf

    return not conf.is_disabled()


def lineage_defaults() -> dict[str, Any]:
    """Return what tasks need in their `default_args` to name their datasets; empty where nobody listens."""
    return {"on_success_callback": name_datasets} if is_wanted() else {}


def name_datasets(context: Any) -> None:
    """Add the datasets of the task that has just succeeded to its inlets and outlets.

    The listener, which is called after this callback, sends them with the COMPLETE event. A fault here is
    logged by Airflow and fails no task.
    """
    from openlineage.client.event_v2 import Dataset

    from include import stages
    from include.lineage import describe_flow

    task, run = context["task"], context["dag_run"]
    source = run.dag_id.removeprefix("collect__") if run.dag_id.startswith("collect__") else ""
    flow = describe_flow(stages.current_catalogue(), task.task_id, source, f"{run.dag_id}/{run.run_id}")
    task.inlets.extend(Dataset(named.namespace, named.name) for named in flow.inputs)
    task.outlets.extend(Dataset(named.namespace, named.name) for named in flow.outputs)
