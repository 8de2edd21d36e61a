"""The periods of a template: which delivery is next, when it is due, and how a matrix names the year's periods."""

import datetime as dt
import re

from include.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.connectors.workbook.places import compile_pattern, period_text
from include.period import Grain
from include.plan import GRAINS
from include.workdays import list_days

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WORDS_AFTER = re.compile(r"\s*[^\W\d_]")


def next_period(source: WorkbookSource, catalogue: Catalogue, today: dt.date) -> str:
    """Return the period that is delivered next: the first whose deadline isn't past; a source by the day its month.

    Without `due` that is the last one that has ended.
    """
    calendar, grain = catalogue.periods, grain_of(source)
    ended = calendar.previous(calendar.key_of(today, grain))
    deadline = due_on(source, catalogue, ended)
    return ended if deadline is None or today <= deadline.date() else calendar.key_of(today, grain)


def due_on(source: WorkbookSource, catalogue: Catalogue, period: str) -> dt.datetime | None:
    """Return when the delivery of `period` is due, in the company's time zone; None where nothing is declared."""
    if source.due is None:
        return None
    end = catalogue.periods.period_bounds(period)[1]
    days = list_days(
        catalogue.calendar.holidays, end, end + dt.timedelta(days=4 * source.due.working_day + 30)
    )
    working = [day.date for day in days if day.working][: source.due.working_day]
    return dt.datetime.combine(working[-1], dt.time(source.due.hour)) if working else None


def grain_of(source: WorkbookSource) -> Grain:
    """Return the grain of a source's deliveries: Q where it delivers quarters, else M."""
    pattern = source.layout.periods.pattern if source.layout.periods else ""
    quarters = GRAINS[source.slice] == "Q" or "{quarter}" in pattern
    return (
        "Q"
        if quarters or any(c.is_ == "period" and c.type == "quarter" for c in source.columns.values())
        else "M"
    )


def choose_periods(catalogue: Catalogue, period: str) -> list[str]:
    """Return the periods to choose from around `period`: a year back, three ahead, the latest first."""
    calendar = catalogue.periods
    back = 5 if calendar.grain_of(period) == "Q" else 13
    return [calendar.shift(period, step) for step in range(3, -back, -1)]


def name_across(
    source: WorkbookSource, catalogue: Catalogue, period: str, *, alone: bool = False
) -> list[str]:
    """Return the headers of a matrix: the periods of the fiscal year that holds `period`, as its pattern writes them.

    `alone`: that period only. A pattern with days has those of the period. `*` becomes 金额 or, within a part, nothing.
    """
    pattern = source.layout.periods.pattern if source.layout.periods else "{year}年{month}月"
    calendar = catalogue.periods
    if "{day}" in pattern:
        start, end = calendar.period_bounds(period)
        keys = [(start + dt.timedelta(days=day)).isoformat() for day in range((end - start).days)]
    elif alone:
        keys = [period]
    else:
        grain, year = grain_of(source), calendar.year_of(period)
        keys = [row.key for row in calendar.rows(year, year) if row.grain == grain]
    return [_write(pattern, key) for key in keys]


def _write(pattern: str, key: str) -> str:
    numbers = [int(part) for part in re.findall(r"\d+", key)]
    named = {
        "year": numbers[0],
        "quarter": numbers[1],
        "week": numbers[1],
        "month": numbers[1],
        "day": numbers[-1],
    }
    without_stars = "/".join(
        "金额" if part.strip() == "*" else part.replace("*", "") for part in pattern.split("/")
    )

    def fill(found: re.Match[str]) -> str:
        is_worded = found[1] in ("year", "quarter") or _WORDS_AFTER.match(without_stars, found.end())
        return f"{named[found[1]]:{'d' if is_worded else '02d'}}"

    text = _PLACEHOLDER.sub(fill, without_stars)
    read = compile_pattern(pattern).fullmatch(text)
    if read is None or period_text(read) != key:
        raise ValueError(f"the period pattern {pattern!r} can't be written so that it is read again")
    return text
