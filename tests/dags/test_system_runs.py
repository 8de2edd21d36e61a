"""DAGs of systems: a pool per connection, the form that a run is triggered with, backfills by period."""

import datetime as dt
import sqlite3
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include import stages, warehouse
from include.airflow_adapters.pools import SLOTS, ensure_pools
from include.airflow_adapters.wiring import asked_period, system_params
from include.batch import Window
from include.batches import list_batches
from include.home import Home
from include.stack.postgres import EmbeddedPostgres
from include.windows import name_window
from tests.company import write_company

SHOP = """\
source: shop
kind: sql
connection: shop
columns:
  unit: {is: org, required: true}
  month: {type: month, is: period, required: true}
  sales: {type: decimal, metric: sales}
"""
QUERY = "SELECT * FROM t WHERE month || '-01' >= :window_start AND month || '-01' < :window_end"
RunDag = Callable[..., tuple[str, dict[str, str], list[tuple[str, str | None]]]]


def test_sources_of_a_connection_share_a_pool_and_others_have_none(
    company: Home, read_dags: Callable[[], Any]
) -> None:
    dags = read_dags().dags
    orders, close = dags["collect__sales_orders"], dags["collect__finance_close"]
    assert {task.task_id: task.pool for task in orders.tasks if task.pool != "default_pool"} == {
        "extract": "system__erp"
    }, "only the task that asks the system takes a slot"
    assert {task.pool for task in close.tasks} == {"default_pool"}
    assert set(orders.params) == {"period", "accept_types"} and not set(close.params)
    assert "system__erp" in orders.doc_md and "period" in orders.doc_md


def test_a_missing_pool_is_made_when_a_run_starts_and_a_changed_one_kept(
    company: Home, airflow_database: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.listeners.listener import get_listener_manager
    from airflow.models import Pool
    from airflow.utils.session import create_session

    manager = get_listener_manager()
    assert manager.pm.has_plugin("system_pools"), "Airflow finds the listener by itself"
    pools = ["default_pool", "system__erp", "system__mes"]
    dag = types.SimpleNamespace(tasks=[types.SimpleNamespace(pool=pool) for pool in pools])
    manager.hook.on_dag_run_running(dag_run=types.SimpleNamespace(dag=dag), msg="started")
    asked = "SELECT pool, slots FROM slot_pool WHERE pool LIKE 'system%' ORDER BY 1"
    assert airflow_database(asked) == [("system__erp", SLOTS), ("system__mes", SLOTS)]
    with create_session() as session:
        session.query(Pool).filter_by(pool="system__erp").update({"slots": 7})
    assert ensure_pools(["system__erp", "system__mes", "system__crm", "other"]) == ["system__crm"]
    assert dict(airflow_database(asked)) == {"system__crm": SLOTS, "system__erp": 7, "system__mes": SLOTS}


@pytest.mark.parametrize(
    ("text", "weekly", "good"),
    [
        (None, False, True), ("2026-03", False, True), ("2026-Q1", False, True), ("2026-13", False, False),
        ("2026-3", False, False), ("March", False, False), ("2026-03-01", False, False),
        ("2026-W05", True, True), ("2026-Q4", True, True), ("2026-03", True, False),
    ],
)  # fmt: skip
def test_the_form_takes_periods_only(text: str | None, weekly: bool, good: bool) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    form = system_params(weekly=weekly)["period"]
    if good:
        assert form.resolve(text) == text
    else:
        with pytest.raises(ParamValidationError):
            form.resolve(text)


def test_a_backfill_reads_the_slice_that_holds_its_date(company: Home) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType  # what a task is given

    source = stages.current_catalogue().sources["sales_orders"].model_copy(update={"slice": "month"})
    late = dt.datetime(2026, 2, 28, 18, tzinfo=dt.UTC)  # 1 March in Shanghai
    run = types.SimpleNamespace(run_type=DagRunType.BACKFILL, logical_date=late)
    asked = asked_period({"dag_run": run, "params": {"period": "2026-01"}})
    window = name_window(stages.current_catalogue(), source, **asked)
    assert window is not None and (window.start, window.end) == (dt.date(2026, 3, 1), dt.date(2026, 4, 1))
    run.run_type = "scheduled"
    assert asked_period({"dag_run": run, "params": {"period": None}}) == {"period": None}


def test_a_refused_log_in_is_not_tried_again(
    company: Home,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_dag: RunDag,
) -> None:
    config = write_company(tmp_path / "small", sources__shop=SHOP)
    (config / "sources" / "shop.sql").write_text(QUERY, "utf-8")
    monkeypatch.setenv("KPI_CONFIG", str(config))
    user, _, place = postgres.url("bi_reader").rpartition("@")
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"{user.rpartition(':')[0]}:wrong@{place}")
    state, tasks, _ = run_dag("collect__shop", retries=1)
    assert (state, tasks["extract"]) == ("failed", "failed"), "a second try may lock the account"


