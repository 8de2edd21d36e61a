"""Processes that this stack started: recognised by pid and start time, ended with all of their session."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

CLOCK_DRIFT = 2.0  # seconds by which a start time that is derived from the clock may move


@dataclass(frozen=True)
class ProcessRecord:
    """One process that leads its own session; everything it starts stays in that session.

    `started` is its start in seconds since 1970: with it, a number that was given to another process since
    is not taken for ours.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessRecord":
        """Return the record of a living process. Raises psutil.NoSuchProcess where there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def read(cls, values: dict[str, Any]) -> "ProcessRecord":
        """Return the record that was written as JSON."""
        return cls(values["pid"], values["started"])

    def is_alive(self) -> bool:
        """Tell whether the very process still runs; a zombie doesn't."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_DRIFT
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def list_session(self) -> list[psutil.Process]:
        """Return the living processes of its session, also where the leader is dead.

        A pid isn't given away while it names a session, so that a session with this number is ours unless a
        stranger now leads it.
        """
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError, PermissionError):
                if process.pid == self.pid and not self.is_alive():
                    if process.status() == psutil.STATUS_ZOMBIE:
                        continue
                    return []
                if os.getsid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def measure_memory(self) -> int:
        """Return the bytes its session holds; what several processes share is counted once."""
        total = 0
        for process in self.list_session():
            with suppress(psutil.Error):
                information = process.memory_full_info()
                total += getattr(information, "pss", information.rss)
        return total


def end_sessions(records: list[ProcessRecord], patience: float) -> None:
    """End the sessions: ask the leaders, after half of `patience` (seconds) all members, then kill."""
    leaders = {record.pid for record in records if record.is_alive()}
    deadline = time.monotonic() + patience
    _signal_all([process for process in _members(records) if process.pid in leaders], signal.SIGTERM)
    _wait(records, deadline - patience / 2)
    _signal_all(_members(records), signal.SIGTERM)
    _wait(records, deadline)
    _signal_all(_members(records), signal.SIGKILL)
    _wait(records, deadline + 5)


def _members(records: list[ProcessRecord]) -> list[psutil.Process]:
    return [process for record in records for process in record.list_session()]


def _signal_all(processes: list[psutil.Process], kind: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(kind)


def _wait(records: list[ProcessRecord], deadline: float) -> None:
    while _members(records) and time.monotonic() < deadline:
        time.sleep(0.1)
