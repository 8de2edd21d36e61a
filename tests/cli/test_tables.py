"""How findings are printed for people."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console, JustifyMethod

from include.cli.console import open_console
from include.cli.tables import print_columns, print_findings
from include.errors import Finding


def printed(*findings: Finding) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_findings(console, list(findings))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_one_fault_in_many_places_is_printed_once_with_the_first_of_them() -> None:
    told = printed(
        *(Finding("unknown_org", found="GZ09", sheet="s", cell=f"A{row}") for row in range(2, 32)),
        Finding("not_a_number", found="many", sheet="s", cell="D7"),
    )
    assert told.count("unknown org unit") == 1
    assert "s!A2, s!A3, s!A4, s!A5, s!A6, s!A7, s!A8, s!A9 and 22 more: unknown org unit: “GZ09”" in told
    assert "s!D7: not a number: “many”" in told


def test_records_without_a_cell_are_counted_and_other_values_stand_apart() -> None:
    faults = [Finding("unknown_org", found=found, column="plant") for found in ("GZ09", "GZ09", "GZ10")]
    told = printed(*faults)
    assert "plant and 1 more: unknown org unit: “GZ09”" in told
    assert "plant: unknown org unit: “GZ10”" in told


def test_a_fault_of_many_values_is_one() -> None:
    told = printed(*(Finding("not_an_integer", found=f"{n}.5", cell=f"A{n}") for n in range(60)))
    assert (
        told.count("not a whole number") == 1 and "A7 and 52 more: not a whole number: “0.5”, “1.5”" in told
    )
    assert "“7.5” …" in told and "8.5" not in told


def test_more_faults_than_a_screen_takes_are_counted() -> None:
    codes = [Finding("unknown_org", found=f"U{n}", params={"nearest": f"U{n}0"}) for n in range(60)]
    told = printed(*codes)
    assert told.count("unknown org unit") == 50 and "… and 10 more." in told


def test_in_a_pipe_nothing_is_wrapped_or_padded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ", ".join(f"店号=S{n:02}" for n in range(60))
    columns: dict[str, tuple[JustifyMethod, list[str]]] = {"key": ("left", [key])}
    faults = [Finding("unknown_org", found="GZ09", cell=key)]
    monkeypatch.delenv("COLUMNS", raising=False)
    print_columns(open_console(), columns, always=("key",))
    print_findings(open_console(), faults)
    _, _, row, fault, *_ = capsys.readouterr().out.splitlines()
    assert (row, fault) == (key, f"  {key}: unknown org unit: “GZ09”")
    monkeypatch.setenv("COLUMNS", "100")
    print_columns(open_console(), columns, always=("key",))
    assert max(map(cell_len, capsys.readouterr().out.splitlines())) <= 100
