"""The example company's generators: deterministic, equal to their control totals, served for real."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import psycopg
import pytest
import requests
from python_calamine import CalamineWorkbook

from examples.company.figures import COMPANIES, MONTHS, build_figures, month_key
from examples.company.generate import CORRECTED, TAMPERED, Manifest, generate
from examples.company.mes_service import Service
from examples.company.orders import ORDERS, fill_erp

CONFIG = Path(__file__).resolve().parents[2] / "examples" / "company" / "config"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("example")
    return folder, generate(folder, tamper=False)


@pytest.fixture(scope="module")
def controls(made: tuple[Path, Manifest]) -> dict[tuple[str, str, str], dict[str, str]]:
    rows = json.loads((made[0] / "controls.json").read_text("utf-8"))["controls"]
    return {(row["metric"], row["org"], row["period"]): row for row in rows}


@pytest.fixture(scope="module")
def mes() -> Iterator[str]:
    with Service(0, "a-token") as service:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{service.server_port}"
        service.shutdown()
        thread.join()


def test_same_bytes_at_every_call(made: tuple[Path, Manifest], tmp_path: Path) -> None:
    again = generate(tmp_path, tamper=False)
    assert again == made[1]
    names = [name for wave in again.files.values() for name in wave]
    assert len(names) == 53
    for name in ["controls.json", "manifest.json", *names]:
        assert (tmp_path / name).read_bytes() == (made[0] / name).read_bytes(), name


def test_tampering_changes_one_workbook_and_no_control(made: tuple[Path, Manifest], tmp_path: Path) -> None:
    changed = generate(tmp_path, tamper=True)
    names = [name for wave in changed.files.values() for name in wave]
    different = [name for name in names if (tmp_path / name).read_bytes() != (made[0] / name).read_bytes()]
    assert [Path(name).name for name in different] == [f"人力月报_{month_key(TAMPERED[0])}.xlsx"]
    assert (tmp_path / "controls.json").read_bytes() == (made[0] / "controls.json").read_bytes()


def test_every_metric_of_the_catalogue_has_controls(
    controls: dict[tuple[str, str, str], dict[str, str]],
) -> None:
    from include.catalogue import load_catalogue

    catalogue = load_catalogue(CONFIG)
    units = {metric: versions[0].unit for metric, versions in catalogue.metrics.items()}
    assert {(row["metric"], row["unit"]) for row in controls.values()} == set(units.items())
    assert {org for _, org, _ in controls} == set(catalogue.org.units)


def test_finance_workbooks_add_up_to_the_controls(
    made: tuple[Path, Manifest], controls: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    folder, manifest = made
    names = {name: company for company, name in COMPANIES.items()}
    costs = [
        "material_cost",
        "labour_cost",
        "overhead_cost",
        "selling_expense",
        "admin_expense",
        "rd_expense",
    ]
    finance = [name for wave in manifest.files.values() for name in wave if "finance_close" in name]
    differing = []
    for name in sorted(set(finance) - set(manifest.refused)):
        sheet = openpyxl.load_workbook(folder / name, data_only=True)["月结表"]
        rows = {row[0].value: row for row in sheet.iter_rows(min_row=6) if row[0].value}
        company, year = names[sheet["B2"].value], int(sheet["C3"].value.removesuffix("年"))
        for column in range(2, sheet.max_column - 1):
            period = f"{year}-{int(sheet.cell(4, column + 1).value.removesuffix('月')):02d}"
            total = Decimal(str(rows["成本费用合计"][column].value)) * 10_000
            if total != sum(Decimal(controls[cost, company, period]["value"]) for cost in costs):
                differing.append((Path(name).name, period))
    corrected = month_key(CORRECTED[1])
    assert differing == [(f"财务月结_{COMPANIES['south']}_2026年.xlsx", corrected)]


def test_stock_counts_equal_the_controls(
    made: tuple[Path, Manifest], controls: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    counted: dict[str, Decimal] = {}
    for path in sorted((made[0] / "drops" / "1_first" / "stock_count").iterdir()):
        for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_name("月末盘点").to_python()[4:]:
            period = f"{row[0]:%Y-%m}"
            counted[period] = counted.get(period, Decimal(0)) + Decimal(str(row[4]))
    assert len(counted) == len(MONTHS)
    for period, tonnes in counted.items():
        assert Decimal(controls["inventory_weight", "group", period]["value"]) == tonnes
    last = Decimal(controls["inventory_weight", "group", "2026-09"]["value"])
    assert Decimal(controls["inventory_weight", "group", "2026-Q3"]["value"]) == last


def test_quality_files_are_gbk_and_miss_one_month(
    made: tuple[Path, Manifest], controls: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    text = (made[0] / "drops/1_first/quality_inspection/检验记录_2026Q2.csv").read_bytes().decode("gbk")
    assert not [line for line in text.splitlines() if line.startswith("2026/05") and "东莞工厂" in line]
    assert ("inspected", "plant_dongguan", "2026-05") not in controls
    assert controls["inspected", "group", "2026-05"]["completeness"] == "0.8"
    assert controls["inspected", "plant_dongguan", "2026-Q2"]["completeness"] == "0.666666666667"


def test_a_moved_plant_counts_under_its_old_parent_before(
    controls: dict[tuple[str, str, str], dict[str, str]],
) -> None:
    for period, parent, others in (
        ("2025-12", "east", ["plant_suzhou", "plant_wuxi"]),
        ("2026-01", "south", ["plant_foshan", "plant_dongguan"]),
    ):
        below = sum(Decimal(controls["output", unit, period]["value"]) for unit in ["plant_ningbo", *others])
        assert Decimal(controls["output", parent, period]["value"]) == below


def test_erp_holds_the_orders_and_the_query_leaves_out_the_cancelled(
    database_url: str, controls: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    assert fill_erp(database_url) == ORDERS
    query = (CONFIG / "sources" / "sales_orders.sql").read_text("utf-8")
    query = query.replace(":window_start", "'2025-11-01'").replace(":window_end", "'2025-12-01'")
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM trade.orders").fetchone() == (ORDERS,)
        rows = connection.execute(query).fetchall()
    assert {row[1].strftime("%Y-%m") for row in rows} == {"2025-11"}
    for column, metric in ((4, "gross_sales"), (6, "store_sales"), (8, "order_count")):
        assert sum(row[column] for row in rows) == Decimal(controls[metric, "group", "2025-11"]["value"])


def test_mes_pages_hold_every_record_once(
    mes: str, controls: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer a-token"
    asked = {"from": "2025-01-01", "to": "2025-02-01", "size": 50}
    items: list[dict[str, dict[str, float]]] = []
    for page in range(1, 5):
        answer = session.get(f"{mes}/v1/output", params=asked | {"page": page}, timeout=5).json()
        items += answer["items"]
    assert (
        len(items)
        == answer["total"]
        == sum(record["day"].startswith("2025-01") for record in build_figures().mes)
    )
    assert answer["items"] == []
    made = sum(Decimal(str(item["output"]["good_t"])) for item in items)
    assert made == Decimal(controls["output", "group", "2025-01"]["value"])


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "/v1/output", 401),
        ({"Authorization": "Bearer wrong"}, "/v1/output", 401),
        ({"Authorization": "Bearer a-token"}, "/v1/output?page=0", 400),
        ({"Authorization": "Bearer a-token"}, "/v1/output?size=5000", 400),
        ({"Authorization": "Bearer a-token"}, "/v1/else", 404),
        ({}, "/health", 200),
    ],
)
def test_mes_refuses(mes: str, headers: dict[str, str], path: str, status: int) -> None:
    assert requests.get(mes + path, headers=headers, timeout=5).status_code == status
