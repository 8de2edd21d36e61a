"""Money in several currencies: rate columns, columns with the currency, and units that a rate must convert."""

from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.measures import Definitions, column_path, definition_of, measures_of
from include.catalogue.currencies import currency_of, holds_money
from include.catalogue.draft import Draft, Entry
from include.catalogue.models import Column, Measure
from include.catalogue.rates import reports_rates
from include.catalogue.reading import PathKey

_ADD_RATES = "add a source with `rate: average` and `rate: closing` columns"
_YTD = "the months must be converted each at its own rate"


def check_money(draft: Draft, entry: Entry[Any], definitions: Definitions) -> None:
    """Tell what is wrong with one source's currency rates and with its column of currencies."""
    source = entry.model
    currencies = [name for name, column in source.columns.items() if column.is_ == "currency"]
    for name in currencies[1:]:
        what = f"both {currencies[0]!r} and {name!r} are the currency"
        draft.tell(entry.problem(("columns", name, "is"), what, "keep one of them"))
    for name, measure in measures_of(source).items():
        _check_rate(draft, entry, column_path(source, name), measure)
    if reports_rates(source):
        _check_rates(draft, entry, currencies)
    elif currencies:
        _check_currencies(draft, entry, currencies[0], definitions)


def check_conversion(
    draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure, metric: MetricDefinition
) -> None:
    """Tell a measure in another currency than its metric where no rate can convert it."""
    reported = str(measure.unit)
    if not _rates_are_reported(draft):
        what = f"{reported} becomes {metric.unit} by a rate, and no source reports currency rates"
        draft.tell(entry.problem((*path, "unit"), what, f"{_ADD_RATES}, or report it in {metric.unit}"))
    if measure.reported_as == "ytd":
        what = f"a year-to-date in {reported} can't be converted: {_YTD}"
        draft.tell(entry.problem((*path, "reported_as"), what, "report the months as flows"))


def _rates_are_reported(draft: Draft) -> bool:
    """Tell whether any source has rates; a faulty source that couldn't be read might."""
    return "sources" in draft.unread or any(reports_rates(entry.model) for entry in draft.sources.values())


def _check_rate(draft: Draft, entry: Entry[Any], path: PathKey, measure: Measure) -> None:
    if measure.rate is None:
        if isinstance(measure, Column) and measure.per is not None:
            draft.tell(
                entry.problem((*path, "per"), "only a rate is quoted per so many units", "remove `per`")
            )
        return
    if not isinstance(measure, Column):
        what = "a rate can't stand in a matrix's row"
        draft.tell(
            entry.problem((*path, "rate"), what, "list rates as records, with a column `is: currency`")
        )
        return
    for key in ("metric", "is_"):
        if getattr(measure, key) is not None:
            word = key.strip("_")
            draft.tell(entry.problem((*path, word), f"a rate has no `{word}`", f"remove `{word}` or `rate`"))
    given = {
        "sign": measure.sign == "-",
        "reported_as": measure.reported_as,
        "scenario": measure.scenario != "actual",
    }
    for key in [key for key, said in given.items() if said]:
        draft.tell(entry.problem((*path, key), f"a rate has no {key}", f"remove `{key}`"))
    currency = draft.calendar.currency
    known = measure.unit is not None and draft.units.is_known(measure.unit) and draft.units.is_known(currency)
    if known and draft.units.parse(str(measure.unit)) != draft.units.parse(currency):
        what = f"a rate is in {currency}, the company's currency, not in {measure.unit}"
        draft.tell(
            entry.problem((*path, "unit"), what, "remove `unit`; `per: 100` is for quotes of 100 units")
        )


def _check_rates(draft: Draft, entry: Entry[Any], currencies: list[str]) -> None:
    """Tell what else a source with rates lacks or has too much of: its records are currencies of the company."""
    source = entry.model
    if not currencies:
        draft.tell(
            entry.problem(("columns",), "rates need a column with the currency", "mark it `is: currency`")
        )
    for name, column in source.columns.items():
        if column.metric is not None and column.rate is None:
            what = f"currency rates and the measure {name!r} stand in one source"
            draft.tell(entry.problem(("columns", name, "metric"), what, "make them two sources"))
        if column.is_ in {"org", "dimension"}:
            what = f"rates hold for the whole company, they have no {column.is_}"
            draft.tell(entry.problem(("columns", name, "is"), what, "mark it `is: ignore`"))
    layout = getattr(source, "layout", None)
    if layout is not None and layout.org is not None:
        what = "rates hold for the whole company, they have no org unit"
        draft.tell(entry.problem(("layout", "org"), what, "remove `org`"))
    if source.expects.org is not None:
        what = "rates hold for the whole company, no unit owes them"
        draft.tell(entry.problem(("expects", "org"), what, "remove `org`"))


def _check_currencies(draft: Draft, entry: Entry[Any], column: str, definitions: Definitions) -> None:
    """Tell what is wrong where a column says the currency of each record's money measures."""
    money = False
    for name, measure in measures_of(entry.model).items():
        versions = definitions.get(measure.metric or "")
        unit = measure.unit or (definition_of(measure, versions).unit if versions else "")
        if not unit or not draft.units.is_known(unit) or not holds_money(draft.units.parse(unit)):
            continue
        money = True
        path = column_path(entry.model, name)
        if currency_of(draft.units.parse(unit)) is None:
            what = f"the currency of {unit} can't be replaced by that of the column {column!r}"
            draft.tell(
                entry.problem((*path, "unit"), what, "report it in a unit with one currency, such as 元/吨")
            )
        if measure.reported_as == "ytd":
            what = f"a year-to-date in the currency of {column!r} can't be converted: {_YTD}"
            draft.tell(entry.problem((*path, "reported_as"), what, "report the months as flows"))
    if not money and "metrics" not in draft.unread:
        what = f"{column!r} is the currency, but no measure is money"
        draft.tell(entry.problem(("columns", column, "is"), what, "mark it `is: dimension` or `is: ignore`"))
    elif not _rates_are_reported(draft):
        what = f"{column!r} is the currency of each record, and no source reports currency rates"
        draft.tell(entry.problem(("columns", column, "is"), what, _ADD_RATES))
