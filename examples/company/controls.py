"""The control totals: every KPI of the example company, computed in plain Decimal before anything is loaded.

This is a second opinion: it reads neither the configuration nor `include/`; its own short table METRICS says
what each metric is. `compute_controls` gives a list of

    {"metric", "org", "period", "value", "unit", "status"}  and, where they apply,
    "target", "attainment"  (base metrics that have a target there),
    "completeness"          (base metrics, where it isn't 1),
    "ytd"                   (metrics summed over time, in years that are reported from January)

for the group, each company and each of the twelve units (the tree as it was), each month and quarter that has
a value, total over all dimensions. Decimals are strings. `value` is null only where a year-to-date reporter's
first month can't be told while its ytd can. What isn't in the list must have no value. Averages, and ratios
over them, are quotients of quotients: two right answers may differ in the last place, so equal means that
they differ by at most TOLERANCE x max(1, value). All other figures are exact.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from examples.company.control_inputs import Values, gather_reported
from examples.company.control_metrics import METRICS, Base, Derived
from examples.company.figures import COMPANIES, MONTHS, STORES, UNITS, Figures, Month

TOLERANCE = Decimal("0.00000000001")
PLACES = Decimal(1).scaleb(-12)
Period = tuple[int, str]
"""(2026, "03") or (2026, "Q1")."""


def compute_controls(figures: Figures, sales: dict[tuple[str, str, Month], Decimal]) -> list[dict[str, Any]]:
    """Return all control figures, sorted by metric (in the order of METRICS), org unit and period."""
    with localcontext(Context(prec=50, rounding=ROUND_HALF_UP)):
        actual, target = gather_reported(figures, sales)
        board: dict[tuple[str, str, Period], dict[str, Any]] = {}
        for metric, about in METRICS.items():
            if isinstance(about, Base):
                _add_base(board, metric, about, actual[metric], target[metric])
            else:
                _add_derived(board, metric, about)
    return [
        {"metric": metric, "org": org, "period": f"{year}-{part}"} | {k: _as_text(v) for k, v in cell.items()}
        for (metric, org, (year, part)), cell in board.items()
    ]


def _divide(of: Decimal, to: Decimal) -> Decimal | None:
    return (of / to).quantize(PLACES) if to else None


# Periods and the tree --------------------------------------------------------------------------------------


def _periods() -> dict[Period, list[Month]]:
    """Return the 24 months and 8 quarters with the months that they hold, oldest first."""
    periods: dict[Period, list[Month]] = {(year, f"{month:02d}"): [(year, month)] for year, month in MONTHS}
    for year, month in MONTHS:
        periods.setdefault((year, f"Q{(month + 2) // 3}"), []).append((year, month))
    return periods


def _before(period: Period) -> Period:
    year, part = period
    size, number = (4, int(part[1:])) if part[0] == "Q" else (12, int(part))
    year, number = (year, number - 1) if number > 1 else (year - 1, size)
    return (year, f"Q{number}" if size == 4 else f"{number:02d}")


def _members(org: str, month: Month) -> list[str]:
    """Return the reporting units at or below `org`, as the tree was in `month`."""
    south = {"plant_foshan", "plant_dongguan", "warehouse_guangzhou"}
    east = {"plant_suzhou", "plant_wuxi", "warehouse_kunshan"}
    (south if month >= (2026, 1) else east).add("plant_ningbo")
    below = {"group": {*COMPANIES, *UNITS}, "east": east, "south": south, "retail": set(STORES)}
    return sorted({org, *below.get(org, ())} - {"group"})


# Base metrics ----------------------------------------------------------------------------------------------


def _add_base(board: dict[Any, Any], metric: str, about: Base, actual: Values, target: Values) -> None:
    for org in ("group", *COMPANIES, *UNITS):
        for period, months in _periods().items():
            cell = _make_cell(about, actual, org, period, months)
            if cell is None:
                continue
            if target and cell["value"] is not None:
                goal = _roll_up(about, target, org, months)
                if goal is not None:
                    cell |= {"target": goal, "attainment": _divide(cell["value"], goal)}
            cell["status"] = _judge(cell["value"], cell.get("target"), about.better, about.amber)
            board[metric, org, period] = cell


def _make_cell(
    about: Base, actual: Values, org: str, period: Period, months: list[Month]
) -> dict[str, Any] | None:
    cell: dict[str, Any] = {"value": _roll_up(about, actual, org, months), "unit": about.unit}
    from_january = period[0] > MONTHS[0][0]
    if about.over_time == "ytd" or (about.over_time == "sum" and from_january):
        year = [month for month in MONTHS if month[0] == period[0] and month <= months[-1]]
        cell["ytd"] = _year_to_date(about, actual, org, year)
    if cell["value"] is None and cell.get("ytd") is None:
        return None
    if cell["value"] is None and about.over_time != "ytd":
        return None
    expected = [(unit, month) for month in months for unit in _members(org, month) if unit in about.reporters]
    reported = [place for place in expected if actual.get(place)]
    if about.over_time != "none" and len(reported) < len(expected):
        cell["completeness"] = _divide(Decimal(len(reported)), Decimal(len(expected)))
    return cell


def _year_to_date(about: Base, actual: Values, org: str, year: list[Month]) -> Decimal | None:
    members = _members(org, year[-1])
    if about.over_time == "ytd":
        return _total(actual[unit, year[-1]][0] for unit in members if actual.get((unit, year[-1])))
    return _total(_roll_up(about, actual, org, [month]) for month in year)


def _total(values: Iterable[Decimal | None]) -> Decimal | None:
    present = [value for value in values if value is not None]
    return sum(present, Decimal(0)) if present else None


def _roll_up(about: Base, values: Values, org: str, months: list[Month]) -> Decimal | None:
    """Return the value of `org` over `months`: each unit over time first, then over the units below `org`.

    The only move of the tree falls between two quarters: the tree of the first month holds for all of them.
    """
    if about.over_time == "none" and len(months) > 1:
        return None
    members = _members(org, months[0])
    if about.over_org == "none":
        members = [unit for unit in members if unit == org]
    found = [value for unit in members if (value := _over_time(about, values, unit, months)) is not None]
    if about.over_org == "average" and found:
        return _divide(sum(found, Decimal(0)), Decimal(len(found)))
    return sum(found, Decimal(0)) if found else None


def _over_time(about: Base, values: Values, unit: str, months: list[Month]) -> Decimal | None:
    reported = [values[unit, month] for month in months if values.get((unit, month))]
    if not reported:
        return None
    if about.over_time == "ytd":
        return _from_ytd(values, unit, months)
    if about.over_time == "average":
        means = [_divide(sum(month, Decimal(0)), Decimal(len(month))) for month in reported]
        return _divide(sum((mean for mean in means if mean is not None), Decimal(0)), Decimal(len(means)))
    if about.over_time == "last":  # several values of one month are kinds of material, which add up
        return sum(reported[-1], Decimal(0))
    return sum((value for month in reported for value in month), Decimal(0))


def _from_ytd(values: Values, unit: str, months: list[Month]) -> Decimal | None:
    """Return what came to a year-to-date figure in `months`; None where the month before them has none."""
    year, month = months[0]
    if month == 1:
        return values[unit, months[-1]][0]
    before = values.get((unit, (year, month - 1)))
    return values[unit, months[-1]][0] - before[0] if before else None


# Derived metrics -------------------------------------------------------------------------------------------


def _add_derived(board: dict[Any, Any], metric: str, about: Derived) -> None:
    for org in ("group", *COMPANIES, *UNITS):
        for period in _periods():
            value = _derive(board, about, org, period)
            if value is not None:
                status = _judge(value, None, about.band or "up", about.amber)
                board[metric, org, period] = {"value": value, "unit": about.unit, "status": status}


def _derive(board: dict[Any, Any], about: Derived, org: str, period: Period) -> Decimal | None:
    def read(part: str) -> Decimal | None:
        name = part.removeprefix("prior:")
        cell = board.get((name, org, _before(period) if name != part else period), {})
        value: Decimal | None = cell.get("value")
        return value

    values = [read(part) for part in about.parts or (about.of, about.to)]
    if any(value is None for value in values):
        return None
    if about.make:
        return about.make(*values)
    of, to = values
    return _divide((of or Decimal(0)) * about.times, to or Decimal(0))


def _judge(value: Decimal | None, target: Decimal | None, better: Any, amber: Decimal) -> str:
    """Return green where target or band is met, amber where it is missed by at most that share, else red."""
    if value is None:
        return "none"
    if isinstance(better, tuple):
        low, high = better
        near = low * (1 - amber) <= value <= high * (1 + amber)
        return "green" if low <= value <= high else "amber" if near else "red"
    if target is None:
        return "none"
    if better == "down":
        return "green" if value <= target else "amber" if value <= target * (1 + amber) else "red"
    return "green" if value >= target else "amber" if value >= target * (1 - amber) else "red"


def _as_text(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
