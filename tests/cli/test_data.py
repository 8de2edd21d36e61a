"""The doors for data: run, show, trace, withdraw, rollup, as programs that others build on."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.cli.opening import read_moment
from include.cli.tables import format_exact, format_share, format_short
from include.errors import UsageError
from include.home import PROJECT
from tests.cli.conftest import run_command
from tests.company import write_company
from tests.sql.test_schema import BOARD

HEAD = "unit,month,product,sales,cost\n"
GOOD = HEAD + "p1,2026-03,a,100.50,40\np1,2026-03,b,11,4\np3,2026-02,a,7,\n"

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def kpi(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command in this process and gives its exit code and stdout."""
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("KPI_LOADER_URL", warehouse_url)  # commands set it: have it put back afterwards
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(write_company(tmp_path / "config")))
    monkeypatch.setenv("COLUMNS", "200")
    return run_command


@pytest.fixture
def book(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        path = tmp_path / "三月.csv"
        path.write_text(content, "utf-8")
        return path

    return write


def ask(kpi: Run, *arguments: object) -> Any:
    code, out = kpi(*arguments, "--json")
    assert code == 0, out
    return json.loads(out)


def test_run_accepts_then_says_unchanged(kpi: Run, book: Callable[[str], Path]) -> None:
    file = book(GOOD)
    done = ask(kpi, "run", "book", "--file", file)
    assert done["outcome"] == "accepted" and done["refusals"] == []
    assert [(s["org"], s["period"], s["facts"]) for s in done["submissions"]] == [
        ("p1", "2026-03", 4),
        ("p3", "2026-02", 1),
    ]
    assert set(done) == {"outcome", "submissions", "refusals"} and file.exists()
    assert ask(kpi, "run", "book", "--file", file) == {
        "outcome": "unchanged",
        "submissions": [],
        "refusals": [],
    }
    code, out = kpi("run", "book", "--file", file)
    assert code == 0 and "unchanged" in out


def test_run_refuses_with_each_cell_and_exit_code_3(
    kpi: Run, book: Callable[[str], Path], tmp_path: Path
) -> None:
    code, out = kpi("run", "book", "--file", book(HEAD + "p1,2026-03,a,x,-1\n"), "--json")
    assert code == 3
    told = json.loads(out)
    assert (told["outcome"], told["submissions"]) == ("refused", [])
    refusals = {refusal["cell"]: refusal for refusal in told["refusals"]}
    assert {cell: refusal["code"] for cell, refusal in refusals.items()} == {
        "D2": "not_a_number",
        "E2": "below_min",
    }
    assert set(refusals["D2"]) == {"code", "sheet", "cell", "found", "expected", "remedy"}
    assert refusals["D2"]["found"] == "x" and refusals["D2"]["expected"] and refusals["D2"]["remedy"]
    assert list((tmp_path / "home" / "rejected" / "book").glob("*_三月.csv"))
    assert len(list((tmp_path / "home" / "outbox").glob("*.eml"))) == 2
    code, out = kpi("run", "book", "--file", book(HEAD + "p1,2026-03,a,x,-1\n"))
    assert code == 3 and "D2" in out and "refused" in out


def test_show_gives_the_boards_columns(kpi: Run, book: Callable[[str], Path]) -> None:
    kpi("run", "book", "--file", book(GOOD))
    (row,) = ask(kpi, "show", "sales", "--org", "Group", "--period", "2026-03")
    assert list(row) == list(BOARD)
    assert (row["value"], row["previous"], row["dimensions"], row["period_start"]) == (
        "111.5",
        "7",
        {},
        "2026-03-01",
    )
    assert row["restated"] is False and dt.datetime.fromisoformat(row["computed_at"]).tzinfo
    split = ask(kpi, "show", "sales", "--org", "p1", "--period", "2026-Q1", "--by", "product")
    assert [(r["dimensions"], r["value"]) for r in split] == [
        ({"product": "a"}, "100.5"),
        ({"product": "b"}, "11"),
    ]
    assert {r["period"] for r in ask(kpi, "show", "sales", "--period", "2026")} == {"2026-02", "2026-03"}
    assert ask(kpi, "show", "sales", "--as-of", "2020-01-01") == []
    assert ask(kpi, "show", "stock") == []
    code, out = kpi("show", "sales", "--org", "group")
    assert code == 0 and "111.5" in out and "2026-02" in out


def test_trace_adds_up_to_the_kpi(kpi: Run, book: Callable[[str], Path]) -> None:
    kpi("run", "book", "--file", book(GOOD))
    told = ask(kpi, "trace", "sales", "--org", "group", "--period", "2026-Q1")
    assert set(told) == {"kpi", "contributions"}
    assert (
        sum(Decimal(f["value"]) for f in told["contributions"])
        == Decimal(told["kpi"]["value"])
        == Decimal("118.5")
    )
    assert {(f["org"], f["cell"], f["file"]) for f in told["contributions"]} == {
        ("p1", "D2", "三月.csv"), ("p1", "D3", "三月.csv"), ("p3", "D4", "三月.csv"),
    }  # fmt: skip
    assert {f["metric"] for f in ask(kpi, "trace", "profit", "--org", "p1", "--period", "2026-03")["contributions"]} == {
        "sales", "cost",
    }  # fmt: skip
    assert ask(kpi, "trace", "sales", "--org", "p2", "--period", "2026-03") == {
        "kpi": None,
        "contributions": [],
    }
    code, out = kpi("trace", "sales", "--org", "p1", "--period", "2026-03")
    assert code == 0 and "三月.csv" in out and "D2" in out


def test_a_month_that_was_emptied_is_told(kpi: Run, book: Callable[[str], Path]) -> None:
    done = ask(kpi, "run", "book", "--file", book(GOOD))
    (submission,) = (s["submission"] for s in done["submissions"] if s["org"] == "p3")
    assert "any more" not in kpi("show", "sales")[1]
    assert kpi("withdraw", submission, "--reason", "not theirs")[0] == 0
    told = "p3 2026-02: no figures any more; it was 7 CNY until 20"
    assert (
        told in kpi("show", "sales")[1] and told in kpi("show", "sales", "--org", "p3", "--period", "2026")[1]
    )
    assert told in kpi("trace", "sales", "--org", "p3", "--period", "2026-02")[1]
    assert "p3 2026-02" not in kpi("show", "sales", "--period", "2026-03")[1]
    assert "any more" not in kpi("show", "sales", "--basis", "as-is")[1]
    assert ask(kpi, "show", "sales", "--org", "p3") == []
    kpi("run", "book", "--file", book(GOOD.replace("a,7", "a,8")))
    assert "any more" not in kpi("show", "sales")[1], "it is there again"


def test_withdraw_puts_the_slice_back(kpi: Run, book: Callable[[str], Path]) -> None:
    kpi("run", "book", "--file", book(GOOD))
    (wrong,) = ask(kpi, "run", "book", "--file", book(GOOD.replace("100.50", "999")))["submissions"]
    code, out = kpi("withdraw", wrong["submission"], "--reason", "typed wrongly")
    assert code == 0 and "2026-03" in out
    (row,) = ask(kpi, "show", "sales", "--org", "group", "--period", "2026-03")
    assert row["value"] == "111.5"
    assert kpi("withdraw", wrong["submission"], "--reason", "again")[0] == 2
    assert kpi("withdraw", 999, "--reason", "x")[0] == 2
    assert kpi("withdraw", wrong["submission"])[0] == 2, "a reason is needed"


def test_rollup_recomputes(kpi: Run, book: Callable[[str], Path]) -> None:
    kpi("run", "book", "--file", book(GOOD))
    assert "nothing" in kpi("rollup")[1]
    assert "1 months and 1 quarters" in kpi("rollup", "--period", "2026-03")[1]
    assert "2 months and 1 quarters" in kpi("rollup", "--all")[1]
    assert "has no data" in kpi("rollup", "--period", "2024-Q1")[1]
    assert kpi("rollup", "--period", "Easter")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nothing"),
        ("run", "book", "--file", "/no/such/file.csv"),
        ("run", "book", "--period", "2026-03"),
        ("show", "turnover"),
        ("show", "sales", "--org", "mars"),
        ("show", "sales", "--period", "2026-13"),
        ("show", "sales", "--period", "2026-03-01"),
        ("show", "sales", "--by", "colour"),
        ("show", "sales", "--as-of", "yesterday"),
        ("trace", "sales", "--org", "p1", "--period", "2026"),
        ("trace", "sales", "--org", "p1"),
        ("show",),
    ],
)
def test_wrong_usage_is_exit_code_2(kpi: Run, arguments: tuple[str, ...]) -> None:
    assert kpi(*arguments)[0] == 2


