"""OpenLineage events as a backend receives them: a chain of datasets from the file to the boards, and no data."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from include.home import PROJECT, Home

_RUN = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags", bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors
for dag_id in sys.argv[1:]:
    print("RAN", dag_id, bag.dags[dag_id].test().state)
"""
_LOADED = """
import sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import plugins_manager
bag = DagBag("dags", bundle_name="dags-folder")
assert not bag.import_errors
plugins_manager.integrate_listener_plugins(__import__("airflow.sdk.listener").sdk.listener.get_listener_manager())
print("LOADED", [name for name in sys.modules if name.startswith("openlineage.client")])
print("LOADED", [name for name in sys.modules if name.startswith("airflow.providers.openlineage.plugins.listener")])
print("LOADED", [task.on_success_callback for dag in bag.dags.values() for task in dag.tasks if task.on_success_callback])
"""


class Backend(ThreadingHTTPServer):
    """Takes OpenLineage events over HTTP and keeps them, with the headers they came with."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def datasets(self, job: str, kind: str, side: str) -> list[tuple[str, str]]:
        """Return the datasets that one job's events of a kind name as inputs or outputs."""
        return [
            (dataset["namespace"], dataset["name"])
            for event in self.events
            if event["job"]["name"] == job and event["eventType"] == kind
            for dataset in event[side]
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Backend

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        found = json.loads(body)
        self.server.events.extend(found if isinstance(found, list) else [found])
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def backend() -> Iterator[Backend]:
    server = Backend()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run_python(program: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a process of its own: the provider decides at its start whether it listens."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"} | settings,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_each_stage_names_what_it_read_and_wrote_and_sends_no_data(
    company: Home, deliveries: Path, backend: Backend, warehouse_url: str
) -> None:
    (book,) = (deliveries / "hr_headcount").glob("*_2026-03.xlsx")
    inbox = company.inbox / "hr_headcount"
    inbox.mkdir(exist_ok=True)
    shutil.copy(book, inbox)
    time.sleep(1.1)  # a file waits once it is a second old
    transport = {"type": "http", "url": backend.url, "endpoint": "api/v1/lineage"}
    dags = ("collect__hr_headcount", "rollup_month", "rollup_quarter", "sweep")
    settings = {"TRANSPORT": json.dumps(transport), "EMISSION_POLICY": read_emission_policy()}
    done = run_python(
        _RUN, *dags, **{f"AIRFLOW__OPENLINEAGE__{name}": text for name, text in settings.items()}
    )
    ran = [line for line in done.stdout.splitlines() if line.startswith("RAN")]
    assert ran == [f"RAN {dag} success" for dag in dags], done.stdout[-3000:] + done.stderr[-3000:]

    where = urlsplit(warehouse_url)
    ledger = f"postgres://{where.hostname}:{where.port}"
    database = where.path.lstrip("/")
    stage = [("metric-ledger", f"stage.hr_headcount.{name}") for name in ("reported", "validated", "facts")]
    boards = ("", "_as_is", "_by_version", "_comparison", "_like_for_like")
    beside = ("elimination", "lineage", "restatement", "translation_difference")
    months, quarters = ([f"bi.kpi_{grain}{board}" for board in boards] for grain in ("month", "quarter"))
    fact, kpi = ((ledger, f"{database}.ledger.{table}") for table in ("fact", "kpi"))
    month = [(ledger, f"{database}.{name}") for name in (*months, *(f"bi.{view}" for view in beside))]
    quarter = [(ledger, f"{database}.{name}") for name in quarters]
    chain = {
        "collect__hr_headcount.extract": ([("file", str(inbox / book.name))], stage[:1]),
        "collect__hr_headcount.validate": (stage[:1], stage[1:2]),
        "collect__hr_headcount.standardise": (stage[1:2], stage[2:]),
        "collect__hr_headcount.load": (stage[2:], [fact]),
        "rollup_month.rollup_months": ([fact], [*month, kpi]),
        "rollup_quarter.rollup_quarters": ([fact, kpi], quarter),
    }
    for job, (inputs, outputs) in chain.items():
        assert backend.datasets(job, "COMPLETE", "inputs") == inputs, job
        assert sorted(backend.datasets(job, "COMPLETE", "outputs")) == sorted(outputs), job
        assert any(event["job"]["name"] == job and event["eventType"] == "START" for event in backend.events)

    sent = json.dumps(backend.events, ensure_ascii=False)
    assert not [event for event in backend.events if event["job"]["name"].startswith("sweep")]
    assert str(where.password) not in sent and str(where.username) + ":" not in sent
    for value in read_values(book):
        assert f'"{value}"' not in sent and f" {value}" not in sent, value


def read_emission_policy() -> str:
    """Return the policy that a team's server starts with."""
    compose = YAML(typ="safe").load(PROJECT / "docker-compose.yaml")
    policy: str = compose["x-airflow-environment"]["AIRFLOW__OPENLINEAGE__EMISSION_POLICY"]
    return policy


def read_values(book: Path) -> list[str]:
    """Return the figures of the workbook that are long enough not to stand somewhere by chance."""
    import openpyxl

    rows = openpyxl.load_workbook(book).active.iter_rows(values_only=True)
    figures = [str(value) for row in rows for value in row if isinstance(value, int | float)]
    return [figure for figure in figures if len(figure) > 3]


@pytest.mark.parametrize(
    "settings", [{}, {"AIRFLOW__OPENLINEAGE__DISABLED": "True", "OPENLINEAGE_URL": "http://x"}]
)
def test_without_a_backend_nothing_of_it_is_loaded(company: Home, settings: dict[str, str]) -> None:
    done = run_python(_LOADED, **settings)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("LOADED")] == ["LOADED []"] * 3
