"""All hazards, by what they are about."""

from tests.hazards import blocks, cells, dates, formats, headers, matrices
from tests.hazards.hazard import Hazard

GROUPS: dict[str, list[Hazard]] = {
    "Numbers in cells": cells.CASES,
    "Number formats of other kinds": formats.CASES,
    "Dates and periods": dates.CASES,
    "Headers, labels and rows": headers.CASES,
    "Matrices and forms": matrices.CASES,
    "Blocks": blocks.CASES,
}
HAZARDS = [hazard for cases in GROUPS.values() for hazard in cases]


def source_ids() -> dict[str, str]:
    """Return an id for each distinct source text."""
    return {text: f"s{number}" for number, text in enumerate(dict.fromkeys(h.source for h in HAZARDS))}
