"""REST sources against a real HTTP service that misbehaves on command."""

import datetime as dt
import gzip
import json
import logging
import time
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.batch import Connection
from include.connectors.rest.addresses import AllowedHosts, base_url
from include.connectors.rest.exchange import Limits
from include.errors import ConfigurationError
from include.extract import mapping_version
from tests.company import read_company
from tests.connectors.rest_service import Handler, Service
from tests.connectors.rest_source import SECRET, fault, make_source, numbers, read, refusal


def by_page(count: int, cap: int = 100, *, total: bool = False, beyond: int = 200) -> Any:
    """Serve `count` records by page number; `beyond` is the status past the last page."""

    def route(handler: Handler) -> None:
        size = min(int(handler.query.get("size", cap)), cap)
        first = (int(handler.query["page"]) - 1) * size
        items = [{"n": n} for n in range(first, min(first + size, count))]
        if not items and beyond != 200:
            handler.reply({"error": "no such page"}, beyond)
            return
        handler.reply({"items": items} | ({"total": count} if total else {}))

    return route


class TestValues:
    """What a JSON value becomes."""

    def test_everything_is_text_exactly_as_sent(self, service: Service) -> None:
        body = """{"items": [{"a": 0.1000, "b": 12345678901234567890.12345678901234567890, "c": 1.5e-7,
                   "d": true,
                   "e": null, "f": "1,000", "g": -0, "plant": {"code": "SZ-01"}, "产量": 7, "h": [10, 20]},
                  {"a": 1E3, "b": 2, "c": 1e999999999, "d": false, "e": null, "f": "",
                   "g": NaN, "h": [1]}]}"""
        service.routes["/v1/items"] = lambda handler: handler.reply(body.encode())
        columns = {name: {"path": f"$.{name}"} for name in "abcdefg"}
        columns |= {
            "plant": {"path": "$.plant.code"},
            "out": {"path": "$.产量"},
            "second": {"path": "$['h'][1]"},
        }
        frame = read(service, columns=columns).frame.astype(object)
        frame = frame.where(frame.notna(), None)
        names = [*"abcdefg", "plant", "out", "second"]
        assert frame.loc[0, names].tolist() == [
            "0.1000", "12345678901234567890.12345678901234567890", "0.00000015", "true", None, "1,000", "-0",
            "SZ-01", "7", "20",
        ]  # fmt: skip
        assert frame.loc[1, names].tolist() == [
            "1000",
            "2",
            "1e999999999",
            "false",
            None,
            "",
            "NaN",
            None,
            None,
            None,
        ]

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(st.none() | st.text(), st.none() | st.decimals(allow_nan=False, allow_infinity=False)),
            max_size=9,
        )
    )
    def test_texts_and_numbers_survive(self, service: Service, rows: list[tuple[Any, Any]]) -> None:
        written = [
            f'{{"n": {json.dumps(text)}, "d": {"null" if number is None else format(number, "f")}}}'
            for text, number in rows
        ]
        body = ('{"items": [' + ",".join(written) + "]}").encode()
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        frame = read(service, columns={"n": {}, "d": {}}).frame.astype(object)
        got = [
            tuple(None if pd.isna(v) else v for v in pair)
            for pair in frame[["n", "d"]].itertuples(index=False)
        ]
        assert got == [(text, None if number is None else format(number, "f")) for text, number in rows]

    def test_places_name_page_and_item(self, service: Service) -> None:
        service.routes["/v1/items"] = by_page(3, 2)
        frame = read(service, paging={"kind": "page", "size": 2}).frame
        assert frame["_key"].tolist() == ["page 1, item 1", "page 1, item 2", "page 2, item 1"]
        assert frame["_row"].tolist() == [1, 2, 3]
        assert set(frame["_sheet"]) == {""}
        assert frame["_col"].isna().all()

    def test_no_records_is_an_empty_batch(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": []})
        reported = read(service)
        assert reported.rows_read == 0
        assert list(reported.frame.columns) == ["n", "_sheet", "_row", "_col", "_key"]

    def test_records_anywhere(self, service: Service) -> None:
        body = {
            "plants": [{"lines": [{"n": 1}]}, {"lines": [{"n": 2}, {"n": 3}]}],
            "top": {"list": [{"n": 4}]},
        }
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        assert numbers(read(service, records="$.plants[*].lines[*]")) == [1, 2, 3]
        assert numbers(read(service, records="$.top.list")) == [4]
        with pytest.raises(ConfigurationError, match="is not a JSONPath"):
            read(service, records="$.items[")

    def test_gzip_and_a_declared_charset(self, service: Service) -> None:
        body = gzip.compress('{"items": [{"n": "家电"}]}'.encode("gbk"))

        def route(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json; charset=GBK")
            handler.send_header("Content-Encoding", "gzip")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        service.routes["/v1/items"] = route
        assert read(service).frame["n"].tolist() == ["家电"]


class TestDrift:
    """A service whose answers changed their shape."""

    @pytest.mark.parametrize(
        ("body", "missing"),
        [
            ({"items": [{"m": 1}, {"m": 2}]}, "$.n"),
            ({"items": [{"n": {"value": 1}}]}, "n"),
            ({"items": [{"n": [1]}]}, "n"),
            ({"items": [1, 2]}, "$.items[*]"),
            ({"items": "none"}, "$.items[*]"),
            ({"data": []}, "$.items[*]"),
            ([], None),
        ],
    )
    def test_another_shape_is_refused(self, service: Service, body: Any, missing: str | None) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        if missing is None:
            assert read(service).rows_read == 0
            return
        finding = refusal(service)
        assert (finding.code, finding.column) == ("columns_changed", missing)

    def test_a_field_missing_in_some_records_is_null(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}, {}]})
        assert read(service).frame["n"].isna().tolist() == [False, True]


