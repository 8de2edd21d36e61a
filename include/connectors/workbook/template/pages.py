"""The data sheets of a template, by the kind of their layout."""

import re
from math import ceil

from include.batch import cell_name
from include.catalogue.models import Column, Measure
from include.connectors.workbook.form import form_cells
from include.connectors.workbook.structure import column_number
from include.connectors.workbook.template.asked import split_header
from include.connectors.workbook.template.drawing import Drawer
from include.connectors.workbook.template.periods import name_across
from include.styling import set_up_print

Cell = tuple[int, int]
_COLUMNS_A_PAGE = 16
_ROWS_A_BLOCK = 20
"""Rows to fill in below each block's header; the sheet's protection lets people insert more."""


def draw_page(drawer: Drawer) -> None:
    """Draw one data sheet as the source's layout declares it."""
    layout = drawer.asked.source.layout
    draw = {"records": _draw_records, "matrix": _draw_matrix, "form": _draw_form}
    (_draw_blocks if layout.blocks else draw[layout.kind])(drawer)


def _draw_records(drawer: Drawer) -> None:
    asked = drawer.asked
    first, last = _begin_table(drawer)
    _head_records(drawer, first, last)
    for col, (name, column) in enumerate(asked.columns.items(), 1):
        drawer.entry_column(last + 1, col, name, column)
        _fill_in(drawer, last + 1, col, column)
    drawer.page.freeze_panes = cell_name(last + 1, 1)
    set_up_print(drawer.page, wide=ceil(len(asked.columns) / _COLUMNS_A_PAGE), title_row=last)


def _head_records(drawer: Drawer, first: int, last: int) -> None:
    """Write the header of a records table into the rows first..last."""
    asked, columns = drawer.asked, drawer.asked.columns
    labels = [asked.label(name, column) for name, column in columns.items()]
    headers = [split_header(label, last - first + 1) for label in labels]
    drawer.head_columns((first, last), 1, headers, [column.required for column in columns.values()])
    for col, (name, column) in enumerate(columns.items(), 1):
        choices = asked.choices(name, column)
        drawer.widen(col, [headers[col - 1][-1], *(choices.texts if choices else ())])
    drawer.fit_heights(first, last)


def _draw_blocks(drawer: Drawer) -> None:
    """Draw one table below the other, each with its title; raises ValueError where a block's unit has a cell."""
    layout, (row, _) = drawer.asked.source.layout, _begin_table(drawer)
    for block in layout.blocks:
        if any(place is not None and place.cell for place in (block.org, block.period)):
            raise ValueError(
                f"the block {block.title!r} has a cell of its own for org unit or period: no template can be made of "
                "it; give the org unit or period itself in `blocks`"
            )
        drawer.head(row, 1, block.title, required=True)
        drawer.widen(1, [block.title])
        if layout.kind == "matrix":
            last = _draw_figures(drawer, row + 1, row + 1)
        else:
            last = row + 1 + _ROWS_A_BLOCK
            _head_records(drawer, row + 1, row + 1)
            for col, (name, column) in enumerate(drawer.asked.columns.items(), 1):
                drawer.entry_range((row + 2, col), (last, col), name, column)
        row = last + 2
    drawer.page.protection.insertRows = False  # False allows it
    set_up_print(drawer.page)


def _fill_in(drawer: Drawer, row: int, col: int, column: Column) -> None:
    """Begin the rows of units that must each stand in every delivery."""
    units = drawer.asked.units_filled_in()
    is_period = column.is_ == "period" and drawer.asked.kind_of(column) == "period"
    if column.is_ == "org" or is_period:
        for at, unit in enumerate(units, row):
            drawer.prefill(at, col, drawer.asked.period if is_period else unit)


def _draw_matrix(drawer: Drawer) -> None:
    first, last = _begin_table(drawer)
    _draw_figures(drawer, first, last)
    drawer.page.freeze_panes = cell_name(last + 1, 2)
    set_up_print(drawer.page, wide=ceil(drawer.page.max_column / _COLUMNS_A_PAGE), title_row=last)
    drawer.page.print_title_cols = "A:A"


