"""calendar.yaml against what is known of countries, time zones and currencies."""

from zoneinfo import available_timezones

from include.catalogue.draft import Draft
from include.catalogue.explaining import name_known, nearest
from include.catalogue.unit_table import CURRENCIES


def check_settings(draft: Draft) -> None:
    """Tell unknown countries, time zones, currencies and calendars."""
    if draft.calendar_document is not None:
        _check_calendar(draft)


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
