"""The sheets of sources and their columns: what each department delivers, until when, in which form."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from include.catalogue import Catalogue
from include.catalogue.currencies import currency_of
from include.catalogue.models import Column, Measure, OrgLevel, Source, Words, WorkbookSource
from include.dictionary.describing import describe_person, format_number, mail_cell, metric_cell
from include.dictionary.table import Cell, Link, Row, Sheet, both, heading, lines
from include.dictionary.words import (
    AUTHORITIES,
    RATES,
    REPORTED_AS,
    ROLES,
    SCENARIOS,
    SLICES,
    SOURCE_KINDS,
    TYPES,
)

_SOURCES = (
    heading("来源（中文）", "Source (Chinese)", 20),
    heading("来源（英文）", "Source (English)", 24),
    heading("编号", "Id", 20),
    heading("部门", "Department", 15),
    heading("方式", "Kind", 16),
    heading("时限", "Due", 34),
    heading("应报单位", "Who owes it", 46),
    heading("周期", "Period", 12),
    heading("是否计入", "Counts", 18),
    heading("负责人", "Owner", 22),
    heading("邮箱", "Mail", 32),
    heading("列数", "Columns", 10),
)
_COLUMNS = (
    heading("来源", "Source", 34),
    heading("部门", "Department", 15),
    heading("列或行名", "Column or row", 26),
    heading("内容", "What it is", 16),
    heading("指标", "Metric", 36),
    heading("单位", "Unit", 12),
    heading("口径", "Reported as", 15),
    heading("场景", "Scenario", 12),
    heading("权重", "Weight", 18),
    heading("定义版本", "For version", 12),
    heading("必填", "Required", 10),
    heading("允许值", "Allowed", 30),
)


@dataclass(frozen=True)
class Report:
    """One column or row by which a source reports a metric."""

    source: Source
    label: str
    measure: Measure


def list_reports(catalogue: Catalogue) -> Iterator[Report]:
    """Yield every column and row that carries a metric or a currency rate, source by source."""
    for source in catalogue.sources.values():
        for label, measure in _measures(source).items():
            if measure.feeds:
                yield Report(source, label, measure)


def name_source(source: Source) -> Words:
    """Return a source's name; its id where it has none."""
    return source.name or Words(zh=source.source, en=source.source)


def report_kind(catalogue: Catalogue, measure: Measure) -> str:
    """Return how a measure is reported: flow, ytd or stock, as declared or as its metric implies."""
    stock = measure.feeds and catalogue.latest(measure.feeds).over_time == "last"
    return measure.reported_as or ("stock" if stock else "flow")


def describe_report(catalogue: Catalogue, measure: Measure) -> Words:
    """Return `report_kind` in words."""
    return REPORTED_AS[report_kind(catalogue, measure)]


def unit_of(catalogue: Catalogue, measure: Measure) -> str | None:
    """Return the unit that a measure is reported in: its own, else its metric's; of a rate, the company's currency."""
    return measure.unit or (catalogue.latest(measure.feeds).unit if measure.feeds else None)


def weight_of(catalogue: Catalogue, source: Source, measure: Measure) -> str | None:
    """Return the column or row with a measure's weights; None where it isn't a weighted average."""
    if not measure.metric or not catalogue.is_weighted(measure.metric):
        return None
    return measure.weight or _column_that_is(source, "weight")


def _column_that_is(source: Source, role: str) -> str | None:
    return next((label for label, column in source.columns.items() if column.is_ == role), None)


def list_sources(catalogue: Catalogue, today: dt.date) -> Sheet:
    """Return one row per source: who delivers what, how, and until when."""
    return Sheet(
        "sources",
        Words(zh="来源", en="Sources"),
        Words(zh="各部门报送什么、怎样报、何时报", en="What each department delivers, how and until when"),
        _SOURCES,
        tuple(
            Row(source.source, _describe_source(catalogue, source, today))
            for source in catalogue.sources.values()
        ),
        frozen=2,
    )


