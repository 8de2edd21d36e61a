"""Intake: dropped files out of the inbox, each archived under its content's hash before anything is made of it.

The order makes a crash harmless: archived, then claimed in the warehouse, then removed from the inbox. A file
that was claimed and left lying is recognised by its claim and not counted again. Names are data: none becomes part
of a path of ours but as one cleaned component.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from include import archive
from include.errors import Finding, StorageUnavailableError
from include.home import Home
from include.inbox import tell_depth
from include.messages import word
from include.places import ObjectPlace, Place, Version, write_place
from include.wholeness import open_plain, tell_oddity

log = logging.getLogger(__name__)
ASIDE = ".taken"
MOST_BYTES = 200
"""Bytes that a refused file's name may keep: with number and ending it stays below the 255 of a file system."""


class ChangedError(OSError):
    """A file changed while it was read, or is no plain file any more: it stays, for the next look."""


@dataclass(frozen=True)
class Intake:
    """A file taken in: its name as data, the hash of its bytes, where it is archived, and the claim on it.

    `version` tells this version of the file from the next one of the same name.
    """

    path: Place
    filename: str
    content_hash: str
    archive_uri: str
    claim: str
    version: tuple[int, int, int] | Version


def archive_file(path: Place, inbox: Place, home: Home) -> Intake:
    """Copy a whole file or object into the archive under its hash, read-only, and return what identifies it.

    Its name is told from `inbox` on, so that a unit's folder stays part of it; a file from elsewhere has its
    own name only. Links below `inbox` aren't followed.

    The same content is archived once. The claim names the file's place and version, so that the same
    content dropped again is another delivery (and told so), while a rerun meets its own claim. Raises
    ChangedError where somebody wrote to it meanwhile: what was copied is thrown away.
    """
    with archive.drafting(home) as draft:
        if isinstance(path, ObjectPlace):
            stamp, content_hash = _fetch(path, draft)
            version: tuple[int, int, int] | Version = stamp
            claimed = str(stamp)
        else:
            status, content_hash = _copy(path, draft, is_dropped=_is_below(path, inbox))
            version, claimed = _version(status), _stamp(status)
        uri = archive.put(home, draft, content_hash, _suffix(path))
    # The time of the status tells a copy that kept its times (Explorer, cp -p) from the file that it repeats.
    claim = f"{write_place(path)}|{claimed}|{content_hash}"
    return Intake(path, _name(path, inbox), content_hash, uri, claim, version)


def _fetch(place: ObjectPlace, draft: Path) -> tuple[Version, str]:
    version = place.version()
    place.fetch(draft)
    if place.version() != version:
        raise ChangedError("it changed while it was read")
    with draft.open("rb") as content:
        return version, hashlib.file_digest(content, "sha256").hexdigest()


def _copy(path: Path, draft: Path, *, is_dropped: bool) -> tuple[os.stat_result, str]:
    digest = hashlib.sha256()
    with open_plain(path) if is_dropped else path.open("rb") as source:
        status = os.fstat(source.fileno())
        if is_dropped and tell_oddity(status):
            raise ChangedError(f"no plain file: a {tell_oddity(status)}")
        with draft.open("wb") as target:
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
        if _stamp(os.fstat(source.fileno())) != _stamp(status):
            raise ChangedError("it changed while it was read")
    return status, digest.hexdigest()


def _is_below(path: Path, inbox: Place) -> bool:
    return isinstance(inbox, Path) and path.is_relative_to(inbox)


def _name(path: Place, inbox: Place) -> str:
    if isinstance(path, ObjectPlace):
        name = path.relative_to(inbox) if isinstance(inbox, ObjectPlace) else path.name
    elif isinstance(inbox, Path) and path.is_relative_to(inbox):
        name = str(path.relative_to(inbox))
    else:
        name = path.name
    return name.encode("utf-8", "replace").decode("utf-8")


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """Return what a file keeps when it is renamed, and a replacement of it doesn't have."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _suffix(path: Place) -> str:
    """Return the ending, where it is plain: names are data, and the archive's are ours."""
    ending = path.suffix.lower()
    return ending if ending[1:].isalnum() and ending.isascii() and len(ending) <= 6 else ""


