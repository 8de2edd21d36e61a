"""The fingerprint of a template: which source's it is, and of which version of its declaration.

It stands in the cells of a hidden sheet, as these survive being saved by Excel, LibreOffice and others in any format.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from include.catalogue.models import Measure, WorkbookSource
from include.connectors.workbook.reading import Workbook
from include.errors import Finding, RefusedError

FINGERPRINT_SHEET = "_template"
INSTRUCTIONS_SHEET = "说明 Instructions"
_MARK = "metric-ledger template"
_SHOWN = ("unit", "metric", "type", "is_", "in_", "required", "min", "max", "cell", "format", "reported_as")
"""What a column or row declares that its template shows; aliases don't change it."""


@dataclass(frozen=True)
class Fingerprint:
    """What a workbook says of the template that it was made from; `made` is the day, as 2026-03-05."""

    source: str
    version: str
    made: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The cells of column A of the hidden sheet, from the top."""
        return (_MARK, self.source, self.version, self.made)


def template_version(source: WorkbookSource) -> str:
    """Return eight characters that change with whatever of the source's declaration its template shows.

    The order of columns and rows doesn't count, as it doesn't in a delivery.
    """
    layout = source.layout.model_dump(mode="json", exclude={"encoding", "delimiter", "total_rows"})
    told = [layout, _list_shown(source.columns), _list_shown(source.rows)]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def read_fingerprint(workbook: Workbook) -> Fingerprint | None:
    """Return the fingerprint that `workbook` carries; None where it wasn't made from a template."""
    sheet = workbook.sheet(FINGERPRINT_SHEET)
    if sheet is None:
        return None
    mark, source, version, made = (sheet.text(row, 1) or "" for row in range(1, 5))
    well_formed = re.fullmatch(
        r"[a-z][a-z0-9_]{0,62} [0-9a-f]{8} \d{4}-\d\d-\d\d", f"{source} {version} {made}"
    )
    return Fingerprint(source, version, made) if mark == _MARK and well_formed else None


def without_template_sheets(workbook: Workbook, source: WorkbookSource) -> Workbook:
    """Return a workbook made from a template without the sheets that hold no data, unless declared by name."""
    own = {FINGERPRINT_SHEET, INSTRUCTIONS_SHEET} - set(source.layout.sheet or ())
    return replace(workbook, sheets=tuple(sheet for sheet in workbook.sheets if sheet.name not in own))


def judge_fingerprint(found: Fingerprint, source: WorkbookSource) -> list[Finding]:
    """Return a warning where the template is of an older version: its content decides.

    Raises RefusedError (other_template) where it is another source's: equal headers may mean other figures.
    """
    if found.source != source.source:
        params = {"other": found.source, "source": source.source}
        raise RefusedError([Finding("other_template", found=found.source, params=params)])
    if found.version == template_version(source):
        return []
    params = {"source": source.source, "made": found.made}
    return [Finding("template_outdated", found=found.made, level="warning", params=params)]


def _list_shown(measures: Mapping[str, Measure]) -> dict[str, dict[str, Any]]:
    return {
        name: measure.model_dump(mode="json", include=set(_SHOWN), exclude_defaults=True)
        for name, measure in measures.items()
    }
