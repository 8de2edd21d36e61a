"""`./kpi test-connection` and `./kpi preview`: what works, what is missing, and what rows would become."""

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.stack.postgres import choose_port
from tests.cli.conftest import Command
from tests.connectors.rest_service import Handler, serve

SQL = """\
source: shop
kind: sql
connection: shop
owner: clerk
slice: month
columns:
  unit: {is: org, required: true}
  day: {type: date, is: date, required: true}
  sales: {type: decimal, metric: sales, unit: 万元}
expects: {org: {level: plant}, rows: {min: 1000}}
"""
QUERY = 'SELECT "机构" AS unit, d AS day, 金额 AS sales FROM t WHERE d >= :window_start AND d < :window_end'
REST = """\
source: mes
kind: rest
connection: mes
request: {path: /v1/out, auth: {kind: bearer}}
hosts: [127.0.0.1]
paging: {kind: page, size: 50, total: $.total}
records: $.items[*]
columns:
  unit: {path: $.plant.code, is: org}
  month: {path: $.month, type: month, is: period}
  sales: {path: $.sales, type: decimal, metric: sales}
"""


def add_source(tmp_path: Path, name: str, text: str, query: str = "") -> None:
    (tmp_path / "config" / "sources" / f"{name}.yaml").write_text(text, "utf-8")
    if query:
        (tmp_path / "config" / "sources" / f"{name}.sql").write_text(query, "utf-8")


