"""docker-compose.yaml is valid by its specification and claims what is true; no engine is needed."""

import copy
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema

from include.home import PROJECT
from include.stack.postgres import EmbeddedPostgres
from tests import compose_claims as claims
from tests.compose_claims import AIRFLOW_SERVICES, make_env, read_compose

ONE_SHOT = {"init"}
CELERY_OPTIONS = {"broker_url", "result_backend", "worker_concurrency"}  # the provider's; --long asks it

ASK_AIRFLOW = """
import json, sys
from airflow.cli import cli_parser
from airflow.configuration import conf

def knows(command):
    try:
        cli_parser.get_parser().parse_args(command)
    except SystemExit:
        return False
    return True

commands = json.load(sys.stdin)
options = {section: list(body["options"]) for section, body in conf.configuration_description.items()}
json.dump({"commands": [knows(command) for command in commands], "options": options}, open(sys.argv[1], "w"))
"""


def ask_airflow(folder: Path, commands: list[list[str]], path: str = "") -> dict[str, Any]:
    """Ask Airflow in a process of its own which commands it takes and which options it has."""
    answer = folder / "answer.json"
    environment = {"AIRFLOW_HOME": str(folder / "airflow"), "PATH": "/usr/bin:/bin", "PYTHONPATH": path}
    asking = [sys.executable, "-c", ASK_AIRFLOW, str(answer)]
    subprocess.run(
        asking, input=json.dumps(commands).encode(), env=environment, check=True, capture_output=True
    )
    return json.loads(answer.read_text("utf-8"))


def airflow_commands(compose: dict[str, Any]) -> list[list[str]]:
    """Return the arguments of each `airflow` that a service, a health check or the one-shot script runs."""
    lines = [shlex.join(body["command"]) for body in compose["services"].values() if "command" in body]
    lines += [
        body["healthcheck"]["test"][-1] for body in compose["services"].values() if "healthcheck" in body
    ]
    lines += (PROJECT / "deploy/initialise.sh").read_text("utf-8").replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in map(str.strip, lines) if line.startswith("airflow ")]


def variables_read_by_the_project() -> set[str]:
    code = [path for folder in ("include", "dags", "plugins") for path in (PROJECT / folder).rglob("*.py")]
    quoted = re.compile(r"""["'](KPI_[A-Z_]+)["']""")
    return {name for path in code for name in quoted.findall(path.read_text("utf-8"))}


@pytest.fixture
def compose() -> dict[str, Any]:
    """Return the compose file, parsed; a test may spoil its copy."""
    return read_compose()


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return Airflow's options by section; those of celery's provider, which isn't installed, are added."""
    found = ask_airflow(tmp_path_factory.mktemp("options"), [])["options"]
    return {section: set(names) for section, names in found.items()} | {"celery": CELERY_OPTIONS}


def schema_errors(document: dict[str, Any]) -> list[str]:
    schema = get_builtin_schema("vendor.compose-spec")
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(document)]


def test_it_is_valid_by_the_compose_specification(compose: dict[str, Any], env: dict[str, str]) -> None:
    assert schema_errors(compose) == []
    assert schema_errors(claims.interpolate(compose, env)) == []
    compose["services"]["scheduler"]["helthcheck"] = compose["services"]["scheduler"].pop("healthcheck")
    assert "helthcheck" in schema_errors(compose)[0]


def test_it_keeps_every_rule(compose: dict[str, Any], options: dict[str, set[str]]) -> None:
    assert claims.secrets_not_required(compose) == []
    assert claims.secrets_of_several_logins(compose) == []
    assert claims.unknown_settings(compose, options, variables_read_by_the_project()) == []
    assert claims.services_not_minded(compose, ONE_SHOT) == []
    assert claims.broken_references(compose) == []
    assert claims.unreachable_hosts(compose) == []
    assert list(claims.published_ports(compose)) == ["api-server"]