class TestPaging:
    """To the last record, and no further."""

    @pytest.mark.parametrize("count", [0, 1, 4, 5, 9, 10, 11])
    @pytest.mark.parametrize("total", [True, False])
    def test_by_page_to_the_last_record(self, service: Service, count: int, total: bool) -> None:
        service.routes["/v1/items"] = by_page(count, 5, total=total)
        paging = {"kind": "page", "size": 5} | ({"total": "$.total"} if total else {})
        assert numbers(read(service, paging=paging)) == list(range(count))

    def test_a_service_that_caps_the_size_is_read_to_the_end(self, service: Service) -> None:
        service.routes["/v1/items"] = by_page(25, cap=10)
        assert numbers(read(service, paging={"kind": "page", "size": 500})) == list(range(25))

    def test_a_404_past_a_short_page_is_the_end_but_not_in_the_middle(self, service: Service) -> None:
        service.routes["/v1/items"] = by_page(7, 5, beyond=404)
        assert numbers(read(service, paging={"kind": "page", "size": 5})) == list(range(7))
        service.routes["/v1/items"] = by_page(10, 5, beyond=404)
        assert fault(service, paging={"kind": "page", "size": 5}).code == "http_404"

    def test_by_offset(self, service: Service) -> None:
        def route(handler: Handler) -> None:
            first = int(handler.query["offset"])
            handler.reply({"items": [{"n": n} for n in range(first, min(first + 4, 9))]})

        service.routes["/v1/items"] = route
        assert numbers(read(service, paging={"kind": "offset", "size": 5})) == list(range(9))
        assert [query["offset"] for _, query, _ in service.asked] == ["0", "4", "8", "9"]

    def test_by_cursor(self, service: Service) -> None:
        def route(handler: Handler) -> None:
            first = int(handler.query.get("cursor", 0))
            more = str(first + 2) if first < 4 else None
            handler.reply({"items": [{"n": first}, {"n": first + 1}], "meta": {"next": more}})

        service.routes["/v1/items"] = route
        paging = {"kind": "cursor", "next": "$.meta.next", "size": 2, "size_param": "limit"}
        assert numbers(read(service, paging=paging, request={"params": {"from": "{window_start}"}})) == list(
            range(6)
        )
        assert [query.get("cursor") for _, query, _ in service.asked] == [None, "2", "4"]
        assert {(query["from"], query["limit"]) for _, query, _ in service.asked} == {("2026-03-01", "2")}

    def test_by_next_link_and_link_header(self, service: Service) -> None:
        here = f"http://127.0.0.1:{service.port}"
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 0}], "next": "/v1/more?at=1"},
            Link=f'<{here}/v1/more?at=1>; rel="next", <{here}/x>; rel="last"',
        )
        service.routes["/v1/more"] = lambda handler: handler.reply({"items": [{"n": 1}]})
        assert numbers(read(service, paging={"kind": "next_link"})) == [0, 1]
        assert numbers(read(service, paging={"kind": "link_header"})) == [0, 1]

    @pytest.mark.parametrize("kind", ["none", "page", "offset"])
    def test_a_wrong_total_is_refused(self, service: Service, kind: str) -> None:
        def route(handler: Handler) -> None:
            first = int(handler.query.get("page", handler.query.get("offset", 1))) in (0, 1)
            handler.reply({"items": [{"n": 1}, {"n": 2}] if first else [], "total": 3})

        service.routes["/v1/items"] = route
        finding = refusal(service, paging={"kind": kind, "size": 2, "total": "$.total"})
        assert (finding.code, finding.found, finding.params["total"]) == ("total_mismatch", "2", "3")

    def test_a_missing_total_is_drift(self, service: Service) -> None:
        service.routes["/v1/items"] = by_page(3, 5)
        assert refusal(service, paging={"kind": "page", "total": "$.total"}).column == "$.total"

    @pytest.mark.parametrize("kind", ["page", "offset", "cursor", "next_link"])
    def test_what_would_never_end_is_refused(self, service: Service, kind: str) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}], "next": "/v1/items"}
        )
        assert refusal(service, paging={"kind": kind, "size": 1}).code == "page_repeated"

    def test_more_than_max_rows_is_refused_on_the_way(self, service: Service) -> None:
        service.routes["/v1/items"] = by_page(1000, 10)
        assert refusal(service, paging={"kind": "page"}, max_rows=25).code == "limit_exceeded"
        assert len(service.asked) == 3


