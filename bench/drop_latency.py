"""How long a dropped workbook takes to show in the KPI: `KPI_HOME=... python -m bench.drop_latency [TIMES]`.

Needs a stack with the example company loaded (`./kpi demo`) and changes its figures: use a home of its own.
Each time the HR workbook of one month gets one more leaver and is copied into the watched folder; the clock
runs from the end of the copy until the month KPI of the group, read by the BI log-in, has the new value.
The floor is what the same file takes through the same stages without Airflow: `./kpi run hr_headcount --file F`.
"""

import copy
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine, text

from examples.company.figures import build_figures
from examples.company.people_workbook import write_people_workbook
from include.home import current_home
from include.stack import warehouse_url

MONTH, UNIT, COLUMN = (2026, 7), "plant_wuxi", "离职（人）"
QUESTION = text(
    "SELECT value FROM bi.kpi_month WHERE metric = 'leavers' AND org = 'group' AND period = '2026-07' "
    "AND dimensions = '{}'::jsonb"
)


def main(times: int) -> None:
    """Drop `times` corrected workbooks one after the other and print each latency, and their median."""
    home = current_home()
    url = warehouse_url(home, "reader").replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    figures = build_figures().hr[MONTH]
    first = _read(engine)
    taken = []
    for number in range(1, times + 1):
        changed = copy.deepcopy(figures)
        changed[UNIT][COLUMN] = (changed[UNIT][COLUMN] or Decimal(0)) + number + first % 7
        name = f"人力月报_2026-07_第{number}次更正.xlsx"
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / name
            write_people_workbook(made, MONTH, changed)
            content = made.read_bytes()
        before = _read(engine)
        (home.inbox / "hr_headcount" / name).write_bytes(content)
        begun = time.monotonic()
        while _read(engine) == before:
            time.sleep(0.1)
        taken.append(time.monotonic() - begun)
        print(f"{number:3d}  {taken[-1]:5.1f} s", flush=True)
    print(f"median {statistics.median(taken):.1f} s of {times}, worst {max(taken):.1f} s")


def _read(engine: object) -> Decimal:
    with engine.connect() as connection:  # type: ignore[attr-defined]
        value: Decimal = connection.execute(QUESTION).scalar_one()
    return value


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
