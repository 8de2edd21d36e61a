"""Publish: the company's configuration into the warehouse, where SQL joins it.

Published once for each state of the configuration; where definitions, tree or calendar changed, every KPI is
noted for recomputation, because its meaning may have. The calendar is written again only where it changed
itself, or where newer holidays are installed.
"""

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from include import warehouse, workdays
from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.currencies import currency_of
from include.catalogue.models import Band, OrgLevel, Source, WorkbookSource
from include.errors import ConfigurationError

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2060, 12, 31)
"""The calendar in the warehouse holds all fiscal years with days from here to there."""
BEGINNING = dt.date(1, 1, 1)
_AS_THEY_ARE = (
    *("version", "unit", "owner", "steward", "tier", "amber_within", "kind", "status", "valid_to"),
    *("carry_forward", "consolidation", "grain", "dimensions"),
)


def publish_catalogue(connection: Connection, catalogue: Catalogue) -> bool:
    """Bring the warehouse's reference tables to `catalogue`; True where anything was written.

    Runs in the caller's transaction: readers see the old configuration or the new one, never a mixture. Raises
    ConfigurationError where figures are kept by months or weeks that the calendar no longer has.
    """
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    wanted = (catalogue.fingerprint, _describe_calendar(catalogue), True)
    if _published(connection, today) == wanted:
        return False
    warehouse.run(connection, "publish/lock")
    before = _published(connection, today)
    if before == wanted:
        return False
    if before is None or before[1] != wanted[1]:
        _publish_calendar(connection, catalogue)
    _publish_org(connection, catalogue, today)
    _publish_metrics(connection, catalogue)
    _publish_bases(connection, catalogue)
    _publish_sources(connection, catalogue)
    warehouse.run(connection, "publish/past")
    changed = ("period", "day", "org_tree", "metric_version", "past_metric", "past_path", "past_period")
    warehouse.gather_statistics(connection, warehouse.MANY_ROWS, *changed)
    warehouse.run(connection, "publish/configuration", fingerprint=wanted[0], calendar=wanted[1], today=today)
    if before is not None and (before[0], before[2]) != (wanted[0], wanted[2]):
        warehouse.run(connection, "rollup/touch_all", cause="definition")
    return True


def _published(connection: Connection, today: dt.date) -> tuple[str, str | None, bool] | None:
    """Return fingerprint and calendar of what is in force, and whether its tree of today is still that of `today`.

    None in a new warehouse; the calendar of an older revision is None.
    """
    row = warehouse.run(connection, "publish/published", today=today).one_or_none()
    return None if row is None else (row.fingerprint, row.calendar, row.tree_stands)


def _describe_calendar(catalogue: Catalogue) -> str:
    """Return all that decides the calendar's rows, so that they are written only where it changed."""
    calendar = catalogue.calendar
    return (
        f"{calendar.periods} from month {calendar.fiscal_year_starts}, named by {calendar.fiscal_year_named_by}, "
        f"{FIRST_DAY} to {LAST_DAY}; holidays of {calendar.holidays}, edition {workdays.edition()}"
    )


def _publish_calendar(connection: Connection, catalogue: Catalogue) -> None:
    """Replace the calendar as a whole: periods linked by their first days, and days with working days."""
    calendar = catalogue.periods
    first, last = (calendar.year_of(date.isoformat()) for date in (FIRST_DAY, LAST_DAY))
    periods = pd.DataFrame(map(vars, calendar.rows(first, last)))
    _refuse_moved_periods(connection, catalogue, set(periods.loc[periods["grain"] == "M", "start"]))
    days = _list_days(catalogue.calendar.holidays, periods[periods["grain"] == "M"])
    worked = np.append(0, days["working"].cumsum())
    start, end = (pd.to_datetime(periods[bound]) for bound in ("start", "end"))
    opening = start.min()
    periods["working_days"] = worked[(end - opening).dt.days] - worked[(start - opening).dt.days]
    periods = periods.rename(columns={"key": "period", "end": "stop"}).drop(columns="position")
    warehouse.run(connection, "publish/clear_calendar")
    for table, rows in (("ledger.period", periods), ("ledger.day", days)):
        given = pa.Table.from_pandas(rows, preserve_index=False)
        warehouse.copy_table(connection, given, table, given.column_names)


def _list_days(country: str, months: pd.DataFrame) -> pd.DataFrame:
    """Return one row a day of the base periods `months`, with the columns of ledger.day."""
    found = workdays.list_days(country, months["start"].min(), months["end"].max() - dt.timedelta(days=1))
    lengths = (pd.to_datetime(months["end"]) - pd.to_datetime(months["start"])).dt.days
    shared = months[["start", "quarter_start", "year"]].rename(columns={"start": "month"})
    days = shared.loc[shared.index.repeat(lengths)].reset_index(drop=True)
    days = days.join(pd.DataFrame(found))
    iso = pd.to_datetime(days["date"]).dt.isocalendar()
    days["iso_week"] = iso["year"].astype(str) + "-W" + iso["week"].astype(str).str.zfill(2)
    return days


