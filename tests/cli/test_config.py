"""`./kpi check` and `./kpi schema`, run as programs."""

import json
import subprocess
import sys
from pathlib import Path

from tests.catalogue.company import write_company

PROJECT = Path(__file__).parent.parent.parent
PROGRAM = "from include.cli.config import app; app()"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


def test_check_says_what_it_read(tmp_path: Path) -> None:
    done = run("check", write_company(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().endswith("10 metrics, 4 sources, 4 org units, 3 people. No errors.")


def test_check_prints_every_error(tmp_path: Path) -> None:
    write_company(tmp_path, people="finance_controller: {email: a b}\nsales_ops: {email: x@y.example}\n")
    done = run("check", tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{tmp_path}/people.yaml:1: email 'a b' is not one e-mail address")
    assert lines[1].startswith(f"{tmp_path}/sources/finance_close.yaml:4: unknown owner 'finance_clerk'")
    assert len(lines) == 2
    document = json.loads(run("check", tmp_path, "--json").stdout)
    assert document["ok"] is False
    assert [(fault["file"], fault["line"]) for fault in document["problems"]] == [
        (f"{tmp_path}/people.yaml", 1),
        (f"{tmp_path}/sources/finance_close.yaml", 4),
    ]


def test_schema_writes_the_files(tmp_path: Path) -> None:
    done = run("schema", tmp_path / "schema")
    assert done.returncode == 0
    assert {Path(line).name for line in done.stdout.split()} >= {"metrics.json", "sources.json", "org.json"}
