"""Whether a dropped file is there to its end, told from the file itself.

A copy that pauses looks settled. A zip (.xlsx, .xlsb, .ods) ends with its directory, an OLE2 file (.xls) says how
many sectors it has, and of any other file it is known at least whether somebody still has it open for writing.
"""

import fcntl
import os
import signal
import stat
import struct
from pathlib import Path
from typing import BinaryIO

_ZIP, _OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _LONGEST_COMMENT = b"PK\x05\x06", 0xFFFF
_NO_SECTOR = 0xFFFFFFFF


def tell_oddity(status: os.stat_result) -> str:
    """Return what a thing in an inbox is where it is no file of its own; '' for a plain file.

    A link's content belongs to another place, and may change after it was read or be nobody's to deliver.
    """
    if stat.S_ISLNK(status.st_mode):
        return "symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "pipe, socket or device"
    return "hard link" if status.st_nlink > 1 else ""


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading without following a link or waiting for a pipe's other end. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def has_end(path: Path) -> bool:
    """Tell whether the file's content shows that it is whole; False for an empty one.

    Text has no end to be seen: it counts as whole unless a writer holds it open, where the file system tells.
    Raises OSError.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(512)
        if head.startswith(_ZIP):
            return _has_zip_end(file, size)
        if head.startswith(_OLE2):
            return len(head) == 512 and _has_last_sector(file, head, size)
        return size > 0 and not _has_writer(file)


def _has_zip_end(file: BinaryIO, size: int) -> bool:
    """Tell whether the directory's end is there and the directory that it names before it."""
    start = max(0, size - _LONGEST_COMMENT - 22)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < 22:
        return False
    length, offset, comment = struct.unpack_from("<IIH", tail, place + 12)
    is_zip64 = _NO_SECTOR in (length, offset)
    return bool(len(tail) - place - 22 >= comment and (is_zip64 or offset + length <= start + place))


def _has_last_sector(file: BinaryIO, head: bytes, size: int) -> bool:
    """Tell whether the last sector that the allocation tables use begins within the file."""
    (shift,) = struct.unpack_from("<H", head, 30)
    tables, chained = struct.unpack_from("<I", head, 44)[0], struct.unpack_from("<I", head, 68)[0]
    if shift not in (9, 12):
        return True  # no OLE2 that the reader knows: it says so
    sector, listed = 1 << shift, list(struct.unpack_from("<109I", head, 76))
    per_sector = sector // 4
    while chained < 0xFFFFFFFA and len(listed) < tables:  # tables beyond the 109 that the header names
        block = _read_sector(file, chained, sector)
        if len(block) < sector:
            return False
        *more, chained = struct.unpack(f"<{per_sector}I", block)
        listed += more
    used = [number for number in listed[:tables] if number != _NO_SECTOR]
    last = 0
    for place, number in enumerate(used):
        block = _read_sector(file, number, sector)
        if len(block) < sector:
            return False
        taken = [i for i, entry in enumerate(struct.unpack(f"<{per_sector}I", block)) if entry != _NO_SECTOR]
        last = place * per_sector + taken[-1] if taken else last
    return bool(size > (last + 1) * sector)


def _read_sector(file: BinaryIO, number: int, sector: int) -> bytes:
    file.seek((number + 1) * sector)
    return file.read(sector)


def _has_writer(file: BinaryIO) -> bool:
    """Tell whether anybody has the file open for writing; False where the file system can't tell (a share).

    A read lease is only given while there is no writer. It is given back at once; should a writer come in
    between, it waits that long, and the signal that asks for the lease is one that nobody minds.
    """
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except (OSError, AttributeError):
        return False
    return False
