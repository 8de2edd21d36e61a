"""What all models of the configuration share: strictness, plain values, texts in two languages."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
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
