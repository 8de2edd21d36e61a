"""eliminations.yaml against the metrics and the sources that report them."""

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.measures import Definitions, column_path, measures_of
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import name_known
from include.catalogue.models import Elimination
from include.catalogue.units import UnknownUnitError


def check_eliminations(draft: Draft, definitions: Definitions) -> None:
    """Tell pairs that can't be compared, or whose amounts can't be told by counterparty and month."""
    paired: dict[str, int] = {}
    for entry in draft.eliminations:
        line = entry.document.line_of(entry.path)
        first, second = entry.model.pair
        if first == second:
            what = f"{first} is paired with itself"
            draft.tell(
                entry.problem(("pair", 1), what, "name the metric in which the counterparty reports it")
            )
            continue
        for place, metric in enumerate(entry.model.pair):
            if paired.setdefault(metric, line) != line:
                what = f"{metric} is in a pair already (line {paired[metric]}): its amounts would be taken out twice"
                draft.tell(entry.problem(("pair", place), what, "keep it in one pair"))
            _check_metric(draft, entry, place, metric, definitions.get(metric, []))
        _check_units(draft, entry, definitions)


def _check_metric(
    draft: Draft, entry: Entry[Elimination], place: int, metric: str, versions: list[MetricDefinition]
) -> None:
    if metric not in draft.metric_names:
        if "metrics" not in draft.unread:
            remedy = name_known(metric, draft.metric_names, "metrics/")
            draft.tell(entry.problem(("pair", place), f"unknown metric {metric!r}", remedy))
        return
    if not versions:
        return
    dimension = entry.model.counterparty
    if not any(dimension in version.dimensions for version in versions):
        what = f"{dimension!r} is not a dimension of {metric}"
        draft.tell(entry.problem(("counterparty",), what, f"add it to the dimensions of {metric}"))
    for version in versions:
        what = ""
        if version.kind != "base":
            what = f"{metric} is computed from its {version.kind}"
        elif version.over_org != "sum" or version.over_time not in {"sum", "last"}:
            what = f"{metric} is {version.over_time} over time and {version.over_org} over the tree"
        if what:
            mend = "pair reported metrics with `over_org: sum` and `over_time: sum` or `last`"
            draft.tell(entry.problem(("pair", place), f"{what}: it can't be eliminated", mend))
            return
    _check_flows(draft, metric, dimension)


def _check_flows(draft: Draft, metric: str, dimension: str) -> None:
    """Tell sources that report one side by counterparty as a year-to-date: it has no amount of the month."""
    for source in draft.sources.values():
        columns = source.model.columns.items()
        split = any(
            column.is_ == "dimension" and (column.name or name) == dimension for name, column in columns
        )
        for name, measure in measures_of(source.model).items():
            if split and measure.metric == metric and measure.reported_as == "ytd":
                what = (
                    f"{metric} is eliminated by {dimension}, so a year-to-date by {dimension} can't be used"
                )
                path = (*column_path(source.model, name), "reported_as")
                draft.tell(source.problem(path, what, "report the months as flows"))


def _check_units(draft: Draft, entry: Entry[Elimination], definitions: Definitions) -> None:
    sides = [definitions[metric][-1] for metric in entry.model.pair if metric in definitions]
    try:
        units = {side.unit: draft.units.parse(side.unit) for side in sides}
    except UnknownUnitError:
        return
    if len(set(units.values())) > 1:
        what = f"{sides[0].id} is in {sides[0].unit}, {sides[1].id} in {sides[1].unit}"
        draft.tell(entry.problem(("pair",), what, "give both metrics one unit"))
