"""Trials of dropping: whatever a clerk's copying does, each content counts exactly once and none is read in part.

Real processes: some drop files in every way that a copy can go (trickled, padded, renamed into place, twice under
different names, replaced while it lies there or is read, with kept times), one collects and is killed now and then.
"""

import fcntl
import hashlib
import io
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from include import inbox, stages
from include.inbox import SETTLED_AFTER, list_waiting
from tests.office import HEAD, Office

PAUSES = (0.02, 0.3, 1.4)
"""Seconds; the longest is longer than a file takes to count as settled."""
Way = Callable[["Drop", random.Random], None]


@dataclass(frozen=True)
class Drop:
    """One trial: the final content of a slice, an earlier version of it, and where it is dropped."""

    number: int
    folder: Path
    elsewhere: Path
    content: bytes
    earlier: bytes
    suffix: str

    @property
    def path(self) -> Path:
        return self.folder / f"第{self.number}次{self.suffix}"


def write_slowly(path: Path, content: bytes, rng: random.Random, *, padded: bool = False) -> None:
    """Write in pieces with pauses; a workbook's file may be closed in between, or have its full size at once."""
    cuts = sorted(rng.sample(range(1, len(content)), rng.randint(1, 4)))
    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    reopen = path.suffix == ".xlsx" and rng.random() < 0.5
    file = path.open("wb", buffering=0)
    if padded:
        file.truncate(len(content))
    for piece in pieces:
        file.write(piece)
        if reopen:
            place = file.tell()
            file.close()
        time.sleep(rng.choice(PAUSES))
        if reopen:
            file = path.open("rb+", buffering=0)
            file.seek(place)
    file.close()


def trickle(drop: Drop, rng: random.Random) -> None:
    write_slowly(drop.path, drop.content, rng)


def fill_up(drop: Drop, rng: random.Random) -> None:
    write_slowly(drop.path, drop.content, rng, padded=drop.suffix == ".xlsx")


def rename_in(drop: Drop, rng: random.Random) -> None:
    part = rng.choice([drop.elsewhere, drop.folder]) / f"{drop.path.name}.part"
    write_slowly(part, drop.content, rng)
    part.rename(drop.path)


def drop_twice(drop: Drop, rng: random.Random) -> None:
    trickle(drop, rng)
    time.sleep(rng.choice(PAUSES))
    write_slowly(drop.path.with_name(f"副本 {drop.path.name}"), drop.content, rng)


def replace_whole(drop: Drop, rng: random.Random) -> None:
    """Put a newer file in an older one's place at some moment: before, while or after it is read."""
    drop.path.write_bytes(drop.earlier)
    part = drop.elsewhere / drop.path.name
    part.write_bytes(drop.content)
    time.sleep(rng.uniform(0, 2.5))
    part.rename(drop.path)


def overwrite(drop: Drop, rng: random.Random) -> None:
    drop.path.write_bytes(drop.earlier)
    time.sleep(rng.uniform(0, 2.5))
    write_slowly(drop.path, drop.content, rng)


def keep_times(drop: Drop, rng: random.Random) -> None:
    original = drop.elsewhere / drop.path.name
    original.write_bytes(drop.content)
    os.utime(original, (1.6e9, 1.6e9))
    for _ in range(2):  # the same file again, with the same times
        shutil.copy2(original, drop.path)
        time.sleep(rng.choice(PAUSES))


WAYS: list[Way] = [trickle, fill_up, rename_in, drop_twice, replace_whole, overwrite, keep_times]


def make_content(number: int, value: int, suffix: str) -> bytes:
    unit = ("p1", "p3")[number % 2]
    month = number // 2
    row = [unit, f"{2001 + month // 12}-{month % 12 + 1:02d}", "a", value, 1]
    if suffix == ".csv":
        return (HEAD + ",".join(map(str, row)) + "\n").encode()
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD.strip().split(","))
    sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def run_drops(drops: list[Drop], seed: int) -> None:
    rng = random.Random(seed)
    for drop in drops:
        way = rng.choice(WAYS)
        try:
            way(drop, rng)
        except FileNotFoundError:  # taken in just when it was opened again: whoever copies tries again
            rename_in(drop, rng)


