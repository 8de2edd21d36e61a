"""One DAG a source, its schedule and retries; a broken configuration is told with its line."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.errors import RefusedError, SourceUnavailableError
from include.home import Home


def test_there_is_one_dag_a_source_and_the_rollups(company: Home, read_dags: Callable[[], Any]) -> None:
    bag = read_dags()
    assert bag.import_errors == {}
    sources = {
        "finance_close",
        "hr_headcount",
        "mes_output",
        "quality_inspection",
        "sales_orders",
        "stock_count",
    }
    assert set(bag.dags) == {f"collect__{s}" for s in sources} | {"rollup_month", "rollup_quarter", "sweep"}


def test_a_source_dag_shows_who_owns_it_and_when_it_runs(company: Home, read_dags: Callable[[], Any]) -> None:
    dags = read_dags().dags
    orders, close = dags["collect__sales_orders"], dags["collect__finance_close"]
    assert orders.tags == {"sales", "sql"} and orders.owner == "sales_ops"
    assert "销售订单" in orders.description and "`store_sales`" in orders.doc_md
    assert (orders.timetable.expression, str(orders.timetable.timezone)) == ("0 2 * * *", "Asia/Shanghai")
    assert not orders.catchup and {dag.max_active_runs for dag in dags.values()} == {1}
    (asset,) = close.timetable.asset_condition.objects
    assert asset.name == "inbox__finance_close"
    assert [watcher.trigger.source for watcher in asset.watchers] == ["finance_close"]
    order = ["extract", "validate", "standardise", "load", "report"]
    assert [task.task_id for task in orders.topological_sort()] == order


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (RefusedError([]), "fail"),
        (SourceUnavailableError("timeout", "erp"), "default"),
        (OSError(), "default"),
    ],
)
def test_refused_data_is_not_tried_again(
    company: Home, read_dags: Callable[[], Any], error: Exception, action: str
) -> None:
    task = read_dags().dags["collect__sales_orders"].get_task("extract")
    assert task.retries == 3
    assert task.retry_policy.evaluate(error, 1, 3).action.value == action


def test_a_broken_configuration_is_an_import_error_with_file_and_line(
    company: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_dags: Callable[[], Any]
) -> None:
    from tests.dags.conftest import CONFIG

    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    source = config / "sources" / "mes_output.yaml"
    source.write_text(source.read_text("utf-8").replace("metric: scrap", "metric: scrapp"), "utf-8")
    line = next(n for n, text in enumerate(source.read_text("utf-8").splitlines(), 1) if "scrapp" in text)
    monkeypatch.setenv("KPI_CONFIG", str(config))
    bag = read_dags()
    (told,) = bag.import_errors.values()
    assert f"mes_output.yaml:{line}" in told and "scrapp" in told
    assert {"rollup_month", "rollup_quarter", "sweep"} <= set(bag.dags), (
        "what is loaded goes on being rolled up"
    )
