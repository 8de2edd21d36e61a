"""Lineage: which datasets a stage reads and writes, by name; never a row, a value or a secret.

Names follow OpenLineage's naming: a namespace (`file`, `postgres://host:5432`, `https://host`) and a name within
it. Between the stages a batch lies in files that don't outlive it: these are named by their source.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from include import warehouse
from include.airflow_adapters.connections import resolve_connection
from include.batches import list_batches
from include.catalogue import Catalogue
from include.catalogue.models import RestSource, Source, SqlSource
from include.connectors.rest.addresses import base_url
from include.connectors.sql.dialects import dialect_of
from include.connectors.sql.query import list_tables
from include.home import current_home
from include.places import ObjectPlace, inbox_place

_BETWEEN = {"validate": ("reported", "validated"), "standardise": ("validated", "facts")}
_BOARDS = ("", "_as_is", "_like_for_like", "_by_version", "_comparison")
_BESIDE = ("bi.lineage", "bi.restatement", "bi.elimination", "bi.translation_difference")
_WAREHOUSE = {
    "load": ((), ("ledger.fact",)),
    "rollup_months": (
        ("ledger.fact",),
        ("ledger.kpi", *(f"bi.kpi_month{board}" for board in _BOARDS), *_BESIDE),
    ),
    "rollup_quarters": (("ledger.fact", "ledger.kpi"), tuple(f"bi.kpi_quarter{board}" for board in _BOARDS)),
}
_SCHEMES = {"tsql": "mssql"}
_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521}
_DEFAULT_SCHEMAS = {"postgres": "public", "mssql": "dbo"}


@dataclass(frozen=True)
class Dataset:
    """A dataset by OpenLineage's naming."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Flow:
    """What one stage read and wrote."""

    inputs: tuple[Dataset, ...]
    outputs: tuple[Dataset, ...]


def describe_flow(catalogue: Catalogue, stage: str, source_id: str, run_id: str) -> Flow:
    """Return what `stage` of one run read and wrote; nothing for a stage that moves no data.

    `stage` is a task's id; `source_id` is empty and `run_id` unused for the rollups. Raises UsageError where a
    source's connection isn't known.
    """
    if stage == "extract":
        read = name_inputs(catalogue, catalogue.sources[source_id], run_id)
        return Flow(read, (_between(source_id, "reported"),) if read else ())
    if stage in _BETWEEN:
        read_from, written_to = _BETWEEN[stage]
        return Flow((_between(source_id, read_from),), (_between(source_id, written_to),))
    read_tables, written_tables = _WAREHOUSE.get(stage, ((), ()))
    inputs = (_between(source_id, "facts"),) if stage == "load" else tuple(map(_in_warehouse, read_tables))
    return Flow(inputs, tuple(map(_in_warehouse, written_tables)))


def name_inputs(catalogue: Catalogue, source: Source, run_id: str) -> tuple[Dataset, ...]:
    """Return where a source's rows come from: the files of this run, its query's tables, or its endpoint."""
    if isinstance(source, SqlSource):
        return _tables(source, catalogue.query_of(source))
    if isinstance(source, RestSource):
        return (_endpoint(source),)
    with warehouse.connect() as connection:
        files = dict.fromkeys(batch.filename for batch in list_batches(connection, run_id))
    folder = inbox_place(current_home()) / source.source
    if isinstance(folder, ObjectPlace):
        scheme, _, rest = str(folder).partition("://")
        bucket, _, prefix = rest.partition("/")
        return tuple(Dataset(f"{scheme}://{bucket}", f"{prefix}/{file}") for file in files)
    return tuple(Dataset("file", str(folder / file)) for file in files)


def _tables(source: SqlSource, query: str) -> tuple[Dataset, ...]:
    connection = resolve_connection(source.connection)
    grammar = dialect_of(connection).grammar
    scheme = _SCHEMES.get(grammar, grammar)
    if scheme == "sqlite":
        return tuple(
            Dataset("file", f"{connection.schema}:{table}") for _, table in list_tables(query, grammar)
        )
    port = connection.port or _PORTS.get(scheme)
    namespace = f"{scheme}://{connection.host}" + (f":{port}" if port else "")
    named = []
    for schema, table in list_tables(query, grammar):
        parts = (connection.schema, schema or _DEFAULT_SCHEMAS.get(scheme, ""), table)
        if scheme == "mysql":
            parts = (schema or connection.schema, table, "")
        named.append(Dataset(namespace, ".".join(filter(None, parts))))
    return tuple(named)


def _endpoint(source: RestSource) -> Dataset:
    address = urlsplit(base_url(resolve_connection(source.connection)))
    where = address.hostname or ""
    where += f":{address.port}" if address.port else ""
    path = source.request.path.partition("?")[0].lstrip("/")
    return Dataset(f"{address.scheme}://{where}", f"{address.path}/{path}")


def _between(source_id: str, file: str) -> Dataset:
    return Dataset("metric-ledger", f"stage.{source_id}.{file}")


def _in_warehouse(table: str) -> Dataset:
    url = make_url(warehouse.loader_url())
    return Dataset(f"postgres://{url.host}:{url.port or 5432}", f"{url.database}.{table}")
