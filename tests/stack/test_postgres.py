"""The embedded PostgreSQL: it comes up, keeps its data, mends itself; each log-in may do its part only."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from include.errors import MetricLedgerError
from include.home import PROJECT, Home
from include.stack import privileges
from include.stack.postgres import EmbeddedPostgres


@pytest.fixture
def cluster(tmp_path: Path):
    """Return a cluster that isn't started yet; whatever it started is ended."""
    cluster = EmbeddedPostgres(Home(tmp_path / "home"), durable=False)
    yield cluster
    cluster.stop()


def ask(url: str, query: str, *values: object) -> object:
    """Return the first field of the first row."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(query, values).fetchone()[0]


def test_start_stop_and_start_again_keep_the_data_and_the_port(cluster: EmbeddedPostgres) -> None:
    assert not cluster.is_running()
    cluster.start()
    url = cluster.url("migrator")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    cluster.start()
    cluster.stop()
    assert not cluster.is_running()
    assert cluster.find_process() is None
    cluster.start()
    assert cluster.url("migrator") == url
    assert ask(url, "SELECT number FROM kept") == 7


def test_a_killed_server_is_mended(cluster: EmbeddedPostgres) -> None:
    cluster.start()
    busy = psycopg.connect(cluster.url("migrator"))
    busy.execute("CREATE TABLE kept AS SELECT 7 AS number")
    busy.commit()
    os.kill(cluster.find_process().pid, signal.SIGKILL)
    assert not cluster.is_running()
    cluster.start()
    busy.close()
    assert ask(cluster.url("migrator"), "SELECT number FROM kept") == 7


def test_a_pid_file_naming_a_stranger_is_no_obstacle_and_he_lives(cluster: EmbeddedPostgres) -> None:
    cluster.start()
    cluster.stop()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.data}\n")
        cluster.start()
        assert cluster.is_running()
        cluster.stop()
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_port_taken_meanwhile_is_replaced(cluster: EmbeddedPostgres) -> None:
    cluster.start()
    cluster.stop()
    taken = cluster.home.read_state()["postgres_port"]
    with socket.create_server(("127.0.0.1", taken)):
        cluster.start()
        assert cluster.home.read_state()["postgres_port"] != taken
        assert ask(cluster.url("loader"), "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(cluster: EmbeddedPostgres) -> None:
    (cluster.home.root / "postgres.new" / "base").mkdir(parents=True)
    cluster.start()
    assert cluster.is_running()


def test_starting_at_once_starts_one_server(cluster: EmbeddedPostgres) -> None:
    script = (
        "import sys; from pathlib import Path; from include.home import Home;"
        "from include.stack.postgres import EmbeddedPostgres as E; E(Home(Path(sys.argv[1]))).start()"
    )
    command = [sys.executable, "-c", script, str(cluster.home.root)]
    with ThreadPoolExecutor() as pool:
        codes = list(pool.map(lambda _: subprocess.call(command, cwd=PROJECT), range(3)))
    assert codes == [0, 0, 0]
    ours = cluster._find_processes()
    assert len([process for process in ours if process.ppid() not in {other.pid for other in ours}]) == 1


def test_two_clusters_run_side_by_side(cluster: EmbeddedPostgres, postgres: EmbeddedPostgres) -> None:
    cluster.start()
    assert cluster.find_process() != postgres.find_process()
    cluster.stop()
    assert postgres.is_running()


def test_the_server_listens_on_loopback_only_and_wants_passwords(postgres: EmbeddedPostgres) -> None:
    connections = postgres.find_process().net_connections()
    assert {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    for role in ("postgres", "airflow", "migrator", "loader", "bi_reader"):
        port = postgres.home.read_state()["postgres_port"]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{role}:guess@127.0.0.1:{port}/warehouse")
    stored = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256%%') FROM pg_authid WHERE rolcanlogin"
    assert ask(postgres.url("postgres", "postgres"), stored) is True
    assert postgres.home.state_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("role", ["loader", "bi_reader", "migrator"])
def test_warehouse_logins_stay_out_of_airflows_database(postgres: EmbeddedPostgres, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(postgres.url(role, "airflow"))
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(postgres.url("airflow", "warehouse"))


def test_loader_adds_facts_but_never_changes_one(loader_url: str) -> None:
    assert ask(loader_url, "SELECT count(*) FROM ledger.fact") == 0
    for statement in ("DELETE FROM ledger.fact", "UPDATE ledger.fact SET value = 1", "TRUNCATE ledger.fact"):
        with psycopg.connect(loader_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_reader_sees_the_bi_schema_only(reader_url: str) -> None:
    assert ask(reader_url, "SELECT count(*) FROM bi.kpi_month") == 0
    for statement in ("SELECT * FROM ledger.fact", "CREATE TABLE public.mine ()", "DELETE FROM ledger.kpi"):
        with psycopg.connect(reader_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_an_unknown_home_says_what_to_do(cluster: EmbeddedPostgres) -> None:
    with pytest.raises(MetricLedgerError, match=r"\./kpi up"):
        cluster.url("loader")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another guise")
def test_root_without_user_namespaces_steps_down_and_back(cluster: EmbeddedPostgres, monkeypatch) -> None:
    cluster.start()
    cluster.stop()
    works = privileges._works
    monkeypatch.setattr(privileges, "_works", lambda prefix: prefix[0] != "unshare" and works(prefix))
    privileges.find_guise.cache_clear()
    cluster.start()
    assert cluster.find_process().username() == "nobody"
    cluster.stop()
    monkeypatch.undo()
    privileges.find_guise.cache_clear()
    cluster.start()
    assert cluster.is_running()
