"""The sheet that lists what is wrong, each with a link to its cell. Runs inside the marking child."""

from typing import Any

from include.batch import column_letters
from include.marking.styles import Styles
from include.marking.xmltree import escape

_HEAD = '<{p}b/><{p}sz val="11"/>'
_TITLE = '<{p}b/><{p}sz val="14"/>'
_LINK = '<{p}u/><{p}sz val="11"/><{p}color rgb="FF0563C1"/>'


def write_summary(listing: dict[str, Any], sheets: set[str], styles: Styles, namespace: str) -> bytes:
    """Return the part of the summary sheet.

    `listing` is `{"title", "lines": [text], "heads": [text], "rows": [[text]], "links": [[sheet, cell]], "widths"}`;
    `links` goes with `rows`, and a link is made of each row's second column where its sheet is among `sheets`.
    """
    plain = styles.add_text()
    bold, title, link = (styles.add_text(font) for font in (_HEAD, _TITLE, _LINK))
    first = len(listing["lines"]) + 3
    rows = [_row(1, [(listing["title"], title)], 24)]
    rows += [
        _row(number, [(text, plain)], 16 * (1 + len(text.encode("gbk", "replace")) // 170))
        for number, text in enumerate(listing["lines"], 2)
    ]
    rows.append(_row(first, [(text, bold) for text in listing["heads"]]))
    links = []
    for number, (texts, (sheet, cell)) in enumerate(
        zip(listing["rows"], listing["links"], strict=True), first + 1
    ):
        is_linked = sheet in sheets
        rows.append(
            _row(
                number, [(text, link if is_linked and col == 1 else plain) for col, text in enumerate(texts)]
            )
        )
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


def _row(number: int, cells: list[tuple[str, int]], height: int = 0) -> bytes:
    """Return a row; a height is needed for merged cells only, others fit their text when they are opened."""
    tall = b' ht="%d" customHeight="1"' % height if height else b""
    return (
        b'<row r="%d"%s>' % (number, tall)
        + b"".join(
            b'<c r="%s%d" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
            % (column_letters(col).encode(), number, style, escape(text))
            for col, (text, style) in enumerate(cells, 1)
            if text
        )
        + b"</row>"
    )
