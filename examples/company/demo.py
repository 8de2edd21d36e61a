"""The demo: the example company's six departments deliver, Airflow does the rest, and the board is checked.

Everything goes through Airflow's scheduler: workbooks are copied into the watched folders, and the two systems'
DAGs are triggered by Airflow's API, as its UI would.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from sqlalchemy import text

from examples.company.airflow_client import AirflowClient
from examples.company.orders import fill_erp
from examples.company.verification import Board, compare_board, read_board, show_board
from include import stages, warehouse
from include.cli.stack import describe_access, start_stack
from include.errors import MetricLedgerError, UsageError
from include.home import PROJECT, Home, current_home
from include.stack.companions import companion_runs, start_companion
from include.stack.postgres import EmbeddedPostgres, choose_port

CONFIG = PROJECT / "examples" / "company" / "config"
SYSTEMS = ("sales_orders", "mes_output")
PATIENCE = 420.0


def run_demo() -> int:
    """Run the demo in KPI_HOME and return the exit code: 0 where the board equals the control totals."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 110
    home = _open_home()
    begun = time.monotonic()
    folder = home.root / "demo"
    done = home.read_state().get("demo_loaded", False)
    console.rule("[bold]Metric Ledger 指标台账[/] · the example company")
    with _generation(home, folder, wanted=not done):
        start_stack(home, CONFIG)
    _start_systems(home, fresh=not done)
    console.print(f"Stack ready after {time.monotonic() - begun:.0f} s.")
    if done:
        console.print(
            "The example was loaded before: nothing is delivered again, the board is checked once more."
        )
    else:
        _deliver_all(home, folder, console)
        home.remember(demo_loaded=True)
    board = read_board()
    show_board(board, console)
    return _conclude(home, folder, board, console, time.monotonic() - begun, loaded=not done)


def _open_home() -> Home:
    """Return the home, made for the example. Raises UsageError where it is another company's."""
    home = current_home()
    remembered = home.read_state().get("config")
    if remembered and Path(remembered) != CONFIG:
        raise UsageError(
            f"KPI_HOME {home.root} belongs to the configuration {remembered}. "
            f"Give the demo a folder of its own: KPI_HOME=/some/new/folder ./kpi demo"
        )
    home.create().remember(config=str(CONFIG))
    os.environ["KPI_CONFIG"] = str(CONFIG)
    for name in ("KPI_INBOX", "KPI_ARCHIVE"):
        os.environ.pop(name, None)  # the example's files stay out of the company's store
    return home


@contextmanager
def _generation(home: Home, folder: Path, *, wanted: bool) -> Iterator[None]:
    """Make the example's deliveries and control totals while the block runs; it reads nothing of the product."""
    if not wanted:
        yield
        return
    command = (sys.executable, "-m", "examples.company.generate", str(folder))
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    with (home.logs / "generate.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT, env=environment)
        try:
            yield
        finally:
            code = process.wait()
    if code:
        raise MetricLedgerError(f"The example's generator failed; see {home.logs / 'generate.log'}.")


def _start_systems(home: Home, *, fresh: bool) -> None:
    """Start the ERP's database and the MES service, and tell Airflow its connections to them."""
    cluster = EmbeddedPostgres(home)
    if fresh:
        cluster.drop_database("erp")
        cluster.create_database("erp")
        fill_erp(cluster.url("migrator", "erp"))
    state = home.read_state()
    token = state.get("demo_mes_token") or secrets.token_urlsafe(18)
    port = state.get("demo_mes_port")
    if not companion_runs(home, "mes"):
        port = choose_port(port)
        home.remember(demo_mes_token=token, demo_mes_port=port)
        command = (
            sys.executable,
            "-m",
            "examples.company.mes_service",
            "--port",
            str(port),
            "--token",
            token,
        )
        start_companion(home, "mes", command, {})
    client = AirflowClient(home)
    client.set_connection("erp", cluster.url("migrator", "erp"))
    client.set_connection("mes", f"http://:{token}@127.0.0.1:{port}/")


def _deliver_all(home: Home, folder: Path, console: Console) -> None:
    """Deliver both waves and wait until each is in the KPIs."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    client = AirflowClient(home)
    client.wait_for_dags([f"collect__{source}" for source in SYSTEMS], PATIENCE)
    first, later = (manifest["files"][wave] for wave in ("1_first", "2_later"))
    with _progress(console) as progress:
        for source in SYSTEMS:
            client.trigger(f"collect__{source}")
        _drop(home, folder, first)
        _follow(progress, "six departments deliver", len(first) + len(SYSTEMS), 0)
        _drop(home, folder, later)
        _follow(progress, "a correction and a duplicate", len(later), len(first) + len(SYSTEMS))


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[note]}"), console=console)


def _drop(home: Home, folder: Path, files: list[str]) -> None:
    """Copy the deliveries into the watched folders, as a clerk's Explorer would."""
    for name in files:
        source = Path(name).parts[2]
        inbox = home.inbox / source
        inbox.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, inbox / Path(name).name)


