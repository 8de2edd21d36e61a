"""Workbooks with everything that a careless copy loses."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import xlsxwriter

VBA = b"not really macros, but a part that must stay as it is" * 40


def write_rich_book(path: Path) -> Path:
    """Write a workbook of two sheets: pictures, charts, text boxes, rules, a table, comments; .xlsm with macros."""
    book = xlsxwriter.Workbook(str(path))
    if path.suffix == ".xlsm":
        macros = path.with_name("vbaProject.bin")
        macros.write_bytes(VBA)
        book.add_vba_project(str(macros))
    sheet, other = book.add_worksheet("利润 表's"), book.add_worksheet("附注")
    money = book.add_format({"num_format": "#,##0.00", "bg_color": "#DDEBF7", "bold": True})
    percent, day = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range("A1:E1", "三月利润表", book.add_format({"align": "center"}))
    sheet.write_row("A2", ["单位", "月份", "收入", "占比", "日期"])
    for row in range(3, 13):
        sheet.write_row(f"A{row}", [f"p{row}", "2026-03"])
        sheet.write_number(f"C{row}", row * 100.1, money)
        sheet.write_formula(f"D{row}", f"=C{row}/SUM($C$3:$C$12)", percent, 0.1)
        sheet.write_number(f"E{row}", 46082, day)
    sheet.write("C5", "many", money)
    sheet.write("C7", "=1+1 as text?")
    sheet.merge_range("A15:B16", "备注")
    sheet.set_column("G:G", 12, percent)
    sheet.set_row(19, 30, money)
    sheet.write_comment("A3", "原有批注", {"author": "clerk"})
    sheet.conditional_format("C3:C12", {"type": "data_bar"})
    sheet.conditional_format("D3:D12", {"type": "cell", "criteria": ">", "value": 0.5, "format": money})
    sheet.data_validation("B3:B12", {"validate": "list", "source": ["2026-03", "2026-04"]})
    sheet.insert_textbox("G2", "请勿改动")
    sheet.insert_image("G8", "logo.png", {"image_data": io.BytesIO(_png())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "='利润 表''s'!$C$3:$C$12"})
    sheet.insert_chart("G14", chart)
    other.add_table(
        "A1:B3", {"columns": [{"header": "项目"}, {"header": "值"}], "data": [["a", 1], ["b", 2]]}
    )
    other.write_dynamic_array_formula("D1", "=SORT(A2:A3)", None, "a")
    other.protect("secret")
    book.define_name("收入", "='利润 表''s'!$C$3:$C$12")
    sheet.set_header("&C&A")
    book.close()
    return path


def write_odd_package(path: Path, sheet: str, styles: str | None = None) -> Path:
    """Write a package of one sheet whose XML is given, with or without styles."""
    main, relations = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org",
    )
    office = f"{relations}/officeDocument/2006/relationships"
    package = f"{relations}/package/2006"
    styled = f'<Relationship Id="b" Type="{office}/styles" Target="styles.xml"/>' if styles else ""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.sheet.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" Type="{office}/officeDocument" '
            'Target="/xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<x:workbook xmlns:x="{main}" xmlns:q="{office}"><x:sheets><x:sheet name="s" sheetId="7" q:id="a"/>'
            "</x:sheets></x:workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" Type="{office}/worksheet" '
            f'Target="worksheets/sheet1.xml"/>{styled}</Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet.replace("{main}", main))
        if styles:
            archive.writestr("xl/styles.xml", styles.replace("{main}", main))
    return path


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xa0" * 8 for _ in range(8)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
