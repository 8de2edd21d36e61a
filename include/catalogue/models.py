"""Models of what a company edits: strict, frozen, one class for each thing that a YAML file can say.

Unknown keys are refused. What needs more than one file (does this owner exist?) is checked in
`include.catalogue.crosscheck`. The classes are also the source of the JSON Schema for editors.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Language = Literal["zh", "en"]
Scenario = Literal["actual", "target", "budget", "forecast"]
ReportedAs = Literal["flow", "ytd", "stock"]
Grain = Literal["day", "week", "month", "quarter"]
ColumnType = Literal["text", "integer", "decimal", "date", "week", "month", "quarter", "boolean"]
Role = Literal["org", "date", "period", "dimension", "currency", "weight", "key", "ignore"]
RATE_METRICS = {"average": "exchange_rate_average", "closing": "exchange_rate_closing"}
"""The built-in metrics that currency rates are kept as, by `rate`; `include.catalogue.rates` defines them."""


def _to_decimal(value: Any) -> Any:
    """YAML numbers arrive as float; their text is what the author wrote."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _to_fraction(value: Any) -> Any:
    """`80 %`, `80%` and 0.8 are the same share."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return Decimal(value.rstrip()[:-1].strip()) / 100
    return _to_decimal(value)


def _to_days(value: Any) -> Any:
    """`5 days` and 5 are the same."""
    number, _, word = str(value).strip().partition(" ")
    if isinstance(value, bool) or not number.isdecimal() or word.strip() not in {"", "day", "days"}:
        raise ValueError(f"{value!r} is not a number of days; write it like `5 days`")
    return int(number)


def _to_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_NUMBER_SCHEMA = {"type": "number"}
_SHARE_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[0-9.]+ *%$"}]}
_DAYS_SCHEMA = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]+ days?$"}]
}
_TEXTS_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

Number = Annotated[Decimal, BeforeValidator(_to_decimal), WithJsonSchema(_NUMBER_SCHEMA)]
Share = Annotated[Decimal, BeforeValidator(_to_fraction), Field(gt=0, le=1), WithJsonSchema(_SHARE_SCHEMA)]
Days = Annotated[int, BeforeValidator(_to_days), WithJsonSchema(_DAYS_SCHEMA)]
Texts = Annotated[list[str], BeforeValidator(_to_list), WithJsonSchema(_TEXTS_SCHEMA)]


class Model(BaseModel):
    """Base of all configuration models: unknown keys refused, instances frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)


def _rejoin_commas(value: dict[str, Any]) -> dict[str, Any]:
    """Undo YAML's reading of `{en: Net amount, without tax}` as two keys: the second belongs to the text."""
    joined: dict[str, Any] = {}
    for key, text in value.items():
        last = next(reversed(joined), None)
        if text is None and key not in {"zh", "en"} and last is not None and isinstance(joined[last], str):
            joined[last] = f"{joined[last]}, {key}"
        else:
            joined[key] = text
    return joined


