"""The board: KPIs as they stand or stood, and the facts behind one of them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from include import warehouse
from include.catalogue import Catalogue
from include.errors import UsageError

BASES = {"as-was": "", "as-is": "_as_is", "like-for-like": "_like_for_like", "by-version": "_by_version"}
"""The boards that `./kpi show` knows, and what their views' names end in."""


@dataclass(frozen=True)
class Question:
    """Which KPIs are wanted.

    Of a metric, at a unit (None: all), in a period or year (None: all months), split by one dimension ('' for
    totals), as they stood at a moment (None: now), on a board of BASES, by one definition version (None: the one in
    force, or on the board `by-version` all).
    """

    metric: str
    org: str | None = None
    period: str | None = None
    by: str = ""
    as_of: dt.datetime | None = None
    basis: str = "as-was"
    version: int | None = None


def read_kpis(connection: Connection, catalogue: Catalogue, question: Question) -> list[dict[str, Any]]:
    """Return the rows of `bi.kpi_month`, `bi.kpi_quarter` or their like that answer the question, with its columns.

    Raises UsageError for a metric, org unit, dimension, period, basis or version that doesn't exist.
    """
    definition = _known_metric(catalogue, question.metric)
    if question.by and question.by not in definition.dimensions:
        raise UsageError(
            f"{question.metric} has no dimension {question.by!r}; it has {list(definition.dimensions)}."
        )
    period, year, quarterly = _read_period(catalogue, question.period)
    board = _name_board(catalogue, question, quarterly)
    moment = {"moment": question.as_of} if question.as_of else {}
    statement = warehouse.read_sql("read/kpis").replace("{board}", board)
    org = _known_org(catalogue, question.org) if question.org else None
    wanted = {"metric": question.metric, "org": org, "period": period, "year": year, "by": question.by}
    wanted["version"] = question.version
    return [dict(row) for row in connection.execute(text(statement), wanted | moment).mappings()]


def read_vanished(connection: Connection, catalogue: Catalogue, question: Question) -> list[dict[str, Any]]:
    """Return the totals that had a value and have no KPI any more: org, period, value, and until when it stood.

    None where the question is for parts, another board or a moment.
    """
    if question != Question(question.metric, question.org, question.period):
        return []
    period, year, quarterly = _read_period(catalogue, question.period)
    org = _known_org(catalogue, question.org) if question.org else None
    asked = {"metric": question.metric, "org": org, "period": period, "year": year}
    rows = warehouse.fetch(connection, "read/vanished", **asked, grain="Q" if quarterly else "M")
    return [dict(row) for row in rows]


def trace_kpi(
    connection: Connection, catalogue: Catalogue, metric: str, org: str, period: str
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return one KPI and the current facts behind it, rows of `bi.lineage`; None where there is no such KPI.

    For sums the contributions add up to the KPI exactly; for the other kinds the facts are those of all its parts,
    which recompute to it.
    """
    rows = read_kpis(connection, catalogue, Question(metric, org, period))
    if _read_period(catalogue, period)[0] is None:
        word, example = catalogue.periods.word, catalogue.periods.example
        raise UsageError(f"{period!r} is a year; trace one {word} or quarter, such as {example} or 2026-Q1.")
    asked = {"metric": metric, "org": _known_org(catalogue, org), "period": period}
    facts = warehouse.fetch(connection, "read/trace", **asked)
    return (rows[0] if rows else None), [dict(fact) for fact in facts]


def _name_board(catalogue: Catalogue, question: Question, quarterly: bool) -> str:
    """Return the view or function that holds the answer."""
    if question.basis not in BASES:
        raise UsageError(f"There is no basis {question.basis!r}; the bases are {', '.join(BASES)}.")
    versions = [definition.version for definition in catalogue.metrics[question.metric]]
    if question.version is not None and question.version not in versions:
        raise UsageError(f"{question.metric} has no version {question.version}; it has {versions}.")
    other = question.basis != "as-was" or question.version is not None
    if question.as_of and other:
        raise UsageError("--as-of answers for the tree as it was and the definitions in force then only.")
    if question.version is not None and question.basis not in ("as-was", "by-version"):
        raise UsageError(f"--version goes with the tree as it was, not with {question.basis}.")
    board = "bi.kpi_quarter" if quarterly else "bi.kpi_month"
    if question.as_of:
        return f"{board}_as_of(:moment)"
    return board + ("_by_version" if question.version is not None else BASES[question.basis])


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
