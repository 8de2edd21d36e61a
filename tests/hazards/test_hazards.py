"""Every hazard gives exactly its true values or the refusal that it must meet: nothing is silently wrong."""

from collections import Counter
from pathlib import Path

import pytest

from include.catalogue import Catalogue, load_catalogue
from include.connectors.workbook.layouts import fetch
from tests.hazards.catalogue import HAZARDS, source_ids
from tests.hazards.company import write_company
from tests.hazards.in_process import fetch_here
from tests.hazards.playing import judge, play

IDS = source_ids()
SAMPLE = HAZARDS[:: max(1, len(HAZARDS) // 6)]
"""These go through the reading child in every run; all of them with --long."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(
        write_company(tmp_path_factory.mktemp("config"), {i: text for text, i in IDS.items()})
    )


def test_every_hazard_is_right_or_refused(company: Catalogue, tmp_path: Path) -> None:
    wrong, counts = [], Counter[str]()
    for hazard in HAZARDS:
        folder = tmp_path / hazard.name
        folder.mkdir()
        verdict = judge(hazard, play(company, IDS[hazard.source], hazard.write(folder), fetch_here))
        counts[verdict.partition(":")[0]] += 1
        if verdict not in {"right", "refused"}:
            wrong.append(f"{hazard.name} ({hazard.says}): {verdict}")
    print(f"{len(HAZARDS)} hazard workbooks:", ", ".join(f"{n} {word}" for word, n in counts.items()))
    assert not wrong, "\n".join(wrong)
    assert len(HAZARDS) >= 60
