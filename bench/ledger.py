"""Rollup and trace on a large ledger: `python -m bench.ledger [FACTS]`, 6,000,000 by default.

Makes a warehouse of its own in a temporary folder: 40 plants in a tree of 51 units of which one moved, 70 metrics,
24 months of days. Facts go straight into the tables by one INSERT a month, as only reading and rolling up are
measured. Prints seconds for: a bare GROUP BY over all facts (the floor), the full rollup of months and quarters, the
rollup of one corrected slice, traces of a group quarter and month, and the boards of one month.
"""

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from include import rollup, warehouse
from include.board import trace_kpi
from include.catalogue import Catalogue, load_catalogue
from include.home import Home
from include.publish import publish_catalogue
from include.stack.postgres import EmbeddedPostgres

PLANTS, METRICS, MONTHS = 40, 60, 24


def write_company(folder: Path) -> Path:
    """Write the configuration of the measured company."""
    base = "definition: d, unit: CNY, owner: desk, tier: internal, better: up"
    over = {0: "sum", 1: "sum", 2: "sum", 3: "last", 4: "average"}
    lines = [f"m{n}: {{name: m{n}, {base}, over_time: {over[n % 5]}, over_org: sum}}" for n in range(METRICS)]
    share = base.replace("CNY", "'%'")
    lines += [f"r{n}: {{name: r{n}, {share}, ratio: {{of: m{5 * n}, to: m{5 * n + 1}}}}}" for n in range(10)]
    tree = ["- {unit: group}"] + [f"- {{unit: c{n}, parent: group, level: company}}" for n in range(10)]
    for n in range(PLANTS):
        moves = n == 0
        tree.append(f"- {{unit: p{n}, parent: c{n % 10}, level: plant{', to: 2026-05-01' if moves else ''}}}")
        if moves:
            tree.append("- {unit: p0, parent: c1, level: plant, from: 2026-05-01}")
    for name, content in {
        "metrics/all.yaml": lines, "org.yaml": tree, "people.yaml": ["desk: {email: desk@example.com}"],
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join(lines if content is lines else content) + "\n", "utf-8")
    return folder


FILL = """
INSERT INTO ledger.fact (submission_id, value, reported, date, month, metric_id, org_id, dimset_id, measure_id,
    row_no, col_no, metric_version, scenario, basis, grain)
SELECT s.submission_id, (random() * 1000)::numeric(12, 2), 0, d.day, s.period_start, m.metric_id, s.org_id, 1, 1,
    r.n, 1, 1, 'A', 'F', 'D'
FROM ledger.submission AS s
CROSS JOIN ledger.metric AS m
CROSS JOIN generate_series(s.period_start, s.period_stop - 1, interval '1 day') AS d (day)
CROSS JOIN generate_series(1, :rows) AS r (n)
WHERE s.period_start = :month AND m.metric LIKE 'm%'
"""
SUBMIT = """
INSERT INTO ledger.submission (batch_id, source, org_id, period, grain, period_start, period_stop, authority,
    cells_hash, mapping_version, facts, accepted_at)
SELECT 1, 's', o.org_id, p.period, 'M', p.start, p.stop, 'primary', '', '1', 0, now()
FROM ledger.org AS o CROSS JOIN ledger.period AS p
WHERE o.unit LIKE 'p%' AND p.grain = 'M' AND p.start = :month
"""
FLOOR = """
SELECT count(*) FROM (SELECT sum(value) FROM ledger.fact GROUP BY metric_id, org_id, month) AS grouped
"""
COVER = """
INSERT INTO ledger.coverage (submission_id, metric_id, scenario, month)
SELECT s.submission_id, m.metric_id, 'A', s.period_start
FROM ledger.submission AS s CROSS JOIN ledger.metric AS m WHERE m.metric LIKE 'm%'
"""
PREPARE = (
    "INSERT INTO ledger.batch (source, run_id, mapping_version, status) VALUES ('s', 'r', '1', 'accepted')",
    "INSERT INTO ledger.dimset (dimensions) VALUES ('{}')",
    "INSERT INTO ledger.dimset_rollup VALUES (1, 1)",
    "INSERT INTO ledger.measure (source, sheet, measure, unit) VALUES ('s', '', 'm', 'CNY')",
)


