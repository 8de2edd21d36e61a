"""Every minute: ring again for work that waits although its bell was lost. An idle minute costs one task."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowFailException

from include.airflow_adapters.wiring import FACTS, INBOXES, MONTHS, inbox_asset


def _is_idle(dag_id: str, context: Any) -> bool:
    return not context["ti"].get_dr_count(dag_id, states=["queued", "running"])


def _left_sources(context: Any) -> list[str]:
    """Return the sources whose killed runs left files half done, but for those that a run is about to finish."""
    from include import stages

    return [s for s in stages.unfinished_sources() if _is_idle(f"collect__{s}", context)]


def _late_runs(context: Any) -> list[Any]:
    """Return the runs that were killed between their load and their report."""
    from include import stages

    return [run for run in stages.unreported_runs() if _is_idle(f"collect__{run.source}", context)]


@task.branch
def look(**context: Any) -> list[str]:
    """Return the bells that have to be rung; a rollup that is under way drains its table by itself.

    An edited configuration, and a day on which the org tree changes, are published first: they touch KPIs.
    """
    from include import stages

    stages.publish()
    work = {
        "ring_inboxes": stages.waiting_sources() or _left_sources(context),
        "ring_months": stages.pending_months() and _is_idle("rollup_month", context),
        "ring_quarters": stages.pending_quarters() and _is_idle("rollup_quarter", context),
        "report_late": _late_runs(context),
        "send_messages": stages.unsent_messages(),
        "report_strays": stages.untold_strays(),
    }
    return [bell for bell, waits in work.items() if waits]


@task(outlets=[INBOXES])
def ring_inboxes(**context: Any) -> list[str]:
    """Ring for every source with files waiting or left half done; a busy DAG's bell is kept until its run ends."""
    from include import stages

    sources = sorted({*stages.waiting_sources(), *_left_sources(context)})
    for source in sources:
        context["outlet_events"][INBOXES].add(inbox_asset(source))
    return sources


@task(outlets=[FACTS])
def ring_months(**context: Any) -> None:
    """Ring for the months that were touched and not recomputed: one run drains them all."""
    from include import stages

    context["outlet_events"][FACTS].add_partitions(max(stages.pending_months(), default="none"))


@task(outlets=[MONTHS])
def ring_quarters(**context: Any) -> None:
    """Ring for the quarters that were touched and not recomputed: one run drains them all."""
    from include import stages

    context["outlet_events"][MONTHS].add_partitions(max(stages.pending_quarters(), default="none"))


@task
def report_late(**context: Any) -> list[str]:
    """Tell what became of the files of runs that were killed before they told; return the runs."""
    from include import stages
    from include.airflow_adapters.mail import smtp_sender

    told = stages.report_late(_late_runs(context))
    stages.send_messages(smtp_sender())
    return told


@task
def send_messages() -> int:
    """Send the mails that couldn't be sent before; return how many went out."""
    from include import stages
    from include.airflow_adapters.mail import smtp_sender

    return len(stages.send_messages(smtp_sender()))


@task
def report_strays() -> None:
    """Mail about files in the inbox that no source collects, and end red once for each, so that it shows here."""
    from include import stages
    from include.airflow_adapters.mail import smtp_sender

    strays = stages.report_strays()
    stages.send_messages(smtp_sender())
    if strays:
        raise AirflowFailException("No source collects these files: " + ", ".join(strays))


with DAG(
    "sweep",
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=10),
    default_args={"retries": 0},
    tags=["upkeep"],
    description="Backs every bell: wakes only what has work waiting",
):
    look() >> [
        *(ring_inboxes(), ring_months(), ring_quarters()),
        *(report_late(), send_messages(), report_strays()),
    ]
