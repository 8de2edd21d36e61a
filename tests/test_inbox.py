"""Which files of an inbox count as waiting."""

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from include import inbox
from include.home import PROJECT
from include.inbox import find_strays, list_waiting, scan_inbox
from include.wholeness import has_end


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


def test_links_and_pipes_wait_to_be_refused_and_are_not_followed(tmp_path: Path) -> None:
    secret = drop(tmp_path / "elsewhere" / "secret.xlsx")
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.xlsx").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    os.mkfifo(folder / "pipe.xlsx")
    os.link(secret, folder / "second_name.xlsx")
    found = {path.name: stamp.oddity for path, stamp in scan_inbox(folder).items()}
    assert found == {
        "a.xlsx": "symbolic link",
        "folder": "symbolic link",
        "pipe.xlsx": "pipe, socket or device",
        "second_name.xlsx": "hard link",
    }
    time.sleep(0.06)
    assert set(list_waiting(folder, 0.05)) == {folder / name for name in found}


def test_units_folders_are_searched_and_what_lies_deeper_is_an_oddity(tmp_path: Path) -> None:
    kept = {drop(tmp_path / "a.xlsx"), drop(tmp_path / "east" / "b.xlsx")}
    deep = drop(tmp_path / "east" / "old" / "c.xlsx")
    drop(tmp_path / ".trash" / "d.xlsx")
    found = scan_inbox(tmp_path)
    assert {path for path, stamp in found.items() if not stamp.oddity} == kept
    assert set(found) - kept == {deep}


def zipped(entries: int = 3) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(entries):
            archive.writestr(f"part{number}.xml", os.urandom(300))
    return made.getvalue()


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
@pytest.mark.parametrize("padded", [False, True])
def test_a_zip_that_pauses_is_waited_for_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, padded: bool
) -> None:
    """Padded, as Explorer writes: the file has its full size from the start and fills up."""
    content = zipped()
    path = tmp_path / "a.xlsx"
    part = content[: int(len(content) * share)]
    path.write_bytes(part.ljust(len(content), b"\0") if padded else part)
    time.sleep(0.06)
    assert not list_waiting(tmp_path, 0.05)
    monkeypatch.setattr(inbox, "WAITS_AT_MOST", 0.05)
    assert list(list_waiting(tmp_path, 0.05)) == [path], "given up, for its clerk to be told"
    monkeypatch.undo()
    path.write_bytes(content)
    time.sleep(0.06)
    assert list(list_waiting(tmp_path, 0.05)) == [path]


def test_every_cut_of_an_old_workbook_and_of_a_zip_shows(tmp_path: Path, shared_xls: Path) -> None:
    for content in (zipped(), shared_xls.read_bytes()):
        path = tmp_path / "cut"
        path.write_bytes(content)
        assert has_end(path)
        for length in range(8, len(content) - 511, 97):
            path.write_bytes(content[:length])
            assert not has_end(path), length


@pytest.fixture
def shared_xls() -> Path:
    folder = PROJECT.parent / "shared" / "data" / "odd_workbooks"
    found = sorted(folder.glob("*.xls"), key=lambda path: (path.stat().st_size, path.name))
    whole = [path for path in found if path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0"]
    if not whole:
        pytest.skip(f"no old workbooks in {folder}")
    return next(path for path in whole if path.stat().st_size >= 8192)


def test_text_waits_while_somebody_has_it_open_for_writing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("a,b\n1,")
        file.flush()
        time.sleep(0.06)
        assert not list_waiting(tmp_path, 0.05)
        file.write("2\n")
    time.sleep(0.06)
    assert list(list_waiting(tmp_path, 0.05)) == [path]


def test_an_empty_file_may_be_the_beginning_of_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path / "a.xlsx", "")
    time.sleep(0.06)
    assert not list_waiting(tmp_path, 0.05)
    monkeypatch.setattr(inbox, "WAITS_AT_MOST", 0.05)
    assert list(list_waiting(tmp_path, 0.05)) == [path]


def test_what_no_source_collects_is_found(tmp_path: Path) -> None:
    drop(tmp_path / "sales" / "good.xlsx")
    strays = {drop(tmp_path / "lost.xlsx"), drop(tmp_path / "salse" / "east" / "typo.xlsx")}
    drop(tmp_path / ".DS_Store")
    assert find_strays(tmp_path, {"sales"}) == {}, "they may still be on their way"
    time.sleep(1.05)
    assert set(find_strays(tmp_path, {"sales"})) == strays


def test_a_missing_inbox_is_empty(tmp_path: Path) -> None:
    assert scan_inbox(tmp_path / "none") == {} == list_waiting(tmp_path / "none")


def test_a_file_waits_once_it_is_settled_even_if_dated_back(tmp_path: Path) -> None:
    path = drop(tmp_path / "a.xlsx", age=3600)  # as `cp -p` does: old content time, fresh status time
    assert not list_waiting(tmp_path, settled_after=0.3)
    time.sleep(0.35)
    assert list(list_waiting(tmp_path, settled_after=0.3)) == [path]


def test_a_file_from_a_clock_that_is_ahead_waits_too(tmp_path: Path) -> None:
    path = drop(tmp_path / "a.xlsx", age=-3600)
    time.sleep(0.06)
    assert list(list_waiting(tmp_path, settled_after=0.05)) == [path]


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    new, old = drop(tmp_path / "a.xlsx", age=10), drop(tmp_path / "b.xlsx", age=20)
    time.sleep(0.06)
    assert list(list_waiting(tmp_path, settled_after=0.05)) == [old, new]
