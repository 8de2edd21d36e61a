"""Everything that takes more than one file or entry to check; all faults at once."""

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.advice import advise
from include.catalogue.checks.eliminations import check_eliminations
from include.catalogue.checks.metrics import check_metrics
from include.catalogue.checks.org import check_org
from include.catalogue.checks.settings import check_settings
from include.catalogue.checks.sources import check_sources
from include.catalogue.draft import Draft


def check_all(
    draft: Draft, definitions: dict[str, list[MetricDefinition]]
) -> dict[str, list[MetricDefinition]]:
    """Add every fault across the files of `draft` to its problems, and what may be one to its warnings.

    Returns the definitions with their formulas parsed and their factors worked out.
    """
    check_settings(draft)
    check_org(draft)
    compiled = check_metrics(draft, definitions)
    check_sources(draft, compiled)
    check_eliminations(draft, compiled)
    advise(draft)
    return compiled
