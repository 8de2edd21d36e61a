"""docs/connect-your-database.md, command by command: a bash of its own, real `./kpi` processes, a real database.

The page's form: blocks marked `sh` run one after the other in one shell. A block marked `text` behind one holds lines
that its output must show, in this order, blanks aside; `exit=3` is the exit code of its last command, 0 without it, and
`file=PATH` compares a file's lines instead. A block marked `sql` runs as the BI log-in; the text behind it is its result.
"""

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pymysql
import pytest

from include.batch import Connection, Window
from include.catalogue import load_catalogue
from include.home import PROJECT, Home
from include.onboarding.previewing import preview_system
from include.stack.database import reader_address

PAGE = PROJECT / "docs" / "connect-your-database.md"
_FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """One block that runs, and what is said to come of it."""

    kind: str
    text: str
    expected: list[tuple[str, str]] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code that the page tells."""
        return next((int(about[5:]) for about, _ in self.expected if about.startswith("exit=")), 0)


def read_steps(page: str) -> list[Step]:
    steps: list[Step] = []
    for kind, about, text in _FENCE.findall(page):
        if kind in {"sh", "sql"}:
            steps.append(Step(kind, text))
        else:
            assert kind == "text" and steps, f"a block of the kind {kind} isn't tested"
            steps[-1].expected.append((about, text))
    return steps


class Shell:
    """One bash in a folder that looks like a checkout, which keeps its variables from block to block."""

    def __init__(self, folder: Path, kpi: Path = PROJECT / "kpi") -> None:
        (folder / "kpi").symlink_to(kpi)
        shutil.copytree(PROJECT / "config", folder / "config")
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        self.folder = folder
        self.bash = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environment | {"COLUMNS": "150", "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def run(self, block: str) -> tuple[int, str]:
        """Run a block; return the exit code of its last command and all that was printed."""
        assert self.bash.stdin and self.bash.stdout
        self.bash.stdin.write(f'{block}\necho "@@ $?"\n')
        self.bash.stdin.flush()
        lines: list[str] = []
        for line in self.bash.stdout:
            if line.startswith("@@ "):
                return int(line.split()[1]), "".join(lines)
            lines.append(line)
        raise AssertionError(f"bash ended: {''.join(lines)}")

    def query(self, statement: str) -> str:
        """Return what a BI tool sees, a row a line."""
        with psycopg.connect(reader_address(Home(self.folder / "my-home"))) as connection:
            cursor = connection.execute(statement.encode())
            head = " | ".join(column.name for column in cursor.description or ())
            return "\n".join([head, *(" | ".join(map(_show, row)) for row in cursor)])


def _show(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return "" if value is None else str(value)


def missing_lines(expected: str, output: str) -> list[str]:
    """Return the expected lines that the output doesn't hold in this order, blanks and breaks of cells aside."""
    rest = squeeze(output)
    missing = []
    for line in filter(None, map(squeeze, expected.splitlines())):
        _, found, after = rest.partition(line)
        if found:
            rest = after
        else:
            missing.append(line)
    return missing


def squeeze(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.run("./kpi down")
    shell.bash.communicate("exit\n", timeout=60)


def follow(shell: Shell, page: str) -> None:
    for step in read_steps(page):
        if step.kind == "sql":
            code, output = 0, shell.query(step.text)
        else:
            code, output = shell.run(step.text)
        assert code == step.code, f"{step.text}\n{output}"
        for about, text in step.expected:
            if about.startswith("file="):
                output = (shell.folder / about[5:]).read_text("utf-8")
            assert not missing_lines(text, output), f"{step.text}\n{output}"


IN_SQLITE = """"JiaoYiRi" >= replace(:window_start, '-', '') AND "JiaoYiRi" < replace(:window_end, '-', '')"""
IN_POSTGRES = 'CAST("JiaoYiRi" AS date) >= :window_start AND CAST("JiaoYiRi" AS date) < :window_end'


def test_the_files_of_the_page_make_a_configuration_that_gives_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page without its `./kpi` commands: quick enough for every run."""
    shell = Shell(tmp_path, kpi=Path("/bin/true"))
    for step in read_steps(PAGE.read_text("utf-8")):
        assert step.kind == "sql" or shell.run(step.text)[0] == 0
    shell.bash.communicate("exit\n", timeout=60)
    catalogue = load_catalogue(tmp_path / "my-company")
    monkeypatch.setenv("AIRFLOW_CONN_TILL", f"sqlite:///{tmp_path}/till.db")
    window = Window(dt.date(2026, 1, 1), dt.date(2026, 4, 1))
    found = {name: preview_system(catalogue, catalogue.sources[name], window) for name in catalogue.sources}
    assert not any(preview.refused for preview in found.values())
    facts = [fact for preview in found.values() for row in preview.rows for fact in row.facts]
    assert sum(Decimal(f["value"]) for f in facts if f["measure"] == "ShiShouFen") == Decimal("904.50")
    assert sum(Decimal(f["value"]) for f in facts if f["scenario"] == "target") == 900


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_page_comes_out_as_written(shell: Shell) -> None:
    follow(shell, PAGE.read_text("utf-8"))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_page_holds_for_postgresql_too(shell: Shell, database_url: str) -> None:
    """Its tables in PostgreSQL, with the condition on dates that the page names for it."""
    page = PAGE.read_text("utf-8")
    (tables,) = re.findall(r'executescript\("""(.*?)"""\)', page, re.DOTALL)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(tables.encode())
    assert page.count(IN_SQLITE) == 2 and page.count("sqlite:///$PWD/till.db") == 1
    follow(shell, page.replace(IN_SQLITE, IN_POSTGRES).replace("sqlite:///$PWD/till.db", database_url))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_page_holds_for_mariadb_too(shell: Shell, mariadb: Connection) -> None:
    """Its tables in MariaDB, with the condition on dates that the page names for it."""
    page = PAGE.read_text("utf-8")
    (tables,) = re.findall(r'executescript\("""(.*?)"""\)', page, re.DOTALL)
    server = {"host": mariadb.host, "port": mariadb.port, "user": mariadb.login, "password": mariadb.password}
    with pymysql.connect(**server, database=mariadb.schema, autocommit=True) as database:
        database.cursor().execute("SET SESSION sql_mode = 'ANSI_QUOTES'")
        for statement in tables.replace("TEXT PRIMARY KEY", "VARCHAR(20) PRIMARY KEY").split(";")[:-1]:
            database.cursor().execute(statement)
    address = f"mysql://{quote(mariadb.login)}:{quote(mariadb.password)}@{mariadb.host}:{mariadb.port}/{mariadb.schema}"
    follow(shell, page.replace(IN_SQLITE, IN_POSTGRES).replace("sqlite:///$PWD/till.db", address))


def test_a_page_that_says_something_else_would_be_found() -> None:
    page = "```sh\necho a\n```\n\n```text exit=3\n1  x\n2\n```\n"
    (step,) = read_steps(page)
    assert (step.text, step.code) == ("echo a\n", 3)
    ((_, expected),) = step.expected
    assert missing_lines(expected, "1 x\nmore\n2\n") == []
    assert missing_lines(expected, "2\n1 x\n") == ["2"] and missing_lines(expected, "1 y 2") == ["1 x"]
