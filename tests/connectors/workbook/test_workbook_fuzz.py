"""Workbooks of all kinds with bytes and parts mutated: read or refused with a typed reason, never anything else.

KPI_TEST_EXAMPLES says how many cases are wanted: 10,000 with --long. Each is a child of its own under the reader's
limits, so that an abort ends that child only.
"""

import datetime as dt
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.connectors.workbook.refusing import Limits
from include.errors import Finding
from include.messages import MESSAGES, word
from tests.connectors.workbook.forking import ForkingReader
from tests.odd_workbooks import FOLDER

EXAMPLES = os.environ.get("KPI_TEST_EXAMPLES")  # the tests themselves run in an environment of their own
BINARY = ("ErrorTypes.xlsb", "tests__issue_182.xlsb", "test-data__spreadsheet__testEXCEL_95.xls")
LIMITS = Limits(memory=400 << 20, cpu_seconds=10)
Mutation = tuple[str, int, int, int]


def openpyxl_book() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in range(30):
        sheet.append([f"厂{row}", row / 7, dt.date(2026, 3, 1 + row % 28), row % 2 == 0, "=A1"])
    sheet.merge_cells("A1:B2")
    book.create_sheet("二")["C7"] = "#REF!"
    book.save(target)
    return target.getvalue()


def xlsxwriter_book() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("数")
        sheet.write_row(0, 0, ["甲", "乙", 1.5, True])
        sheet.write_formula(1, 0, "=1/0", value="#DIV/0!")
        sheet.write_formula(1, 1, "=A1")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=数!$C$1"})
        book.add_chartsheet().set_chart(chart)
    return target.getvalue()


def xlwt_book() -> bytes:
    book, target = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("库存")
    sheet.write_merge(0, 0, 0, 2, "月报")
    for row in range(1, 30):
        sheet.write(row, 0, f"品{row}")
        sheet.write(row, 1, row / 7)
        sheet.write(row, 2, xlwt.Formula("A1"))
    book.save(target)
    return target.getvalue()


def open_document() -> bytes:
    cell = '<table:table-cell office:value-type="{}" office:value="7"><text:p>7</text:p></table:table-cell>'
    rows = "<table:table-row>" + (cell.format("float") * 3 + cell.format("string")) + "</table:table-row>"
    names = " ".join(
        f'xmlns:{word}="urn:oasis:names:tc:opendocument:xmlns:{word}:1.0"'
        for word in ("office", "table", "text")
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="s">{rows * 5}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return target.getvalue()


def all_books() -> list[bytes]:
    made = [openpyxl_book(), xlsxwriter_book(), xlwt_book(), open_document()]
    made.append("工厂,良率\r\n苏州,0.98\r\n".encode("gbk"))
    return made + [(FOLDER / name).read_bytes() for name in BINARY if (FOLDER / name).exists()]


@pytest.fixture
def books() -> list[bytes]:
    return all_books()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ForkingReader]:
    with ForkingReader(tmp_path) as reader:
        yield reader


MUTATIONS: dict[str, Callable[[bytearray, int, int, int], bytearray]] = {
    "set": lambda data, at, _, value: data[:at] + bytes([value]) + data[at + 1 :],
    "flip": lambda data, at, _, value: data[:at] + bytes([data[at] ^ (1 << value % 8)]) + data[at + 1 :],
    "cut": lambda data, at, length, _: data[:at] + data[at + length :],
    "end": lambda data, at, _length, _: data[:at],
    "repeat": lambda data, at, length, _: data[: at + length] + data[at:],
    "fill": lambda data, at, length, value: data[:at] + bytes([value]) * length + data[at + length :],
    "big": lambda data, at, _, value: data[:at] + b"\xff\xff\xff" + bytes([value | 0x70]) + data[at + 4 :],
    "digits": lambda data, at, _, value: data[:at] + b"9" * (1 + value % 12) + data[at + 1 :],
}
mutations = st.lists(
    st.tuples(
        st.sampled_from(sorted(MUTATIONS)), st.integers(0, 1 << 20), st.integers(1, 64), st.integers(0, 255)
    ),
    min_size=1,
    max_size=6,
)


def mutate(content: bytes, steps: list[Mutation]) -> bytes:
    data = bytearray(content)
    for step, at, length, value in steps:
        if data:
            data = MUTATIONS[step](data, at % len(data), length, value)
    return bytes(data)


def mutate_part(content: bytes, pick: int, steps: list[Mutation]) -> bytes:
    """Mutate one part of a package and pack it anew, so that its checksum holds; another file's bytes directly."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return mutate(content, steps)
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        for name in names:
            part = old.read(name)
            new.writestr(name, mutate(part, steps) if name == names[pick % len(names)] else part)
    return target.getvalue()


def swap_part(content: bytes, other: bytes, pick: int) -> bytes:
    """Put a part of another package in place of one's own."""
    files = [io.BytesIO(content), io.BytesIO(other)]
    if not all(map(zipfile.is_zipfile, files)):
        return content[: pick % len(content)] + other[pick % len(other) :]
    target = io.BytesIO()
    with (
        zipfile.ZipFile(files[0]) as old,
        zipfile.ZipFile(files[1]) as giver,
        zipfile.ZipFile(target, "w") as new,
    ):
        names, given_names = old.namelist(), giver.namelist()
        for name in names:
            is_picked = name == names[pick % len(names)]
            new.writestr(
                name, giver.read(given_names[pick // 7 % len(given_names)]) if is_picked else old.read(name)
            )
    return target.getvalue()


def check(reader: ForkingReader, content: bytes) -> None:
    code, told = reader.read(content, LIMITS)
    if code:
        # Only what the sandbox can tell as a broken limit or a failed reader: ended by a signal.
        assert code < 0, "the reading child raised"
        return
    for refused in told.get("refused", ()):
        assert refused["code"] in MESSAGES
        finding = Finding(code=refused["code"], params=refused["params"])
        assert all(word(finding, part, tongue) for part in ("title", "expected") for tongue in ("zh", "en"))
    assert told.get("refused") or told["sheets"]


@pytest.mark.timeout(1800)
def test_mutated_files_are_read_or_refused(
    reader: ForkingReader, books: list[bytes], pytestconfig: pytest.Config
) -> None:
    wanted = int(EXAMPLES or (10_000 if pytestconfig.getoption("--long") else 60))

    @settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(
        st.sampled_from(("bytes", "part", "swap")),
        st.integers(0, len(books) - 1),
        st.integers(0, len(books) - 1),
        st.integers(0, 10_000),
        mutations,
    )
    def run(way: str, index: int, other: int, pick: int, steps: list[Mutation]) -> None:
        content = books[index]
        if way == "bytes":
            content = mutate(content, steps)
        elif way == "part":
            content = mutate_part(content, pick, steps)
        else:
            content = swap_part(content, books[other], pick)
        check(reader, content)

    run()
