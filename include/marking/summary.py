"""The sheet that lists what is wrong, each with a link to its cell. Runs inside the marking child."""

from collections.abc import Sequence
from typing import Any

from include.cell_names import column_letters
from include.marking.styles import Styles
from include.marking.xmltree import escape

_PLAIN, _HEAD = (f'{bold}<{{p}}sz val="10"/><{{p}}name val="Arial"/>' for bold in ("", "<{p}b/>"))
_TITLE = '<{p}b/><{p}sz val="14"/><{p}name val="Arial"/>'
_LINK = '<{p}u/><{p}sz val="10"/><{p}color rgb="FF0563C1"/><{p}name val="Arial"/>'


def write_summary(listing: dict[str, Any], sheets: set[str], styles: Styles, namespace: str) -> bytes:
    """Return the part of the summary sheet.

    `listing` is `{"title", "lines": [text], "heads": [text], "rows": [[text]], "links": [[sheet, cell]], "widths"}`;
    `links` goes with `rows`, and a link is made of each row's second column where its sheet is among `sheets`.
    """
    plain, bold, title, link = (styles.add_text(font) for font in (_PLAIN, _HEAD, _TITLE, _LINK))
    first = len(listing["lines"]) + 3
    rows = [_row(1, [(listing["title"], title)], 24)]
    rows += [
        _row(number, [(text, plain)], _height([text], [sum(listing["widths"])]))
        for number, text in enumerate(listing["lines"], 2)
    ]
    rows.append(_row(first, [(text, bold) for text in listing["heads"]]))
    links = []
    for number, (texts, (sheet, cell)) in enumerate(
        zip(listing["rows"], listing["links"], strict=True), first + 1
    ):
        is_linked = sheet in sheets
        told = [(text, link if is_linked and col == 1 else plain) for col, text in enumerate(texts)]
        rows.append(_row(number, told, _height(texts, listing["widths"])))
        if is_linked:
            place = escape("'" + sheet.replace("'", "''") + "'!" + (cell or "A1"))
            links.append(b'<hyperlink ref="B%d" location="%s"/>' % (number, place))
    return _wrap(listing, rows, links, first, namespace)


def _wrap(
    listing: dict[str, Any], rows: list[bytes], links: list[bytes], first: int, namespace: str
) -> bytes:
    last = column_letters(len(listing["heads"]))
    merges = b"".join(b'<mergeCell ref="A%d:%s%d"/>' % (n, last.encode(), n) for n in range(1, first - 1))
    columns = b"".join(
        b'<col min="%d" max="%d" width="%d" customWidth="1"/>' % (n, n, width)
        for n, width in enumerate(listing["widths"], 1)
    )
    return b"".join(
        (
            b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="',
            namespace.encode(),
            b'"><sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>',
            b'<sheetViews><sheetView showGridLines="0" workbookViewId="0"><pane ySplit="%d" topLeftCell="A%d" '
            b'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' % (first, first + 1),
            b"<cols>" + columns + b"</cols><sheetData>",
            *rows,
            b'</sheetData><mergeCells count="%d">' % (first - 2) + merges + b"</mergeCells>",
            b"<hyperlinks>" + b"".join(links) + b"</hyperlinks>" if links else b"",
            b'<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
            b'<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>',
        )
    )


def _height(texts: Sequence[str], widths: Sequence[int]) -> int:
    """Return the height in points that shows the texts whole: not every program fits rows to them."""
    lines = (
        -(-len(text.encode("gbk", "replace")) * 9 // (8 * width))
        for text, width in zip(texts, widths, strict=True)
    )
    return 14 * max(1, *lines, 1) + 2


def _row(number: int, cells: list[tuple[str, int]], height: int = 16) -> bytes:
    return (
        b'<row r="%d" ht="%d" customHeight="1">' % (number, height)
        + b"".join(
            b'<c r="%s%d" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
            % (column_letters(col).encode(), number, style, escape(text))
            for col, (text, style) in enumerate(cells, 1)
            if text
        )
        + b"</row>"
    )