def test_the_program_says_what_is_wrong_and_prints_nothing_else(kpi: Run, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "include.cli", "show", "turnover", "--json"]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr.startswith("kpi: There is no metric 'turnover'; the metrics are ")
        and "Traceback" not in done.stderr
    )
    (tmp_path / "config" / "org.yaml").write_text("- {unit: a, colour: red}\n")
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "") and "org.yaml:1" in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31", "2026-03-31T23:59:59.999999+08:00"),
        ("2026-03-31T18:00", "2026-03-31T18:00:00+08:00"),
        ("2026-03-31 18:00:01", "2026-03-31T18:00:01+08:00"),
        ("2026-03-31T18:00:00Z", "2026-03-31T18:00:00+00:00"),
    ],
)
def test_moments_are_the_companys_and_a_date_is_its_end(text: str, expected: str) -> None:
    assert read_moment(text, "Asia/Shanghai").isoformat() == expected


def test_the_end_of_a_day_on_which_the_clock_changes() -> None:
    moment = read_moment("2026-10-24", "Europe/Berlin")
    assert (dt.datetime(2026, 10, 25, tzinfo=moment.tzinfo) - moment) == dt.timedelta(microseconds=1)
    assert moment.astimezone(dt.UTC).isoformat() == "2026-10-24T21:59:59.999999+00:00"


@pytest.mark.parametrize("text", ["", "31.3.2026", "2026-02-30", "9999-12-31", "now"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="no date or time"):
        read_moment(text, "Asia/Shanghai")


def test_numbers_are_written_whole() -> None:
    numbers = ["1E+3", "0.10", "-0.0", "123456789012345678901234567890.5", "100"]
    assert [format_exact(Decimal(n)) for n in numbers] == ["1000", "0.1", "0", numbers[3], "100"]
    assert [format_short(Decimal(n)) for n in ("1234567.00006", "-3", "100")] == [
        "1,234,567.0001",
        "-3",
        "100",
    ]
    assert (format_short(None), format_share(None), format_share(Decimal("0.0549"))) == ("–", "–", "5.5%")
