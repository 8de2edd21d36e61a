"""A small company and what its departments deliver, for tests of the ledger, the rollups and the board.

Facts are built as `standardise` gives them; deliveries go through the real load into a real warehouse.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import text

from include import load as loading
from include import rollup as rolling
from include import warehouse
from include.batches import Run, open_batch
from include.catalogue import Catalogue, load_catalogue
from include.load import Delivery, Loaded
from include.publish import publish_catalogue
from include.standardise import FACTS

_BASE = "owner: controller, tier: internal"
METRICS = f"""\
sales: {{name: 销售, definition: d, unit: CNY, {_BASE}, better: up, over_time: sum, over_org: sum,
        dimensions: [product, channel]}}
cost: {{name: 成本, definition: d, unit: CNY, {_BASE}, better: down, over_time: sum, over_org: sum,
       dimensions: [product]}}
stock: {{name: 库存, definition: d, unit: t, {_BASE}, better: down, over_time: last, over_org: sum}}
price: {{name: 均价, definition: d, unit: CNY, {_BASE}, better: {{band: [10, 20]}}, over_time: average, over_org: average}}
staff: {{name: 人数, definition: d, unit: 人, {_BASE}, better: up, over_time: average, over_org: sum}}
lowest: {{name: 最低, definition: d, unit: t, {_BASE}, better: up, over_time: min, over_org: min}}
highest: {{name: 最高, definition: d, unit: t, {_BASE}, better: up, over_time: max, over_org: max}}
rank: {{name: 名次, definition: d, unit: 单, {_BASE}, better: down, over_time: none, over_org: none}}
cost_rate: {{name: 成本率, definition: d, unit: "%", {_BASE}, better: down, ratio: {{of: cost, to: sales}}}}
profit: {{name: 利润, definition: d, unit: CNY, {_BASE}, better: up, formula: sales - cost}}
growth: {{name: 增量, definition: d, unit: CNY, {_BASE}, better: up, formula: sales - prior(sales)}}
run_rate: {{name: 累计利润, definition: d, unit: CNY, {_BASE}, better: up, formula: ytd(profit)}}
"""
ORG = """\
- {unit: group, name: {zh: 集团, en: Group}}
- {unit: east, parent: group, level: company, name: {zh: 东, en: East}}
- {unit: west, parent: group, level: company, name: {zh: 西, en: West}}
- {unit: p1, parent: east, level: plant, name: {zh: 一厂, en: Plant 1}}
- {unit: p2, parent: east, level: plant, name: {zh: 二厂, en: Plant 2}, to: 2026-05-01}
- {unit: p2, parent: west, level: plant, from: 2026-05-01}
- {unit: p3, parent: west, level: plant, name: {zh: 三厂, en: Plant 3}}
"""
_COLUMNS = """\
columns:
  unit: {type: text, is: org, required: true}
  month: {type: month, is: period, required: true}
  product: {type: text, is: dimension}
  sales: {type: decimal, metric: sales, unit: CNY}
  cost: {type: decimal, metric: cost, unit: CNY, min: 0}
"""
SOURCE = """\
source: {source}
name: {{zh: 月报, en: Monthly report}}
department: finance
owner: clerk
kind: workbook
layout: {{kind: records}}
"""
FILES = {
    "metrics/all.yaml": METRICS,
    "org.yaml": ORG,
    "people.yaml": "controller: {email: controller@example.com, language: zh}\n"
    "clerk: {email: clerk@example.com, language: en}\n",
    "calendar.yaml": "{fiscal_year_starts: 1, timezone: Asia/Shanghai, currency: CNY}\n",
    "sources/book.yaml": SOURCE.format(source="book") + _COLUMNS,
    "sources/other.yaml": SOURCE.format(source="other") + _COLUMNS,
    "sources/audit.yaml": SOURCE.format(source="audit") + "authority: cross_check\n" + _COLUMNS,
}


def write_company(folder: Path, **changes: str) -> Path:
    """Write the configuration into `folder`; `changes` replace or add whole files, `__` standing for `/`."""
    for name, content in (FILES | {f"{k.replace('__', '/')}.yaml": v for k, v in changes.items()}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return folder


def read_company(folder: Path, **changes: str) -> Catalogue:
    """Write the configuration and return it loaded."""
    return load_catalogue(write_company(folder, **changes))


@dataclass(frozen=True)
class Fact:
    """One value as a test writes it: `period` is a day, month (or week) or quarter key."""

    metric: str
    org: str
    period: str
    value: str | int
    dimensions: str = "{}"
    scenario: str = "actual"
    basis: str = ""
    row: int | None = 1
    slice: str = ""
    currency: str | None = None
    weight: str | int | None = None
    member: str | None = None
    version: int | None = None


def to_arrow(catalogue: Catalogue, facts: Iterable[Fact]) -> pa.Table:
    """Return facts in the columns of `standardise`; the slice is the fact's own period unless given."""
    rows = []
    for fact in facts:
        last = catalogue.periods.last_day(fact.period)
        stock = catalogue.latest(fact.metric).over_time == "last"
        rows.append(
            {
                "metric": fact.metric,
                "metric_version": fact.version or catalogue.metric_at(fact.metric, last).version,
                "org": fact.org,
                "date": last,
                "grain": catalogue.periods.grain_of(fact.period),
                "month": catalogue.periods.period_bounds(catalogue.periods.month_of(last))[0],
                "slice_period": fact.slice or fact.period,
                "dimensions": fact.dimensions,
                "scenario": fact.scenario,
                "basis": fact.basis or ("S" if stock else "F"),
                "value": str(fact.value),
                "reported": str(fact.value),
                "unit": catalogue.latest(fact.metric).unit,
                "sheet": "s",
                "measure": fact.metric,
                "row": fact.row,
                "col": 2 if fact.row else None,
                "key": None if fact.row else f"{fact.org}/{fact.period}",
                "currency": fact.currency,
                "weight": None if fact.weight is None else str(fact.weight),
                "member": fact.member,
                "for_version": fact.version,
            }
        )
    return pa.Table.from_pylist(rows, schema=FACTS)


