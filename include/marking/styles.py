"""Styles of marked cells: each is its cell's own style with another fill; nothing that was there is changed.

Runs inside the marking child.
"""

from include.marking.xmltree import Element, Splices, UnmarkableError, parse_tree, with_attribute

MARK = "FFFFC7CE"
NO_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{}">'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
_DEFAULTS = {
    "fonts": '<{p}font><{p}sz val="11"/></{p}font>',
    "fills": '<{p}fill><{p}patternFill patternType="none"/></{p}fill>'
    '<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>',
    "borders": "<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/></{p}border>",
    "cellXfs": '<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}


class Styles:
    """The styles part, and what is added to it."""

    def __init__(self, content: bytes) -> None:
        for name in _DEFAULTS:
            content = _with_section(content, name)
        self._content = content
        self._root = parse_tree(content)
        self._prefix = self._root.prefix
        self._new: dict[str, list[bytes]] = {name: [] for name in _DEFAULTS}
        self._marked: dict[int, int] = {}
        self._fill: int | None = None

    def marked(self, style: int) -> int:
        """Return the number of the style that is `style` with the fill of marked cells."""
        if style not in self._marked:
            known = self._section("cellXfs").children
            if style >= len(known):
                raise UnmarkableError("a cell with a style that isn't there")
            if self._fill is None:
                self._fill = self._add(
                    "fills",
                    f'<{{p}}fill><{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="{MARK}"/>'
                    '<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>',
                )
            xf = known[style]
            tag = with_attribute(self._content[xf.start : xf.opened], "applyFill", 1)
            tag = with_attribute(tag, "fillId", self._fill)
            self._marked[style] = self._append("cellXfs", tag + self._content[xf.opened : xf.end])
        return self._marked[style]

    @property
    def renewed(self) -> dict[int, int]:
        """Number of each marked style, and of the style that it was made from."""
        return {new: old for old, new in self._marked.items()}

    def add_text(self, font: str) -> int:
        """Add a style for text of ours and return its number; `font` is what stands in its font element.

        A cell in it stays text when it is edited, whatever it begins with.
        """
        number = self._add("fonts", f"<{{p}}font>{font}</{{p}}font>")
        return self._add(
            "cellXfs",
            f'<{{p}}xf numFmtId="0" fontId="{number}" fillId="0" borderId="0" quotePrefix="1" applyFont="1" '
            'applyAlignment="1"><{p}alignment vertical="top" wrapText="1"/></{p}xf>',
        )

    def apply(self) -> bytes:
        """Return the part with what was added."""
        splices = Splices(self._content)
        for name, new in self._new.items():
            if new:
                section = self._section(name)
                splices.set_attribute(section, "count", len(section.children) + len(new))
                splices.insert(section.closing, b"".join(new))
        return splices.apply()

    def _section(self, name: str) -> Element:
        section = self._root.find(name)
        assert section is not None
        return section

    def _add(self, section: str, xml: str) -> int:
        return self._append(section, xml.replace("{p}", self._prefix).encode())

    def _append(self, section: str, xml: bytes) -> int:
        self._new[section].append(xml)
        return len(self._section(section).children) + len(self._new[section]) - 1


def number_formats(content: bytes) -> list[str]:
    """Return the number format of each cell style by its number, and `code` where the workbook defines it."""
    root = parse_tree(content)
    formats, xfs = root.find("numFmts"), root.find("cellXfs")
    codes = (
        {f.attributes.get("numFmtId"): f.attributes.get("formatCode", "") for f in formats.children}
        if formats
        else {}
    )
    ids = [xf.attributes.get("numFmtId", "0") for xf in xfs.children] if xfs else ["0"]
    return [codes.get(number, number) for number in ids]


def _with_section(content: bytes, name: str) -> bytes:
    """Return the part with this section where it lacks it or the section is empty."""
    root, splices = parse_tree(content), Splices(content)
    section = root.find(name)
    if section and section.children:
        return content
    if section:
        splices.replace(section.start, section.end, b"")
    default = _DEFAULTS[name].replace("{p}", root.prefix)
    new = f"<{root.prefix}{name}>{default}</{root.prefix}{name}>".encode()
    earlier = [child for child in root.children if child.name in _ORDER[: _ORDER.index(name)]]
    splices.insert(max((child.end for child in earlier), default=root.opened), new)
    return splices.apply()
