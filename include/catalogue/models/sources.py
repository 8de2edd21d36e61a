"""sources/*.yaml: what every source says, and workbooks."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from include.catalogue.models.base import (
    RATE_METRICS,
    ColumnType,
    Grain,
    Identifier,
    Model,
    Number,
    ReportedAs,
    Role,
    Scenario,
    Share,
    Texts,
    Words,
)


class Due(Model):
    """When a period's delivery is due: the nth working day after the period ends, at that hour."""

    working_day: int = Field(ge=1, le=60)
    hour: int = Field(18, ge=0, le=23)


class ExpectedRows(Model):
    """How many records a batch should have; `shrink` is the share it may lose against the last one."""

    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)
    shrink: Share | None = None


class OrgLevel(Model):
    """All org units of one level."""

    level: str


class Expects(Model):
    """Who owes the delivery (`org`), and whether each batch must hold all of them (`each_batch`)."""

    org: OrgLevel | list[str] | None = None
    each_batch: bool = False
    rows: ExpectedRows | None = None


class Rule(Model):
    """A rule over reported values: `a + b = c`; `=` holds within `tolerance` (in the reported unit)."""

    rule: str
    tolerance: Number = Decimal(0)
    level: Literal["error", "warning"] = "error"


class Measure(Model):
    """What a reported column or row means: which metric, in which unit, reported how."""

    metric: Identifier | None = None
    unit: str | None = None
    reported_as: ReportedAs | None = None
    scenario: Scenario = "actual"
    sign: Literal["+", "-"] = "+"
    weight: str | None = None
    """The column or row label that holds the weight of a weighted average."""
    version: int | None = Field(None, ge=1)
    """The definition version that is reported, whatever is in force."""
    rate: Literal["average", "closing"] | None = None
    aliases: Texts = Field(default_factory=list)
    required: bool = False
    min: Number | None = None
    max: Number | None = None

    @property
    def feeds(self) -> str | None:
        """The metric that it reports: the one it names, or the built-in one of a currency rate."""
        return self.metric or (RATE_METRICS[self.rate] if self.rate else None)


class Column(Measure):
    """A column of a records workbook, a query's result or a JSON record."""

    type: ColumnType = "text"
    is_: Role | None = Field(None, alias="is")
    name: Identifier | None = None
    pattern: str | None = None
    in_: list[str] | None = Field(None, alias="in")
    path: str | None = None
    cell: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[1-9][0-9]*$")] | None = None
    """Where the value stands in a form: `C5`."""
    per: Number | None = Field(None, gt=0)
    """How many units of the foreign currency a rate is quoted for; 1 where nothing is said."""
    format: str | None = None
    """How a date is written where it isn't ISO, in strptime's notation: `%d/%m/%Y`."""

    @field_validator("in_", mode="before")
    @classmethod
    def _codes_are_text(cls, value: Any) -> Any:
        if isinstance(value, list) and any(not isinstance(item, str) for item in value):
            raise ValueError("put every allowed value in quotes, so that codes such as 01 keep their zeros")
        return value

    @property
    def is_measure(self) -> bool:
        """True where the column carries a metric."""
        return self.metric is not None


class Place(Model):
    """Where a value stands that holds for a whole sheet or file.

    One cell, the folder, a part of the file's name (`{org}` or `{year}` `{month}` in a pattern), a column, or
    one fixed value; the org units of a matrix may also stand `across` its columns.
    """

    cell: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[1-9][0-9]*$")] | None = None
    column: str | None = None
    file_name: str | None = None
    folder: bool = False
    value: str | None = None
    across: Literal["columns"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_value(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> "Place":
        ways = (self.cell, self.column, self.file_name, self.folder, self.value, self.across)
        if sum(map(bool, ways)) != 1:
            raise ValueError("give exactly one of cell, column, file_name, folder, value, across")
        return self


class PeriodsAcross(Model):
    """Periods that stand in the header of a matrix, such as `{year}年{month}月` or `{year}Q{quarter}`.

    In a calendar of weeks the pattern is `{year}年第{week}周` where none is given.
    """

    across: Literal["columns", "rows"] = "columns"
    pattern: str = "{year}年{month}月"


class TotalRows(Model):
    """Rows that are totals of others: used as control totals, or left out unchecked. Never loaded."""

    label: Texts = Field(default_factory=lambda: ["合计", "小计", "总计", "Total", "Subtotal"])
    use: Literal["control", "ignore"] = "control"
    tolerance: Number = Decimal("0.01")


class LayoutBlock(Model):
    """One of several blocks on a sheet: the text of the cell that it begins with, and what holds for it alone."""

    title: str
    org: Place | None = None
    period: Place | None = None


class Layout(Model):
    """How the data stand on the sheet.

    `records`: a row each; `matrix`: a row per figure, periods or org units across; `form`: fixed cells.
    """

    kind: Literal["records", "matrix", "form"] = "records"
    sheet: Texts | None = None
    header_row: int | None = Field(None, ge=1)
    header_rows: tuple[int, int] | None = None
    org: Place | None = None
    period: Place | None = None
    row_label: str | None = None
    periods: PeriodsAcross | None = None
    total_rows: TotalRows | None = None
    blocks: list[LayoutBlock] = Field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None

    @field_validator("header_rows", mode="before")
    @classmethod
    def _in_order(cls, value: Any) -> Any:
        if isinstance(value, list) and len(value) == 2 and not 1 <= value[0] <= value[1]:
            raise ValueError("header_rows is [first, last], counted from 1")
        return value


class SourceBase(Model):
    """What every source says. In a calendar of weeks `slice` is `week` where none is given."""

    source: Identifier
    name: Words | None = None
    department: str | None = None
    owner: str | None = None
    due: Due | None = None
    slice: Grain = "month"
    unique: list[str] = Field(default_factory=list)
    checks: list[Rule] = Field(default_factory=list)
    nulls: list[str] = Field(default_factory=list)
    flags: list[str] = Field(default_factory=list)
    """Marks that may stand behind a number and don't change it: `*`, `(p)`."""
    expects: Expects = Field(default_factory=Expects)
    accept: Literal["whole", "slices"] = "whole"
    authority: Literal["primary", "cross_check"] = "primary"
    max_rows: int = Field(1_000_000, ge=1)


class WorkbookSource(SourceBase):
    """A workbook or text file dropped in `inbox/<source>/`: `columns`, or `rows` for a matrix."""

    kind: Literal["workbook"]
    layout: Layout = Field(default_factory=Layout)
    columns: dict[str, Column] = Field(default_factory=dict)
    rows: dict[str, Measure] = Field(default_factory=dict)
    max_megabytes: int = Field(50, ge=1)
