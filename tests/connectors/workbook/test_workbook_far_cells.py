"""A value at the far corner of a sheet: refused or read, within memory and seconds, by the child as it is."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from include.connectors.workbook import read_workbook
from include.errors import Finding
from tests.hazards.other_kinds import far_binary_book

CELL = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    f'<table:table table:name="s"><table:table-row>{CELL}</table:table-row>'
    '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row><table:table-row>'
    f'<table:table-cell table:number-columns-repeated="16383"/>{CELL}</table:table-row></table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def xlsx(folder: Path, *cells: str) -> Path:
    book = openpyxl.Workbook()
    for cell in cells:
        book.worksheets[0][cell] = 1
    book.save(folder / "far.xlsx")
    return folder / "far.xlsx"


def xls(folder: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    sheet.write(0, 0, 1)
    sheet.write(65535, 255, 2)
    book.save(str(folder / "far.xls"))
    return folder / "far.xls"


def ods(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "far.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS)
    return folder / "far.ods"


@pytest.mark.parametrize(
    "write",
    [lambda folder: xlsx(folder, "A1", "XFD1048576"), xls, far_binary_book(1048575, 16383), ods],
    ids=["xlsx", "xls", "xlsb", "ods"],
)
def test_two_cells_at_the_corners_are_refused_at_once(
    tmp_path: Path, refused: Callable[..., list[Finding]], write: Callable[[Path], Path]
) -> None:
    path, begun = write(tmp_path), time.monotonic()
    (finding,) = refused(read_workbook, path)
    assert finding.code == "limit_exceeded"
    assert finding.params["limit"] in {"memory", "cells from corner to corner"}
    assert time.monotonic() - begun < 20


def test_one_cell_at_the_far_corner_is_read(tmp_path: Path) -> None:
    assert read_workbook(xlsx(tmp_path, "XFD1048576")).sheets[0].range == "XFD1048576:XFD1048576"
