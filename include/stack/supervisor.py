"""The process that keeps Airflow's parts alive; `./kpi up` starts it.

It imports Airflow once and forks each part from there: five imports less at start, and the memory is shared.
It never opens a connection or starts a thread, so that a fork is safe. The parts wait at a gate until
Airflow's database is prepared. What it does stands in `HOME/processes.json`.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from include.home import Home
from include.stack.airflow import PARTS, Part, describe_schema, fingerprint_settings, list_preparations
from include.stack.postgres import EmbeddedPostgres
from include.stack.processes import ProcessRecord, end_sessions

SHARED = (
    "airflow.settings",
    "airflow.cli.cli_parser",
    "airflow.models.serialized_dag",
    "airflow.cli.commands.scheduler_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.api_server_command",
    "airflow.executors.local_executor",
    "airflow.api_fastapi.app",
    "airflow.providers.fab.auth_manager.fab_auth_manager",
    "airflow.providers.fab.auth_manager.security_manager.override",
    "airflow.providers.fab.www.app",
    "airflow.sdk.execution_time.task_runner",
)
STEADY = 60.0  # seconds after which a part's earlier deaths are forgotten
MOST_FAILURES = 8  # deaths in a row, each within STEADY of the start, after which a part is given up
LARGEST_LOG = 20 * 1024 * 1024


class BecomeAirflow(BaseException):
    """Raised in a forked child to leave the supervisor's stack; the child then is `airflow <arguments>`."""

    def __init__(self, commands: list[tuple[str, ...]]) -> None:
        self.commands = commands


@dataclass
class Keeper:
    """One part under supervision."""

    part: Part
    process: ProcessRecord | None = None
    failures: int = 0
    restarts: int = 0
    due: float = 0.0

    @property
    def is_given_up(self) -> bool:
        """Tell whether it died so often that it isn't started again until the next `./kpi up`."""
        return self.failures >= MOST_FAILURES


