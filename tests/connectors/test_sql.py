"""SQL sources against real databases: exact texts, one read-only snapshot, limits, what errors may say."""

import datetime as dt
import math
import sqlite3
import threading
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from include.batch import Connection, Reported, Window
from include.catalogue.models import SqlSource
from include.connectors import sql
from include.errors import ConfigurationError, RefusedError, SourceUnavailableError
from include.messages import word

WINDOW = Window(dt.date(2026, 1, 1), dt.date(2026, 4, 1))


def make_source(*names: str, **more: Any) -> SqlSource:
    columns = more.pop("columns", {name: {"type": "text"} for name in names})
    return SqlSource.model_validate(
        {"source": "orders", "kind": "sql", "connection": "erp", "columns": columns} | more
    )


def make_connection(url: str) -> Connection:
    parts = make_url(url)
    return Connection(
        "erp",
        conn_type=parts.get_backend_name(),
        host=parts.host or "",
        port=parts.port,
        login=parts.username or "",
        password=parts.password or "",
        schema=parts.database or "",
    )


def read(connection: Connection, query: str, *names: str, **more: Any) -> Reported:
    timezone = more.pop("timezone", "Asia/Shanghai")
    return sql.fetch(make_source(*names, **more), query, WINDOW, connection, timezone=timezone)


def refusal(connection: Connection, query: str, *names: str, **more: Any) -> Any:
    with pytest.raises(RefusedError) as caught:
        read(connection, query, *names, **more)
    (finding,) = caught.value.findings
    assert word(finding, "title", "zh") and word(finding, "title", "en")
    return finding


@pytest.fixture
def erp(database_url: str) -> Connection:
    return make_connection(database_url)


@pytest.fixture
def file_database(tmp_path: Path) -> Connection:
    path = tmp_path / "店 50%.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (d TEXT, v, b BLOB)")
        rows = [
            ("2026-01-05", 1e-7, b"x"),
            ("2026-02-01", 1e20, None),
            ("2026-03-01", "文", None),
            ("2026-05-01", 3.0, None),
        ]
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    database.close()
    return Connection("erp", "sqlite", schema=str(path))


