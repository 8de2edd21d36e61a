"""A worker that is killed again and again while it reads a REST source: what counts in the end is what a clean run counts."""

import json
import multiprocessing
import os
import random
import signal
import time
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from include import stages
from tests.connectors.rest_service import Handler, Service
from tests.office import Office

KILLS, PRODUCTS, PAGE = 20, 150, 100
SOURCE = """\
source: pos
owner: clerk
kind: rest
connection: pos
slice: month
request: {{path: /v1/sales, params: {{from: "{{window_start}}", to: "{{window_end}}"}}, auth: {{kind: bearer}}}}
hosts: ['127.0.0.1:{port}']
paging: {{kind: page, size: {page}, total: $.total}}
records: $.items[*]
columns:
  unit: {{path: $.unit, type: text, is: org, required: true}}
  month: {{path: $.month, type: month, is: period, required: true}}
  product: {{path: $.product, type: text, is: dimension, required: true}}
  sales: {{path: $.sales, type: decimal, metric: sales, unit: CNY}}
unique: [unit, month, product]
"""
Slice = tuple[str, str]


def make_records(version: int) -> list[dict[str, Any]]:
    """Return what the service holds in a version: every slice has other figures than before, and more of them."""
    rng = random.Random(version)
    return [
        {
            "unit": unit,
            "month": month,
            "product": f"p{n}",
            "sales": f"{rng.randint(1, 10**7)}.{rng.randint(0, 99):02}",
        }
        for month in ("2026-01", "2026-02", "2026-03")
        for unit in ("p1", "p2", "p3")
        for n in range(PRODUCTS + version)
    ]


def add_up(records: list[dict[str, Any]]) -> dict[Slice, tuple[int, Decimal]]:
    """Return the number of records and their sum in each slice."""
    slices: dict[Slice, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for record in records:
        rows, total = slices[record["unit"], record["month"]]
        slices[record["unit"], record["month"]] = (rows + 1, total + Decimal(record["sales"]))
    return dict(slices)


def collect_once(number: int) -> None:
    run = stages.Run(f"kill-{number}", "", "pos")
    stages.load(stages.standardise(stages.validate(stages.extract("pos", run))))
    stages.rollup_months()


def counted(office: Office) -> dict[Slice, tuple[int, Decimal]]:
    rows = office.company.query(
        "SELECT org, to_char(date, 'YYYY-MM') AS month, count(*) AS rows, sum(value) AS total FROM bi.fact "
        "WHERE counts AND source = 'pos' GROUP BY 1, 2"
    )
    return {(row.org, row.month): (row.rows, row.total) for row in rows}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_twenty_kills_in_mid_load_lose_and_double_nothing(
    office: Office, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.configure("sources/pos.yaml", SOURCE.format(port=service.port, page=PAGE))
    connection = {"conn_type": "http", "host": "127.0.0.1", "port": service.port, "password": "token"}
    monkeypatch.setenv("AIRFLOW_CONN_POS", json.dumps(connection))
    held = {"records": make_records(0)}

    def sell(handler: Handler) -> None:
        page, records = int(handler.query["page"]), held["records"]
        time.sleep(0.01)
        handler.reply({"total": len(records), "items": records[(page - 1) * PAGE : page * PAGE]})

    service.routes["/v1/sales"] = sell
    started = time.monotonic()
    collect_once(0)
    lasts = time.monotonic() - started
    versions = [add_up(held["records"])]
    assert counted(office) == versions[0]

    rng, kills, runs = random.Random(20), 0, 0
    while kills < KILLS:
        runs += 1
        held["records"] = make_records(runs)
        versions.append(add_up(held["records"]))
        worker = multiprocessing.get_context("fork").Process(target=collect_once, args=(runs,))
        worker.start()
        worker.join(rng.uniform(0.02, lasts))
        if worker.is_alive():
            os.kill(worker.pid or 0, signal.SIGKILL)
            kills += 1
        worker.join()
        for place, found in counted(office).items():
            assert found in [version[place] for version in versions], "half a slice, or one twice"
    collect_once(runs + 1)
    assert counted(office) == versions[-1]
    board = sum(
        office.company.kpi("sales", "group", month) or 0 for month in ("2026-01", "2026-02", "2026-03")
    )
    assert board == sum(total for _, total in versions[-1].values())
    states = {row.status for row in office.company.query("SELECT DISTINCT status FROM ledger.batch")}
    assert "accepted" in states and not states & {"failed", "refused"}