class Words(Model):
    """A text in Chinese and English; at least one, each standing in for the other where it is missing."""

    zh: str = ""
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_text(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return _rejoin_commas(value)
        return {"zh": value, "en": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _need_one(self) -> "Words":
        if not (self.zh or self.en):
            raise ValueError("give the text in zh, en or both")
        return self

    def read(self, language: str) -> str:
        """Return the text in `language`, or in the other one where it is missing."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


# people.yaml, calendar.yaml, units.yaml, org.yaml -----------------------------------------------------------


class Person(Model):
    """A role that gets mails: an address and the language it is written to in."""

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$", max_length=254)]
    language: Language = "en"
    name: Words | None = None


class CalendarConfig(Model):
    """Which periods the company reports in.

    `periods`: calendar months, fiscal months of 4, 4 and 5 weeks, or ISO weeks.
    `fiscal_year_named_by` tells whether the fiscal year that runs from April 2026 to March 2027 is 2026
    (start, the default) or 2027 (end).
    """

    fiscal_year_starts: int = Field(1, ge=1, le=12)
    fiscal_year_named_by: Literal["start", "end"] = "start"
    periods: Literal["month", "4-4-5", "iso-week"] = "month"
    holidays: str = "CN"
    timezone: str = "Asia/Shanghai"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"


class UnitsConfig(Model):
    """Further units of the company, in Pint's definition syntax: `托盘: 48 * 件`, `TEU: "[container]"`."""

    definitions: dict[str, str] = Field(default_factory=dict)
    aliases: dict[str, Texts] = Field(default_factory=dict)


class OrgLine(Model):
    """One line of org.yaml: a unit's place in the tree for [from, to). A unit that moves has two lines.

    `into` names the unit that it was merged into on the day `to`.
    """

    unit: Annotated[str, StringConstraints(pattern=r"^[^\s/]+$", max_length=63)]
    name: Words | None = None
    parent: str | None = None
    level: str | None = None
    aliases: Texts = Field(default_factory=list)
    from_: dt.date | None = Field(None, alias="from")
    to: dt.date | None = None
    into: str | None = None
    ownership: Share = Decimal(1)


class Elimination(Model):
    """An intra-group pair: what one unit reports as the first, its counterparty reports as the second.

    Both sides may differ by up to `tolerance`, in the metrics' unit.
    """

    pair: tuple[Identifier, Identifier]
    counterparty: Identifier
    tolerance: Number = Field(Decimal(0), ge=0)


# metrics/*.yaml ---------------------------------------------------------------------------------------------


class Band(Model):
    """The metric is good inside [low, high]."""

    band: tuple[Number, Number]


class Ratio(Model):
    """Sum of `of` over sum of `to`, at every org unit and period."""

    of: Identifier
    to: Identifier


class MetricVersion(Model):
    """What may differ between the versions of a metric; in force from `valid_from` until the next one's."""

    name: Words | None = None
    definition: Words
    unit: str
    owner: str
    tier: Literal["public", "internal", "confidential", "restricted"]
    better: Literal["up", "down"] | Band
    steward: str | None = None
    over_time: (
        Literal["sum", "last", "average", "min", "max", "none", "weighted_average", "distinct"] | None
    ) = None
    over_org: Literal["sum", "average", "min", "max", "none", "weighted_average", "distinct"] | None = None
    carry_forward: Days | None = None
    """Days before a period's last day by which a last value may be older and still count."""
    consolidation: Literal["full", "proportionate"] = "full"
    grain: Literal["day", "month", "quarter"] = "day"
    """The finest period that a source may report it for."""
    ratio: Ratio | None = None
    formula: str | None = None
    dimensions: list[Identifier] = Field(default_factory=list)
    status: Literal["draft", "active", "retired"] = "active"
    valid_from: dt.date = dt.date(1900, 1, 1)
    amber_within: Share = Decimal("0.1")
    """Share of the target (or of the band's limits) by which a value may miss and still be amber."""

    @property
    def kind(self) -> Literal["base", "ratio", "formula"]:
        """Base metrics are reported; ratio and formula metrics are derived from other metrics."""
        return "ratio" if self.ratio else "formula" if self.formula else "base"

    @model_validator(mode="after")
    def _one_way_of_aggregating(self) -> "MetricVersion":
        if self.ratio and self.formula:
            raise ValueError("give either ratio or formula, not both")
        if self.kind != "base" and (self.over_time or self.over_org):
            raise ValueError(
                f"a {self.kind} is computed from its parts after aggregation; remove over_time and over_org"
            )
        if self.kind == "base" and not (self.over_time and self.over_org):
            raise ValueError("say how it aggregates: over_time and over_org, or ratio, or formula")
        return self


class Metric(MetricVersion):
    """A catalogue entry. `versions` are later definitions, each a whole set of the changed keys."""

    name: Words
    versions: list[dict[str, Any]] = Field(default_factory=list)


# sources/*.yaml ---------------------------------------------------------------------------------------------


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


class Cursor(Model):
    """A column that grows with every change (`updated_at`): slices with changed records are read again.

    `look_back` is how far before the last run changes are looked for: what was committed late is found by it.
    """

    column: str
    look_back: str = "1 day"

    @model_validator(mode="before")
    @classmethod
    def _accept_the_column_alone(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("look_back", mode="before")
    @classmethod
    def _look_back(cls, value: Any) -> Any:
        if not re.fullmatch(r"\d+( (minute|hour|day)s?)?", str(value)):
            raise ValueError("look_back is a time such as `2 days`, or a number for a column of numbers")
        return str(value)

    @property
    def reach(self) -> dt.timedelta | int:
        """The look-back as a time, or as a number for a column of numbers."""
        number, _, word = self.look_back.partition(" ")
        return dt.timedelta(**{word.rstrip("s") + "s": int(number)}) if word else int(number)


class SystemBase(SourceBase):
    """A department's system: a named connection, a schedule, and what each run reads again (window, cursor)."""

    connection: Identifier
    schedule: str | None = None
    window: str = "full"
    cursor: Cursor | None = None
    columns: dict[str, Column]

    @field_validator("window")
    @classmethod
    def _window(cls, value: str) -> str:
        number, _, word = value.partition(" ")
        if value != "full" and not (number.isdigit() and word in {"day", "days"}):
            raise ValueError("window is `full` or a number of days such as `35 days`")
        return value

    @property
    def window_days(self) -> int | None:
        """Days that a run reads again; None reads everything."""
        return None if self.window == "full" else int(self.window.split()[0])


class SqlSource(SystemBase):
    """A query in the `.sql` file beside the YAML; its result's columns are named in `columns`."""

    kind: Literal["sql"]
    query: str | None = None
    timeout_seconds: int = Field(600, ge=1)


class Auth(Model):
    """How a REST connection proves who it is; the secrets stand in the Airflow connection."""

    kind: Literal["none", "basic", "bearer", "header", "oauth2_client"] = "none"
    header: str = "Authorization"
    token_path: str | None = None
    scope: str | None = None
    client_in: Literal["header", "body"] = "header"
    token_params: dict[str, str] = Field(default_factory=dict)


class Request(Model):
    """The request: `{window_start}` and `{window_end}` in `params` or `path` are filled per run."""

    path: str
    params: dict[str, str | int] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    auth: Auth = Field(default_factory=Auth)
    timeout_seconds: int = Field(30, ge=1)
    total_timeout_seconds: int = Field(3600, ge=1)


class Success(Model):
    """What a good answer says: the value that `path` leads to is one of `in` (null: nothing is there)."""

    path: str
    in_: list[str | None] = Field(alias="in", min_length=1)

    @field_validator("in_", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        return [
            str(text).lower() if isinstance(text, bool) else text if text is None else str(text)
            for text in texts
        ]


class Paging(Model):
    """How the service hands out more: page number, offset, cursor, next link in the body or Link header."""

    kind: Literal["none", "page", "offset", "cursor", "next_link", "link_header"] = "none"
    param: str = "page"
    size: int | None = Field(None, ge=1)
    size_param: str = "size"
    start: int = 1
    total: str | None = None
    total_header: str | None = None
    next: str | None = None
    more: str | None = None
    end_status: Literal[204, 400, 404, 410, 416, 422] | None = None


class RestSource(SystemBase):
    """An HTTP service that answers in JSON; `records` and each column's `path` are JSONPath."""

    kind: Literal["rest"]
    request: Request
    hosts: list[str] = Field(min_length=1)
    success: Success | None = None
    paging: Paging = Field(default_factory=Paging)
    records: str = "$[*]"


Source = Annotated[WorkbookSource | SqlSource | RestSource, Field(discriminator="kind")]
