"""Read dates, months, weeks and quarters as people write them, or say why a text doesn't name one for certain."""

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from include.coerce.plain import FIRST_YEAR, Failure, unify
from include.period import Calendar

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FORMS = [
    _ISO_DAY,
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
]
_STAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?) ?(Z|[+-][0-9:]{2,6})?"
)
_TWO_WAYS = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_MONTH_FORMS = [
    re.compile(r"([0-9]{4})[-/]([0-9]{1,2})"),
    re.compile(r"([0-9]{4}) ?年 ?([0-9]{1,2}) ?月份?"),
    re.compile(r"([0-9]{4})([0-9]{2})"),
    re.compile(r"([0-9]{4})\.([0-9]{2}|[2-9])"),
]
_WEEK_FORMS = [
    re.compile(r"([0-9]{4})[-/ ]?[Ww] ?([0-9]{1,2})"),
    re.compile(r"([0-9]{4}) ?年 ?第? ?([0-9]{1,2}) ?周"),
]
_BARE_PAIR = re.compile(r"[0-9]{4}(?:[-/.][0-9]{1,2}|[0-9]{2})")
_QUARTER_FORMS = [
    re.compile(r"([0-9]{4})[-/ ]?[Qq]([1-4])"),
    re.compile(r"([0-9]{4}) ?年 ?(?:第? ?([1-4一二三四]) ?季度?|[Qq]([1-4]))"),
]


def read_date(text: str, date_format: str | None, zone: ZoneInfo, latest: int) -> dt.date | Failure:
    """Return the date that `text` names, or not_a_date, ambiguous_date or date_serial.

    Years before 1990 and after `latest` are slips of the pen (not_a_date). ISO is always read, as real date
    cells arrive so; where it and `date_format` both fit and differ, the date is ambiguous.
    """
    text = unify(text)
    readings = {day for day in (_by_format(text, date_format), _by_form(text, zone)) if day}
    if len(readings) > 1:
        return Failure("ambiguous_date")
    if readings:
        day = readings.pop()
        return day if FIRST_YEAR <= day.year <= latest else Failure("not_a_date")
    if _SERIAL.fullmatch(text):
        return Failure("date_serial")
    return Failure("ambiguous_date" if _TWO_WAYS.fullmatch(text) and not date_format else "not_a_date")


def _by_format(text: str, date_format: str | None) -> dt.date | None:
    if not date_format:
        return None
    try:
        return dt.datetime.strptime(text, date_format).date()  # noqa: DTZ007 -- only the date is kept
    except ValueError:
        return None


def _by_form(text: str, zone: ZoneInfo) -> dt.date | None:
    for form in _DAY_FORMS:
        if match := form.fullmatch(text):
            return _make_date(*map(int, match.groups()))
    return _by_stamp(text, zone)


def _by_stamp(text: str, zone: ZoneInfo) -> dt.date | None:
    match = _STAMP.fullmatch(text)
    if not match:
        return None
    day, clock, offset = match.groups()
    if "." in clock:
        clock = clock[: clock.index(".")]
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
        return moment.astimezone(zone).date() if offset else moment.date()
    except (ValueError, OverflowError):
        return None


def _make_date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@dataclass(frozen=True)
class Hand:
    """How a column's periods are written.

    In which notation of strptime its dates are, in which zone its timestamps are meant, up to which year, and of
    which calendar.
    """

    date_format: str | None
    zone: ZoneInfo
    latest: int
    calendar: Calendar


def read_month(text: str, hand: Hand) -> str | Failure:
    """Return the month key `2026-03` that `text` names; under 4-4-5 it means the fiscal month.

    Fails with not_a_period, ambiguous_period (2024.1: January or October?), ambiguous_date or date_serial.
    A date names its month where it is the month's first or last day.
    """
    text = unify(text)
    if re.fullmatch(r"[0-9]{4}\.1", text):
        return Failure("ambiguous_period")
    for form in _MONTH_FORMS:
        if match := form.fullmatch(text):
            year, month = map(int, match.groups())
            return _known_key(f"{year:04d}-{month:02d}", hand)
    return _read_key_of_date(text, hand)


def read_week(text: str, hand: Hand) -> str | Failure:
    """Return the key `2026-W05` of the ISO week that `text` names.

    Fails with not_a_period (also for a 53rd week that its year doesn't have), ambiguous_period (2026-05 and 202605:
    a week or a month?), ambiguous_date or date_serial. A date names its week where it is its Monday or Sunday.
    """
    text = unify(text)
    for form in _WEEK_FORMS:
        if match := form.fullmatch(text):
            year, week = map(int, match.groups())
            return _known_key(f"{year:04d}-W{week:02d}", hand)
    if _BARE_PAIR.fullmatch(text):
        return Failure("ambiguous_period")
    return _read_key_of_date(text, hand)


def _known_key(key: str, hand: Hand) -> str | Failure:
    known = FIRST_YEAR <= int(key[:4]) <= hand.latest and hand.calendar.has(key)
    return key if known else Failure("not_a_period")


def _read_key_of_date(text: str, hand: Hand) -> str | Failure:
    day = read_date(text, hand.date_format, hand.zone, hand.latest)
    if isinstance(day, Failure):
        return Failure("not_a_period") if day.code == "not_a_date" else day
    named = hand.calendar.keys_named_by(day)
    return named.pop() if len(named) == 1 else Failure("ambiguous_period" if named else "not_a_period")


def read_quarter(text: str, latest: int) -> str | Failure:
    """Return the quarter key `2026-Q1` that `text` names, or not_a_period."""
    text = unify(text)
    for form in _QUARTER_FORMS:
        if match := form.fullmatch(text):
            year, number = (part for part in match.groups() if part)
            quarter = "一二三四".find(number) + 1 or int(number)
            return f"{year}-Q{quarter}" if FIRST_YEAR <= int(year) <= latest else Failure("not_a_period")
    return Failure("date_serial" if _SERIAL.fullmatch(text) else "not_a_period")


def read_period(text: str, hand: Hand) -> str | Failure:
    """Return the key of the base period (a month or week of the calendar) or quarter that `text` names.

    Fails as `read_month` or `read_week` does.
    """
    quarter = read_quarter(text, hand.latest)
    if isinstance(quarter, str):
        return quarter
    return read_week(text, hand) if hand.calendar.word == "week" else read_month(text, hand)
