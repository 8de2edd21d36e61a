"""The metric dictionary: the configuration as a workbook for those who read KPIs, in Chinese and English.

It needs no database: what it says is what `config/` says. Each sheet is first made as plain rows
(`include.dictionary.table`), then written and styled by `include.dictionary.book`.
"""

import datetime as dt
from pathlib import Path

from include.catalogue import Catalogue
from include.dictionary.book import write_book
from include.dictionary.guide import list_terms
from include.dictionary.metrics import list_metrics
from include.dictionary.org import list_units
from include.dictionary.parts import list_parts
from include.dictionary.sources import list_columns, list_sources
from include.dictionary.versions import list_versions

__all__ = ["write_dictionary"]


def write_dictionary(catalogue: Catalogue, target: Path, today: dt.date) -> None:
    """Write the dictionary of `catalogue` as it stands on `today` to `target` (.xlsx).

    Sheets: metrics (one row each, in the definition in force), the parts of derived ones, their versions, org
    units, sources, their columns, how to read; one without a row is left out. Every text is written as text,
    whatever it begins with. Raises OSError where `target` can't be written.
    """
    sheets = (
        list_metrics(catalogue, today),
        list_parts(catalogue, today),
        list_versions(catalogue, today),
        list_units(catalogue, today),
        list_sources(catalogue, today),
        list_columns(catalogue),
        list_terms(catalogue),
    )
    write_book(tuple(sheet for sheet in sheets if sheet.rows), target, today)
