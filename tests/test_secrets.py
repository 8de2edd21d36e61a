"""Canaries: a secret in each kind of connection, each kind of failure, and nowhere a trace of the secret.

Searched are logs at their most talkative, what is printed, exceptions with all that caused them, what the stages
return (Airflow's XCom), findings, mails, every file of the home with Parquet unpacked, and every row of the warehouse;
for the secret as it is and in the forms in which it travels.
"""

import base64
import html
import json
import logging
import os
import re
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg
import pyarrow.parquet as pq
import pytest
from sqlalchemy import make_url

from include import stages
from include.home import PROJECT, current_home
from include.stack.postgres import EmbeddedPostgres
from tests.connectors.rest_service import Handler, Service, serve
from tests.connectors.rest_source import QUICK
from tests.office import Office

COLUMNS = """\
columns:
  unit: {path: $.unit, type: text, is: org, required: true}
  month: {path: $.month, type: month, is: period, required: true}
  product: {path: $.product, type: text, is: dimension}
  sales: {path: $.sales, type: decimal, metric: sales, unit: CNY}
"""
HEAD = "source: {name}\nowner: clerk\nconnection: {name}\nslice: month\n"
REST = HEAD + "kind: rest\nhosts: {hosts}\nrequest: {request}\nrecords: $.items[*]\n{more}"
SQL = HEAD + "kind: sql\ntimeout_seconds: 1\n"
GOOD = {"items": [{"unit": "p1", "month": "2026-03", "product": "a", "sales": 7}]}
_numbers = count(1)


def new_secret() -> str:
    return f"kan4ry-{next(_numbers):03}+/=&%\"'<x y>"


def forms_of(secret: str, login: str) -> set[str]:
    """Return the forms in which a secret travels; written apart from the product's own list."""
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    forms |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    for text in (secret, f"{login}:{secret}", f":{secret}"):
        packed = base64.b64encode(text.encode()).decode().rstrip("=")
        forms |= {packed, packed.replace("+", "-").replace("/", "_"), quote(packed, safe="")}
    return forms


@dataclass
class Case:
    """One source that fails (or not) with secrets in its connection, and how its batch ends."""

    name: str
    ends: str
    connection: dict[str, Any]
    config: dict[str, str]
    secrets: list[str]
    route: Callable[[Handler], None] | None = None
    token: Callable[[Handler], None] | None = None
    forms: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for secret in self.secrets:
            self.forms |= forms_of(secret, str(self.connection.get("login") or ""))


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as running:
        yield running


