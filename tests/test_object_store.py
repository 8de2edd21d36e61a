"""Inbox and archive in an object store: what is there counts once, whatever is killed, replaced or named oddly."""

import json
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include import archive, extract, places, stages
from include.errors import ArchiveError, StorageUnavailableError, UsageError
from include.home import PROJECT, Home
from include.inbox import find_strays, list_waiting, scan_inbox
from include.places import ObjectPlace, inbox_place
from include.stages import Run
from tests.object_stores import Store, make_memory, make_s3, serving_s3
from tests.office import BAD, GOOD, HEAD, Office

fork = multiprocessing.get_context("fork")
HOSTILE = {
    "..": "inbox/book/../outside.csv",
    "absolute": "inbox/book//etc/passwd",
    "right to left": "inbox/book/\u202egnp.csv",
    "long": f"inbox/book/{'报' * 250}.csv",
    "pattern": "inbox/book/*",
    "url": "inbox/book/s3:%2F%2Fother#a?b=c&d.csv",
    "shell": "inbox/book/$(touch x);'\"\\.csv",
    "unit": "inbox/book/../../archive/unit.csv",
}
ONLY_MEMORY = {"line": "inbox/book/a\nb.csv", "nul": "inbox/book/a\0b.csv", "half": "inbox/book/a\ud800b.csv"}
"""Names that the test's S3 server (or XML) doesn't carry."""


@pytest.fixture(scope="module")
def s3_environment() -> Iterator[dict[str, str]]:
    with serving_s3() as environment:
        yield environment


@pytest.fixture
def s3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(name, value)
    return make_s3().use(monkeypatch)


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "s3":
        found: Store = request.getfixturevalue("s3")
        return found
    return make_memory().use(monkeypatch)


def place(store: Store, name: str) -> ObjectPlace:
    return ObjectPlace(store.url, name)


def test_an_object_becomes_figures_and_leaves(store: Store, office: Office) -> None:
    store.put("inbox/book/east/三月.CSV", GOOD)
    store.put("inbox/book/.hidden.csv", GOOD)
    store.put("inbox/book/a.csv.part", GOOD)
    assert stages.count_waiting("book") == 1 and stages.waiting_sources() == ["book"]
    office.collect()
    assert office.statuses() == ["accepted"] and stages.count_waiting("book") == 0
    (row,) = office.company.query("SELECT filename, archive_uri, content_hash, claim FROM ledger.batch")
    assert row.filename == "east/三月.CSV"
    assert row.archive_uri == f"{store.url}/archive/{row.content_hash[:2]}/{row.content_hash}.csv"
    assert row.claim.startswith(f"{store.url}/inbox/book/east/三月.CSV|") and row.content_hash in row.claim
    assert store.names("inbox") == ["book/.hidden.csv", "book/a.csv.part"]
    assert store.names("archive") == [f"{row.content_hash[:2]}/{row.content_hash}.csv"], "no drafts left"
    assert not list(office.home.archive.iterdir()) and not list(office.home.inbox.iterdir())


def test_a_refused_object_lies_in_rejected_with_its_list_and_marks(store: Store, office: Office) -> None:
    store.put("inbox/book/bad.csv", BAD)
    store.put("inbox/book/a/b/deep.csv", GOOD)
    office.collect()
    assert office.statuses() == ["refused", "refused"] and store.names("inbox") == []
    returned = {path.name: path for path in (office.home.rejected / "book").rglob("*") if path.is_file()}
    contents = {
        name.partition("_")[2]: path.read_text("utf-8")
        for name, path in returned.items()
        if path.suffix == ".csv"
    }
    assert contents == {"bad.csv": BAD, "a_b_deep.csv": GOOD}
    assert any(name.endswith(".xlsx") for name in returned), "the marked copy"


def test_the_same_content_again_is_told_and_kept_once(store: Store, office: Office) -> None:
    for name in ("a.csv", "b.csv"):
        store.put(f"inbox/book/{name}", GOOD)
        office.collect()
    assert office.statuses() == ["accepted", "unchanged"] and len(store.names("archive")) == 1


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_archive_is_told_and_not_read(store: Store, office: Office, damage: str) -> None:
    store.put("inbox/book/a.csv", GOOD)
    (first,), _ = office.collect()
    (name,) = store.names("archive")
    _, replayed = stages.replay(first, "healthy")
    assert len(replayed) == 1
    stages.load(stages.standardise(stages.validate(replayed)))
    if damage == "changed":
        store.put(f"archive/{name}", GOOD.replace("100", "999"))
    else:
        store.files.rm_file(store.path(f"archive/{name}"))
    _, replayed = stages.replay(first, "damaged")
    assert replayed == [] and office.statuses()[-1] == "failed"
    assert (
        office.company.value(
            "SELECT split_part(failure, ': ', 1) FROM ledger.batch ORDER BY batch_id DESC LIMIT 1"
        )
        == "ArchiveError"
    )


