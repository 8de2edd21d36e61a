"""Schema `bi` as its readers find it: documented to the column, of the promised types, and all that they can read."""

import datetime as dt
import shutil
import subprocess
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from include import warehouse
from include.batch import cell_name
from tests.company import Company, Fact

BOARD = {
    "metric": "text",
    "metric_version": "integer",
    "org": "text",
    "org_path": "text",
    "period": "text",
    "period_start": "date",
    "year": "integer",
    "quarter": "text",
    "dimensions": "jsonb",
    "value": "numeric",
    "unit": "text",
    "previous": "numeric",
    "year_ago": "numeric",
    "ytd": "numeric",
    "change": "numeric",
    "yoy": "numeric",
    "target": "numeric",
    "attainment": "numeric",
    "status": "text",
    "completeness": "numeric",
    "reason": "text",
    "restated": "boolean",
    "computed_at": "timestamp with time zone",
}


def read(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_the_boards_have_exactly_the_promised_columns(reader_url: str) -> None:
    for view in ("kpi_month", "kpi_quarter"):
        columns = read(
            reader_url,
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            f"WHERE attrelid = 'bi.{view}'::regclass AND attnum > 0",
        )
        assert dict(columns) == BOARD  # type: ignore[arg-type]


def test_every_view_function_and_column_is_commented(reader_url: str) -> None:
    columns = read(
        reader_url,
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid) FROM pg_class AS c "
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'bi'::regnamespace",
    )
    assert {row[0] for row in columns} >= {
        "kpi_month",
        "kpi_quarter",
        "fact",
        "metric",
        "org",
        "submission",
        "check_result",
    }
    assert [row for row in columns if not row[2] or not row[3]] == []
    functions = read(
        reader_url,
        "SELECT proname, obj_description(oid) FROM pg_proc WHERE pronamespace = 'bi'::regnamespace ORDER BY 1",
    )
    assert [name for name, told in functions if told] == ["kpi_month_as_of", "kpi_quarter_as_of"]


def test_the_readers_log_in_reads_bi_and_nothing_else(company: Company, reader_url: str) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1))
    views = [
        name
        for (name,) in read(
            reader_url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'bi'"
        )
    ]
    for view in views:
        read(reader_url, f"SELECT * FROM bi.{view}")
    assert read(
        reader_url, "SELECT value FROM bi.kpi_month_as_of(now()) WHERE metric = 'sales' AND org = 'p1'"
    ) == [(1,)]
    for statement in (
        "SELECT * FROM ledger.fact",
        "SELECT * FROM ledger.kpi",
        "SELECT * FROM ledger.message",
        "INSERT INTO bi.kpi_month (metric) VALUES ('x')",
        "UPDATE bi.metric SET owner = 'me'",
        "DELETE FROM bi.fact",
        "CREATE TABLE bi.mine (a integer)",
        "CREATE TABLE public.mine (a integer)",
        "SELECT ledger.ensure_partition('2030-01-01')",
        "SET ROLE kpi_loader",
    ):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
        ):
            read(reader_url, statement)


def test_a_sqlalchemy_client_reads_the_board(company: Company, reader_url: str) -> None:
    company.count(Fact("sales", "p1", "2026-01", "1.50", '{"product":"甲"}'))
    engine = create_engine(warehouse.as_psycopg(reader_url))
    try:
        assert {column["name"] for column in inspect(engine).get_columns("kpi_month", schema="bi")} == set(
            BOARD
        )
        with engine.connect() as connection:
            row = connection.execute(
                text(
                    "SELECT * FROM bi.kpi_month WHERE metric = 'sales' AND org = 'group' AND dimensions <> '{}'"
                )
            ).one()
    finally:
        engine.dispose()
    assert (row.value, row.dimensions, row.period_start) == (
        Decimal("1.5"),
        {"product": "甲"},
        dt.date(2026, 1, 1),
    )


@pytest.mark.skipif(shutil.which("psql") is None, reason="no psql on this machine")
def test_psql_reads_the_board(company: Company, reader_url: str) -> None:
    company.count(Fact("sales", "p1", "2026-01", 7))
    asked = "SELECT value FROM bi.kpi_quarter WHERE metric = 'sales' AND org = 'group'"
    done = subprocess.run(
        ["psql", reader_url, "-Atc", asked], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "7\n"


def test_cells_are_named_as_in_a_spreadsheet(warehouse_url: str) -> None:
    columns = [*range(1, 60), 701, 702, 703, 704, 728, 729, 1378, 1379, 16383, 16384]
    for number in columns:
        ((name,),) = read(warehouse_url, f"SELECT ledger.cell_name(7, {number})")
        assert name == cell_name(7, number)


def test_quotients_are_exact_to_the_twelfth_place(warehouse_url: str) -> None:
    cases = {
        ("1", "3"): "0.333333333333",
        ("2", "3"): "0.666666666667",
        ("-2", "3"): "-0.666666666667",
        ("1", "2000000000000"): "0.000000000001",  # 5e-13: half up
        ("-1", "2000000000000"): "-0.000000000001",
        ("0.99999999999999999", "2000000000000"): "0",
        ("1e30", "7"): "142857142857142857142857142857.142857142857",
        ("1", "1e40"): "0",
        ("4999999999999999999999999999", "10000000000000000000000000000000000000000"): "0",
        ("5000000000000000000000000000", "10000000000000000000000000000000000000000"): "0.000000000001",
        ("3", "0"): None,
    }
    for (dividend, divisor), expected in cases.items():
        ((found,),) = read(
            warehouse_url, f"SELECT ledger.quotient({dividend}::numeric, {divisor}::numeric)::text"
        )
        assert found == expected, (dividend, divisor)


def test_migrating_again_changes_nothing(company: Company, warehouse_url: str) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1))
    warehouse.migrate(warehouse_url)
    assert company.kpi("sales", "p1", "2026-01") == 1
