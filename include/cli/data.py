"""Commands on data: run a source, take a submission back, roll up, show KPIs and trace one."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def run(
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="This file instead of those in the inbox.")
    ] = None,
    period: Annotated[
        str | None, typer.Option("--period", help="Ask a system for this month (or week) or quarter.")
    ] = None,
    accept_types: Annotated[
        bool, typer.Option("--accept-types", help="Take columns of a system whose type has changed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take one source through all stages now, without the scheduler."""
    from include.cli.running import run_source, show_outcome

    outcome = run_source(source, file, period, accept_types=accept_types, quiet=as_json)
    show_outcome(outcome, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


@app.command()
def replay(
    batch: Annotated[int, typer.Argument(help="Number of the batch (bi.batch, or what `run` printed).")],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also replace what was delivered or withdrawn since; of a system, approve its shrunken slices.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read a delivery again after its cause was mended: a file from the archive, a system for the same dates."""
    from include.cli.running import replay_batch, show_outcome

    outcome = replay_batch(batch, force=force, quiet=as_json)
    show_outcome(outcome, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


@app.command()
def withdraw(
    submission: Annotated[
        int, typer.Argument(help="Number of the submission (bi.submission, or what `run` printed).")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken back; kept with it.")],
) -> None:
    """Take a wrong submission back: its slice is as before it, and the history is kept."""
    from include import stages
    from include.cli.console import open_console
    from include.cli.opening import open_warehouse

    open_warehouse()
    months = stages.withdraw(submission, reason)
    stages.rollup_months()
    stages.rollup_quarters()
    open_console().print(
        f"Submission {submission} is withdrawn; recomputed: {', '.join(months) or 'nothing'}."
    )


@app.command()
def rollup(
    period: Annotated[
        str | None, typer.Option("--period", help="Recompute this month (or week), quarter or fiscal year.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Recompute all periods.")] = False,
) -> None:
    """Recompute KPIs: what waits, or a period, or all."""
    from rich.console import Console

    from include import stages
    from include.cli.console import open_console
    from include.cli.opening import check_period, open_warehouse

    open_warehouse()
    if period:
        check_period(period, stages.current_catalogue())
    touched = stages.touch(period) if period or everything else 0
    months, word = stages.pending_months(), stages.current_catalogue().periods.word
    with Console(stderr=True).status(f"Rolling up {len(months)} {word}s"):
        stages.rollup_months()
        quarters = stages.rollup_quarters()
    what = (
        f"{len(months)} {word}s and {len(quarters)} quarters"
        if months or quarters
        else "nothing: nothing waited"
    )
    if period and not touched:
        what = f"nothing: {period} has no data"
    open_console().print(f"Recomputed {what}.")


@app.command()
def show(
    metric: Annotated[str, typer.Argument(help="Id of the metric.")],
    org: Annotated[
        str | None, typer.Option("--org", help="Org unit: its id, name or alias. All units without it.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", help="2026-03 (or 2026-W05), 2026-Q1, or 2026. All months without it."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Split by this dimension.")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As it stood then: 2026-03-31 or 2026-03-31T18:00.")
    ] = None,
    basis: Annotated[
        str,
        typer.Option("--basis", help="as-was, as-is (today's org tree), like-for-like, or by-version."),
    ] = "as-was",
    version: Annotated[
        int | None,
        typer.Option("--version", help="By this definition version, whether in force in a period or not."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the values of a metric."""
    from include import stages, warehouse
    from include.board import Question, read_kpis, read_vanished
    from include.cli.opening import open_warehouse, read_moment
    from include.cli.tables import print_json, print_kpis, print_vanished

    open_warehouse()
    catalogue = stages.current_catalogue()
    moment = read_moment(as_of, catalogue.calendar.timezone) if as_of else None
    question = Question(metric, org, period, by, moment, basis, version)
    with warehouse.connect() as connection:
        rows = read_kpis(connection, catalogue, question)
        vanished = read_vanished(connection, catalogue, question)
    if as_json:
        print_json(rows)
        return
    print_kpis(rows, catalogue.latest(metric))
    print_vanished(vanished, catalogue.latest(metric).unit)


@app.command()
def trace(
    metric: Annotated[str, typer.Argument(help="Id of the metric.")],
    org: Annotated[str, typer.Option("--org", help="Org unit: its id, name or alias.")],
    period: Annotated[str, typer.Option("--period", help="2026-03 (or 2026-W05), or 2026-Q1.")],
    as_json: Json = False,
) -> None:
    """Show the submissions, rows and cells behind one KPI."""
    from include import stages, warehouse
    from include.board import Question, read_vanished, trace_kpi
    from include.cli.opening import open_warehouse
    from include.cli.tables import print_json, print_trace, print_vanished

    open_warehouse()
    catalogue = stages.current_catalogue()
    with warehouse.connect() as connection:
        kpi, facts = trace_kpi(connection, catalogue, metric, org, period)
        vanished = read_vanished(connection, catalogue, Question(metric, org, period))
    if as_json:
        print_json({"kpi": kpi, "contributions": facts})
        return
    print_trace(kpi, facts)
    print_vanished(vanished, catalogue.latest(metric).unit)
