"""Files out of the inbox: archived whole, claimed once, given back when refused."""

import json
import os
import shutil
from pathlib import Path

import pytest

from include.errors import Finding
from include.home import Home
from include.intake import archive_file, leave_inbox, reject_file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def drop(home: Home, name: str, content: bytes = b"a,b\n1,2\n") -> Path:
    path = home.inbox / "book" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def take(home: Home, path: Path) -> tuple[str, str, Path]:
    intake = archive_file(path, home.inbox / "book", home)
    leave_inbox(intake)
    return intake.claim, intake.filename, Path(intake.archive_uri.removeprefix("file://"))


def test_a_file_is_archived_by_its_content_and_leaves_the_inbox(home: Home) -> None:
    path = drop(home, "east/三月 (1).XLSX")
    _, filename, archive = take(home, path)
    assert filename == "east/三月 (1).XLSX" and not path.exists()
    assert archive.read_bytes() == b"a,b\n1,2\n" and archive.suffix == ".xlsx"
    assert archive.stat().st_mode & 0o222 == 0
    assert not list(home.archive.glob(".*")), "no drafts left"


def test_the_same_content_is_archived_once(home: Home) -> None:
    first, second = take(home, drop(home, "a.csv")), take(home, drop(home, "b.csv"))
    assert first[2] == second[2] and first[0] != second[0]


def test_a_rerun_meets_its_own_claim(home: Home) -> None:
    path = drop(home, "a.csv")
    claims = {archive_file(path, home.inbox / "book", home).claim for _ in range(2)}
    assert len(claims) == 1


def test_the_same_file_dropped_again_with_its_times_is_another_delivery(home: Home, tmp_path: Path) -> None:
    original = tmp_path / "a.csv"
    original.write_text("1")
    claims = set()
    for _ in range(2):
        path = drop(home, "a.csv")
        shutil.copy2(original, path)
        claims.add(take(home, path)[0])
    assert len(claims) == 2


def test_a_file_replaced_meanwhile_waits_as_a_new_delivery(home: Home) -> None:
    path = drop(home, "a|b.csv")
    intake = archive_file(path, home.inbox / "book", home)
    path.write_bytes(b"other")
    leave_inbox(intake)
    assert path.read_bytes() == b"other"
    path.unlink()
    leave_inbox(intake)  # gone already: no error


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b\\c:d.xlsx", "报" * 85 + ".xlsx", "x" * 250 + ".csv", "\n\t"]
)
def test_whatever_its_name_a_refused_file_is_given_back(home: Home, name: str) -> None:
    _, _, archive = take(home, drop(home, "a.csv"))
    finding = Finding("not_a_number", sheet="s", cell="B2", found="x")
    target = reject_file(home, "book", 7, name, archive, [finding])
    assert target.parent == home.rejected / "book" and target.name.startswith("7_")
    assert target.read_bytes() == b"a,b\n1,2\n" and os.access(target, os.W_OK)
    (told,) = json.loads((target.parent / f"{target.name}.json").read_text("utf-8"))
    assert (told["code"], told["sheet"], told["cell"], told["found"]) == ("not_a_number", "s", "B2", "x")
    assert told["remedy"]["zh"] and told["expected"]["en"]
