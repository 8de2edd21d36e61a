"""The example's configured sources read its workbooks and systems, and the facts equal the control totals."""

import datetime as dt
import json
import threading
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from examples.company.generate import generate
from examples.company.mes_service import Service
from examples.company.orders import fill_erp
from include.batch import Connection, Reported, Window
from include.catalogue import Catalogue, load_catalogue
from include.connectors import rest, sql, workbook
from include.standardise import standardise
from include.validate import validate

CONFIG = Path(__file__).resolve().parents[2] / "examples" / "company" / "config"
WHOLE = Window(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
Totals = dict[tuple[str, str, str, str], Decimal]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(CONFIG)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("example")
    generate(made, tamper=False)
    return made


def sum_facts(catalogue: Catalogue, source_id: str, reported: Reported) -> Totals:
    source = catalogue.sources[source_id]
    validated = validate(source, catalogue, reported, None)
    assert not validated.errors
    totals: Totals = defaultdict(Decimal)
    for fact in standardise(source, catalogue, validated).to_pylist():
        period = fact["month"].strftime("%Y-%m")
        totals[fact["metric"], fact["scenario"], fact["org"], period] += Decimal(fact["value"])
    return totals


def compare(folder: Path, totals: Totals, leave_out: set[str]) -> int:
    rows = json.loads((folder / "controls.json").read_text("utf-8"))["controls"]
    controls = {(row["metric"], row["org"], row["period"]): row for row in rows}
    compared = {place: value for place, value in totals.items() if place[0] not in leave_out}
    for (metric, scenario, org, period), value in compared.items():
        kind = "target" if scenario == "target" else "ytd" if metric == "capital_expenditure" else "value"
        assert Decimal(controls[metric, org, period][kind]) == value, (metric, scenario, org, period)
    return len(compared)


@pytest.mark.parametrize(
    ("source", "wave", "name", "figures"),
    [
        ("finance_close", "2_later", "财务月结_华南制造公司_2026年_更正.xlsx", 9 * 12),
        ("hr_headcount", "1_first", "人力月报_2026-09.xlsx", 12 * 7),
        ("stock_count", "2_later", "月末盘点_2026年3季度 (1).xls", 3 * 7 * 3),
        ("quality_inspection", "1_first", "检验记录_2026Q2.csv", (3 * 5 - 1) * 3),
    ],
)
def test_workbooks(
    catalogue: Catalogue, folder: Path, source: str, wave: str, name: str, figures: int
) -> None:
    reported = workbook.fetch(catalogue.sources[source], folder / "drops" / wave / source / name)
    assert compare(folder, sum_facts(catalogue, source, reported), set()) == figures


def test_bad_workbooks_are_refused_for_the_reasons_promised(catalogue: Catalogue, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert len(manifest["refused"]) == 2
    for name, codes in manifest["refused"].items():
        source = catalogue.sources[Path(name).parent.name]
        validated = validate(source, catalogue, workbook.fetch(source, folder / name), None)
        assert validated.refused
        assert sorted({finding.code for finding in validated.errors}) == codes


def test_orders_by_sql(catalogue: Catalogue, folder: Path, database_url: str) -> None:
    fill_erp(database_url)
    url, source = make_url(database_url), catalogue.sources["sales_orders"]
    connection = Connection(
        "erp",
        "postgres",
        url.host or "",
        url.port,
        url.username or "",
        url.password or "",
        url.database or "",
    )
    reported = sql.fetch(source, catalogue.query_of(source), WHOLE, connection)
    assert compare(folder, sum_facts(catalogue, "sales_orders", reported), set()) == 24 * 4 * 5


def test_output_by_rest(catalogue: Catalogue, folder: Path) -> None:
    with Service(0, "a-token") as service:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        connection = Connection("mes", "http", "127.0.0.1", service.server_port, "", "a-token", "http")
        reported = rest.fetch(catalogue.sources["mes_output"], WHOLE, connection)
        service.shutdown()
        thread.join()
    # An average of days isn't their sum: only what adds up is compared here.
    assert compare(folder, sum_facts(catalogue, "mes_output", reported), {"availability"}) == 24 * 5 * 6
