"""A second opinion on marked copies: two packages compared part by part, by another XML reader than the product's."""

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Tree = ElementTree.Element


class Parts:
    """An open package by the plain names of its parts."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path)
        self.infos = {
            info.filename.replace("\\", "/").lstrip("/").lower(): info for info in self.archive.infolist()
        }
        assert len(self.infos) == len(self.archive.infolist())
        self.raw = path.read_bytes()

    def read(self, name: str) -> bytes:
        return self.archive.read(self.infos[name])

    def tree(self, name: str) -> Tree:
        return ElementTree.fromstring(self.read(name))  # noqa: S314 - the test data are ours, or known

    def packed(self, name: str) -> bytes:
        """Return a member's bytes as they are packed, found by its own local header."""
        info = self.infos[name]
        at = info.header_offset
        length = int.from_bytes(self.raw[at + 26 : at + 28], "little")
        extra = int.from_bytes(self.raw[at + 28 : at + 30], "little")
        start = at + 30 + length + extra
        return self.raw[start : start + info.compress_size]

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return id -> (kind, part) of a part's relationships."""
        folder, _, name = part.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels".lstrip("/")
        if rels not in self.infos:
            return {}
        found = {}
        for item in self.tree(rels):
            target = item.get("Target", "").replace("\\", "/")
            base = "/" if target.startswith("/") else f"/{folder}"
            part_name = posixpath.normpath(posixpath.join(base, target.lstrip("/"))).lstrip("/").lower()
            found[item.get("Id", "")] = (item.get("Type", "").rpartition("/")[2], part_name)
        return found

    def kind_of(self, part: str, kind: str) -> str | None:
        return next((p for k, p in self.relations(part).values() if k == kind), None)

    @property
    def workbook(self) -> str:
        return self.kind_of("", "officeDocument") or "xl/workbook.xml"

    def sheets(self) -> dict[str, str]:
        """Return sheet name -> part."""
        related = self.relations(self.workbook)
        listed = next(child for child in self.tree(self.workbook) if local(child) == "sheets")
        ids = {s.get("name", ""): next(v for k, v in s.attrib.items() if k.endswith("}id")) for s in listed}
        return {name: related[number][1] for name, number in ids.items() if number in related}


def local(element: Tree) -> str:
    return element.tag.rpartition("}")[2]


def plain(element: Tree) -> tuple[Any, ...]:
    """Return an element as comparable values."""
    text = element.text or ""
    tail = element.tail or ""
    return (element.tag, tuple(sorted(element.attrib.items())), text, tail.strip(), *map(plain, element))


def differences(original: Path, copy: Path, marked: dict[str, set[str]], summary: str) -> list[str]:
    """Return what differs besides the marks at `marked` (sheet -> cells) and the sheet `summary`."""
    old, new = Parts(original), Parts(copy)
    sheets = old.sheets()
    touched = {sheets[name] for name, cells in marked.items() if cells}
    allowed = {"[content_types].xml", old.workbook, _relations_of(old.workbook)}
    styles = old.kind_of(old.workbook, "styles")
    allowed |= {styles} if styles else set()
    for part in touched:
        related = old.relations(part)
        allowed |= {part, _relations_of(part)} | {
            p for kind, p in related.values() if kind in ("comments", "vmlDrawing")
        }
    found = [f"gone: {name}" for name in old.infos.keys() - new.infos.keys()]
    for name in old.infos.keys() - allowed:
        found += [f"other bytes: {name}"] * (name in new.infos and old.packed(name) != new.packed(name))
    added = new.infos.keys() - old.infos.keys()
    found += [
        f"added: {name}"
        for name in added
        if not any(w in name for w in ("comments", "vml", "sheet", "styles", ".rels"))
    ]
    if list(new.sheets())[: len(sheets)] != list(sheets) or set(new.sheets()) - set(sheets) != {summary}:
        found.append("sheets differ")
    found += _compare_styles(old, new, styles)
    for name, cells in marked.items():
        if cells:
            found += _compare_sheet(old, new, sheets[name], cells)
    return found


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _compare_styles(old: Parts, new: Parts, part: str | None) -> list[str]:
    if part is None:
        return []
    found = []
    before, after = ({local(s): list(map(plain, s)) for s in p.tree(part)} for p in (old, new))
    for section, items in before.items():
        if after.get(section, [])[: len(items)] != items:
            found.append(f"styles: {section}")
        if section not in ("fonts", "fills", "cellXfs") and after.get(section) != items:
            found.append(f"styles grew: {section}")
    return found


