"""The reading child: opens one foreign file under limits and leaves what it saw in a folder.

Started by `sandbox` as `python -I child.py PROJECT REQUEST`, with an empty environment. REQUEST is a JSON
file: `{"path", "sheets": [names or patterns] | null, "encoding", "delimiter", "limits": {...}}`. It leaves
beside it `answer.json` (`{"kind", "sheets": [...], "notes": {...}}` or `{"refused": [finding, ...]}`) and one
Arrow IPC file per sheet read, `<index>.arrow`. Any other end than exit code 0 is a refusal to the parent.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any


def set_limits(limits: dict[str, int]) -> None:
    """Bound this process: memory (private writable pages), CPU seconds, file size, open files, no core."""
    for kind, name in (
        (resource.RLIMIT_DATA, "memory"),
        (resource.RLIMIT_CPU, "cpu_seconds"),
        (resource.RLIMIT_FSIZE, "output"),
        (resource.RLIMIT_NOFILE, "open_files"),
    ):
        resource.setrlimit(kind, (limits[name], limits[name]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: dict[str, Any], folder: Path) -> None:
    """Examine the file and leave the answer in `folder`: what was seen, or why it is refused."""
    # Only now: the limits must hold before anything is loaded, and the project isn't on the path until here.
    from include.connectors.workbook.examining import examine  # noqa: PLC0415
    from include.errors import RefusedError  # noqa: PLC0415

    try:
        told = examine(request, folder)
    except RefusedError as error:
        told = {
            "refused": [
                {"code": f.code, "found": f.found, "params": {k: str(v) for k, v in f.params.items()}}
                for f in error.findings
            ]
        }
    except MemoryError:
        allowed = f"{request['limits']['memory'] >> 20} MiB"
        params = {"limit": "memory", "allowed": allowed, "actual": "more"}
        told = {"refused": [{"code": "limit_exceeded", "found": "", "params": params}]}
    # A panic of the reader's Rust code is a BaseException that is no Exception.
    except BaseException as error:  # noqa: BLE001
        words = f"{type(error).__name__}: {error}"[:300]
        told = {"refused": [{"code": "reader_failed", "found": "", "params": {"detail": words}}]}
    (folder / "answer.json").write_text(json.dumps(told), "utf-8")


class _NoPandas:
    """Keeps pandas out: pyarrow imports it at the first array it makes, which would be half of a small file's time."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main() -> None:
    """Read the request, answer it, exit 0."""
    sys.meta_path.insert(0, _NoPandas())
    project, request_file = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, project)
    request = json.loads(request_file.read_text("utf-8"))
    set_limits(request["limits"])
    answer(request, request_file.parent)


if __name__ == "__main__":
    main()
