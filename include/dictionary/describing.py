"""What one definition, unit or person says of itself in the dictionary."""

from decimal import Decimal

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Band, Words
from include.dictionary.table import Cell, Link, both
from include.dictionary.words import BETTER, DERIVED, OVER_ORG, OVER_TIME, STATUSES, TIERS


def describe_over(definition: MetricDefinition, which: str) -> Words:
    """Return how a metric aggregates `over_time` or `over_org`; for a derived one, how it is derived."""
    if definition.kind != "base":
        return DERIVED[definition.kind]
    value, table = (
        (definition.over_time, OVER_TIME) if which == "over_time" else (definition.over_org, OVER_ORG)
    )
    return table[str(value)]


def describe_better(definition: MetricDefinition) -> Words:
    """Return what counts as good, and how near to it is amber."""
    better, near = definition.better, format_share(definition.amber_within)
    if isinstance(better, Band):
        low, high = (format_number(limit) for limit in better.band)
        good = Words(zh=f"{low} 至 {high} 为好", en=f"good from {low} to {high}")
    else:
        good = BETTER[better]
    return Words(zh=f"{good.zh}；偏差 {near} 以内为黄", en=f"{good.en}; amber within {near}")


def describe_person(catalogue: Catalogue, person: str | None) -> str | None:
    """Return a person's name in both languages, the id where there is none; None for nobody."""
    if person is None:
        return None
    known = catalogue.people[person]
    return both(known.name) if known.name else person


def mail_cell(catalogue: Catalogue, person: str | None) -> Cell:
    """Return a person's address, which the cell writes to when it is clicked."""
    if person is None:
        return Cell()
    email = catalogue.people[person].email
    return Cell(email, Link("mailto", email))


def tier_cell(tier: str) -> Cell:
    """Return a tier in words and in its colour."""
    return Cell(both(TIERS[tier]), tint=tier)


def status_cell(status: str) -> Cell:
    """Return a status in words; what isn't in use is grey."""
    return Cell(both(STATUSES[status]), tint="" if status == "active" else "past")


def metric_cell(catalogue: Catalogue, metric: str) -> Cell:
    """Return a metric's name in both languages, linked to its row; on one line, as some viewers need it."""
    return Cell(both(catalogue.latest(metric).name, " "), Link("metrics", metric))


def format_number(number: Decimal) -> str:
    """Return a decimal without exponent or trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_share(share: Decimal) -> str:
    """Return a share in per cent: 0.1 as `10%`."""
    return f"{format_number(share * 100)}%"
