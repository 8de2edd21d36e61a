"""What one sheet contributes to a batch, and the findings that every layout shares."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.batch import cell_name
from include.catalogue.models import Column, Measure, TotalRows
from include.connectors.workbook.labels import MONEY, unit_note
from include.connectors.workbook.reading import Sheet
from include.errors import Finding

CONTROL_COLUMNS = ["sheet", "row", "col", "label", "column", "value", "first", "last", "start"]
_TOTAL_WORDS = re.compile(r"合\s*计|小\s*计|总\s*计|\b(?:sub-?)?totals?\b", re.IGNORECASE)
_TOTAL_ALONE = re.compile(
    r"共计|合共|总和|总数|总额|汇总|累计|本[年月期]累计|全部|全体|平均值?|均值|all|sum|average", re.IGNORECASE
)
_PART = re.compile(r"其中\s*[:：]?|of which\b|thereof\b", re.IGNORECASE)
Units = dict[str, tuple[str, str]]
Axes = dict[str, tuple[int | None, int | None]]


@dataclass
class Block:
    """The records of one sheet: `frame` with PLACE_COLUMNS, and the rest of what `Reported` needs.

    `units[column]` is the (unit, cell) that the sheet states.
    """

    sheet: str
    frame: pd.DataFrame
    axes: Axes = field(default_factory=dict)
    controls: pd.DataFrame | None = None
    units: Units = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)
    rows_read: int = 0


def total_label(text: str | None, totals: TotalRows) -> str:
    """Return the declared total label that a text is, '' where it is none; blanks and a colon don't count."""
    bare = re.sub(r"\s+", "", text or "").rstrip(":：")
    return next((label for label in totals.label if re.sub(r"\s+", "", label) == bare), "")


def is_doubtful_total(text: str, totals: TotalRows) -> bool:
    """Tell whether a short text speaks of a total, or of a part of one, without being a declared label (`华东合计`)."""
    if not totals.label or len(text) > 20 or total_label(text, totals):
        return False
    bare = re.sub(r"\s+", "", text).rstrip(":：")
    return bool(_TOTAL_WORDS.search(text) or _TOTAL_ALONE.fullmatch(bare))


def is_part(text: str) -> bool:
    """Tell whether a label says that its row is a part of another one (`其中：外销`)."""
    return bool(_PART.match(text.strip()))


def is_figure(column: Column) -> bool:
    """Tell whether a column holds figures: a metric's numbers, weights or currency rates; not members."""
    return (column.feeds is not None and column.type != "text") or column.is_ == "weight"


def texts_matching(column: pa.ChunkedArray, test: Iterable[str]) -> pa.ChunkedArray:
    """Return where `column` equals one of the texts."""
    return pc.is_in(column, value_set=pa.array(list(test), pa.string()))


def blank_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the column with cells that hold only blanks as null."""
    if pc.any(pc.equal(pc.utf8_trim_whitespace(pc.unique(column)), "")).as_py():
        return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)
    return column


def find_uncached(sheet: Sheet, rows: tuple[int, int], columns: Mapping[int, str]) -> list[Finding]:
    """Return a formula_without_value finding for each such cell in rows first..last and the columns used."""
    return [
        Finding("formula_without_value", sheet=sheet.name, cell=cell_name(row, col), column=columns[col])
        for row, col in sheet.uncached
        if rows[0] <= row <= rows[1] and col in columns
    ]


def note_hidden_rows(sheet: Sheet, rows: tuple[int, int]) -> list[Finding]:
    """Return one warning where data rows are hidden: they count."""
    hidden = [row for row in sheet.hidden_rows if rows[0] <= row <= rows[1]]
    if not hidden:
        return []
    shown = ", ".join(map(str, hidden[:20]))
    return [
        Finding("hidden_rows", sheet=sheet.name, found=shown, level="warning", params={"count": len(hidden)})
    ]


def units_from_note(
    sheet: Sheet, header_row: int, measures: Mapping[str, Measure], known: Collection[str]
) -> Units:
    """Return (unit, cell) of a `单位：万元` note above the header for each measure that the note can mean."""
    return spread_unit(*unit_note(sheet, header_row), measures, known)


def spread_unit(stated: str, cell: str, measures: Mapping[str, Measure], known: Collection[str]) -> Units:
    """Return (unit, cell) for each measure that a unit stated for a whole sheet or header can mean.

    A money unit holds for the measures declared in money or without unit; another one only where all measures
    share one declared unit. Measures whose own label states a unit keep that.
    """
    open_measures = {name: measure for name, measure in measures.items() if name not in known}
    found: Units = {}
    for unit in re.split(r"[、/,，]", stated):
        for name, measure in open_measures.items():
            if not unit or name in found:
                continue
            if MONEY.search(unit):
                fits = measure.unit is None or bool(MONEY.search(measure.unit))
            else:
                fits = len({m.unit for m in open_measures.values()}) == 1
            if fits:
                found[name] = unit, cell
    return found


def at_sheet(findings: Iterable[Finding], sheet: Sheet) -> list[Finding]:
    """Return the findings with the sheet's name."""
    return [replace(finding, sheet=sheet.name) for finding in findings]
