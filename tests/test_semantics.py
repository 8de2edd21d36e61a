"""docs/semantics.md against a real warehouse: every example is delivered, rolled up and compared.

The page's form: blocks marked `yaml semantics=NAME-KIND` are the example's configuration (KIND is metrics, org,
calendar, eliminations or source; org and source have defaults); pipe tables behind `<!-- deliver NAME -->` (or
`<!-- deliver NAME from SOURCE -->`) are facts, those behind `<!-- board NAME -->` (or `<!-- board NAME as_is -->` and
other suffixes of the boards' views) or `<!-- view bi.VIEW NAME -->` rows that must stand there. Tables are taken in
order, with a rollup after each delivery.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from include.catalogue import load_catalogue
from include.home import PROJECT
from tests.company import Company, Fact

PAGE = PROJECT / "docs" / "semantics.md"
_BLOCK = re.compile(
    r"^```yaml semantics=(?P<example>\w+)-(?P<kind>\w+)\n(?P<text>.*?)^```$"
    r"|^<!-- (?P<does>deliver|board|view (?P<view>bi\.\w+)) (?P<name>\w+)(?: from (?P<source>\w+)| (?P<board>\w+))? -->"
    r"\n\n(?P<table>(?:^\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
_KEYS = ("metric", "org", "period", "dimensions", "metric_version", "counterparty", "currency", "date")
_BASES = {"flow": "F", "ytd": "Y", "stock": "S"}
_MISSING = "–"


@dataclass
class Step:
    """One table: facts to deliver from a source, or rows of a view; `{grain}` in its name is month or quarter."""

    does: str
    rows: list[dict[str, str]]
    source: str = "book"
    view: str = "bi.kpi_{grain}"


@dataclass
class Example:
    """One example of the page: its configuration by kind, and its tables in order."""

    config: dict[str, list[str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def read_page(text: str) -> dict[str, Example]:
    examples: dict[str, Example] = {}
    for match in _BLOCK.finditer(text):
        found = match.groupdict()
        example = examples.setdefault(found["example"] or found["name"], Example())
        if found["kind"]:
            example.config.setdefault(found["kind"], []).append(found["text"])
        else:
            view = found["view"] or "_".join(filter(None, ("bi.kpi_{grain}", found["board"])))
            does = "deliver" if found["does"] == "deliver" else "show"
            example.steps.append(Step(does, read_table(found["table"]), found["source"] or "book", view))
    return examples


def read_table(text: str) -> list[dict[str, str]]:
    head, _, *rows = [
        [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        for line in text.splitlines()
    ]
    return [dict(zip(head, row, strict=True)) for row in rows]


EXAMPLES = read_page(PAGE.read_text("utf-8"))


def write_config(folder: Path, example: Example) -> Path:
    """Write an example's configuration; where it names no source, `book` reports all its metrics."""
    files = {
        "people.yaml": "controller: {email: controller@example.com}\n",
        "calendar.yaml": "{fiscal_year_starts: 1, timezone: Asia/Shanghai, currency: CNY}\n",
        "org.yaml": "- {unit: group, name: Group}\n",
    }
    for kind, texts in example.config.items():
        if kind == "source":
            files |= {f"sources/{YAML(typ='safe').load(text)['source']}.yaml": text for text in texts}
        else:
            files["metrics/all.yaml" if kind == "metrics" else f"{kind}.yaml"] = "\n".join(texts)
    files.setdefault("sources/book.yaml", describe_source(files["metrics/all.yaml"]))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def describe_source(metrics: str) -> str:
    entries = YAML(typ="safe").load(metrics)
    columns: dict[str, Any] = {
        "unit": {"is": "org", "required": True},
        "day": {"type": "date", "is": "date", "required": True},
    }
    for metric, entry in entries.items():
        if "over_time" in entry:
            columns |= {name: {"is": "dimension"} for name in entry.get("dimensions", ())}
            kind = "text" if entry["over_time"] == "distinct" else "decimal"
            columns[metric] = {"type": kind, "metric": metric}
    return json.dumps({"source": "book", "kind": "workbook", "owner": "controller", "columns": columns})


