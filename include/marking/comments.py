"""Comments on marked cells: a comments part and the drawing (VML) that shows them, beside those there are.

Runs inside the marking child.
"""

import re

from include.cell_names import cell_name
from include.marking.cells import Cell, place_of
from include.marking.package import Package
from include.marking.xmltree import Element, Splices, UnmarkableError, escape, parse_tree

AUTHOR = "Metric Ledger"
_THREADED = "tc="
_LATER = (
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
)
"""What may stand behind `legacyDrawing` in a sheet."""
_VML = b"""<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="%s"/></o:shapelayout>
<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">
<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>
</xml>"""
_SHAPE = """<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{id}" type="#_x0000_t202" \
style="position:absolute;margin-left:80pt;margin-top:2pt;width:260pt;height:{height}pt;z-index:{z};visibility:hidden" \
fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>\
<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>\
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>\
<x:Anchor>{left}, 15, {top}, 2, {right}, 31, {bottom}, 1</x:Anchor><x:AutoFill>False</x:AutoFill>\
<x:Row>{row}</x:Row><x:Column>{col}</x:Column></x:ClientData></v:shape>
"""
_FONT = '<{p}rPr><{p}sz val="9"/><{p}color indexed="81"/><{p}rFont val="Tahoma"/></{p}rPr>'


def add_comments(
    package: Package, part: str, texts: dict[Cell, str], frame: Element, splices: Splices
) -> None:
    """Put a comment on each cell of the sheet `part`; `splices` are the changes of that part, `frame` its tree.

    A comment that is there keeps its text, and ours follows it. A threaded one is left alone: its text is
    kept in another part, and Excel drops what stands beside it.
    """
    relations = package.relations(part)
    known = next((r.part for r in relations if r.kind == "comments"), None)
    if known is None:
        known = package.free_name("xl/comments{}.xml")
        empty = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{package.namespace}">'
        )
        package.add(
            known,
            empty.encode() + b"<authors></authors><commentList></commentList></comments>",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
        )
        package.relate(part, "comments", known)
    fresh = _write_texts(package, known, texts)
    if fresh:
        drawing = _drawing_of(package, part, frame, splices)
        _draw(package, drawing, {cell: texts[cell] for cell in fresh})


def _write_texts(package: Package, part: str, texts: dict[Cell, str]) -> list[Cell]:
    """Add the texts to a comments part; return the cells that had no comment yet."""
    content = package.read(part)
    root, splices = parse_tree(content), Splices(content)
    authors, comments = root.find("authors"), root.find("commentList")
    if authors is None or comments is None:
        raise UnmarkableError("a comments part without authors or comments")
    names = [_text_of(content, author) for author in authors.children]
    splices.append_to(authors, f"<{root.prefix}author>{AUTHOR}</{root.prefix}author>".encode())
    there = {place_of(item.attributes.get("ref", "")): item for item in comments.children}
    fresh, new = [], b""
    for cell, text in sorted(texts.items()):
        item = there.get(cell)
        if item is None:
            fresh.append(cell)
            new += _comment(root.prefix, cell, len(names), text)
        elif not _is_threaded(item, names):
            _extend(item, text, splices)
    if new:
        splices.append_to(comments, new)
    package.put(part, [splices.apply()])
    return fresh


def _is_threaded(item: Element, names: list[str]) -> bool:
    number = int(item.attributes.get("authorId", "0"))
    return number < len(names) and names[number].startswith(_THREADED)


def _comment(prefix: str, cell: Cell, author: int, text: str) -> bytes:
    head = f'<{prefix}comment ref="{cell_name(*cell)}" authorId="{author}" shapeId="0"><{prefix}text>'
    return head.encode() + _run(prefix, text) + f"</{prefix}text></{prefix}comment>".encode()


def _run(prefix: str, text: str) -> bytes:
    font = _FONT.replace("{p}", prefix)
    head = f'<{prefix}r>{font}<{prefix}t xml:space="preserve">'
    return head.encode() + escape(text) + f"</{prefix}t></{prefix}r>".encode()


def _extend(item: Element, text: str, splices: Splices) -> None:
    """Let our text follow a comment's own; a plain text becomes a run first."""
    body = item.find("text")
    if body is None or not body.children:
        raise UnmarkableError("a comment without text")
    plain = body.find("t")
    if plain is not None:
        splices.insert(plain.start, f"<{body.prefix}r>".encode())
        splices.insert(plain.end, f"</{body.prefix}r>".encode())
    runs = [child for child in body.children if child.name in ("t", "r")]
    splices.insert(runs[-1].end if runs else body.opened, _run(body.prefix, "\n\n" + text))


def _text_of(content: bytes, element: Element) -> str:
    return content[element.opened : element.closing].decode("utf-8", "replace")


def _draw(package: Package, drawing: str, texts: dict[Cell, str]) -> None:
    """Add a shape for each comment to a drawing."""
    content = package.read(drawing)
    end = content.rfind(b"</xml>")
    if end < 0:
        raise UnmarkableError("a drawing that isn't VML")
    highest = max((int(number) for number in re.findall(rb"_x0000_s([0-9]{1,9})", content)), default=0)
    block = re.search(rb'idmap[^>]*data="([0-9]+)', content)
    highest = max(highest, (int(block[1]) if block else 1) * 1024)
    shapes = "".join(
        _shape(highest + number, number, cell, text)
        for number, (cell, text) in enumerate(sorted(texts.items()), 1)
    )
    new = shapes.encode()
    if b"_x0000_t202" not in content:
        new = (
            b'<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
            b'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
            b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
        ) + new
    package.put(drawing, [content[:end], new, content[end:]])


def _drawing_of(package: Package, part: str, frame: Element, splices: Splices) -> str:
    """Return the sheet's drawing of comments and controls, added where it has none."""
    there = frame.find("legacyDrawing")
    if there is not None:
        wanted = there.attributes.get("id", "")
        drawing = next((r.part for r in package.relations(part) if r.id == wanted), None)
        if drawing is None:
            raise UnmarkableError("the sheet's drawing is missing")
        return drawing
    drawing = package.free_name("xl/drawings/vmlDrawing{}.vml")
    block = int(re.findall(r"[0-9]+", drawing)[-1])
    package.add(
        drawing, _VML % str(block).encode(), "application/vnd.openxmlformats-officedocument.vmlDrawing"
    )
    relation = package.relate(part, "vmlDrawing", drawing)
    new = f'<{frame.prefix}legacyDrawing xmlns:r="{package.relation_types}" r:id="{relation}"/>'.encode()
    behind = next((child for child in frame.children if child.name in _LATER), None)
    splices.insert(behind.start if behind else frame.closing, new)
    return drawing


def _shape(number: int, order: int, cell: Cell, text: str) -> str:
    row, col = cell[0] - 1, cell[1] - 1
    lines = sum(1 + len(line.encode("gbk", "replace")) // 46 for line in text.split("\n"))
    top = max(row - 1, 0)
    return _SHAPE.format(
        id=number,
        z=order,
        height=14 * lines + 10,
        left=col + 1,
        right=col + 5,
        top=top,
        bottom=top + lines + 1,
        row=row,
        col=col,
    )