def test_a_local_archive_is_held_to_its_hash_too(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    with archive.drafting(home) as draft:
        draft.write_bytes(b"1")
        uri = archive.put(
            home, draft, "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", ".csv"
        )
    path = Path(uri.removeprefix("file://"))
    with archive.local_copy(uri) as lent:
        assert lent == path and lent.parent.parent == home.archive and not path.stat().st_mode & 0o222
    path.chmod(0o600)
    path.write_bytes(b"2")
    with pytest.raises(ArchiveError, match="isn't what was archived"), archive.local_copy(uri):
        pass
    path.unlink()
    with pytest.raises(ArchiveError, match="gone"), archive.local_copy(uri):
        pass


def test_a_share_keeps_the_archive_and_one_that_is_away_keeps_the_file_in_the_inbox(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "share"
    monkeypatch.setenv("KPI_ARCHIVE", f"file://{share}")
    path = office.drop("a.csv", GOOD)
    with pytest.raises(StorageUnavailableError, match="isn't there"):
        office.collect()  # the task fails and is tried again: a file that waits unseen would be told to nobody
    assert path.exists() and office.statuses() == [] and not share.exists()
    share.mkdir()
    office.collect()
    assert not path.exists() and office.statuses() == ["accepted"]
    assert [found.suffix for found in share.rglob("*") if found.is_file()] == [".csv"]


def test_one_object_that_its_store_does_not_give_holds_up_no_other(
    store: Store, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("inbox/book/a.csv", GOOD)
    store.put("inbox/book/b.csv", GOOD.replace("2026-03", "2026-04"))
    fetch = ObjectPlace.fetch

    def refuse_one(place: ObjectPlace, target: Path) -> None:
        if place.name.endswith("a.csv"):
            raise StorageUnavailableError("refused")
        fetch(place, target)

    monkeypatch.setattr(ObjectPlace, "fetch", refuse_one)
    office.collect()
    assert office.statuses() == ["accepted"] and store.names("inbox") == ["book/a.csv"]
    with pytest.raises(StorageUnavailableError):
        office.collect()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def collect_and_die_at(step: str, run: Run) -> None:
    setattr(extract, step, lambda *_, **__: die())
    stages.extract("book", run)


@pytest.mark.parametrize("step", ["open_batch", "leave_inbox"])
def test_a_run_killed_between_archive_claim_and_removal_counts_once(
    s3: Store, office: Office, step: str
) -> None:
    s3.put("inbox/book/a.csv", GOOD)
    worker = fork.Process(target=collect_and_die_at, args=(step, office.new_run()))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert s3.names("inbox") == ["book/a.csv"] and len(s3.names("archive")) == 1
    office.collect()
    assert office.statuses() == ["accepted"] and s3.names("inbox") == []
    assert len(s3.names("archive")) == 1


def test_an_object_replaced_before_its_claim_stays_and_counts_next(
    store: Store, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("inbox/book/a.csv", GOOD)
    claim = extract.open_batch

    def replace_and_claim(*arguments: Any, **about: Any) -> int | None:
        store.put("inbox/book/a.csv", GOOD.replace("100", "200"))
        return claim(*arguments, **about)

    monkeypatch.setattr(extract, "open_batch", replace_and_claim)
    office.collect()
    monkeypatch.setattr(extract, "open_batch", claim)
    assert store.read("inbox/book/a.csv") == GOOD.replace("100", "200")
    office.collect()
    assert office.statuses() == ["accepted", "accepted"] and store.names("inbox") == []


def test_an_object_replaced_while_it_is_read_waits(
    store: Store, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("inbox/book/a.csv", GOOD)
    fetch = ObjectPlace.fetch

    def fetch_and_replace(self: ObjectPlace, target: Path) -> None:
        fetch(self, target)
        store.put("inbox/book/a.csv", BAD)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectPlace, "fetch", fetch_and_replace)
        office.collect()
    assert office.statuses() == [] and store.names("archive") == []
    assert store.read("inbox/book/a.csv") == BAD


def test_s3_looks_once_more_as_it_removes(s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("inbox/book/a.csv", GOOD)
    dropped = place(s3, "inbox/book/a.csv")
    version, look = dropped.version(), places._version

    def look_and_replace(about: dict[str, Any]) -> Any:
        seen = look(about)
        s3.put("inbox/book/a.csv", BAD)
        return seen

    monkeypatch.setattr(places, "_version", look_and_replace)
    with pytest.raises(StorageUnavailableError):
        dropped.remove(version)
    assert s3.read("inbox/book/a.csv") == BAD


def collect_all(number: int) -> None:
    run = Run(f"collector-{number}", "", "book")
    stages.load(stages.standardise(stages.validate(stages.extract("book", run))))


def test_two_collectors_at_once_count_each_object_once(s3: Store, office: Office) -> None:
    for month in range(1, 7):
        s3.put(f"inbox/book/{month}.csv", f"{HEAD}p1,2026-0{month},a,{month},1\n")
    workers = [fork.Process(target=collect_all, args=(number,)) for number in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(90)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert office.statuses() == ["accepted"] * 6 and s3.names("inbox") == []
    assert office.company.value("SELECT count(*) FROM bi.submission WHERE current") == 6


def test_hostile_names_are_data_only(store: Store, office: Office) -> None:
    names = HOSTILE | (ONLY_MEMORY if store.url.startswith("memory") else {})
    for name in names.values():
        store.put(name, BAD)
    store.put("inbox/other/innocent.csv", GOOD)
    before = {path for path in office.home.root.parent.rglob("*") if office.home.root not in path.parents}
    waiting = list_waiting(inbox_place(office.home) / "book")
    office.collect()
    assert office.statuses() == ["refused"] * len(waiting)
    hidden = sum(".." in name for name in names.values())
    assert len(waiting) == len(names) - hidden - ("nul" in names), (
        "what is hidden or can't be addressed stays"
    )
    assert "other/innocent.csv" in store.names("inbox"), "no name is a pattern"
    returned = [path for path in office.home.rejected.rglob("*") if path.is_file()]
    assert {path.relative_to(office.home.rejected).parts[0] for path in returned} == {"book"}
    after = {path for path in office.home.root.parent.rglob("*") if office.home.root not in path.parents}
    assert after == before


def test_a_name_that_the_driver_reads_as_a_version_is_no_other_object(s3: Store, office: Office) -> None:
    s3.put("inbox/book/a.csv", GOOD)
    trap = "inbox/book/a.csv?versionId=1"
    s3.files.call_s3("put_object", Bucket=s3.path("").rstrip("/"), Key=trap, Body=BAD.encode())
    office.collect()
    assert office.statuses() == ["accepted"]
    inbox = inbox_place(office.home)
    assert [str(found) for found in find_strays(inbox, {"book"})] == [f"{s3.url}/{trap}"]
    assert scan_inbox(inbox / "book") == {}


def test_strays_are_told_once(store: Store, office: Office) -> None:
    store.put("inbox/lost.csv", GOOD)
    store.put("inbox/nobody/a\tb.csv", GOOD)
    store.put("inbox/book/a.csv", GOOD)
    store.put("inbox/nobody/~$lock.xlsx", GOOD)
    assert len(stages.untold_strays()) == 2
    assert [name.replace("\t", " ") for name in stages.report_strays()] == ["lost.csv", "nobody/a b.csv"]
    assert stages.untold_strays() == [] and stages.report_strays() == []


def test_commands_see_what_waits(s3: Store, office: Office) -> None:
    s3.put("inbox/book/a.csv", GOOD)
    command = (str(PROJECT / "kpi"), "test-connection", "book", "--json")
    shown = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert (shown["inbox"], shown["waiting"], shown["unfinished"]) == (f"{s3.url}/inbox/book", ["a.csv"], 0)
    preview = (str(PROJECT / "kpi"), "preview", "book", "--json")
    assert "100" in subprocess.run(preview, capture_output=True, check=True, timeout=60, text=True).stdout
    assert s3.names("inbox") == ["book/a.csv"]


def test_a_store_that_is_away_leaves_the_batch_for_the_next_run(
    s3: Store, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("inbox/book/a.csv", GOOD)
    (first,), _ = office.collect()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setattr(type(s3.files), "retries", 1)
        type(s3.files).clear_instance_cache()
        with pytest.raises(StorageUnavailableError) as told:
            stages.replay(first, "away")
        assert "127.0.0.1" not in str(told.value)
        with pytest.raises(StorageUnavailableError):
            stages.count_waiting("book")
    type(s3.files).clear_instance_cache()
    assert office.statuses() == ["accepted", "read"]
    office.collect()
    assert office.statuses() == ["accepted", "unchanged"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gs://bucket/inbox", "requirements-storage.txt"),
        ("nothing://bucket/inbox", "requirements-storage.txt"),
        ("s3://key:hushhush@bucket/inbox", "no URL such as"),
        ("s3://bucket/inbox?token=hushhush", "no URL such as"),
        ("simplecache::s3://bucket", "no URL such as"),
        ("hushhush", "no URL such as"),
    ],
)
def test_a_wrong_place_is_a_usage_error_without_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setenv("KPI_INBOX", url)
    with pytest.raises(UsageError, match=says) as told:
        scan_inbox(inbox_place(Home(tmp_path)) / "book")
    assert "hushhush" not in str(told.value)
