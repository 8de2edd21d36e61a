"""Reading a large table into the stage: `python -m bench.extract_sql [ROWS]`, 5,000,000 by default.

Makes a PostgreSQL of its own in a temporary folder with one table of orders (text, date, numeric, integer, timestamp).
In one run, each in a process of its own: COPY of the query to a file, by the driver as it comes, then the extraction as
a run does it, into the staged Parquet file. Prints seconds, those of this side's processor (which other work on the
machine disturbs less), rows a second, and the greatest memory above that of the interpreter with everything imported.
The second shall take at most twice the first, in 512 MiB.

With `--drivers` two Arrow-native drivers, where installed (adbc-driver-postgresql, connectorx), read the query too.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from include.batch import Connection, Window, save_tables
from include.catalogue.models import SqlSource
from include.connectors import sql
from include.connectors.assembling import add_places, name_records
from include.home import Home
from include.stack.postgres import EmbeddedPostgres
from include.windows import ALL_DATES

QUERY = "SELECT store, day, product, amount, pieces, booked_at FROM orders"
FILL = """
CREATE TABLE orders AS
SELECT 'S' || n % 400 AS store, date '2024-01-01' + (n % 730)::int AS day, 'line ' || n % 7 AS product,
       (n % 100000)::numeric / 100 AS amount, n % 50 AS pieces,
       timestamptz '2024-01-01' + n * interval '1 minute' AS booked_at
FROM generate_series(1, {rows}::bigint) AS n
"""
COLUMNS = {
    "store": {"is": "org"}, "day": {"type": "date", "is": "date"}, "product": {"is": "dimension"},
    "amount": {"type": "decimal"}, "pieces": {"type": "integer"}, "booked_at": {},
}  # fmt: skip


def copy_to_file(url: str, folder: Path) -> int:
    """Write what COPY gives to a file; return the rows."""
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        (folder / "copy.csv").open("wb") as file,
        cursor.copy(f"COPY ({QUERY}) TO STDOUT (FORMAT csv)".encode()) as copy,
    ):
        for block in copy:
            file.write(block)
    return 0


def extract(url: str, folder: Path) -> int:
    """Do what a run does: read the tables, name the records, write the staged file."""
    source = SqlSource.model_validate(
        {"source": "orders", "kind": "sql", "connection": "erp", "columns": COLUMNS, "max_rows": 10**9}
    )
    parts = make_url(url)
    connection = Connection(
        "erp", "postgres", parts.host or "", parts.port, parts.username or "", str(parts.password), parts.database or ""
    )  # fmt: skip

    def place() -> Any:
        before = 0
        for table in sql.read_tables(source, QUERY, [Window(ALL_DATES.start, ALL_DATES.end)], connection):
            yield add_places(table, name_records(source, table, before), before)
            before += table.num_rows

    return save_tables(place(), str(folder / "reported.parquet"), [])


def read_by_adbc(url: str, folder: Path) -> int:
    """Read the query by ADBC, batch by batch, into a Parquet file."""
    import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-not-found] # noqa: PLC0415 - optional
    import pyarrow.parquet as pq  # noqa: PLC0415

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)
        reader, rows = cursor.fetch_record_batch(), 0
        with pq.ParquetWriter(folder / "adbc.parquet", reader.schema, compression="zstd") as writer:
            for batch in reader:
                rows += batch.num_rows
                writer.write_batch(batch)
    return rows


def read_by_connectorx(url: str, folder: Path) -> int:
    """Read the query by connectorx, which holds all of it."""
    import connectorx  # type: ignore[import-not-found] # noqa: PLC0415 - optional
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = connectorx.read_sql(url, QUERY, return_type="arrow")
    pq.write_table(table, folder / "connectorx.parquet", compression="zstd")
    return int(table.num_rows)


def measure(step: Callable[[str, Path], int], url: str, folder: Path, answers: Any) -> None:
    """Run a step in this process; report seconds, rows, and the greatest memory above what it began with."""
    before = read_memory("VmRSS")
    begun, worked = time.monotonic(), time.process_time()
    try:
        rows = step(url, folder)
    except BaseException as error:  # noqa: BLE001 - not installed, or a panic of Rust
        answers.put(f"{type(error).__name__}: {error}")
        return
    seconds, worked = time.monotonic() - begun, time.process_time() - worked
    answers.put((seconds, worked, rows, read_memory("VmHWM") - before))


def read_memory(which: str) -> float:
    """Return this process's memory in MiB: VmRSS now, VmHWM the most so far."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(which)]
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print the figures."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--drivers"]
    rows = int(arguments[0]) if arguments else 5_000_000
    steps: list[Callable[[str, Path], int]] = [copy_to_file, extract]
    steps += [read_by_adbc, read_by_connectorx] if "--drivers" in sys.argv else []
    spawned = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        cluster = EmbeddedPostgres(Home(Path(folder) / "home").create(), durable=False)
        cluster.start()
        try:
            cluster.create_database("erp")
            url = cluster.url("migrator", "erp")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(FILL.format(rows=rows).encode())
                connection.execute("ANALYZE orders")
                connection.execute(f"SELECT count(*) FROM ({QUERY}) AS warm".encode())
            for step in steps:
                answers = spawned.Queue()
                child = spawned.Process(target=measure, args=(step, url, Path(folder), answers))
                child.start()
                told = answers.get()
                child.join()
                if isinstance(told, str):
                    print(f"{step.__name__:20} {told}")
                    continue
                seconds, worked, read, memory = told
                print(
                    f"{step.__name__:20} {seconds:7.1f} s ({worked:.1f} s of processor) {rows / seconds:>9,.0f} rows/s "
                    f"{memory:6.0f} MiB above the interpreter" + (f"  {read:,} rows" if read else "")
                )
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
