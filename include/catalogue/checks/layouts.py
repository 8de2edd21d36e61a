"""Where the data of a source stand: what each kind of layout needs, and whether it fits the slice."""

import codecs
import re
from typing import Any

from include.catalogue.draft import Draft, Entry
from include.catalogue.models import Layout, Place, WorkbookSource
from include.catalogue.rates import reports_rates
from include.catalogue.reading import PathKey
from include.period_pattern import check_pattern

SIZES = {"date": 0, "week": 1, "month": 1, "quarter": 2}
SLICES = {"day": 0, "week": 1, "month": 1, "quarter": 2}
_EXAMPLES = {"month": "{year}年{month}月", "week": "{year}年第{week}周"}


def check_layout(draft: Draft, entry: Entry[Any]) -> None:
    """Tell what a workbook's layout lacks or has too much of."""
    source: WorkbookSource = entry.model
    layout = _of_blocks(draft, entry, source.layout)
    if layout.kind == "matrix":
        _check_matrix(draft, entry, layout)
    else:
        _check_columns_present(draft, entry)
        check_roles(draft, entry, layout)
    if layout.kind == "form":
        for name, column in source.columns.items():
            if column.cell is None:
                what = f"the form doesn't say in which cell {name!r} stands"
                draft.tell(entry.problem(("columns", name), what, "add e.g. `cell: C5`", key=True))
    if layout.header_row is not None and layout.header_rows is not None:
        draft.tell(
            entry.problem(("layout", "header_row"), "both header_row and header_rows", "keep one of them")
        )
    for key in ("org", "period"):
        _check_place(draft, entry, key, getattr(layout, key))
    if layout.encoding is not None:
        try:
            codecs.lookup(layout.encoding)
        except LookupError:
            what = f"unknown encoding {layout.encoding!r}"
            draft.tell(entry.problem(("layout", "encoding"), what, "write utf-8, gbk, gb18030 or utf-16"))


def _of_blocks(draft: Draft, entry: Entry[Any], layout: Layout) -> Layout:
    """Return the layout as it holds for each block; tells blocks that can't be."""
    if not layout.blocks:
        return layout
    if layout.kind == "form" or layout.header_row or layout.header_rows:
        what = "blocks find their header by its labels" if layout.kind != "form" else "a form has no blocks"
        draft.tell(
            entry.problem(("layout", "blocks"), what, "remove header_row and header_rows, or the blocks")
        )
    if len({block.title for block in layout.blocks}) < len(layout.blocks):
        draft.tell(entry.problem(("layout", "blocks"), "two blocks of one title", "give each block its own"))
    places: dict[str, Place | None] = {}
    for key in ("org", "period"):
        own = [getattr(block, key) for block in layout.blocks]
        places[key] = getattr(layout, key) or own[0]
        if any(own) and not all(own):
            what = f"some blocks say their {key}, others don't"
            draft.tell(entry.problem(("layout", "blocks"), what, f"write `{key}:` in each block or in none"))
    return layout.model_copy(update=places)


def check_roles(draft: Draft, entry: Entry[Any], layout: Layout | None) -> None:
    """Tell where not each record has one org unit and one date or period, of a column or of the layout."""
    source = entry.model
    if not any(column.feeds for column in source.columns.values()):
        draft.tell(
            entry.problem(("columns",), "no column reports a metric", "add `metric:` to one", key=True)
        )
        return
    wanted = [
        ("org unit", {"org"}, layout.org if layout else None),
        ("date or period", {"date", "period"}, layout.period if layout else None),
    ]
    for role, roles, outside in wanted[reports_rates(source) :]:
        found = [name for name, column in source.columns.items() if column.is_ in roles]
        options = " or ".join(f"`is: {one}`" for one in sorted(roles))
        if not found and outside is None:
            where = f", or add `{'org' if 'org' in roles else 'period'}:` to the layout" if layout else ""
            draft.tell(
                entry.problem(
                    ("columns",), f"no column holds the {role}", f"mark one {options}{where}", key=True
                )
            )
        for name in found[1:]:
            what = f"both {found[0]!r} and {name!r} are the {role}"
            draft.tell(
                entry.problem(("columns", name), what, "keep one; mark the other `is: ignore`", key=True)
            )
        if found and outside is not None:
            what = f"the {role} stands both in the layout and in the column {found[0]!r}"
            draft.tell(entry.problem(("columns", found[0]), what, "keep one of them", key=True))
    _check_slice(draft, entry)


def _check_slice(draft: Draft, entry: Entry[Any]) -> None:
    """Tell a slice that is finer than what the records say of their time."""
    source = entry.model
    for name, column in source.columns.items():
        if column.is_ in {"date", "period"} and SIZES.get(column.type, 0) > SLICES[source.slice]:
            what = f"slices of a {source.slice} can't be made of the {column.type}s in {name!r}"
            draft.tell(entry.problem(("slice",), what, f"write `slice: {column.type}`"))


