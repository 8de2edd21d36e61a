"""The board: KPIs as they stand or stood, and the facts behind one of them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from include import warehouse
from include.catalogue import Catalogue
from include.errors import UsageError


@dataclass(frozen=True)
class Question:
    """Which KPIs are wanted.

    Of a metric, at a unit (None: all), in a period or year (None: all months), split by one dimension ('' for
    totals), as they stood at a moment (None: now).
    """

    metric: str
    org: str | None = None
    period: str | None = None
    by: str = ""
    as_of: dt.datetime | None = None


def read_kpis(connection: Connection, catalogue: Catalogue, question: Question) -> list[dict[str, Any]]:
    """Return the rows of `bi.kpi_month` or `bi.kpi_quarter` that answer the question, with the columns of the view.

    Raises UsageError for a metric, org unit, dimension or period that doesn't exist.
    """
    definition = _known_metric(catalogue, question.metric)
    if question.by and question.by not in definition.dimensions:
        raise UsageError(
            f"{question.metric} has no dimension {question.by!r}; it has {list(definition.dimensions)}."
        )
    period, year, quarterly = _read_period(catalogue, question.period)
    board = "bi.kpi_quarter" if quarterly else "bi.kpi_month"
    moment = {}
    if question.as_of:
        board, moment = f"{board}_as_of(:moment)", {"moment": question.as_of}
    statement = warehouse.read_sql("read/kpis").replace("{board}", board)
    org = _known_org(catalogue, question.org) if question.org else None
    wanted = {"metric": question.metric, "org": org, "period": period, "year": year, "by": question.by}
    return [dict(row) for row in connection.execute(text(statement), wanted | moment).mappings()]


def trace_kpi(
    connection: Connection, catalogue: Catalogue, metric: str, org: str, period: str
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return one KPI and the current facts behind it, rows of `bi.lineage`; None where there is no such KPI.

    For sums the contributions add up to the KPI exactly; for the other kinds the facts are those of all its parts, which
    recompute to it.
    """
    rows = read_kpis(connection, catalogue, Question(metric, org, period))
    if _read_period(catalogue, period)[0] is None:
        word, example = catalogue.periods.word, catalogue.periods.example
        raise UsageError(f"{period!r} is a year; trace one {word} or quarter, such as {example} or 2026-Q1.")
    asked = {"metric": metric, "org": _known_org(catalogue, org), "period": period}
    facts = warehouse.fetch(connection, "read/trace", **asked)
    return (rows[0] if rows else None), [dict(fact) for fact in facts]


def _known_metric(catalogue: Catalogue, metric: str) -> Any:
    if metric not in catalogue.metrics:
        raise UsageError(
            f"There is no metric {metric!r}; the metrics are {', '.join(sorted(catalogue.metrics))}."
        )
    return catalogue.latest(metric)


def _known_org(catalogue: Catalogue, org: str) -> str:
    unit = catalogue.org.resolve(org)
    if unit is None:
        raise UsageError(f"There is no org unit {org!r}; the units are {', '.join(catalogue.org.units)}.")
    return unit


def _read_period(catalogue: Catalogue, period: str | None) -> tuple[str | None, int | None, bool]:
    """Return (period key, fiscal year, whether quarterly); a bare year means its months."""
    if period is None:
        return None, None, False
    if period.isdigit() and len(period) == 4:
        return None, int(period), False
    try:
        grain = catalogue.periods.grain_of(period)
        catalogue.periods.period_bounds(period)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if grain == "D":
        word, example = catalogue.periods.word, catalogue.periods.example
        raise UsageError(
            f"{period!r} is a day; KPIs are per {word} or quarter, such as {example} or 2026-Q1."
        )
    return period, None, grain == "Q"
