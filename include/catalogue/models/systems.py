"""sources/*.yaml: systems that are asked, databases and REST services."""

import datetime as dt
import re
from typing import Any, Literal

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from include.catalogue.models.base import Identifier, Model
from include.catalogue.models.sources import Column, SourceBase


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