SPOILT: dict[str, tuple[str, Any, Callable[[dict[str, Any]], Any]]] = {
    "a default password": (
        "metadata.environment.POSTGRES_PASSWORD",
        "${METADATA_DB_PASSWORD:-airflow}",
        claims.secrets_not_required,
    ),
    "a password without explanation": (
        "metadata.environment.POSTGRES_PASSWORD",
        "${METADATA_DB_PASSWORD}",
        claims.secrets_not_required,
    ),
    "a password written out": ("redis.environment.REDIS_PASSWORD", "hunter2", claims.secrets_not_required),
    "a password in a URL": (
        "init.environment.KPI_WAREHOUSE_URL",
        "postgresql://migrator:hunter2@warehouse/warehouse",
        claims.secrets_not_required,
    ),
    "one password for two roles": (
        "init.environment.KPI_WAREHOUSE_URL",
        "postgresql://migrator:${WAREHOUSE_LOADER_PASSWORD:?x}@warehouse/warehouse",
        claims.secrets_of_several_logins,
    ),
    "no health check": ("triggerer.healthcheck", {}, lambda file: claims.services_not_minded(file, ONE_SHOT)),
    "a floating image": (
        "redis.image",
        "redis:latest",
        lambda file: claims.services_not_minded(file, ONE_SHOT),
    ),
    "a writable root": ("worker.read_only", False, lambda file: claims.services_not_minded(file, ONE_SHOT)),
    "endless logs": ("mail.logging", {}, lambda file: claims.services_not_minded(file, ONE_SHOT)),
    "no limit": ("warehouse.deploy", {}, lambda file: claims.services_not_minded(file, ONE_SHOT)),
    "a restarted one-shot": (
        "init.restart",
        "always",
        lambda file: claims.services_not_minded(file, ONE_SHOT),
    ),
    "an unknown network": ("mail.networks", ["post"], claims.broken_references),
    "an unknown volume": ("redis.volumes", ["queue:/data"], claims.broken_references),
    "waiting for a profile": (
        "scheduler.depends_on.redis",
        {"condition": "service_healthy"},
        claims.broken_references,
    ),
    "waiting for an unchecked service": (
        "scheduler.depends_on.init",
        {"condition": "service_healthy"},
        claims.broken_references,
    ),
    "no common network": ("scheduler.networks", ["airflow", "metadata"], claims.unreachable_hosts),
    "an unknown option": (
        "scheduler.environment.AIRFLOW__CORE__EXEKUTOR",
        "x",
        lambda file: claims.unknown_settings(file, {"core": {"executor"}}, set()),
    ),
    "a name nobody reads": (
        "scheduler.environment.KPI_NOBODY",
        "x",
        lambda file: [
            text for text in claims.unknown_settings(file, {}, {"KPI_HOME"}) if "KPI_NOBODY" in text
        ],
    ),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_each_rule_objects_to_a_spoilt_copy(compose: dict[str, Any], spoilt: str) -> None:
    path, value, rule = SPOILT[spoilt]
    before = set(rule(compose))
    node = compose["services"]
    *parents, last = path.split(".")
    for key in parents:
        node[key] = copy.deepcopy(node[key])  # anchors share one object between services
        node = node[key]
    node[last] = value
    assert set(rule(compose)) - before


def test_a_published_database_is_seen(compose: dict[str, Any]) -> None:
    compose["services"]["warehouse"]["ports"] = ["5432:5432"]
    assert "warehouse" in claims.published_ports(compose)


def test_the_ui_listens_on_loopback_until_told(compose: dict[str, Any], env: dict[str, str]) -> None:
    assert claims.published_ports(claims.interpolate(compose, env))["api-server"] == ["127.0.0.1:8080:8080"]


def test_each_secret_is_known_to_those_who_need_it_only(compose: dict[str, Any]) -> None:
    loading = {"scheduler", "worker"}
    assert claims.holders_of_secrets(compose) == {
        "AIRFLOW_ADMIN_PASSWORD": {"init"},
        "AIRFLOW_FERNET_KEY": AIRFLOW_SERVICES,
        "AIRFLOW_API_SECRET_KEY": AIRFLOW_SERVICES,
        "AIRFLOW_JWT_SECRET": AIRFLOW_SERVICES,
        "METADATA_DB_PASSWORD": AIRFLOW_SERVICES | {"metadata"},
        "WAREHOUSE_SUPERUSER_PASSWORD": {"warehouse"},
        "WAREHOUSE_MIGRATOR_PASSWORD": {"warehouse", "init"},
        "WAREHOUSE_LOADER_PASSWORD": {"warehouse"} | loading,
        "WAREHOUSE_READER_PASSWORD": {"warehouse"},
        "REDIS_PASSWORD": {"redis", "scheduler", "worker"},
    }


def test_the_profiles_are_those_of_the_docs(compose: dict[str, Any]) -> None:
    profiles = {name: body["profiles"] for name, body in compose["services"].items() if "profiles" in body}
    assert profiles == {"worker": ["celery"], "redis": ["celery"], "mail": ["mail"]}
    docs = (PROJECT / "docs/deploy.md").read_text("utf-8")
    assert all(f"`{name}`" in docs for name in ("celery", "mail", *compose["services"]))


def test_airflow_knows_every_command(compose: dict[str, Any], tmp_path: Path) -> None:
    commands = [command for command in airflow_commands(compose) if command != ["celery", "worker"]]
    first = {command[0] for command in commands}
    assert first == {"api-server", "scheduler", "dag-processor", "triggerer", "jobs", "db", "users"}
    known = ask_airflow(tmp_path, [*commands, ["shceduler"], ["jobs", "check", "--kind", "x"]])["commands"]
    assert known == [True] * len(commands) + [False, False]


def test_the_docs_name_commands_that_exist(compose: dict[str, Any], tmp_path: Path) -> None:
    docs = (PROJECT / "docs/deploy.md").read_text("utf-8")
    found = re.findall(r"docker compose exec (?:-\w+ )?([\w-]+) airflow ([^`\n]+)", docs)
    assert {service for service, _ in found} <= AIRFLOW_SERVICES
    commands = [shlex.split(command) for _, command in found]
    assert len(commands) >= 3
    assert ask_airflow(tmp_path, commands)["commands"] == [True] * len(commands)
    # An object store's log-in (AWS_...) isn't Compose's to ask for.
    named = set(re.findall(r"\b(?!AWS_)[A-Z]+(?:_[A-Z]+)*_(?:PASSWORD|SECRET|KEY)\b", docs))
    assert named == {name for name in claims.required_variables(compose) if claims.SECRET.search(name)}


@pytest.mark.long
def test_the_celery_lock_brings_the_worker(compose: dict[str, Any], tmp_path: Path) -> None:
    installer = ["pip", "install"] if find_spec("pip") else ["uv", "pip", "install"]
    flags = [
        "--no-deps",
        "--require-hashes",
        "--target",
        str(tmp_path / "celery"),
        "-r",
        "requirements-celery.lock",
    ]
    subprocess.run([sys.executable, "-m", *installer, *flags], check=True, cwd=PROJECT, capture_output=True)
    answer = ask_airflow(
        tmp_path, [["celery", "worker"], ["celery", "wroker"]], path=str(tmp_path / "celery")
    )
    assert answer["commands"] == [True, False]
    assert set(answer["options"]["celery"]) >= CELERY_OPTIONS
    assert compose["services"]["worker"]["command"] == ["airflow", "celery", "worker"]


def test_postgres_is_the_tested_major_version(compose: dict[str, Any], postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url("migrator")) as connection:
        major = connection.info.server_version // 10000
    for service in ("metadata", "warehouse"):
        assert compose["services"][service]["image"].startswith(f"postgres:{major}.")


def test_what_is_mounted_exists(compose: dict[str, Any], env: dict[str, str]) -> None:
    whole = claims.interpolate(compose, env)["services"]
    assert (PROJECT / "deploy/warehouse_roles.sql").is_file()
    assert (
        "./deploy/warehouse_roles.sql:/docker-entrypoint-initdb.d/10-roles.sql:ro"
        in whole["warehouse"]["volumes"]
    )
    for service in ("scheduler", "worker", "triggerer"):
        mounts = {mount["target"]: mount["source"] for mount in whole[service]["volumes"]}
        assert mounts[whole[service]["environment"]["KPI_HOME"]] == "./data"
        assert mounts[whole[service]["environment"]["KPI_CONFIG"]] == "./config"


def test_the_example_names_what_compose_asks_for(compose: dict[str, Any]) -> None:
    lines = (PROJECT / ".env.example").read_text("utf-8").splitlines()
    named = [line for line in lines if re.match(r"[A-Z_]+=", line)]
    assert {line.split("=")[0] for line in named} == claims.required_variables(compose)
    assert all(line.endswith("=") for line in named), "the example holds no values"
    shown = dict(line[2:].split("=", 1) for line in lines if re.match(r"# [A-Z_]+=", line))
    assert shown == claims.optional_variables(compose)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return what deploy/make_env.sh writes, with the blanks that it names filled in."""
    return make_env(tmp_path) | {
        "UI_URL": "https://kpi.example.com",
        "AIRFLOW_ADMIN_USERNAME": "admin",
        "AIRFLOW_ADMIN_EMAIL": "kpi@example.com",
    }