def fill(url: str, facts: int) -> None:
    """Insert about `facts` facts, one submission a plant and month."""
    rows = max(1, round(facts / (PLANTS * METRICS * MONTHS * 30.4)))
    engine = warehouse._engine(warehouse.as_psycopg(url))
    with engine.begin() as owner:
        for statement in PREPARE:
            owner.exec_driver_sql(statement)
        for n in range(MONTHS):
            given = {"month": dt.date(2025 + n // 12, n % 12 + 1, 1), "rows": rows}
            for statement in ("SELECT ledger.ensure_partition(:month)", SUBMIT, FILL):
                owner.execute(text(statement), given)
        owner.execute(text(COVER))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("VACUUM ANALYZE"))


def timed(told: str, work: Callable[[], Any]) -> Any:
    """Run `work` and print how long it took."""
    start = time.perf_counter()
    result = work()
    print(f"{told:<58} {time.perf_counter() - start:8.3f} s", flush=True)
    return result


def roll_up(catalogue: Catalogue) -> None:
    """Roll up what is touched, as the stages do."""
    for step in (rollup.roll_up_months, rollup.roll_up_quarters):
        with warehouse.connect(isolation="REPEATABLE READ") as connection:
            step(connection, catalogue)


def touch(condition: str) -> None:
    """Touch the facts' keys that meet a condition."""
    with warehouse.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger.touched_month (metric_id, org_id, month) "
                "SELECT DISTINCT c.metric_id, s.org_id, c.month "
                f"FROM ledger.coverage AS c JOIN ledger.submission AS s USING (submission_id) WHERE {condition}"
            )
        )


def main(facts: int) -> None:
    """Fill a warehouse and measure."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = EmbeddedPostgres(Home(Path(folder) / "home"), durable=False)
        cluster.start()
        try:
            cluster.create_database("bench")
            url = cluster.url("migrator", "bench")
            os.environ["KPI_WAREHOUSE_URL"] = url
            warehouse.migrate(url)
            catalogue = load_catalogue(write_company(Path(folder) / "config"))
            with warehouse.connect() as connection:
                timed("publish the configuration", lambda: publish_catalogue(connection, catalogue))
            timed("fill", lambda: fill(url, facts))
            measure(catalogue)
        finally:
            cluster.stop()


def measure(catalogue: Catalogue) -> None:
    """Print the figures."""

    def ask(statement: str) -> Any:
        with warehouse.connect() as connection:
            return connection.execute(text(statement)).all()

    print("facts", ask("SELECT count(*) FROM ledger.fact")[0][0])
    timed("floor: GROUP BY metric, unit, month", lambda: ask(FLOOR))
    touch("true")
    timed("full rollup", lambda: roll_up(catalogue))
    print("KPI rows", ask("SELECT basis, count(*) FROM ledger.kpi GROUP BY 1 ORDER BY 1"))
    touch("s.org_id = (SELECT min(org_id) FROM ledger.org WHERE unit = 'p7') AND c.month = '2026-06-01'")
    timed("rollup of one resubmitted slice (60 metrics)", lambda: roll_up(catalogue))
    touch("s.org_id = (SELECT min(org_id) FROM ledger.org WHERE unit = 'p7') AND c.month = '2025-06-01'")
    timed("rollup of one resubmitted slice of last year", lambda: roll_up(catalogue))
    for metric, period in (("m0", "2026-Q2"), ("r0", "2026-Q2"), ("m3", "2026-Q2"), ("m0", "2026-06")):

        def trace(metric: str = metric, period: str = period) -> int:
            with warehouse.connect() as connection:
                return len(trace_kpi(connection, catalogue, metric, "group", period)[1])

        print("facts", timed(f"trace {metric} group {period}", trace))
    for view in ("kpi_month", "kpi_month_as_is", "kpi_month_like_for_like", "kpi_month_comparison"):
        statement = f"SELECT * FROM bi.{view} WHERE period = '2026-06' AND dimensions = '{{}}'"
        timed(f"bi.{view} of one month", lambda statement=statement: ask(statement))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6_000_000)