class TestPostgres:
    """PostgreSQL, by COPY."""

    def test_every_type_is_told_exactly(self, erp: Connection) -> None:
        query = """
            SELECT 12345678901234567890.1200::numeric AS exact, 1e-7::float8 AS tiny,
                   1e22::float8 AS huge,
                   0.1::float8 AS tenth, 3::float8 AS whole, 1.1::real AS single,
                   9223372036854775807 AS bigint,
                   'NaN'::numeric AS nan, '-Infinity'::float8 AS infinite, true AS yes, false AS no,
                   date '2026-03-01' AS day, timestamp '2026-03-01 08:00:00.5' AS moment,
                   timestamptz '2026-02-28 16:30:00+00' AS instant, B'101' AS bits, '{"a": 1}'::jsonb AS json,
                   '' AS empty, NULL AS nothing, E'a,"b"\nc' AS quoted, 'NA' AS na
        """
        names = [
            "exact",
            "tiny",
            "huge",
            "tenth",
            "whole",
            "single",
            "bigint",
            "nan",
            "infinite",
            "yes",
            "no",
            "day",
            "moment",
            "instant",
            "bits",
            "json",
            "empty",
            "nothing",
            "quoted",
            "na",
        ]
        row = read(erp, query, *names).frame.iloc[0]
        expected = [
            "12345678901234567890.1200", "0.0000001", "10000000000000000000000", "0.1", "3", "1.1",
            "9223372036854775807", "NaN", "-Infinity", "true", "false", "2026-03-01", "2026-03-01T08:00:00.5",
            "2026-03-01T00:30:00+08:00", "101", '{"a": 1}', "", None, 'a,"b"\nc', "NA",
        ]  # fmt: skip
        assert [
            None if row[name] is None or row[name] != row[name] else row[name] for name in names
        ] == expected

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(
                st.none() | st.decimals(-(10**25), 10**25, places=9),
                st.none() | st.floats(),
                st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            ),
            min_size=1,
            max_size=20,
        )
    )
    def test_numbers_and_texts_survive(self, erp: Connection, rows: list[tuple[Any, Any, Any]]) -> None:
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute("DROP TABLE IF EXISTS t")
            database.execute("CREATE TABLE t (i serial, n numeric, f float8, s text)")
            database.cursor().executemany("INSERT INTO t (n, f, s) VALUES (%s, %s, %s)", rows)
        frame = read(erp, "SELECT n, f, s FROM t ORDER BY i", "n", "f", "s").frame
        for (number, double, text), got in zip(rows, frame.astype(object).itertuples(), strict=True):
            assert _none(got.n) == (None if number is None else format(number, "f"))
            assert _none(got.s) == text
            if double is None:
                assert _none(got.f) is None
            else:
                assert "e" not in got.f
                assert float(got.f) == double or (math.isnan(double) and got.f == "NaN")

    def test_a_single_null_column_keeps_its_rows(self, erp: Connection) -> None:
        frame = read(erp, "VALUES (NULL), ('x'), (NULL)", "column1").frame
        assert frame["column1"].isna().tolist() == [True, False, True]

    def test_an_empty_result_has_the_columns(self, erp: Connection) -> None:
        reported = read(erp, "SELECT 1 AS a WHERE false", "a")
        assert list(reported.frame.columns) == ["a", "_sheet", "_row", "_col", "_key"]
        assert reported.rows_read == 0

    def test_places_and_keys(self, erp: Connection) -> None:
        columns = {
            "store": {"is": "org"},
            "day": {"type": "date", "is": "date"},
            "amount": {"type": "decimal"},
        }
        query = (
            "SELECT 'S0' || i AS store, date '2026-01-01' + i AS day, i amount FROM generate_series(1, 2) i"
        )
        frame = read(erp, query, columns=columns, unique=["store", "day"]).frame
        assert frame["_key"].tolist() == ["store=S01, day=2026-01-02", "store=S02, day=2026-01-03"]
        assert frame["_row"].tolist() == [1, 2]
        assert frame["_col"].isna().all()
        assert set(frame["_sheet"]) == {""}
        without = read(erp, query, columns={"amount": {"type": "decimal"}})
        assert without.frame["_key"].tolist() == ["row 1", "row 2"]
        assert [note.found for note in without.notes] == ["store, day"]

    def test_the_window_is_bound_only_where_it_is_meant(self, erp: Connection) -> None:
        query = """SELECT d::date AS d, ':window_end 100%' AS s, (ARRAY[1,2,3])[1:2] AS a
                   -- :window_start; :other
                   FROM generate_series(timestamp '2025-12-30', '2026-04-03', '1 day') AS d
                   WHERE d >= :window_start AND d < :window_end /* ; :x */ ORDER BY 1;"""
        frame = read(erp, query, "d", "s", "a").frame
        assert (frame["d"].iloc[0], frame["d"].iloc[-1], len(frame)) == ("2026-01-01", "2026-03-31", 90)
        assert set(frame["s"]) == {":window_end 100%"}

    def test_an_instant_falls_on_the_companys_day(self, erp: Connection) -> None:
        query = "SELECT t FROM (VALUES (timestamptz '2025-12-31 17:00+00')) AS v (t) WHERE t >= :window_start"
        assert read(erp, query, "t").frame["t"].tolist() == ["2026-01-01T01:00:00+08:00"]
        assert read(erp, query, "t", timezone="UTC").rows_read == 0

    def test_many_blocks_are_whole(self, erp: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        from include.connectors.sql import postgres

        monkeypatch.setattr(postgres, "BLOCK_BYTES", 1000)
        query = "SELECT i, E'two\nlines' AS s FROM generate_series(1, 5000) i ORDER BY i"
        frame = read(erp, query, "i", "s").frame
        assert frame["i"].tolist() == [str(i) for i in range(1, 5001)]
        assert set(frame["s"]) == {"two\nlines"}

    def test_all_tables_show_one_snapshot(self, erp: Connection) -> None:
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute("CREATE TABLE t AS SELECT i FROM generate_series(1, 100000) i")
            tables = sql.read_tables(make_source("i"), "SELECT i FROM t", [WINDOW], erp)
            next(tables)
            database.execute("DELETE FROM t")
            assert sum(table.num_rows for table in tables) == 100_000

    def test_columns_are_found_by_alias_and_case(self, erp: Connection) -> None:
        columns = {"金额": {"aliases": ["NetAmount"]}, "Store": {}}
        frame = read(erp, 'SELECT 5 AS "NetAmount", 1 AS store', columns=columns).frame
        assert frame.loc[0, ["金额", "Store"]].tolist() == ["5", "1"]

    def test_a_missing_column_is_refused_with_what_is_there(self, erp: Connection) -> None:
        finding = refusal(erp, "SELECT 1 AS a, 2 AS d", "a", "b", "c")
        assert (finding.code, finding.column, finding.found) == ("columns_changed", "b, c", "a, d")
        assert refusal(erp, "SELECT 1 AS a, 2 AS a", "a").code == "columns_changed"

    def test_views_partitioned_tables_and_quoted_names(self, erp: Connection) -> None:
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute(
                'CREATE TABLE "SalesOrder" ("OrderDate" date, "净额" numeric) PARTITION BY RANGE ("OrderDate")'
            )
            for month in (1, 2):
                database.execute(
                    f'CREATE TABLE "Part{month}" PARTITION OF "SalesOrder" '  # type: ignore[arg-type]
                    f"FOR VALUES FROM ('2026-0{month}-01') TO ('2026-0{month + 1}-01')"
                )
            database.execute(
                "INSERT INTO \"SalesOrder\" VALUES ('2026-01-05', 1.10), ('2026-02-05', 'Infinity')"
            )
            database.execute('CREATE VIEW "V" AS SELECT "OrderDate", "净额" AS "NetAmount" FROM "SalesOrder"')
        query = 'SELECT "OrderDate", "NetAmount" FROM "V" WHERE "OrderDate" >= :window_start ORDER BY 1'
        frame = read(erp, query, "OrderDate", "NetAmount").frame
        assert frame["NetAmount"].tolist() == ["1.10", "Infinity"]
        assert frame["OrderDate"].tolist() == ["2026-01-05", "2026-02-05"]

    def test_several_windows_and_units_are_one_snapshot(self, erp: Connection) -> None:
        windows = [Window(dt.date(2026, month, 1), dt.date(2026, month, 2)) for month in (1, 3)]
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute("CREATE TABLE t AS SELECT 'x' AS unit")
            query = "SELECT :org AS o, :window_start AS d, unit FROM t"
            tables = sql.read_tables(make_source("o", "d", "unit"), query, windows, erp, orgs=["p'1", "p2"])
            next(tables)
            database.execute("DELETE FROM t")
            rows = [row for table in tables for row in table.to_pylist()]
        assert [(row["o"], row["d"]) for row in rows] == [
            ("p'1", "2026-01-01"), ("p2", "2026-01-01"), ("p'1", "2026-03-01"), ("p2", "2026-03-01"),
        ]  # fmt: skip
        with pytest.raises(ConfigurationError, match=r"orders.sql:1: :org is filled with the units that owe"):
            read(erp, query, "o")

    def test_a_result_without_end_is_refused_at_once(self, erp: Connection) -> None:
        query = "SELECT generate_series(1, 10000000000) AS a"
        assert refusal(erp, query, "a", max_rows=2_000_000).code == "limit_exceeded"

    def test_bytes_and_too_many_rows_are_refused(self, erp: Connection) -> None:
        assert refusal(erp, "SELECT '1.50'::money AS a", "a").code == "unsupported_type"
        assert refusal(erp, r"SELECT '\x00'::bytea AS a", "a").code == "unsupported_type"
        assert refusal(erp, "SELECT generate_series(1, 11) AS a", "a", max_rows=10).code == "limit_exceeded"

    def test_nothing_can_be_written(self, erp: Connection) -> None:
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute("CREATE TABLE t (a int)")
            database.execute(
                "CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING 1'"
            )
            with pytest.raises(ConfigurationError, match="it writes"):
                read(erp, "SELECT sneak() AS a", "a")
            assert database.execute("SELECT count(*) FROM t").fetchone() == (0,)

    def test_a_wrong_query_is_told_with_its_line(self, erp: Connection) -> None:
        with pytest.raises(
            ConfigurationError, match=r"^orders.sql:3: .*a column doesn't exist, nope \(sqlstate 42703\)"
        ):
            read(erp, "SELECT 1 AS a\nWHERE :window_start < now()\n  AND nope = 1", "a")

    def test_a_fault_after_the_first_rows_is_typed(self, erp: Connection) -> None:
        with pytest.raises(ConfigurationError, match="sqlstate 22012"):
            read(erp, "SELECT 1 / (5000 - i) AS a FROM generate_series(1, 9000) i", "a")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"password": "wr0ng-s3cret"}, "login_failed"),
            ({"schema": "absent"}, "login_failed"),
            ({"port": 1}, "unreachable"),
        ],
    )
    def test_connecting_fails_with_a_code_and_no_secret(
        self, erp: Connection, change: Any, code: str
    ) -> None:
        with pytest.raises(SourceUnavailableError) as caught:
            read(Connection(**(vars(erp) | change)), "SELECT 1 AS a", "a")
        assert caught.value.code == code
        told = "".join(traceback.format_exception(caught.value)) + repr(erp)
        assert erp.password not in told
        assert "wr0ng-s3cret" not in told

    def test_faults_never_repeat_row_values(self, erp: Connection) -> None:
        with psycopg.connect(_conninfo(erp), autocommit=True) as database:
            database.execute("CREATE TABLE t AS SELECT 'salary 12' || '345' AS s")
        with pytest.raises(ConfigurationError) as caught:
            read(erp, "SELECT s::int AS a FROM t", "a")
        assert "12345" not in "".join(traceback.format_exception(caught.value))

    def test_a_slow_query_times_out(self, erp: Connection) -> None:
        with pytest.raises(SourceUnavailableError) as caught:
            read(erp, "SELECT pg_sleep(30) AS a", "a", timeout_seconds=1)
        assert caught.value.code == "timeout"

    def test_a_forbidden_table_and_a_cut_connection(self, erp: Connection) -> None:
        with pytest.raises(SourceUnavailableError) as caught:
            read(erp, "SELECT rolname AS a FROM pg_authid", "a")
        assert caught.value.code == "permission_denied"
        threading.Timer(0.5, _cut_others, [erp]).start()
        with pytest.raises(SourceUnavailableError) as caught:
            read(erp, "SELECT pg_sleep(20) AS a", "a")
        assert caught.value.code == "unreachable"


