"""Intake: dropped files out of the inbox, each archived under its content's hash before anything is made of it.

The order makes a crash harmless: archived, then claimed in the warehouse, then removed from the inbox. A file
that was claimed and left lying is recognised by its claim and not counted again.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from include.errors import Finding
from include.home import Home
from include.messages import word

MOST_BYTES = 200
"""Bytes that a refused file's name may keep: with number and ending it stays below the 255 of a file system."""


@dataclass(frozen=True)
class Intake:
    """A file taken in: its name as data, the hash of its bytes, where it is archived, and the claim on it."""

    path: Path
    filename: str
    content_hash: str
    archive: Path
    claim: str


def archive_file(path: Path, inbox: Path, home: Home) -> Intake:
    """Copy a whole file into the archive under its hash, read-only, and return what identifies it.

    Its name is told from `inbox` on, so that a unit's folder stays part of it; a file from elsewhere has its
    own name only.

    The same content is archived once. The claim names the file's place and version, so that the same
    content dropped again is another delivery (and told so), while a rerun meets its own claim.
    """
    status = path.stat(follow_symlinks=False)
    digest = hashlib.sha256()
    folder = home.archive
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{os.getpid()}-{status.st_ino}.part"
    with path.open("rb") as source, draft.open("wb") as target:
        while block := source.read(1 << 20):
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    content_hash = digest.hexdigest()
    archive = folder / content_hash[:2] / f"{content_hash}{_suffix(path)}"
    archive.parent.mkdir(exist_ok=True)
    draft.chmod(0o440)
    draft.replace(archive)
    name = path.relative_to(inbox) if path.is_relative_to(inbox) else Path(path.name)
    filename = str(name).encode("utf-8", "replace").decode("utf-8")
    place = os.fsencode(path).decode("utf-8", "backslashreplace")
    # The time of the status tells a copy that kept its times (Explorer, cp -p) from the file that it repeats.
    claim = f"{place}|{_stamp(status)}|{content_hash}"
    return Intake(path, filename, content_hash, archive, claim)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def _suffix(path: Path) -> str:
    """Return the ending, where it is plain: names are data, and the archive's are ours."""
    ending = path.suffix.lower()
    return ending if ending[1:].isalnum() and ending.isascii() and len(ending) <= 6 else ""


def leave_inbox(intake: Intake) -> None:
    """Remove a claimed file from the inbox, unless it was replaced meanwhile: then it waits as a new delivery."""
    try:
        status = intake.path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if intake.claim.split("|")[-2] == _stamp(status):
        intake.path.unlink(missing_ok=True)


def reject_file(
    home: Home, source: str, batch_id: int, filename: str, archive: Path, findings: list[Finding]
) -> Path:
    """Put a refused file into `rejected/<source>/` beside a list of what is wrong; return the file's new place."""
    folder = home.rejected / source
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in filename)
    short = name.encode()[-MOST_BYTES:].decode(
        "utf-8", "ignore"
    )  # of a long name the end, which tells the kind
    target = folder / f"{batch_id}_{short or 'file'}"
    shutil.copyfile(archive, target)
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
