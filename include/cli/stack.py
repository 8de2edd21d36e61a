"""`./kpi up`, `down` and `status`: the local stack in the background."""

import typer

app = typer.Typer()
