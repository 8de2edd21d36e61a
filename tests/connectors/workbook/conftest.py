"""Builders of real workbooks for the connector's tests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.catalogue.models import WorkbookSource
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
