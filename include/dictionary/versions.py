"""The sheet of versions: every definition a metric has had or will have, and what changed with it."""

import datetime as dt
from collections.abc import Iterator

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Words
from include.dictionary.describing import (
    describe_better,
    describe_grain,
    describe_over_org,
    describe_over_time,
    describe_person,
    metric_cell,
    status_cell,
)
from include.dictionary.formulas import describe_formula
from include.dictionary.metrics import describe_dimensions, start_cell
from include.dictionary.table import Cell, Row, Sheet, both, heading, lines
from include.dictionary.words import FIELDS, KINDS, STATUSES, TIERS

_HEADINGS = (
    heading("指标", "Metric", 28),
    heading("编号", "Id", 24),
    heading("版本", "Version", 9),
    heading("生效日", "Valid from", 13),
    heading("止于（含）", "Until (included)", 17),
    heading("现况", "Stands", 14),
    heading("变更（中文）", "What changed (Chinese)", 48),
    heading("变更（英文）", "What changed (English)", 48),
    heading("定义（中文）", "Definition (Chinese)", 36),
    heading("定义（英文）", "Definition (English)", 36),
    heading("状态", "Status", 10),
)
_STANDS = {
    "past": Words(zh="已替代", en="superseded"),
    "now": Words(zh="现行", en="in force"),
    "future": Words(zh="尚未生效", en="not yet in force"),
}


def list_versions(catalogue: Catalogue, today: dt.date) -> Sheet:
    """Return one row per metric and version, the versions of a metric in order of time."""
    rows = []
    for metric, versions in catalogue.metrics.items():
        in_force = catalogue.metric_at(metric, today).version
        for before, version in zip([None, *versions], versions, strict=False):
            rows.append(Row(metric, _describe(catalogue, before, version, in_force)))
    return Sheet(
        "versions",
        Words(zh="版本", en="Versions"),
        Words(
            zh="定义变更从某月或某周的第一天起生效；之前的期间仍按当时的定义",
            en="A definition changes on the first day of a month or week; earlier periods keep theirs",
        ),
        _HEADINGS,
        tuple(rows),
        pages=2,
    )


def _describe(
    catalogue: Catalogue, before: MetricDefinition | None, version: MetricDefinition, in_force: int
) -> tuple[Cell, ...]:
    stands = "now" if version.version == in_force else "past" if version.version < in_force else "future"
    changes = {language: _describe_changes(catalogue, before, version, language) for language in ("zh", "en")}
    return (
        metric_cell(catalogue, version.id),
        Cell(version.id),
        Cell(version.version),
        start_cell(version),
        Cell(version.valid_to - dt.timedelta(days=1) if version.valid_to else None),
        Cell(both(_STANDS[stands]), tint="" if stands == "now" else stands),
        Cell(changes["zh"]),
        Cell(changes["en"]),
        Cell(version.definition.read("zh")),
        Cell(version.definition.read("en")),
        status_cell(version.status),
    )


def _describe_changes(
    catalogue: Catalogue, before: MetricDefinition | None, version: MetricDefinition, language: str
) -> str | None:
    if before is None:
        return {"zh": "首版", "en": "first definition"}[language]
    then, now = dict(_say(catalogue, before, language)), dict(_say(catalogue, version, language))
    colon = {"zh": "：", "en": ": "}[language]
    return (
        lines(
            f"{FIELDS[field].read(language)}{colon}{then[field] or '–'} → {text or '–'}"
            for field, text in now.items()
            if text != then[field]
        )
        or {"zh": "未变", "en": "unchanged"}[language]
    )


def _say(catalogue: Catalogue, definition: MetricDefinition, language: str) -> Iterator[tuple[str, str]]:
    """Yield every field that a version may change, in words of `language`."""
    yield "name", definition.name.read(language)
    yield "definition", definition.definition.read(language)
    yield "kind", KINDS[definition.kind].read(language)
    yield "over_time", describe_over_time(definition).read(language)
    yield "over_org", describe_over_org(definition).read(language)
    grain = describe_grain(catalogue, definition)
    yield "grain", grain.read(language) if grain else ""
    yield "formula", describe_formula(catalogue, definition, language)
    yield "dimensions", _on_one_line(describe_dimensions(catalogue, definition))
    yield "better", describe_better(definition).read(language)
    yield "owner", _on_one_line(describe_person(catalogue, definition.owner))
    yield "steward", _on_one_line(describe_person(catalogue, definition.steward))
    yield "tier", TIERS[definition.tier].read(language)
    yield "status", STATUSES[definition.status].read(language)


def _on_one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ")
