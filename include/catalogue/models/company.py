"""people.yaml, calendar.yaml, units.yaml, org.yaml, eliminations.yaml."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    Field,
    StringConstraints,
)

from include.catalogue.models.base import Identifier, Language, Model, Number, Share, Texts, Words


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
