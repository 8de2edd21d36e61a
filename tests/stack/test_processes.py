"""Processes are recognised by pid and start, and end with all of their session, however they misbehave."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from include.stack.processes import ProcessRecord, end_sessions

# A leader with a child in a process group of its own; both stay deaf to SIGTERM.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
    open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(60)
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[tuple[ProcessRecord, psutil.Process, subprocess.Popen]]:
    """Start the stubborn two; return the leader's record and the child."""
    note = tmp_path / "child"
    leader = subprocess.Popen([sys.executable, "-c", STUBBORN, str(note)], start_new_session=True)
    while not (note.exists() and note.read_text()):
        time.sleep(0.02)
    child = psutil.Process(int(note.read_text()))
    yield ProcessRecord.of(leader.pid), child, leader
    for process in (leader, child):
        if psutil.pid_exists(process.pid):
            process.kill()
    leader.wait()


def test_a_session_ends_wholly(family) -> None:
    record, child, _ = family
    assert {process.pid for process in record.list_session()} == {record.pid, child.pid}
    end_sessions([record], patience=0.4)
    assert not record.is_alive()
    assert record.list_session() == []


def test_what_outlived_its_leader_is_found_and_ended(family) -> None:
    record, child, leader = family
    leader.kill()
    leader.wait()
    assert not record.is_alive()
    assert [process.pid for process in record.list_session()] == [child.pid]
    end_sessions([record], patience=0.4)
    assert record.list_session() == []


def test_a_stranger_with_the_same_pid_is_left_alone(family) -> None:
    record, child, _ = family
    earlier = ProcessRecord(record.pid, record.started - 3600)
    assert not earlier.is_alive()
    end_sessions([earlier], patience=0.2)
    assert record.is_alive()
    assert child.is_running()


def test_memory_counts_the_whole_session(family) -> None:
    record, _, _ = family
    assert record.measure_memory() > 4 * 2**20
    assert ProcessRecord(os.getpid() + 10**7, 0.0).measure_memory() == 0
