"""The sheet of org units: the tree with its dates, each unit below the one that it belongs to."""

import datetime as dt
from collections.abc import Iterator

from include.catalogue import Catalogue
from include.catalogue.models import OrgLine, Words
from include.dictionary.describing import format_share
from include.dictionary.table import Cell, Row, Sheet, heading

_HEADINGS = (
    heading("组织（中文）", "Org unit (Chinese)", 36),
    heading("组织（英文）", "Org unit (English)", 36),
    heading("编号", "Id", 24),
    heading("层级", "Level", 14),
    heading("上级", "Belongs to", 30),
    heading("自", "From", 13),
    heading("至（含）", "Until (included)", 17),
    heading("现况", "Stands", 16),
    heading("持股", "Ownership", 12),
    heading("并入", "Merged into", 30),
    heading("其他写法", "Other names", 34),
)
_Span = tuple[dt.date, dt.date]


def list_units(catalogue: Catalogue, today: dt.date) -> Sheet:
    """Return the tree from the root down; a unit that moved stands below each parent with the dates there."""
    roots = [line for lines in catalogue.org.units.values() for line in lines if line.parent is None]
    rows = []
    for root in roots:
        for line, depth, span in _walk(catalogue, root, 0, (dt.date.min, dt.date.max)):
            rows.append(Row(line.unit, _describe(catalogue, line, depth, span, today)))
    return Sheet(
        "org",
        Words(zh="组织", en="Org units"),
        Words(
            zh="调动过的单位在每个上级下各列一次；数字计入当时的上级",
            en="A unit that moved is listed below each parent; figures count under the parent of their time",
        ),
        _HEADINGS,
        tuple(rows),
    )


def _walk(
    catalogue: Catalogue, line: OrgLine, depth: int, within: _Span
) -> Iterator[tuple[OrgLine, int, _Span]]:
    """Yield a line and all below it, with the days on which both it and those above it hold."""
    span = (max(line.from_ or dt.date.min, within[0]), min(line.to or dt.date.max, within[1]))
    if span[0] >= span[1]:
        return
    yield line, depth, span
    for lines in catalogue.org.units.values():
        for below in lines:
            if below.parent == line.unit:
                yield from _walk(catalogue, below, depth + 1, span)


def _describe(
    catalogue: Catalogue, line: OrgLine, depth: int, span: _Span, today: dt.date
) -> tuple[Cell, ...]:
    org = catalogue.org
    start, end = span
    stands = "past" if end <= today else "future" if start > today else ""
    names = {language: line.name.read(language) if line.name else line.unit for language in ("zh", "en")}
    aliases = dict.fromkeys(alias for own in org.units[line.unit] for alias in own.aliases)
    return (
        Cell(names["zh"], indent=depth, tint="name" if depth == 0 else ""),
        Cell(names["en"], indent=depth, tint="name" if depth == 0 else ""),
        Cell(line.unit),
        Cell(line.level),
        Cell(_name(catalogue, line.parent)),
        Cell(start if start > dt.date.min else None),
        Cell(end - dt.timedelta(days=1) if end < dt.date.max else None),
        Cell(
            {"": "现有\nexists", "past": "已结束\nended", "future": "尚未开始\nnot yet"}[stands], tint=stands
        ),
        Cell(format_share(line.ownership)),
        Cell(_name(catalogue, line.into)),
        Cell("、".join(aliases) or None),
    )


def _name(catalogue: Catalogue, unit: str | None) -> str | None:
    """Return a unit's name in both languages; None for none."""
    if unit is None:
        return None
    names = (catalogue.org.name_of(unit, language) for language in ("zh", "en"))
    return " ".join(dict.fromkeys(names))
