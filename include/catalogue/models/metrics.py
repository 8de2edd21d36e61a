"""metrics/*.yaml."""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

from pydantic import (
    Field,
    model_validator,
)

from include.catalogue.models.base import Days, Identifier, Model, Number, Share, Words


class Band(Model):
    """The metric is good inside [low, high]."""

    band: tuple[Number, Number]


class Ratio(Model):
    """Sum of `of` over sum of `to`, at every org unit and period."""

    of: Identifier
    to: Identifier


class MetricVersion(Model):
    """What may differ between the versions of a metric; in force from `valid_from` until the next one's."""

    name: Words | None = None
    definition: Words
    unit: str
    owner: str
    tier: Literal["public", "internal", "confidential", "restricted"]
    better: Literal["up", "down"] | Band
    steward: str | None = None
    over_time: (
        Literal["sum", "last", "average", "min", "max", "none", "weighted_average", "distinct"] | None
    ) = None
    over_org: Literal["sum", "average", "min", "max", "none", "weighted_average", "distinct"] | None = None
    carry_forward: Days | None = None
    """Days before a period's last day by which a last value may be older and still count."""
    consolidation: Literal["full", "proportionate"] = "full"
    grain: Literal["day", "month", "quarter"] = "day"
    """The finest period that a source may report it for."""
    ratio: Ratio | None = None
    formula: str | None = None
    dimensions: list[Identifier] = Field(default_factory=list)
    status: Literal["draft", "active", "retired"] = "active"
    valid_from: dt.date = dt.date(1900, 1, 1)
    amber_within: Share = Decimal("0.1")
    """Share of the target (or of the band's limits) by which a value may miss and still be amber."""

    @property
    def kind(self) -> Literal["base", "ratio", "formula"]:
        """Base metrics are reported; ratio and formula metrics are derived from other metrics."""
        return "ratio" if self.ratio else "formula" if self.formula else "base"

    @model_validator(mode="after")
    def _one_way_of_aggregating(self) -> "MetricVersion":
        if self.ratio and self.formula:
            raise ValueError("give either ratio or formula, not both")
        if self.kind != "base" and (self.over_time or self.over_org):
            raise ValueError(
                f"a {self.kind} is computed from its parts after aggregation; remove over_time and over_org"
            )
        if self.kind == "base" and not (self.over_time and self.over_org):
            raise ValueError("say how it aggregates: over_time and over_org, or ratio, or formula")
        return self


class Metric(MetricVersion):
    """A catalogue entry. `versions` are later definitions, each a whole set of the changed keys."""

    name: Words
    versions: list[dict[str, Any]] = Field(default_factory=list)