def _check_columns_present(draft: Draft, entry: Entry[Any]) -> None:
    source: WorkbookSource = entry.model
    if source.rows:
        what = f"`rows` belong to a matrix, the layout is {source.layout.kind}"
        draft.tell(
            entry.problem(("rows",), what, "write `columns`, or `kind: matrix` in the layout", key=True)
        )
    if not source.columns and not source.rows:
        draft.tell(entry.problem((), "the source has no columns", "list them under `columns:`"))


def _check_matrix(draft: Draft, entry: Entry[Any], layout: Layout) -> None:
    source: WorkbookSource = entry.model
    if source.columns:
        draft.tell(
            entry.problem(
                ("columns",), "a matrix has no `columns`", "list its row labels under `rows`", key=True
            )
        )
    if not source.rows:
        draft.tell(entry.problem((), "the matrix has no rows", "list its row labels under `rows:`"))
    elif not any(row.metric for row in source.rows.values()):
        draft.tell(entry.problem(("rows",), "no row reports a metric", "add `metric:` to one", key=True))
    orgs_across = layout.org is not None and layout.org.across is not None
    needs = {"row_label": "row_label: 项目", "org": "org: {cell: B2}"}
    if not (orgs_across and layout.period is not None):
        needs["periods"] = 'periods: {across: columns, pattern: "{year}年{month}月"}'
    for key, example in needs.items():
        if getattr(layout, key) is None:
            draft.tell(entry.problem(("layout",), f"a matrix needs {key}", f"add e.g. `{example}`", key=True))
    if layout.period is not None and (layout.periods is not None or not orgs_across):
        draft.tell(entry.problem(("layout", "period"), "a matrix has its periods across", "remove `period`"))
    if layout.org is not None and layout.org.column is not None:
        what = "a matrix can't take its org unit from a column"
        draft.tell(entry.problem(("layout", "org"), what, "write a cell, the folder or the file's name"))
    if layout.periods is not None:
        _check_periods(draft, entry, layout)


def _check_periods(draft: Draft, entry: Entry[Any], layout: Layout) -> None:
    assert layout.periods is not None
    if layout.periods.across != "columns":
        what = "periods down the side are records"
        mend = "write `kind: records`, and a column `is: period`"
        draft.tell(entry.problem(("layout", "periods", "across"), what, mend))
    try:
        check_pattern(layout.periods.pattern)
    except ValueError as error:
        draft.tell(
            entry.problem(
                ("layout", "periods", "pattern"), str(error), f"write e.g. {_EXAMPLES[draft.periods.word]}"
            )
        )
        return
    pattern = layout.periods.pattern
    _check_placeholders(draft, entry, ("layout", "periods", "pattern"), pattern)
    named = (name for name in ("quarter", "day", "week") if f"{{{name}}}" in pattern)
    grain = next(named, "month")
    if SLICES[grain] > SLICES[entry.model.slice]:
        what = f"slices of a {entry.model.slice} can't be made of {grain}s"
        draft.tell(entry.problem(("slice",), what, f"write `slice: {grain}`"))


def _check_place(draft: Draft, entry: Entry[Any], key: str, place: Place | None) -> None:
    if place is not None and place.across and (key != "org" or entry.model.layout.kind != "matrix"):
        what = "only the org units of a matrix stand across"
        draft.tell(entry.problem(("layout", key), what, "say where it stands, e.g. `{cell: B2}`"))
    if place is None or place.file_name is None:
        return
    names = set(re.findall(r"\{(\w+)\}", place.file_name))
    wanted = {"org"} if key == "org" else {"year"}
    if not wanted <= names:
        what = f"the file name's pattern doesn't say where the {key} stands"
        example = "月报_{org}.xlsx" if key == "org" else f"月报_{{year}}_{{{draft.periods.word}}}.xlsx"
        draft.tell(entry.problem(("layout", key, "file_name"), what, f"write it like {example}"))
    if key == "period":
        _check_placeholders(draft, entry, ("layout", key, "file_name"), place.file_name)


def _check_placeholders(draft: Draft, entry: Entry[Any], path: PathKey, pattern: str) -> None:
    """Tell a pattern that names months in a calendar of weeks, or weeks in one of months; both have days."""
    word = draft.periods.word
    other = "month" if word == "week" else "week"
    if f"{{{other}}}" in pattern and "{day}" not in pattern:
        what = f"the calendar has no {other}s, it is `periods: {draft.calendar.periods}`"
        draft.tell(entry.problem(path, what, f"write it with {{{word}}}, e.g. {_EXAMPLES[word]}"))