class Search:
    """Runs cases in an installation, and looks for traces of their secrets."""

    def __init__(
        self, office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.office, self.caplog, self.monkeypatch = office, caplog, monkeypatch

    def run_all(self, cases: list[Case]) -> None:
        for case in cases:
            for name, text in case.config.items():
                self.office.configure(f"sources/{name}", text)
        for case in cases:
            self.run(case)

    def run(self, case: Case) -> None:
        """Run the case through all stages, and search what it said and left behind."""
        self.monkeypatch.setenv(f"AIRFLOW_CONN_{case.name.upper()}", json.dumps(case.connection))
        said = list(self.collect(case.name))
        said += [
            record.getMessage() + str(record.args) + str(record.exc_info) for record in self.caplog.records
        ]
        said.append(self.caplog.text)
        self.caplog.clear()
        self.look(case, said)
        ended = self.office.company.query(
            "SELECT coalesce(split_part(failure, ': ', 1), status) FROM ledger.batch WHERE source = :source "
            "ORDER BY batch_id DESC LIMIT 1",
            source=case.name,
        )
        assert ended == [(case.ends,)], (case.name, said)

    def collect(self, source: str) -> Iterator[str]:
        run = stages.Run(f"run/{source}", "", source)
        taken: list[int] = []
        try:
            taken = stages.extract(source, run)
        except Exception as error:  # noqa: BLE001 - whatever is raised is searched
            yield from self.tell(error)
        yield repr(taken)
        yield from self.read_home()
        yield repr(stages.load(stages.standardise(stages.validate(taken))))
        yield from stages.report(run, [])
        stages.send_messages(None)

    def tell(self, error: BaseException | None) -> Iterator[str]:
        yield from traceback.format_exception(error)
        while error is not None:
            yield repr(error) + repr(error.args) + repr(vars(error))
            error = error.__cause__ or error.__context__

    def read_home(self) -> Iterator[str]:
        for path in current_home().root.rglob("*"):
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                yield f"{table.to_pydict()} {table.schema.metadata}"
            elif path.is_file():
                yield path.read_bytes().decode("utf-8", "replace").replace("=\n", "")

    def read_warehouse(self, url: str) -> Iterator[str]:
        with psycopg.connect(url) as connection:
            named = connection.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p') AND relnamespace IN "
                "(SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')"
            )
            for (name,) in named.fetchall():
                yield from (row for (row,) in connection.execute(f"SELECT t::text FROM {name} AS t"))  # type: ignore[call-overload]

    def look(self, case: Case, said: list[str]) -> None:
        found = [(form, text[:2000]) for text in said for form in case.forms if form in text]
        assert not found, (case.name, found[0])

    def look_back(self, cases: list[Case], url: str, printed: str) -> None:
        """Search all that is left at the end."""
        left = [*self.read_home(), *self.read_warehouse(url), printed]
        assert len(left) > 50
        for case in cases:
            self.look(case, left)


@pytest.fixture
def search(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Search]:
    with caplog.at_level(logging.DEBUG):
        yield Search(office, caplog, monkeypatch)


# REST ---------------------------------------------------------------------------------------------------------


def echo(handler: Handler) -> str:
    """Return what a talkative service knows of the client."""
    return f"{handler.headers.get('Authorization', '')} {handler.headers.get('X-Api-Key', '')} {handler.form}"


def secret_of(handler: Handler) -> str:
    return (handler.headers.get("X-Api-Key") or handler.headers.get("Authorization", "")).removeprefix(
        "Bearer "
    )


def raw(text: bytes) -> Callable[[Handler], None]:
    def route(handler: Handler) -> None:
        handler.wfile.write(text)
        handler.close_connection = True

    return route


def redirect_with_secret(handler: Handler) -> None:
    handler.reply(
        {}, 302, Location=f"http://{quote(secret_of(handler), safe='')}.example.com/?t={secret_of(handler)}"
    )


ROUTES: dict[str, tuple[str, Callable[[Handler], None]]] = {
    "good": ("accepted", lambda handler: handler.reply(GOOD)),
    "unauthorised": ("http_401", lambda handler: handler.reply({"error": echo(handler)}, 401)),
    "forbidden": ("http_403", lambda handler: handler.reply({"error": echo(handler)}, 403)),
    "broken": ("http_500", lambda handler: handler.reply({"error": echo(handler)}, 500)),
    "throttled": ("http_429", lambda handler: handler.reply({}, 429, Retry_After=secret_of(handler))),
    "redirected": ("refused", redirect_with_secret),
    "no_json": ("bad_json", lambda handler: handler.reply(f"<html>{echo(handler)[:10]}".encode())),
    "echoed": ("secret_repeated", lambda handler: handler.reply({"items": [{"unit": secret_of(handler)}]})),
    "echoed_name": ("secret_repeated", lambda handler: handler.reply({secret_of(handler): 1})),
    "other_shape": ("refused", lambda handler: handler.reply({"data": []})),
    "nothing": ("refused", lambda handler: handler.reply({"items": None})),
    "unknown_unit": ("refused", lambda handler: handler.reply({"items": [GOOD["items"][0] | {"unit": "x"}]})),
    "cut": ("unreachable", Handler.cut),
    "cut_head": ("bad_json", raw(b"HTTP/1.1 200 OK\r\nContent-Le")),
    "no_http": ("unreachable", raw(b"garbage\r\n\r\n")),
    "late": ("timeout", lambda handler: (handler.begin(), handler.drip(b" " * 50))),
    "endless": ("refused", lambda handler: (handler.begin(), handler.wfile.write(b" " * (2 << 20)))),
}
KINDS = ["basic", "bearer", "header", "oauth2_client"]