def collect_for_ever(name: str) -> None:
    for number in range(10**6):
        run = stages.Run(f"{name}-{number}", "", "book")
        taken = stages.extract("book", run)
        stages.load(stages.standardise(stages.validate(taken)))
        stages.report(run, [])
        time.sleep(0.2)


def try_drops(office: Office, trials: int, kills: int) -> None:
    """Run the trials and compare what the ledger holds with what was dropped."""
    rng = random.Random(trials)
    folder, elsewhere = office.home.inbox / "book", office.home.root / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    drops = []
    for number in range(trials):
        suffix = rng.choice([".xlsx", ".xlsx", ".csv"])
        versions = [make_content(number, 10 * number + version, suffix) for version in (2, 1)]
        drops.append(Drop(number, folder, elsewhere, *versions, suffix))
    context = multiprocessing.get_context("fork")
    droppers = [context.Process(target=run_drops, args=(drops[n::8], n)) for n in range(8)]
    collector = context.Process(target=collect_for_ever, args=("run-0",))
    for process in (*droppers, collector):
        process.start()
    for kill in range(1, kills + 1):
        time.sleep(rng.uniform(1, 5))
        os.kill(collector.pid or 0, signal.SIGKILL)
        collector.join()
        collector = context.Process(target=collect_for_ever, args=(f"run-{kill}",))
        collector.start()
    for process in droppers:
        process.join()
        assert process.exitcode == 0
    deadline = time.monotonic() + 60 + trials
    while (any(folder.iterdir()) or under_way(office)) and time.monotonic() < deadline:
        time.sleep(0.5)
    collector.kill()
    collector.join()
    compare(office, drops)


def under_way(office: Office) -> bool:
    return bool(office.company.value("SELECT count(*) FROM ledger.batch WHERE finished_at IS NULL"))


def compare(office: Office, drops: list[Drop]) -> None:
    folder = office.home.inbox / "book"
    assert not [path for path in folder.iterdir() if not path.name.endswith(".taken")]
    assert not list_waiting(folder)
    whole = {
        hashlib.sha256(content).hexdigest(): drop
        for drop in drops
        for content in (drop.content, drop.earlier)
    }
    batches = office.company.query("SELECT content_hash, status, file FROM bi.batch")
    assert {row.status for row in batches} <= {"accepted", "unchanged"}, batches
    assert not [row.file for row in batches if row.content_hash not in whole], "a partial read"
    counted = dict(
        map(
            tuple,
            office.company.query("SELECT content_hash, count(*) FROM bi.submission GROUP BY 1"),
        )
    )
    for drop in drops:
        assert counted.get(hashlib.sha256(drop.content).hexdigest()) == 1, drop.path.name
        assert counted.get(hashlib.sha256(drop.earlier).hexdigest(), 0) <= 1, drop.path.name
    wanted = sum(10 * drop.number + 2 for drop in drops)
    total = "SELECT sum(value) FROM bi.fact WHERE counts AND metric = 'sales'"
    assert office.company.value(total) == wanted
    assert not office.company.query(
        "SELECT run_id FROM ledger.message GROUP BY run_id, recipient HAVING count(*) > 1"
    )


@pytest.fixture
def leases(tmp_path: Path) -> None:
    """Skip where the file system can't tell whether a text file is still open for writing."""
    path = tmp_path / "probe"
    with path.open("w"), path.open() as reader:
        try:
            fcntl.fcntl(reader, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return
        except OSError:
            pass
    pytest.skip("this file system has no leases: a paused text file can't be told from a whole one")


@pytest.fixture
def in_earnest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files settle as long as the product has them, not as other tests do."""
    monkeypatch.setattr(inbox, "SETTLED_AFTER", SETTLED_AFTER)


@pytest.mark.usefixtures("leases", "in_earnest")
def test_a_handful_of_drops_count_once(office: Office) -> None:
    try_drops(office, trials=16, kills=1)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("leases", "in_earnest")
def test_five_hundred_drops_count_once(office: Office) -> None:
    try_drops(office, trials=500, kills=20)