class TestMariaDB:
    """MariaDB, by its own texts."""

    def test_every_type_is_told_exactly(self, mariadb: Connection) -> None:
        with _mariadb(mariadb) as cursor:
            cursor.execute("SET sql_mode = ''")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(
                "CREATE TABLE t (exact DECIMAL(40, 10), big BIGINT UNSIGNED, tiny DOUBLE, bits BIT(10),"
                " y YEAR,"
                " e ENUM('甲', '乙'), zero DATE, moment DATETIME(3), instant TIMESTAMP NULL, nothing INT)"
            )
            cursor.execute(
                "INSERT INTO t VALUES ('123456789012345678901234567890.1234567890', 18446744073709551615,"
                " 1e-7, b'1010',"
                " 2026, '乙', '0000-00-00', '2026-03-01 08:00:00.5', '2026-02-28 16:30:00', NULL)"
            )
        names = ["exact", "big", "tiny", "bits", "y", "e", "zero", "moment", "instant"]
        row = read(mariadb, "SELECT * FROM t", *names).frame.iloc[0]
        assert row[names].tolist() == [
            "123456789012345678901234567890.1234567890", "18446744073709551615", "0.0000001", "10", "2026",
            "乙",
            "0000-00-00", "2026-03-01T08:00:00.500", "2026-03-01T00:30:00",
        ]  # fmt: skip

    def test_odd_types_names_views_and_partitions(self, mariadb: Connection) -> None:
        with _mariadb(mariadb) as cursor:
            cursor.execute("SET sql_mode = ''")
            cursor.execute(
                "CREATE TABLE `SalesOrder` (`Day` DATE, s SET('a', 'b'), z DECIMAL(8, 2) UNSIGNED ZEROFILL,"
                " never DATETIME, t TIME, f FLOAT) PARTITION BY HASH (MONTH(`Day`)) PARTITIONS 2"
            )
            cursor.execute(
                "INSERT INTO `SalesOrder` VALUES ('2026-01-05', 'a,b', 12.5, '0000-00-00', '-12:00:00', 16777216)"
            )
            cursor.execute(
                "CREATE VIEW `V 1` AS SELECT `Day` AS `OrderDate`, s, z, never, t, f FROM `SalesOrder`"
            )
        names = ["OrderDate", "s", "z", "never", "t"]
        row = read(mariadb, "SELECT * FROM `V 1` WHERE `OrderDate` >= :window_start", *names).frame.iloc[0]
        assert row[names].tolist() == ["2026-01-05", "a,b", "000012.50", "0000-00-00T00:00:00", "-12:00:00"]
        assert refusal(mariadb, "SELECT f FROM `V 1`", "f").code == "unsupported_type", "it tells 16777200"
        assert read(mariadb, "SELECT f + 0e0 AS f FROM `V 1`", "f").frame["f"].tolist() == ["16777216"]

    def test_several_windows_are_one_snapshot_and_an_endless_result_ends(self, mariadb: Connection) -> None:
        windows = [Window(dt.date(2026, month, 1), dt.date(2026, month, 2)) for month in (1, 3)]
        with _mariadb(mariadb) as cursor:
            cursor.execute("CREATE TABLE t ENGINE = InnoDB AS SELECT 'x' AS unit")
            query = "SELECT :window_start AS d, unit FROM t"
            tables = sql.read_tables(
                make_source("d", "unit"), query, windows, mariadb, timezone="Asia/Shanghai"
            )
            next(tables)
            cursor.execute("DELETE FROM t")
            assert [row["d"] for table in tables for row in table.to_pylist()] == ["2026-01-01", "2026-03-01"]
        endless = "SELECT seq AS a FROM seq_1_to_1000000000"
        assert refusal(mariadb, endless, "a", max_rows=30_000).code == "limit_exceeded"

    def test_the_window_is_bound_and_a_blob_refused(self, mariadb: Connection) -> None:
        query = "SELECT :window_start AS a, ':window_end 50%' AS b, CAST('x' AS BINARY) AS c"
        row = read(mariadb, query, "a", "b").frame.iloc[0]
        assert (row["a"], row["b"]) == ("2026-01-01", ":window_end 50%")
        assert refusal(mariadb, query, "c").code == "unsupported_type"

    def test_chunks_limits_and_faults(self, mariadb: Connection) -> None:
        numbers = "SELECT seq AS a FROM seq_1_to_50000"
        assert read(mariadb, numbers, "a").frame["a"].iloc[[0, -1]].tolist() == ["1", "50000"]
        assert refusal(mariadb, numbers, "a", max_rows=30_000).code == "limit_exceeded"
        with pytest.raises(
            ConfigurationError, match=r"^orders.sql:2: .*a column doesn't exist, nope \(error 1054\)"
        ):
            read(mariadb, "-- which\nSELECT nope", "a")
        with pytest.raises(SourceUnavailableError) as caught:
            read(mariadb, "SELECT SLEEP(20) AS a", "a", timeout_seconds=1)
        assert caught.value.code == "timeout"

    def test_what_stands_in_double_quotes_is_a_name(self, mariadb: Connection) -> None:
        orders = "(SELECT 1 AS `已删除`, 'it''s' AS a UNION ALL SELECT 0, 'left') AS orders"
        assert read(mariadb, f"""SELECT "a" FROM {orders} WHERE "已删除" = 0""", "a").frame["a"].tolist() == [
            "left"
        ]
        with pytest.raises(ConfigurationError, match="a column doesn't exist, deleted"):
            read(mariadb, f"""SELECT a FROM {orders} WHERE "deleted" = 0""", "a")

    def test_a_database_that_is_not_there_is_told_apart_from_a_wrong_password(
        self, mariadb: Connection
    ) -> None:
        with pytest.raises(SourceUnavailableError, match="there is no database of the name"):
            read(Connection(**(vars(mariadb) | {"schema": "absent"})), "SELECT 1 AS a", "a")

    def test_a_refused_log_in(self, mariadb: Connection) -> None:
        wrong = Connection(**(vars(mariadb) | {"login": "nobody", "password": "wr0ng-s3cret"}))
        with pytest.raises(SourceUnavailableError) as caught:
            read(wrong, "SELECT 1 AS a", "a")
        assert caught.value.code == "login_failed"
        assert "wr0ng-s3cret" not in "".join(traceback.format_exception(caught.value))

    def test_a_zone_that_changes_needs_the_zone_tables(self, mariadb: Connection) -> None:
        with _mariadb(mariadb) as cursor:
            cursor.execute("SELECT CONVERT_TZ('2026-01-01', 'UTC', 'Europe/Paris')")
            if cursor.fetchone()[0] is not None:
                pytest.skip("this server has its zone tables")
        with pytest.raises(ConfigurationError, match="mysql_tzinfo_to_sql"):
            read(mariadb, "SELECT 1 AS a", "a", timezone="Europe/Paris")

    def test_all_there_is_needs_no_zone_tables_in_china(self, mariadb: Connection) -> None:
        query = "SELECT FROM_UNIXTIME(1767196800) AS d FROM DUAL WHERE :window_start < NOW()"
        source, since = make_source("d"), [Window(dt.date(1990, 1, 1), dt.date(2026, 12, 1))]
        tables = sql.read_tables(source, query, since, mariadb, timezone="Asia/Shanghai")
        assert [row["d"] for table in tables for row in table.to_pylist()] == ["2026-01-01T00:00:00"]


