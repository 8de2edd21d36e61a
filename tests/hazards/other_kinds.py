"""Writers of .ods, .xlsb and of .xls from before containers, byte by byte: nothing that is installed writes these."""

import struct
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests.hazards.building import As, Rows
from tests.hazards.hazard import Write

_NAMES = "".join(
    f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in [
        *((word, word) for word in ("office", "style", "table", "text")),
        *(("number", "datastyle"), ("fo", "xsl-fo-compatible")),
    ]
)
_DIGITS = '<number:number number:decimal-places="1"{}/>'
NUMBER_STYLES = {
    "0.0%": f"<number:percentage-style {{name}}>{_DIGITS.format('')}<number:text>%</number:text></number:percentage-style>",
    '0.0"%"': f"<number:number-style {{name}}>{_DIGITS.format('')}<number:text>%</number:text></number:number-style>",
    '0.0"万"': f"<number:number-style {{name}}>{_DIGITS.format('')}<number:text>万</number:text></number:number-style>",
    "#,##0,": "<number:number-style {name}>"
    + _DIGITS.format(' number:display-factor="1000"')
    + "</number:number-style>",
    "General": "<number:number-style {name}><number:number/></number:number-style>",
}
"""How an OpenDocument says what a number format says."""


def open_book(rows: Rows, *, by_column: str = "") -> Write:
    """Return a writer of an .ods; `by_column` is the format that its columns give to cells without one of their own."""
    codes = list(NUMBER_STYLES)

    def cell(value: object) -> str:
        shown, plain = (value.shown, value.value) if isinstance(value, As) else ("", value)
        style = f' table:style-name="ce{codes.index(shown)}"' if shown else ""
        if plain is None:
            return "<table:table-cell/>"
        if isinstance(plain, str):
            return f'<table:table-cell{style} office:value-type="string"><text:p>{escape(plain)}</text:p></table:table-cell>'
        return f'<table:table-cell{style} office:value-type="float" office:value="{plain}"><text:p>{plain}</text:p></table:table-cell>'

    def write(folder: Path) -> Path:
        styles = "".join(
            text.format(name=f'style:name="N{n}"')
            + f'<style:style style:name="ce{n}" style:family="table-cell" style:data-style-name="N{n}"/>'
            for n, text in enumerate(NUMBER_STYLES.values())
        )
        default = f' table:default-cell-style-name="ce{codes.index(by_column)}"' if by_column else ""
        body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        content = (
            f"<office:document-content{_NAMES}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
            f"<office:spreadsheet><table:table table:name={quoteattr('表')}><table:table-column{default} "
            f'table:number-columns-repeated="16384"/>{body}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>"
        )
        path = folder / "book.ods"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
            archive.writestr("content.xml", content)
        return path

    return write


_TYPES = "application/vnd.ms-excel"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def binary_book(rows: Rows) -> Write:
    """Return a writer of an .xlsb."""
    codes = list(dict.fromkeys(["General", *(v.shown for row in rows for v in row if isinstance(v, As))]))

    def write(folder: Path) -> Path:
        path = folder / "book.xlsb"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="bin" ContentType='
                f'"{_TYPES}.sheet.binary.macroEnabled.main"/></Types>',
            )
            archive.writestr("_rels/.rels", _relations(("officeDocument", "xl/workbook.bin")))
            archive.writestr(
                "xl/_rels/workbook.bin.rels",
                _relations(("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin")),
            )
            sheet = struct.pack("<2I", 0, 1) + _wide("rId1") + _wide("表")
            archive.writestr(
                "xl/workbook.bin",
                _record(131) + _record(143) + _record(156, sheet) + _record(144) + _record(132),
            )
            formats = b"".join(
                _record(44, struct.pack("<H", 164 + n) + _wide(code)) for n, code in enumerate(codes)
            )
            styles = b"".join(
                _record(47, struct.pack("<5H2B2H", 0, 164 + n, 0, 0, 0, 0, 0, 0, 0))
                for n in range(len(codes))
            )
            count = struct.pack("<I", len(codes))
            listed = (
                _record(615, count) + formats + _record(616) + _record(617, count) + styles + _record(618)
            )
            archive.writestr("xl/styles.bin", _record(278) + listed + _record(279))
            archive.writestr("xl/worksheets/sheet1.bin", _sheet(rows, codes))
        return path

    return write


def far_binary_book(row: int, col: int) -> Write:
    """Return a writer of an .xlsb with a number in A1 and one in a cell counted from 0."""

    def write(folder: Path) -> Path:
        path = binary_book([[1.0]])(folder)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        cells = [
            _record(0, struct.pack("<2I2HBI", at, 0, 300, 0, 0, 0))
            + _record(5, struct.pack("<2Id", column, 0, 1.5))
            for at, column in ((0, 0), (row, col))
        ]
        size = _record(148, struct.pack("<4I", 0, row, 0, col))
        sheet = _record(129) + size + _record(145) + b"".join(cells) + _record(146) + _record(130)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | {"xl/worksheets/sheet1.bin": sheet}).items():
                archive.writestr(name, content)
        return path

    return write


def _sheet(rows: Rows, codes: list[str]) -> bytes:
    width = max(len(row) for row in rows)
    content = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1)) + _record(145)
    for number, row in enumerate(rows):
        content += _record(0, struct.pack("<2I2HBI", number, 0, 300, 0, 0, 0))
        for col, value in enumerate(row):
            shown, plain = (value.shown, value.value) if isinstance(value, As) else ("General", value)
            head = struct.pack("<2I", col, codes.index(shown))
            if isinstance(plain, str):
                content += _record(6, head + _wide(plain))
            elif plain is not None:
                content += _record(5, head + struct.pack("<d", plain))
    return content + _record(146) + _record(130)


def _record(kind: int, content: bytes = b"") -> bytes:
    code = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(content)
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return code + length + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relations(*targets: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def ancient_book(rows: Rows) -> Write:
    """Return a writer of an .xls of Excel 4: bare records, numbers and texts in the code page 936."""

    def record(code: int, content: bytes = b"") -> bytes:
        return struct.pack("<2H", code, len(content)) + content

    def write(folder: Path) -> Path:
        content = record(0x409, struct.pack("<3H", 0x400, 0x10, 0)) + record(0x42, struct.pack("<H", 936))
        for number, row in enumerate(rows):
            for col, value in enumerate(row):
                place = struct.pack("<3H", number, col, 0)
                if isinstance(value, str):
                    text = value.encode("gbk")
                    content += record(0x204, place + struct.pack("<H", len(text)) + text)
                else:
                    content += record(0x203, place + struct.pack("<d", value))
        (folder / "book.xls").write_bytes(content + record(0x0A))
        return folder / "book.xls"

    return write
