"""One cell's figure over a period, and the figure that the cells of a unit make together."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.model.calendars import Calendar, Period
from tests.model.definitions import Version
from tests.model.exact import EXACT, add, quotient
from tests.model.parts import Part
from tests.model.placing import Stay


@dataclass
class Share:
    """A cell's figure at one unit above it. `flow` is set where it isn't made of year-to-dates, `ytd_now` where it is.

    A `hidden` one counts in the year so far only.
    """

    value: Decimal | None = None
    missing: str | None = None
    flow: Decimal | None = None
    ytd_now: Decimal | None = None
    products: Decimal = Decimal(0)
    weight: Decimal = Decimal(0)
    members: frozenset[str] = frozenset()
    unmatched: bool = False
    quarterly: bool = False
    hidden: bool = False


def measure(
    calendar: Calendar,
    period: Period,
    version: Version,
    parts: dict[int, Part],
    stays: list[Stay],
    own: list[Stay],
) -> Share | None:
    """Return the share, from the base periods of `stays`, of a cell without year-to-dates; None where nothing was reported.

    `own` are the unit's stays anywhere: a mean that is shared out among several units is one of all of these.
    """
    inside = [m for stay in stays for m in stay.months if m in parts and _speaks(parts[m], period)]
    newest = newest_month(calendar, period, version, parts) if version.over_time == "last" else None
    carried = None if newest is None else parts[newest]
    if not inside and carried is None:
        return _hide_quarter(period, version, parts, stays)
    if version.over_time == "last" and not _is_quarterly(inside, parts, period):
        if carried is None:
            return Share()
        value = None if carried.last is None else carried.last[1]
        return _shared([(value, stays[0])], version, carried.missing)
    if version.over_time == "average" and version.over_org != "sum":
        stays = [Stay(tuple(inside), Decimal(1))]  # the mean of the months here, however often the unit moved
    missing = max((parts[m].missing or "" for m in inside), default="") or None
    if missing:
        return Share(missing=missing)
    reported = [m for stay in own for m in stay.months if m in parts and _speaks(parts[m], period)]
    share = _shared([(_over_time(period, version, parts, stay), stay) for stay in stays], version, None)
    if (
        version.over_time == "average"
        and share.value is not None
        and not _is_quarterly(inside, parts, period)
    ):
        months = len(reported) if version.over_org == "sum" else sum(parts[m].n > 0 for m in inside)
        share.value = quotient(share.value, Decimal(months))
    if version.over_time == "weighted_average":
        share.products = add(parts[m].products for m in inside)
        share.weight = add(parts[m].weight for m in inside)
    share.members = frozenset().union(*(parts[m].members for m in inside))
    share.quarterly = _is_quarterly(inside, parts, period)
    return share


def _hide_quarter(
    period: Period, version: Version, parts: dict[int, Part], stays: list[Stay]
) -> Share | None:
    """Return what a quarter's figure adds to the year so far of its last base period."""
    for stay in stays:
        for part in (parts[m] for m in stay.months if m in parts):
            if period.grain == "M" and part.quarter is not None:
                flow = EXACT.multiply(part.quarter, stay.share) if version.proportionate else part.quarter
                return Share(flow=flow, hidden=True)
    return None


def _speaks(part: Part, period: Period) -> bool:
    """Tell whether a part says anything of the period: a quarter's figure says nothing of its last month."""
    return bool(part.kinds & ({"whole", "ytd"} if period.grain == "M" else {"whole", "ytd", "quarter"}))


def _is_quarterly(inside: list[int], parts: dict[int, Part], period: Period) -> bool:
    return period.grain == "Q" and any("quarter" in parts[m].kinds for m in inside)


