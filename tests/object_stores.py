"""Object stores for tests: fsspec's `memory://`, which lives in one process, and a real S3 server on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import fsspec
import pytest

from include.stack.postgres import choose_port

_numbers = count(1)


@dataclass(frozen=True)
class Store:
    """A bucket of its own, with `inbox` and `archive` in it."""

    files: Any
    url: str

    def path(self, name: str) -> str:
        return f"{self.files._strip_protocol(self.url)}/{name}"

    def put(self, name: str, content: str) -> None:
        self.files.pipe_file(self.path(name), content.encode())

    def read(self, name: str) -> str:
        return str(self.files.cat_file(self.path(name)).decode())

    def names(self, below: str) -> list[str]:
        self.files.invalidate_cache()
        prefix = self.path(below)
        return sorted(name.removeprefix(f"{prefix}/") for name in self.files.find(prefix))

    def use(self, patch: pytest.MonkeyPatch) -> "Store":
        patch.setenv("KPI_INBOX", f"{self.url}/inbox")
        patch.setenv("KPI_ARCHIVE", f"{self.url}/archive/")
        return self


def make_memory() -> Store:
    return Store(fsspec.filesystem("memory"), f"memory://bucket-{next(_numbers)}")


def make_s3() -> Store:
    """Return a bucket of the server that the environment names."""
    files, name = fsspec.filesystem("s3"), f"bucket-{next(_numbers)}"
    files.mkdir(name)
    return Store(files, f"s3://{name}")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving_s3() -> Iterator[dict[str, str]]:
    """Run an S3 server; yields the environment that its clients need. Skips where it isn't installed."""
    for module in ("s3fs", "moto.server", "flask_cors"):
        pytest.importorskip(module, reason="needs the packages that requirements-storage.txt names for tests")
    port = choose_port()
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while server.poll() is None and not is_open(port):
            time.sleep(0.1)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "no-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
        }
    finally:
        server.terminate()
        server.wait(10)
