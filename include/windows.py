"""What a run asks a system for: everything, the last days, or the slices that a cursor says have changed."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection

from include import warehouse
from include.answers import ALL_DATES, read_spans, write_spans
from include.batch import Window
from include.batches import BatchRow
from include.catalogue import Catalogue
from include.catalogue.models import OrgLevel, RestSource, Source, SqlSource, WorkbookSource
from include.catalogue.parameters import asked_for
from include.coerce import coerce
from include.errors import ConfigurationError, UsageError
from include.period import Calendar
from include.plan import GRAINS, plan_source
from include.validate.resolution import resolve_periods

BEGINNING_OF_DATA = dt.date(1990, 1, 1)
System = SqlSource | RestSource


def aim(catalogue: Catalogue, source: System, window: Window | None) -> dict[str, Any]:
    """Return what a run asks for, as `open_batch` takes it: window_start, window_end, and the spans that it answers.

    `window` is what somebody asked for by hand. Without it the source's cursor decides, where it has one: the spans are
    then None until `aim_by_cursor`.
    """
    by_cursor = window is None and source.cursor is not None
    span = window or (everything(catalogue, source) if by_cursor else window_of(catalogue, source))
    spans = None if by_cursor else write_spans([answered(catalogue, source, span)])
    return {"window_start": span.start, "window_end": span.end, "spans": spans}


def aim_by_cursor(
    batch: BatchRow, catalogue: Catalogue, source: System, changes: Callable[[str | None], pd.DataFrame]
) -> BatchRow:
    """Return the batch aimed at the slices that changed since the last mark, and note it in the warehouse.

    `changes(since)` gives the columns `period` and `cursor` (texts) of the records that changed, or of all.
    What the source's `window` names is read again in any case. A source without a mark is read whole.
    """
    assert source.cursor is not None and batch.window is not None
    now = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone))
    with warehouse.connect() as connection:
        last = warehouse.run(connection, "batch/last_mark", source=source.source).scalar()
    found = changes(None if last is None else _step_back(last, source.cursor.reach))
    mark = _latest([*found["cursor"].dropna(), *([last] if last else [])], now)
    windows = [batch.window]
    if last is not None:
        windows = _bound_slices(catalogue, source, found["period"])
        windows += [window_of(catalogue, source)] if source.window_days is not None else []
    spans = write_spans(windows)
    aimed = replace(batch, window=_hull(windows) or batch.window, spans=spans, mark=mark)
    with warehouse.connect() as connection:
        _note_aim(connection, aimed)
    return aimed


def windows_asked(batch: BatchRow) -> list[Window]:
    """Return the windows that the system is asked for, one query or request each."""
    assert batch.window is not None and batch.spans is not None
    return read_spans(batch.spans, batch.window)


def window_of(catalogue: Catalogue, source: System) -> Window:
    """Return the dates that a run reads again, as whole slices; everything for a source never loaded."""
    with warehouse.connect() as connection:
        loaded = warehouse.run(
            connection, "batch/has_accepted", source=source.source, beginning=BEGINNING_OF_DATA
        ).scalar_one()
    if source.window_days is None or not loaded:
        return everything(catalogue, source)
    today = _today(catalogue)
    return widen(catalogue, source, today - dt.timedelta(days=source.window_days), today)


def window_of_period(catalogue: Catalogue, source: Source, period: str) -> Window:
    """Return the dates of a month (or week) or quarter, widened to whole slices. Raises UsageError."""
    if isinstance(source, WorkbookSource):
        raise UsageError("A period is for systems; a workbook says itself which periods it holds.")
    try:
        start, stop = catalogue.periods.period_bounds(period)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    return widen(catalogue, source, start, stop - dt.timedelta(days=1))


def name_window(
    catalogue: Catalogue, source: Source, period: str | None = None, moment: dt.datetime | None = None
) -> Window | None:
    """Return the dates of a period, or of the slice that holds a moment; None where neither is given.

    Raises UsageError as `window_of_period`.
    """
    if moment is not None:
        day = moment.astimezone(ZoneInfo(catalogue.calendar.timezone)).date()
        return widen(catalogue, source, day, day)
    return window_of_period(catalogue, source, period) if period else None


def everything(catalogue: Catalogue, source: Source) -> Window:
    """Return the dates from the beginning to the end of the slice that holds today."""
    return Window(BEGINNING_OF_DATA, widen(catalogue, source, _today(catalogue), _today(catalogue)).end)


def widen(catalogue: Catalogue, source: Source, first: dt.date, last: dt.date) -> Window:
    """Return the window from `first` to `last` widened to whole slices: a slice is replaced as a whole."""
    grain, calendar = GRAINS[source.slice], catalogue.periods
    start = calendar.period_bounds(calendar.key_of(first, grain))[0]
    return Window(start, calendar.period_bounds(calendar.key_of(last, grain))[1])


def answered(catalogue: Catalogue, source: System, window: Window) -> Window:
    """Return the dates that the answer is about: a query that doesn't name a bound of the window has none there."""
    named = asked_for(source, catalogue.queries.get(source.source, ""))
    return Window(
        window.start if "window_start" in named else ALL_DATES.start,
        window.end if named & {"window_end", "window_end_inclusive"} else ALL_DATES.end,
    )


