"""Read a foreign file in a child process under limits, so that no file can hurt or stall the pipeline."""

import dataclasses
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.connectors.workbook.reading import Sheet, Workbook
from include.connectors.workbook.refusing import Limits, refusal
from include.errors import Finding, RefusedError
from include.home import PROJECT

log = logging.getLogger(__name__)
_CHILD = Path(__file__).with_name("child.py")


def read_workbook(
    path: Path,
    sheets: Sequence[str] | None = None,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits | None = None,
) -> Workbook:
    """Return the workbook or text file at `path`, all sheets or those whose name matches one of `sheets`.

    Hidden sheets are read only by their exact name (or where `sheets` is None); sheets left out are listed
    without cells. Raises RefusedError with exactly one finding that says why the file can't be read in full:
    see `kinds.recognise` and `text.read_text`, and damaged_file, reader_failed, limit_exceeded. Nothing that
    a file holds makes any other exception.
    """
    limits = limits or Limits()
    limits = limits.for_size(_require_plain_file(path, limits))
    with tempfile.TemporaryDirectory(prefix="workbook-") as name:
        folder = Path(name)
        request = {
            "path": str(path.resolve()),
            "sheets": list(sheets) if sheets is not None else None,
            "encoding": encoding,
            "delimiter": delimiter,
            "limits": dataclasses.asdict(limits),
        }
        (folder / "request.json").write_text(json.dumps(request), "utf-8")
        run_child(folder, limits)
        return _collect(folder)


def _require_plain_file(path: Path, limits: Limits) -> int:
    """Return the size of the file."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise refusal("not_a_workbook", kind="link, folder or device, not a file")
    if status.st_size > limits.file:
        allowed, actual = f"{limits.file / 2**20:.0f} MiB", f"{status.st_size / 2**20:.1f} MiB"
        raise refusal("limit_exceeded", limit="file size", allowed=allowed, actual=actual)
    return status.st_size


def run_child(folder: Path, limits: Limits, program: Path = _CHILD) -> None:
    """Run a child to its end; raises RefusedError unless it ended well and left an answer."""
    command = [sys.executable, "-I", str(program), str(PROJECT), str(folder / "request.json")]
    with (folder / "stderr").open("wb") as words:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
        try:
            code = child.wait(limits.wall_seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
    if code != 0 or not (folder / "answer.json").exists():
        raise _explain(code, (folder / "stderr").read_bytes()[-20_000:].decode("utf-8", "replace"), limits)


def _explain(code: int | None, words: str, limits: Limits) -> RefusedError:
    if code is None:
        return refusal("limit_exceeded", limit="time", allowed=f"{limits.wall_seconds} s", actual="more")
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and "memory" not in words):
        return refusal("limit_exceeded", limit="CPU time", allowed=f"{limits.cpu_seconds} s", actual="more")
    if "memory allocation" in words or "MemoryError" in words or "capacity overflow" in words:
        return _beyond_memory(limits)
    log.error("the child ended with exit code %s:\n%s", code, words)
    return refusal("reader_failed", detail=f"exit {code}")


def _beyond_memory(limits: Limits) -> RefusedError:
    return refusal(
        "limit_exceeded", limit="memory", allowed=f"{limits.memory / 2**20:.0f} MiB", actual="more"
    )


def _collect(folder: Path) -> Workbook:
    answer = json.loads((folder / "answer.json").read_text("utf-8"))
    if refused := answer.get("refused"):
        raise RefusedError(Finding(code=f["code"], found=f["found"], params=f["params"]) for f in refused)
    sheets = tuple(_load_sheet(folder, index, about) for index, about in enumerate(answer["sheets"]))
    return Workbook(kind=answer["kind"], sheets=sheets, notes=answer["notes"])


def _load_sheet(folder: Path, index: int, about: dict[str, Any]) -> Sheet:
    first = about.get("first")
    table = None
    if first:
        # Read into memory, not mapped: the folder goes when the child is done with.
        table = pa.ipc.open_file(pa.BufferReader((folder / f"{index}.arrow").read_bytes())).read_all()
    return Sheet(
        name=about["name"],
        type=about["type"],
        visible=about["visible"],
        table=table,
        first_row=first[0] if first else 1,
        first_col=first[1] if first else 1,
        merged=tuple((a, b, c, d) for a, b, c, d in about.get("merged", ())),
        uncached=tuple((row, col) for row, col in about.get("uncached", ())),
        hidden_rows=tuple(about.get("hidden_rows", ())),
        hidden_columns=tuple((first, last) for first, last in about.get("hidden_columns", ())),
        was_read=about["read"],
    )
