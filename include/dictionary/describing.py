"""What one definition, unit or person says of itself in the dictionary."""

from decimal import Decimal

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Band, Words
from include.dictionary.table import Cell, Link, both
from include.dictionary.words import (
    BETTER,
    CONSOLIDATIONS,
    DERIVED,
    GRAINS,
    OVER_ORG,
    OVER_TIME,
    STATUSES,
    TIERS,
)


def describe_over_time(definition: MetricDefinition) -> Words:
    """Return how a metric aggregates over time, and how old a value may be; for a derived one, how it is derived."""
    if definition.kind != "base":
        return DERIVED[definition.kind]
    said, days = OVER_TIME[str(definition.over_time)], definition.carry_forward
    if days is None:
        return said
    return Words(zh=f"{said.zh}，可沿用 {days} 天内的旧值", en=f"{said.en}, up to {days} days old")


def describe_over_org(definition: MetricDefinition) -> Words:
    """Return how a metric aggregates over org units, and by which share; for a derived one, how it is derived."""
    if definition.kind != "base":
        return DERIVED[definition.kind]
    said, share = OVER_ORG[str(definition.over_org)], CONSOLIDATIONS[definition.consolidation]
    if definition.consolidation == "full":
        return said
    return Words(zh=f"{said.zh}，{share.zh}", en=f"{said.en}, {share.en}")


def describe_grain(catalogue: Catalogue, definition: MetricDefinition) -> Words | None:
    """Return the finest period that a metric is reported for; None for a derived one."""
    if definition.kind != "base":
        return None
    return GRAINS["week" if has_weeks(catalogue) and definition.grain == "month" else definition.grain]


def has_weeks(catalogue: Catalogue) -> bool:
    """Tell whether the company's base periods are weeks, where others have months."""
    return catalogue.calendar.periods == "iso-week"


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
    if not person:
        return None
    known = catalogue.people[person]
    return both(known.name) if known.name else person


def mail_cell(catalogue: Catalogue, person: str | None) -> Cell:
    """Return a person's address, which the cell writes to when it is clicked; empty for nobody."""
    if not person:
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
