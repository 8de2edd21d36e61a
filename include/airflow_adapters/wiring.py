"""What the DAG files share: the assets that ring between them, how tasks retry, and the link to a run."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from airflow.sdk import Asset, AssetAlias, ExceptionRetryPolicy, Param, RetryAction, RetryRule
from airflow.sdk.configuration import conf

from include.airflow_adapters.lineage import lineage_defaults
from include.airflow_adapters.pools import pool_of
from include.catalogue.models import Source, Words, WorkbookSource

FACTS = Asset("metric_facts")
"""Facts were loaded; one partition per touched month or week (`2026-03`, `2026-W05`)."""
MONTHS = Asset("metric_months")
"""Month KPIs were recomputed; one partition per touched quarter (`2026-Q1`)."""
INBOXES = AssetAlias("waiting_inboxes")
"""Files wait in some inbox: rings the inbox assets that a task adds to it."""

TASK_DEFAULTS: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=[
                    "include.errors.RefusedError",
                    "include.errors.ConfigurationError",
                    "include.errors.UsageError",
                ],
                action=RetryAction.FAIL,
                reason="a second try can't mend refused data or a wrong configuration",
            )
        ]
    ),
    **lineage_defaults(),
}
"""Refused data fails at once; a network or database fault is tried again after 20 s, 40 s and 80 s."""


def inbox_asset(source: str, **keys: Any) -> Asset:
    """Return the asset that stands for files waiting in `inbox/<source>/`; `keys` go to Asset."""
    return Asset(f"inbox__{source}", group="inbox", **keys)


def limit_partitions(keys: list[str], most: int) -> list[str]:
    """Return the partitions to ring for: each touched one, or the latest where there are more than `most`.

    One run drains all that is pending, so a first load of 24 months needs no 24 runs.
    """
    return sorted(keys) if len(keys) <= most else [max(keys)]


def system_params(*, weekly: bool) -> dict[str, Param]:
    """Return the form of a system's DAG: what a run that is triggered by hand may ask for."""
    finest, pattern = ("week (2026-W05)", r"W\d{2}") if weekly else ("month (2026-03)", r"(0[1-9]|1[0-2])")
    return {
        "period": Param(
            None,
            type=["null", "string"],
            pattern=rf"^\d{{4}}-({pattern}|Q[1-4])$",
            title="Period",
            description=f"Read this {finest} or quarter (2026-Q1) again; blank for the source's usual window",
        ),
        "accept_types": Param(
            False,
            type="boolean",
            title="Accept changed types",
            description="Take columns whose type has changed, once you know that they still mean the same",
        ),
    }


def asked_period(context: Any) -> dict[str, Any]:
    """Return what a run is to read, as `stages.name_window` takes it: a period of the form, or a backfill's date."""
    run = context["dag_run"]
    kind = getattr(run.run_type, "value", run.run_type)  # an enum in a task, a text elsewhere
    if kind == "backfill" and run.logical_date:
        return {"moment": run.logical_date}
    return {"period": context["params"].get("period")}


def describe_source(source: Source) -> dict[str, str]:
    """Return the `description` and `doc_md` that the Airflow UI shows for a source's DAG."""
    name = source.name or Words(zh=source.source, en=source.source)
    title = " / ".join(dict.fromkeys(filter(None, (name.zh, name.en))))
    measures = source.rows if isinstance(source, WorkbookSource) and source.rows else source.columns
    metrics = dict.fromkeys(measure.feeds for measure in measures.values() if measure.feeds)
    arrival = (
        f"Drop the workbook into `inbox/{source.source}/`; the run starts within seconds. What is refused "
        f"comes back to `rejected/{source.source}/` with a list of what to mend, and by mail."
        if isinstance(source, WorkbookSource)
        else f"Read from the connection `{source.connection}`"
        + (f" on the schedule `{source.schedule}`." if source.schedule else " when it is triggered.")
        + f" Its sources take turns in the pool `{pool_of(source.connection)}` (Admin > Pools). To read a past "
        "period again, trigger the DAG with `period`; a backfill reads the period of each of its dates."
    )
    lines = [
        f"### {title}",
        arrival,
        f"- Department: {source.department or '-'}",
        f"- Owner: {source.owner or '-'}",
        f"- Metrics: {', '.join(f'`{metric}`' for metric in metrics) or '-'}",
        "",
        "A red run means that something was refused or failed: the log of each red task says what and what to do. "
        "Running it again is always safe.",
    ]
    return {"description": title, "doc_md": "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])}


def run_url(dag_id: str, run_id: str) -> str:
    """Return the address of a run's page in the Airflow UI, with the run id quoted for mail programs."""
    base: str = conf.get("api", "base_url", fallback="") or "http://localhost:8080"
    return f"{base.rstrip('/')}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