def list_orgs(catalogue: Catalogue, source: Source, windows: Iterable[Window]) -> list[str]:
    """Return the ids of the org units that owe the source in any of these dates: what `:org` is filled with."""
    wanted, windows = source.expects.org, list(windows)
    if wanted is None:
        return []
    if not isinstance(wanted, OrgLevel):
        return sorted({catalogue.org.resolve(text) or text for text in wanted})
    return sorted(
        unit
        for unit, lines in catalogue.org.units.items()
        for line in lines
        if line.level == wanted.level and any(_overlaps(line, window) for window in windows)
    )


def _overlaps(line: Any, window: Window) -> bool:
    return (line.from_ or dt.date.min) < window.end and window.start < (line.to or dt.date.max)


def _today(catalogue: Catalogue) -> dt.date:
    return dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()


def _bound_slices(catalogue: Catalogue, source: System, periods: "pd.Series[str]") -> list[Window]:
    """Return the dates of the slices that hold these dates or periods. A record without one belongs to no slice."""
    plan, calendar = plan_source(source, catalogue), catalogue.periods
    field = plan.fields[plan.period]
    coerced = coerce(periods.dropna().reset_index(drop=True).astype(object), field.kind, field.reading)
    if coerced.failed.any():
        raise ConfigurationError(
            [
                f"source {source.source}: changed records have a {plan.period!r} that can't be read as {field.kind}; "
                "convert it in the query, or declare its format"
            ]
        )
    return [_bounds(calendar, key) for key in set(resolve_periods(plan, coerced, calendar).slices)]


def _bounds(calendar: Calendar, key: str) -> Window:
    return Window(*calendar.period_bounds(key))


def _hull(windows: list[Window]) -> Window | None:
    return Window(min(w.start for w in windows), max(w.end for w in windows)) if windows else None


def _note_aim(connection: Connection, batch: BatchRow) -> None:
    assert batch.window is not None
    about = {"window_start": batch.window.start, "window_end": batch.window.end}
    warehouse.run(
        connection, "batch/aim", batch_id=batch.batch_id, spans=batch.spans, mark=batch.mark, **about
    )


def _latest(marks: list[str], now: dt.datetime) -> str | None:
    """Return the latest mark. One from the future counts as now: it would hide all that changes until then."""
    if not marks:
        return None
    mark = max(marks, key=lambda text: _order(text, now))
    moment = _read_mark(mark)
    if isinstance(moment, int) or _order(mark, now) <= now:
        return mark
    return _write_moment(now if moment.tzinfo else now.replace(tzinfo=None), mark)


def _order(text: str, now: dt.datetime) -> Any:
    moment = _read_mark(text)
    return moment if isinstance(moment, int) or moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _read_mark(text: str) -> dt.datetime | int:
    try:
        return int(text) if re.fullmatch(r"-?\d+", text) else dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigurationError(
        [
            "a source's cursor holds texts that are neither a moment (ISO 8601) nor a whole number; name another column"
        ]
    )


def _step_back(mark: str, reach: dt.timedelta | int) -> str:
    """Return the mark less the look-back, which is of its kind, written as the mark is."""
    moment = _read_mark(mark)
    if isinstance(moment, int) and isinstance(reach, int):
        return str(moment - reach)
    if isinstance(moment, dt.datetime) and isinstance(reach, dt.timedelta):
        return _write_moment(moment - reach, mark)
    kind, example = ("numbers", "1000") if isinstance(moment, int) else ("moments", "1 day")
    raise ConfigurationError(
        [
            f"a source's cursor holds {kind}; say in {kind} how far to look back: `cursor: {{look_back: {example}}}`"
        ]
    )


def _write_moment(moment: dt.datetime, like: str) -> str:
    if len(like) == len("2026-03-01"):
        return moment.date().isoformat()
    return moment.isoformat(sep=" " if like[10] == " " else "T")
