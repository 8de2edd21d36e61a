"""The commands that others rely on: what they print as JSON, and their exit codes, as separate processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest

from include.cli import main
from include.home import PROJECT
from tests.acceptance.deliveries import sales_of, write_configuration, write_costs, write_sales

DONE, FAILURE, WRONG_USAGE, REFUSED = 0, 1, 2, 3
TOTAL = sum(Decimal(amount) for _, _, amount, _ in sales_of("G01"))


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def read(self, code: int) -> Any:
        """Return the one JSON document on stdout, given that the exit code is `code`."""
        assert self.code == code, self.err or self.out
        assert "Traceback" not in self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Runs commands with an environment of their own, in an empty folder."""

    folder: Path
    environment: dict[str, str]

    def kpi(self, *arguments: str, **changes: str) -> Answer:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "include.cli", *arguments],
            cwd=self.folder,
            env=keep | {"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"} | self.environment | changes,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    config = write_configuration(tmp_path / "config")
    (tmp_path / "desk").mkdir()
    return Terminal(tmp_path / "desk", {"KPI_HOME": str(tmp_path / "home"), "KPI_CONFIG": str(config)})


@pytest.fixture
def company(terminal: Terminal, warehouse_url: str) -> Terminal:
    return Terminal(terminal.folder, terminal.environment | {"KPI_WAREHOUSE_URL": warehouse_url})


def test_a_submission_from_file_to_kpi_and_back(company: Terminal, reader_url: str) -> None:
    kpi, desk = company.kpi, company.folder
    good = str(write_sales(desk / "三月.xlsx", "G01"))

    first = kpi("run", "store_sales", "--file", good, "--json").read(DONE)
    assert first.keys() == {"outcome", "submissions", "refusals"}
    assert (first["outcome"], first["refusals"]) == ("accepted", [])
    (submission,) = first["submissions"]
    number = submission.pop("submission")
    assert submission == {"org": "G01", "period": "2026-03", "facts": 12}
    again = kpi("run", "store_sales", "--file", good, "--json").read(DONE)
    assert again == {"outcome": "unchanged", "submissions": [], "refusals": []}
    assert Path(good).exists()  # a file named is copied, never taken away

    check_refusal(kpi, desk)
    check_values(kpi, reader_url)
    check_withdrawal(kpi, desk, number)
    other = kpi("show", "sales_amount", "--json", KPI_CONFIG=str(write_configuration(desk / "other")))
    assert (other.code, other.out) == (WRONG_USAGE, "")
    assert "was made with the configuration" in other.err


def check_refusal(kpi: Callable[..., Answer], desk: Path) -> None:
    bad = str(write_sales(desk / "坏的.xlsx", "G01", {"E5": "约120", "B6": "2026-02-30"}))
    told = kpi("run", "store_sales", "--file", bad, "--json").read(REFUSED)
    assert (told["outcome"], told["submissions"]) == ("refused", [])
    places = [
        (refusal["code"], refusal["sheet"], refusal["cell"], refusal["found"]) for refusal in told["refusals"]
    ]
    assert sorted(places) == [
        ("not_a_date", "销售月报", "B6", "2026-02-30"),
        ("not_a_number", "销售月报", "E5", "约120"),
    ]
    for refusal in told["refusals"]:
        assert refusal.keys() == {"code", "sheet", "cell", "found", "expected", "remedy"}
        assert refusal["expected"] and refusal["remedy"]


def check_values(kpi: Callable[..., Answer], reader_url: str) -> None:
    for period, view in (("2026-03", "bi.kpi_month"), ("2026-Q1", "bi.kpi_quarter")):
        (row,) = kpi("show", "sales_amount", "--org", "G01", "--period", period, "--json").read(DONE)
        with psycopg.connect(reader_url) as connection:
            columns = connection.execute(f"SELECT * FROM {view} LIMIT 0".encode()).description or []
        assert list(row) == [column.name for column in columns]
        assert isinstance(row["value"], str) and Decimal(row["value"]) == TOTAL
        assert (row["dimensions"], row["period"], row["unit"]) == ({}, period, "元")

    traced = kpi("trace", "sales_amount", "--org", "group", "--period", "2026-03", "--json").read(DONE)
    assert traced.keys() == {"kpi", "contributions"}
    facts = traced["contributions"]
    assert sum(Decimal(fact["value"]) for fact in facts) == Decimal(traced["kpi"]["value"]) == TOTAL
    assert [(fact["file"], fact["sheet"], fact["cell"]) for fact in facts] == [
        ("三月.xlsx", "销售月报", cell) for cell in ("F4", "F5", "F6")
    ]
    split_rows = kpi("show", "sales_amount", "--org", "老店01", "--by", "channel", "--json").read(DONE)
    assert {row["dimensions"]["channel"] for row in split_rows} == {"门店", "网店"}
    assert sum(Decimal(row["value"]) for row in split_rows) == TOTAL


