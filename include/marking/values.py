"""An .xlsx package of the values that were read from a file of another kind, by Arrow's column functions.

Runs inside the marking child. Texts are inline strings in a style that keeps them texts (`quotePrefix`), so that
none becomes a formula. Dates keep being dates and percentages percentages; a number whose format shows another one
is told as a text; formulas, colours and other number formats aren't carried over.
"""

import datetime as dt
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from include.cell_names import cell_name, column_letters
from include.connectors.workbook.cells import BOOLEAN, DATE, ERROR, NUMBER, TEXT
from include.connectors.workbook.formats import SCALED_MARKS
from include.marking.package import MAIN, RELATIONS
from include.marking.xmltree import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = f"""{_HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" \
formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>\
<fonts count="1"><font><sz val="11"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="46" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_BEGINNING = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a cell's date has no zone
_UNPRINTABLE = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ufffe\uffff]"
Sheet = tuple[str, bytes]
"""A sheet's name and part."""


def write_values(sheets: list[dict[str, Any]], folder: Path, target: Path) -> None:
    """Write the sheets that `examine` left in `folder` to `target`: values, merges, hidden rows and sheets."""
    shown = [(index, about) for index, about in enumerate(sheets) if about["read"]]
    with _open_package([(about["name"], about["visible"]) for _, about in shown], target) as archive:
        for number, (index, about) in enumerate(shown, 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(f'{_HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                if about.get("first"):
                    _write_rows(folder / f"{index}.arrow", about, part)
                part.write(b"</sheetData>" + _merges(about.get("merged", ())))
                part.write(
                    b'<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>'
                    b"</worksheet>"
                )


def write_single(name: str, content: bytes, styles: bytes, target: Path) -> None:
    """Write a package of one sheet that is made already."""
    with _open_package([(name, "visible")], target, styles) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)


def _open_package(
    sheets: list[tuple[str, str]], target: Path, styles: bytes = _STYLES.encode()
) -> zipfile.ZipFile:
    states = {"hidden": ' state="hidden"', "very_hidden": ' state="veryHidden"'}
    listed = "".join(
        f'<sheet name="{escape(name).decode()}" sheetId="{n}"{states.get(visible, "")} r:id="rId{n}"/>'
        for n, (name, visible) in enumerate(sheets, 1)
    )
    numbers = range(1, len(sheets) + 1)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n in numbers
    )
    opened = 'xmlns="http://schemas.openxmlformats.org/package/2006'
    archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
    archive.writestr(
        "[Content_Types].xml",
        f'{_HEAD}<Types {opened}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{typed}</Types>',
    )
    archive.writestr(
        "_rels/.rels",
        f'{_HEAD}<Relationships {opened}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    )
    archive.writestr(
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
    )
    archive.writestr(
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships {opened}/relationships">{related}<Relationship Id="rId0" Type="{RELATIONS}/styles" '
        'Target="styles.xml"/></Relationships>',
    )
    archive.writestr("xl/styles.xml", styles)
    return archive


def _write_rows(path: Path, about: dict[str, Any], part: IO[bytes]) -> None:
    top, left = about["first"]
    hidden = pa.array(about.get("hidden_rows", ()), pa.int64())
    with pa.OSFile(str(path)) as file:
        reader = pa.ipc.open_file(file)
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            numbers = pa.array(range(top, top + batch.num_rows), pa.int64())
            names, width = pc.cast(numbers, pa.string()), batch.num_columns // 2
            cells = [
                _cells(column_letters(left + col), names, batch.column(f"v{col}"), batch.column(f"k{col}"))
                for col in range(width)
            ]
            state = pc.if_else(pc.is_in(numbers, hidden), '" hidden="1">', '">')
            lines = pc.binary_join_element_wise('<row r="', names, state, *cells, "</row>", "")
            part.write("".join(lines.to_pylist()).encode())
            top += batch.num_rows


def _cells(letters: str, rows: pa.Array, texts: pa.Array, kinds: pa.Array) -> pa.Array:
    """Return the XML of a column's cells, '' where blank."""
    texts = pc.fill_null(texts, "")
    is_scaled = pc.and_(pc.equal(kinds, NUMBER), pc.ends_with(texts, SCALED_MARKS[1]))
    kinds = pc.if_else(is_scaled, pa.scalar(TEXT, pa.uint8()), kinds)
    numbers, formats = _hundredths(texts, pc.and_(pc.equal(kinds, NUMBER), pc.ends_with(texts, "%")))
    dates, styles = _serials(texts, pc.equal(kinds, DATE))
    flags = pc.if_else(pc.equal(texts, "TRUE"), "1", "0")
    forms = (
        (NUMBER, (formats, numbers, "</v></c>")),
        (BOOLEAN, ('" t="b"><v>', flags, "</v></c>")),
        (ERROR, ('" t="e"><v>', texts, "</v></c>")),
    )
    text_form = pc.binary_join_element_wise(
        '" s="1" t="inlineStr"><is><t xml:space="preserve">', _escape(texts), "</t></is></c>", ""
    )
    date_form = pc.binary_join_element_wise('" s="', styles, '"><v>', dates, "</v></c>", "")
    told = pc.if_else(pc.and_(pc.equal(kinds, DATE), pc.is_valid(dates)), date_form, text_form)
    for kind, form in forms:
        told = pc.if_else(pc.equal(kinds, kind), pc.binary_join_element_wise(*form, ""), told)
    cells = pc.binary_join_element_wise(f'<c r="{letters}', rows, told, "")
    is_blank = pc.invert(pc.is_in(kinds, pa.array([TEXT, NUMBER, BOOLEAN, ERROR, DATE], pa.uint8())))
    return pc.if_else(is_blank, "", cells)


def _hundredths(texts: pa.Array, are_percentages: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return what is stored where `12%` is shown, 0.12, other texts as they are, and the style that shows it so."""
    distinct = pc.unique(texts.filter(are_percentages))
    stored = [format(Decimal(text[:-1]).scaleb(-2), "f") for text in distinct.to_pylist()]
    told = pa.array(stored, pa.string()).take(pc.index_in(texts, distinct))
    return pc.if_else(are_percentages, told, texts), pc.if_else(are_percentages, '" s="5"><v>', '"><v>')


def _escape(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring_regex(texts, _UNPRINTABLE, "")
    texts = pc.replace_substring_regex(texts, "_(x[0-9A-Fa-f]{4}_)", "_x005F_\\1")
    for char, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r\n", "\n"), ("\r", "\n")):
        texts = pc.replace_substring(texts, char, reference)
    return texts


def _serials(texts: pa.Array, are_dates: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the serial number of each date's ISO text, null where it has none, and the style that shows it."""
    distinct = pc.unique(texts.filter(are_dates))
    told = [_serial(text) for text in distinct.to_pylist()]
    places = pc.index_in(texts, distinct)
    serials = pa.array([number for number, _ in told], pa.string()).take(places)
    return serials, pa.array([style for _, style in told], pa.string()).take(places)


def _serial(text: str) -> tuple[str | None, str]:
    try:
        if "-" not in text:
            hours, minutes, seconds = text.split(":")
            return repr((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) / 86400), "4"
        days = (dt.datetime.fromisoformat(text) - _BEGINNING) / dt.timedelta(days=1)
        days -= days < 61  # Excel counts a 29 February of 1900
        return (repr(days) if days >= 0 else None), "3" if " " in text else "2"
    except ValueError:
        return None, "2"


def _merges(ranges: list[tuple[int, int, int, int]]) -> bytes:
    told = "".join(
        f'<mergeCell ref="{cell_name(top, left)}:{cell_name(bottom, right)}"/>'
        for top, left, bottom, right in ranges
    )
    return f'<mergeCells count="{len(ranges)}">{told}</mergeCells>'.encode() if ranges else b""
