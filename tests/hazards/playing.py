"""Play a hazard through connector, validation and standardising, and judge what comes of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from include.batch import Reported
from include.catalogue import Catalogue
from include.catalogue.models import WorkbookSource
from include.errors import RefusedError
from include.standardise import standardise
from include.validate import validate
from tests.hazards.hazard import Hazard

Fetch = Callable[[WorkbookSource, Path], Reported]
Facts = dict[str, list[Decimal]]


@dataclass(frozen=True)
class Outcome:
    """What came of a workbook: its facts by `metric org period dimensions`, or the codes of its refusal."""

    facts: Facts
    codes: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()


def play(catalogue: Catalogue, source: str, path: Path, fetch: Fetch) -> Outcome:
    """Return the outcome of the file for the source of this id; a refusal is an outcome, all else raises."""
    model = catalogue.sources[source]
    assert isinstance(model, WorkbookSource)
    try:
        reported = fetch(model, path)
        validated = validate(model, catalogue, reported)
        facts = standardise(model, catalogue, validated).to_pylist()
    except RefusedError as error:
        for finding in error.findings:
            assert finding.code, "a refusal without a code"
        return Outcome({}, frozenset(f.code for f in error.findings if f.level == "error"))
    found: Facts = {}
    for fact in facts:
        dimensions = " ".join(str(value) for value in json.loads(fact["dimensions"] or "{}").values())
        member = fact["member"] or ""
        key = " ".join(filter(None, (fact["metric"], fact["org"], fact["slice_period"], dimensions, member)))
        found.setdefault(key, []).append(Decimal(fact["value"]))
    return Outcome(found, notes=frozenset(f.code for f in validated.findings))


def judge(hazard: Hazard, outcome: Outcome) -> str:
    """Return `right`, `refused`, `silently wrong`, `wrongly refused`, `wrong reason` or `unsaid`."""
    if outcome.codes:
        if not hazard.codes:
            return f"wrongly refused: {', '.join(sorted(outcome.codes))}"
        return (
            "refused"
            if outcome.codes == hazard.codes
            else f"wrong reason: {', '.join(sorted(outcome.codes))}"
        )
    if hazard.codes or outcome.facts != truth_of(hazard):
        told = {key: [str(value) for value in values] for key, values in outcome.facts.items()}
        return f"silently wrong: {told}"
    missing = hazard.notes - outcome.notes
    return f"unsaid: {', '.join(sorted(missing))}" if missing else "right"


def truth_of(hazard: Hazard) -> Facts:
    """Return the true facts as numbers."""
    return {key: [Decimal(value) for value in _each(values)] for key, values in hazard.truth.items()}


def _each(values: str | Sequence[str]) -> Sequence[str]:
    return [values] if isinstance(values, str) else values
