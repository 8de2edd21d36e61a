"""The command line `./kpi`: small modules of commands, each importing what is heavy only when it runs."""

import sys

import typer

from include.cli import config, data, demo, development, drafting, stack, trying, workbooks
from include.errors import MetricLedgerError, RefusedError, SourceUnavailableError, UsageError
from include.messages.faults import explain_fault

app = typer.Typer(
    name="kpi",
    help="Metric Ledger: company KPIs, collected, checked, rolled up by month and quarter, and traceable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (demo, stack, config, drafting, trying, data, workbooks, development):
    app.add_typer(module.app)


def main() -> None:
    """Run the command that the arguments name and leave with its exit code.

    0 done, 1 failure, 2 wrong usage, 3 refused data. What went wrong is said on stderr; an error that isn't
    one of ours is a bug and keeps its traceback.
    """
    try:
        app(prog_name="./kpi")
    except MetricLedgerError as error:
        sys.stderr.write(f"kpi: {_explain(error)}\n")
        sys.exit(exit_code(error))


def _explain(error: MetricLedgerError) -> str:
    if isinstance(error, SourceUnavailableError):
        return f"{error}; {explain_fault(error.code, 'en')[1]}"
    return str(error)


def exit_code(error: MetricLedgerError) -> int:
    """Return the exit code that `error` ends a command with."""
    if isinstance(error, UsageError):
        return 2
    return 3 if isinstance(error, RefusedError) else 1
