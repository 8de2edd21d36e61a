"""How Airflow runs here: its parts, their environment, and what its health check says of them."""

import base64
import hashlib
import http.client
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from include.home import PROJECT, Home
from include.stack.postgres import EmbeddedPostgres, choose_port

ADMIN = "admin"


@dataclass(frozen=True)
class Part:
    """One process of the stack: `airflow <arguments>`, after importing what it needs early."""

    name: str
    arguments: tuple[str, ...]
    preload: tuple[str, ...] = ()


# The scheduler forks LocalExecutor's workers, and these the tasks: what it has loaded costs a task nothing.
PARTS = (
    Part("api-server", ("api-server",), ("airflow.api_fastapi.core_api.routes.public",)),
    Part("scheduler", ("scheduler", "--skip-serve-logs"), ("include.stages",)),
    Part("dag-processor", ("dag-processor",)),
    Part("triggerer", ("triggerer", "--skip-serve-logs")),
)


def build_environment(home: Home, loader_url: str, config: str) -> dict[str, str]:
    """Return the environment of Airflow's processes; secrets and the port are made once and remembered.

    Raises MetricLedgerError where the embedded database, which holds Airflow's metadata, was never started.
    """
    state = _ensure_secrets(home)
    metadata = _metadata_url(home)
    address = f"http://127.0.0.1:{state['airflow_port']}"
    local = ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1", "localhost")))
    ours = {
        "AIRFLOW_HOME": str(home.root / "airflow"),
        "KPI_HOME": str(home.root),
        "KPI_CONFIG": config,
        "KPI_LOADER_URL": loader_url,
        "PYTHONPATH": str(PROJECT),
        "PYTHONSAFEPATH": "1",
        "NO_PROXY": local,
        "no_proxy": local,
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }
    settings = _build_settings(home, state, metadata, address)
    inherited = {name: value for name, value in os.environ.items() if name != "KPI_WAREHOUSE_URL"}
    return inherited | ours | {f"AIRFLOW__{name}": value for name, value in settings.items()}


def connection_store(home: Home) -> dict[str, str]:
    """Return the settings by which a process finds the connections of this home's Airflow; none if it never ran."""
    key = home.read_state().get("airflow_fernet_key")
    if not key or not (home.root / "airflow").is_dir():
        return {}
    settings = {
        "CORE__FERNET_KEY": key,
        "CORE__LOAD_EXAMPLES": "False",
        "DATABASE__SQL_ALCHEMY_CONN": _metadata_url(home),
    }
    return {"AIRFLOW_HOME": str(home.root / "airflow")} | {f"AIRFLOW__{n}": v for n, v in settings.items()}


def _metadata_url(home: Home) -> str:
    return EmbeddedPostgres(home).url("airflow", "airflow").replace("postgresql:", "postgresql+psycopg2:", 1)


def _build_settings(home: Home, state: Mapping[str, Any], metadata: str, address: str) -> dict[str, str]:
    return {
        "API__BASE_URL": os.environ.get("AIRFLOW__API__BASE_URL", address),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(state["airflow_port"]),
        "API__WORKERS": "1",
        "API__INSTANCE_NAME": "Metric Ledger",
        "API__SECRET_KEY": state["airflow_secret_key"],
        "API_AUTH__JWT_SECRET": state["airflow_jwt_secret"],
        "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": state["airflow_fernet_key"],
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": "4",
        "CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DATABASE__CHECK_MIGRATIONS": "False",
        "DATABASE__SQL_ALCHEMY_CONN": metadata,
        "LOGGING__BASE_LOG_FOLDER": str(home.logs / "airflow"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home.logs / "airflow" / "dag_processor"),
        "OPENLINEAGE__EMISSION_POLICY": '[{"scope": {"dag_id": "sweep"}, "controls": {"emit": false}}]',
        "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _ensure_secrets(home: Home) -> dict[str, Any]:
    state = home.read_state()
    made = {
        "airflow_admin_password": secrets.token_urlsafe(12),
        "airflow_fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "airflow_jwt_secret": secrets.token_hex(32),
        "airflow_secret_key": secrets.token_hex(32),
    }
    missing = {name: value for name, value in made.items() if name not in state}
    return home.remember(**missing) if missing else state


def fingerprint_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return a digest of each variable that decides how Airflow's processes behave."""
    return {
        name: hashlib.sha256(value.encode()).hexdigest()[:16]
        for name, value in environment.items()
        if name.startswith(("AIRFLOW", "KPI_"))
    }


def choose_address(home: Home) -> None:
    """Remember a free port for the UI; the one before is kept where it is still free.

    Call it only while no api-server of this home runs.
    """
    home.remember(airflow_port=choose_port(home.read_state().get("airflow_port")))


def ui_address(home: Home) -> str:
    """Return the address of the UI, or nothing where it never ran."""
    port = home.read_state().get("airflow_port")
    return f"http://127.0.0.1:{port}" if port else ""


def describe_schema() -> str:
    """Return the versions that decide what Airflow's database looks like."""
    return f"{version('apache-airflow-core')} {version('apache-airflow-providers-fab')}"


def list_preparations(password: str) -> list[tuple[str, ...]]:
    """Return the commands that make Airflow's database and its administrator; both are safe to rerun."""
    user = ("--username", ADMIN, "--role", "Admin", "--email", "admin@localhost")
    name = ("--firstname", "Metric", "--lastname", "Ledger")
    return [("db", "migrate"), ("users", "create", *user, *name, "--password", password)]


def find_unhealthy(home: Home, started: Mapping[str, float]) -> set[str]:
    """Return the parts that don't do their work: no answer, or no sign of life since they were started.

    `started` holds each part's start in seconds since 1970. A heartbeat from before that moment was its
    predecessor's and doesn't count.
    """
    try:
        health = _ask_health(home)
    except (OSError, ValueError, http.client.HTTPException):
        return {part.name for part in PARTS}
    unhealthy = {"api-server"} if health["metadatabase"]["status"] != "healthy" else set()
    for part in ("scheduler", "triggerer", "dag-processor"):
        key = part.replace("-", "_")
        told = health.get(key) or {}
        beat = told.get(f"latest_{key}_heartbeat")
        fresh = beat is not None and datetime.fromisoformat(beat).timestamp() >= started.get(part, 0)
        if told.get("status") != "healthy" or not fresh:
            unhealthy.add(part)
    return unhealthy


def _ask_health(home: Home) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", home.read_state()["airflow_port"], timeout=15)
    try:
        connection.request("GET", "/api/v2/monitor/health")
        health: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if "metadatabase" not in health:
        raise ValueError("not a health report")
    return health
