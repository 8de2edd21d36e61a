"""Compares the product's KPIs and boards with the model's, and says what differs."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.company import Company
from tests.model.calendars import Period
from tests.model.definitions import Value, World
from tests.model.exact import EXACT, quotient
from tests.model.kpi_model import Board, Boards, Row, RowKey
from tests.model.placing import as_is, as_was, like_for_like

SCENARIOS = {"A": "actual", "T": "target", "B": "budget", "F": "forecast"}
KPIS = """
SELECT m.metric, o.unit, p.period, d.dimensions::text AS dimensions, k.scenario, k.metric_version, k.value, k.ytd,
       k.rolling, k.completeness, k.reason, k.computed_at, nullif(k.superseded_at, 'infinity') AS superseded_at
FROM ledger.kpi AS k
JOIN ledger.metric AS m USING (metric_id) JOIN ledger.org AS o USING (org_id) JOIN ledger.dimset AS d USING (dimset_id)
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
WHERE k.basis = 'W'
"""
TOLD = "the definition changed within the period"
"""A part of a reason that the model doesn't judge."""
Shown = dict[str, list[Any]]
VIEWS = ("as_is", "like_for_like", "by_version", "comparison")


def read_boards(company: Company) -> Shown:
    """Return what each board that has no `as of` shows, months and quarters, and the intra-group pairs."""
    shown = {
        kind: [
            row
            for grain in ("month", "quarter")
            for row in company.query(f"SELECT * FROM bi.kpi_{grain}_{kind}")
        ]
        for kind in VIEWS
    }
    return shown | {"elimination": company.query("SELECT * FROM bi.elimination")}


def differences(
    company: Company,
    world: World,
    moments: Sequence[dt.datetime],
    counted: Sequence[list[Value]],
    shown: list[Shown],
) -> list[str]:
    """Return every KPI of every moment that isn't as the model says.

    `counted` are the values that count at each moment; `shown` the other boards at the last two moments.
    """
    rows = company.query(KPIS)
    found: list[str] = []
    for step, (moment, values) in enumerate(zip(moments, counted, strict=True)):
        standing = {
            _key(row): row
            for row in rows
            if row.computed_at <= moment and not (row.superseded_at and row.superseded_at <= moment)
        }
        boards = Boards(world, values, as_was(world))
        if step == len(moments) // 2:
            found += [
                f"as of step {step + 1}: {line}"
                for line in compare_boards(company, world, moment, boards.rows)
            ]
        lines = compare(standing, boards.rows)
        if step >= len(moments) - 2:
            lines += Bases(world, values, boards).compare(shown[step - len(moments)])
        found += [f"after step {step + 1}: {line}" for line in lines]
    return found


def _key(row: Any) -> RowKey:
    dims = tuple(sorted(json.loads(row.dimensions).items()))
    return row.metric, row.unit, row.period, dims, SCENARIOS[row.scenario]


def compare(standing: dict[RowKey, Any], wanted: dict[RowKey, Row]) -> list[str]:
    """Return a line for each difference between the product's rows and the model's."""
    found = [
        f"{key}: the product has a row: {standing[key].value}" for key in standing.keys() - wanted.keys()
    ]
    found += [
        f"{key}: the product has no row: {wanted[key].value}" for key in wanted.keys() - standing.keys()
    ]
    for key in standing.keys() & wanted.keys():
        row, model = standing[key], wanted[key]
        pairs = {
            "value": (row.value, model.value),
            "ytd": (row.ytd, model.ytd),
            "version": (row.metric_version, model.version),
            "rolling": (row.rolling, model.rolling),
            "completeness": (row.completeness, model.completeness),
            "reason": (_judge(row.reason), _reason(row.reason, model)),
        }
        found += [f"{key}: {name} is {got}, not {want}" for name, (got, want) in pairs.items() if got != want]
    return sorted(found)


def compare_boards(
    company: Company, world: World, moment: dt.datetime, wanted: dict[RowKey, Row]
) -> list[str]:
    """Return a line for each difference between the boards as of a moment and the model's."""
    found = []
    for view, grain in (("bi.kpi_month_as_of", "M"), ("bi.kpi_quarter_as_of", "Q")):
        shown = {
            (row.metric, row.org, row.period, tuple(sorted(row.dimensions.items())), "actual"): row
            for row in company.query(f"SELECT * FROM {view}(:moment)", moment=moment)
        }
        keys = {key for key in wanted if key[4] == "actual" and world.calendar.periods[key[2]].grain == grain}
        found += [f"{key}: shown or not shown wrongly" for key in shown.keys() ^ keys]
        for key in shown.keys() & keys:
            for name, want in _board_columns(world, wanted, key).items():
                got = getattr(shown[key], name)
                if got != want:
                    found.append(f"{key}: {name} is shown as {got}, not {want}")
    return found


def _board_columns(world: World, wanted: dict[RowKey, Row], key: RowKey) -> dict[str, Decimal | None]:
    """Return what the board shows beside a KPI: the period before, a year ago, the target, and what follows from them."""
    metric, org, period_key, dims, _ = key
    period = world.calendar.periods[period_key]

    def value_of(other: Period | None, scenario: str = "actual") -> Decimal | None:
        row = wanted.get((metric, org, other.key, dims, scenario)) if other else None
        return row.value if row else None

    value, before = wanted[key].value, value_of(world.calendar.previous(period))
    ago, target = value_of(world.calendar.period_year_ago(period)), value_of(period, "target")
    return {
        "value": value,
        "ytd": wanted[key].ytd,
        "previous": before,
        "year_ago": ago,
        "target": target,
        "change": _growth(value, before),
        "yoy": _growth(value, ago),
        "attainment": quotient(value, target) if value is not None and target and target > 0 else None,
    }


