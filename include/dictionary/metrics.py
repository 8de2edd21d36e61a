"""The sheet of metrics: one row each, in the definition that is in force."""

import datetime as dt

from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import Column, Words
from include.dictionary.describing import (
    describe_better,
    describe_grain,
    describe_over_org,
    describe_over_time,
    describe_person,
    mail_cell,
    metric_cell,
    status_cell,
    tier_cell,
)
from include.dictionary.formulas import describe_formula
from include.dictionary.sources import (
    Report,
    describe_report,
    list_reports,
    name_source,
    unit_of,
    weight_of,
)
from include.dictionary.table import Cell, Link, Row, Sheet, both, heading, lines
from include.dictionary.words import KINDS, SCENARIOS

_HEADINGS = (
    heading("名称（中文）", "Name (Chinese)", 20),
    heading("名称（英文）", "Name (English)", 22),
    heading("编号", "Id", 22),
    heading("定义（中文）", "Definition (Chinese)", 36),
    heading("定义（英文）", "Definition (English)", 36),
    heading("单位", "Unit", 10),
    heading("类型", "Kind", 18),
    heading("时间汇总", "Over time", 22),
    heading("组织汇总", "Over org", 22),
    heading("最细期间", "Finest period", 13),
    heading("公式（中文）", "Formula (Chinese)", 34),
    heading("公式（英文）", "Formula (English)", 34),
    heading("分子", "Numerator", 30),
    heading("分母", "Denominator", 30),
    heading("维度", "Dimensions", 24),
    heading("方向", "Direction", 34),
    heading("负责人", "Owner", 24),
    heading("负责人邮箱", "Owner's mail", 33),
    heading("数据管理人", "Steward", 30),
    heading("密级", "Tier", 13),
    heading("状态", "Status", 10),
    heading("版本", "Version", 9),
    heading("生效日", "Valid from", 13),
    heading("报送部门", "Reported by", 16),
    heading("报送来源", "Reported in", 62),
    heading("用于", "Used in", 30),
)
ALWAYS = dt.date(1900, 1, 1)
"""What `valid_from` is where the configuration doesn't say it."""


def list_metrics(catalogue: Catalogue, today: dt.date) -> Sheet:
    """Return one row per metric in its definition of `today`, with who reports it and what it is used in."""
    reports: dict[str, list[Report]] = {}
    for report in list_reports(catalogue):
        reports.setdefault(str(report.measure.feeds), []).append(report)
    used_in = _invert_parts(catalogue, today)
    rows = tuple(
        Row(metric, _describe(catalogue, definition, reports.get(metric, []), used_in.get(metric, [])))
        for metric in catalogue.metrics
        for definition in [catalogue.metric_at(metric, today)]
    )
    note = Words(
        zh=f"{len(rows)} 个指标；{today} 有效的定义", en=f"{len(rows)} metrics, as defined on {today}"
    )
    return Sheet("metrics", Words(zh="指标", en="Metrics"), note, _HEADINGS, rows, frozen=2, pages=3)


def start_cell(definition: MetricDefinition) -> Cell:
    """Return from when on a definition holds."""
    return Cell("自始\nalways" if definition.valid_from == ALWAYS else definition.valid_from)


def describe_dimensions(catalogue: Catalogue, definition: MetricDefinition) -> str | None:
    """Return a definition's dimensions, a line each, with the values that sources may give them."""
    values: dict[str, dict[str, None]] = {}
    for source in catalogue.sources.values():
        for label, column in source.columns.items():
            if isinstance(column, Column) and column.is_ == "dimension":
                values.setdefault(column.name or label, {}).update(dict.fromkeys(column.in_ or ()))
    told = {name: "、".join(values.get(name, ())) for name in definition.dimensions}
    return lines(f"{name}：{text}" if text else name for name, text in told.items())


def _invert_parts(catalogue: Catalogue, today: dt.date) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for metric in catalogue.metrics:
        for part in sorted(catalogue.metric_at(metric, today).parts):
            used.setdefault(part, []).append(metric)
    return used


def _describe(
    catalogue: Catalogue, definition: MetricDefinition, reports: list[Report], used_in: list[str]
) -> tuple[Cell, ...]:
    parts = None if definition.kind == "base" else Link("parts", definition.id)
    grain = describe_grain(catalogue, definition)
    departments = [report.source.department for report in reports]
    source = Link("sources", reports[0].source.source) if reports else None
    return (
        Cell(definition.name.read("zh"), tint="name"),
        Cell(definition.name.read("en"), tint="name"),
        Cell(definition.id),
        Cell(definition.definition.read("zh")),
        Cell(definition.definition.read("en")),
        Cell(definition.unit),
        Cell(both(KINDS[definition.kind], " "), parts),
        Cell(both(describe_over_time(definition))),
        Cell(both(describe_over_org(definition))),
        Cell(both(grain) if grain else None),
        *_formula_cells(catalogue, definition),
        Cell(describe_dimensions(catalogue, definition)),
        Cell(both(describe_better(definition))),
        Cell(describe_person(catalogue, definition.owner)),
        mail_cell(catalogue, definition.owner),
        Cell(_describe_steward(catalogue, definition.steward)),
        tier_cell(definition.tier),
        status_cell(definition.status),
        Cell(definition.version, Link("versions", definition.id)),
        start_cell(definition),
        Cell("、".join(dict.fromkeys(filter(None, departments))) or None, source),
        Cell(lines(_describe_report(catalogue, report) for report in reports)),
        Cell(lines(both(catalogue.latest(user).name, " ") for user in used_in)),
    )


def _describe_steward(catalogue: Catalogue, steward: str | None) -> str | None:
    if steward is None:
        return None
    return lines([describe_person(catalogue, steward) or "", catalogue.people[steward].email])


def _formula_cells(catalogue: Catalogue, definition: MetricDefinition) -> tuple[Cell, ...]:
    """Return the formula in Chinese and English, numerator and denominator."""
    said = [Cell(describe_formula(catalogue, definition, language) or None) for language in ("zh", "en")]
    if definition.ratio is None:
        return (*said, Cell(), Cell())
    return (*said, metric_cell(catalogue, definition.ratio.of), metric_cell(catalogue, definition.ratio.to))


def _describe_report(catalogue: Catalogue, report: Report) -> str:
    """Return one line: source, column, unit, how; weight, version and scenario where there is more to say."""
    source, measure = report.source, report.measure
    how = both(describe_report(catalogue, measure), " ")
    told = [report.label, unit_of(catalogue, measure) or "", how]
    if label := weight_of(catalogue, source, measure):
        told.append(f"权重 weight：{label}")
    if measure.version:
        told.append(f"定义版本 definition version {measure.version}")
    if measure.scenario != "actual":
        told.append(both(SCENARIOS[measure.scenario], " "))
    if source.authority != "primary":
        told.append("仅作核对 compared only")
    return f"{both(name_source(source), ' ')}：{'，'.join(filter(None, told))}"
