"""Systems whose answers change their shape: found before loading, told with the old and the new one."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include import stages
from include.batches import list_batches, read_findings
from include.messages import word
from tests.connectors.rest_service import serve
from tests.office import Office

COLUMNS = """\
columns:
  unit: {path: $.unit, is: org, required: true}
  month: {path: $.month, type: month, is: period}
  product: {path: $.product, is: dimension, in: [a, b]}
  sales: {path: $.sales, type: decimal, metric: sales}
"""
SQL = "source: shop\nowner: clerk\nkind: sql\nconnection: shop\n" + COLUMNS.replace("path: $.", "aliases: ")
REST = (
    "source: shop\nowner: clerk\nkind: rest\nconnection: shop\nrequest: {path: /v1}\nhosts: [127.0.0.1]\n"
    + COLUMNS
)
QUERY = "SELECT unit, month, product, sales FROM t"

Collect = Callable[..., tuple[str, list[Any]]]


@pytest.fixture
def collect(office: Office, tmp_path: Path) -> Collect:
    """Return a function that runs the source `shop` and gives its batch's status and findings."""
    runs = iter(range(99))

    def declare_and_run(text: str, query: str = QUERY, **how: Any) -> tuple[str, list[Any]]:
        (tmp_path / "config" / "sources" / "shop.yaml").write_text(text, "utf-8")
        (tmp_path / "config" / "sources" / "shop.sql").write_text(query, "utf-8")
        stages.read_catalogue.cache_clear()
        run = stages.Run(f"collect__shop/{next(runs)}", "", "shop")
        stages.load(stages.standardise(stages.validate(stages.extract("shop", run, **how))))
        stages.report(run, [])
        with stages.warehouse.connect() as connection:
            (batch,) = list_batches(connection, run.run_id)
            return batch.status, read_findings(connection, batch.batch_id)

    return declare_and_run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"sqlite:///{tmp_path}/shop.db")
    database = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    database.execute("CREATE TABLE t (unit, month, product, sales)")
    database.execute("INSERT INTO t VALUES ('p1', '2026-03', 'a', 5)")
    return database


def test_a_changed_type_is_refused_and_told_until_it_is_accepted(
    office: Office, collect: Collect, shop: sqlite3.Connection
) -> None:
    assert collect(SQL) == ("accepted", [])
    shop.execute("UPDATE t SET sales = 7.5")
    assert collect(SQL) == ("accepted", []), "another number is no other type"
    shop.execute("UPDATE t SET sales = '750'")
    status, (finding,) = collect(SQL)
    assert (status, finding.code, finding.column, finding.metrics) == (
        "refused",
        "type_changed",
        "sales",
        ("sales",),
    )
    assert word(finding, "title", "en") == "column sales was number and is text now"
    assert word(finding, "title", "zh") == "列 sales 的类型由 数值 变为 文本"
    mails = dict(map(tuple, office.company.query("SELECT recipient, body_text FROM ledger.message")))
    assert "sales was number and is text now" in " ".join(mails["clerk@example.com"].split())
    assert "controller@example.com" in mails, "the metric's owner is told too"
    assert collect(SQL)[0] == "refused", "a second try changes nothing"
    status, (finding,) = collect(SQL, accept_types=True)
    assert (status, finding.code, finding.level) == ("accepted", "type_changed", "warning")
    assert collect(SQL) == ("unchanged", []), "what was accepted is the shape of now"


def test_who_changes_the_query_expects_another_shape(collect: Collect, shop: sqlite3.Connection) -> None:
    assert collect(SQL)[0] == "accepted"
    assert collect(SQL, QUERY.replace(", sales", ", CAST(sales AS TEXT) AS sales"))[0] == "accepted"


def test_a_column_that_is_gone_and_a_further_one(collect: Collect, shop: sqlite3.Connection) -> None:
    everything = "SELECT * FROM t"
    assert collect(SQL, everything) == ("accepted", [])
    shop.execute("ALTER TABLE t ADD COLUMN remark")
    status, findings = collect(SQL, everything)
    assert (status, [(f.code, f.found) for f in findings]) == (
        "unchanged",
        [("undeclared_columns", "remark"), ("column_new", "remark")],
    )
    assert [f.code for f in collect(SQL, everything)[1]] == ["undeclared_columns"], "it is new once"
    shop.execute("ALTER TABLE t RENAME COLUMN sales TO turnover")
    status, (finding,) = collect(SQL, everything)
    assert (status, finding.code, finding.column) == ("refused", "columns_changed", "sales")
    assert "turnover" in word(finding, "remedy", "en")


