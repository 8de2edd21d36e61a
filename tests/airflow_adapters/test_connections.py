"""Named connections: read as Airflow itself reads them, from the environment and from its own database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.airflow_adapters.connections import parse_connection, resolve_connection
from include.batch import Connection
from include.errors import UsageError
from include.home import PROJECT

SECRET = "s3cret p@ss/wörd:?#"
URIS = [
    "postgresql://user:p%40ss%2F@db.example.com:5432/erp?sslmode=require",
    "postgres://db.example.com/erp",
    "mysql://root@127.0.0.1:3306/",
    "sqlite:////data/pos.db",
    "sqlite://%2Fdata%2FPOS.db",
    "my-system://:token@Host.Example.com",
    "http://https://mes.example.com:8443/https?timeout=5",
    "http://:tok%20en@mes.example.com:8080/https",
    "generic://?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D",
    "postgres://%E7%94%A8%E6%88%B7:%E5%AF%86@%2Fvar%2FRun:5433/%E5%BA%93",
]
OBJECTS = [
    {"conn_type": "postgresql", "host": "h", "port": "5432", "login": "u", "password": SECRET, "schema": "s"},
    {"conn_type": "my-system", "extra": {"token": "t", "n": {"m": 1}}},
    {"conn_type": "http", "extra": '{"token": "t"}'},
    {},
]


def airflow_reads(text: str) -> dict[str, Any]:
    from airflow.sdk import Connection as Known

    known = Known.from_json(text, conn_id="c") if text.startswith("{") else Known.from_uri(text, conn_id="c")
    fields = {n: getattr(known, n) or "" for n in ("conn_type", "host", "login", "password", "schema")}
    return fields | {"port": known.port, "extra": json.loads(known.extra) if known.extra else {}}


def we_read(text: str) -> dict[str, Any]:
    read = parse_connection("c", text)
    return {name: value for name, value in vars(read).items() if name != "conn_id"}


@pytest.mark.parametrize("text", [*URIS, *map(json.dumps, OBJECTS)])
def test_variables_are_read_as_airflow_reads_them(text: str) -> None:
    assert we_read(text) == airflow_reads(text)


_word = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {"login": _word, "password": _word, "schema": _word, "port": st.none() | st.integers(1, 65535)},
        optional={"extra": st.dictionaries(_word, _word | st.integers(), max_size=3)},
    ),
    st.sampled_from(["db.example.com", "127.0.0.1", "/var/run/PG"]),
)
def test_what_airflow_writes_is_read_back(fields: dict[str, Any], host: str) -> None:
    from airflow.sdk import Connection as Known

    given_ = fields | {"conn_type": "postgres", "host": host}
    extra = json.dumps(given_["extra"]) if given_.get("extra") else None
    uri = Known(conn_id="c", **(given_ | {"extra": extra})).get_uri()
    if uri.count("://") != 1:  # Airflow itself reads a second :// as a protocol
        return
    assert we_read(uri) == airflow_reads(uri)


def test_a_uri_that_says_http_means_it() -> None:
    assert parse_connection("mes", "http://mes.example.com:8080").schema == "http"
    assert parse_connection("mes", "http://mes.example.com:8080/https").schema == "https"


@pytest.mark.parametrize(
    "text",
    [
        f"just {SECRET}",
        "{" + SECRET,
        "postgres://u:s3cret@h:port/x",
        f"a://b://c://{SECRET}",
        "{1}",
        '{"port": "x"}',
    ],
)
def test_a_variable_that_is_no_connection_is_named_but_not_told(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ERP", text)
    with pytest.raises(UsageError, match="AIRFLOW_CONN_ERP is neither") as caught:
        resolve_connection("erp")
    assert "s3cret" not in str(caught.value)


def test_the_environment_needs_no_airflow() -> None:
    told = run(
        "print(resolve_connection('erp').host, 'airflow' in sys.modules)",
        AIRFLOW_CONN_ERP="postgres://u:p@h/db",
    )
    assert told == "h False"


def test_airflows_own_store_is_asked_outside_tasks(airflow_home: Path) -> None:
    told = run(STORE, AIRFLOW_HOME=str(airflow_home)).splitlines()
    shown = "Connection(conn_id='erp', conn_type='postgres', host='db', port=5432, login='u', schema='shop')"
    assert told[0] == f"{shown} {SECRET} {{'sslmode': 'require'}} tok-1"
    assert told[1] == "the variable wins: env"
    assert "connection 'crm' isn't known" in told[2]
    assert "Admin > Connections" in told[2]
    assert "AIRFLOW_CONN_CRM=" in told[2]
    assert len(told) == 3, "Airflow's own words must not reach standard output"
    raw = b"".join(path.read_bytes() for path in airflow_home.glob("*.db*"))
    assert b"shop" in raw
    assert b"tok-1" not in raw
    assert b"s3cret" not in raw


STORE = f"""
import os
mes = Connection('mes', extra={{'token': 'tok-1'}})
store_connections([Connection('erp', 'postgres', 'old', password='old'), mes])
tls = {{'sslmode': 'require'}}
store_connections([Connection('erp', 'postgres', 'db', 5432, 'u', {SECRET!r}, 'shop', tls)])
erp = resolve_connection('erp')
print(erp, erp.password, dict(erp.extra), resolve_connection('mes').extra['token'])
os.environ['AIRFLOW_CONN_ERP'] = 'postgres://u:env@h/db'
print('the variable wins:', resolve_connection('erp').password)
try:
    resolve_connection('crm')
except UsageError as error:
    print(error)
"""


def test_without_an_airflow_none_is_made(tmp_path: Path) -> None:
    ask = "try: resolve_connection('crm')\nexcept UsageError as error: print(error)"
    assert "'crm' isn't known" in run(ask, HOME=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    store = "try: store_connections([])\nexcept UsageError as error: print(error)"
    assert "no Airflow" in run(store, HOME=str(tmp_path))


def test_inside_a_task_the_supervisor_is_asked(airflow_home: Path) -> None:
    (airflow_home / "dags").mkdir()
    file = airflow_home / "dags" / "collect.py"
    file.write_text(DAG, "utf-8")
    store = "store_connections([Connection('pos', 'postgres', 'db', password='pw')])"
    code = f"{store}\nimport runpy\nrunpy.run_path({str(file)!r}, run_name='__main__')"
    here = {"PYTHONPATH": str(PROJECT), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    assert "in the task: db pw" in run(code, AIRFLOW_HOME=str(airflow_home), **here)


DAG = """
from airflow.sdk import dag, task
from include.airflow_adapters.connections import resolve_connection

@dag(schedule=None)
def collect():
    @task
    def extract():
        found = resolve_connection('pos')
        return [found.host, found.password]
    extract()

collecting = collect()
if __name__ == '__main__':
    run = collecting.test()
    print('in the task:', *run.get_task_instance('extract').xcom_pull('extract'))
"""


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate a metadata database of Airflow's own (SQLite) once."""
    home = tmp_path_factory.mktemp("airflow")
    command = [str(Path(sys.executable).with_name("airflow")), "db", "migrate"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"AIRFLOW_HOME": str(home)})
    return home


def run(code: str, **environment: str) -> str:
    """Run `code` in a fresh interpreter, as the command line does, and return its standard output."""
    names = "parse_connection, resolve_connection, store_connections"
    start = f"import sys\nfrom include.airflow_adapters.connections import {names}\n"
    start += "from include.batch import Connection\nfrom include.errors import UsageError\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_reprs_hide_secrets() -> None:
    assert SECRET not in repr(Connection("erp", password=SECRET, extra={"token": SECRET}))
