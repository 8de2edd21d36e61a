"""The sheet of parts: which metrics a ratio or formula is made of, each a link to follow either way."""

import datetime as dt
from collections.abc import Iterator

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.expressions import parse_formula, references
from include.catalogue.models import Words
from include.dictionary.describing import metric_cell
from include.dictionary.formulas import describe_formula
from include.dictionary.table import Cell, Row, Sheet, both, heading

_HEADINGS = (
    heading("指标", "Metric", 30),
    heading("公式", "Formula", 60),
    heading("作为", "As", 16),
    heading("组成指标", "Part", 30),
    heading("组成的单位", "Unit of the part", 14),
)
_AS = {
    "of": Words(zh="分子", en="numerator"),
    "to": Words(zh="分母", en="denominator"),
    "": Words(zh="当期", en="of the period"),
    "prior": Words(zh="上期", en="of the period before"),
    "ytd": Words(zh="本年累计", en="year to date"),
}


def list_parts(catalogue: Catalogue, today: dt.date) -> Sheet:
    """Return one row per derived metric and metric that its definition of `today` names."""
    rows = []
    for metric in catalogue.metrics:
        definition = catalogue.metric_at(metric, today)
        for part, how in _parts(definition):
            rows.append(Row(metric, _describe(catalogue, definition, part, how)))
    return Sheet(
        "parts",
        Words(zh="构成", en="Parts"),
        Words(zh="比率和公式由哪些指标构成", en="What ratios and formulas are made of"),
        _HEADINGS,
        tuple(rows),
    )


def _parts(definition: MetricDefinition) -> Iterator[tuple[str, str]]:
    """Yield (metric, how it is taken), each once, in the order of the formula."""
    if definition.ratio:
        yield from ((definition.ratio.of, "of"), (definition.ratio.to, "to"))
    elif definition.formula:
        found = references(parse_formula(definition.formula))
        yield from dict.fromkeys((name.name, str(name.modifier)) for name in found)


def _describe(catalogue: Catalogue, definition: MetricDefinition, part: str, how: str) -> tuple[Cell, ...]:
    said = (describe_formula(catalogue, definition, language) for language in ("zh", "en"))
    return (
        metric_cell(catalogue, definition.id),
        Cell("\n".join(dict.fromkeys(said))),
        Cell(both(_AS[how])),
        metric_cell(catalogue, part),
        Cell(catalogue.latest(part).unit),
    )