def _growth(value: Decimal | None, before: Decimal | None) -> Decimal | None:
    if value is None or before is None or before <= 0:
        return None
    return quotient(EXACT.subtract(value, before), before)


def _judge(said: str | None) -> str | None:
    """Return the parts of a reason that the model knows too."""
    return "; ".join(part for part in (said or "").split("; ") if part != TOLD) or None


def _reason(said: str | None, model: Row) -> str | None:
    """Return the reason that the product should give; any, where the model only knows that there is one."""
    if model.value is None:
        return model.missing if model.shares and model.missing else said or "a reason"
    told = []
    if model.count and model.count.reported < model.count.owed:
        told.append(f"partial: {model.count.reported} of {model.count.owed} {model.count.words} reported")
    elif model.completeness is not None and model.completeness < 1:
        told.append("partial: a part is incomplete")
    if model.unmatched:
        told.append("intra-group amounts that don't match are not eliminated")
    if model.no_ytd:
        told.append(f"no ytd: {model.no_ytd}")
    return "; ".join(told) or None


# Other boards -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bases:
    """What the boards of other bases should show of `values`."""

    world: World
    values: list[Value]
    as_was: Boards

    def compare(self, shown: Shown) -> Iterator[str]:
        """Yield a line for each difference."""
        world = self.world
        now = Boards(world, self.values, as_is(world)).rows
        later, earlier = (
            Boards(world, self.values, like_for_like(world, later=which)).rows for which in (True, False)
        )
        on_tree = {
            key: _board_columns(world, now, key) | {"completeness": row.completeness}
            for key, row in now.items()
        }
        yield from self._differ("as_is", shown, on_tree)
        yield from self._differ(
            "like_for_like", shown, {key: self._alike(later, earlier, key) for key in later}
        )
        yield from self._differ("comparison", shown, {key: self._compared(key) for key in self.as_was.rows})
        yield from self._differ_by_version(shown)
        yield from self._differ_in_pairs(shown)

    def _differ(self, kind: str, shown: Shown, wanted: Mapping[RowKey, Mapping[str, Any]]) -> Iterator[str]:
        actual = {key: columns for key, columns in wanted.items() if key[4] == "actual"}
        there = {_shown_key(row): row for row in shown[kind]}
        yield from (f"{kind}: {key}: shown or not shown wrongly" for key in there.keys() ^ actual.keys())
        for key in there.keys() & actual.keys():
            for name, want in actual[key].items():
                got = getattr(there[key], name)
                if got != want:
                    yield f"{kind}: {key}: {name} is shown as {got}, not {want}"

    def _alike(self, later: Board, earlier: Board, key: RowKey) -> dict[str, Any]:
        calendar = self.world.calendar
        ago = calendar.period_year_ago(calendar.periods[key[2]])
        before = earlier.get((key[0], key[1], ago.key, *key[3:])) if ago else None
        value, year_ago = later[key].value, before.value if before else None
        return {"value": value, "year_ago": year_ago, "yoy": _growth(value, year_ago), "completeness": later[key].completeness,
                "previous": None, "ytd": None, "target": None}  # fmt: skip

    def _compared(self, key: RowKey) -> dict[str, Any]:
        calendar, board = self.world.calendar, self.as_was.rows
        ago = calendar.period_year_ago(calendar.periods[key[2]])
        before = board.get((key[0], key[1], ago.key, *key[3:])) if ago else None
        row = board[key]
        ytd_ago, rolling_ago = (before.ytd, before.rolling) if before else (None, None)
        return {
            "value": row.value,
            "ytd": row.ytd,
            "ytd_year_ago": ytd_ago,
            "ytd_yoy": _growth(row.ytd, ytd_ago),
            "rolling_12": row.rolling,
            "rolling_12_year_ago": rolling_ago,
        }

    def _differ_by_version(self, shown: Shown) -> Iterator[str]:
        """Yield differences of the periods in which a version isn't in force."""
        there = {(_shown_key(row), row.metric_version): row for row in shown["by_version"]}
        wanted = {(key, row.version): row for key, row in self.as_was.rows.items()}
        for number in (1, 2):
            wanted |= {(key, number): row for key, row in self.as_was.rows_of_version(number).items()}
        wanted = {key: row for key, row in wanted.items() if key[0][4] == "actual"}
        yield from (f"by_version: {key}: shown or not shown wrongly" for key in there.keys() ^ wanted.keys())
        for key in there.keys() & wanted.keys():
            row, want = there[key], wanted[key]
            if row.value != want.value:
                yield f"by_version: {key}: value is shown as {row.value}, not {want.value}"
            if row.ytd != want.ytd:
                yield f"by_version: {key}: ytd is shown as {row.ytd}, not {want.ytd}"

    def _differ_in_pairs(self, shown: Shown) -> Iterator[str]:
        bases = self.world.calendar.bases
        there = {
            (row.metric, row.org, row.counterparty, row.period, row.scenario): (
                row.amount,
                row.partner_amount,
                row.status,
            )
            for row in shown["elimination"]
        }
        wanted = {
            (metric, unit, other, bases[index].key, scenario): (
                *amounts,
                "matched" if matched else "unmatched",
            )
            for (metric, scenario, unit, other, index), (
                amounts,
                matched,
            ) in self.as_was.eliminations.sides.items()
        }
        for key in there.keys() | wanted.keys():
            if there.get(key) != wanted.get(key):
                yield f"elimination: {key}: {there.get(key)}, not {wanted.get(key)}"


def _shown_key(row: Any) -> RowKey:
    return row.metric, row.org, row.period, tuple(sorted(row.dimensions.items())), "actual"