class TestSqlite:
    """SQLite, whose columns hold anything."""

    def test_values_of_any_type_in_one_column(self, file_database: Connection) -> None:
        query = "SELECT d, v FROM t WHERE d >= :window_start AND d < :window_end ORDER BY d"
        frame = read(file_database, query, "d", "v").frame
        assert frame["v"].tolist() == ["0.0000001", "100000000000000000000", "文"]
        assert read(file_database, "SELECT 3.0 AS v, 2 AS d", "d", "v").frame["v"].tolist() == ["3"]

    def test_odd_numbers_names_and_views(self, file_database: Connection) -> None:
        with sqlite3.connect(file_database.schema) as database:
            database.execute(
                'CREATE VIEW "MyView" AS SELECT 9e999 AS "NetAmount", 9223372036854775807 AS n, \'1.10\' AS t'
            )
        database.close()
        row = read(file_database, 'SELECT * FROM "MyView"', "NetAmount", "n", "t").frame.iloc[0]
        assert row[["NetAmount", "n", "t"]].tolist() == ["Infinity", "9223372036854775807", "1.10"]

    def test_a_quoted_name_is_never_a_text(self, file_database: Connection) -> None:
        with sqlite3.connect(file_database.schema) as database:
            database.execute('CREATE TABLE "od""d" ("De`l" TEXT, "n N" INTEGER)')
            database.executemany('INSERT INTO "od""d" VALUES (?, ?)', [("N", 1), ("Y", 2)])
        database.close()
        query = """SELECT "n N", 'a "text"' AS "t:x" -- the "rest"\nFROM "od""d" WHERE "De`l" = 'N'"""
        row = read(file_database, query, "n N", "t:x").frame.iloc[0]
        assert row[["n N", "t:x"]].tolist() == ["1", 'a "text"']
        with pytest.raises(ConfigurationError, match=r"orders.sql:3: .*no such column, Del"):
            read(file_database, 'SELECT "n N"\nFROM "od""d"\nWHERE "Del" <> \'Y\'', "n N")

    def test_a_renamed_column_is_offered(self, file_database: Connection) -> None:
        found = refusal(file_database, "SELECT d AS order_day, v FROM t", "order_date", "v")
        assert (found.column, found.params["nearest"]) == ("order_date", "order_day")
        assert not refusal(file_database, "SELECT b, v FROM t", "order_date", "v").params["nearest"]

    def test_one_snapshot_and_no_end(self, file_database: Connection) -> None:
        windows = [Window(dt.date(2026, month, 1), dt.date(2026, month, 2)) for month in (1, 3)]
        with sqlite3.connect(file_database.schema, isolation_level=None) as database:
            database.execute("PRAGMA journal_mode = WAL")
            tables = sql.read_tables(make_source("n"), "SELECT count(*) AS n FROM t", windows, file_database)
            next(tables)
            first = next(tables)
            database.execute("DELETE FROM t")
            assert [first.to_pylist(), next(tables).to_pylist()] == [[{"n": "4"}], [{"n": "4"}]]
        database.close()
        endless = "WITH RECURSIVE r(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SELECT a FROM r"
        assert refusal(file_database, endless, "a", max_rows=30_000).code == "limit_exceeded"

    def test_bytes_limits_and_faults(self, file_database: Connection) -> None:
        assert refusal(file_database, "SELECT b FROM t", "b").code == "unsupported_type"
        with pytest.raises(ConfigurationError, match=r"orders.sql:2: .*no such table, nope"):
            read(file_database, "SELECT a\nFROM nope", "a")
        endless = (
            "WITH RECURSIVE r(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SELECT a FROM r WHERE a < 0"
        )
        with pytest.raises(SourceUnavailableError) as caught:
            read(file_database, endless, "a", timeout_seconds=1)
        assert caught.value.code == "timeout"
        with pytest.raises(SourceUnavailableError) as caught:
            read(Connection("erp", "sqlite", schema="/nowhere/x.db"), "SELECT 1 AS a", "a")
        assert caught.value.code == "unreachable"