class TestRequest:
    """What is sent, and who signs it."""

    def test_the_window_is_filled_in(self, service: Service) -> None:
        service.routes["/v1/2026-03-01/items"] = lambda handler: handler.reply({"items": []})
        params = {"to": "{window_end}", "until": "{window_end_inclusive}", "n": 5}
        read(
            service,
            request={"path": "/v1/{window_start}/items", "params": params, "headers": {"X-Plant": "SZ"}},
        )
        ((_, query, headers),) = service.asked
        assert query == {"to": "2026-04-01", "until": "2026-03-31", "n": "5"}
        assert headers["X-Plant"] == "SZ"
        with pytest.raises(ConfigurationError, match=r"unknown placeholder \{today\}"):
            read(service, request={"params": {"at": "{today}"}})

    @pytest.mark.parametrize(
        ("auth", "connection", "header"),
        [
            ({"kind": "none"}, {"login": "u", "password": SECRET}, None),
            ({"kind": "basic"}, {"login": "u", "password": "p"}, ("Authorization", "Basic dTpw")),
            ({"kind": "bearer"}, {"password": SECRET}, ("Authorization", f"Bearer {SECRET}")),
            ({"kind": "bearer"}, {"extra": {"token": SECRET}}, ("Authorization", f"Bearer {SECRET}")),
            ({"kind": "header", "header": "X-Api-Key"}, {"extra": {"token": SECRET}}, ("X-Api-Key", SECRET)),
        ],
    )
    def test_credentials_go_where_they_should(
        self, service: Service, auth: Any, connection: Any, header: Any
    ) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": []})
        read(service, connection, request={"auth": auth})
        ((_, _, headers),) = service.asked
        assert SECRET not in str(headers) if header is None else headers[header[0]] == header[1]

    def test_a_missing_token_is_a_configuration_error(self, service: Service) -> None:
        with pytest.raises(ConfigurationError, match="connection mes: no token"):
            read(service, request={"auth": {"kind": "bearer"}})

    def test_oauth2_tokens_are_fetched_once_and_renewed_when_refused(self, service: Service) -> None:
        issued: list[str] = []

        def token(handler: Handler) -> None:
            assert handler.form == {"grant_type": "client_credentials", "scope": "read"}
            issued.append(f"{SECRET}-{len(issued)}")
            handler.reply({"access_token": issued[-1], "expires_in": 3600})

        def items(handler: Handler) -> None:
            page = int(handler.query["page"])
            good = issued[0] if page == 1 else f"{SECRET}-1"
            if handler.headers["Authorization"] != f"Bearer {good}":
                handler.reply({"error": "expired"}, 401)
            else:
                handler.reply({"items": [{"n": page}] if page < 3 else []})

        service.routes |= {"/token": token, "/v1/items": items}
        auth = {"kind": "oauth2_client", "token_path": "/token", "scope": "read"}
        connection = {"login": "id", "password": SECRET}
        assert numbers(read(service, connection, request={"auth": auth}, paging={"kind": "page"})) == [1, 2]
        assert len(issued) == 2
        service.routes["/token"] = lambda handler: handler.reply({"error": "invalid_client"}, 401)
        assert fault(service, connection=connection, request={"auth": auth}).code == "token_refused"


