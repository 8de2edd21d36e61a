"""The names of what sources read, by OpenLineage's naming: hosts, tables and paths, never a secret."""

import itertools
from pathlib import Path

import pytest

from include.catalogue import Catalogue, load_catalogue
from include.catalogue.models import RestSource, SqlSource
from include.connectors.sql.query import list_tables
from include.home import PROJECT
from include.lineage import Dataset, Flow, describe_flow, name_inputs
from tests.company import Company


@pytest.fixture(scope="module")
def example() -> Catalogue:
    return load_catalogue(PROJECT / "examples" / "company" / "config")


@pytest.mark.parametrize(
    ("uri", "query", "expected"),
    [
        ("postgresql://reader:SECRET@erp.example.com:5433/erp?sslmode=require", "SELECT * FROM trade.orders",
         [("postgres://erp.example.com:5433", "erp.trade.orders")]),
        ("postgres://reader:SECRET@erp.example.com/erp", "SELECT 1 FROM orders o JOIN x.lines l ON true",
         [("postgres://erp.example.com:5432", "erp.public.orders"),
          ("postgres://erp.example.com:5432", "erp.x.lines")]),
        ("mysql://reader:SECRET@erp.example.com/erp", "SELECT 1 FROM `orders`, other.lines",
         [("mysql://erp.example.com:3306", "erp.orders"), ("mysql://erp.example.com:3306", "other.lines")]),
        ("mssql://reader:SECRET@erp.example.com/erp", "SELECT 1 FROM [orders]",
         [("mssql://erp.example.com:1433", "erp.dbo.orders")]),
    ],
)  # fmt: skip
def test_a_query_is_named_by_its_tables(
    example: Catalogue, monkeypatch: pytest.MonkeyPatch, uri: str, query: str, expected: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", uri)
    source = example.sources["sales_orders"]
    assert isinstance(source, SqlSource)
    catalogue = Catalogue(**vars(example) | {"queries": {"sales_orders": query}})
    named = name_inputs(catalogue, source, "")
    assert sorted((dataset.namespace, dataset.name) for dataset in named) == sorted(expected)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (
            "https://user:SECRET@mes.example.com:8443/?token=SECRET",
            ("https://mes.example.com:8443", "/v1/output"),
        ),
        (
            "http://user:SECRET@https%3A%2F%2Fmes.example.com%2Fapi",
            ("https://mes.example.com", "/api/v1/output"),
        ),
    ],
)
def test_an_endpoint_is_named_by_host_and_path(
    example: Catalogue, monkeypatch: pytest.MonkeyPatch, uri: str, expected: tuple[str, str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MES", uri)
    source = example.sources["mes_output"]
    assert isinstance(source, RestSource)
    request = source.request.model_copy(update={"path": "v1/output?key=SECRET"})
    (named,) = name_inputs(example, source.model_copy(update={"request": request}), "")
    assert (named.namespace, named.name) == expected


def test_the_stages_make_one_chain(company: Company) -> None:
    catalogue = company.catalogue
    stages = ("validate", "standardise", "load", "rollup_months", "rollup_quarters")
    flows = [describe_flow(catalogue, stage, "book", "run") for stage in stages]
    for before, after in itertools.pairwise(flows):
        assert set(before.outputs) & set(after.inputs)
    assert flows[-1].outputs[0].name.endswith(".bi.kpi_quarter")
    views = {f"bi.{row.table_name}" for row in company.query(
        "SELECT table_name FROM information_schema.views WHERE table_schema = 'bi'")}  # fmt: skip
    named = {".".join(dataset.name.split(".")[-2:]) for flow in flows for dataset in flow.outputs}
    assert views - named == {
        "bi.metric",
        "bi.org",
        "bi.calendar",
        "bi.fact",
        "bi.submission",
        "bi.batch",
        "bi.quarantine",
        "bi.check_result",
    }
    assert {name for name in named if name.startswith("bi.")} <= views
    assert all("SECRET" not in dataset.namespace for flow in flows for dataset in flow.inputs + flow.outputs)
    nothing = Flow((), ())
    assert describe_flow(catalogue, "report", "book", "run") == nothing
    assert describe_flow(catalogue, "extract", "book", "a run without files") == nothing


def test_a_workbook_is_named_by_its_file_in_the_inbox(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from include import warehouse
    from include.batches import Run, open_batch

    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    with warehouse.connect() as connection:
        open_batch(connection, Run("run", "", "book"), "1", claim="1", filename="三月.xlsx")
    read = describe_flow(company.catalogue, "extract", "book", "run").inputs
    assert read == (Dataset("file", str(tmp_path / "home" / "inbox" / "book" / "三月.xlsx")),)
    monkeypatch.setenv("KPI_INBOX", "s3://bucket/inbox")
    read = describe_flow(company.catalogue, "extract", "book", "run").inputs
    assert read == (Dataset("s3://bucket", "inbox/book/三月.xlsx"),)


def test_the_tables_of_a_query_leave_out_what_it_names_itself() -> None:
    query = "WITH recent AS (SELECT * FROM s.orders WHERE d >= :window_start) SELECT * FROM recent JOIN items USING (i)"
    assert list_tables(query, "postgres") == [("", "items"), ("s", "orders")]
    assert list_tables("not ( a query", "postgres") == []
