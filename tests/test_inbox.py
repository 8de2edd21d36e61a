"""Which files of an inbox count as waiting."""

import os
import time
from pathlib import Path

import pytest

from include.inbox import list_waiting, scan_inbox


def drop(path: Path, text: str = "x", age: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize(
    "name", ["~$三月.xlsx", ".hidden.xlsx", "a.xlsx.tmp", "a.PART", "a.crdownload", "Thumbs.db", "三月.xlsx~"]
)
def test_temporary_files_are_left_alone(tmp_path: Path, name: str) -> None:
    drop(tmp_path / name)
    assert scan_inbox(tmp_path) == {}


def test_links_and_what_they_point_to_are_left_alone(tmp_path: Path) -> None:
    secret = drop(tmp_path / "elsewhere" / "secret.xlsx")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.xlsx").symlink_to(secret)
    (inbox / "folder").symlink_to(secret.parent)
    os.mkfifo(inbox / "pipe.xlsx")
    assert scan_inbox(inbox) == {}


def test_units_folders_are_searched_and_nothing_below_them(tmp_path: Path) -> None:
    kept = {drop(tmp_path / "a.xlsx"), drop(tmp_path / "east" / "b.xlsx")}
    drop(tmp_path / "east" / "old" / "c.xlsx")
    drop(tmp_path / ".trash" / "d.xlsx")
    assert set(scan_inbox(tmp_path)) == kept


def test_a_missing_inbox_is_empty(tmp_path: Path) -> None:
    assert scan_inbox(tmp_path / "none") == {} and list_waiting(tmp_path / "none") == []


def test_a_file_waits_once_it_is_settled_even_if_dated_back(tmp_path: Path) -> None:
    path = drop(tmp_path / "a.xlsx", age=3600)  # as `cp -p` does: old content time, fresh status time
    assert list_waiting(tmp_path, settled_after=0.3) == []
    time.sleep(0.35)
    assert list_waiting(tmp_path, settled_after=0.3) == [path]


def test_a_file_from_a_clock_that_is_ahead_waits_too(tmp_path: Path) -> None:
    path = drop(tmp_path / "a.xlsx", age=-3600)
    time.sleep(0.06)
    assert list_waiting(tmp_path, settled_after=0.05) == [path]


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    new, old = drop(tmp_path / "a.xlsx", age=10), drop(tmp_path / "b.xlsx", age=20)
    time.sleep(0.06)
    assert list_waiting(tmp_path, settled_after=0.05) == [old, new]