def _draw_figures(drawer: Drawer, first: int, last: int) -> int:
    """Draw a matrix whose header has the rows first..last, and return its last row."""
    asked, source = drawer.asked, drawer.asked.source
    headers = [[source.layout.row_label or "项目"], *_name_headings(drawer, last - first + 1)]
    drawer.head_columns((first, last), 1, headers, [False] * len(headers))
    for row, (name, measure) in enumerate(source.rows.items(), last + 1):
        label = asked.label(name, measure)
        drawer.head(row, 1, label, required=measure.required)
        drawer.widen(1, [label])
        drawer.entry_range((row, 2), (row, len(headers)), name, _as_column(measure))
    for col, header in enumerate(headers[1:], 2):
        drawer.widen(col, [header[-1]])
    drawer.fit_heights(first, last + len(source.rows))
    return last + len(source.rows)


def _name_headings(drawer: Drawer, rows: int) -> list[list[str]]:
    """Return what heads each column of figures, in at most `rows` parts: periods, org units, or units above periods.

    Below org units stands the one period that is asked for: a year of each would be too wide to fill in.
    """
    asked, layout = drawer.asked, drawer.asked.source.layout
    if layout.org is None or layout.org.across is None:
        return [split_header(text, rows) for text in name_across(asked.source, asked.catalogue, asked.period)]
    units = [asked.name_unit(unit) for unit in asked.units_owing()]
    if layout.periods is None and layout.period is not None:
        return [[unit] for unit in units]
    if layout.periods and "/" in layout.periods.pattern:
        raise ValueError(
            "beside org units across, the pattern of the periods must stand in one cell: write it without /"
        )
    periods = name_across(asked.source, asked.catalogue, asked.period, alone=True)
    return [split_header(f"{unit}/{period}", rows) for unit in units for period in periods]


def _draw_form(drawer: Drawer) -> None:
    asked, places = drawer.asked, form_cells(drawer.asked.source)
    taken = {*places.values(), *_place_cells(drawer).values()}
    for name, at in places.items():
        column = asked.source.columns[name]
        _label(drawer, at, asked.label(name, column), taken, required=column.required)
        choices = asked.choices(name, column)
        drawer.widen(at[1], choices.texts if choices else [], least=18)
        value = asked.period if column.is_ == "period" and asked.kind_of(column) == "period" else ""
        drawer.entry(*at, name, column, value)
        drawer.page.row_dimensions[at[0]].height = 21
    _draw_places(drawer, taken)
    last = max(row for row, _ in taken)
    drawer.write_title([row for row in range(1, last) if row not in {at[0] for at in taken}][:1])
    set_up_print(drawer.page, landscape=False)


def _begin_table(drawer: Drawer) -> Cell:
    """Draw what stands above a table and return the first and last row of its header."""
    layout, places = drawer.asked.source.layout, _place_cells(drawer)
    below = max((row for row, _ in places.values()), default=0)
    default = max(3, below + 2)
    first, last = layout.header_rows or ((layout.header_row or default,) * 2)
    taken = {*places.values()}
    _draw_places(drawer, taken)
    used = {row for row, _ in taken}
    drawer.write_title([row for row in range(1, first) if row not in used])
    return first, last


def _place_cells(drawer: Drawer) -> dict[str, Cell]:
    """Return the cells of org unit and period that hold for the whole sheet, by label."""
    found = {}
    for label, (place, _) in drawer.asked.places.items():
        if place.cell is not None:
            letters, digits = re.findall(r"[A-Z]+|[0-9]+", place.cell)
            found[label] = int(digits), column_number(letters)
    return found


def _draw_places(drawer: Drawer, taken: set[Cell]) -> None:
    for label, at in _place_cells(drawer).items():
        column = drawer.asked.places[label][1]
        _label(drawer, at, label, taken, required=True)
        choices = drawer.asked.choices(label, column)
        drawer.widen(at[1], choices.texts if choices else [], least=18)
        is_period = drawer.asked.kind_of(column) == "period"
        drawer.entry(*at, label, column, drawer.asked.period if is_period else "")
        drawer.page.row_dimensions[at[0]].height = 21


def _label(drawer: Drawer, at: Cell, text: str, taken: set[Cell], *, required: bool) -> None:
    """Write a label into the nearest free cell to the left, else above, else to the right; none for a lone A1."""
    row, col = at
    left = [(row, other) for other in range(col - 1, 0, -1)]
    above = [(other, col) for other in range(row - 1, 0, -1)]
    for place in (*left[:1], *above[:1], *left, *above, (row, col + 1)):
        if place not in taken:
            taken.add(place)
            drawer.head(*place, text, required=required)
            drawer.widen(place[1], [text], least=14)
            return


def _as_column(measure: Measure) -> Column:
    return Column(type="decimal", **measure.model_dump(exclude={"aliases"}))