class Company:
    """A published configuration and its warehouse."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._runs = 0
        with warehouse.connect() as connection:
            publish_catalogue(connection, catalogue)

    def deliver(
        self,
        *facts: Fact,
        source: str = "book",
        mapping: str = "1",
    ) -> Loaded:
        """Load facts as one batch of `source`, in one transaction."""
        with warehouse.connect() as connection:
            return self.deliver_in(connection, *facts, source=source, mapping=mapping)

    def deliver_in(
        self,
        connection: Any,
        *facts: Fact,
        source: str = "book",
        mapping: str = "1",
    ) -> Loaded:
        """Load facts within the caller's transaction."""
        self._runs += 1
        batch = open_batch(connection, Run(f"run-{self._runs}", "", source), mapping)
        assert batch is not None
        authority = self.catalogue.sources[source].authority
        delivery = Delivery(batch, source, authority, mapping)
        return loading.load_facts(
            connection, self.catalogue.periods, delivery, to_arrow(self.catalogue, facts)
        )

    def withdraw(self, submission: int, reason: str = "wrong") -> list[str]:
        """Take a submission back."""
        with warehouse.connect() as connection:
            return loading.withdraw(connection, submission, reason)

    def roll_up(self) -> None:
        """Recompute the months, then the quarters that were touched."""
        with warehouse.connect(isolation="REPEATABLE READ") as connection:
            rolling.roll_up_months(connection, self.catalogue)
        with warehouse.connect(isolation="REPEATABLE READ") as connection:
            rolling.roll_up_quarters(connection, self.catalogue)

    def count(self, *facts: Fact, **how: str) -> Loaded:
        """Deliver and roll up."""
        loaded = self.deliver(*facts, **how)
        self.roll_up()
        return loaded

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Return what a query gives, as the loader."""
        with warehouse.connect() as connection:
            return list(connection.execute(text(statement), parameters))

    def value(self, statement: str, **parameters: Any) -> Any:
        """Return the one value that a query gives."""
        ((found,),) = self.query(statement, **parameters)
        return found

    def board(
        self, metric: str, org: str, period: str, dimensions: str = "{}", moment: dt.datetime | None = None
    ) -> Any:
        """Return one row of the board, or None; as it stood at `moment`, if given."""
        view = "bi.kpi_quarter" if "Q" in period else "bi.kpi_month"
        if moment:
            view += "_as_of(:moment)"
        rows = self.query(
            f"SELECT * FROM {view} WHERE metric = :metric AND org = :org AND period = :period "
            "AND dimensions = CAST(:dimensions AS jsonb)",
            metric=metric, org=org, period=period, dimensions=dimensions, moment=moment,
        )  # fmt: skip
        assert len(rows) <= 1
        return rows[0] if rows else None

    def kpi(self, metric: str, org: str, period: str, dimensions: str = "{}") -> Decimal | None:
        """Return one KPI's value; fails where there is no such row."""
        row = self.board(metric, org, period, dimensions)
        assert row is not None, f"no KPI {metric} {org} {period} {dimensions}"
        value: Decimal | None = row.value
        return value
