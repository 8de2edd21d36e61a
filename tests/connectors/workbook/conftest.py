"""Builders of real workbooks for the connector's tests."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.catalogue.catalogue import Catalogue, MetricDefinition
from include.catalogue.models import CalendarConfig, OrgLine, Words, WorkbookSource
from include.catalogue.org import OrgTree
from include.catalogue.units import UnitSystem
from include.errors import Finding, RefusedError

Rows = Sequence[Sequence[Any]]


@pytest.fixture
def make_source() -> Callable[..., WorkbookSource]:
    """Return a maker of sources: keys as in YAML."""

    def make(**keys: Any) -> WorkbookSource:
        return WorkbookSource.model_validate({"source": "close", "kind": "workbook", **keys})

    return make


@pytest.fixture
def write_book(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of .xlsx files: the rows of each sheet, and merged ranges of the first."""

    def write(sheets: dict[str, Rows], merged: Sequence[str] = (), name: str = "book.xlsx") -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)  # type: ignore[arg-type]
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        for cells in merged:
            book.worksheets[0].merge_cells(cells)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def refused() -> Callable[..., list[Finding]]:
    """Return a caller that expects a refusal and gives its findings."""

    def call(function: Callable[..., Any], *arguments: Any, **keys: Any) -> list[Finding]:
        with pytest.raises(RefusedError) as caught:
            function(*arguments, **keys)
        return caught.value.findings

    return call


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Return a company of three units and two metrics, with names that begin like formulas."""

    def metric(name: str, unit: str) -> MetricDefinition:
        return MetricDefinition(
            id=name, version=1, valid_from=dt.date(1900, 1, 1), valid_to=None, name=Words(zh=name, en=name),
            definition=Words(zh="=定义", en="the definition"), unit=unit, owner="o", tier="internal",
            better="up",
            steward=None, over_time="sum", over_org="sum", ratio=None, formula=None, dimensions=(),
            status="active", amber_within=None,
        )  # fmt: skip

    org = OrgTree.from_lines(
        [
            OrgLine.model_validate({"unit": "group", "name": {"zh": "集团", "en": "Group"}}),
            OrgLine.model_validate(
                {"unit": "east", "parent": "group", "level": "company", "name": {"zh": "=东方"}}
            ),
            OrgLine.model_validate(
                {"unit": "north", "parent": "group", "level": "company", "name": {"zh": "北方"}}
            ),
        ]
    )
    return Catalogue(
        folder=tmp_path, fingerprint="", people={}, calendar=CalendarConfig(),
        metrics={"revenue": [metric("revenue", "CNY")], "count": [metric("count", "件")]},
        sources={}, org=org, units=UnitSystem(),
    )  # fmt: skip


@pytest.fixture
def fill() -> Callable[..., None]:
    """Return a writer of values into the cells of a sheet, as a clerk types them."""

    def write(path: Path, sheet: str, cells: dict[str, Any]) -> None:
        book = openpyxl.load_workbook(path)
        for cell, value in cells.items():
            book[sheet][cell] = value
            if isinstance(value, str):
                book[sheet][cell].data_type = "s"
        book.save(path)

    return write
