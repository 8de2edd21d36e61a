"""calendar.yaml and eliminations.yaml against the rest of the configuration."""

from zoneinfo import available_timezones

from include.catalogue.draft import Draft
from include.catalogue.explaining import name_known, nearest
from include.catalogue.unit_table import CURRENCIES


def check_settings(draft: Draft) -> None:
    """Tell unknown countries, time zones, currencies, calendars and elimination pairs."""
    if draft.calendar_document is not None:
        _check_calendar(draft)
    for entry in draft.eliminations:
        for place, metric in enumerate(entry.model.pair):
            if metric not in draft.metric_names and "metrics" not in draft.unread:
                remedy = name_known(metric, draft.metric_names, "metrics/")
                draft.tell(entry.problem(("pair", place), f"unknown metric {metric!r}", remedy))
            known = draft.metrics.get(metric)
            dimension = entry.model.counterparty
            if known is not None and dimension not in known.model.dimensions:
                what = f"{dimension!r} is not a dimension of {metric}"
                draft.tell(entry.problem(("counterparty",), what, f"add it to the dimensions of {metric}"))


def _check_calendar(draft: Draft) -> None:
    import holidays  # noqa: PLC0415 - takes 0.2 s, needed where the configuration names a country

    calendar, document = draft.calendar, draft.calendar_document
    assert document is not None
    if calendar.periods == "iso-week" and calendar.fiscal_year_starts != 1:
        what = f"a year of ISO weeks can't start in month {calendar.fiscal_year_starts}"
        remedy = "remove it, or write `periods: 4-4-5` for a fiscal year of whole weeks"
        draft.tell(document.problem(("fiscal_year_starts",), what, remedy))
    if calendar.holidays not in holidays.list_supported_countries():
        what = f"no public holidays are known for {calendar.holidays!r}"
        draft.tell(document.problem(("holidays",), what, "write a country code of ISO 3166 such as CN"))
    zones = available_timezones()
    if calendar.timezone not in zones:
        what = f"unknown time zone {calendar.timezone!r}"
        close = nearest(calendar.timezone, zones)
        remedy = f"did you mean {' or '.join(close)}?" if close else "write it as Asia/Shanghai"
        draft.tell(document.problem(("timezone",), what, remedy))
    if calendar.currency not in CURRENCIES:
        what = f"unknown currency {calendar.currency!r}"
        draft.tell(document.problem(("currency",), what, name_known(calendar.currency, CURRENCIES)))
