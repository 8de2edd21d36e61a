"""The archive: every delivered file under the hash of its content, written once and read back as it was."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from include.errors import ArchiveError, StorageUnavailableError
from include.home import Home
from include.places import archive_place, locate

_GIVEN_UP = 24 * 3600
"""Seconds after which nobody fills a draft any more: a delivered file is copied in minutes."""
_HASH = re.compile(r"[0-9a-f]{64}")


@contextmanager
def drafting(home: Home) -> Iterator[Path]:
    """Lend an empty local file to be filled for `put`; what is left of it at the end is removed.

    So is what a process that was killed left of one, a day later.
    Raises StorageUnavailableError where a share that KPI_ARCHIVE names isn't mounted.
    """
    place = archive_place(home)
    folder = place if isinstance(place, Path) else None
    if folder == home.archive:
        folder.mkdir(parents=True, exist_ok=True)
    elif folder and not folder.is_dir():
        raise StorageUnavailableError(f"the archive {folder} isn't there")
    if folder:
        _clear(folder)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    for left in folder.glob(".*.part"):
        try:
            if time.time() - left.stat().st_mtime > _GIVEN_UP:
                left.unlink()
        except FileNotFoundError:
            continue


def put(home: Home, draft: Path, content_hash: str, suffix: str) -> str:
    """Keep a filled draft under its content's hash, read-only, and return its URI. It is there whole or not at all."""
    place = archive_place(home) / content_hash[:2] / f"{content_hash}{suffix}"
    if isinstance(place, Path):
        place.parent.mkdir(exist_ok=True)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.chmod(0o440)
        draft.replace(place)
        return f"file://{place}"
    try:
        is_kept = place.version().size == draft.stat().st_size
    except FileNotFoundError:
        is_kept = False
    if not is_kept:
        place.put(draft)
    return str(place)


@contextmanager
def local_copy(uri: str) -> Iterator[Path]:
    """Lend an archived file as a local path: the very file where it is one, else a copy of the object.

    Raises ArchiveError where it is gone or its content has another hash than its name says. Local files that weren't
    archived, such as marked copies, are lent as they are.
    """
    place = locate(uri)
    with ExitStack() as lent:
        try:
            path = place if isinstance(place, Path) else lent.enter_context(place.local_copy())
            _check(uri, path)
        except FileNotFoundError as error:
            raise ArchiveError(f"{uri} is gone") from error
        yield path


def _check(uri: str, path: Path) -> None:
    named = _HASH.match(uri.rpartition("/")[2])
    if named is None and uri.startswith("file://"):
        return
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if named is None or found != named.group():
        raise ArchiveError(f"{uri} isn't what was archived: its content has another hash than its name says")
