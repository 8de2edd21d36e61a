"""Which metric a column may report, and in which unit, by their names."""

import difflib
import re
from dataclasses import dataclass

from include.catalogue import Catalogue
from include.onboarding.sampled import Sampled

LEAST = 45
"""Per cent below which a metric isn't worth naming."""
_BRACKETS = re.compile(r"[（(\[【]([^）)\]】]+)[）)\]】]")
_SAID = re.compile(r"单位\s*[:：]?\s*([^\s,，;；。)）]+)|\bin ([A-Za-z%]+)$|[,，]\s*([^\s,，;；。)）]+)$")
_MINOR = re.compile(r"(?:_|^|(?<=[a-z]))(?:fen|cents?)$|[（(]分[）)]|单位\s*[:：]?\s*分$", re.IGNORECASE)
_WAN = re.compile(r"(?:_|(?<=[a-z]))wan(?:yuan)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A metric that a column may report: its id, the unit, how certain (per cent), and where the unit is said."""

    metric: str
    unit: str
    certainty: int
    unit_said: bool


def find_unit(catalogue: Catalogue, column: Sampled) -> str:
    """Return the unit that a column's header or comment states, '' where neither does."""
    for text in (column.name, column.comment):
        for said in [*_BRACKETS.findall(text), *("".join(groups) for groups in _SAID.findall(text))]:
            found = re.sub(r"^单位\s*[:：]?\s*", "", said)
            if catalogue.units.is_known(found) and found != "分":
                return str(found)
    return "万元" if _WAN.search(column.name) else ""


def is_minor(column: Sampled) -> bool:
    """Tell whether a column looks like money in cents (分), which is no unit that is built in."""
    return bool(_MINOR.search(column.name) or _MINOR.search(column.comment))


def match_metrics(catalogue: Catalogue, column: Sampled) -> list[Match]:
    """Return the reported metrics that a column of numbers may be, likeliest first; those of another kind left out."""
    unit = find_unit(catalogue, column)
    texts = [plain for text in (column.name, column.comment) if (plain := _plain(text))]
    found = []
    for metric, versions in catalogue.metrics.items():
        latest = versions[-1]
        if latest.kind != "base" or metric.startswith("exchange_rate_"):
            continue
        if unit and not _may_be(catalogue, unit, latest.unit):
            continue
        names = [metric.replace("_", " "), latest.name.zh, latest.name.en]
        certainty = max(
            (_likeness(text, _plain(name)) for text in texts for name in names if name), default=0
        )
        if certainty >= LEAST:
            found.append(Match(metric, unit or latest.unit, certainty, bool(unit)))
    return sorted(found, key=lambda match: -match.certainty)[:3]


def _may_be(catalogue: Catalogue, unit: str, wanted: str) -> bool:
    return catalogue.units.is_known(wanted) and catalogue.units.are_compatible(unit, wanted)


def _plain(text: str) -> str:
    """Return a name without its unit, in small letters, its words apart: `NetAmount（万元）` is `net amount`."""
    text = _BRACKETS.sub("", text).split("，")[0].split(",")[0]
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-./]+", " ", text)
    return re.sub(r"\s+", " ", text).strip().casefold()


def _likeness(text: str, name: str) -> int:
    """Return per cent: 95 for the same name, less for one that holds the other, else how alike they look."""
    if text == name:
        return 95
    ratio = difflib.SequenceMatcher(None, text, name).ratio()
    shorter = min(len(text), len(name))
    holds = shorter >= 2 and (text in name or name in text)
    return int(100 * max(ratio * 0.9, 0.55 + 0.35 * ratio if holds else 0))
