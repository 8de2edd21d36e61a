"""The Pandera schema of a source: types, required, ranges, patterns, allowed values, uniqueness, rules."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from include.catalogue.models import Column
from include.coerce import Coerced
from include.plan import Field, Plan
from include.validate.failures import MOST_LISTED, Failure, Places, Rows, find_rows
from include.validate.rules import CheckedRule

Mask = npt.NDArray[np.bool_]
Test = Callable[[Any], Mask]
Tell = Callable[[Any, Rows], list[dict[str, str]]]


class Recorder:
    """Collects the rows that each check of a schema finds.

    A Pandera check that returns a mask is listed by Pandera once per cell of the frame where it is about
    several columns, which takes gigabytes for a large refused batch. So a check keeps its own rows and
    tells Pandera only whether it held.
    """

    def __init__(self) -> None:
        """Start without failures."""
        self.failures: list[Failure] = []
        self.fault: Exception | None = None

    def check(
        self,
        code: str,
        test: Test,
        *,
        column: str = "",
        rule: str = "",
        tell: Tell | None = None,
        **params: Any,
    ) -> pa.Check:
        """Return a Pandera check of `code` that holds where `test` of the column or frame finds no row.

        `tell` gives each row found its own params.
        """

        def find(data: Any) -> Failure | None:
            rows = find_rows(test(data))
            details = tell(data, rows) if tell and len(rows) else None
            return Failure(code, rows, column, rule, params=params, details=details) if len(rows) else None

        return self.watch(find, code)

    def watch(self, find: Callable[[Any], Failure | None], name: str) -> pa.Check:
        """Return a Pandera check that holds where `find` gives no failure.

        Pandera counts an exception inside a check as a failed check; here it is kept, to be raised.
        """

        def holds(data: Any) -> bool:
            try:
                failure = find(data)
            except Exception as fault:
                self.fault = fault
                raise
            self.failures += [failure] if failure else []
            return failure is None

        return pa.Check(holds, name=name, error=name, ignore_na=False)


def build_schema(
    plan: Plan,
    coerced: dict[str, Coerced],
    delivers: Mask,
    places: Places,
    rules: list[CheckedRule],
    recorder: Recorder,
) -> pa.DataFrameSchema:
    """Return the schema of one batch of a source, whose typed values and failures to read are `coerced`.

    `delivers` are the records with at least one value: only there may a required value be missing (in a
    matrix every period of the year has its column, delivered or not).
    """
    checks: list[pa.Check] = []
    columns = {
        name: pa.Column(checks=_column_checks(field, coerced[name], plan, delivers, recorder), nullable=True)
        for name, field in plan.fields.items()
        if name in coerced
    }
    unique = [name for name in plan.source.unique if name in coerced]
    if unique:
        resolved = {plan.org: "_unit", plan.period: "_date", plan.currency: "_currency"}
        keys = [resolved.get(name, name) for name in unique]
        told: dict[str, Any] = {"keys": ", ".join(unique), "tell": _tell_twins(keys, places, unique[0])}
        checks.append(
            recorder.check("duplicate_key", _repeats(keys), column=unique[0], rule="unique", **told)
        )
    checks += [recorder.watch(rule.run, rule.text) for rule in rules]
    return pa.DataFrameSchema(columns, checks=checks, strict=False, coerce=False)


def run_schema(schema: pa.DataFrameSchema, frame: pd.DataFrame, recorder: Recorder) -> list[Failure]:
    """Check `frame` lazily and return all failures.

    Raises what a check raised, and SchemaErrors for a failure that no check recorded: both are bugs.
    """
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors:
        if recorder.fault is not None:
            raise recorder.fault from None
        if not recorder.failures:
            raise
    return recorder.failures


def _column_checks(
    field: Field, coerced: Coerced, plan: Plan, delivers: Mask, recorder: Recorder
) -> list[pa.Check]:
    name, model = field.name, field.model
    checks = [
        recorder.check(code, _constantly(coerced.codes == code), column=name, **_told(code, plan, field))
        for code in sorted({code for code in coerced.codes if code})
    ]
    if model.required or name in {plan.org, plan.period}:
        rows = coerced.blank & delivers if plan.one_value_a_place or not model.required else coerced.blank
        checks.append(recorder.check("required_blank", _constantly(rows), column=name, rule="required"))
    if field.is_number:
        checks += _range_checks(field, recorder)
    if isinstance(model, Column) and model.pattern and field.kind == "text":
        test = _on_distinct(lambda texts: ~texts.str.fullmatch(str(model.pattern)))
        check = recorder.check("pattern_mismatch", test, column=name, rule="pattern", pattern=model.pattern)
        checks.append(check)
    if isinstance(model, Column) and model.in_ is not None:
        allowed = model.in_
        shown = ", ".join(allowed[:20]) + (", ..." if len(allowed) > 20 else "")
        test = _on_distinct(lambda texts: ~texts.isin(allowed))
        checks.append(recorder.check("not_allowed", test, column=name, rule="in", allowed=shown))
    return checks


def _range_checks(field: Field, recorder: Recorder) -> list[pa.Check]:
    low, high = field.model.min, field.model.max
    checks = []
    if low is not None:
        test = _compare(lambda values: values < low)
        checks.append(recorder.check("below_min", test, column=field.name, rule="min", min=_plain(low)))
    if high is not None:
        test = _compare(lambda values: values > high)
        checks.append(recorder.check("above_max", test, column=field.name, rule="max", max=_plain(high)))
    return checks


def _told(code: str, plan: Plan, field: Field) -> dict[str, Any]:
    if code == "wrong_currency":
        return {"unit": field.unit}
    if code in {"not_a_date", "ambiguous_date"}:
        return {"format": field.reading.date_format or "2026-03-05"}
    if code in {"not_a_period", "ambiguous_period"}:
        return {"example": field.reading.calendar.example}
    return {"nulls": " ".join(plan.source.nulls)} if plan.source.nulls else {}


def _constantly(mask: Mask) -> Test:
    return lambda _: np.asarray(mask, dtype=bool)


def _compare(test: Callable[[Any], Any]) -> Test:
    """Apply `test` to the values that are there; a missing value fails no range."""

    def compare(series: "pd.Series[Any]") -> Mask:
        there = series.notna().to_numpy()
        mask = np.zeros(len(series), dtype=bool)
        mask[there] = test(series.to_numpy(object)[there]).astype(bool)
        return mask

    return compare


def _on_distinct(test: Callable[["pd.Series[Any]"], Any]) -> Test:
    """Apply `test` to the distinct texts; a missing text fails nothing."""

    def apply(series: "pd.Series[Any]") -> Mask:
        places, distinct = pd.factorize(series.astype(object))
        outcome = np.asarray(test(pd.Series(distinct, dtype="str")), dtype=bool)
        return np.append(outcome, False)[places]

    return apply


def _repeats(keys: list[str]) -> Test:
    """Find rows whose keys, all there, equal those of another row."""
    return lambda frame: (
        frame.duplicated(keys, keep=False).to_numpy() & frame[keys].notna().all(axis="columns").to_numpy()
    )


def _tell_twins(keys: list[str], places: Places, column: str) -> Tell:
    """Name for each repeated row the first row with the same keys; for that one, the second."""

    def tell(frame: pd.DataFrame, rows: Rows) -> list[dict[str, str]]:
        numbers = frame.iloc[rows].groupby(keys, sort=False).ngroup().to_numpy()
        nth = pd.Series(numbers).groupby(numbers).cumcount().to_numpy()
        first, second = (dict(zip(numbers[nth == n], rows[nth == n], strict=True)) for n in (0, 1))
        listed = zip(numbers[:MOST_LISTED], rows[:MOST_LISTED], strict=True)
        twins = [second[number] if first[number] == row else first[number] for number, row in listed]
        return [{"other": places.cell(int(twin), column)} for twin in twins] + [{}] * (len(rows) - len(twins))

    return tell


def _plain(number: Decimal) -> str:
    return format(number, "f")
