"""`./kpi check`, `./kpi schema` and `./kpi dictionary`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.cli import app, exit_code
from include.errors import MetricLedgerError
from tests.catalogue.company import write_company

PROJECT = Path(__file__).parent.parent.parent
PROGRAM = "from include.cli.config import app; app()"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


def test_check_says_what_it_read(tmp_path: Path) -> None:
    done = run("check", write_company(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    said, *warned = done.stdout.splitlines()
    assert said.endswith("10 metrics, 4 sources, 4 org units, 3 people. No errors.")
    assert [line.partition(";")[0].replace(f"{tmp_path}/", "") for line in warned] == [
        f"Warning: sources/{name}.yaml:1: the source has no owner: nobody is mailed all that is refused of it"
        for name in ("fx_rates", "mes_output")
    ]
    document = json.loads(run("check", tmp_path, "--json").stdout)
    assert [Path(warning["file"]).stem for warning in document["warnings"]] == ["fx_rates", "mes_output"]


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


def test_dictionary_writes_the_workbook_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_CONFIG", str(write_company(tmp_path / "config")))
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    done = run("dictionary", "-o", tmp_path / "book.xlsx")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "book.xlsx")), done.stderr
    assert (tmp_path / "book.xlsx").read_bytes().startswith(b"PK")
    assert not (tmp_path / "home").exists()


def test_dictionary_of_a_faulty_configuration_or_for_no_folder(
    tmp_path: Path, kpi: Callable[..., int]
) -> None:
    write_company(tmp_path / "config")
    assert kpi("dictionary", "-o", tmp_path / "nowhere" / "book.xlsx") == 2
    write_company(tmp_path / "config", people="finance_controller: {email: a b}\n")
    assert kpi("dictionary", "-o", tmp_path / "book.xlsx") == 1
    assert not (tmp_path / "book.xlsx").exists()


@pytest.fixture
def kpi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return a function that runs a command in this process and gives its exit code."""
    monkeypatch.setenv("KPI_CONFIG", str(tmp_path / "config"))

    def call(*arguments: object) -> int:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if isinstance(done.exception, MetricLedgerError):
            return exit_code(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code

    return call
