"""Commands that need no warehouse, run in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.cli import app, exit_code
from include.errors import MetricLedgerError
from tests.company import write_company

Command = Callable[..., tuple[int, str]]


def run_command(*arguments: object) -> tuple[int, str]:
    """Run a command in this process and return its exit code and stdout, or what the program says of an error."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, MetricLedgerError):
        return exit_code(done.exception), str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command on the small company and gives its exit code and stdout.

    Its configuration is `tmp_path/config`. No database is started: a command that needs one fails.
    """
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(write_company(tmp_path / "config")))
    monkeypatch.setenv("COLUMNS", "160")
    return run_command