@pytest.fixture
def shop(offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that fills the table of a source `shop` in a real SQLite file."""
    add_source(tmp_path, "shop", SQL, QUERY)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"sqlite:///{tmp_path}/shop.db")

    def fill(*rows: tuple[Any, ...]) -> None:
        with sqlite3.connect(tmp_path / "shop.db") as database:
            database.execute('CREATE TABLE IF NOT EXISTS t ("机构" TEXT, d TEXT, 金额 TEXT)')
            database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)

    return fill


def ask(offline: Command, *arguments: str, code: int = 0) -> Any:
    found, out = offline(*arguments, "--json")
    assert found == code, out
    return json.loads(out)


def test_a_source_that_works_is_said_in_one_line(offline: Command, shop: Callable[..., None]) -> None:
    shop(("p1", "2026-02-03", "1.5"), ("一厂", "2026-03-31", "2"), ("p1", "2025-01-01", "3"))
    code, out = offline("test-connection", "shop")
    assert code == 0 and out.count("\n") == 1
    assert out.startswith(
        "shop works: shop reached, log-in accepted, may read, query runs, 3 of 3 columns found"
    )
    assert "3 rows in all, newest 2026-03-31." in out
    told = ask(offline, "test-connection", "shop", "--period", "2026-02")
    assert (told["works"], told["rows"], told["newest"], told["window"]) == (
        True,
        1,
        "2026-02-03",
        ["2026-02-01", "2026-03-01"],
    )
    assert set(told["steps"].values()) == {True} and told["problem"] is None
    assert (
        "no rows from 2024-01-01 to 2024-01-31"
        in offline("test-connection", "shop", "--period", "2024-01")[1]
    )


def test_what_is_missing_is_said_with_the_step_that_it_stops_at(
    offline: Command, shop: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ask(offline, "test-connection", "shop", code=1)
    assert (told["problem"]["code"], told["steps"]["connection"], told["steps"]["reach"]) == (
        "unreachable",
        True,
        False,
    )
    shop(("p1", "20260203", "1.5"))
    told = ask(offline, "test-connection", "shop", "--period", "2026-02", code=0)
    assert told["rows"] == 0, "text dates without dashes don't lie within the window"
    add_source(tmp_path, "shop", SQL, QUERY.partition("WHERE")[0])
    told = ask(offline, "test-connection", "shop", code=0)
    add_source(tmp_path, "shop", SQL, QUERY.replace("FROM t", "FROM tt"))
    told = ask(offline, "test-connection", "shop", code=1)
    assert told["problem"]["code"] == "configuration" and told["steps"] == {
        "connection": True, "reach": True, "log-in": True, "permission": True,
        "query": False, "columns": None, "rows": None,
    }  # fmt: skip
    add_source(tmp_path, "shop", SQL, QUERY.replace("金额 AS sales", "金额"))
    told = ask(offline, "test-connection", "shop", code=3)
    assert told["steps"]["columns"] is False and "sales" in told["problem"]["message"]
    add_source(tmp_path, "shop", SQL, "SELECT 'p1' AS unit, 'soon' AS day, 1 AS sales")
    code, out = offline("test-connection", "shop")
    assert code == 3 and "soon" in out
    monkeypatch.delenv("AIRFLOW_CONN_SHOP")
    code, out = offline("test-connection", "shop")
    assert code == 1 and "AIRFLOW_CONN_SHOP" in out
    assert offline("test-connection", "shap")[0] == 2 and "shop" in offline("test-connection", "shap")[1]
    assert offline("test-connection", "shop", "--period", "Easter")[0] == 2


def test_a_login_that_is_refused_isnt_called_unreachable(
    offline: Command, shop: Callable[..., None], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", database_url.replace("migrator:", "nobody:"))
    told = ask(offline, "test-connection", "shop", code=1)
    assert (told["problem"]["code"], told["steps"]["reach"], told["steps"]["log-in"]) == (
        "login_failed",
        True,
        False,
    )
    assert "nobody" not in json.dumps(told)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"postgresql://a:b@127.0.0.1:{choose_port()}/x")
    assert ask(offline, "test-connection", "shop", code=1)["problem"]["code"] == "unreachable"


def test_a_service_is_tested_page_by_page(
    offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_source(tmp_path, "mes", REST)
    items = [{"plant": {"code": "p1"}, "month": "2026-03", "sales": n} for n in range(120)]

    def route(handler: Handler) -> None:
        if handler.headers["Authorization"] != "Bearer right":
            handler.reply({}, 401)
            return
        page = int(handler.query["page"])
        handler.reply({"total": 120, "items": items[(page - 1) * 50 : page * 50]})

    with serve() as service:
        service.routes["/v1/out"] = route
        monkeypatch.setenv("AIRFLOW_CONN_MES", f"http://:wrong@127.0.0.1:{service.port}")
        told = ask(offline, "test-connection", "mes", code=1)
        assert (told["problem"]["code"], told["steps"]["log-in"]) == ("http_401", False)
        monkeypatch.setenv("AIRFLOW_CONN_MES", f"http://:right@127.0.0.1:{service.port}")
        told = ask(offline, "test-connection", "mes")
        assert (told["rows"], told["newest"]) == (120, "2026-03")
        service.asked.clear()
        shown = ask(offline, "preview", "mes")
        assert len(shown["rows"]) == 20 and len(service.asked) == 1, "one page is enough for 20 rows"
        service.routes["/v1/out"] = lambda handler: handler.reply({"total": 0, "items": []})
        code, out = offline("test-connection", "mes")
        assert code == 0 and "no rows" in out and "columns found" not in out


def test_a_preview_shows_rows_beside_their_facts_and_loads_nothing(
    offline: Command, shop: Callable[..., None], tmp_path: Path
) -> None:
    shop(*[("p1" if n % 2 else "二厂", f"2026-{n % 4 + 1:02}-05", f"{n}.50") for n in range(60)])
    shown = ask(offline, "preview", "shop")
    assert shown["outcome"] == "accepted" and len(shown["rows"]) == 20, shown["findings"]
    row = shown["rows"][3]
    assert row["reported"] == {"unit": "p1", "day": "2026-04-05", "sales": "3.50"}
    (fact,) = row["facts"]
    assert (fact["metric"], fact["org"], fact["value"], fact["metric_unit"]) == (
        "sales",
        "p1",
        "35000",
        "CNY",
    )
    assert (fact["reported"], fact["unit"]) == ("3.5", "万元")
    code, out = offline("preview", "shop")
    assert code == 0 and "35000 CNY" in out and "→ sales" in out and "Nothing was loaded" in out
    assert not (tmp_path / "home").exists()


def test_a_narrow_terminal_gets_a_line_a_value(
    offline: Command, shop: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = "".join(
        f"  {s}: {{type: decimal, metric: sales, scenario: {s}}}\n" for s in ("target", "forecast")
    )
    query = QUERY.replace(" FROM", ", 1 AS target, 2 AS forecast FROM")
    add_source(tmp_path, "shop", SQL.replace("expects:", f"{plans}expects:"), query)
    shop(("p1", "2026-03-05", "3.50"))
    assert "→ sales (target)" in offline("preview", "shop")[1]
    monkeypatch.setenv("COLUMNS", "80")
    code, out = offline("preview", "shop")
    assert code == 0 and "→ metric" in out and "35000 CNY" in out and max(map(len, out.splitlines())) <= 80


def test_a_preview_shows_good_slices_beside_what_would_refuse_the_others(
    offline: Command, shop: Callable[..., None]
) -> None:
    shop(("p1", "2026-03-05", "3.50"), ("p9", "2026-03-05", "4"))
    shown = ask(offline, "preview", "shop", code=3)
    assert shown["outcome"] == "refused" and [f["code"] for f in shown["findings"]] == ["unknown_org"]
    assert [len(row["facts"]) for row in shown["rows"]] == [1, 0]
    code, out = offline("preview", "shop")
    assert code == 3 and "p9" in out and "would refuse" in out


def test_a_workbook_is_previewed_where_it_lies(offline: Command, tmp_path: Path) -> None:
    inbox = tmp_path / "home" / "inbox" / "book"
    assert "nothing waits" in offline("test-connection", "book")[1]
    assert offline("preview", "book")[0] == 2
    inbox.mkdir(parents=True)
    (inbox / "三月.csv").write_text("unit,month,sales\np1,2026-03,1\n", "utf-8")
    assert "still being written" in offline("test-connection", "book")[1]
    time.sleep(1.1)
    assert ask(offline, "test-connection", "book")["waiting"] == ["三月.csv"]
    code, out = offline("preview", "book", "--json")
    assert code == 3 and json.loads(out)["findings"][0]["code"] == "column_missing"
    good = tmp_path / "good.csv"
    good.write_text("unit,month,product,sales,cost\np1,2026-03,a,1,2\n", "utf-8")
    shown = ask(offline, "preview", "book", "--file", str(good))
    assert [fact["metric"] for fact in shown["rows"][0]["facts"]] == ["sales", "cost"]
    assert shown["rows"][0]["facts"][0]["dimensions"] == '{"product":"a"}'
    assert (inbox / "三月.csv").exists()
    assert offline("preview", "book", "--period", "2026-03")[0] == 2
    assert offline("preview", "book", "--file", "/no/such/file")[0] == 2