def _follow(progress: Progress, title: str, wanted: int, before: int) -> None:
    """Wait until `wanted` further batches are finished and no rollup waits. Raises MetricLedgerError in the end."""
    task = progress.add_task(title, total=wanted, note="")
    deadline = time.monotonic() + PATIENCE
    while True:
        finished, failed, waiting = _read_state()
        note = "rolling up" if waiting and finished >= before + wanted else ""
        progress.update(task, completed=min(wanted, finished - before), note=note)
        if failed:
            raise MetricLedgerError(f"Deliveries failed: {', '.join(failed)}; see the runs in Airflow.")
        if finished >= before + wanted and not waiting:
            return
        if time.monotonic() > deadline:
            raise MetricLedgerError(
                f"Only {finished - before} of {wanted} deliveries were done in {PATIENCE:.0f} s."
            )
        time.sleep(0.5)


def _read_state() -> tuple[int, list[str], bool]:
    """Return the number of finished deliveries, those that failed for no fault of the data, and whether work waits.

    A system counts once: near the hour of its schedule Airflow runs it besides the run that the demo starts.
    """
    with warehouse.connect() as connection:
        rows = connection.execute(
            text("SELECT filename, source, status FROM ledger.batch WHERE finished_at IS NOT NULL")
        )
        batches = rows.all()
    failed = [row.filename or row.source for row in batches if row.status == "failed"]
    waiting = bool(stages.pending_months() or stages.pending_quarters() or stages.unsent_messages())
    systems = {row.source for row in batches if not row.filename}
    return sum(1 for row in batches if row.filename) + len(systems), failed, waiting


def _conclude(
    home: Home, folder: Path, board: Board, console: Console, seconds: float, *, loaded: bool
) -> int:
    """Say what came of it and how to go on; 0 where the board equals the control totals."""
    figures, differences = compare_board(board, folder / "controls.json")
    refused = sorted(path for path in home.rejected.glob("*/*") if path.suffix in {".xlsx", ".xls", ".csv"})
    for path in refused:
        console.print(f"[red]refused[/]  {path.relative_to(home.root)}", soft_wrap=True)
    mails = sorted(home.outbox.glob("*.eml"))
    console.print(f"{len(mails)} mails in {home.outbox} (no SMTP connection is configured)", soft_wrap=True)
    for line in describe_access(home):
        console.print(line, markup=False, soft_wrap=True)
    console.print(
        "Look closer  ./kpi show revenue --org group   ./kpi trace revenue --org group --period 2026-Q2"
    )
    console.print("End it       ./kpi down")
    for difference in differences[:20]:
        console.print(f"[red]differs[/]  {difference}", soft_wrap=True)
    if differences:
        console.print(f"[bold red]{len(differences)} of {figures} figures differ from the control totals.[/]")
        return 1
    what = "" if loaded else " Nothing was changed."
    console.print(f"[bold green]All {figures} figures equal the control totals[/] ({seconds:.0f} s).{what}")
    return 0
