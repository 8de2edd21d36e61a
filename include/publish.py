"""Publish: the company's configuration into the warehouse, where SQL joins it.

Published once for each state of the configuration; where definitions, tree or calendar changed, every KPI is
noted for recomputation, because its meaning may have.
"""

import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection

from include import warehouse
from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Band, OrgLevel, Source, WorkbookSource

FIRST_YEAR, LAST_YEAR = 1990, 2060
BEGINNING = dt.date(1, 1, 1)
_AS_THEY_ARE = (
    *("version", "unit", "owner", "steward", "tier", "amber_within", "kind", "status", "valid_to"),
    *("carry_forward", "consolidation", "grain", "dimensions"),
)


def publish_catalogue(connection: Connection, catalogue: Catalogue) -> bool:
    """Bring the warehouse's reference tables to `catalogue`; True where anything was written.

    Runs in the caller's transaction: readers see the old configuration or the new one, never a mixture.
    """
    if _published(connection) == catalogue.fingerprint:
        return False
    warehouse.run(connection, "publish/lock")
    before = _published(connection)
    if before == catalogue.fingerprint:
        return False
    _publish_periods(connection, catalogue)
    _publish_org(connection, catalogue)
    _publish_metrics(connection, catalogue)
    _publish_sources(connection, catalogue)
    warehouse.gather_statistics(connection, warehouse.MANY_ROWS, "period", "org_tree", "metric_version")
    warehouse.run(connection, "publish/configuration", fingerprint=catalogue.fingerprint)
    if before is not None:
        warehouse.run(connection, "rollup/touch_all")
    return True


def _published(connection: Connection) -> str | None:
    fingerprint: str | None = warehouse.run(connection, "publish/published").scalar()
    return fingerprint


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
        into=[line.into for line in lines],
    )
    warehouse.run(connection, "publish/org_tree")


def _publish_metrics(connection: Connection, catalogue: Catalogue) -> None:
    """Every definition version, in one statement, and the pairs of metrics that eliminate each other."""
    warehouse.run(connection, "publish/metrics", metric=list(catalogue.metrics))
    warehouse.run(connection, "publish/clear_metric_versions")
    rows = [
        _describe_version(definition, first=definition is versions[0])
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


def _describe_version(definition: MetricDefinition, *, first: bool) -> dict[str, Any]:
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
        "valid_from": BEGINNING if first else definition.valid_from,
    }


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
