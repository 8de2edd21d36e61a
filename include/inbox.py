"""The inbox: which dropped files are whole and wait to be collected.

A clerk's copy takes a while, and Excel keeps lock files beside the workbook. Both the watcher that wakes
Airflow and the stage that takes the files in ask here, so that they agree on what a waiting file is.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SETTLED_AFTER = 1.0
"""Seconds without a change after which a file counts as wholly written."""

_TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", "~")
_DEPTH = 2


class Stamp(NamedTuple):
    """What tells one version of a file from the next: size in bytes, times of content and of status in ns."""

    size: int
    modified: int
    changed: int


def scan_inbox(folder: Path) -> dict[Path, Stamp]:
    """Return every file waiting below `folder` with its stamp, written to the end or not.

    Folders are searched two deep (`inbox/<source>/<unit>/...`). Left out are hidden files, Excel's lock
    files (`~$...`), names of unfinished downloads and everything that is no regular file: a symbolic link
    could point anywhere. A folder that is missing or vanishes meanwhile holds nothing.
    """
    return dict(_walk(folder, _DEPTH))


def list_waiting(folder: Path, settled_after: float = SETTLED_AFTER) -> list[Path]:
    """Return the files below `folder` that weren't touched for `settled_after` seconds, oldest first.

    The time of the last status change decides too: unlike the content's time it can't be set by the copier.
    A file dated in the future (another machine's clock) is judged by the status time alone.
    """
    now = time.time_ns()
    settled = now - int(settled_after * 1e9)
    waiting = [
        (stamp.modified, path)
        for path, stamp in scan_inbox(folder).items()
        if stamp.changed <= settled and (stamp.modified <= settled or stamp.modified > now)
    ]
    return [path for _, path in sorted(waiting)]


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, Stamp]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_temporary(entry.name):
                    continue
                if entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    yield Path(entry.path), Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                elif depth > 1 and entry.is_dir(follow_symlinks=False):
                    yield from _walk(Path(entry.path), depth - 1)
    except (FileNotFoundError, NotADirectoryError):
        return


def _is_temporary(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(_TEMPORARY) or name.lower() in _CLUTTER


_CLUTTER = {"thumbs.db", "desktop.ini"}
