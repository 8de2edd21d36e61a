"""Every hazard gives exactly its true values or the refusal that it must meet: nothing is silently wrong."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.catalogue import Catalogue, load_catalogue
from include.cli import app
from include.connectors.workbook import fetch
from tests.hazards.catalogue import HAZARDS, source_ids
from tests.hazards.company import write_company
from tests.hazards.hazard import Hazard
from tests.hazards.in_process import fetch_here
from tests.hazards.page import PAGE, render_page
from tests.hazards.playing import Fetch, judge, play, truth_of

IDS = source_ids()
LEDGER = ("subtotals", "orgs_and_months", "percent_format", "doubtful_total", "european")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("config"), {name: text for text, name in IDS.items()})


@pytest.fixture(scope="module")
def company(config: Path) -> Catalogue:
    return load_catalogue(config)


def play_all(company: Catalogue, hazards: Sequence[Hazard], folder: Path, fetch: Fetch) -> None:
    wrong, counts = [], Counter[str]()
    for hazard in hazards:
        (folder / hazard.name).mkdir()
        verdict = judge(hazard, play(company, IDS[hazard.source], hazard.write(folder / hazard.name), fetch))
        counts[verdict.partition(":")[0]] += 1
        if verdict not in {"right", "refused"}:
            wrong.append(f"{hazard.name} ({hazard.says}): {verdict}")
    print(f"{len(hazards)} hazard workbooks:", ", ".join(f"{n} {word}" for word, n in counts.items()))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("third", [0, 1, 2])
def test_no_hazard_is_silently_wrong(company: Catalogue, tmp_path: Path, third: int, slow: bool) -> None:
    if third and not slow:
        pytest.skip("takes long: ./kpi test --long")
    play_all(company, HAZARDS[third::3], tmp_path, fetch_here)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nor_through_the_reading_child(company: Catalogue, tmp_path: Path) -> None:
    play_all(company, HAZARDS, tmp_path, fetch)


def test_a_few_through_the_reading_child(company: Catalogue, tmp_path: Path) -> None:
    play_all(company, HAZARDS[:: len(HAZARDS) // 4], tmp_path, fetch)


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture
def kpi(
    warehouse_url: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CliRunner]:
    for name, value in {
        "KPI_WAREHOUSE_URL": warehouse_url,
        "KPI_LOADER_URL": warehouse_url,
        "KPI_HOME": str(tmp_path / "home"),
        "KPI_CONFIG": str(config),
    }.items():
        monkeypatch.setenv(name, value)
    yield CliRunner()


def test_from_the_workbook_to_the_board(kpi: CliRunner, tmp_path: Path) -> None:
    """A refused workbook leaves no trace in the figures, an accepted one its true values."""
    for hazard in (hazard for hazard in HAZARDS if hazard.name in LEDGER):
        (tmp_path / hazard.name).mkdir()
        file = hazard.write(tmp_path / hazard.name)
        done = json.loads(kpi.invoke(app, ["run", IDS[hazard.source], "--file", str(file), "--json"]).stdout)
        assert done["outcome"] == ("refused" if hazard.codes else "accepted"), hazard.name
        assert {one["code"] for one in done["refusals"]} == hazard.codes
        for key, values in truth_of(hazard).items():
            metric, org, period = key.split()[:3]
            command = ["show", metric, "--org", org, "--period", period, "--json"]
            shown = json.loads(kpi.invoke(app, command).stdout)
            assert [Decimal(row["value"]) for row in shown] == [sum(values)], hazard.name
        for submission in done["submissions"]:
            again = kpi.invoke(
                app, ["withdraw", str(submission["submission"]), "--reason", "the next hazard"]
            )
            assert again.exit_code == 0, again.output


def test_the_page_is_current_and_names_differ() -> None:
    assert len({hazard.name for hazard in HAZARDS}) == len(HAZARDS) >= 60
    assert PAGE.read_text("utf-8") == render_page(), "run .venv/bin/python -m tests.hazards.page"