def _compare_sheet(old: Parts, new: Parts, part: str, cells: set[str]) -> list[str]:
    before, after = old.tree(part), new.tree(part)
    found = []
    numbers = [int(row.get("r", "0")) for data in after if local(data) == "sheetData" for row in data]
    found += ["rows out of order"] * (numbers != sorted(numbers) and 0 not in numbers)
    xfs = _xfs(old), _xfs(new)
    theirs, ours = _cells(before), _cells(after)
    for name, cell in theirs.items():
        mine = ours.get(name)
        if mine is None:
            found.append(f"cell gone: {name}")
            continue
        if name in cells:
            one, other = xfs[0][int(cell.get("s", "0"))], xfs[1][int(mine.get("s", "0"))]
            if _without_fill(one) != _without_fill(other) or one.get("fillId") == other.get("fillId"):
                found.append(f"style of {name}")
            mine.attrib.pop("s", None)
            cell.attrib.pop("s", None)
        if plain(cell) != plain(mine):
            found.append(f"cell {name}")
    for name in ours.keys() - theirs.keys():
        found += [f"cell added: {name}"] * (name not in cells or bool(len(ours[name]) or ours[name].text))
    for tree in (before, after):
        _empty(tree)
    if plain(before) != plain(after):
        found.append("the sheet beside its cells")
    return found + _compare_comments(old, new, part, cells)


def _empty(sheet: Tree) -> None:
    """Take out what marking may add: cells, rows that hold nothing else, the reference to the comments' drawing."""
    sheet.text = None
    for child in list(sheet):
        if local(child) == "legacyDrawing":
            sheet.remove(child)
        for row in list(child) if local(child) == "sheetData" else ():
            row.text = None
            for cell in list(row):
                row.remove(cell)
            if row.attrib.keys() == {"r"}:
                child.remove(row)


def _xfs(parts: Parts) -> list[Tree]:
    styles = parts.kind_of(parts.workbook, "styles")
    if styles is None:
        return [ElementTree.Element("xf")]
    return [xf for section in parts.tree(styles) if local(section) == "cellXfs" for xf in section]


def _without_fill(xf: Tree) -> tuple[Any, ...]:
    kept = {key: value for key, value in xf.attrib.items() if key not in ("fillId", "applyFill")}
    return tuple(sorted(kept.items())), tuple(map(plain, xf))


def _cells(sheet: Tree) -> dict[str, Tree]:
    cells: dict[str, Tree] = {}
    for data in (child for child in sheet if local(child) == "sheetData"):
        for row in data:
            for index, cell in enumerate(row):
                cells[cell.get("r") or f"{row.get('r')}/{index}"] = cell
    return cells


def comments(parts: Parts, part: str) -> dict[str, str]:
    """Return the text of each comment of a sheet by cell."""
    name = parts.kind_of(part, "comments")
    if name is None:
        return {}
    listed = next(child for child in parts.tree(name) if local(child) == "commentList")
    return {c.get("ref", ""): "".join(t.text or "" for t in c.iter() if local(t) == "t") for c in listed}


def _compare_comments(old: Parts, new: Parts, part: str, cells: set[str]) -> list[str]:
    before, after = comments(old, part), comments(new, part)
    found = [
        f"comment of {cell}" for cell, text in before.items() if not after.get(cell, "").startswith(text)
    ]
    found += [f"comment grew: {cell}" for cell in before.keys() - cells if after[cell] != before[cell]]
    found += [f"no comment on {cell}" for cell in cells - after.keys()]
    found += [f"comment added: {cell}" for cell in after.keys() - before.keys() - cells]
    drawing = new.kind_of(part, "vmlDrawing")
    shapes = new.read(drawing).decode("latin-1") if drawing else ""
    if shapes.count("<x:Row>") < len(after):
        found.append("a comment without shape")
    return found
