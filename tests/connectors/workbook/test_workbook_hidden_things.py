"""What a reader of values hides, kind by kind: error cells, formulas without value, macros, damage behind the end."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt

from include.connectors.workbook import read_workbook
from include.connectors.workbook.binary import BinaryPackage, walk
from include.connectors.workbook.refusing import Limits
from include.errors import Finding
from tests.odd_workbooks import FOLDER

Refused = Callable[..., list[Finding]]


def repack(content: bytes, changes: dict[str, bytes]) -> bytes:
    """Return a package with parts replaced or added."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in [*old.namelist(), *(set(changes) - set(old.namelist()))]:
            new.writestr(name, changes.get(name) or old.read(name))
    return target.getvalue()


def small_book() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        for name in ("一", "宏", "三"):
            book.add_worksheet(name).write_row(0, 0, [name, 7])
    return target.getvalue()


def test_a_workbook_with_a_sheet_of_macros_is_read_without_it(tmp_path: Path) -> None:
    content = small_book()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels")
        sheet = archive.read("xl/worksheets/sheet2.xml")
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    macros = relations.replace(
        kind + b'" Target="worksheets/sheet2.xml"',
        b'http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet" Target="macrosheets/sheet1.xml"',
    )
    assert macros != relations
    path = tmp_path / "macro.xlsm"
    path.write_bytes(
        repack(content, {"xl/_rels/workbook.xml.rels": macros, "xl/macrosheets/sheet1.xml": sheet})
    )
    book = read_workbook(path)
    assert book.notes == {"macros": "ignored"}
    assert [(s.name, s.type, s.was_read) for s in book.sheets] == [
        ("一", "worksheet", True), ("三", "worksheet", True), ("宏", "macro", False),
    ]  # fmt: skip
    assert [s.text(1, 1) for s in book.sheets] == ["一", "三", None]


def test_sheets_in_a_folder_of_another_name_are_read(tmp_path: Path) -> None:
    content = small_book()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels").replace(b"worksheets/", b"../data/")
        parts = {
            f"data/sheet{number}.xml": archive.read(f"xl/worksheets/sheet{number}.xml")
            for number in (1, 2, 3)
        }
    path = tmp_path / "moved.xlsx"
    path.write_bytes(repack(content, {"xl/_rels/workbook.xml.rels": relations, **parts}))
    assert [sheet.text(1, 1) for sheet in read_workbook(path).sheets] == ["一", "宏", "三"]


def test_formulas_of_a_workbook_that_asks_to_be_calculated_are_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "generated.xlsx") as book:
        book.add_worksheet().write_formula(0, 0, "=1+2", value=3)
    assert read_workbook(tmp_path / "generated.xlsx").notes == {"formulas": "saved without recalculation"}


