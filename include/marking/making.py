"""Make the copy that goes back: the delivered package with marks, or the values that were read with marks.

Runs inside the marking child.
"""

from pathlib import Path
from typing import Any

from include.connectors.workbook.kinds import recognise
from include.connectors.workbook.refusing import Limits
from include.marking.cells import Cell, SheetPart, place_of
from include.marking.comments import add_comments
from include.marking.comparing import require_same
from include.marking.package import Package
from include.marking.styles import NO_STYLES, Styles
from include.marking.summary import write_summary

_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_GAP = "\n\n"


def make(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Leave `marked.xlsx` in `folder` and say what it is: `{"kind": "marked" | "values", "marks": number}`.

    `request` is `{"path", "marks": {sheet: {cell: text}}, "listing", "values_listing", "summary", "values_sheet",
    "sheet", "text", "limits"}`: `summary` is the name of the sheet that lists, `values_sheet` of the one that tells
    a copy of values whose number formats aren't known, `sheet` of a text file's one sheet, `text` how that is read.
    Raises RefusedError or UnmarkableError where the file can't be copied so.
    """
    path, target = Path(request["path"]), folder / "marked.xlsx"
    kind = recognise(path, Limits(**request["limits"]))
    if kind == "xlsx":
        return {"kind": "marked", "marks": mark(path, target, request)}
    # Only now: it brings Arrow, and most files are packages.
    from include.connectors.workbook.examining import examine  # noqa: PLC0415
    from include.marking.values import write_values  # noqa: PLC0415

    asked = {"path": str(path), "sheets": None, "limits": request["limits"]}
    answer = examine(asked | request["text"], folder)
    if kind == "text":
        answer["sheets"][0]["name"] = request["sheet"]
        request["marks"] = {request["sheet"]: request["marks"].get("", {})}
    elif "formats" in answer["notes"]:
        unseen = {"name": request["values_sheet"], "visible": "very_hidden", "read": True}
        answer["sheets"].append(unseen)
    request["listing"] = request["values_listing"]
    write_values(answer["sheets"], folder, folder / "values.xlsx")
    return {"kind": "values", "marks": mark(folder / "values.xlsx", target, request)}


def mark(path: Path, target: Path, request: dict[str, Any]) -> int:
    """Write the package at `path` with its marks and summary to `target`; return the number of cells marked."""
    package = Package(path)
    styles_part = next((r.part for r in package.relations(package.workbook) if r.kind == "styles"), None)
    if styles_part is None:
        usual = "xl/styles.xml"
        styles_part = package.free_name("xl/styles{}.xml") if package.has(usual) else usual
        package.add(styles_part, NO_STYLES.format(package.namespace).encode(), _STYLES_TYPE)
        package.relate(package.workbook, "styles", styles_part)
    before = package.read(styles_part)
    styles, touched = Styles(before), []
    marked = 0
    for sheet, texts in request["marks"].items():
        name = package.find_sheet(sheet)
        if name and texts:
            marked += _mark_sheet(package, package.sheets[name], texts, styles)
            touched.append(name)
    sheets = set(package.sheets)
    summary = write_summary(request["listing"], sheets - {request["summary"]}, styles, package.namespace)
    if request["summary"] in package.sheets:  # a marked copy that was dropped again, and is refused again
        package.put(package.sheets[request["summary"]], [summary])
    else:
        package.add_sheet(request["summary"], summary)
    package.put(styles_part, [styles.apply()])
    package.write(target)
    after, renewed = package.read(styles_part), styles.renewed
    del package
    require_same(path, target, touched, (before, after, renewed))
    return marked


def _mark_sheet(package: Package, part: str, texts: dict[str, str], styles: Styles) -> int:
    sheet = SheetPart(package.read(part))
    placed: dict[Cell, list[str]] = {}
    for name, text in texts.items():
        cell = place_of(name)
        if cell:
            placed.setdefault(sheet.top_left(cell), []).append(text)
    splices = sheet.restyle(placed, styles.marked)
    add_comments(package, part, {cell: _GAP.join(own) for cell, own in placed.items()}, sheet.frame, splices)
    package.put(part, splices.pieces())
    return len(placed)