def test_a_new_value_of_a_list_is_refused_with_the_values_of_before(
    collect: Collect, shop: sqlite3.Connection
) -> None:
    assert collect(SQL)[0] == "accepted"
    shop.execute("INSERT INTO t VALUES ('p1', '2026-03', 'c', 5)")
    status, (finding,) = collect(SQL)
    assert (status, finding.code, finding.found) == ("refused", "not_allowed", "c")
    assert "a, b" in word(finding, "expected", "en")


def test_a_typed_database_is_taken_at_its_word(
    collect: Collect, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", database_url)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("CREATE TABLE t (unit varchar(9), month text, product text, sales int)")
        database.execute("INSERT INTO t VALUES ('p1', '2026-03', 'a', 500)")
        assert collect(SQL) == ("accepted", [])
        database.execute("ALTER TABLE t ALTER COLUMN sales TYPE bigint, ALTER COLUMN unit TYPE text")
        assert collect(SQL) == ("unchanged", []), "wider, not other"
        database.execute("ALTER TABLE t ALTER COLUMN sales TYPE numeric(14, 2) USING sales / 100.0")
        status, (finding,) = collect(SQL)
        assert status == "refused", "cents have become yuan"
        assert (finding.params["before"], finding.params["now"]) == ("integer", "decimal")


def test_a_service_that_puts_numbers_in_quotes(collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    record: dict[str, Any] = {"unit": "p1", "month": "2026-03", "product": "a", "sales": 5.5}
    with serve() as service:
        service.routes["/v1"] = lambda handler: handler.reply([record])
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"http://127.0.0.1:{service.port}")
        assert collect(REST) == ("accepted", [])
        record["sales"] = None
        status, findings = collect(REST)
        assert (status, [f.code for f in findings]) == ("refused", ["no_values"]), "null is no kind of value"
        record |= {"sales": 6.5, "remark": "x"}
        status, (finding,) = collect(REST)
        assert (status, finding.code, finding.found) == ("accepted", "column_new", "$.remark")
        record["sales"] = "6.5"
        status, (finding,) = collect(REST)
        assert (status, finding.code, finding.params["before"]) == ("refused", "type_changed", "decimal")
        assert finding.params["now"] == "text"


def test_whole_numbers_of_a_service_that_become_decimals(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    record: dict[str, Any] = {"unit": "p1", "month": "2026-03", "product": "a", "sales": 500}
    with serve() as service:
        service.routes["/v1"] = lambda handler: handler.reply(
            [record, record | {"product": "b", "sales": 300}]
        )
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"http://127.0.0.1:{service.port}")
        assert collect(REST) == ("accepted", [])
        record["sales"] = 4.5
        status, (finding,) = collect(REST)
        assert (status, finding.code) == ("refused", "type_changed")
        assert (finding.params["before"], finding.params["now"]) == ("integer", "decimal or integer")


def test_a_service_of_decimals_may_have_a_day_of_whole_numbers(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    record: dict[str, Any] = {"unit": "p1", "month": "2026-03", "product": "a", "sales": 3.5}
    with serve() as service:
        service.routes["/v1"] = lambda handler: handler.reply([record])
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"http://127.0.0.1:{service.port}")
        for sales in (4.5, 5, 6.5):
            record["sales"] = sales
            assert collect(REST) == ("accepted", [])


def test_a_date_of_a_service_that_becomes_a_moment(collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    daily = REST.replace("type: month, is: period", "type: date, is: date")
    assert daily != REST
    record: dict[str, Any] = {"unit": "p1", "month": "2026-03-02", "product": "a", "sales": 4.5}
    with serve() as service:
        service.routes["/v1"] = lambda handler: handler.reply([record])
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"http://127.0.0.1:{service.port}")
        assert collect(daily) == ("accepted", [])
        record["month"] = "2026-03-02T23:30:00Z"
        status, (finding,) = collect(daily)
        assert (status, finding.params["before"], finding.params["now"]) == ("refused", "date", "timestamptz")
