"""`./kpi new-source`: guesses with their certainty, none of which is active before it is confirmed."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pymysql
import pytest

from include.batch import Connection
from include.catalogue import load_catalogue
from include.catalogue.loading import GUESS
from include.onboarding.conditions import marks_deleted, tell_statuses, tells_status, write_kept, write_status
from include.onboarding.sampled import Sampled
from tests.cli.conftest import Command
from tests.connectors.rest_service import serve


def read_draft(tmp_path: Path, name: str) -> str:
    return (tmp_path / "config" / "drafts" / name).read_text("utf-8")


def confirm(tmp_path: Path, name: str) -> Path:
    """Move a draft to sources/ with all its guesses confirmed."""
    for file in (tmp_path / "config" / "drafts").glob(f"{name}.*"):
        text = re.sub(r" *(#|--) guess \d+ %.*", "", file.read_text("utf-8"))
        (tmp_path / "config" / "sources" / file.name).write_text(text, "utf-8")
        file.unlink()
    return tmp_path / "config"


@pytest.fixture
def erp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", f"sqlite:///{tmp_path}/erp.db")
    database = sqlite3.connect(tmp_path / "erp.db", isolation_level=None)
    database.execute(
        'CREATE TABLE "SalesDoc" ("DocNo" INTEGER PRIMARY KEY, "机构" TEXT, "DocDate" TEXT, "销售（万元）" TEXT, '
        '"CostFen" INTEGER, "CreatedAt" TEXT, "Remark" TEXT, "IsDeleted" INTEGER)'
    )
    rows = [
        (n, "p1" if n % 2 else "二厂", f"2026{n % 3 + 1:02}1{n % 10}", f"{n}.5", n * 100, "2026-04-01 10:00", None, n % 9 == 0)
        for n in range(1, 41)
    ]  # fmt: skip
    database.executemany('INSERT INTO "SalesDoc" VALUES (?, ?, ?, ?, ?, ?, ?, ?)', rows)
    return database


def test_a_draft_of_a_table_is_inactive_until_each_guess_is_confirmed(
    offline: Command, erp: sqlite3.Connection, tmp_path: Path
) -> None:
    before = load_catalogue(tmp_path / "config").fingerprint
    code, out = offline("new-source", "--connection", "erp", "--table", "salesdoc")
    assert code == 0 and "sales, 万元" in out and "Nothing reads them yet" in out
    text, query = (read_draft(tmp_path, f"salesdoc.{end}") for end in ("yaml", "sql"))
    assert re.search(r"^  机构: \{type: text, is: org, required: true\} +# guess 95 %", text, re.MULTILINE)
    assert re.search(
        r"^  DocDate: \{type: date, is: date, required: true\} +# guess 9\d %", text, re.MULTILINE
    )
    assert re.search(
        r"^  销售（万元）: \{type: decimal, metric: sales, unit: 万元\} +# guess 95 %", text, re.MULTILINE
    )
    assert re.search(r"^# CostFen: .*cents", text, re.MULTILINE), "money in cents is never taken as yuan"
    assert re.search(r"^# Remark:", text, re.MULTILINE) and "unique: [DocNo]" in text
    assert '"IsDeleted" = 0  -- guess 70 %' in query and "replace(:window_start, '-', '')" in query

    code, out = offline("check")
    assert code == 0 and "salesdoc.yaml: a draft with 6 guesses to confirm" in out
    assert json.loads(offline("check", "--json")[1])["drafts"][0]["guesses"] == 6
    assert load_catalogue(tmp_path / "config").fingerprint == before, (
        "a draft changes nothing that was published"
    )
    assert offline("new-source", "--connection", "erp", "--table", "salesdoc")[0] == 2, "it isn't overwritten"

    for file in (tmp_path / "config" / "drafts").iterdir():
        file.rename(tmp_path / "config" / "sources" / file.name)
    code, out = offline("check")
    assert code == 1 and out.count("this guess isn't confirmed") == 6


def test_a_confirmed_draft_reads_what_it_said(
    offline: Command, erp: sqlite3.Connection, tmp_path: Path
) -> None:
    offline("new-source", "shop", "--connection", "erp", "--table", "SalesDoc")
    load_catalogue(confirm(tmp_path, "shop"))
    shown = json.loads(offline("preview", "shop", "--period", "2026-02", "--json")[1])
    assert shown["outcome"] == "accepted"
    rows = [row["reported"] for row in shown["rows"]]
    assert rows and all(row["DocDate"].startswith("202602") for row in rows)
    assert not {row["DocNo"] for row in rows} & {"9", "18", "27", "36"}, "deleted rows are left out"
    fact = shown["rows"][0]["facts"][0]
    assert (fact["metric"], fact["unit"], fact["value"]) == (
        "sales",
        "万元",
        str(int(float(fact["reported"]) * 10000)),
    )


def test_a_databases_types_and_comments_are_heard(
    offline: Command, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", database_url)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute('CREATE SCHEMA "Fin"')
        database.execute(
            'CREATE TABLE "Fin"."BookHead" ("Id" bigint PRIMARY KEY, "Org" text NOT NULL, "PostDate" date NOT NULL, '
            '"UpdTime" timestamptz, "AMT1" numeric(18, 2), product text, "Pic" bytea)'
        )
        database.execute("""COMMENT ON COLUMN "Fin"."BookHead"."AMT1" IS '成本，单位：万元'""")
        database.execute(
            """INSERT INTO "Fin"."BookHead" VALUES (1, 'p1', '2026-03-01', now(), 5, 'a', 'x')"""
        )
    code, out = offline("new-source", "fin", "--connection", "erp", "--table", "Fin.bookhead")
    assert code == 0, out
    text, query = (read_draft(tmp_path, f"fin.{end}") for end in ("yaml", "sql"))
    assert re.search(r"AMT1: \{type: decimal, metric: cost, unit: 万元\} +# guess 95 %", text)
    assert re.search(r"product: \{type: text, is: dimension\} +# guess 80 %", text)
    assert (
        '"PostDate" >= :window_start AND "PostDate" < :window_end' in query
        and 'FROM "Fin"."BookHead"' in query
    )
    load_catalogue(confirm(tmp_path, "fin"))
    assert json.loads(offline("preview", "fin", "--json")[1])["rows"][0]["facts"][0]["value"] == "50000"
    code, out = offline("new-source", "fin2", "--connection", "erp", "--table", "Fin.BookHeads")
    assert code == 2 and "Fin.BookHead" in out


def test_which_records_of_mariadb_count_is_asked(
    offline: Command, mariadb: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"{mariadb.host}:{mariadb.port}/{mariadb.schema}"
    monkeypatch.setenv("AIRFLOW_CONN_ERP", f"mysql://{mariadb.login}:{mariadb.password}@{at}")
    server = {"host": mariadb.host, "port": mariadb.port, "user": mariadb.login, "password": mariadb.password}
    with pymysql.connect(**server, database=mariadb.schema, autocommit=True) as database:
        cursor = database.cursor()
        cursor.execute(
            "CREATE TABLE bill (org varchar(9), day date, sales float COMMENT '单位：元', IsDel bit(1), "
            "ZhuangTai enum('New', 'Paid', 'It''s lost'), sales_note blob, Delivery int)"
        )
        cursor.execute(
            "INSERT INTO bill VALUES ('p1', '2026-03-01', 12.34, b'0', 'Paid', 'x', 1), "
            "('p1', '2026-03-02', 16777216, b'0', 'New', NULL, 2), ('p1', '2026-03-03', 7, b'1', 'Paid', NULL, 3)"
        )
    code, out = offline("new-source", "--connection", "erp", "--table", "bill")
    assert code == 0, out
    text, query = (read_draft(tmp_path, f"bill.{end}") for end in ("yaml", "sql"))
    assert "sales: {type: decimal, metric: sales, unit: 元}" in text
    assert re.search(r"^# sales_note: .*its type, blob, can't be read", text, re.MULTILINE)
    assert "a status or kind; which of these count? New (1), Paid (2), It's lost (0)" in text
    assert """CAST("sales" AS DECIMAL(45, 6)) AS "sales"  -- guess 50 %: a FLOAT""" in query
    assert """  AND "IsDel" = 0  -- guess 70 %: so are 2 of the first 3 rows""" in query
    assert """  --   AND "ZhuangTai" IN ('New', 'Paid', 'It''s lost')""" in query
    assert '"Delivery" =' not in query
    for file in (tmp_path / "config" / "drafts").iterdir():
        shutil.copy(file, tmp_path / "config" / "sources")
    line = query[: query.index("-- guess 50 %: rows of every ZhuangTai")].count("\n") + 1
    assert f"bill.sql:{line}: this guess isn't confirmed" in offline("check")[1]
    confirm(tmp_path, "bill")
    shown = json.loads(offline("preview", "bill", "--period", "2026-03", "--json")[1])
    assert [row["facts"][0]["value"] for row in shown["rows"]] == ["12.34", "16777216"]


def test_which_records_of_postgresql_count_is_asked(
    offline: Command, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", database_url)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("CREATE TYPE stage AS ENUM ('open', 'closed')")
        database.execute(
            "CREATE TABLE bill (org text, day date, sales numeric, del_flag bit(1), deleted_at timestamptz, "
            "stage stage, order_status int, cost money, took interval)"
        )
        database.execute(
            "INSERT INTO bill SELECT 'p1', date '2026-03-01' + n, n, CASE WHEN n > 1 THEN (n = 3)::int::bit END, "
            "CASE WHEN n = 2 THEN now() END, 'closed', n % 2, 5::money, interval '5' FROM generate_series(1, 9) AS n"
        )
    code, out = offline("new-source", "--connection", "erp", "--table", "bill")
    assert code == 0, out
    text, query = (read_draft(tmp_path, f"bill.{end}") for end in ("yaml", "sql"))
    assert len(re.findall(r"its type, (money|interval), can't be read", text)) == 2
    assert (
        """AND ("del_flag" = B'0' OR "del_flag" IS NULL)  -- guess 70 %: so are 8 of the first 9""" in query
    )
    assert """AND "deleted_at" IS NULL  -- guess 70 %""" in query
    assert """-- guess 50 %: rows of every stage count: open (0), closed (9). If not""" in query
    assert """AND "stage" IN ('open', 'closed')""" in query and """AND "order_status" IN (1, 0)""" in query
    confirm(tmp_path, "bill")
    shown = json.loads(offline("preview", "bill", "--period", "2026-03", "--json")[1])
    assert [row["facts"][0]["value"] for row in shown["rows"]] == ["1", "4", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize(
    ("name", "texts", "deleted"),
    [
        ("IsDel", ["0"], True), ("is_deleted", ["false", "true"], True), ("DelFlag", ["N"], True),
        ("YiZuoFei", ["否"], True), ("shanchu", ["0"], True), ("已作废", ["否", "是"], True), ("deleted_at", [], True),
        ("DeletedOn", ["2026-03-01 10:00:00"], True), ("IsDelivered", ["0"], False), ("Delivery", ["1"], False),
        ("Model", ["a"], False),
        ("DelMark", ["x"], True), ("IsDelivery", ["0"], False), ("delay", ["0"], False), ("deleted_rows", ["1", "2", "3", "4"], False),
    ],
)  # fmt: skip
def test_what_marks_deleted_records(name: str, texts: list[str], deleted: bool) -> None:
    assert marks_deleted(Sampled(name, texts)) is deleted


def test_what_counts_is_no_matter_of_how_often_it_is_seen_nor_of_line_breaks() -> None:
    deleted = Sampled("IsDel", ["1", "1", "0"], "int", comment="removed row")
    assert write_kept(deleted, '"IsDel"', "mysql").startswith('"IsDel" = 0  --')
    state = Sampled("order_status", ["a\nb", "c", "c"], "text", comment="order phase")
    assert tells_status(state)
    assert write_status(state, '"s"', "sqlite").splitlines()[1] == """  --   AND "s" IN ('a b', 'c')"""
    many = Sampled("kind", ["A"], "enum", choices=tuple("ABCDEFGHIJ"))
    assert "'J'" in write_status(many, '"kind"', "mysql") and tell_statuses(many).endswith("H (0), …")


def test_an_endpoint_is_asked_once(offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [{"plant": {"code": "p1"}, "month": "2026-03", "sales": n, "id": n} for n in range(1, 4)]
    with serve() as service:
        service.routes["/v1/output"] = lambda handler: handler.reply({"data": {"rows": items}, "total": 3})
        monkeypatch.setenv("AIRFLOW_CONN_MES", f"http://:token@127.0.0.1:{service.port}")
        code, out = offline(
            "new-source", "--connection", "mes", "--path", "/v1/output", "--param", "from={window_start}"
        )
        assert code == 0, out
        ((_, asked, headers),) = service.asked
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", asked["from"]) and headers["Authorization"] == "Bearer token"
        text = read_draft(tmp_path, "output.yaml")
        assert "token" not in text.replace("total", "")
        assert 'records: "$.data.rows[*]"  # guess 80 %' in text and "total: $.total" in text
        assert re.search(r"plant_code: \{path: .*code.*, is: org, required: true\} +# guess", text)
        load_catalogue(confirm(tmp_path, "output"))
        shown = json.loads(offline("preview", "output", "--json")[1])
        assert shown["rows"][0]["facts"][0]["metric"] == "sales"


def test_an_endpoint_that_gives_a_page_of_more_says_so(
    offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [
        {"厂区": "p1", "月份": "2026-03", "sales": n, "status": "void" if n == 3 else "posted"}
        for n in range(1, 4)
    ]
    with serve() as service:
        service.routes["/v1/out"] = lambda handler: handler.reply(
            {"code": 0, "data": {"total": 9, "list": items}}
        )
        monkeypatch.setenv("AIRFLOW_CONN_MES", f"http://:token@127.0.0.1:{service.port}")
        code, out = offline("new-source", "--connection", "mes", "--path", "/v1/out")
        assert code == 0, out
        text = read_draft(tmp_path, "out.yaml")
        assert (
            "paging: {kind: page, param: page, size: 3, total: $.data.total}  # guess 30 %: it says 9, 3 came"
            in text
        )
        assert re.search(
            r"^  status: \{.*in: \[posted, void\]\} +# guess 50 %: .*posted \(2\), void", text, re.MULTILINE
        )
        load_catalogue(confirm(tmp_path, "out"))

        service.routes["/v1/out"] = lambda handler: handler.reply(items)
        offline("new-source", "--connection", "mes", "--path", "/v1/out", "again")
        assert "paging: {kind: none}  # guess 20 %: are these 3 all?" in read_draft(tmp_path, "again.yaml")


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *rows: list[Any]) -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        for row in rows:
            sheet.append(row)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return write


def test_a_workbooks_headers_become_columns(
    offline: Command, book: Callable[..., Path], tmp_path: Path
) -> None:
    file = book(
        "月报_202603.xlsx",
        ["三月份报表"],
        ["工厂", "销售额（万元）", "备注"],
        ["一厂", 5, "a"],
        ["二厂", 7.5, "b"],
    )
    code, out = offline("new-source", "monthly", "--file", str(file))
    assert code == 0, out
    text = read_draft(tmp_path, "monthly.yaml")
    assert 'period: {file_name: "月报_{year}{month}.xlsx"}  # guess' in text
    assert re.search(r"工厂: \{type: text, is: org, required: true\} +# guess 95 %", text)
    assert re.search(r"销售额（万元）: \{type: decimal, metric: sales, unit: 万元\} +# guess", text)
    load_catalogue(confirm(tmp_path, "monthly"))
    shown = json.loads(offline("preview", "monthly", "--file", str(file), "--json")[1])
    assert [row["facts"][0]["value"] for row in shown["rows"]] == ["50000", "75000"]
    assert offline("new-source", "--file", str(file))[0] == 2, "no id can be made of Chinese"


def test_periods_across_make_a_matrix(offline: Command, book: Callable[..., Path], tmp_path: Path) -> None:
    file = book(
        "plan.xlsx",
        ["项目", "2026年1月", "2026年2月", "2026年3月"],
        ["销售（万元）", 1, 2, 3],
        ["成本（万元）", 1, 1, 1],
    )
    assert offline("new-source", "--file", str(file))[0] == 0
    text = read_draft(tmp_path, "plan.yaml")
    assert "kind: matrix" in text and "row_label: 项目" in text and 'pattern: "{year}年{month}月"' in text
    assert re.search(r"^  销售（万元）: \{metric: sales, unit: 万元\} +# guess 95 %", text, re.MULTILINE)
    config = confirm(tmp_path, "plan")
    source = config / "sources" / "plan.yaml"
    source.write_text(
        source.read_text("utf-8").replace("  row_label", "  org: {value: p1}\n  row_label"), "utf-8"
    )
    load_catalogue(config)
    shown = json.loads(offline("preview", "plan", "--file", str(file), "--json")[1])
    assert [fact["value"] for row in shown["rows"] for fact in row["facts"] if fact["metric"] == "sales"] == [
        "10000", "20000", "30000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--connection", "erp"),
        ("--table", "t"),
        ("--file", "/no/such.xlsx"),
        ("book", "--connection", "erp", "--table", "t"),
    ],
)
def test_what_is_asked_wrongly_is_said(offline: Command, arguments: tuple[str, ...]) -> None:
    assert offline("new-source", *arguments)[0] == 2


def test_a_guess_is_marked_in_yaml_and_sql_alike() -> None:
    assert GUESS.search("a: b  # guess 80 %: c") and GUESS.search("x = 1  -- guess 5 %: y")
    assert not GUESS.search("# a guess of 80 %")
