"""Further processes of one home, beside Airflow's: what `./kpi demo` starts and `./kpi down` ends."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from include.home import PROJECT, Home
from include.stack.processes import ProcessRecord, end_sessions


def start_companion(home: Home, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start `command` in its own session with its log in `logs/<name>.log`; one that runs is ended first."""
    end_companions(home, only=name)
    log = os.open(home.logs / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(PROJECT)} | dict(environment),
        cwd=home.root,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    os.close(log)
    _write(home, _read(home) | {name: asdict(ProcessRecord.of(process.pid))})


def companion_runs(home: Home, name: str) -> bool:
    """Tell whether the companion `name` runs."""
    record = _read(home).get(name)
    return record is not None and ProcessRecord.read(record).is_alive()


def end_companions(home: Home, *, only: str | None = None) -> bool:
    """End the companions (or the one of that name); False where none ran."""
    known = _read(home)
    chosen = {name: ProcessRecord.read(record) for name, record in known.items() if only in (None, name)}
    ran = any(record.is_alive() for record in chosen.values())
    end_sessions(list(chosen.values()), patience=4)
    if chosen:
        _write(home, {name: record for name, record in known.items() if name not in chosen})
    return ran


def _read(home: Home) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads((home.root / "companions.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return known


def _write(home: Home, companions: Mapping[str, Any]) -> None:
    (home.root / "companions.json").write_text(json.dumps(companions), "utf-8")
