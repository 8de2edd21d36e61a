"""Public workbooks load by configuration alone; their sums equal totals computed by another reader."""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.catalogue import Catalogue, load_catalogue
from include.connectors import workbook
from include.standardise import standardise
from include.validate import validate

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT.parent / "shared" / "data"
MEASURES = ["fs_units_sold", "fs_gross_sales", "fs_discounts", "fs_sales", "fs_cogs", "fs_profit"]

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public workbooks aren't part of the project")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(PROJECT / "examples" / "public_data" / "config")


@pytest.fixture(scope="module")
def controls() -> dict[str, Any]:
    return {row["id"]: row["expected"] for row in json.loads((DATA / "controls.json").read_text("utf-8"))}


def read_facts(catalogue: Catalogue, source_id: str, name: str) -> list[dict[str, Any]]:
    source = catalogue.sources[source_id]
    validated = validate(source, catalogue, workbook.fetch(source, DATA / name), None)
    assert not validated.errors
    facts: list[dict[str, Any]] = standardise(source, catalogue, validated).to_pylist()
    return facts


def test_sample_workbook_equals_its_totals(catalogue: Catalogue, controls: dict[str, Any]) -> None:
    months: dict[str, dict[str, Decimal]] = {metric: defaultdict(Decimal) for metric in MEASURES}
    for fact in read_facts(catalogue, "financial_sample", "financial_sample.xlsx"):
        months[fact["metric"]][fact["month"].strftime("%Y-%m")] += Decimal(fact["value"])
    for metric in MEASURES:
        rounded = {month: float(round(value, 2)) for month, value in months[metric].items()}
        assert rounded == controls[metric]["by_month"]


def test_its_twin_in_text_equals_its_own_totals(catalogue: Catalogue, controls: dict[str, Any]) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for fact in read_facts(catalogue, "financial_sample", "financial_sample.csv"):
        totals[fact["measure"]] += Decimal(fact["value"])
    assert {name: float(value) for name, value in totals.items()} == controls["fs_csv_twin"]["totals"]


def test_freight_is_read_as_year_to_date(catalogue: Catalogue, controls: dict[str, Any]) -> None:
    facts = read_facts(catalogue, "nbs_freight", "nbs_freight.xlsx")
    turnover = {f["slice_period"]: f for f in facts if f["metric"] == "freight_turnover"}
    assert {fact["basis"] for fact in turnover.values()} == {"Y"}
    expected = controls["nbs_freight_quarters_2025"]["ytd"]
    assert {key: float(turnover[f"{key[:4]}-{key[4:]}"]["value"]) for key in expected} == expected
    assert "2025-01" not in turnover
