"""The header of a records layout: where it stands, and which declared columns it names."""

from include.catalogue.models import WorkbookSource
from include.connectors.workbook.blocks import at_sheet
from include.connectors.workbook.labels import Match, join_headers, match_labels
from include.connectors.workbook.reading import Sheet
from include.errors import Finding, RefusedError

_HEADER_SEARCH_ROWS = 200


def match_header(source: WorkbookSource, sheet: Sheet, header: tuple[int, int]) -> Match:
    """Return the declared columns found in the header rows (first, last).

    Raises RefusedError (header_missing) where they hold not even half of them: another template.
    """
    match = _match(source, sheet, *header)
    if _is_another_template(source, match):
        raise RefusedError([_missing_header(source, sheet, *header)])
    return match


def _match(source: WorkbookSource, sheet: Sheet, first: int, last: int) -> Match:
    """Return what the declared columns are in these rows; one that is declared `is: ignore` may be missing."""
    ignored = {name: column.aliases for name, column in source.columns.items() if column.is_ == "ignore"}
    labels = join_headers(sheet, first, last)
    return match_labels(declared_columns(source), labels, "column_missing", ignored)


def declared_columns(source: WorkbookSource) -> dict[str, list[str]]:
    """Return the names that must stand in the header, each with its aliases."""
    names = {name: list(column.aliases) for name, column in source.columns.items() if column.is_ != "ignore"}
    for place in (source.layout.org, source.layout.period):
        if place is not None and place.column is not None:
            names.setdefault(place.column, [])
    return names


def locate_header(source: WorkbookSource, sheet: Sheet) -> tuple[int, int]:
    """Return the header's (first, last) row: as declared, or the first row that holds all required columns.

    Raises RefusedError: header_missing where no row holds even half of the declared columns (another template:
    one reason instead of one a column), else column_missing of the row that holds the most.
    """
    layout = source.layout
    if layout.header_rows:
        return layout.header_rows
    if layout.header_row:
        return layout.header_row, layout.header_row
    required = _required_columns(source)
    best: tuple[int, int, Match] | None = None
    for row in range(sheet.first_row, min(sheet.last_row, sheet.first_row + _HEADER_SEARCH_ROWS) + 1):
        match = _match(source, sheet, row, row)
        named = _named(match)
        if required <= named:
            return row, row
        if named and (best is None or len(named) > best[0]):
            best = (len(named), row, match)
    if best is None or _is_another_template(source, best[2]):
        raise RefusedError([_missing_header(source, sheet, sheet.first_row, sheet.first_row)])
    raise RefusedError(at_sheet(best[2].problems, sheet))


def _required_columns(source: WorkbookSource) -> set[str]:
    declared = declared_columns(source)
    required = {name for name in declared if name in source.columns and source.columns[name].required}
    return required or set(declared)


def _named(match: Match) -> set[str]:
    return set(match.found) | {f.column for f in match.problems if f.code == "duplicate_label"}


def _is_another_template(source: WorkbookSource, match: Match) -> bool:
    return 2 * len(_named(match)) < len(declared_columns(source))


def _missing_header(source: WorkbookSource, sheet: Sheet, first: int, last: int) -> Finding:
    """Return the refusal of a sheet without the header, with what stands in the rows where it was looked for."""
    rows = range(first, last + 1) if sheet.table is not None else ()
    texts = [text for row in rows for text in sheet.row(row).values()]
    required = _required_columns(source)
    wanted = "、".join(name for name in declared_columns(source) if name in required)
    found = "、".join(texts)[:200]
    return Finding("header_missing", sheet=sheet.name, found=found, params={"columns": wanted})


def header_is_known(source: WorkbookSource, sheet: Sheet) -> bool:
    """Tell whether a sheet holds the declared header: how the sheet is chosen where the layout names none."""
    if sheet.table is None:
        return False
    try:
        first, last = locate_header(source, sheet)
    except RefusedError:
        return False
    return bool(_match(source, sheet, first, last).found)
