"""Control totals: a total row equals the sum of the detail rows that it closes, or of all above it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.batch import Reported, cell_name, sheet_of
from include.catalogue import Catalogue
from include.catalogue.models import TotalRows, WorkbookSource
from include.coerce import Coerced, coerce
from include.plan import Field, Plan
from include.validate.failures import Failure, Rows
from include.validate.rules import PRECISION


@dataclass(frozen=True)
class Details:
    """The detail values of one line of totals, from top to bottom.

    Their rows on the sheet, values (Decimal, None where blank), whether each could be read, and the position
    in the frame of the record that each belongs to.
    """

    rows: npt.NDArray[np.int64]
    values: list[Decimal | None]
    readable: npt.NDArray[np.bool_]
    records: Rows

    def within(self, first: int, last: int) -> slice:
        """Return the part that lies in the sheet rows `first` to `last`."""
        return slice(
            int(np.searchsorted(self.rows, first)), int(np.searchsorted(self.rows, last, side="right"))
        )


def check_controls(
    plan: Plan, reported: Reported, coerced: dict[str, Coerced], catalogue: Catalogue
) -> list[Failure]:
    """Return the total cells that equal neither sum, within the tolerance of `layout.total_rows`.

    Totals of columns without a metric that adds up over the tree aren't judged (the total of a rate is no sum);
    nor are those over a value that could not be read, which
    is told by itself. A mismatch concerns all records of the block.
    """
    controls = reported.controls
    added = {f.name for f in plan.figures if catalogue.latest(f.metric).over_org == "sum"}
    coerced = {
        name: column for name, column in coerced.items() if name in added or not _is_measure(plan, name)
    }
    if controls is None or controls.empty:
        return []
    totals = plan.source.layout.total_rows if isinstance(plan.source, WorkbookSource) else None
    tolerance = (totals or TotalRows()).tolerance
    failures = []
    with localcontext(prec=PRECISION):
        for line in _lines(plan, reported, coerced, controls):
            failures += _check_line(line, tolerance, plan)
    return failures


def _is_measure(plan: Plan, name: str) -> bool:
    return name in plan.fields and plan.fields[name].role == "measure"


@dataclass(frozen=True)
class Line:
    """The totals that stand in one column of one sheet, and their details."""

    sheet: str
    field: Field | None
    totals: pd.DataFrame
    details: Details


def _lines(
    plan: Plan, reported: Reported, coerced: dict[str, Coerced], controls: pd.DataFrame
) -> Iterator[Line]:
    named = controls["column"].notna()
    for (sheet, column), totals in controls[named].groupby(["sheet", "column"], sort=False):
        field = plan.fields.get(str(column))
        if field is not None and field in plan.figures and field.name in coerced:
            yield Line(str(sheet), field, totals, _below_header(reported, str(sheet), coerced[field.name]))
    for (sheet, col), totals in controls[~named].groupby(["sheet", "col"], sort=False):
        details = _across_labels(plan, reported, str(sheet), int(str(col)), coerced)
        if len(details.records):  # a period without a value in any declared row delivers nothing
            yield Line(str(sheet), None, totals, details)


def _below_header(reported: Reported, sheet: str, column: Coerced) -> Details:
    """Return the values of one column of a records layout."""
    chosen = np.flatnonzero(
        (reported.frame["_sheet"] == sheet).to_numpy(bool) & reported.frame["_row"].notna().to_numpy()
    )
    rows = reported.frame["_row"].to_numpy(np.int64, na_value=0)[chosen]
    order = np.argsort(rows, kind="stable")
    chosen = chosen[order]
    return Details(rows[order], list(column.values[chosen]), ~column.failed[chosen], chosen.astype(np.int64))


def _across_labels(
    plan: Plan, reported: Reported, sheet: str, col: int, coerced: dict[str, Coerced]
) -> Details:
    """Return the values of one period's column of a matrix, one below another.

    Rows that the source doesn't declare are part of the total too; without a number they add nothing. Figures
    that don't add up, such as rates, are none.
    """
    frame = reported.frame
    here = (frame["_sheet"] == sheet) & (frame["_col"] == col)
    chosen = np.flatnonzero(here.fillna(False).to_numpy(bool)).astype(np.int64)
    cells: list[tuple[int, Decimal | None, bool, int]] = []
    for label, (row, own_col) in reported.axes.get(sheet, {}).items():
        if row is None or own_col is not None or label not in frame or label in {plan.org, plan.period}:
            continue
        if label not in coerced and _is_measure(plan, label):
            continue
        column = coerced.get(label) or coerce(frame[label], "decimal", plan.figures[0].reading)
        declared = label in coerced
        cells += [(row, column.values[at], not (declared and column.failed[at]), int(at)) for at in chosen]
    cells.sort(key=lambda cell: cell[0])
    return Details(
        np.array([cell[0] for cell in cells], dtype=np.int64),
        [cell[1] for cell in cells],
        np.array([cell[2] for cell in cells], dtype=bool),
        np.array([cell[3] for cell in cells], dtype=np.int64),
    )


def _check_line(line: Line, tolerance: Decimal, plan: Plan) -> list[Failure]:
    sums = list(accumulate((value or Decimal(0) for value in line.details.values), initial=Decimal(0)))
    unread = np.concatenate([[0], np.cumsum(~line.details.readable)])
    failures = []
    reading = line.field.reading if line.field else next(iter(plan.figures)).reading
    totals = coerce(line.totals["value"].reset_index(drop=True), "decimal", reading)
    rows: list[Any] = list(line.totals.itertuples(index=False))
    for place, total in enumerate(rows):
        block = line.details.within(int(total.first), int(total.last))
        whole = line.details.within(int(total.start), int(total.last))
        if totals.codes[place]:
            failures.append(_mismatch(line, total, whole, totals.codes[place], {}))
            continue
        value = totals.values[place]
        if value is None or unread[whole.stop] > unread[whole.start]:
            continue
        expected = [sums[part.stop] - sums[part.start] for part in (block, whole)]
        if all(abs(value - wanted) > tolerance for wanted in expected):
            nearest = min(expected, key=lambda wanted: abs(value - wanted))
            part = block if nearest == expected[0] and block.stop > block.start else whole
            told = {"expected": format(nearest, "f"), "tolerance": format(tolerance, "f")}
            failures.append(_mismatch(line, total, part, "control_total_mismatch", told))
    return failures


def _mismatch(line: Line, total: Any, part: slice, code: str, told: dict[str, str]) -> Failure:
    """Place one failure at the total's cell; it stands for all records of the block."""
    told |= {
        "sheet": sheet_of(line.sheet),
        "cell": cell_name(int(total.row), int(total.col)),
        "label": str(total.label),
    }
    column = line.field.name if line.field else ""
    records = np.unique(line.details.records[part])
    return Failure(
        code,
        np.zeros(0, dtype=np.int64),
        column,
        "total_rows",
        params=told,
        found=[str(total.value)],
        concerns=records,
    )
