"""Airflow's public API, as far as the demo uses it: connections, and triggering a DAG as the UI does."""

import time
from urllib.parse import unquote, urlsplit

import requests

from include.errors import MetricLedgerError
from include.home import Home
from include.stack.airflow import ADMIN, ui_address


class AirflowClient:
    """A session with the stack of `home`, logged in as its administrator."""

    def __init__(self, home: Home) -> None:
        self.base = ui_address(home)
        self.session = requests.Session()
        self.session.trust_env = False
        log_in = {"username": ADMIN, "password": home.read_state()["airflow_admin_password"]}
        answer = self.session.post(f"{self.base}/auth/token", json=log_in, timeout=60)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def set_connection(self, conn_id: str, uri: str) -> None:
        """Add a connection to Airflow's store, or bring it up to date."""
        parts = urlsplit(uri)
        body = {
            "connection_id": conn_id,
            "conn_type": {"postgresql": "postgres"}.get(parts.scheme.split("+")[0], parts.scheme),
            "host": parts.hostname,
            "port": parts.port,
            "login": unquote(parts.username or "") or None,
            "password": unquote(parts.password or ""),
            "schema": parts.path.strip("/") or ("http" if parts.scheme == "http" else None),
        }
        known = self.session.patch(f"{self.base}/api/v2/connections/{conn_id}", json=body, timeout=60)
        if known.status_code == 404:
            known = self.session.post(f"{self.base}/api/v2/connections", json=body, timeout=60)
        known.raise_for_status()

    def wait_for_dags(self, dag_ids: list[str], patience: float) -> None:
        """Return when Airflow has read the DAGs. Raises MetricLedgerError after `patience` seconds."""
        deadline = time.monotonic() + patience
        for dag_id in dag_ids:
            while self.session.get(f"{self.base}/api/v2/dags/{dag_id}", timeout=60).status_code != 200:
                if time.monotonic() > deadline:
                    raise MetricLedgerError(
                        f"Airflow doesn't know the DAG {dag_id}; see its import errors in the UI."
                    )
                time.sleep(0.5)

    def trigger(self, dag_id: str) -> None:
        """Start a run of a DAG now."""
        url = f"{self.base}/api/v2/dags/{dag_id}/dagRuns"
        self.session.post(url, json={"logical_date": None}, timeout=60).raise_for_status()
