"""The image, the locks, the secrets and the roles of a team's server."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from werkzeug.security import check_password_hash

from include import warehouse
from include.home import PROJECT, Home
from include.stack.postgres import EmbeddedPostgres, find_programs
from tests import compose_claims as claims
from tests.compose_claims import AIRFLOW_SERVICES, make_env, read_compose


def read_locked(lock: str = "requirements.lock") -> dict[str, str]:
    found = re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (PROJECT / lock).read_text("utf-8"), re.MULTILINE)
    return dict(found)


def test_the_image_is_the_locked_airflow() -> None:
    services = read_compose()["services"]
    version = read_locked()["apache-airflow"]
    dockerfile = (PROJECT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^FROM (.*)", dockerfile, re.MULTILINE) == [f"apache/airflow:{version}-python3.11"]
    images = {services[name]["image"] for name in AIRFLOW_SERVICES}
    assert images == {f"metric-ledger:{version}"}
    assert "--require-hashes" in dockerfile
    assert re.findall(r"^USER (.*)", dockerfile, re.MULTILINE)[-1] == "airflow"
    assert {services[name]["user"] for name in AIRFLOW_SERVICES} == {"50000:0"}


def test_the_locks_agree() -> None:
    celery = read_locked("requirements-celery.lock")
    assert not celery.keys() & read_locked().keys()
    assert celery["apache-airflow-providers-celery"] == "3.26.0"
    assert tuple(map(int, celery["celery"].split(".")[:2])) < (5, 7)
    for lock in ("requirements.lock", "requirements-celery.lock"):
        pins = re.split(r"^(?=[a-z0-9])", (PROJECT / lock).read_text("utf-8"), flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in pin for pin in pins)


def test_what_the_image_copies_exists_and_secrets_stay_out() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    copied = [word for line in re.findall(r"^COPY (.*)", dockerfile, re.M) for word in line.split()[1:-1]]
    assert {"dags", "plugins", "include", "config"} <= set(copied)
    assert [name for name in copied if not (PROJECT / name).exists()] == []
    lines = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied)
    ignored = (PROJECT / ".gitignore").read_text("utf-8").split()
    assert {"/.env", "/connections.env", "/storage.env", "/data/"} <= set(ignored)


def test_each_generated_secret_is_fit_and_its_own(tmp_path: Path) -> None:
    made = make_env(tmp_path)
    secrets = {name: value for name, value in made.items() if claims.SECRET.search(name)}
    assert sorted(name for name, value in made.items() if not value) == [
        "AIRFLOW_ADMIN_EMAIL",
        "AIRFLOW_ADMIN_USERNAME",
        "UI_URL",
    ]
    assert len(set(secrets.values())) == len(secrets) == 10
    assert len(secrets["AIRFLOW_JWT_SECRET"]) >= 64
    Fernet(secrets["AIRFLOW_FERNET_KEY"])
    assert all(re.fullmatch(r"[0-9a-f]{32,}", value) for name, value in secrets.items() if "PASSWORD" in name)


def test_an_env_is_never_overwritten(tmp_path: Path) -> None:
    make_env(tmp_path)
    before = (tmp_path / ".env").read_bytes()
    again = subprocess.run(["sh", "deploy/make_env.sh"], cwd=tmp_path, capture_output=True, check=False)
    assert again.returncode == 1
    assert (tmp_path / ".env").read_bytes() == before


@pytest.fixture
def bare_cluster(tmp_path: Path):
    """Return a server like a new container's: an empty database `warehouse`, one log-in."""
    cluster = EmbeddedPostgres(Home(tmp_path / "server"), durable=False)
    cluster.start()
    with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE warehouse")
        connection.execute("DROP ROLE migrator, loader, bi_reader")
        connection.execute("CREATE DATABASE warehouse")
    yield cluster
    cluster.stop()


def provide_roles(cluster: EmbeddedPostgres, suffix: str) -> dict[str, str]:
    """Run the roles script as the image's entrypoint does; return each log-in's URL."""
    kinds = {"migrator": "MIGRATOR", "loader": "LOADER", "bi_reader": "READER"}
    passwords = {f"WAREHOUSE_{kind}_PASSWORD": f"{role}'s {suffix}" for role, kind in kinds.items()}
    url = cluster.url("postgres", "warehouse")
    script = ["--dbname", url, "--file", str(PROJECT / "deploy/warehouse_roles.sql")]
    program = [str(find_programs() / "psql"), "--no-psqlrc", "--quiet"]
    subprocess.run([*program, *script], env=passwords, check=True, capture_output=True)
    return {role: f"postgresql://{role}:{role}%27s%20{suffix}@{url.split('@')[1]}" for role in kinds}


def test_the_roles_script_serves_the_migrations_and_rotates_passwords(bare_cluster: EmbeddedPostgres) -> None:
    first = provide_roles(bare_cluster, "first")
    warehouse.migrate(first["migrator"])
    second = provide_roles(bare_cluster, "second")
    warehouse.migrate(second["migrator"])
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first["loader"])
    with psycopg.connect(second["loader"]) as connection:
        connection.execute("SET LOCAL ROLE kpi_loader")
        connection.execute("CREATE TEMP TABLE slices (id integer)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM ledger.fact")
    with psycopg.connect(second["bi_reader"]) as connection:
        connection.execute("SELECT * FROM bi.kpi_month")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM ledger.fact")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_init_makes_everything_ready_and_may_run_again(
    bare_cluster: EmbeddedPostgres, tmp_path: Path
) -> None:
    metadata = bare_cluster.url("airflow", "airflow")
    settings = read_compose()["services"]["init"]["environment"] | {
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.replace("postgresql:", "postgresql+psycopg2:"),
        "AIRFLOW__API__BASE_URL": "http://127.0.0.1:8080",
        "AIRFLOW__API__SECRET_KEY": "s" * 64,
        "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 64,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "KPI_CONFIG": str(PROJECT / "config"),
        "KPI_HOME": str(tmp_path / "home"),
        "KPI_WAREHOUSE_URL": provide_roles(bare_cluster, "own")["migrator"],
        "ADMIN_USERNAME": "admin",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "a password, once",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(PROJECT),
    }
    script = ["bash", str(PROJECT / "deploy/initialise.sh")]
    no_folder = subprocess.run(script, env=settings, capture_output=True, text=True, check=False)
    assert no_folder.returncode == 1
    assert "sudo install" in no_folder.stderr
    (tmp_path / "home").mkdir()
    run = ["setsid", "--wait", *script]  # without a terminal to ask for the password, as in a container
    for _ in range(2):
        subprocess.run(run, env=settings, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    with psycopg.connect(metadata) as connection:
        users = connection.execute("SELECT username, email, password FROM ab_user").fetchall()
    assert [user[:2] for user in users] == [("admin", "admin@example.com")]
    assert check_password_hash(users[0][2], "a password, once")
    assert (tmp_path / "home/inbox").is_dir()
