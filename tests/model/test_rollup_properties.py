"""Every KPI of random companies and delivery histories, against the independent model.

A case is the delivery history of one group of a company: deliveries of several sources, corrections, replays and
withdrawals. A pass plays the histories of all groups at once, as one rollup costs the same for one group or forty.
KPI_TEST_EXAMPLES says how many cases are wanted: 10,000 with --long.
"""

import ast
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.company import Company
from tests.model.companies import RandomCompany, draw_company
from tests.model.comparing import differences
from tests.model.driving import empty, play, publish_company
from tests.model.strategies import many_histories

EXAMPLES = os.environ.get("KPI_TEST_EXAMPLES")  # the tests themselves run in an environment of their own
GROUPS = 40
"""Groups of a company, each with a history in every pass."""
FULL = 34
"""Histories of a pass that deliver anything, at the least that is to be expected."""
SAMPLE = 8
"""Groups of the one company of the normal run, each with one history."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many companies, and passes of each, as the wanted number of cases takes."""
    if "seed" in metafunc.fixturenames:
        passes, companies = plan_passes(wanted_cases(metafunc.config))
        metafunc.parametrize("seed", range(companies))
        metafunc.parametrize("passes", [passes])
        metafunc.parametrize("groups", [GROUPS if wanted_cases(metafunc.config) > SAMPLE else SAMPLE])


def wanted_cases(config: pytest.Config) -> int:
    return int(EXAMPLES or (10_000 if config.getoption("--long") else SAMPLE))


def plan_passes(cases: int) -> tuple[int, int]:
    if cases <= SAMPLE:
        return 1, 1
    passes = -(-cases // FULL)
    companies = max(2, -(-passes // 10))
    return -(-passes // companies), companies


@pytest.mark.timeout(2400)
def test_every_kpi_is_the_models(
    seed: int, passes: int, groups: int, warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    drawn = draw_company(seed, groups)
    cases = compare_histories(publish_company(tmp_path, drawn), drawn, passes)
    assert cases >= passes * (FULL if groups == GROUPS else SAMPLE // 2)


def compare_histories(company: Company, drawn: RandomCompany, passes: int) -> int:
    """Play `passes` times a history in each group; returns how many, and fails with what differs from the model."""
    cases = 0

    # The first example that Hypothesis makes is the simplest one, all groups with one fact: not worth a rollup.
    @settings(max_examples=passes + 1, deadline=None, derandomize=True, database=None, report_multiple_bugs=False,
              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(numbers=many_histories(len(drawn.slots)))
    def check(numbers: tuple[object, ...]) -> None:
        nonlocal cases
        if numbers == (numbers[0],) * len(numbers):
            return
        empty(company)
        course = play(company, drawn, numbers)
        wrong = differences(company, drawn.world, course.moments, course.counted, course.shown)
        assert not wrong, "\n".join(wrong[:30])
        cases += course.cases

    check()
    return cases


@pytest.mark.parametrize(
    "module",
    ["calendars", "completeness", "definitions",
        "eliminating", "exact", "kpi_model", "ledger_model", "parts", "placing",
        "rolling", "shares", "trees"],
)  # fmt: skip
def test_the_model_shares_no_code_with_the_product(module: str) -> None:
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text("utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        )
    }  # fmt: skip
    assert not {name for name in imported if name.startswith("include") or name == "tests.company"}
