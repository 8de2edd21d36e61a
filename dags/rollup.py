"""Month and quarter rollups, woken per partition by what was loaded; each drains all that is pending."""

from typing import Any

from airflow.sdk import DAG, PartitionedAssetTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from include.airflow_adapters.wiring import FACTS, MONTHS, TASK_DEFAULTS, limit_partitions


@task(outlets=[MONTHS])
def rollup_months(**context: Any) -> list[str]:
    """Recompute every touched month and ring for the quarters that hold them; return those quarters."""
    from include import stages

    quarters = stages.rollup_months()
    if not quarters:
        raise AirflowSkipException("nothing pending: another run has recomputed these months")
    context["outlet_events"][MONTHS].add_partitions(limit_partitions(quarters, 2))
    return quarters


@task
def rollup_quarters() -> list[str]:
    """Recompute every touched quarter; return those that were recomputed."""
    from include import stages

    return stages.rollup_quarters()


with DAG(
    "rollup_month",
    schedule=PartitionedAssetTimetable(assets=FACTS),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["rollup"],
    description="Facts to month KPIs: named by the month that rang, a run drains all touched ones",
):
    rollup_months()

with DAG(
    "rollup_quarter",
    schedule=PartitionedAssetTimetable(assets=MONTHS),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["rollup"],
    description="Month KPIs to quarter KPIs, by the company's fiscal calendar",
):
    rollup_quarters()