def test_formulas_of_an_xls_that_were_never_calculated_have_no_value(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    sheet.write(0, 0, 5)
    sheet.write(1, 1, xlwt.Formula("A1*2"))
    book.save(str(tmp_path / "formula.xls"))
    assert read_workbook(tmp_path / "formula.xls").sheets[0].uncached == ((2, 2),)


def test_error_cells_and_hidden_rows_of_an_xls_are_told(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    sheet.write(0, 0, 5)
    sheet.row(3).set_cell_error(2, "#DIV/0!")
    sheet.row(3).hidden = True
    book.save(str(tmp_path / "error.xls"))
    seen = read_workbook(tmp_path / "error.xls").sheets[0]
    assert seen.errors() == [(4, 3, "#DIV/0!")]
    assert seen.hidden_rows == (4,)


def record(code: int, *fields: tuple[str, object]) -> bytes:
    content = b"".join(struct.pack("<" + form, value) for form, value in fields)
    return struct.pack("<HH", code, len(content)) + content


@pytest.mark.parametrize(("version", "begin"), [(3, 0x209), (4, 0x409)])
def test_workbooks_from_before_containers_are_read(tmp_path: Path, version: int, begin: int) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(
        record(begin, ("H", version << 8), ("H", 0x10), ("H", 0))
        + record(0x42, ("H", 1252))
        + record(0x203, ("H", 0), ("H", 1), ("H", 0), ("d", 2.5))
        + record(0x204, ("H", 1), ("H", 0), ("H", 0), ("H", 3), ("3s", b"abc"))
        + record(0x205, ("H", 2), ("H", 1), ("H", 0), ("B", 0x17), ("B", 1))
        + record(0x0A)
    )
    seen = read_workbook(path).sheets[0]
    assert (seen.text(1, 2), seen.text(2, 1)) == ("2.5", "abc")
    assert seen.errors() == [(3, 2, "#REF!")]


def test_an_xls_that_ends_before_its_end_is_refused(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(
        record(0x209, ("H", 0x300), ("H", 0x10), ("H", 0))
        + record(0x203, ("H", 0), ("H", 1), ("H", 0), ("d", 2.5))
    )
    assert refused(read_workbook, path)[0].code == "damaged_file"


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the odd workbooks aren't in {FOLDER}")
def test_all_error_cells_of_an_xlsb_are_told() -> None:
    seen = read_workbook(FOLDER / "ErrorTypes.xlsb").sheets[0]
    assert {text for _, _, text in seen.errors()} >= {
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
    }
    with zipfile.ZipFile(FOLDER / "ErrorTypes.xlsb") as archive:
        package = BinaryPackage(archive)
        cells = [kind for kind, _ in walk(package.read_part(seen.name)) if kind in (3, 11)]
    assert len(cells) == len(seen.errors()) > 0


ODS = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c"><office:body>'
    '<office:spreadsheet><table:table table:name="s">'
    '<table:table-row><table:table-cell table:number-columns-repeated="2"/>'
    '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
    "<office:annotation><text:p>why</text:p></office:annotation><text:p>#DIV/0!</text:p></table:table-cell>"
    "</table:table-row>"
    '<table:table-row table:number-rows-repeated="2" table:visibility="collapse">'
    '<table:table-cell office:value-type="float" office:value="3"><text:p>3</text:p></table:table-cell>'
    "</table:table-row>"
    '<table:table-row><table:table-cell table:formula="of:=A1"/>'
    '<table:table-cell table:formula="of:=A1" office:value-type="float" office:value="0"><text:p>Err:502</text:p>'
    '</table:table-cell><table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="1"'
    ' office:value-type="string"><text:p>#REF!</text:p></table:table-cell><table:covered-table-cell/>'
    "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)
NAMES = {"o": "office", "t": "table", "x": "text"}


def test_an_open_document_tells_errors_merges_hidden_rows_and_formulas_without_value(tmp_path: Path) -> None:
    content = ODS
    for short, name in NAMES.items():
        content = content.replace(f'="{short}"', f'="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"', 1)
    with zipfile.ZipFile(tmp_path / "book.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    seen = read_workbook(tmp_path / "book.ods").sheets[0]
    assert seen.errors() == [(1, 3, "#DIV/0!"), (4, 2, "Err:502")]
    assert (seen.uncached, seen.hidden_rows, seen.merged) == (((4, 1),), (2, 3), ((4, 3, 4, 4),))
    assert [seen.text(row, 1) for row in (2, 3)] == ["3", "3"]
    assert seen.text(4, 3) == "#REF!"  # typed as a text: no error


def flip_stored(content: bytes) -> bytes:
    """Change a digit within a stored part, but not its checksum."""
    return content.replace(b"<v>7</v>", b"<v>8</v>", 1)


def stored(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return target.getvalue()


def overlap(content: bytes) -> bytes:
    """Let the second entry of the directory point to the first one's bytes."""
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 4)
    return content[: second + 42] + content[first + 42 : first + 46] + content[second + 46 :]


@pytest.mark.parametrize(
    ("spoil", "detail"),
    [
        (flip_stored, "CRC"),
        (overlap, "over one another"),
        (lambda content: content + content[-22:] + b"x", "after the end"),
        (lambda content: content + content, "before the beginning"),
    ],
    ids=["checksum", "overlap", "second end", "twice"],
)
def test_what_two_readers_of_an_archive_would_see_differently_is_refused(
    tmp_path: Path, refused: Refused, spoil: Callable[[bytes], bytes], detail: str
) -> None:
    content = stored(small_book())
    path = tmp_path / "book.xlsx"
    path.write_bytes(spoil(content))
    assert path.read_bytes() != content
    [finding] = refused(read_workbook, path)
    assert finding.code == "damaged_file"
    assert detail in finding.params["detail"]


def test_an_archive_padded_with_empty_bytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(small_book() + bytes(512))
    assert read_workbook(path).sheets[0].text(1, 1) == "一"


def test_larger_files_get_more_time() -> None:
    limits = Limits(cpu_seconds=15, wall_seconds=60, seconds_a_megabyte=4)
    assert limits.for_size(100) == limits
    assert (limits.for_size(10 << 20).cpu_seconds, limits.for_size(10 << 20).wall_seconds) == (55, 140)


def test_strict_open_xml_is_read_with_its_errors(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["a", 7, "#N/A"])
    book.active["C1"].data_type = "e"
    book.save(tmp_path / "strict.xlsx")
    content = (tmp_path / "strict.xlsx").read_bytes()
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006": b"http://purl.oclc.org/ooxml/officeDocument",
    }
    changes = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            for old, new in strict.items():
                part = part.replace(old, new)
            changes[name] = part
    (tmp_path / "strict.xlsx").write_bytes(repack(content, changes))
    seen = read_workbook(tmp_path / "strict.xlsx").sheets[0]
    assert (seen.text(1, 1), seen.text(1, 2), seen.errors()) == ("a", "7", [(1, 3, "#N/A")])