def list_columns(catalogue: Catalogue) -> Sheet:
    """Return one row per column (in a matrix: row) of every source."""
    rows = []
    for source in catalogue.sources.values():
        common = (
            Cell(both(name_source(source), " "), Link("sources", source.source)),
            Cell(source.department),
        )
        for label, measure in _measures(source).items():
            rows.append(Row(source.source, (*common, *_describe_measure(catalogue, source, label, measure))))
    return Sheet(
        "columns",
        Words(zh="填报列", en="Columns"),
        Words(zh="每个来源的列或行", en="The columns or rows of each source"),
        _COLUMNS,
        tuple(rows),
        frozen=3,
    )


def _measures(source: Source) -> dict[str, Measure]:
    if isinstance(source, WorkbookSource) and source.rows:
        return dict(source.rows)
    return dict(source.columns)


def _describe_source(catalogue: Catalogue, source: Source, today: dt.date) -> tuple[Cell, ...]:
    name = name_source(source)
    return (
        Cell(name.read("zh"), tint="name"),
        Cell(name.read("en"), tint="name"),
        Cell(source.source),
        Cell(source.department),
        Cell(both(SOURCE_KINDS[source.kind])),
        Cell(_describe_due(source)),
        Cell(_describe_expected(catalogue, source, today)),
        Cell(both(SLICES[source.slice])),
        Cell(both(AUTHORITIES[source.authority])),
        Cell(describe_person(catalogue, source.owner)),
        mail_cell(catalogue, source.owner),
        Cell(len(_measures(source)), Link("columns", source.source)),
    )


def _describe_due(source: Source) -> str | None:
    if source.due:
        day, hour = source.due.working_day, source.due.hour
        return (
            f"期末后第 {day} 个工作日 {hour}:00 前\nby {hour}:00 on working day {day} after the period's end"
        )
    schedule = None if isinstance(source, WorkbookSource) else source.schedule
    return f"自动读取：{schedule}\nread on the schedule {schedule}" if schedule else None


def _describe_expected(catalogue: Catalogue, source: Source, today: dt.date) -> str | None:
    org, expected = catalogue.org, source.expects.org
    if expected is None:
        return None
    if isinstance(expected, OrgLevel):
        count = len(org.at_level(expected.level, today))
        return f"{expected.level} 级全部单位（{count}）\nall units of level {expected.level} ({count})"
    units = [org.resolve(unit) or unit for unit in expected]
    return f"{'、'.join(org.name_of(unit, 'zh') for unit in units)}\n" + ", ".join(
        org.name_of(unit, "en") for unit in units
    )


def _describe_measure(catalogue: Catalogue, source: Source, label: str, measure: Measure) -> tuple[Cell, ...]:
    carried = measure.feeds is not None
    return (
        Cell(label),
        Cell(_describe_role(measure)),
        metric_cell(catalogue, measure.feeds) if measure.feeds else Cell(),
        Cell(_describe_unit(catalogue, source, measure)),
        Cell(both(describe_report(catalogue, measure)) if carried else None),
        Cell(both(SCENARIOS[measure.scenario]) if carried else None),
        Cell(weight_of(catalogue, source, measure)),
        Cell(measure.version),
        Cell("是\nyes" if measure.required else None),
        Cell(_describe_allowed(measure)),
    )


def _describe_unit(catalogue: Catalogue, source: Source, measure: Measure) -> str | None:
    """Return the unit; of money in the currency of each record, also which column names that."""
    unit, named_by = unit_of(catalogue, measure), _column_that_is(source, "currency")
    if not (unit and named_by and measure.metric and currency_of(catalogue.units.parse(unit))):
        return unit
    return f"{unit}\n币种见 currency in {named_by}"


def _describe_role(measure: Measure) -> str | None:
    if isinstance(measure, Column) and measure.rate:
        number = format_number(measure.per) if measure.per else ""
        per = f"每 {number} 单位外币 for {number} of the currency" if number else ""
        return lines([both(RATES[measure.rate], " "), per])
    if not isinstance(measure, Column):
        return None
    type_ = None if measure.is_ == "ignore" else both(TYPES[measure.type], " ")
    return lines([both(ROLES[measure.is_], " ") if measure.is_ else "", type_ or ""])


def _describe_allowed(measure: Measure) -> str | None:
    bounds = [f"≥ {measure.min}" if measure.min is not None else ""]
    bounds.append(f"≤ {measure.max}" if measure.max is not None else "")
    choices = measure.in_ if isinstance(measure, Column) and measure.in_ else []
    return lines([" ".join(filter(None, bounds)), "、".join(choices)])
