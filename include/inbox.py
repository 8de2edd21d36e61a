"""The inbox: which dropped files are whole and wait to be collected, and what lies where nobody collects.

A clerk's copy takes a while and may pause, and Excel keeps lock files beside the workbook. Both the watcher that
wakes Airflow and the stage that takes the files in ask here, so that they agree on what a waiting file is. Folders
are looked into, not subscribed to: a network share tells nobody of a change. An object in a store is whole by nature,
and waits from the moment that it is there.
"""

import contextlib
import os
import time
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from include.places import ObjectPlace, Place
from include.wholeness import has_end, tell_oddity

SETTLED_AFTER = 1.0
"""Seconds without a change after which a file counts as wholly written, if its end is there."""
WAITS_AT_MOST = 30.0
"""Seconds without a change after which a file is taken in although its end isn't there, to be told so."""

_TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", "~")
_CLUTTER = {"thumbs.db", "desktop.ini"}
_DEPTH, _DEEPEST = 2, 8


class Stamp(NamedTuple):
    """What tells one version of a file from the next: size in bytes, times of content and of status in ns.

    `oddity` says what it is where it is no plain file in reach: it waits too, to be refused. `tag` is an object's own
    mark of its version.
    """

    size: int
    modified: int
    changed: int
    oddity: str = ""
    tag: str = ""


def scan_inbox(folder: Place) -> dict[Place, Stamp]:
    """Return everything dropped below `folder` with its stamp, written to the end or not.

    Left out are hidden files, Excel's lock files (`~$...`) and names of unfinished downloads. Files count in
    the folder and those directly below it (`inbox/<source>/<unit>/...`); what lies deeper, and links, pipes and
    the like are returned as oddities, and never followed. A folder that is missing or vanishes holds nothing.
    """
    if isinstance(folder, ObjectPlace):
        return {
            place: stamp
            for place, stamp in _list_objects(folder).items()
            if place.is_addressable() and not _is_hidden(place.relative_to(folder))
        }
    return dict(_walk(folder, 1))


def list_waiting(
    folder: Place, settled_after: float | None = None, known: Mapping[Place, Stamp] | None = None
) -> dict[Place, Stamp]:
    """Return what below `folder` is whole, with its stamp, oldest first. Those `known` so are not opened again.

    A file is whole when it wasn't touched for `settled_after` seconds (SETTLED_AFTER unless given) and its end is
    there (see `wholeness`). One without an end may still be on its way: it is waited for until nothing has changed for
    WAITS_AT_MOST seconds, and returned then, for its clerk to be told. The time of the last status change
    decides too: unlike the content's it can't be set by the copier. A clock that is ahead is no hindrance: a
    second look, `settled_after` later, tells whether the file still changes.
    """
    settled_after = SETTLED_AFTER if settled_after is None else settled_after
    found = scan_inbox(folder)
    now = time.time_ns()
    if isinstance(folder, Path) and any(stamp.changed > now for stamp in found.values()):
        time.sleep(settled_after)
        found = {path: stamp for path, stamp in scan_inbox(folder).items() if found.get(path) == stamp}
    known = known or {}
    whole = {
        path: stamp
        for path, stamp in found.items()
        if isinstance(path, ObjectPlace)
        or known.get(path) == stamp
        or _is_whole(path, stamp, now, settled_after)
    }
    return dict(sorted(whole.items(), key=lambda item: (item[1].modified, str(item[0]))))


def find_strays(inbox: Place, sources: Container[str]) -> dict[Place, Stamp]:
    """Return the settled files in `inbox` that no source collects: beside the sources' folders or in others.

    An object whose name its store's driver would take for another's is one too, wherever it lies.
    """
    found: dict[Place, Stamp] = {}
    if isinstance(inbox, ObjectPlace):
        for place, stamp in sorted(_list_objects(inbox).items()):
            source, slash, _ = place.name.partition("/")
            if not place.is_addressable() or not (_is_hidden(place.name) or (slash and source in sources)):
                found[place] = stamp
        return found
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(inbox) as entries:
        for entry in entries:
            if entry.name in sources or _is_temporary(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                found |= scan_inbox(Path(entry.path))
            else:
                found[Path(entry.path)] = _stamp(entry, 1)
    settled = time.time_ns() - int(SETTLED_AFTER * 1e9)
    return {
        path: stamp
        for path, stamp in sorted(found.items(), key=lambda item: str(item[0]))
        if stamp.changed <= settled
    }


def _is_whole(path: Path, stamp: Stamp, now: int, settled_after: float) -> bool:
    touched = max((moment for moment in (stamp.modified, stamp.changed) if moment <= now), default=0)
    quiet = (now - touched) / 1e9
    if quiet < settled_after:
        return False
    if stamp.oddity or (quiet >= WAITS_AT_MOST and touched):
        return True
    try:
        return has_end(path)
    except OSError:
        return False  # gone, or not readable at the moment


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, Stamp]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_temporary(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEEPEST:
                        yield from _walk(Path(entry.path), depth + 1)
                    continue
                yield Path(entry.path), _stamp(entry, depth)
    except (FileNotFoundError, NotADirectoryError):
        return


def _list_objects(folder: ObjectPlace) -> dict[ObjectPlace, Stamp]:
    return {
        place: Stamp(seen.size, seen.modified, seen.modified, tell_depth(place.relative_to(folder)), seen.tag)
        for place, seen in folder.list_objects().items()
    }


def tell_depth(name: str) -> str:
    """Return what is odd about where an object lies, by its name below the source's folder; '' where nothing is."""
    return "folder too deep" if name.count("/") >= _DEPTH else ""


def _is_hidden(name: str) -> bool:
    """Tell whether an object is to be left alone: part of its name is hidden, or that of an unfinished download."""
    return any(_is_temporary(part) for part in name.split("/"))


def _stamp(entry: "os.DirEntry[str]", depth: int) -> Stamp:
    found = entry.stat(follow_symlinks=False)
    oddity = tell_oddity(found) or ("folder too deep" if depth > _DEPTH else "")
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, oddity)


def _is_temporary(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(_TEMPORARY) or name.lower() in _CLUTTER
