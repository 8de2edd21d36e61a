"""Standardise: a validated batch's measures to facts, one row a value, in the catalogue's units, exactly."""

import pyarrow as pa

from include.catalogue import Catalogue
from include.catalogue.models import Source
from include.errors import RefusedError
from include.plan import plan_source
from include.standardise.facts import FACTS, FactMaker
from include.standardise.numbers import PLACES, convert
from include.standardise.rows import Rows
from include.validated import Validated

__all__ = ["FACTS", "PLACES", "convert", "standardise"]


def standardise(source: Source, catalogue: Catalogue, validated: Validated) -> pa.Table:
    """Return one fact (a row of FACTS) for each measure value and currency rate of the rows that go on.

    `date` is the day or the period's last day, `month` the first day of the month that holds it. `value` is
    the exact decimal in the metric's unit: reported x factor, times -1 where the source says `sign: "-"`;
    rounded half-up to PLACES only where the factor has no finite decimal form. `reported` is the exact
    decimal as reported, in `unit`. `basis` F flow, Y year to date, S stock. Blank values and held slices
    give no fact.

    `currency` is the ISO code where the value isn't in the metric's own currency: it is then in the metric's
    unit with that currency in place of its own. `weight` is the exact weight of a weighted average. `member`
    is one member of a metric that counts distinct ones, with the value 1. `for_version` is the definition
    version that the source reports for, whatever is in force. All four are null where they don't apply.

    A rate is a fact of the built-in metric of its kind: at the root of the tree, its value the company
    currency for one unit of the currency in its dimensions.
    Raises RefusedError with the batch's errors where nothing of it may go on.
    """
    if validated.refused:
        raise RefusedError(validated.errors)
    plan = plan_source(source, catalogue)
    maker = FactMaker(catalogue, plan, validated, Rows.take(validated, plan, catalogue))
    tables = [
        maker.make(field)
        for field in plan.delivered
        if field.name in validated.frame and len(maker.rows.frame)
    ]
    return pa.concat_tables([FACTS.empty_table(), *tables])
