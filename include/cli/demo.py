"""`./kpi demo`: the example company, from nothing to its KPI board."""

import typer

app = typer.Typer()


@app.command()
def demo() -> None:
    """Load the example company through Airflow and show its KPI board.

    Exits 0 only if the board equals the control totals that the example's generator wrote before anything
    was loaded. The stack stays up; run again, it loads nothing twice.
    """
    from examples.company.demo import run_demo

    raise typer.Exit(run_demo())
