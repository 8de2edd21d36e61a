"""Models of what a company edits: strict, frozen, one class for each thing that a YAML file can say.

Unknown keys are refused. What needs more than one file (does this owner exist?) is checked in
`include.catalogue.crosscheck`. The classes are also the source of the JSON Schema for editors.
"""

from typing import Annotated

from pydantic import Field

from include.catalogue.models.base import RATE_METRICS, Words
from include.catalogue.models.company import CalendarConfig, Elimination, OrgLine, Person, UnitsConfig
from include.catalogue.models.metrics import Band, Metric, MetricVersion, Ratio
from include.catalogue.models.sources import (
    Column,
    Layout,
    Measure,
    OrgLevel,
    PeriodsAcross,
    Place,
    Rule,
    SourceBase,
    TotalRows,
    WorkbookSource,
)
from include.catalogue.models.systems import Auth, Paging, RestSource, SqlSource

Source = Annotated[WorkbookSource | SqlSource | RestSource, Field(discriminator="kind")]

__all__ = [
    "RATE_METRICS",
    "Auth",
    "Band",
    "CalendarConfig",
    "Column",
    "Elimination",
    "Layout",
    "Measure",
    "Metric",
    "MetricVersion",
    "OrgLevel",
    "OrgLine",
    "Paging",
    "PeriodsAcross",
    "Person",
    "Place",
    "Ratio",
    "RestSource",
    "Rule",
    "Source",
    "SourceBase",
    "SqlSource",
    "TotalRows",
    "UnitsConfig",
    "Words",
    "WorkbookSource",
]
