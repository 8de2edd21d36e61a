"""What a source asks of its department, in the words that stand in its template."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from include.catalogue import Catalogue
from include.catalogue.models import Column, Measure, OrgLevel, Place, WorkbookSource
from include.catalogue.unit_table import CURRENCIES
from include.connectors.workbook.labels import split_unit
from include.connectors.workbook.template.periods import choose_periods
from include.plan import list_counterparties, plan_source

_COMMON_CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP")
_PERIODS = {"date", "period"}


@dataclass(frozen=True)
class Choices:
    """The texts to choose from; `strict` where nothing else is right (a unit may be named by an alias too)."""

    texts: list[str]
    strict: bool = True


@dataclass(frozen=True)
class Asked:
    """A source as its template asks for it on the day `today`, for `period` first."""

    source: WorkbookSource
    catalogue: Catalogue
    today: dt.date
    period: str

    @property
    def title(self) -> str:
        """The source's name in Chinese and English; its id where it has none."""
        name = self.source.name
        return " ".join(dict.fromkeys((name.read("zh"), name.read("en")))) if name else self.source.source

    @property
    def columns(self) -> dict[str, Column]:
        """The columns of a records sheet as they stand side by side, ignored ones and those of the layout too."""
        columns = dict(self.source.columns)
        for place, role in ((self.source.layout.org, "org"), (self.source.layout.period, "period")):
            if place is not None and place.column is not None:
                columns.setdefault(place.column, Column.model_validate({"is": role, "required": True}))
        return columns

    @property
    def places(self) -> dict[str, tuple[Place, Column]]:
        """Org unit and period of a whole sheet or file, by their label, where the layout has them."""
        layout, found = self.source.layout, {}
        kind = "date" if self.source.slice == "day" else "text"
        for label, role, place in (("组织 Org", "org", layout.org), ("期间 Period", "period", layout.period)):
            if place is not None and place.column is None:
                found[label] = place, Column.model_validate({"is": role, "type": kind, "required": True})
        return found

    def unit_of(self, measure: Measure) -> str:
        """Return the unit in which a column or row is reported; '' where it has none."""
        if measure.unit or measure.feeds is None or (isinstance(measure, Column) and measure.type == "text"):
            return measure.unit or ""
        return "" if measure.rate else self.catalogue.latest(measure.feeds).unit

    def label(self, name: str, measure: Measure) -> str:
        """Return the header or row label: the name with its unit in brackets; what else stands there is no unit."""
        unit, stated = self.unit_of(measure), split_unit(name)[1]
        says_it = bool(stated) and self.catalogue.units.is_known(stated)
        return name if not unit or says_it else f"{name}（{unit}）"

    def kind_of(self, column: Column) -> Literal["number", "integer", "date", "period", "boolean", "text"]:
        """Return what is to be typed into a column."""
        if column.is_ in _PERIODS:
            return (
                "date"
                if column.type == "date" or (column.is_ == "date" and column.type == "text")
                else "period"
            )
        if column.type == "integer":
            return "integer"
        if column.type in {"date", "boolean"}:
            return "date" if column.type == "date" else "boolean"
        if column.type in {"month", "week", "quarter"}:
            return "period"
        counted = column.metric is not None and self.catalogue.latest(column.metric).over_time == "distinct"
        is_number = (
            column.type == "decimal" or column.is_ == "weight" or (column.feeds is not None and not counted)
        )
        return "number" if is_number else "text"

    def choices(self, name: str, column: Column) -> Choices | None:
        """Return the texts to choose from in a column, None where it takes any."""
        org, kind = self.catalogue.org, self.kind_of(column)
        if column.is_ == "org":
            return Choices([self.name_unit(unit) for unit in self.units_owing()], strict=False)
        if column.in_ or kind == "boolean":
            return Choices(list(column.in_ or ("是", "否")))
        if column.is_ == "currency":
            common = (self.catalogue.calendar.currency, *_COMMON_CURRENCIES, *CURRENCIES)
            return Choices(list(dict.fromkeys(common)), strict=False)
        if column.is_ == "period" and kind == "period":
            return Choices(choose_periods(self.catalogue, self.period), strict=False)
        if name in list_counterparties(plan_source(self.source, self.catalogue), self.catalogue):
            alive = (unit for unit in org.units if org.in_force(unit, self.today))
            return Choices([self.name_unit(unit) for unit in alive], strict=False)
        return None

    def units_owing(self) -> list[str]:
        """Return the ids of the units that owe the source; where nothing is declared all that exist."""
        org, expected = self.catalogue.org, self.source.expects.org
        if isinstance(expected, OrgLevel):
            wanted = org.at_level(expected.level, self.today)
            return [unit for unit in org.units if unit in wanted]
        named = [org.resolve(text) or text for text in expected or ()]
        return named or [unit for unit in org.units if org.in_force(unit, self.today)]

    def name_unit(self, unit: str) -> str:
        """Return the unit's Chinese name, or its id where the name could mean another unit too."""
        name = self.catalogue.org.name_of(unit, "zh")
        return name if self.catalogue.org.resolve(name) == unit else unit

    def units_filled_in(self) -> list[str]:
        """Return the units to begin a row with: where each must stand in each delivery, in one row."""
        roles = {self.columns[name].is_ for name in self.source.unique if name in self.columns}
        if not self.source.expects.each_batch or not self.source.unique or not roles <= {"org", *_PERIODS}:
            return []
        return [self.name_unit(unit) for unit in self.units_owing()]


def split_header(label: str, rows: int) -> list[str]:
    """Return the parts of a joined header, at most `rows`; a `/` within brackets is part of a unit."""
    parts = re.split(r"/(?![^(（\[【]*[)）\]】])", label, maxsplit=rows - 1) if rows > 1 else [label]
    return [part.strip() for part in parts]


def sheet_names(source: WorkbookSource) -> list[str]:
    """Return the names of the data sheets: as declared, and one that fits each pattern."""
    names = [_fit_pattern(pattern.strip()) for pattern in source.layout.sheet or ()]
    return list(dict.fromkeys(names)) or ["数据"]


def _fit_pattern(pattern: str) -> str:
    one_of = re.sub(r"\[(?!!)(.)[^\]]*\]", r"\1", pattern)
    return re.sub(r"\[![^\]]*\]", "数", one_of).replace("*", "1").replace("?", "1")