def check_withdrawal(kpi: Callable[..., Answer], desk: Path, number: int) -> None:
    corrected = str(write_sales(desk / "更正.xlsx", "G01", {"F6": 5, "H6": 4.99}))
    told = kpi("run", "store_sales", "--file", corrected, "--json").read(DONE)
    (submission,) = told["submissions"]
    assert told["outcome"] == "accepted" and submission["submission"] > number

    def shown() -> Decimal:
        (row,) = kpi("show", "sales_amount", "--org", "G01", "--period", "2026-03", "--json").read(DONE)
        return Decimal(row["value"])

    assert shown() == TOTAL - Decimal("1.07") + 5
    late = kpi("withdraw", str(number), "--reason", "late")
    assert (late.code, "no longer current" in late.err) == (WRONG_USAGE, True)
    done = kpi("withdraw", str(submission["submission"]), "--reason", "sent by mistake")
    assert done.code == DONE and "2026-03" in done.out
    assert shown() == TOTAL
    assert kpi("rollup", "--all").code == DONE
    assert shown() == TOTAL


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nothing", "--json"), "no source 'nothing'"),
        (("run", "store_sales", "--file", "absent.xlsx"), "no file"),
        (("run", "store_sales", "--period", "2026-03"), "--period is for systems"),
        (("show", "nothing", "--json"), "no metric 'nothing'"),
        (("show", "sales_amount", "--org", "浦东", "--json"), "no org unit '浦东'"),
        (("show", "sales_amount", "--by", "colour"), "no dimension 'colour'"),
        (("show", "sales_amount", "--period", "2026-13"), "2026-13"),
        (("show", "sales_amount", "--as-of", "yesterday"), "yesterday"),
        (("trace", "sales_amount", "--org", "group", "--period", "2026"), "is a year"),
        (("withdraw", "999", "--reason", "r"), "no submission 999"),
        (("show",), "Missing argument"),
    ],
)
def test_wrong_usage_is_told_apart(
    company: Terminal,
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run in this process, which is quicker: a process of its own is what the other tests start."""
    monkeypatch.setenv("KPI_LOADER_URL", company.environment["KPI_WAREHOUSE_URL"])
    for name, value in company.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")  # what the command sets for its process
    monkeypatch.setattr(sys, "argv", ["kpi", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (WRONG_USAGE, "")
    assert said.lower() in " ".join(printed.err.split()).lower()


def test_read_shows_a_workbook_or_its_refusal(terminal: Terminal) -> None:
    book = write_costs(terminal.folder / "费用.xlsx", "G01", {"B5": "=B4*2", "B6": "#REF!"})
    workbook = openpyxl.load_workbook(book)
    workbook.create_sheet("旧表").sheet_state = "hidden"
    workbook["费用表"].merge_cells("A9:B9")
    workbook.save(book)
    first, hidden = terminal.kpi("read", book.name, "--json").read(DONE)["sheets"]
    assert first == {
        "name": "费用表",
        "type": "worksheet",
        "visible": True,
        "range": "A1:C7",
        "cells": {"text": 9, "number": 2, "error": 1},
        "errors": [{"cell": "B6", "error": "#REF!"}],
        "uncached": ["B5"],
        "merged": ["A9:B9"],
    }
    assert (hidden["name"], hidden["visible"]) == ("旧表", False)

    (terminal.folder / "half.xlsx").write_bytes(book.read_bytes()[:3000])
    refused = terminal.kpi("read", "half.xlsx", "--json").read(REFUSED)
    assert refused == {"refused": {"code": "truncated_file", "message": "the file is incomplete"}}
    assert terminal.kpi("read", "absent.xlsx").code == WRONG_USAGE


def test_template_and_check(terminal: Terminal) -> None:
    made = terminal.kpi("template", "store_sales", "-o", "模板.xlsx")
    assert (made.code, made.out.strip()) == (DONE, "模板.xlsx")
    sheet = openpyxl.load_workbook(terminal.folder / "模板.xlsx").worksheets[0]
    assert {"门店", "单号", "销售额（元）"} <= {cell.value for row in sheet for cell in row}
    near = terminal.kpi("template", "store_sale")
    assert near.code == WRONG_USAGE and "store_sales" in near.err

    assert terminal.kpi("check").code == DONE
    config = Path(terminal.environment["KPI_CONFIG"])
    source = config / "sources" / "store_sales.yaml"
    source.write_text(source.read_text("utf-8").replace("owner: clerk", "owner: nobody"), "utf-8")
    told = terminal.kpi("check", "--json").read(FAILURE)
    assert told["ok"] is False
    assert [(problem["file"], problem["line"]) for problem in told["problems"]] == [(str(source), 3)]
    refused = terminal.kpi("run", "store_sales")
    assert (refused.code, refused.out) == (FAILURE, "") and "sources/store_sales.yaml:3" in refused.err
