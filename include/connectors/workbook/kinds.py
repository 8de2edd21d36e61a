"""What a delivered file really is, told from its content, and whether it is safe to open.

Runs inside the reading child. A file's ending is never believed.
"""

import zipfile
from pathlib import Path

from include.connectors.workbook.archive import check_archive
from include.connectors.workbook.legacy import OLE2, has_password, stream_names
from include.connectors.workbook.refusing import Limits, megabytes, refusal

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
_CONTAINERS = {
    "worddocument": "Word document",
    "powerpoint document": "PowerPoint presentation",
    "visiodocument": "Visio drawing",
    "__properties_version1.0": "Outlook message",
    "wksssworkbook": "Microsoft Works spreadsheet",
}


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
            "limit_exceeded", limit="file size", allowed=megabytes(limits.file), actual=megabytes(size)
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


def _recognise_plain(head: bytes) -> str:
    for signature, name in _SIGNATURES:
        if head.startswith(signature) and (len(signature) > 2 or b"\x00" in head):
            raise refusal("not_a_workbook", kind=name)
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = head.decode("utf-16", "ignore").lstrip("\ufeff\r\n\t ").lower().encode()
    elif _is_utf16(head):
        start = head.replace(b"\0", b"").lstrip(b"\r\n\t ").lower()
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


def _is_utf16(head: bytes) -> bool:
    """Whether it may be UTF-16 text without a mark: zero bytes beside commas and digits, at one side only."""
    sides = (head[::2].count(0), head[1::2].count(0))
    return min(sides) == 0 and max(sides) > len(head) // 16


def _recognise_zip(path: Path, limits: Limits) -> str:
    names = check_archive(path, limits)
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return _recognise_open_document(path)
    raise refusal("not_a_workbook", kind=_name_zip(names))


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
    if len(content) < 1536:
        raise refusal("truncated_file")
    streams = stream_names(content)
    if "encryptedpackage" in streams:
        raise refusal("encrypted")
    if not {"workbook", "book"} & streams:
        known = (kind for name, kind in _CONTAINERS.items() if name in streams)
        raise refusal("not_a_workbook", kind=next(known, "OLE2 container without a workbook"))
    if has_password(content):
        raise refusal("encrypted")
    return "xls"
