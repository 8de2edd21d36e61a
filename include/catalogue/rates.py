"""The built-in metrics that currency rates are kept as: there is one of each kind, for all currencies."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.models import RATE_METRICS, Words

_WORDS = {
    "average": (
        Words(zh="平均汇率", en="Average exchange rate"),
        Words(
            zh="期间内一单位外币折合的本位币平均数",
            en="Company currency for one unit of a currency, on average",
        ),
    ),
    "closing": (
        Words(zh="期末汇率", en="Closing exchange rate"),
        Words(zh="期末一单位外币折合的本位币", en="Company currency for one unit of a currency, at the end"),
    ),
}
_OVER_TIME = {"average": "average", "closing": "last"}
DIMENSION = "currency"
"""The dimension of a rate: its value is the ISO code of the currency that the rate is of."""


def define_rates(sources: Iterable[Any], currency: str) -> dict[str, list[MetricDefinition]]:
    """Return the rate metrics, in `currency`, where any of `sources` has a rate column; else none.

    Their owner is the owner of the first such source, '' where it has none.
    """
    reporting = [source for source in sources if reports_rates(source)]
    if not reporting:
        return {}
    owner = next((source.owner for source in reporting if source.owner), "")
    return {name: [_define(name, kind, owner, currency)] for kind, name in RATE_METRICS.items()}


def reports_rates(source: Any) -> bool:
    """Tell whether a source has a column with currency rates."""
    return any(column.rate for column in source.columns.values())


def _define(name: str, kind: str, owner: str, currency: str) -> MetricDefinition:
    words, definition = _WORDS[kind]
    return MetricDefinition(
        id=name,
        version=1,
        valid_from=dt.date(1900, 1, 1),
        valid_to=None,
        name=words,
        definition=definition,
        unit=currency,
        owner=owner,
        tier="public",
        better="up",
        steward=None,
        over_time=_OVER_TIME[kind],
        over_org="none",
        ratio=None,
        formula=None,
        dimensions=(DIMENSION,),
        status="active",
        amber_within=Decimal("0.1"),
    )
