"""The comparison with the model finds faults: each mutation of the rollup's SQL must make a difference."""

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from sqlalchemy.exc import IntegrityError

from include import warehouse
from include.stack.postgres import EmbeddedPostgres
from tests.company import Company
from tests.conftest import lend_database
from tests.model.companies import RandomCompany, draw_company
from tests.model.driving import publish_company
from tests.model.mutations import MUTATIONS, Mutation
from tests.model.test_rollup_properties import compare_histories

COMPANIES = [(0, 8), (1, 8), (2, 8), (1, 40), (2, 40), (3, 40)]
"""Seeds of the companies within which a fault must show, and their groups: most show in the first one, but some take
several units that meet in few ways, and so a larger company."""
PASSES = 5
"""Histories of each group."""
IN_EVERY_RUN = 1
"""As many faults of the list are looked for in every run, the others with --long."""
Companies = Callable[[int, int, Mutation | None], tuple[str, Company, RandomCompany]]


@pytest.fixture(scope="module")
def warehouses(
    postgres: EmbeddedPostgres, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Companies]:
    """Return how to get random companies, each published in a warehouse of its own; with a fault in publishing, if given."""
    with contextlib.ExitStack() as stack:

        @cache
        def publish(seed: int, groups: int, fault: Mutation | None) -> tuple[str, Company, RandomCompany]:
            url = stack.enter_context(contextlib.contextmanager(lend_database)(postgres, warehouse_template))
            drawn = draw_company(seed, groups)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("KPI_WAREHOUSE_URL", url)
                if fault:
                    patch.setattr(warehouse, "read_sql", fault.mutate(warehouse.read_sql))
                return url, publish_company(tmp_path_factory.mktemp("config"), drawn), drawn

        yield publish


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "mutation",
    [
        pytest.param(mutation, id=mutation.fault, marks=[] if place < IN_EVERY_RUN else [pytest.mark.long])
        for place, mutation in enumerate(MUTATIONS)
    ],
)
def test_the_model_finds(mutation: Mutation, warehouses: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    read_sql = warehouse.read_sql
    in_publishing = mutation if mutation.file.startswith("publish/") else None
    for seed, groups in COMPANIES:
        try:
            url, company, drawn = warehouses(seed, groups, in_publishing)
            monkeypatch.setenv("KPI_WAREHOUSE_URL", url)
            monkeypatch.setattr(warehouse, "read_sql", mutation.mutate(read_sql))
            compare_histories(company, drawn, PASSES)
        except AssertionError as difference:
            assert re.search("(after|as of) step", str(difference))
            return
        except IntegrityError:
            return  # two rows for one KPI, or a place in a tree that ends before it begins: the ledger refuses them
        finally:
            monkeypatch.setattr(warehouse, "read_sql", read_sql)
    pytest.fail("no difference")


def test_there_are_twenty() -> None:
    assert len(MUTATIONS) >= 20
    for mutation in MUTATIONS:
        mutation.mutate(warehouse.read_sql)
