"""Publish: the company's configuration into the warehouse, where SQL joins it.

Published once for each state of the configuration; where definitions, tree or calendar changed, every KPI is
noted for recomputation, because its meaning may have. The calendar is written again only where it changed
itself, or where newer holidays are installed.
"""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from include import warehouse, workdays
from include.catalogue import Catalogue
from include.catalogue.models import Band, OrgLevel, Source, WorkbookSource
from include.errors import ConfigurationError

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2060, 12, 31)
"""The calendar in the warehouse holds all fiscal years with days from here to there."""
BEGINNING = dt.date(1, 1, 1)


def publish_catalogue(connection: Connection, catalogue: Catalogue) -> bool:
    """Bring the warehouse's reference tables to `catalogue`; True where anything was written.

    Runs in the caller's transaction: readers see the old configuration or the new one, never a mixture. Raises
    ConfigurationError where figures are kept by months or weeks that the calendar no longer has.
    """
    wanted = (catalogue.fingerprint, _describe_calendar(catalogue))
    if _published(connection) == wanted:
        return False
    warehouse.run(connection, "publish/lock")
    before = _published(connection)
    if before == wanted:
        return False
    if before is None or before[1] != wanted[1]:
        _publish_calendar(connection, catalogue)
    _publish_org(connection, catalogue)
    _publish_metrics(connection, catalogue)
    _publish_sources(connection, catalogue)
    warehouse.gather_statistics(
        connection, warehouse.MANY_ROWS, "period", "day", "org_tree", "metric_version"
    )
    warehouse.run(connection, "publish/configuration", fingerprint=wanted[0], calendar=wanted[1])
    if before is not None and before[0] != wanted[0]:
        warehouse.run(connection, "rollup/touch_all")
    return True


def _published(connection: Connection) -> tuple[str, str | None] | None:
    """Return fingerprint and calendar of what is in force; the calendar of an older revision is None."""
    row = warehouse.run(connection, "publish/published").one_or_none()
    return None if row is None else (row.fingerprint, row.calendar)


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


def _publish_org(connection: Connection, catalogue: Catalogue) -> None:
    """Units and their dated lines, and the tree that follows from them."""
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
    )
    warehouse.run(connection, "publish/org_tree")


def _publish_metrics(connection: Connection, catalogue: Catalogue) -> None:
    """Every definition version. The first one also holds for the time before its `valid_from`."""
    warehouse.run(connection, "publish/metrics", metric=list(catalogue.metrics))
    warehouse.run(connection, "publish/clear_metric_versions")
    for metric_id, versions in catalogue.metrics.items():
        for definition in versions:
            band = definition.better.band if isinstance(definition.better, Band) else (None, None)
            ratio = definition.ratio
            row: dict[str, Any] = {
                name: getattr(definition, name)
                for name in (
                    "version",
                    "unit",
                    "owner",
                    "steward",
                    "tier",
                    "amber_within",
                    "kind",
                    "status",
                    "valid_to",
                )
            }
            row |= {f"name_{language}": definition.name.read(language) for language in ("zh", "en")}
            row |= {
                f"definition_{language}": definition.definition.read(language) for language in ("zh", "en")
            }
            row["better"] = "band" if isinstance(definition.better, Band) else definition.better
            row["formula"] = f"{ratio.of} / {ratio.to}" if ratio else definition.formula
            row["valid_from"] = BEGINNING if definition is versions[0] else definition.valid_from
            row |= {"band_low": band[0], "band_high": band[1], "dimensions": list(definition.dimensions)}
            row |= {"over_time": definition.over_time or "none", "over_org": definition.over_org or "none"}
            warehouse.run(connection, "publish/metric_version", metric=metric_id, **row)


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
    return [measure.metric for measure in measures if measure.metric and measure.scenario == "actual"]