@dataclass
class Supervisor:
    """All parts of one home. `run` returns when it was told to end; in forked children it raises."""

    home: Home
    phase: str = "loading"
    keepers: list[Keeper] = field(default_factory=lambda: [Keeper(part) for part in PARTS])
    ending: bool = False
    database_due: float = 0.0
    settings: dict[str, str] = field(default_factory=lambda: fingerprint_settings(os.environ))

    def run(self) -> None:
        """Fork the parts, prepare Airflow's database, open the gate, then keep the parts alive."""
        for kind in (signal.SIGTERM, signal.SIGINT):
            signal.signal(kind, self._ask_to_end)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._write()
        self._load()
        gate = os.pipe()
        for keeper in self.keepers:
            self._start(keeper, gate)
        os.close(gate[0])
        if self._prepare_database(gate[1]):
            os.close(gate[1])
            self._enter("running")
            while not self.ending:
                self._keep_database()
                self._keep_alive()
                time.sleep(0.2)
        self._end()

    def _load(self) -> None:
        self._enter("loading")
        for module in SHARED:
            importlib.import_module(module)
        gc.collect()
        gc.freeze()

    def _prepare_database(self, gate: int) -> bool:
        """Migrate Airflow's database and make its administrator, once a version; False where that failed."""
        state, wanted = self.home.read_state(), describe_schema()
        if state.get("airflow_schema") == wanted:
            return True
        self._enter("preparing Airflow's database")
        if (child := os.fork()) == 0:
            os.close(gate)
            self._become("prepare", list_preparations(state["airflow_admin_password"]))
        record = ProcessRecord.of(child)
        done, status = 0, 0
        while not done and not self.ending:
            done, status = os.waitpid(child, os.WNOHANG)
            time.sleep(0.05)
        if not done:
            end_sessions([record], patience=4)
        if status or not done:
            self._enter("failed: Airflow's database could not be prepared; see prepare.log")
            return False
        self.home.remember(airflow_schema=wanted)
        return True

    def _start(self, keeper: Keeper, gate: tuple[int, int] | None = None) -> None:
        if (child := os.fork()) == 0:
            self._become(keeper.part.name, [keeper.part.arguments], keeper.part.preload, gate)
        keeper.process = ProcessRecord.of(child)
        self._write()

    def _become(
        self,
        name: str,
        commands: list[tuple[str, ...]],
        preload: tuple[str, ...] = (),
        gate: tuple[int, int] | None = None,
    ) -> None:
        """In a child: lead an own session, write to an own log, wait at the gate, and become Airflow."""
        supervisor = os.getppid()
        os.setsid()
        for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(kind, signal.SIG_DFL)
        redirect_output(self.home.logs / f"{name}.log")
        sys.argv = ["airflow", *commands[0]]
        if gate:
            os.close(gate[1])
        for module in preload:
            # What is wrong with a module is told by whatever needs it: a broken one mustn't end the part.
            with suppress(Exception):
                importlib.import_module(module)
        if gate:
            os.read(gate[0], 1)
            os.close(gate[0])
            if os.getppid() != supervisor:
                os._exit(1)
        raise BecomeAirflow(commands)

    def _keep_alive(self) -> None:
        """Notice parts that died, end what they left, and start them again, ever later if they keep dying."""
        for keeper in self.keepers:
            if keeper.process and self._has_ended(keeper.process):
                lived = time.time() - keeper.process.started
                keeper.failures = 1 if lived > STEADY else keeper.failures + 1
                keeper.due = time.monotonic() + min(30.0, 2.0 ** (keeper.failures - 1) - 1)
                end_sessions([keeper.process], patience=2)
                keeper.process = None
                self._write()
            if keeper.process is None and not keeper.is_given_up and time.monotonic() >= keeper.due:
                keeper.restarts += 1
                self._start(keeper)

    def _keep_database(self) -> None:
        """Look every two seconds whether PostgreSQL lives, and start it, in a child, where it doesn't."""
        if time.monotonic() < self.database_due:
            return
        self.database_due = time.monotonic() + 2
        database = EmbeddedPostgres(self.home)
        if database.find_process() is not None:
            return
        if (child := os.fork()) == 0:
            with suppress(Exception):  # its log tells; it is tried again
                database.start()
            os._exit(0)
        os.waitpid(child, 0)

    @staticmethod
    def _has_ended(process: ProcessRecord) -> bool:
        try:
            return os.waitpid(process.pid, os.WNOHANG)[0] == process.pid
        except ChildProcessError:
            return True

    def _end(self) -> None:
        end_sessions([keeper.process for keeper in self.keepers if keeper.process], patience=10)
        for keeper in self.keepers:
            keeper.process = None
        self._write()

    def _ask_to_end(self, _signal: int, _frame: FrameType | None) -> None:
        self.ending = True

    def _enter(self, phase: str) -> None:
        self.phase = phase
        self._write()

    def _write(self) -> None:
        """Write what runs, atomically, for `up`, `down` and `status`."""
        parts = {
            keeper.part.name: {
                "process": asdict(keeper.process) if keeper.process else None,
                "restarts": keeper.restarts,
                "given_up": keeper.is_given_up,
            }
            for keeper in self.keepers
        }
        supervisor = asdict(ProcessRecord.of(os.getpid()))
        document = {
            "supervisor": supervisor,
            "environment": self.settings,
            "phase": self.phase,
            "parts": parts,
        }
        draft = self.home.root / "processes.tmp"
        draft.write_text(json.dumps(document, indent=1), "utf-8")
        draft.replace(self.home.root / "processes.json")


def redirect_output(log: Path) -> None:
    """Send stdout and stderr to the end of `log`, and its earlier text aside where it has grown large."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


def run_airflow(commands: list[tuple[str, ...]]) -> None:
    """Run `airflow <arguments>` in this process for each of `commands`; the first failure ends them."""
    for arguments in commands:
        sys.argv = ["airflow", *arguments]
        try:
            runpy.run_module("airflow", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise


def main() -> None:
    """Supervise the home that the first argument names."""
    try:
        Supervisor(Home(Path(sys.argv[1]))).run()
    except BecomeAirflow as child:
        commands = child.commands
    else:
        return
    run_airflow(commands)


if __name__ == "__main__":
    main()
