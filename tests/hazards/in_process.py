"""The workbook connector without its child process, for many small workbooks: the same code, half a second less each."""

import json
from pathlib import Path

import pytest

from include.batch import Reported
from include.catalogue.models import WorkbookSource
from include.connectors.workbook import layouts, sandbox
from include.connectors.workbook.examining import examine
from include.connectors.workbook.refusing import Limits
from include.errors import RefusedError


def fetch_here(source: WorkbookSource, path: Path) -> Reported:
    """Do as `layouts.fetch`, reading in this process: only for files that the tests wrote themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run_child", _read)
        return layouts.fetch(source, path)


def _read(folder: Path, _limits: Limits) -> None:
    request = json.loads((folder / "request.json").read_text("utf-8"))
    try:
        answer = examine(request, folder)
    except RefusedError as error:
        told = [{"code": f.code, "found": f.found, "params": dict(f.params)} for f in error.findings]
        answer = {"refused": told}
    (folder / "answer.json").write_text(json.dumps(answer, default=str), "utf-8")