class TestQuery:
    """What may be a source's query."""

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ("", "the query is empty"),
            ("DELETE FROM t", "not a plain SELECT"),
            ("SELECT 1 AS a;\nDROP TABLE t", "orders.sql:1: more than one statement"),
            ("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", "not a plain SELECT"),
            ("SELECT a INTO x FROM t", "not a plain SELECT"),
            ("SELECT a FROM t FOR UPDATE", "not a plain SELECT"),
            ("SELECT a\nFROM t WHERE d > :start", "orders.sql:2: unknown parameter :start"),
            ("SELECT 'a", "isn't closed"),
            ("COPY t TO PROGRAM 'id'", "not a plain SELECT"),
        ],
    )
    def test_what_is_no_single_select_is_refused(self, erp: Connection, query: str, problem: str) -> None:
        with pytest.raises(ConfigurationError, match=problem):
            read(erp, query, "a")

    def test_an_unknown_kind_of_database_is_told(self) -> None:
        with pytest.raises(ConfigurationError, match="'foo' is no known database"):
            read(Connection("erp", "foo"), "SELECT 1 AS a", "a")
        with pytest.raises(ConfigurationError, match=r"oracle\+oracledb isn't installed"):
            read(Connection("erp", "oracle", "h"), "SELECT 1 AS a", "a")


def _conninfo(connection: Connection) -> str:
    return psycopg.conninfo.make_conninfo(
        host=connection.host,
        port=connection.port,
        user=connection.login,
        password=connection.password,
        dbname=connection.schema,
    )


def _mariadb(connection: Connection) -> Any:
    return pymysql.connect(
        host=connection.host, port=connection.port or 3306, user=connection.login,
        password=connection.password,
        database=connection.schema, autocommit=True,
    ).cursor()  # fmt: skip


def _cut_others(connection: Connection) -> None:
    with psycopg.connect(_conninfo(connection), autocommit=True) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _none(value: Any) -> Any:
    return None if value is None or isinstance(value, float) else value
