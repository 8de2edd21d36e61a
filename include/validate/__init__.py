"""Validate: reported text to typed values; every failure of a batch at once, each with its cell."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.batch import ORG_COLUMN, PERIOD_COLUMN, PLACE_COLUMNS, Reported
from include.catalogue import Catalogue
from include.catalogue.models import Source
from include.coerce import Coerced, coerce
from include.plan import Plan, plan_source, with_labels
from include.validate.acceptance import decide
from include.validate.batchwide import (
    check_count,
    check_delivered,
    check_percentages,
    check_repeats,
    check_units,
)
from include.validate.controls import check_controls
from include.validate.failures import Failure, Places, Slices, list_findings
from include.validate.money import check_rates, check_signs, check_weights, resolve_currencies
from include.validate.resolution import Periods, check_expected, check_in_force, resolve_orgs, resolve_periods
from include.validate.rules import check_labels, compile_rules, undeclared_columns
from include.validate.schema import Recorder, build_schema, run_schema
from include.validated import SLICE_COLUMNS, Validated, load_validated, save_validated

__all__ = ["SLICE_COLUMNS", "Validated", "load_validated", "plan_source", "save_validated", "validate"]


def validate(
    source: Source, catalogue: Catalogue, reported: Reported, last_rows: int | None = None
) -> Validated:
    """Check a batch against its source's configuration.

    `last_rows` is the number of records in the last accepted batch, for `expects.rows.shrink`. Returns the
    typed values with all failures as findings, and what may go on; never raises for what was delivered.
    Raises ConfigurationError for a source that can't be worked with (which `./kpi check` refuses before).
    """
    plan = plan_source(source, catalogue)
    rules = compile_rules(list(source.checks), plan)
    plan = with_labels(plan, undeclared_columns(rules, plan), catalogue)
    places = Places(reported)
    coerced = read_columns(plan, reported, catalogue)
    frame = _typed_frame(coerced, reported)
    delivers = _find_delivering(plan, coerced, len(frame))
    units, failures = resolve_orgs(plan, coerced[plan.org], catalogue)
    currencies, further = resolve_currencies(plan, coerced, catalogue)
    failures += further
    periods = resolve_periods(plan, coerced[plan.period], catalogue.periods)
    frame = _add_slices(frame, units, periods, catalogue)
    if currencies is not None:
        frame["_currency"] = pd.Series(currencies, dtype=object)
    recorder = Recorder()
    schema = build_schema(plan, coerced, delivers, places, rules, recorder)
    failures = run_schema(schema, frame, recorder) + failures
    failures += check_in_force(plan, units, periods, delivers, catalogue)
    failures += check_labels(rules, coerced)
    failures += check_repeats(plan, frame, catalogue, places, _repeated_rows(failures))
    failures += check_signs(plan, reported, currencies)
    failures += check_percentages(plan, reported, coerced)
    failures += check_rates(plan, coerced) + check_weights(plan, coerced)
    failures += check_units(plan, reported, catalogue, places) + check_controls(
        plan, reported, coerced, catalogue
    )
    failures += check_expected(plan, units, periods, delivers, catalogue)
    failures += check_count(plan, len(frame), last_rows) + check_delivered(plan, coerced, last_rows)
    slices = Slices(units, periods.slices)
    verdict = decide(plan, failures, slices, delivers)
    frame["_held"] = verdict.rows
    findings = (*reported.notes, *list_findings(failures, plan, places, slices))
    return Validated(frame, findings, verdict.refused, verdict.held, reported.axes, reported.rows_read)


def read_columns(plan: Plan, reported: Reported, catalogue: Catalogue) -> dict[str, Coerced]:
    """Return the typed values of each declared column that the batch holds.

    The columns of org unit and period are always there: what isn't reported is blank. Where a source has no
    measures but currency rates, its rows belong to the root of the tree.
    """
    frame = reported.frame
    missing = pd.Series([None] * len(frame), dtype=object)
    if not plan.measures:
        frame = frame.assign(**{plan.org: catalogue.org.root})
    for name, fallback in ((plan.org, ORG_COLUMN), (plan.period, PERIOD_COLUMN)):
        if name not in frame:
            frame = frame.assign(**{name: frame.get(fallback, missing)})
    return {
        name: coerce(frame[name].reset_index(drop=True), field.kind, field.reading)
        for name, field in plan.fields.items()
        if name in frame
    }


def _typed_frame(coerced: dict[str, Coerced], reported: Reported) -> pd.DataFrame:
    typed: dict[str, Any] = {name: _as_series(column.values) for name, column in coerced.items()}
    for name in PLACE_COLUMNS:
        typed[name] = reported.frame[name].reset_index(drop=True)
    return pd.DataFrame(typed)


def _as_series(values: npt.NDArray[Any]) -> "pd.Series[Any]":
    if values.dtype.kind == "M":
        return pd.Series(values.astype("datetime64[s]"))
    return pd.Series(values, dtype=object)


def _find_delivering(plan: Plan, coerced: dict[str, Coerced], count: int) -> npt.NDArray[np.bool_]:
    """Return the records with at least one delivered value, readable or not."""
    delivers = np.zeros(count, dtype=bool)
    for field in plan.delivered:
        if field.name in coerced:
            delivers |= ~coerced[field.name].blank
    return delivers


def _add_slices(frame: pd.DataFrame, units: Any, periods: Periods, catalogue: Catalogue) -> pd.DataFrame:
    dates = pd.Series(periods.dates.astype("datetime64[s]"))
    months = catalogue.periods.month_starts(dates)
    return frame.assign(
        _unit=pd.Series(units, dtype=object),
        _date=dates,
        _grain=pd.Series(periods.grains, dtype=object),
        _month=months,
        _slice=pd.Series(periods.slices, dtype=object),
    )


def _repeated_rows(failures: list[Failure]) -> set[int]:
    return {int(row) for failure in failures if failure.code == "duplicate_key" for row in failure.rows}
