"""Tell what became of a label that isn't there: renamed, with another unit, or filled into an older template."""

import json
from dataclasses import replace

from include.catalogue.models import WorkbookSource
from include.catalogue.units import UnitSystem
from include.connectors.workbook.labels import plain, split_unit
from include.errors import Finding

_DRIFT = {
    "sheet_missing", "header_missing", "column_missing", "row_missing", "label_moved", "period_header_unknown",
}  # fmt: skip


def explain_drift(findings: list[Finding], source: WorkbookSource, outdated: list[Finding]) -> list[Finding]:
    """Return findings on missing labels with the line of configuration that accepts the name found instead.

    Where only the unit behind the name differs that is what they say (unit_changed). `outdated` holds the finding of an
    older template, if it is one; then they tell its day.
    """
    told = {"source": source.source} | ({"made": outdated[0].found} if outdated else {})
    return [_explain(finding, told) if finding.code in _DRIFT else finding for finding in findings]


def _explain(finding: Finding, told: dict[str, str]) -> Finding:
    nearest = str(finding.params.get("nearest") or "")
    (name, declared), (other, stated) = split_unit(finding.column), split_unit(nearest)
    if plain(name) == plain(other) and _are_units(declared, stated):
        return replace(finding, code="unit_changed", found=stated, params={"unit": declared})
    alias = {"alias": f"aliases: [{json.dumps(nearest, ensure_ascii=False)}]"} if nearest else {}
    return replace(finding, params={**finding.params, **alias, **told})


def _are_units(*texts: str) -> bool:
    """Tell whether all are units, of those that any company knows."""
    units = UnitSystem()
    return all(text and units.is_known(text) for text in texts)
