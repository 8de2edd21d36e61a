"""How long a service is waited for, how often it is asked, and what of its answers is taken in."""

import datetime as dt
import gzip
import itertools
import logging
import time
import tracemalloc
import zlib
from email.utils import format_datetime
from typing import Any

import pytest

from include.connectors.rest.exchange import Limits, read_retry_after
from include.errors import ConfigurationError
from tests.connectors.rest_service import Handler, Service
from tests.connectors.rest_source import QUICK, SECRET, fault, numbers, read, refusal

AUTH = {"kind": "oauth2_client", "token_path": "/token"}
GIVEN = {"login": "id", "password": SECRET}
GOOD = b'{"items": [{"n": 1}]}'


def answer_one(handler: Handler) -> None:
    handler.reply(GOOD)


def seconds_of(text: str) -> float | None:
    return read_retry_after({"Retry-After": text})


class TestTries:
    """What may pass is tried again, within limits."""

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 529])
    def test_a_storm_passes(self, service: Service, status: int) -> None:
        storm = [lambda handler: handler.reply({}, status)] * 3
        service.routes["/v1/items"] = service.in_turn(*storm, answer_one)
        assert numbers(read(service)) == [1]

    @pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 418, 501])
    def test_what_will_not_pass_is_asked_once(self, service: Service, status: int) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(b"", status)
        assert fault(service).code == f"http_{status}"
        assert len(service.asked) == 1

    @pytest.mark.parametrize(
        ("text", "least", "most"),
        [("2", 2, 2), ("1.5", 1.5, 1.5), ("-5", 0, 0), ("Fri, 27 Nov 2020 23:00:00 GMT", 0, 0), ("9" * 400, 1e300, float("inf"))],
    )  # fmt: skip
    def test_retry_after_in_seconds_or_as_a_date_gone_by(self, text: str, least: float, most: float) -> None:
        assert least <= (seconds_of(text) or 0) <= most

    def test_retry_after_as_a_date_to_come(self) -> None:
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
        for text in (format_datetime(soon, usegmt=True), f"{soon:%a, %d %b %Y %H:%M:%S} -0000"):
            assert 28 < (seconds_of(text) or 0) < 31

    @pytest.mark.parametrize(
        "text", ["", "soon", "nan", "²", "Fri, 99 Nov 2020", "Mon, 01 Jan 99999 00:00:00 GMT"]
    )
    def test_retry_after_that_says_nothing_is_passed_over(self, text: str) -> None:
        assert seconds_of(text) is None

    def test_the_whole_reading_has_its_time(self, service: Service) -> None:
        """Waits count too: a storm can't hold a worker for longer, however many tries are left."""
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 503)
        patient = Limits(tries=1000, first_wait=0.2, longest_wait=0.4)
        started = time.monotonic()
        told = fault(service, limits=patient, request={"total_timeout_seconds": 1})
        assert told.code in {"http_503", "timeout"} and time.monotonic() - started < 3
        assert 1 < len(service.asked) < 10

    def test_waits_grow_and_differ(self, service: Service) -> None:
        moments: list[float] = []

        def storm(handler: Handler) -> None:
            moments.append(time.monotonic())
            handler.reply({}, 503)

        service.routes["/v1/items"] = storm
        for _ in range(4):
            fault(service, limits=Limits(tries=4, first_wait=0.05))
        gaps = [b - a for a, b in itertools.pairwise(moments)]
        third = [gaps[at] for at in (2, 6, 10, 14)]
        assert all(gap >= 0.025 for gap in gaps[:3])
        assert max(third) - min(third) > 0.005


class TestPace:
    """A connection that says how often it may be asked."""

    def test_requests_keep_their_distance_tries_too(self, service: Service) -> None:
        def route(handler: Handler) -> None:
            page = int(handler.query["page"])
            handler.reply({"items": [{"n": page}] if page < 4 else []})

        first = lambda handler: handler.reply({}, 503)  # noqa: E731
        service.routes["/v1/items"] = service.in_turn(first, route)
        started = time.monotonic()
        extra = {"requests_per_second": 20}
        assert numbers(read(service, {"extra": extra}, paging={"kind": "page"})) == [1, 2, 3]
        assert time.monotonic() - started >= 4 / 20
        assert len(service.asked) == 5

    def test_a_pace_beyond_the_time_of_the_reading_ends_it_at_once(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}], "next": "x"})
        started = time.monotonic()
        more = {"paging": {"kind": "cursor", "next": "$.next"}, "request": {"total_timeout_seconds": 5}}
        assert fault(service, connection={"extra": {"requests_per_second": 0.001}}, **more).code == "timeout"
        assert time.monotonic() - started < 4

    @pytest.mark.parametrize("said", [0, -1, "many", None, "nan"])
    def test_another_word_is_a_configuration_error(self, service: Service, said: Any) -> None:
        with pytest.raises(ConfigurationError, match="requests_per_second"):
            read(service, {"extra": {"requests_per_second": said}})


