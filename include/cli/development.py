"""`./kpi test`, `lint` and `lock`: for those who work on Metric Ledger itself."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from include.home import PROJECT

app = typer.Typer()
_GROUP = "Development"
_ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(rich_help_panel=_GROUP, context_settings=_ANY_ARGUMENTS)
def test(context: typer.Context) -> None:
    """Run the test suite; takes pytest's arguments, and --long for what takes longer.

    Without arguments other than --long all test files run side by side, and the coverage of include/ is
    measured in the tests' own processes: it must be at least 85 %.
    """
    whole = set(context.args) <= {"--long"}
    # One more than there are cores: a good part of the tests waits for other processes.
    workers = str((os.cpu_count() or 1) + 1)
    settings = (
        ["-n", workers, "--dist", "loadfile", "--cov", "--cov-report=term:skip-covered"] if whole else []
    )
    raise typer.Exit(_run("-m", "pytest", *settings, *context.args))


@app.command(rich_help_panel=_GROUP)
def lint() -> None:
    """Check style, format, types and the direction of imports; report all of them, fail if one does."""
    checks = (
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy", "include"),
    )
    codes = [_run("-m", *check) for check in checks]
    codes.append(_run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"))
    raise typer.Exit(int(any(codes)))


@app.command(rich_help_panel=_GROUP)
def lock(upgrade: bool = typer.Option(False, help="Take newer versions, not only what changed.")) -> None:
    """Renew requirements.lock, and the Celery worker's beside it, with hashes."""
    import shutil

    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    settings = ("--universal", "--generate-hashes", "--python-version", "3.11", "--no-emit-index-url")
    command = (uv, "pip", "compile", "--quiet", *settings, "requirements-dev.txt", "-o", "requirements.lock")
    for step in ((*command, "--upgrade") if upgrade else command, ("sh", "deploy/lock_celery.sh")):
        done = subprocess.run(step, cwd=PROJECT, check=False)
        if done.returncode:
            raise typer.Exit(done.returncode)


def _run(*arguments: str) -> int:
    """Run this Python with `arguments` in the project's folder and return its exit code."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.run((sys.executable, *arguments), cwd=PROJECT, env=environment, check=False).returncode
