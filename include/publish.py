"""Publish: the company's configuration into the warehouse, where SQL joins it.

Published once for each state of the configuration; where definitions, tree or calendar changed, every KPI is
noted for recomputation, because its meaning may have.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from include import warehouse
from include.catalogue import Catalogue
from include.catalogue.currencies import currency_of
from include.catalogue.models import Band, OrgLevel, Source, WorkbookSource

FIRST_YEAR, LAST_YEAR = 1990, 2060
BEGINNING = dt.date(1, 1, 1)


def publish_catalogue(connection: Connection, catalogue: Catalogue) -> bool:
    """Bring the warehouse's reference tables to `catalogue`; True where anything was written.

    Runs in the caller's transaction: readers see the old configuration or the new one, never a mixture.
    """
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    if _is_published(connection, catalogue, today):
        return False
    warehouse.run(connection, "publish/lock")
    if _is_published(connection, catalogue, today):
        return False
    is_first = _published(connection, today) is None
    _publish_periods(connection, catalogue)
    _publish_org(connection, catalogue, today)
    _publish_metrics(connection, catalogue)
    _publish_bases(connection, catalogue)
    _publish_eliminations(connection, catalogue)
    _publish_sources(connection, catalogue)
    warehouse.run(connection, "publish/past")
    changed = ("period", "org_tree", "metric_version", "past_metric", "past_path", "past_period")
    warehouse.gather_statistics(connection, warehouse.MANY_ROWS, *changed)
    warehouse.run(connection, "publish/configuration", fingerprint=catalogue.fingerprint, today=today)
    if not is_first:
        warehouse.run(connection, "rollup/touch_all", cause="definition")
    return True


def _published(connection: Connection, today: dt.date) -> Any:
    """Return the fingerprint in force and whether the tree of `today` is the published one; None in a new warehouse."""
    return warehouse.run(connection, "publish/published", today=today).one_or_none()


def _is_published(connection: Connection, catalogue: Catalogue, today: dt.date) -> bool:
    found = _published(connection, today)
    return found is not None and found.fingerprint == catalogue.fingerprint and found.tree_stands


def _publish_periods(connection: Connection, catalogue: Catalogue) -> None:
    """All months and quarters from 1990 to 2060; a changed fiscal year replaces them."""
    rows = catalogue.periods.rows(FIRST_YEAR, LAST_YEAR)
    first = next(row for row in rows if row.grain == "Q")
    warehouse.run(connection, "publish/clear_periods", quarter=first.key, start=first.start)
    arrays = {
        "grain": [row.grain for row in rows],
        "period": [row.key for row in rows],
        "start": [row.start for row in rows],
        "stop": [row.end for row in rows],
        "year": [row.year for row in rows],
        "quarter": [row.quarter for row in rows],
        "previous": [row.previous for row in rows],
        "year_ago": [row.year_ago for row in rows],
    }
    warehouse.run(connection, "publish/periods", **arrays)


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
                    "carry_forward",
                    "consolidation",
                    "grain",
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
            row["currency"] = currency_of(catalogue.units.parse(definition.unit))
            row |= {"over_time": definition.over_time or "none", "over_org": definition.over_org or "none"}
            warehouse.run(connection, "publish/metric_version", metric=metric_id, **row)


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


def _publish_eliminations(connection: Connection, catalogue: Catalogue) -> None:
    pairs = catalogue.eliminations
    warehouse.run(
        connection,
        "publish/eliminations",
        metric=[pair.pair[0] for pair in pairs],
        partner=[pair.pair[1] for pair in pairs],
        dimension=[pair.counterparty for pair in pairs],
        tolerance=[pair.tolerance for pair in pairs],
    )


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
