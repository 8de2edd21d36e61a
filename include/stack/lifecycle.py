"""Starting, ending and looking at the whole stack of one KPI_HOME."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.errors import MetricLedgerError
from include.home import Home
from include.stack.airflow import (
    PARTS,
    build_environment,
    choose_address,
    find_unhealthy,
    fingerprint_settings,
    ui_address,
)
from include.stack.companions import end_companions
from include.stack.database import ensure_database, reader_address, warehouse_url
from include.stack.locking import hold_lock
from include.stack.postgres import EmbeddedPostgres
from include.stack.processes import ProcessRecord, end_sessions

Report = Callable[[str, str], None]
"""Called with a part's name and its state, whenever that changes."""

PATIENCE = 240.0  # seconds in which the stack has to become healthy
HUNG = 60.0  # seconds after which a part that lives but doesn't work is started anew


@dataclass(frozen=True)
class PartStatus:
    """One line of `./kpi status`. `state` is running, starting, stopped or failed; memory is in bytes."""

    part: str
    state: str
    pid: int | None = None
    memory: int = 0
    address: str = ""
    restarts: int = 0


def up(home: Home, config: Path, *, publish: Callable[[], object], report: Report) -> None:
    """Bring every part up and return when all are healthy; what runs and works is left as it is.

    `publish` brings the warehouse to the configuration in `config`; it is called when the warehouse is
    migrated, while Airflow still starts. Raises MetricLedgerError, naming the log to read, if a part doesn't
    become healthy in time.
    """
    home.create()
    with hold_lock(home.root / "up.lock", patience=PATIENCE):
        report("database", "starting")
        EmbeddedPostgres(home).start()
        report("database", "running")
        _ensure_supervisor(home, config)
        report("warehouse", "migrating")
        ensure_database(home)
        publish()
        report("warehouse", "running")
        _wait_until_healthy(home, report)


def down(home: Home) -> bool:
    """End what `up` started, Airflow first and then the database; False where nothing ran."""
    if not home.root.exists():
        return False
    with hold_lock(home.root / "up.lock", patience=PATIENCE):
        ran = _end_airflow(home) | end_companions(home)
        database = EmbeddedPostgres(home)
        ran |= database.find_process() is not None
        database.stop()
    return ran


def status(home: Home) -> list[PartStatus]:
    """Return what runs, part by part; starts and changes nothing."""
    database = EmbeddedPostgres(home)
    postmaster = database.find_process()
    record = ProcessRecord.of(postmaster.pid) if postmaster else None
    lines = [
        _describe("database", record, "running" if database.is_running() else "stopped", reader_address(home))
    ]
    document = _read_processes(home)
    records = _list_records(document)
    living = {name: record for name, record in records.items() if record.is_alive()}
    unhealthy = find_unhealthy(home, _starts(home, living)) if "api-server" in living else set()
    lines.append(_describe("supervisor", living.get("supervisor"), "running"))
    for part in PARTS:
        state = "starting" if part.name in unhealthy else "running"
        if document.get("parts", {}).get(part.name, {}).get("given_up"):
            state = "failed"
        address = ui_address(home) if part.name == "api-server" else ""
        restarts = document.get("parts", {}).get(part.name, {}).get("restarts", 0)
        lines.append(_describe(part.name, living.get(part.name), state, address, restarts))
    return lines


def _describe(
    part: str, record: ProcessRecord | None, state: str, address: str = "", restarts: int = 0
) -> PartStatus:
    if record is None:
        return PartStatus(part, "failed" if state == "failed" else "stopped")
    return PartStatus(part, state, record.pid, record.measure_memory(), address, restarts)