def to_fact(row: dict[str, str], number: int) -> Fact:
    """Return a table's row as a fact; a member counts 1, other columns go to the fields of the same name."""
    fields: dict[str, Any] = {"value": "1"} | {name: cell for name, cell in row.items() if cell}
    fields["dimensions"] = json.dumps(to_set(fields.pop("dimensions", "")))
    if "basis" in fields:
        fields["basis"] = _BASES[fields["basis"]]
    if "for_version" in fields:
        fields["version"] = int(fields.pop("for_version"))
    return Fact(**fields, row=number)


def to_set(text: str) -> dict[str, str]:
    """Return a dimension set as the page writes it: `product=a channel=b`."""
    return dict(pair.split("=") for pair in text.split())


def read_row(company: Company, wanted: dict[str, str], view: str) -> Any:
    """Return the one row of a view that a table's row names by its keys; None where there is none.

    A view with dimensions is read at the total unless the row says more.
    """
    keys = {name: cell for name, cell in wanted.items() if name in _KEYS and name != "dimensions"}
    conditions = " AND ".join(f"{name}::text = :{name}" for name in keys)
    view = view.format(grain="quarter" if "Q" in wanted.get("period", "") else "month")
    found = company.query(f"SELECT * FROM {view} WHERE {conditions}", **keys)
    dimensions = to_set(wanted.get("dimensions", ""))
    rows = [row for row in found if getattr(row, "dimensions", dimensions) == dimensions]
    assert len(rows) <= 1, f"{len(rows)} rows for {wanted}"
    return rows[0] if rows else None


def compare(company: Company, step: Step) -> None:
    for wanted in step.rows:
        row = read_row(company, wanted, step.view)
        assert row is not None, f"there is no row for {wanted}"
        said = {name: cell for name, cell in wanted.items() if name not in _KEYS}
        assert {name: show(getattr(row, name)) for name in said} == said, wanted


def show(value: Any) -> str:
    """Return a value as the page writes it."""
    if value is None:
        return _MISSING
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


@pytest.fixture
def make_company(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Company]:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return lambda example: Company(load_catalogue(write_config(tmp_path / "config", example)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_comes_out_as_written(name: str, make_company: Callable[..., Company]) -> None:
    example = EXAMPLES[name]
    company = make_company(example)
    for step in example.steps:
        if step.does == "deliver":
            company.count(*map(to_fact, step.rows, range(1, 999)), source=step.source)
        else:
            compare(company, step)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_what_it_is_made_of(name: str) -> None:
    example = EXAMPLES[name]
    assert set(example.config) <= {"metrics", "org", "calendar", "eliminations", "source"}
    assert "metrics" in example.config
    does = [step.does for step in example.steps]
    assert does[0] == "deliver" and does[-1] == "show"
    for step in example.steps:
        for row in step.rows:
            assert set(row) & set(_KEYS) and set(row) - set(_KEYS)
            assert step.does == "show" or (
                {"metric", "org", "period"} <= set(row) and {"value", "member"} & set(row)
            )


def test_no_table_of_the_page_is_left_out() -> None:
    text = PAGE.read_text("utf-8")
    tables = len(re.findall(r"^\|---", text, re.MULTILINE))
    assert tables and tables == sum(len(example.steps) for example in EXAMPLES.values())
    assert text.count("yaml semantics=") == sum(len(t) for e in EXAMPLES.values() for t in e.config.values())


def test_a_wrong_board_would_be_found(make_company: Callable[..., Company]) -> None:
    example = EXAMPLES["ratio"]
    company = make_company(example)
    company.count(*map(to_fact, example.steps[0].rows, range(1, 999)))
    with pytest.raises(AssertionError, match="pass_rate"):
        compare(company, Step("show", [example.steps[1].rows[0] | {"value": "56.25"}]))
    with pytest.raises(AssertionError, match="no row"):
        compare(company, Step("show", [example.steps[1].rows[0] | {"period": "2026-05"}]))