class TestAnswers:
    """What comes, comes whole, in time and within the limits, or not at all."""

    @pytest.mark.parametrize(
        "dripped",
        [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100, b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 100,
         b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 100],
        ids=["a header", "a body without a length", "a chunk's size"],
    )  # fmt: skip
    def test_a_drip_ends_wherever_it_drips(self, service: Service, dripped: bytes) -> None:
        head, rest = dripped[:20], dripped[20:]

        def route(handler: Handler) -> None:
            handler.wfile.write(head)
            handler.drip(rest, 0.05)
            handler.close_connection = True

        service.routes["/v1/items"] = route
        started = time.monotonic()
        told = fault(service, limits=Limits(tries=1), request={"timeout_seconds": 1})
        assert told.code == "timeout" and time.monotonic() - started < 4

    def test_what_drips_in_time_is_read_whole(self, service: Service) -> None:
        packed = gzip.compress(GOOD)
        for encoding, body in (("identity", GOOD), ("gzip", packed), ("deflate", zlib.compress(GOOD))):
            service.routes["/v1/items"] = lambda handler, encoding=encoding, body=body: (
                handler.begin(Content_Length=str(len(body)), Content_Encoding=encoding),
                handler.drip(body, 0.001),
            )
            assert numbers(read(service)) == [1]

    def test_a_connection_kept_open_is_limited_too(self, service: Service) -> None:
        dripping = lambda handler: (handler.begin(Content_Length="100"), handler.drip(b" " * 100, 0.05))  # noqa: E731
        first = lambda handler: handler.reply({"items": [{"n": 1}], "next": "x"})  # noqa: E731
        service.routes["/v1/items"] = service.in_turn(first, dripping)
        more = {"paging": {"kind": "cursor", "next": "$.next"}, "request": {"timeout_seconds": 1}}
        started = time.monotonic()
        assert fault(service, limits=Limits(tries=1), **more).code == "timeout"
        assert time.monotonic() - started < 4

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + GOOD,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n" + GOOD + b"\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\n" + GOOD,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD,
            b"",
            b"garbage\r\n\r\n",
        ],
    )
    def test_a_cut_answer_is_never_taken_for_a_whole_one(self, service: Service, raw: bytes) -> None:
        def cut(handler: Handler) -> None:
            handler.wfile.write(raw)
            handler.close_connection = True

        service.routes["/v1/items"] = cut
        assert fault(service).code == "unreachable"
        assert len(service.asked) == QUICK.tries
        service.routes["/v1/items"] = service.in_turn(cut, answer_one)
        assert numbers(read(service)) == [1]

    def test_a_head_cut_in_its_middle_is_no_answer_and_logs_no_address(
        self, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The HTTP library warns of it with the whole URL, in which a cursor may be a secret."""

        def cut(handler: Handler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            handler.close_connection = True

        first = lambda handler: handler.reply({"items": [{"n": 1}], "next": SECRET})  # noqa: E731
        service.routes["/v1/items"] = service.in_turn(first, cut)
        with caplog.at_level(logging.DEBUG):
            assert fault(service, paging={"kind": "cursor", "next": "$.next"}).code == "bad_json"
        assert "cursor" in service.asked[1][1] and SECRET not in caplog.text

    @pytest.mark.parametrize(
        ("encoding", "body", "code"),
        [
            ("gzip", gzip.compress(GOOD * 9)[:-30], "bad_json"),
            ("gzip", GOOD, "unreachable"),
            ("br", gzip.compress(GOOD), "bad_json"),
            ("gzip", gzip.compress(gzip.compress(GOOD)), "bad_json"),
        ],
        ids=["cut", "not packed", "packed otherwise", "packed twice"],
    )
    def test_a_body_that_is_not_packed_as_said_is_refused(
        self, service: Service, encoding: str, body: bytes, code: str
    ) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(body, Content_Encoding=encoding)
        assert fault(service, limits=Limits(tries=1)).code == code

    @pytest.mark.parametrize("layers", [1, 2])
    def test_a_bomb_ends_as_a_refusal_in_little_memory(self, service: Service, layers: int) -> None:
        bomb = b" " * (64 << 20)
        for _ in range(layers):
            bomb = gzip.compress(bomb, 6)
        encoding = ", ".join(["gzip"] * layers)
        service.routes["/v1/items"] = lambda handler: handler.reply(bomb, Content_Encoding=encoding)
        tracemalloc.start()
        try:
            assert refusal(service).code == "limit_exceeded"
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()

    def test_the_body_of_a_redirect_is_limited_too(self, service: Service) -> None:
        bomb = gzip.compress(b" " * (8 << 20))
        service.routes["/v1/items"] = lambda handler: handler.reply(
            bomb, 302, Location="/v2/items", Content_Encoding="gzip"
        )
        assert refusal(service).code == "limit_exceeded"
        assert len(service.asked) == 1

    def test_an_answer_without_end_is_refused_although_it_is_not_packed(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: (handler.begin(), handler.wfile.write(b" " * (8 << 20)))
        assert refusal(service).code == "limit_exceeded"


class TestTokens:
    """OAuth2 client credentials."""

    def issue(self, service: Service, **more: Any) -> list[str]:
        issued: list[str] = []

        def token(handler: Handler) -> None:
            issued.append(f"{SECRET}-{len(issued)}")
            handler.reply({"access_token": issued[-1]} | more)

        service.routes["/token"] = token
        return issued

    def test_one_that_runs_out_in_mid_paging_is_renewed_before_it_is_refused(self, service: Service) -> None:
        issued, refused = self.issue(service, expires_in="1"), []

        def items(handler: Handler) -> None:
            if handler.headers["Authorization"] != f"Bearer {issued[-1]}":
                refused.append(1)
            page = int(handler.query["page"])
            time.sleep(0.3)
            handler.reply({"items": [{"n": page}] if page < 4 else []})

        service.routes["/v1/items"] = items
        assert numbers(read(service, GIVEN, request={"auth": AUTH}, paging={"kind": "page"})) == [
            1,
            2,
            3,
        ]
        assert len(issued) == 2 and not refused

    def test_one_that_is_always_refused_is_renewed_once(self, service: Service) -> None:
        issued = self.issue(service, expires_in=3600)
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 401)
        assert fault(service, connection=GIVEN, request={"auth": AUTH}).code == "http_401"
        assert len(issued) == 2 and len(service.asked) == 4

    def test_the_client_may_stand_in_the_form(self, service: Service) -> None:
        asked: list[tuple[dict[str, str], str | None]] = []

        def token(handler: Handler) -> None:
            asked.append((handler.form, handler.headers.get("Authorization")))
            handler.reply({"access_token": "t", "expires_in": None})

        service.routes |= {"/token": token, "/v1/items": answer_one}
        auth = AUTH | {"client_in": "body", "token_params": {"audience": "kpi"}}
        assert numbers(read(service, GIVEN, request={"auth": auth})) == [1]
        form = {
            "grant_type": "client_credentials",
            "audience": "kpi",
            "client_id": "id",
            "client_secret": SECRET,
        }
        assert asked == [(form, None)]
        assert SECRET not in str(service.asked[-1])

    def test_a_token_service_in_trouble_is_waited_for(self, service: Service) -> None:
        good = lambda handler: handler.reply({"access_token": "t"})  # noqa: E731
        service.routes["/token"] = service.in_turn(lambda handler: handler.reply({}, 503), Handler.cut, good)
        service.routes["/v1/items"] = answer_one
        assert numbers(read(service, GIVEN, request={"auth": AUTH})) == [1]

    @pytest.mark.parametrize(
        "body", [b"<html>", {"error": SECRET}, {"access_token": None}, {"access_token": "a\nb"}, {"access_token": ""}, []]
    )  # fmt: skip
    def test_what_is_no_token_is_refused(self, service: Service, body: Any) -> None:
        service.routes["/token"] = lambda handler: handler.reply(body)
        assert fault(service, connection=GIVEN, request={"auth": AUTH}).code == "token_refused"

    def test_a_connection_without_a_client_is_told_so(self, service: Service) -> None:
        with pytest.raises(ConfigurationError, match="its id as the login"):
            read(service, {"login": "id"}, request={"auth": AUTH})
