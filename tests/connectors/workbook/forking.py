"""Many files through the reading child: one process imports it once, then forks a child under limits per file.

`python forking.py PROJECT` reads a folder's name a line, whose `request.json` it answers, and prints the exit
code of the child (negative: the signal that ended it).
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from include.connectors.workbook import child
from include.connectors.workbook.refusing import Limits
from include.home import PROJECT


class ForkingReader:
    """Reads files one after the other; use it in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = subprocess.Popen(
            [sys.executable, __file__, str(PROJECT)],
            env={"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._number = 0

    def __enter__(self) -> "ForkingReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def read(self, content: bytes, limits: Limits) -> tuple[int, dict[str, Any]]:
        """Return the child's exit code and its answer; the answer is empty where it left none."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        (folder / "delivered").write_bytes(content)
        request = {"path": str(folder / "delivered"), "sheets": None, "encoding": None, "delimiter": None}
        (folder / "request.json").write_text(json.dumps(request | {"limits": asdict(limits)}), "utf-8")
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{folder}\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        answer = folder / "answer.json"
        told: dict[str, Any] = json.loads(answer.read_text("utf-8")) if answer.exists() else {}
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        return code, told


def serve() -> None:
    """Answer a request a line, each in a child of its own."""
    import include.connectors.workbook.examining  # noqa: F401

    for line in sys.stdin:
        folder = Path(line.strip())
        number = os.fork()
        if not number:
            request = json.loads((folder / "request.json").read_text("utf-8"))
            child.set_limits(request["limits"])
            child.answer(request, folder)
            os._exit(0)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
