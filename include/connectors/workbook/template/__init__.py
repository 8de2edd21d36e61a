"""The workbook that a department fills in, made from its source's declaration.

`asked` says what stands in it, `drawing` and `pages` write the data sheets, `guide` the instructions.
"""

import datetime as dt
from pathlib import Path

from openpyxl import Workbook
from openpyxl.workbook.protection import WorkbookProtection

from include.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.connectors.workbook.fingerprint import INSTRUCTIONS_SHEET, Fingerprint, template_version
from include.connectors.workbook.template.asked import Asked, sheet_names
from include.connectors.workbook.template.drawing import Drawer, Hidden
from include.connectors.workbook.template.guide import draw_guide
from include.connectors.workbook.template.pages import draw_page
from include.connectors.workbook.template.periods import grain_of, next_period

__all__ = ["write_template"]


def write_template(
    source: WorkbookSource, catalogue: Catalogue, target: Path, today: dt.date, period: str | None = None
) -> None:
    """Write the template of `source` to `target` (.xlsx): filled in as it stands, `fetch` reads it.

    It asks for `period` first, by default the one that is due next; a matrix has the fiscal year around it. The data
    sheets come first, then the instructions, and a hidden sheet with the fingerprint and the texts of the drop-downs.
    Sheets are protected without a password, all but the cells to fill in. Every text is written as text, whatever it
    begins with. Raises ValueError for a period that the source doesn't deliver, OSError where `target` can't be
    written.
    """
    first = period or next_period(source, catalogue, today)
    if catalogue.periods.grain_of(first) != grain_of(source) or not catalogue.periods.has(first):
        raise ValueError(
            f"{source.source} has no period {first}; write it like {next_period(source, catalogue, today)}"
        )
    asked = Asked(source, catalogue, today, first)
    version = template_version(source)
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = asked.title, "Metric Ledger"
    pages = [book.create_sheet(name) for name in sheet_names(source)]
    guide = None
    if INSTRUCTIONS_SHEET not in book.sheetnames:
        guide = book.create_sheet(INSTRUCTIONS_SHEET)
    hidden = Hidden(book, Fingerprint(source.source, version, today.isoformat()))
    for page in pages:
        draw_page(Drawer(page, asked, hidden))
    if guide is not None:
        draw_guide(guide, asked, version)
    book.security = WorkbookProtection(lockStructure=True)
    book.save(target)