def leave_inbox(intake: Intake) -> None:
    """Remove a claimed file from the inbox, unless it was replaced or written to meanwhile: then it waits anew.

    It is moved aside first and looked at there: a file that takes its name between a look and a removal would
    be lost. What a killed run left aside is cleared by `clear_aside`. An object whose store fails stays: the next run
    meets its claim.
    """
    if isinstance(intake.path, ObjectPlace):
        assert isinstance(intake.version, Version)
        try:
            intake.path.remove(intake.version)
        except StorageUnavailableError as error:
            log.warning("a claimed object stays in the inbox: %s", error)
        return
    aside = intake.path.with_name(f".{intake.content_hash}{ASIDE}")
    try:
        if _version(intake.path.lstat()) != intake.version:
            return
        intake.path.rename(aside)
        if _version(aside.lstat()) == intake.version:
            aside.unlink()
            return
        _put_back(aside, intake.path)
    except FileNotFoundError:
        return  # another run took it, or its clerk took it back: the archive has it


def _put_back(aside: Path, path: Path) -> None:
    """Give a file its name back, or another one where a third file has taken it."""
    free = path if not path.exists() else path.with_name(f"{aside.stat().st_ino}{_suffix(path)}")
    aside.rename(free)


def clear_aside(inbox: Place) -> None:
    """See to files that a killed run had moved aside: one that is archived goes, another one waits anew."""
    if isinstance(inbox, ObjectPlace):
        return  # nothing is moved aside there
    for aside in [*inbox.glob(f".*{ASIDE}"), *inbox.glob(f"*/.*{ASIDE}")]:
        with contextlib.suppress(OSError):
            if time.time() - aside.lstat().st_ctime < 60:
                continue  # its run may be alive
            digest = hashlib.sha256(aside.read_bytes()).hexdigest()
            if aside.name == f".{digest}{ASIDE}":
                aside.unlink()
            else:
                _put_back(aside, aside.with_name(f"{digest[:16]}"))


@dataclass(frozen=True)
class Oddity:
    """What was dropped and is no file of its own: its name as data, what it is, and the claim on it."""

    path: Place
    filename: str
    kind: str
    claim: str
    version: Version | None = None


def find_oddity(path: Place, inbox: Place) -> Oddity | None:
    """Return what is odd about a dropped thing, None for a plain file in reach. Raises OSError where it is gone."""
    if isinstance(path, ObjectPlace):
        name = _name(path, inbox)
        kind = tell_depth(name)
        version = path.version() if kind else None
        return Oddity(path, name, kind, f"{write_place(path)}|{version}|{kind}", version) if kind else None
    assert isinstance(inbox, Path)
    status = path.lstat()
    kind = tell_oddity(status)
    if not kind and len(path.relative_to(inbox).parts) > 2:
        kind = "folder too deep"
    claim = f"{write_place(path)}|{_stamp(status)}|{kind}"
    return Oddity(path, _name(path, inbox), kind, claim) if kind else None


def set_aside(home: Home, source: str, batch_id: int, oddity: Oddity, findings: list[Finding]) -> None:
    """Take a refused oddity out of the inbox, and list in `rejected/<source>/` what was wrong.

    A link or pipe holds nothing and is removed; a file with a second name, or in too deep a folder, is moved.
    """
    target = _list_findings(home, source, batch_id, oddity.filename, findings)
    if isinstance(oddity.path, ObjectPlace):
        assert oddity.version is not None
        oddity.path.fetch(target)
        oddity.path.remove(oddity.version)
    elif oddity.kind in ("hard link", "folder too deep"):
        shutil.move(oddity.path, target)
    else:
        oddity.path.unlink(missing_ok=True)


def reject_file(
    home: Home, source: str, batch_id: int, filename: str, archived: Path, findings: list[Finding]
) -> Path:
    """Put a refused file into `rejected/<source>/` beside a list of what is wrong; return the file's new place."""
    target = _list_findings(home, source, batch_id, filename, findings)
    shutil.copyfile(archived, target)
    return target


def _list_findings(home: Home, source: str, batch_id: int, filename: str, findings: list[Finding]) -> Path:
    """Write what is wrong beside the place that the refused file is given, and return that place."""
    folder = home.rejected / source
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in filename)
    short = name.encode()[-MOST_BYTES:].decode(
        "utf-8", "ignore"
    )  # of a long name the end, which tells the kind
    target = folder / f"{batch_id}_{short or 'file'}"
    listed = [
        {
            "code": f.code,
            "level": f.level,
            "sheet": f.sheet,
            "cell": f.cell,
            "column": f.column,
            "found": f.found,
        }
        | {
            part: {lang: word(f, part, lang) for lang in ("zh", "en")}
            for part in ("title", "expected", "remedy")
        }
        for f in findings
    ]
    (folder / f"{target.name}.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1), "utf-8")
    return target