class TestFaults:
    """Services in trouble."""

    def test_a_storm_is_waited_out_and_retry_after_obeyed(self, service: Service) -> None:
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
        service.routes["/v1/items"] = service.in_turn(
            lambda handler: handler.reply({}, 429, Retry_After="1"),
            lambda handler: handler.reply({}, 503, Retry_After=format_datetime(soon, usegmt=True)),
            Handler.cut,
            lambda handler: handler.reply({"items": [{"n": 1}]}),
        )
        started = time.monotonic()
        assert numbers(read(service)) == [1]
        assert time.monotonic() - started > 0.9
        assert len(service.asked) == 4

    @pytest.mark.parametrize(
        ("status", "tries"), [(400, 1), (401, 1), (403, 1), (404, 1), (429, 4), (500, 4), (503, 4)]
    )
    def test_statuses_have_codes_and_few_tries(self, service: Service, status: int, tries: int) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"secret": SECRET}, status)
        assert (
            fault(service, request={"auth": {"kind": "bearer"}}, connection={"password": SECRET}).code
            == f"http_{status}"
        )
        assert len(service.asked) == tries

    def test_a_long_retry_after_is_left_to_the_scheduler(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 429, Retry_After="3600")
        assert fault(service).code == "http_429"
        assert len(service.asked) == 1

    def test_a_slow_drip_ends_at_the_time_limit(self, service: Service) -> None:
        def drip(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            for _ in range(100):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)

        service.routes["/v1/items"] = drip
        started = time.monotonic()
        assert fault(service, limits=Limits(tries=1), request={"timeout_seconds": 1}).code == "timeout"
        assert time.monotonic() - started < 3

    def test_silence_times_out_and_a_cut_or_closed_port_is_unreachable(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda _: time.sleep(1.5)
        assert fault(service, limits=Limits(tries=1), request={"timeout_seconds": 1}).code == "timeout"
        service.routes["/v1/items"] = Handler.cut
        assert fault(service).code == "unreachable"
        assert fault(service, connection={"port": 1}, hosts=["127.0.0.1"]).code == "unreachable"

    @pytest.mark.parametrize(
        "body", [b"<html>log in</html>", b"", b'{"items": [', b"\xff\xfe\x00", b"[" * 100_000]
    )
    def test_what_is_no_json_is_told(self, service: Service, body: bytes) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        assert fault(service).code == "bad_json"

    def test_an_endless_answer_is_refused(self, service: Service) -> None:
        bomb = gzip.compress(b" " * (8 << 20))
        service.routes["/v1/items"] = lambda handler: handler.reply(bomb, Content_Encoding="gzip")
        finding = refusal(service)
        assert (finding.code, finding.params["allowed"]) == ("limit_exceeded", "1 MiB")

    def test_tls_is_checked(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": []})
        assert fault(service, connection={"schema": "https"}).code in {"tls_failed", "unreachable"}
        assert service.asked == []


class TestHosts:
    """Only where it may go."""

    @pytest.mark.parametrize(
        "target", ["http://evil.example.com/x?token=" + SECRET, "http://127.0.0.1:9/x", "//localhost/x"]
    )
    def test_links_and_redirects_stay_on_the_listed_hosts(self, service: Service, target: str) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}], "next": target})
        finding = refusal(service, paging={"kind": "next_link"})
        assert finding.code == "host_not_allowed"
        assert SECRET not in str(finding)
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 302, Location=target)
        assert refusal(service).code == "host_not_allowed"

    def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 307, Location="/v2/items")
        service.routes["/v2/items"] = lambda handler: handler.reply({"items": [{"n": 2}]})
        assert numbers(read(service)) == [2]
        service.routes["/v2/items"] = lambda handler: handler.reply({}, 307, Location="/v1/items")
        assert fault(service).code == "http_307"

    def test_the_connections_own_host_must_be_listed(self, service: Service) -> None:
        with pytest.raises(ConfigurationError, match=r"connection mes: leads to 127\.0\.0\.1"):
            read(service, hosts=["mes.example.com"])
        assert service.asked == []

    @pytest.mark.parametrize(
        ("url", "allowed"),
        [
            ("https://mes.example.com/x", True),
            ("https://MES.example.com:8443/x", True),
            ("http://mes.example.com/x", False),
            ("https://mes.example.com.evil.org/x", False),
            ("https://mes.example.com@evil.org/x", False),
            ("https://evil.org/mes.example.com", False),
            ("https://pinned.example.com/x", False),
            ("https://pinned.example.com:9443/x", True),
            ("file:///etc/passwd", False),
            ("https://mes.example.com:bad/x", False),
        ],
    )
    def test_the_allow_list(self, url: str, allowed: bool) -> None:
        hosts = AllowedHosts(("mes.example.com", "pinned.example.com:9443"), plain=False)
        assert hosts.allows(url) is allowed

    @pytest.mark.parametrize(
        ("fields", "base"),
        [
            ({"host": "mes.example.com"}, "https://mes.example.com"),
            ({"host": "mes.example.com", "schema": "http", "port": 8080}, "http://mes.example.com:8080"),
            ({"host": "mes.example.com", "extra": {"scheme": "http"}}, "http://mes.example.com"),
            ({"host": "http://mes.example.com/api/", "port": 81}, "http://mes.example.com:81/api"),
            ({"host": "mes.example.com:81", "port": 82}, "https://mes.example.com:81"),
            ({"host": "127.0.0.1", "port": 81}, "http://127.0.0.1:81"),
            ({"host": "localhost"}, "http://localhost"),
            ({"host": "::1", "port": 81}, "http://[::1]:81"),
        ],
    )
    def test_the_connections_address(self, fields: Any, base: str) -> None:
        assert base_url(Connection("mes", "http", **fields)) == base


def test_nothing_secret_is_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    service.routes["/v1/items"] = service.in_turn(
        lambda handler: handler.reply({}, 503), lambda handler: handler.reply({"items": []})
    )
    with caplog.at_level(logging.DEBUG):
        read(service, {"password": SECRET}, request={"auth": {"kind": "bearer"}})
    assert SECRET not in caplog.text
    assert SECRET not in repr(Connection("mes", password=SECRET, extra={"token": SECRET}))


def test_how_a_service_is_asked_is_no_mapping(service: Service, tmp_path: Path) -> None:
    """Else every slice would become a new submission when an address is listed or a time-out grows."""
    catalogue = read_company(tmp_path)
    before = mapping_version(catalogue, make_source(service))
    more = {
        "hosts": ["mes", "10.1.0.0/16"],
        "paging": {"kind": "page"},
        "success": {"path": "$.code", "in": [0]},
    }
    request = {"timeout_seconds": 9, "total_timeout_seconds": 9, "auth": {"kind": "bearer"}}
    assert mapping_version(catalogue, make_source(service, request=request, **more)) == before
    assert mapping_version(catalogue, make_source(service, records="$.others[*]")) != before
    assert mapping_version(catalogue, make_source(service, request={"path": "/v2/items"})) != before
