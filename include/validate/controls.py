"""Control totals: a total row equals the sum of the detail rows that it closes, or of all above it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.batch import Reported, cell_name
from include.coerce import Coerced, Failure as Unreadable, coerce
from include.validate.failures import Failure, Rows
from include.validate.plan import Field, Plan
from include.validate.rules import PRECISION


@dataclass(frozen=True)
class Details:
    """The detail values of one total's line: sheet rows in ascending order, values (Decimal, None where blank),
    whether each could be read, and the frame's row that each belongs to."""

    rows: npt.NDArray[np.int64]
    values: list[Decimal | None]
    readable: npt.NDArray[np.bool_]
    records: Rows

    def within(self, first: int, last: int) -> slice:
        """Return the part that lies in the sheet rows `first` to `last`."""
        return slice(
            int(np.searchsorted(self.rows, first)), int(np.searchsorted(self.rows, last, side="right"))
        )


def check_controls(plan: Plan, reported: Reported, coerced: dict[str, Coerced]) -> list[Failure]:
    """Return the total cells that equal neither sum, within the tolerance of `layout.total_rows`.

    Totals of columns without a metric aren't judged; nor are those over a value that could not be read, which
    is told by itself. A mismatch concerns all records of the block.
    """
    controls = reported.controls
    if controls is None or controls.empty:
        return []
    total_rows = getattr(plan.source, "layout").total_rows if hasattr(plan.source, "layout") else None
    tolerance = total_rows.tolerance if total_rows else Decimal("0.01")
    failures = []
    with localcontext(prec=PRECISION):
        for line in _lines(plan, reported, coerced, controls):
            failures += _check_line(line, tolerance, plan)
    return failures


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
        field = plan.fields.get(column)
        if field is not None and field.role == "measure" and column in coerced:
            yield Line(str(sheet), field, totals, _below_header(reported, str(sheet), coerced[column]))
    for (sheet, col), totals in controls[~named].groupby(["sheet", "col"], sort=False):
        yield Line(str(sheet), None, totals, _across_labels(plan, reported, str(sheet), int(col), coerced))


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
    """Return the values of one period's column of a matrix: one below another, each its own measure."""
    frame = reported.frame
    chosen = np.flatnonzero(
        ((frame["_sheet"] == sheet) & (frame["_col"] == col)).fillna(False).to_numpy(bool)
    )
    axes = reported.axes.get(sheet, {})
    cells = [
        (
            int(axes[field.name][0] or 0),
            coerced[field.name].values[record],
            not coerced[field.name].failed[record],
            record,
        )
        for field in plan.measures
        if field.name in axes and axes[field.name][0] and field.name in coerced
        for record in chosen
    ]
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
    reading = line.field.reading if line.field else next(iter(plan.measures)).reading
    totals = coerce(line.totals["value"].reset_index(drop=True), "decimal", reading)
    for place, total in enumerate(line.totals.itertuples(index=False)):
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
        "sheet": line.sheet,
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