def year_so_far(calendar: Calendar, year: int, parts: dict[int, Part]) -> dict[int, Decimal | None]:
    """Return a cell's year so far at each base period of a fiscal year that it reported; empty where it never gave one.

    That is the year-to-date reported for it, else that of the one before and the flow since; None where one between is
    missing.
    """
    inside = [m for m in sorted(parts) if calendar.bases[m].year == year]
    if not any(parts[m].ytd for m in inside):
        return {}
    found: dict[int, Decimal | None] = {}
    for m in inside:
        part, before = parts[m], Decimal(0) if calendar.bases[m].place == 1 else found.get(m - 1)
        if part.ytd:
            found[m] = part.ytd[1]
        else:
            found[m] = None if before is None or part.total is None else EXACT.add(before, part.total)
    return found


def difference(
    calendar: Calendar, period: Period, so_far: dict[int, Decimal | None], at: int, share: Decimal
) -> Share:
    """Return the difference of a cell's year so far: at the base period `at`, and before the period."""
    now = so_far.get(at)
    before = Decimal(0) if calendar.first_of_year(period) else so_far.get(period.months[0] - 1)
    value = None if now is None or before is None else EXACT.multiply(EXACT.subtract(now, before), share)
    return Share(value, ytd_now=None if now is None else EXACT.multiply(now, share))


def newest_month(calendar: Calendar, period: Period, version: Version, parts: dict[int, Part]) -> int | None:
    """Return the base period whose last value counts at the period's end."""
    if version.carry_forward is None:
        return period.last if period.last in parts and "whole" in parts[period.last].kinds else None
    dated = {m: part.newest for m, part in parts.items() if m <= period.last and part.newest}
    if not dated:
        return None
    last_day = calendar.bases[period.last].stop - dt.timedelta(days=1)
    month = max(dated)
    return month if (last_day - dated[month]).days <= version.carry_forward else None


def _over_time(  # noqa: PLR0911 - one case an aggregation
    period: Period, version: Version, parts: dict[int, Part], stay: Stay
) -> Decimal | None:
    """Return what the base periods of one stay make; of an average the sum of their means, to be divided once."""
    here = [parts[m] for m in stay.months if m in parts and _speaks(parts[m], period)]
    quarters = [part.quarter for part in here if part.quarter is not None]
    if period.grain == "Q" and quarters:
        return add(quarters)
    here = [part for part in here if part.n]
    if not here:
        return None
    if version.over_time == "average":
        means = [quotient(part.total or Decimal(0), Decimal(part.n)) for part in here]
        return add(mean for mean in means if mean is not None)
    if version.over_time == "min":
        return min(part.smallest for part in here if part.smallest is not None)
    if version.over_time == "max":
        return max(part.largest for part in here if part.largest is not None)
    if version.over_time == "none":
        alone = period.grain == "M" and here[0].n == 1
        return here[0].last[1] if alone and here[0].last else None
    return add(part.total for part in here if part.total is not None)


def _shared(found: list[tuple[Decimal | None, Stay]], version: Version, missing: str | None) -> Share:
    """Put a cell's stays under one unit together."""
    if missing:
        return Share(missing=missing)
    known = [(value, stay) for value, stay in found if value is not None]
    if not known:
        return Share()
    if version.proportionate:
        values = [EXACT.multiply(value, stay.share) for value, stay in known]
    else:
        values = [value for value, _ in known]
    extremes = {"min": min, "max": max}
    value = extremes.get(version.over_time, add)(values)
    return Share(value, flow=value)


def combine(shares: Iterable[Share], version: Version) -> tuple[Decimal | None, str | None]:
    """Return the value that the cells make together, and the reason where a rate is missing."""
    shares = list(shares)
    missing = max((share.missing for share in shares if share.missing), default=None)
    if missing:
        return None, missing
    if version.over_time == "weighted_average":
        return quotient(add(s.products for s in shares), add(s.weight for s in shares)), None
    if version.over_time == "distinct":
        return Decimal(len(frozenset().union(*(s.members for s in shares)))), None
    return over_units([share.value for share in shares if share.value is not None], version.over_org), None


def over_units(values: list[Decimal], over_org: str) -> Decimal | None:
    """Return several units' values as one."""
    if not values:
        return None
    if over_org == "average":
        return quotient(add(values), Decimal(len(values)))
    if over_org in ("min", "max"):
        return (min if over_org == "min" else max)(values)
    return add(values)
