"""One DAG per source of the company's configuration: extract, validate, standardise, load, report."""

from typing import Any

from airflow.sdk import DAG, AssetWatcher, CronTriggerTimetable, TriggerRule, get_parsing_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from inbox_trigger import InboxTrigger

from include.airflow_adapters.pools import pool_of
from include.airflow_adapters.wiring import (
    FACTS,
    INBOXES,
    TASK_DEFAULTS,
    asked_period,
    describe_source,
    inbox_asset,
    limit_partitions,
    run_url,
    system_params,
)
from include.catalogue import load_catalogue
from include.errors import NEVER_BY_WAITING, SourceUnavailableError
from include.home import configuration_folder, current_home

STEPS = ("extract", "validate", "standardise", "load")


def _run(source: str, context: Any) -> Any:
    from include.stages import Run

    run = context["dag_run"]
    return Run(run_id=_name_run(context), url=run_url(run.dag_id, run.run_id), source=source)


def _name_run(context: Any) -> str:
    return f"{context['dag_run'].dag_id}/{context['dag_run'].run_id}"


def _go_on(batches: list[int], context: Any, given: list[int] | None = None) -> list[int]:
    """Return `batches`, which go on; where none does as those `given` failed, end in red with the reasons."""
    from include import telling

    failures = [] if batches else telling.list_failures(_name_run(context), given)
    if failures:
        raise AirflowFailException("\n".join(failures))
    return batches


@task.short_circuit(ignore_downstream_trigger_rules=False, outlets=[INBOXES])
def extract(source: str, **context: Any) -> list[int]:
    """Take in the waiting files, or ask the system once; return the ids of the batches made.

    A system is asked for the period that the run was triggered with, in a backfill for that of the run's date.
    """
    from include import stages
    from include.windows import name_window

    waiting = stages.count_waiting(source)
    catalogue = stages.current_catalogue()
    asked = name_window(catalogue, catalogue.sources[source], **asked_period(context))
    accept = bool(context["params"].get("accept_types"))
    try:
        batches = stages.extract(
            source, _run(source, context), window=asked, patience=stages.READS_FOR, accept_types=accept
        )
    except SourceUnavailableError as error:
        if error.code not in NEVER_BY_WAITING:
            raise
        raise AirflowFailException(str(error)) from error  # to try again would lock the account
    if 0 < stages.count_waiting(source) < waiting:  # more than one run should take
        context["outlet_events"][INBOXES].add(inbox_asset(source))
    return _go_on(batches, context)


@task.short_circuit(ignore_downstream_trigger_rules=False)
def validate(batches: list[int], **context: Any) -> list[int]:
    """Check every batch; return the ids of those that go on."""
    from include import stages

    return _go_on(stages.validate(batches), context, batches)


@task.short_circuit(ignore_downstream_trigger_rules=False)
def standardise(batches: list[int], **context: Any) -> list[int]:
    """Turn measures into metrics; return the ids of the batches that go on."""
    from include import stages

    return _go_on(stages.standardise(batches), context, batches)


@task(outlets=[FACTS])
def load(batches: list[int], **context: Any) -> list[str]:
    """Load the batches and ring for the months that they touched; return those months."""
    from include import stages, telling

    months = stages.load(batches)
    if months:
        context["outlet_events"][FACTS].add_partitions(limit_partitions(months, 3))
    elif _go_on(telling.list_accepted(_name_run(context), batches), context, batches):
        context["task"].outlets = []  # a cross-check's figures count in no KPI: there is nobody to wake
    else:
        raise AirflowSkipException("nothing new: what was sent is already in the ledger, or was refused")
    return months


@task(trigger_rule=TriggerRule.ALL_DONE, retries=1)
def report(source: str, **context: Any) -> None:
    """Mail what was refused or failed, and end the run in red if anything was."""
    from include import stages
    from include.airflow_adapters.mail import smtp_sender

    run = context["dag_run"]
    states = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id]).get(run.run_id, {})
    failed = [step for step in STEPS if states.get(step) == "failed"]
    lines = stages.report(_run(source, context), failed)
    stages.send_messages(smtp_sender())
    if lines or failed:
        raise AirflowFailException("\n".join(lines or [f"{step} failed: see its log" for step in failed]))


def build_dag(source: Any, timezone: str) -> DAG:
    """Return the DAG `collect__<source>`: woken by files in its inbox, or by the schedule of its system."""
    schedule: Any
    if source.kind == "workbook":
        watcher = AssetWatcher(f"inbox__{source.source}", trigger=InboxTrigger(source.source))
        schedule = [inbox_asset(source.source, watchers=[watcher])]
    else:
        schedule = CronTriggerTimetable(source.schedule, timezone=timezone) if source.schedule else None
    with DAG(
        f"collect__{source.source}",
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        default_args=TASK_DEFAULTS | {"owner": source.owner or "airflow"},
        params={}
        if source.kind == "workbook"
        else system_params(weekly=catalogue.calendar.periods == "iso-week"),
        tags=[tag for tag in (source.department, source.kind) if tag],
        **describe_source(source),
    ) as dag:
        pool = {} if source.kind == "workbook" else {"pool": pool_of(source.connection)}
        batches: Any = extract.override(**pool)(source.source)
        for step in (validate, standardise, load):
            batches = step(batches)
        batches >> report(source.source)
    return dag


def read_catalogue() -> Any:
    """Return the configuration; in a task by way of the stages, which will ask for the same one."""
    if get_parsing_context().dag_id:
        from include import stages

        return stages.current_catalogue()
    return load_catalogue(configuration_folder(current_home()))


catalogue = read_catalogue()
wanted = get_parsing_context().dag_id  # a task's process needs its own DAG only
for entry in catalogue.sources.values():
    if wanted in (None, f"collect__{entry.source}"):
        globals()[f"collect__{entry.source}"] = build_dag(entry, catalogue.calendar.timezone)