def _refuse_moved_periods(connection: Connection, catalogue: Catalogue, starts: set[dt.date]) -> None:
    """Raise ConfigurationError where facts stand under base periods that aren't among those that begin at `starts`."""
    kept = {row["start"] for row in warehouse.fetch(connection, "publish/base_periods_in_use")}
    if not kept:
        return
    first, last = max(min(kept), min(starts)), min(max(kept), max(starts))
    if any(first <= start <= last for start in kept ^ starts):
        file = catalogue.folder / "calendar.yaml"
        raise ConfigurationError(
            [
                f"{file}: `periods: {catalogue.calendar.periods}` with `fiscal_year_starts: "
                f"{catalogue.calendar.fiscal_year_starts}` divides time otherwise than the figures in the warehouse; "
                "go back to the former calendar, or deliver everything again into a new warehouse"
            ]
        )


def _publish_org(connection: Connection, catalogue: Catalogue, today: dt.date) -> None:
    """Units and their dated lines, and the trees that follow from them: as it was, as of today, like for like."""
    org = catalogue.org
    units = list(org.units)
    names = {f"name_{language}": [org.name_of(unit, language) for unit in units] for language in ("zh", "en")}
    warehouse.run(connection, "publish/orgs", unit=units, **names)
    lines = [line for unit in units for line in org.units[unit]]
    warehouse.run(connection, "publish/clear_org")
    warehouse.run(
        connection,
        "publish/org_lines",
        unit=[line.unit for line in lines],
        parent=[line.parent for line in lines],
        level=[line.level for line in lines],
        valid_from=[line.from_ or BEGINNING for line in lines],
        valid_to=[line.to for line in lines],
        ownership=[line.ownership for line in lines],
        into=[line.into for line in lines],
    )
    warehouse.run(connection, "publish/org_tree")
    warehouse.run(connection, "publish/tree_as_is", today=today)
    warehouse.run(connection, "publish/trees_like_for_like")
    warehouse.run(connection, "publish/basis_years")


def _publish_metrics(connection: Connection, catalogue: Catalogue) -> None:
    """Every definition version, in one statement, and the pairs of metrics that eliminate each other."""
    warehouse.run(connection, "publish/metrics", metric=list(catalogue.metrics))
    warehouse.run(connection, "publish/clear_metric_versions")
    rows = [
        _describe_version(catalogue, definition)
        for versions in catalogue.metrics.values()
        for definition in versions
    ]
    warehouse.run(connection, "publish/metric_versions", versions=json.dumps(rows, default=str))
    pairs = [(*pair, one) for one in catalogue.eliminations for pair in (one.pair, one.pair[::-1])]
    warehouse.run(
        connection,
        "publish/eliminations",
        metric=[metric for metric, _, _ in pairs],
        partner=[partner for _, partner, _ in pairs],
        dimension=[one.counterparty for _, _, one in pairs],
        tolerance=[one.tolerance for _, _, one in pairs],
    )


def _describe_version(catalogue: Catalogue, definition: MetricDefinition) -> dict[str, Any]:
    """Return a row of ledger.metric_version. The first one also holds for the time before its `valid_from`."""
    band = definition.better.band if isinstance(definition.better, Band) else (None, None)
    ratio = definition.ratio
    row = {name: getattr(definition, name) for name in _AS_THEY_ARE}
    for language in ("zh", "en"):
        row[f"name_{language}"] = definition.name.read(language)
        row[f"definition_{language}"] = definition.definition.read(language)
    return row | {
        "metric": definition.id,
        "better": "band" if isinstance(definition.better, Band) else definition.better,
        "band_low": band[0],
        "band_high": band[1],
        "formula": f"{ratio.of} / {ratio.to}" if ratio else definition.formula,
        "over_time": definition.over_time or "none",
        "over_org": definition.over_org or "none",
        "valid_from": BEGINNING if definition.version == 1 else definition.valid_from,
        "currency": currency_of(catalogue.units.parse(definition.unit)),
    }


def _publish_bases(connection: Connection, catalogue: Catalogue) -> None:
    """Publish what each definition is made of in the end, and what that is to it."""
    rows = [
        (metric, definition.version, base, role)
        for metric, versions in catalogue.metrics.items()
        for definition in versions
        for base, role in catalogue.bases_of(definition).items()
    ]
    columns = zip(*rows, strict=True) if rows else ([], [], [], [])
    names = ("metric", "version", "base", "role")
    warehouse.run(connection, "publish/metric_bases", **dict(zip(names, map(list, columns), strict=True)))


def _publish_sources(connection: Connection, catalogue: Catalogue) -> None:
    """Publish the sources, and who owes which metric by what the primary ones expect."""
    for source in catalogue.sources.values():
        row = {name: getattr(source, name) for name in ("source", "department", "owner", "kind", "authority")}
        names = {
            f"name_{lang}": source.name.read(lang) if source.name else source.source for lang in ("zh", "en")
        }
        warehouse.run(connection, "publish/source", **row, **names)
        expected = source.expects.org
        if expected is None or source.authority != "primary":
            continue
        level = expected.level if isinstance(expected, OrgLevel) else None
        units = [] if isinstance(expected, OrgLevel) else [catalogue.org.resolve(unit) for unit in expected]
        metrics = sorted(set(_actual_metrics(source)))
        warehouse.run(connection, "publish/expectation_units", metrics=metrics, units=units, level=level)


def _actual_metrics(source: Source) -> list[str]:
    """Return the metrics whose actual values a source reports."""
    measures = (
        source.rows.values()
        if isinstance(source, WorkbookSource) and source.rows
        else source.columns.values()
    )
    return [measure.feeds for measure in measures if measure.feeds and measure.scenario == "actual"]
