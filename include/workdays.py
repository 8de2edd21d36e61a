"""Working days and public holidays of a country, with the working days that China moves to weekends."""

import datetime as dt
from functools import cache
from importlib.metadata import version
from typing import NamedTuple


class Day(NamedTuple):
    """A date, whether people work on it, and the public holiday that it is (in the country's language)."""

    date: dt.date
    working: bool
    holiday: str | None


@cache
def list_days(country: str, first: dt.date, last: dt.date) -> tuple[Day, ...]:
    """Return every day from `first` to `last` in `country` (ISO 3166).

    A working day is one outside the country's weekend that is no public holiday, or a day of the weekend that
    is worked in exchange for another. Exchanges are known once a government has announced them, so a year that is
    not yet announced has none; a newer `holidays` package brings them.
    """
    import holidays  # noqa: PLC0415 - needed where a calendar is published, which is rare

    # The years around as well: a day may be worked in exchange for one beyond New Year. And always the
    # country's own language: by default it would be the one of the machine.
    known = holidays.country_holidays(
        country,
        years=range(first.year - 1, last.year + 2),
        language=holidays.country_holidays(country).default_language,
    )
    dates = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(Day(date, known.is_working_day(date), known.get(date)) for date in dates)


def edition() -> str:
    """Return which edition of the holidays is installed: another one may know other days."""
    return version("holidays")
