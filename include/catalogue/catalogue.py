"""The compiled configuration: frozen, cross-checked, what every stage works from."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from include.catalogue.expressions import Expression, names
from include.catalogue.models import Band, CalendarConfig, Elimination, Person, Ratio, Source, Words
from include.catalogue.org import OrgTree
from include.catalogue.reading import Problem
from include.catalogue.units import UnitSystem
from include.period import Calendar


@dataclass(frozen=True)
class MetricDefinition:
    """One version of a metric, every field resolved; in force for dates in [valid_from, valid_to).

    Base metrics have `over_time` and `over_org`, and moreover `carry_forward` (days; None: the value must lie
    within the period's last month), `consolidation` and `grain` (the finest period it may be reported for).
    Ratio metrics have `ratio` and `factor`: value = sum(of) / sum(to) * factor, in `unit`. Formula metrics
    have `formula` and `expression`: the formula parsed, with the factors between its parts' units and `unit`
    written into it, so that it is plain arithmetic on KPI values.
    """

    id: str
    version: int
    valid_from: dt.date
    valid_to: dt.date | None
    name: Words
    definition: Words
    unit: str
    owner: str
    tier: Literal["public", "internal", "confidential", "restricted"]
    better: Literal["up", "down"] | Band
    steward: str | None
    over_time: str | None
    over_org: str | None
    ratio: Ratio | None
    formula: str | None
    dimensions: tuple[str, ...]
    status: Literal["draft", "active", "retired"]
    amber_within: Any
    expression: Expression | None = None
    factor: Fraction = Fraction(1)
    carry_forward: int | None = None
    consolidation: Literal["full", "proportionate"] = "full"
    grain: Literal["day", "month", "quarter"] = "day"

    @property
    def kind(self) -> Literal["base", "ratio", "formula"]:
        """Base metrics are reported; ratio and formula metrics are derived from other metrics."""
        return "ratio" if self.ratio else "formula" if self.formula else "base"

    @property
    def parts(self) -> frozenset[str]:
        """Ids of the metrics that a derived metric is computed from; empty for a base metric."""
        if self.ratio:
            return frozenset({self.ratio.of, self.ratio.to})
        return names(self.expression) if self.expression else frozenset()


@dataclass(frozen=True)
class Catalogue:
    """A company's whole configuration.

    `metrics[id]` are a metric's versions in order; `queries` the text of each SQL source; `fingerprint` the
    SHA-256 of all files that it was read from; `warnings` what is allowed in them and may be a mistake.
    """

    folder: Path
    fingerprint: str
    people: Mapping[str, Person]
    calendar: CalendarConfig
    metrics: Mapping[str, list[MetricDefinition]]
    sources: Mapping[str, Source]
    org: OrgTree
    units: UnitSystem
    queries: Mapping[str, str] = field(default_factory=dict)
    eliminations: tuple[Elimination, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def periods(self) -> Calendar:
        """The company's calendar: months or weeks, and fiscal quarters."""
        return Calendar(self.calendar)

    def metric_at(self, metric: str, date: dt.date) -> MetricDefinition:
        """Return the version of `metric` in force on `date`; before its first version, the first one.

        Raises KeyError for an unknown metric.
        """
        versions = self.metrics[metric]
        return next((version for version in reversed(versions) if version.valid_from <= date), versions[0])

    def latest(self, metric: str) -> MetricDefinition:
        """Return the newest version of `metric`. Raises KeyError for an unknown one."""
        return self.metrics[metric][-1]

    def query_of(self, source: Source | str) -> str:
        """Return the SQL text of an SQL source. Raises KeyError for a source that has none."""
        return self.queries[source if isinstance(source, str) else source.source]

    def bases_of(self, definition: MetricDefinition) -> dict[str, str]:
        """Return the reported metrics that a definition is made of in the end, each with what it is to it.

        `value` for a reported metric itself, `numerator`, `denominator` or both for a ratio, `part` for a formula.
        """
        if definition.kind == "base":
            return {definition.id: "value"}
        if definition.ratio is None:
            return dict.fromkeys(sorted(set().union(*map(self._reported_parts, definition.parts))), "part")
        of, to = self._reported_parts(definition.ratio.of), self._reported_parts(definition.ratio.to)
        roles = dict.fromkeys(of, "numerator") | dict.fromkeys(to, "denominator")
        return roles | dict.fromkeys(of & to, "numerator and denominator")

    def _reported_parts(self, metric: str) -> set[str]:
        """Return the reported metrics that any version of a metric is made of."""
        versions = self.metrics[metric]
        return set().union(*(self._reported_parts(p) for v in versions for p in v.parts)) or {metric}

    @cached_property
    def counterparties(self) -> Mapping[str, frozenset[str]]:
        """The dimensions that name another org unit, by the id of each metric that is eliminated."""
        found: dict[str, frozenset[str]] = {}
        for elimination in self.eliminations:
            for metric in elimination.pair:
                found[metric] = found.get(metric, frozenset()) | {elimination.counterparty}
        return found

    def is_weighted(self, metric: str) -> bool:
        """Tell whether any version of `metric` is a weighted average. Raises KeyError for an unknown metric."""
        return any(version.over_time == "weighted_average" for version in self.metrics[metric])

    @cached_property
    def derivation_order(self) -> list[str]:
        """Ids of all metrics, each after those that any version of it is computed from."""
        order: dict[str, None] = {}

        def visit(metric: str, above: tuple[str, ...]) -> None:
            if metric in order or metric not in self.metrics or metric in above:
                return
            for version in self.metrics[metric]:
                for part in sorted(version.parts):
                    visit(part, (*above, metric))
            order[metric] = None

        for metric in self.metrics:
            visit(metric, ())
        return list(order)
