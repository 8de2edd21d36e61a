"""Metrics against people, units and each other; formulas parsed and brought to their metric's unit."""

import dataclasses
from fractions import Fraction

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.aggregation import check_aggregation, check_reserved, tell
from include.catalogue.dimensions import describe, fit_formula
from include.catalogue.draft import Draft
from include.catalogue.explaining import name_known
from include.catalogue.expressions import ExpressionError, parse_formula, references
from include.catalogue.reading import PathKey
from include.catalogue.units import PURE, Unit, UnknownUnitError

Definitions = dict[str, list[MetricDefinition]]


def check_metrics(draft: Draft, definitions: Definitions) -> Definitions:
    """Tell every fault of the metrics; return them with `expression` and `factor` where they are right."""
    check_reserved(draft)
    for versions in definitions.values():
        for definition in versions:
            _check_people(draft, definition)
            _check_unit(draft, definition)
            check_aggregation(draft, definition, versions[0])
    parsed = {
        name: [_parse(draft, version) for version in versions] for name, versions in definitions.items()
    }
    if _check_cycles(draft, parsed):
        return parsed
    units = {
        name: unit
        for name, versions in definitions.items()
        if (unit := _unit_of(draft, versions[0])) is not None
    }
    return {name: [_fit(draft, version, units) for version in versions] for name, versions in parsed.items()}


def _check_people(draft: Draft, definition: MetricDefinition) -> None:
    for key in ("owner", "steward"):
        person = getattr(definition, key)
        if person is not None and person not in draft.people_names and "people" not in draft.unread:
            remedy = name_known(person, draft.people_names, "people.yaml")
            tell(draft, definition, (key,), f"unknown {key} {person!r}", remedy)


def _check_unit(draft: Draft, definition: MetricDefinition) -> None:
    try:
        draft.units.parse(definition.unit)
    except UnknownUnitError as error:
        if "units" not in draft.unread:
            tell(draft, definition, ("unit",), f"unknown unit {definition.unit!r}", mend_unit(error))


def mend_unit(error: UnknownUnitError) -> str:
    """Return how to mend an unknown unit."""
    return (
        f"did you mean {' or '.join(error.nearest)}? " * bool(error.nearest) + "(or declare it in units.yaml)"
    )


def _parse(draft: Draft, definition: MetricDefinition) -> MetricDefinition:
    if definition.ratio:
        for key in ("of", "to"):
            _check_part(draft, definition, getattr(definition.ratio, key), ("ratio", key))
        return definition
    if not definition.formula:
        return definition
    try:
        expression = parse_formula(definition.formula)
    except ExpressionError as error:
        what = f"formula: {error.what} at character {error.position}"
        tell(draft, definition, ("formula",), what, error.remedy)
        return definition
    for name in references(expression):
        _check_part(draft, definition, name.name, ("formula",), f" at character {name.position}")
    return dataclasses.replace(definition, expression=expression)


def _check_part(
    draft: Draft, definition: MetricDefinition, part: str, path: PathKey, where: str = ""
) -> None:
    if part not in draft.metric_names and "metrics" not in draft.unread:
        remedy = name_known(part, draft.metric_names, "metrics/")
        tell(draft, definition, path, f"unknown metric {part!r}{where}", remedy)


def _check_cycles(draft: Draft, definitions: Definitions) -> bool:
    """Tell every circle of metrics computed from each other; True where there is one."""
    parts = {name: frozenset().union(*(v.parts for v in versions)) for name, versions in definitions.items()}
    done: set[str] = set()
    found = False

    def visit(metric: str, way: tuple[str, ...]) -> None:
        nonlocal found
        if metric in way:
            found = True
            circle = [*way[way.index(metric) :], metric]
            culprit = next(v for v in definitions[way[-1]] if metric in v.parts)
            key = "ratio" if culprit.ratio else "formula"
            what = f"{' needs '.join(circle)}: a circle"
            tell(draft, culprit, (key,), what, "compute one of them from reported metrics")
            return
        if metric in done or metric not in parts:
            return
        for part in sorted(parts[metric]):
            visit(part, (*way, metric))
        done.add(metric)

    for metric in parts:
        visit(metric, ())
    return found


def _unit_of(draft: Draft, definition: MetricDefinition) -> Unit | None:
    try:
        return draft.units.parse(definition.unit)
    except UnknownUnitError:
        return None


def _fit(draft: Draft, definition: MetricDefinition, units: dict[str, Unit]) -> MetricDefinition:
    """Work out the factors of a derived metric whose parts and units are all known."""
    target = units.get(definition.id)
    if target is None or not definition.parts <= units.keys():
        return definition
    if definition.ratio:
        factor = _ratio_factor(draft, definition, units, target)
        return dataclasses.replace(definition, factor=factor)
    if definition.expression is None:
        return definition
    try:
        expression = fit_formula(definition.expression, units.__getitem__, target)
    except ExpressionError as error:
        tell(
            draft,
            definition,
            ("formula",),
            f"formula: {error.what} at character {error.position}",
            error.remedy,
        )
        return definition
    return dataclasses.replace(definition, expression=expression)


def _ratio_factor(
    draft: Draft, definition: MetricDefinition, units: dict[str, Unit], target: Unit
) -> Fraction:
    """Return the factor from the parts' quotient to the metric's unit; things counted may be left out."""
    assert definition.ratio is not None
    quotient = units[definition.ratio.of] / units[definition.ratio.to]
    if quotient.uncounted() != target.uncounted():
        made = f"{definition.ratio.of} over {definition.ratio.to}"
        what = f"{made} is {describe(quotient)}, not {describe(target)}"
        hint = 'write `unit: "%"`' if quotient.uncounted() == PURE.dimension else "mend the unit or the parts"
        tell(draft, definition, ("unit",), what, hint)
        tell(draft, definition, ("ratio",), what, hint) if "unit" not in _said(draft, definition) else None
    return quotient.factor / target.factor


def _said(draft: Draft, definition: MetricDefinition) -> frozenset[str]:
    return draft.version_places[definition.id, definition.version][1]
