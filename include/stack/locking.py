"""One process at a time: locks that end with the process that holds them."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.errors import MetricLedgerError


@contextmanager
def hold_lock(lock: Path, patience: float = 120) -> Iterator[None]:
    """Hold the file `lock` against other processes; it is made where it is missing, and stays.

    Raises MetricLedgerError where another process holds it for more than `patience` seconds.
    """
    with lock.open("w") as file:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise MetricLedgerError(f"Another ./kpi holds {lock}; try again later.") from None
                time.sleep(0.05)
        yield
