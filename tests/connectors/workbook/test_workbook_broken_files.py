"""Files that can't be read in full are refused with a true reason, and never hurt this process."""

import os
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from include.connectors.workbook import read_workbook
from include.connectors.workbook.kinds import recognise
from include.connectors.workbook.refusing import Limits
from include.errors import Finding, RefusedError
from include.messages import MESSAGES, word

WriteBook = Callable[..., Path]
Refused = Callable[..., list[Finding]]


def _ole2_with(name: str, stream: bytes = b"") -> bytes:
    """Return an OLE2 container with a FAT sector, a directory of the root and `name`, and its one sector."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 0, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header += b"\xff" * (512 - len(header))
    fat = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE) + b"\xff" * 500

    def entry(name: str, kind: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        tree = struct.pack("<iii", -1, -1, 1 if kind == 5 else -1)
        entry = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + tree
        return entry.ljust(116, b"\0") + struct.pack(
            "<iII", 2 if kind == 2 else -2, 512 if kind == 2 else 0, 0
        )

    return header + fat + entry("Root Entry", 5) + entry(name, 2) + bytes(256) + stream.ljust(512, b"\0")


def _password_xls() -> bytes:
    stream = struct.pack("<HH", 0x809, 16) + struct.pack("<HH", 0x600, 5) + bytes(12)
    stream += struct.pack("<HHHHH", 0x2F, 6, 0, 1, 2) + bytes(100)
    return _ole2_with("Workbook", stream)


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        (b"", "empty_file", None),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_a_workbook", "PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not_a_workbook", "JPEG image"),
        (b"%PDF-1.7\n%\xe2", "not_a_workbook", "PDF document"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "not_a_workbook", "HTML page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "not_a_workbook",
            "XML spreadsheet of 2003",
        ),
        (bytes(range(256)), "not_a_workbook", "binary file of unknown kind"),
        (b"PK\x03\x04" + bytes(200), "truncated_file", None),
        (_ole2_with("EncryptedPackage"), "encrypted", None),
        (_ole2_with("WordDocument"), "not_a_workbook", "Word document"),
        (_password_xls(), "encrypted", None),
        (_ole2_with("Workbook"), "damaged_file", None),
    ],
)
def test_what_a_file_is_is_told_from_its_content(
    tmp_path: Path, refused: Refused, content: bytes, code: str, kind: str | None
) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(content)
    [finding] = refused(read_workbook, path)
    assert finding.code == code
    assert finding.params.get("kind") == kind
    assert word(finding, "title", "zh")
    if code not in ("damaged_file",):
        [direct] = refused(recognise, path, Limits())
        assert direct.code == code


def test_half_a_file_is_truncated(write_book: WriteBook, refused: Refused) -> None:
    path = write_book({"s": [[row, "text"] for row in range(500)]})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert refused(read_workbook, path)[0].code == "truncated_file"


def test_zip_without_a_workbook_says_what_it_is(tmp_path: Path, refused: Refused) -> None:
    for name, kind in (("word/document.xml", "Word document"), ("a.txt", "zip archive")):
        with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
            archive.writestr(name, "x")
        [finding] = refused(read_workbook, tmp_path / "x.xlsx")
        assert (finding.code, finding.params["kind"]) == ("not_a_workbook", kind)


def test_bombs_name_the_limit_that_they_break(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(30 << 20))
    [finding] = refused(read_workbook, path)
    assert (finding.code, finding.params["limit"]) == ("limit_exceeded", "compression ratio")

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
        )
    [finding] = refused(read_workbook, path)
    assert (finding.code, finding.params["limit"]) == ("limit_exceeded", "XML document type declarations")


def test_one_far_cell_ends_as_a_memory_limit_and_other_files_flow(
    write_book: WriteBook, refused: Refused
) -> None:
    good = write_book({"s": [[1]]}, name="good.xlsx")
    path = write_book({"s": [[1]]}, name="far.xlsx")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    [finding] = refused(read_workbook, path)
    assert (finding.code, finding.params["limit"]) == ("limit_exceeded", "memory")
    assert read_workbook(good).sheets[0].text(1, 1) == "1"


def test_time_and_size_limits_are_refusals(write_book: WriteBook, refused: Refused) -> None:
    path = write_book({"s": [[1]]})
    [finding] = refused(read_workbook, path, limits=Limits(wall_seconds=0))
    assert (finding.code, finding.params["limit"]) == ("limit_exceeded", "time")
    [finding] = refused(read_workbook, path, limits=Limits(file=100))
    assert (finding.code, finding.params["limit"]) == ("limit_exceeded", "file size")


def test_links_and_pipes_are_no_files(write_book: WriteBook, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "link.xlsx").symlink_to(write_book({"s": [[1]]}))
    os.mkfifo(tmp_path / "pipe.xlsx")
    for name in ("link.xlsx", "pipe.xlsx"):
        assert refused(read_workbook, tmp_path / name)[0].code == "not_a_workbook"


def test_flipped_bytes_are_read_or_refused_but_never_raise_otherwise(write_book: WriteBook) -> None:
    path = write_book({"s": [[row, f"t{row}", row / 7] for row in range(60)]})
    content, pick = path.read_bytes(), random.Random(3)
    for _ in range(8):
        changed = bytearray(content)
        for _ in range(4):
            changed[pick.randrange(len(changed))] = pick.randrange(256)
        path.write_bytes(bytes(changed))
        try:
            read_workbook(path)
        except RefusedError as error:
            assert [finding.code in MESSAGES for finding in error.findings] == [True]
