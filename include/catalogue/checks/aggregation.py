"""How metrics aggregate: which keys of a definition go together."""

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.draft import Draft
from include.catalogue.models import RATE_METRICS
from include.catalogue.reading import PathKey
from include.catalogue.units import UnknownUnitError

BOTH_WAYS = {
    "weighted_average": "a weighted average is one over time and over the tree",
    "distinct": "distinct members are counted over time and over the tree alike",
}
"""Ways of aggregating that a metric has both over time and over the tree."""


def tell(draft: Draft, definition: MetricDefinition, path: PathKey, what: str, remedy: str = "") -> None:
    """Add a problem at a key of one version; inherited keys were told with the version that says them."""
    base, said = draft.version_places[definition.id, definition.version]
    if path[0] in said:
        draft.tell(draft.metrics[definition.id].document.problem((*base, *path), what, remedy))


def check_reserved(draft: Draft) -> None:
    """Tell metrics that bear the id of a built-in one."""
    for kind, name in RATE_METRICS.items():
        entry = draft.metrics.get(name)
        if entry is not None:
            what = f"{name} is built in: it is made of the columns with `rate: {kind}`"
            draft.tell(entry.problem((), what, "give the metric another id", key=True))


def check_aggregation(draft: Draft, definition: MetricDefinition, first: MetricDefinition) -> None:
    """Tell what of one version's aggregation doesn't go together, or with the `first` version."""
    if definition.kind != "base":
        for key in ("carry_forward", "consolidation", "grain"):
            what = f"{definition.id} is computed from its {definition.kind}, so it has no {key}"
            tell(draft, definition, (key,), what, f"remove `{key}`, or write it at its parts")
        return
    for way, why in BOTH_WAYS.items():
        if (definition.over_time == way) != (definition.over_org == way):
            key = "over_time" if definition.over_org == way else "over_org"
            _tell_at(draft, definition, (key, "over_time", "over_org"), why, f"write `{key}: {way}` too")
    if definition.carry_forward is not None and definition.over_time != "last":
        what = f"only a last value is carried forward, over_time is {definition.over_time}"
        _tell_at(
            draft, definition, ("carry_forward", "over_time"), what, "write `over_time: last` or remove it"
        )
    if definition.consolidation == "proportionate" and definition.over_org != "sum":
        what = f"only what adds up is consolidated by share, over_org is {definition.over_org}"
        mend = "write `over_org: sum`, or `consolidation: full`"
        _tell_at(draft, definition, ("consolidation", "over_org"), what, mend)
    _check_members(draft, definition, first)


def _check_members(draft: Draft, definition: MetricDefinition, first: MetricDefinition) -> None:
    if first.kind == "base" and (definition.over_time == "distinct") != (first.over_time == "distinct"):
        what = f"{definition.id} changes from over_time {first.over_time} to {definition.over_time}"
        mend = "its sources report either members or numbers; make it a new metric"
        _tell_at(draft, definition, ("over_time", "over_org"), what, mend)
    if definition.over_time != "distinct":
        return
    try:
        counted = draft.units.parse(definition.unit)
    except UnknownUnitError:
        return
    if counted.factor != 1:
        what = f"members are counted one by one, not in {definition.unit}"
        _tell_at(
            draft, definition, ("unit", "over_time"), what, "write the unit without a multiplier, e.g. 人"
        )


def _tell_at(
    draft: Draft, definition: MetricDefinition, keys: tuple[str, ...], what: str, remedy: str
) -> None:
    """Add a problem at the first of `keys` that the version says itself."""
    said = draft.version_places[definition.id, definition.version][1]
    key = next((key for key in keys if key in said), None)
    if key is not None:
        tell(draft, definition, (key,), what, remedy)