def test_a_wrong_query_is_red_where_it_failed_and_says_where_it_stands(
    company: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_dag: RunDag, capfd: Any
) -> None:
    config = write_company(tmp_path / "small", sources__shop=SHOP)
    (config / "sources" / "shop.sql").write_text("SELECT unit, month,\n  sales, gone\nFROM t", "utf-8")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE t (unit, month, sales)")
    monkeypatch.setenv("KPI_CONFIG", str(config))
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"sqlite:///{tmp_path}/shop.db")
    state, tasks, _ = run_dag("collect__shop", retries=1)
    assert state == "failed" and tasks == {
        "extract": "failed",
        **dict.fromkeys(("validate", "standardise", "load"), "upstream_failed"),
        "report": "failed",
    }
    with warehouse.connect() as connection:
        assert len(list_batches(connection, _name_run(connection))) == 1, "it isn't tried again"
    reason = "AirflowFailException: shop: ConfigurationError: shop.sql:2: the database of connection 'shop' refuses"
    assert list(company.outbox.glob("*.eml")), "the owner is told"
    assert "".join(capfd.readouterr()).count(reason) == 2, "the log of each red task tells"


def test_a_cross_checks_first_load_is_green_and_wakes_nobody(
    company: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_dag: RunDag
) -> None:
    config = write_company(tmp_path / "small", sources__shop=SHOP + "authority: cross_check\n")
    (config / "sources" / "shop.sql").write_text(QUERY, "utf-8")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE t (unit, month, sales)")
        database.execute("INSERT INTO t VALUES ('p1', '2026-02', 7)")
    monkeypatch.setenv("KPI_CONFIG", str(config))
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"sqlite:///{tmp_path}/shop.db")
    state, tasks, events = run_dag("collect__shop", {"period": "2026-02"})
    assert (state, set(tasks.values()), events) == ("success", {"success"}, [])
    assert run_dag("collect__shop", {"period": "2026-02"})[1]["load"] == "skipped", "nothing new"


def test_a_run_with_a_period_reads_that_period(
    company: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_dag: RunDag
) -> None:
    config = write_company(tmp_path / "small", sources__shop=SHOP)
    (config / "sources" / "shop.sql").write_text(QUERY, "utf-8")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE t (unit, month, sales)")
        rows = [("p1", f"2026-{month:02}", month) for month in range(1, 10)]
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    monkeypatch.setenv("KPI_CONFIG", str(config))
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"sqlite:///{tmp_path}/shop.db")
    state, _, events = run_dag("collect__shop", {"period": "2026-02"})
    assert (state, events) == ("success", [("metric_facts", "2026-02")])
    with warehouse.connect() as connection:
        (batch,) = list_batches(connection, _name_run(connection))
    assert batch.window == Window(dt.date(2026, 2, 1), dt.date(2026, 3, 1))


def _name_run(connection: Any) -> str:
    return str(connection.exec_driver_sql("SELECT max(run_id) FROM ledger.batch").scalar_one())
