"""The zip directory of a package, judged before anything else is opened.

Runs inside the reading child. What the directory says is compared with the file itself: two readers that find
different members in one file would see different numbers.
"""

import struct
import zipfile
import zlib
from pathlib import Path

from include.connectors.workbook.refusing import Limits, megabytes, refusal

_END = b"PK\x05\x06"
_CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OSError,
    EOFError,
    struct.error,
    IndexError,
    MemoryError,
)


def check_archive(path: Path, limits: Limits) -> set[str]:
    """Return the paths of the members: lower case, forward slashes. Every member is unpacked and checked.

    Raises RefusedError with truncated_file, damaged_file, encrypted or limit_exceeded, which names the limit:
    parts, unpacked size, compression ratio, XML document type declarations.
    """
    _check_end(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_directory(members, limits)
            _check_overlaps(members, path.stat().st_size)
            for member in members:
                _check_member(archive, member)
    except NotImplementedError as error:
        raise refusal("damaged_file", detail=f"packed in an unusual way: {error}"[:200]) from error
    except _BROKEN as error:
        raise refusal("damaged_file", detail=f"its zip archive: {error}"[:200]) from error
    return {_plain(member) for member in members}


def _check_end(path: Path) -> None:
    """Refuse a file whose end record isn't its last thing, or isn't the only one before empty bytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 22))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise refusal("truncated_file")
    after = tail[at + 22 :]
    if len(after) != struct.unpack_from("<H", tail, at + 20)[0] and (
        after.strip(b"\0") or tail.count(_END) > 1
    ):
        raise refusal("damaged_file", detail="bytes after the end of its zip archive")


def _check_directory(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise refusal("limit_exceeded", limit="parts", allowed=limits.members, actual=len(members))
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked:
        allowed, actual = megabytes(limits.unpacked), megabytes(unpacked)
        raise refusal("limit_exceeded", limit="unpacked size", allowed=allowed, actual=actual)
    for member in members:
        ratio = member.file_size // max(member.compress_size, 1)
        if member.file_size > 10 << 20 and ratio >= limits.ratio:
            raise refusal("limit_exceeded", limit="compression ratio", allowed=limits.ratio, actual=ratio)
        if member.flag_bits & 1:
            raise refusal("encrypted")
    if len({_plain(member) for member in members}) != len(members):
        raise refusal("damaged_file", detail="two parts of the same name")


def _check_overlaps(members: list[zipfile.ZipInfo], size: int) -> None:
    end = 0
    if min((member.header_offset for member in members), default=0) > 0:
        raise refusal("damaged_file", detail="bytes before the beginning of its zip archive")
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise refusal("damaged_file", detail="parts that lie over one another")
        end = member.header_offset + 30 + len(member.orig_filename) + member.compress_size
    if end > size:
        raise refusal("truncated_file")


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a member to its end, where its checksum is compared; refuse XML with a document type.

    No spreadsheet program writes document types, but entity bombs need them.
    """
    is_xml = _plain(member).endswith((".xml", ".rels"))
    with archive.open(member) as part:
        chunk = part.read(_CHUNK)
        if is_xml and b"<!DOCTYPE" in chunk.replace(b"\0", b""):
            raise refusal("limit_exceeded", limit="XML document type declarations", allowed=0, actual=1)
        while chunk:
            chunk = part.read(_CHUNK)


def _plain(member: zipfile.ZipInfo) -> str:
    return member.filename.lower().replace("\\", "/").lstrip("/")