def rest_case(service: Service, name: str, ends: str, kind: str, **more: Any) -> Case:
    """Return a case whose secrets stand wherever its kind of authentication looks for them, and in the extras."""
    secrets = [new_secret() for _ in range(3)]
    auth = {"kind": kind} | {
        "header": {"header": "X-Api-Key"},
        "oauth2_client": {"token_path": f"/{name}/token"},
    }.get(kind, {})
    request = {
        "path": f"/{name}",
        "auth": auth | more.pop("auth", {}),
        "timeout_seconds": 1,
        "total_timeout_seconds": 1,
    }
    extra: dict[str, Any] = {"other": secrets[1], "nested": {"deep": [secrets[2]]}}
    if kind in {"bearer", "header"} and len(name) % 2:
        extra["token"] = secrets[0]
    connection = {"conn_type": "http", "host": "127.0.0.1", "port": service.port, "login": "reader"}
    connection |= {"password": secrets[0], "extra": extra | more.pop("extra", {})}
    values = {
        "name": name,
        "hosts": f"['127.0.0.1:{service.port}']",
        "request": json.dumps(request),
        "more": "",
    }
    config = {f"{name}.yaml": REST.format(**(values | more.pop("yaml", {}))) + COLUMNS}
    return Case(name, ends, connection | more.pop("given", {}), config, secrets, **more)


