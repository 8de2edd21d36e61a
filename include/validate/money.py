"""Currencies of records, currency rates, and the weights of weighted averages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.batch import Reported
from include.catalogue import Catalogue
from include.catalogue.currencies import nearest_currencies, read_currency
from include.coerce import SIGN_CURRENCIES, Coerced
from include.plan import Field, Plan
from include.validate.failures import Failure, find_rows

Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]


def resolve_currencies(
    plan: Plan, coerced: Mapping[str, Coerced], catalogue: Catalogue
) -> tuple[Objects | None, list[Failure]]:
    """Return each row's currency (ISO code; None where blank or unknown), and the failures of those.

    A blank one fails only where a rate or money is delivered. None where the source has no such column.
    """
    if plan.currency not in coerced:
        return None, []
    column = coerced[plan.currency]
    places, distinct = column.grouped
    texts = [None if pd.isna(text) else str(text) for text in distinct]
    known = {text: read_currency(catalogue.units, text) for text in texts if text is not None}
    codes = np.array([*(known.get(text or "") for text in texts), None], dtype=object)[:-1][places]
    failures = []
    rows = find_rows(pd.notna(column.values) & pd.isna(codes))
    if len(rows):
        hints = {text: " / ".join(nearest_currencies(text)) for text, code in known.items() if code is None}
        details = [{"nearest": hints[str(column.values[row])]} for row in rows]
        failures.append(Failure("unknown_currency", rows, plan.currency, details=details))
    rows = find_rows(column.blank & _delivers_money(plan, coerced))
    if len(rows) and not plan.fields[plan.currency].model.required:
        failures.append(Failure("required_blank", rows, plan.currency, rule="is: currency"))
    return codes, failures


def check_signs(plan: Plan, reported: Reported, currencies: Objects | None) -> list[Failure]:
    """Find amounts whose currency sign contradicts the currency of their record."""
    failures: list[Failure] = []
    for field in plan.measures if currencies is not None else []:
        if not field.money or field.name not in reported.frame:
            continue
        texts = pa.array(reported.frame[field.name], pa.string(), from_pandas=True)
        wrong = np.zeros(len(reported.frame), dtype=bool)
        for sign, codes in SIGN_CURRENCIES.items():
            forms = "[¥￥]" if sign == "¥" else f"[{sign}]"
            signed = pc.fill_null(pc.match_substring_regex(texts, forms), False)
            wrong |= np.asarray(signed) & pd.notna(currencies) & ~pd.Series(currencies).isin(codes).to_numpy()
        rows = find_rows(wrong)
        if len(rows):
            details = [{"unit": str(currencies[row])} for row in rows] if currencies is not None else None
            failures.append(Failure("wrong_currency", rows, field.name, details=details))
    return failures


def check_rates(plan: Plan, coerced: Mapping[str, Coerced]) -> list[Failure]:
    """Find currency rates that are zero or negative."""
    failures = []
    for field in plan.rates:
        rows = _find_below(coerced.get(field.name), lambda values: values <= 0)
        if len(rows):
            failures.append(Failure("rate_not_positive", rows, field.name))
    return failures


def check_weights(plan: Plan, coerced: Mapping[str, Coerced]) -> list[Failure]:
    """Find values of weighted averages whose weight is blank, and negative weights of such values."""
    failures = []
    for field in plan.measures:
        if not field.weight or field.name not in coerced:
            continue
        values, weights = coerced[field.name], coerced.get(field.weight)
        there = ~(values.blank | values.failed)
        told: dict[str, Any] = {"columns": (field.name,), "params": {"measure": field.name}}
        missing = there if weights is None else there & weights.blank
        if missing.any():
            failures.append(Failure("weight_missing", find_rows(missing), field.weight, **told))
        rows = _find_below(weights, lambda numbers: numbers < 0)
        rows = rows[there[rows]]
        if len(rows):
            failures.append(Failure("weight_negative", rows, field.weight, **told))
    return failures


def _find_below(column: Coerced | None, test: Any) -> npt.NDArray[np.int64]:
    """Return the rows with a number that passes `test`."""
    if column is None:
        return np.zeros(0, dtype=np.int64)
    rows = find_rows(pd.notna(column.values))
    outcome: Mask = np.asarray(test(column.values[rows]), dtype=bool)
    return np.asarray(rows[outcome])


def _delivers_money(plan: Plan, coerced: Mapping[str, Coerced]) -> Mask:
    """Return the records that deliver a rate or an amount of money, readable or not."""
    blank = [
        coerced[field.name].blank for field in plan.delivered if _is_money(field) and field.name in coerced
    ]
    return ~np.logical_and.reduce(blank) if blank else np.zeros(len(coerced[plan.period].values), dtype=bool)


def _is_money(field: Field) -> bool:
    return field.role == "rate" or field.money
