"""What a delivered file really is, told from its content, and whether it is safe to open.

Runs inside the reading child. A file's ending is never believed.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from include.errors import Finding, RefusedError

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"BM", "BMP image"),
    (b"%PDF", "PDF document"),
    (b"{\\rtf", "RTF document"),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7-Zip archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"MZ", "Windows program"),
    (b"\x7fELF", "Linux program"),
    (b"PAR1", "Parquet file"),
    (b"SQLite format 3", "SQLite database"),
)


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Bytes unless the name says otherwise; beyond any of them it is refused."""

    memory: int = 1 << 30
    cpu_seconds: int = 120
    wall_seconds: int = 180
    output: int = 2 << 30
    open_files: int = 64
    file: int = 50 << 20
    members: int = 10_000
    unpacked: int = 2 << 30
    ratio: int = 200
    """A member may unpack to this many times its packed size, once it is larger than 10 MiB."""
    rows: int = 1_048_576


def recognise(path: Path, limits: Limits) -> str:
    """Return xlsx (also .xlsm), xlsb, ods, xls or text.

    Raises RefusedError with empty_file, truncated_file, encrypted, damaged_file, not_a_workbook (whose
    `kind` says what the file is) or limit_exceeded.
    """
    size = path.stat().st_size
    if size == 0:
        raise refusal("empty_file")
    if size > limits.file:
        raise refusal(
            "limit_exceeded", limit="file size", allowed=_megabytes(limits.file), actual=_megabytes(size)
        )
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _recognise_zip(path, limits)
    if head.startswith(OLE2):
        return _recognise_ole2(path)
    if head[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00") and head[2:4] in (
        b"\x10\x00", b"\x08\x00", b"\x06\x00", b"\x04\x00",
    ):  # fmt: skip
        return "xls"
    return _recognise_plain(head)


def refusal(code: str, **params: object) -> RefusedError:
    """Return a refusal of the whole file."""
    return RefusedError([Finding(code=code, found=str(params.pop("found", "")), params=params)])


def _recognise_plain(head: bytes) -> str:
    for signature, name in _SIGNATURES:
        if head.startswith(signature) and (len(signature) > 2 or b"\x00" in head):
            raise refusal("not_a_workbook", kind=name)
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = head.decode("utf-16", "ignore").lstrip("\ufeff\r\n\t ").lower().encode()
    elif b"\x00" in head:
        raise refusal("not_a_workbook", kind="binary file of unknown kind")
    if (
        start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body"))
        or b"<html" in start[:1024]
    ):
        raise refusal("not_a_workbook", kind="HTML page")
    if start.startswith((b"<?xml", b"<workbook", b"<ss:")):
        spreadsheet = b"urn:schemas-microsoft-com:office:spreadsheet" in start
        raise refusal("not_a_workbook", kind="XML spreadsheet of 2003" if spreadsheet else "XML document")
    if start.startswith(b"mime-version:"):
        raise refusal("not_a_workbook", kind="web archive (MHTML)")
    if start.startswith((b"id;p", b"table\r\n0,1", b"table\n0,1")):
        raise refusal("not_a_workbook", kind="SYLK file" if start.startswith(b"id;") else "DIF file")
    return "text"


def _recognise_zip(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_size(members, limits)
            _check_declarations(archive, members)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        OSError,
        EOFError,
        struct.error,
        NotImplementedError,
    ) as error:
        raise refusal("truncated_file") from error
    except RuntimeError as error:  # what zipfile raises for a member with a password
        raise refusal("encrypted") from error
    names = {member.filename.lower().replace("\\", "/").lstrip("/") for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise refusal("encrypted")
    if len(names) != len(members):
        raise refusal("damaged_file", detail="two parts of the same name")
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return _recognise_open_document(path)
    raise refusal("not_a_workbook", kind=_name_zip(names))


def _check_size(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits.members:
        raise refusal("limit_exceeded", limit="parts", allowed=limits.members, actual=len(members))
    if unpacked > limits.unpacked:
        raise refusal(
            "limit_exceeded",
            limit="unpacked size",
            allowed=_megabytes(limits.unpacked),
            actual=_megabytes(unpacked),
        )
    for member in members:
        if member.file_size > 10 << 20 and member.file_size > limits.ratio * max(member.compress_size, 1):
            ratio = member.file_size // max(member.compress_size, 1)
            raise refusal("limit_exceeded", limit="compression ratio", allowed=limits.ratio, actual=ratio)


def _check_declarations(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Refuse parts with a document type: no spreadsheet program writes one, but entity bombs need it."""
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels")):
            with archive.open(member) as part:
                if b"<!DOCTYPE" in part.read(2048):
                    raise refusal(
                        "limit_exceeded", limit="XML document type declarations", allowed=0, actual=1
                    )


def _recognise_open_document(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        kind = archive.read("mimetype")[:200]
        manifest = (
            archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
        )
    if b"encryption-data" in manifest:
        raise refusal("encrypted")
    if b"spreadsheet" not in kind:
        raise refusal("not_a_workbook", kind=kind.decode("ascii", "replace"))
    return "ods"


def _name_zip(names: set[str]) -> str:
    known = {
        "word/": "Word document",
        "ppt/": "PowerPoint presentation",
        "index/document.iwa": "Apple Numbers document",
    }
    for start, name in known.items():
        if any(member.startswith(start) for member in names):
            return name
    return "zip archive"


def _recognise_ole2(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise refusal("encrypted")
    directory = content.lower()
    if not any((name + "\0").encode("utf-16-le") in directory for name in ("workbook", "book")):
        for name, kind in (
            ("worddocument", "Word document"),
            ("powerpoint document", "PowerPoint presentation"),
        ):
            if name.encode("utf-16-le") in directory:
                raise refusal("not_a_workbook", kind=kind)
        if len(content) < 1536:
            raise refusal("truncated_file")
    if _has_password_record(content):
        raise refusal("encrypted")
    return "xls"


def _has_password_record(content: bytes) -> bool:
    """Tell whether a BIFF stream holds FILEPASS, which stands within the first records after its BOF.

    calamine reports XOR encryption as an unknown code page, so it can't be left to it.
    """
    for offset in range(512, len(content) - 8, 64):
        if content[offset : offset + 2] != b"\x09\x08" or content[offset + 6 : offset + 8] != b"\x05\x00":
            continue
        position = offset
        for _ in range(12):
            if position + 4 > len(content):
                break
            code, length = struct.unpack_from("<HH", content, position)
            if code == 0x2F:
                return True
            position += 4 + length
    return False


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