def _ensure_supervisor(home: Home, config: Path) -> None:
    """Start the supervisor, unless one runs with the same settings and has given up on no part."""
    document = _read_processes(home)
    records = _list_records(document)
    alive = "supervisor" in records and records["supervisor"].is_alive()
    if not alive:
        end_sessions(list(records.values()), patience=4)
        choose_address(home)
    environment = build_environment(home, warehouse_url(home, "loader"), str(config))
    given_up = any(part["given_up"] for part in document.get("parts", {}).values())
    if alive and not given_up and not _differs(environment, document["environment"]):
        return
    if alive:
        _end_airflow(home)
    (home.root / "processes.json").unlink(missing_ok=True)
    log = os.open(home.logs / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    subprocess.Popen(
        (sys.executable, "-P", "-m", "include.stack.supervisor", str(home.root)),
        env=environment,
        cwd=home.root,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    os.close(log)


def _differs(wanted: Mapping[str, str], running: Mapping[str, str]) -> bool:
    """Tell whether the caller wants other settings or connections than the stack was started with."""
    return any(running.get(name) != digest for name, digest in fingerprint_settings(wanted).items())


def _wait_until_healthy(home: Home, report: Report) -> None:
    """Wait for all parts; start anew what lives but hasn't worked for long. Raises MetricLedgerError."""
    begun = time.monotonic()
    told: dict[str, str] = {}
    while True:
        document = _read_processes(home)
        records = _list_records(document)
        _check_supervisor(home, document, begun + PATIENCE)
        living = {name: record for name, record in records.items() if record.is_alive()}
        unhealthy = find_unhealthy(home, _starts(home, living)) | (
            {part.name for part in PARTS} - set(living)
        )
        for part in PARTS:
            state = document.get("phase", "loading") if part.name in unhealthy else "running"
            state = "starting" if state == "running" and part.name in unhealthy else state
            if told.get(part.name) != state:
                report(part.name, state)
                told[part.name] = state
        if not unhealthy:
            return
        if document.get("phase") == "running":
            hung = [
                living[name] for name in unhealthy & set(living) if time.time() - living[name].started > HUNG
            ]
            end_sessions(hung, patience=4)
        time.sleep(0.25)


def _check_supervisor(home: Home, document: dict[str, Any], deadline: float) -> None:
    """Raise MetricLedgerError where waiting is in vain."""
    phase = document.get("phase", "")
    if phase.startswith("failed"):
        raise MetricLedgerError(f"{phase.removeprefix('failed: ')} in {home.logs}.")
    failed = [name for name, part in document.get("parts", {}).items() if part["given_up"]]
    if failed:
        raise MetricLedgerError(f"{', '.join(failed)} died again and again; see {home.logs}/{failed[0]}.log.")
    if document and not ProcessRecord.read(document["supervisor"]).is_alive():
        raise MetricLedgerError(f"The supervisor died; see {home.logs}/supervisor.log.")
    if time.monotonic() > deadline:
        raise MetricLedgerError(f"Not healthy after {PATIENCE:.0f} s; see the logs in {home.logs}.")


def _end_airflow(home: Home) -> bool:
    """End the supervisor, which ends its parts, and whatever outlived it; False where nothing ran."""
    records = _list_records(_read_processes(home))
    ran = any(record.list_session() for record in records.values())
    supervisor = records.pop("supervisor", None)
    if supervisor:
        end_sessions([supervisor], patience=60)
    end_sessions(list(records.values()), patience=4)
    (home.root / "processes.json").unlink(missing_ok=True)
    return ran


def _read_processes(home: Home) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads((home.root / "processes.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return document


def _list_records(document: dict[str, Any]) -> dict[str, ProcessRecord]:
    """Return the processes that the supervisor wrote down, itself included."""
    records = {"supervisor": ProcessRecord.read(document["supervisor"])} if document else {}
    for name, part in document.get("parts", {}).items():
        if part["process"]:
            records[name] = ProcessRecord.read(part["process"])
    return records


def _starts(home: Home, records: dict[str, ProcessRecord]) -> dict[str, float]:
    """Return from when on a part's sign of life counts: its own start, or the database's where that is later.

    A part that lost its database may look well by a heartbeat from before, and die a moment later.
    """
    postmaster = EmbeddedPostgres(home).find_process()
    database = ProcessRecord.of(postmaster.pid).started if postmaster else 0.0
    return {name: max(record.started, database) for name, record in records.items()}