def odd_rest_cases(service: Service) -> Iterator[Case]:
    """Yield the cases in which no answer comes, or tokens or paging go wrong."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hosts = {"yaml": {"hosts": "['127.0.0.1', 'no-such-host.invalid', '127.1']"}}
    yield rest_case(service, "closed_port", "unreachable", "basic", given={"port": port}, **hosts)
    yield rest_case(
        service, "no_name", "unreachable", "bearer", given={"host": "no-such-host.invalid"}, **hosts
    )
    yield rest_case(service, "wrong_address", "refused", "basic", given={"host": "http://127.1"},
                    yaml={"hosts": "['127.1']"})  # fmt: skip
    yield rest_case(service, "not_listed", "ConfigurationError", "basic", yaml={"hosts": "[mes.example.com]"})
    yield rest_case(service, "no_tls", "tls_failed", "header", given={"schema": "https"})
    bad = new_secret() + "\nX-Other: 1"
    case = rest_case(
        service, "two_lines", "ConfigurationError", "header", given={"password": bad, "extra": {"a": bad}}
    )
    case.forms |= forms_of(bad.partition("\n")[0], "reader")
    yield case
    in_url = new_secret()
    case = rest_case(service, "in_address", "ConfigurationError", "none",
                     given={"host": f"http://u:{quote(in_url, safe='')}@127.0.0.1"})  # fmt: skip
    case.forms |= forms_of(in_url, "u")
    yield case
    yield rest_case(service, "token_echoed", "token_refused", "oauth2_client", auth={"client_in": "body"},
                    token=lambda handler: handler.reply({"error": echo(handler)}, 400))  # fmt: skip
    yield rest_case(service, "token_no_json", "token_refused", "oauth2_client",
                    token=lambda handler: handler.reply(echo(handler).encode()))  # fmt: skip
    yield rest_case(service, "token_moved", "token_refused", "oauth2_client", token=redirect_with_secret)
    yield rest_case(service, "says_no", "answer_failed", "bearer", yaml={"more": "success: {path: $.code, in: [0]}\n"},
                    route=lambda handler: handler.reply({"code": echo(handler)[:11]}))  # fmt: skip
    cursor = new_secret()
    case = rest_case(service, "cursor_twice", "refused", "bearer",
                     yaml={"more": "paging: {kind: cursor, next: $.next}\n"},
                     route=lambda handler: handler.reply(GOOD | {"next": cursor}))  # fmt: skip
    yield case
    cursor_cut = new_secret()
    case = rest_case(service, "cursor_cut", "bad_json", "bearer",
                     yaml={"more": "paging: {kind: cursor, next: $.next}\n"},
                     route=lambda handler: handler.reply(GOOD | {"next": cursor_cut}) if not handler.query
                     else ROUTES["cut_head"][1](handler))  # fmt: skip
    case.forms |= forms_of(cursor_cut, "")
    yield case


SOME = {
    "good",
    "unauthorised",
    "redirected",
    "echoed",
    "cut_head",
    "token_echoed",
    "pg_good",
    "pg_wrong",
    "pg_no_table",
}
"""The cases of a normal run; `--long` runs all."""
HOW_MANY = pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)


@HOW_MANY
def test_of_a_rest_source_no_secret_gets_out(
    every: bool,
    search: Search,
    service: Service,
    warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    cases = [
        rest_case(service, name, ends, KINDS[number % len(KINDS)], route=route)
        for number, (name, (ends, route)) in enumerate(ROUTES.items())
    ]
    cases += [*odd_rest_cases(service)]
    cases = [case for case in cases if every or case.name in SOME]
    issued = forms_of(token := new_secret(), "")
    for case in cases:
        service.routes[f"/{case.name}"] = case.route or ROUTES["good"][1]
        service.routes[f"/{case.name}/token"] = case.token or (
            lambda handler: handler.reply({"access_token": token})
        )
        case.forms |= issued
    monkeypatch.setattr("include.connectors.rest.Limits", lambda: QUICK)
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # it writes the warehouse's own rows
    search.run_all(cases)
    search.look_back(cases, warehouse_url, "".join(capfd.readouterr()))


# SQL ------------------------------------------------------------------------------------------------------------

QUERY = (
    "SELECT 'p1' AS unit, '2026-03' AS month, 'a' AS product, 7 AS sales WHERE :window_start < :window_end"
)
QUERIES = {
    "good": ("accepted", QUERY),
    "no_table": ("ConfigurationError", "SELECT * FROM nowhere WHERE :window_start < :window_end"),
    "no_rights": ("permission_denied", "SELECT rolpassword AS unit FROM pg_authid"),
    "slow": ("timeout", QUERY + " AND pg_sleep(5) IS NOT NULL"),
    "other_columns": ("refused", "SELECT 1 AS a"),
    "by_zero": ("ConfigurationError", QUERY + " AND 1 / 0 = 1"),
    "broken_off": ("unreachable", QUERY + " AND pg_terminate_backend(pg_backend_pid())"),
}


def sql_case(name: str, ends: str, query: str, connection: dict[str, Any], *secrets: str) -> Case:
    config = {
        f"{name}.yaml": SQL.format(name=name) + re.sub(r"path: [^,]*, ", "", COLUMNS),
        f"{name}.sql": query,
    }
    return Case(name, ends, connection, config, [*secrets])


def postgres_cases(url: str) -> Iterator[Case]:
    parts = make_url(url)
    given = {"conn_type": "postgres", "host": parts.host, "port": parts.port, "schema": parts.database}
    for name, (ends, query) in QUERIES.items():
        user, secret, other = f"canary_{name}", new_secret(), new_secret()
        yield sql_case(f"pg_{name}", ends, query, given | {"login": user, "password": secret,
                       "extra": {"application_name": "kpi", "note": other}}, secret, other)  # fmt: skip
    wrong = new_secret()
    yield sql_case(
        "pg_wrong", "login_failed", QUERY, given | {"login": "canary_good", "password": wrong}, wrong
    )
    away = new_secret()
    yield sql_case("pg_away", "unreachable", QUERY, given | {"port": 1, "password": away}, away)


def other_cases(folder: str) -> Iterator[Case]:
    lite = new_secret()
    yield sql_case("lite_away", "unreachable", QUERY, {"conn_type": "sqlite", "schema": f"{folder}/no/file.db",
                   "password": lite, "extra": {"key": lite}}, lite)  # fmt: skip
    unknown = new_secret()
    yield sql_case("unknown_type", "ConfigurationError", QUERY, {"conn_type": "oddbase", "host": "h",
                   "login": "u", "password": unknown, "extra": {"key": unknown}}, unknown)  # fmt: skip
    maria = new_secret()
    yield sql_case("maria_away", "unreachable", QUERY, {"conn_type": "mysql", "host": "127.0.0.1", "port": 1,
                   "login": "u", "password": maria}, maria)  # fmt: skip


@HOW_MANY
def test_of_a_sql_source_no_secret_gets_out(
    every: bool,
    search: Search,
    postgres: EmbeddedPostgres,
    warehouse_url: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    cases = [*postgres_cases(warehouse_url), *other_cases(str(tmp_path))]
    cases = [case for case in cases if every or case.name in SOME]
    with psycopg.connect(warehouse_url) as owner:
        owner.execute(f"GRANT CONNECT ON DATABASE {make_url(warehouse_url).database} TO PUBLIC")  # type: ignore[call-overload]
    with postgres._connect_superuser() as admin:
        for case in cases:
            if str(case.connection.get("login")).startswith("canary_") and case.name != "pg_wrong":
                user = psycopg.sql.Identifier(case.connection["login"])
                admin.execute(
                    psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, case.secrets[0])
                )
    try:
        search.run_all(cases)
        search.look_back(cases, warehouse_url, "".join(capfd.readouterr()))
    finally:
        with postgres._connect_superuser() as admin:
            for name in QUERIES:
                admin.execute(
                    psycopg.sql.SQL("DROP ROLE IF EXISTS {}").format(psycopg.sql.Identifier(f"canary_{name}"))
                )


# The command line -----------------------------------------------------------------------------------------------


UNREADABLE = ["kan4ry-in-no-uri", "http://u:kan4ry@[", '{"password": "kan4ry"', "a://b://c://kan4ry"]


def test_a_variable_that_cannot_be_read_is_not_repeated(search: Search, service: Service) -> None:
    case = rest_case(service, "unread", "UsageError", "basic")
    for name, config in case.config.items():
        search.office.configure(f"sources/{name}", config)
    for text in UNREADABLE:
        search.monkeypatch.setenv("AIRFLOW_CONN_UNREAD", text)
        said = [*search.collect("unread"), *search.read_home(), search.caplog.text]
        assert "kan4ry" not in str(said)
    failures = search.office.company.query("SELECT split_part(failure, ': ', 1) FROM ledger.batch")
    assert failures == [("UsageError",)] * len(UNREADABLE)


@pytest.mark.long
def test_the_command_prints_no_secret(office: Office, service: Service, tmp_path: Path) -> None:
    case = rest_case(service, "printed", "", "bearer")
    for name, config in case.config.items():
        office.configure(f"sources/{name}", config)
    environment = os.environ | {
        "AIRFLOW_CONN_PRINTED": json.dumps(case.connection),
        "PYTHONPATH": str(PROJECT),
    }
    environment["HOME"] = str(tmp_path)  # with no Airflow of the developer's
    service.routes["/printed"] = ROUTES["redirected"][1]
    done = subprocess.run(
        [sys.executable, "-m", "include.cli", "run", "printed", "--json"],
        env=environment, capture_output=True, text=True, timeout=100, cwd=PROJECT,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 3 and "host_not_allowed" in said, said
    assert not [form for form in case.forms if form in said]
