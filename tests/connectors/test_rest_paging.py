"""The last page, totals that lie, and what a service's own words say of its answer."""

from collections.abc import Callable
from typing import Any

import pytest

from include.batch import Reported
from include.connectors.rest.exchange import Limits
from include.connectors.rest.paths import split_filter
from include.errors import ConfigurationError
from tests.connectors.rest_service import Handler, Service
from tests.connectors.rest_source import fault, numbers, read, refusal

Route = Callable[[Handler], None]


def cut_in_pages(count: int, size: int, *, past: Any = None, **told: Any) -> Route:
    """Serve `count` records in pages of `size`; `past` answers what lies after them, or an empty page does."""

    def route(handler: Handler) -> None:
        page = int(handler.query["page"])
        items = [{"n": n} for n in range((page - 1) * size, min(page * size, count))]
        if past is not None and page > 1 and not items:
            past(handler)
        else:
            handler.reply({"items": items} | told)

    return route


def paged(service: Service, **paging: Any) -> Reported:
    return read(service, paging={"kind": "page", "size": 5} | paging)


class TestTotals:
    """A total is believed as far as the pages agree."""

    @pytest.mark.parametrize("told", [{"total": 12}, {"data": {"totalCount": 12}}])
    def test_one_page_of_several_is_not_taken_for_all(self, service: Service, told: dict[str, Any]) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}, {"n": 2}]} | told)
        finding = refusal(service)
        assert (finding.code, finding.found, finding.params["total"]) == ("paging_undeclared", "2", "12")
        assert numbers(read(service, paging={"kind": "none"})) == [1, 2], "somebody has said that it is all"

    def test_a_header_tells_of_further_pages_too(self, service: Service) -> None:
        def route(handler: Handler) -> None:
            handler.begin(Content_Type="application/json", Content_Length="22", X_Total_Count="3")
            handler.wfile.write(b'{"items": [{"n": 1}]} ')

        service.routes["/v1/items"] = route
        assert refusal(service).params["where"] == "X-Total-Count"

    @pytest.mark.parametrize("count", [5, 10, 12])
    def test_one_that_is_the_pages_own_is_found_out(self, service: Service, count: int) -> None:
        """`count` of the page, taken for the number of all records, must not end the reading after it."""
        service.routes["/v1/items"] = cut_in_pages(count, 5, total=5)
        if count == 5:
            assert numbers(paged(service, total="$.total")) == list(range(5))
        else:
            finding = refusal(service, paging={"kind": "page", "size": 5, "total": "$.total"})
            assert (finding.code, finding.found) == ("total_mismatch", str(count))

    @pytest.mark.parametrize(
        "past",
        [
            lambda handler: handler.reply({"error": "no such page"}, 404),
            lambda handler: handler.reply({"error": "page out of range"}, 400),
            lambda handler: handler.reply({"items": [{"n": n} for n in range(5, 10)], "total": 10}),
            lambda handler: handler.reply({"items": [{"n": n} for n in range(5)], "total": 10}),
            lambda handler: handler.reply({"items": None, "total": 10}),
        ],
        ids=["404", "400", "the last page again", "the first page again", "null"],
    )
    def test_after_it_a_full_last_page_ends_however_the_service_says_so(
        self, service: Service, past: Route
    ) -> None:
        service.routes["/v1/items"] = cut_in_pages(10, 5, past=past, total=10)
        assert numbers(paged(service, total="$.total")) == list(range(10))

    def test_with_it_a_short_last_page_needs_no_further_request(self, service: Service) -> None:
        service.routes["/v1/items"] = cut_in_pages(12, 5, total=12)
        assert numbers(paged(service, total="$.total")) == list(range(12))
        assert len(service.asked) == 3

    def test_one_that_changes_on_the_way_is_tried_again_later(self, service: Service) -> None:
        """A record deleted in between moves the others up: one of them would be skipped unseen."""

        def route(handler: Handler) -> None:
            page = int(handler.query["page"])
            left = list(range(10)) if page == 1 else list(range(1, 10))
            handler.reply({"items": [{"n": n} for n in left[(page - 1) * 5 : page * 5]], "total": len(left)})

        service.routes["/v1/items"] = route
        assert (
            fault(service, paging={"kind": "page", "size": 5, "total": "$.total"}).code == "changed_meanwhile"
        )

    def test_one_in_a_header_counts_too(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}]}, X_Total_Count="2")
        paging = {"kind": "none", "total_header": "X-Total-Count"}
        assert refusal(service, paging=paging).code == "total_mismatch"
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}]})
        assert refusal(service, paging=paging).column == "X-Total-Count"

    @pytest.mark.parametrize("kind", ["cursor", "next_link"])
    def test_one_holds_for_links_too(self, service: Service, kind: str) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}], "total": 2})
        paging = {"kind": kind, "next": "$.next", "total": "$.total"}
        assert refusal(service, paging=paging).code == "total_mismatch"


class TestTheEnd:
    """Where pages end, and where they only seem to."""

    def test_by_a_declared_status_after_a_full_page(self, service: Service) -> None:
        past = lambda handler: handler.reply({}, 404)  # noqa: E731
        service.routes["/v1/items"] = cut_in_pages(10, 5, past=past)
        assert fault(service, paging={"kind": "page", "size": 5}).code == "http_404"
        assert numbers(paged(service, end_status=404)) == list(range(10))
        service.routes["/v1/items"] = lambda handler: handler.reply({}, 404)
        assert fault(service, paging={"kind": "page", "end_status": 404}).code == "http_404"

    def test_by_no_content(self, service: Service) -> None:
        service.routes["/v1/items"] = cut_in_pages(5, 5, past=lambda handler: handler.reply(b"", 204))
        assert numbers(paged(service, end_status=204)) == list(range(5))
        service.routes["/v1/items"] = lambda handler: handler.reply(b"", 204)
        assert paged(service, end_status=204).rows_read == 0

    @pytest.mark.parametrize("kind", ["page", "offset"])
    def test_by_a_field_that_says_so(self, service: Service, kind: str) -> None:
        def route(handler: Handler) -> None:
            first = int(handler.query["at"])
            handler.reply({"items": [{"n": first}], "more": first < 3})

        service.routes["/v1/items"] = route
        paging = {"kind": kind, "param": "at", "start": 0, "more": "$.more"}
        assert numbers(read(service, paging=paging)) == [0, 1, 2, 3]
        assert len(service.asked) == 4
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [], "more": True})
        assert refusal(service, paging=paging).code == "page_repeated"
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}]})
        assert refusal(service, paging=paging).column == "$.more"

    def test_a_cursor_given_beside_no_more_is_not_followed(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}], "next": "abc", "more": False}
        )
        assert numbers(read(service, paging={"kind": "cursor", "next": "$.next", "more": "$.more"})) == [1]
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}], "more": True})
        finding = refusal(service, paging={"kind": "cursor", "next": "$.next", "more": "$.more"})
        assert (finding.code, finding.column) == ("columns_changed", "$.next")

    @pytest.mark.parametrize("kind", ["cursor", "next_link"])
    def test_a_full_first_page_without_a_word_of_the_next_is_refused(
        self, service: Service, kind: str
    ) -> None:
        """So a service looks that renamed the field; all pages after the first would be lost silently."""
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}, {"n": 2}], "next_page": "/v1/items?at=2", "total": 2}
        )
        paging = {"kind": kind, "next": "$.next", "size": 2}
        assert refusal(service, paging=paging).code == "columns_changed"
        assert numbers(read(service, paging=paging | {"size": 3})) == [1, 2]
        assert numbers(read(service, paging=paging | {"total": "$.total"})) == [1, 2]
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}, {"n": 2}], "next": None}
        )
        assert numbers(read(service, paging=paging)) == [1, 2]

    def test_a_link_header_is_left_out_of_an_only_page(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}, {"n": 2}]})
        assert numbers(read(service, paging={"kind": "link_header", "size": 2})) == [1, 2]

    def test_a_last_page_that_is_full_or_empty_ends_links(self, service: Service) -> None:
        for last in ([{"n": 2}, {"n": 3}], []):
            service.routes["/v1/items"] = lambda handler, last=last: handler.reply(
                {"items": last} if "cursor" in handler.query else {"items": [{"n": 0}, {"n": 1}], "next": "x"}
            )
            paging = {"kind": "cursor", "next": "$.next", "size": 2}
            assert numbers(read(service, paging=paging)) == [0, 1, 2, 3][: 2 + len(last)]

    def test_a_next_that_is_no_text_is_drift(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}], "next": {"url": "/x"}}
        )
        assert refusal(service, paging={"kind": "next_link", "next": "$.next"}).column == "$.next"

    def test_pages_in_a_circle_are_refused(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": int(handler.query["page"]) % 3}]}
        )
        assert refusal(service, paging={"kind": "page"}).found == "page 4"

    def test_new_cursors_to_the_same_records_are_refused(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [{"n": 1}], "next": str(len(service.asked))}
        )
        assert refusal(service, paging={"kind": "cursor", "next": "$.next"}).code == "page_repeated"

    def test_empty_pages_for_ever_end_with_the_time_of_the_reading(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            {"items": [], "next": str(len(service.asked))}
        )
        paging = {"kind": "cursor", "next": "$.next"}
        told = fault(service, paging=paging, request={"total_timeout_seconds": 1})
        assert (told.code, told.detail) == ("timeout", "not read to its end within 1 s")


class TestWhatTheAnswerSays:
    """A status of 200 alone is no success."""

    @pytest.mark.parametrize("body", [{"code": 500, "msg": "busy", "items": None}, None, {"items": None}])
    def test_a_null_for_the_records_is_refused(self, service: Service, body: Any) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        assert refusal(service).code == "null_records"

    def test_a_null_in_mid_paging_does_not_end_it(self, service: Service) -> None:
        past = lambda handler: handler.reply({"code": 429, "items": None})  # noqa: E731
        service.routes["/v1/items"] = cut_in_pages(5, 5, past=past)
        assert refusal(service, paging={"kind": "page", "size": 5}).code == "null_records"

    @pytest.mark.parametrize(
        ("good", "said", "is_good"),
        [
            ([0, 200], 0, True),
            ([0, 200], "200", True),
            ([0, 200], 40001, False),
            (True, True, True),
            (True, False, False),
            (["ok"], "a sentence with words", False),
            ([None], None, True),
            ([None], "overloaded", False),
            ([0], None, False),
        ],
    )
    def test_a_declared_success_is_asked_for(
        self, service: Service, good: Any, said: Any, is_good: bool
    ) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"code": said, "items": None})
        success = {"path": "$.code", "in": good}
        if is_good:
            assert read(service, success=success).rows_read == 0
            return
        told = fault(service, success=success)
        assert told.code == "answer_failed" and "sentence" not in str(told)
        assert told.detail == ("$.code is 40001" if said == 40001 else told.detail)

    def test_a_field_that_stands_twice_is_refused(self, service: Service) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(b'{"items": [{"n": 1, "n": 2}]}')
        assert fault(service).code == "bad_json"

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("1e99999999999999999999", "1e99999999999999999999"),
            ("1E-400", "0." + "0" * 399 + "1"),
            ("-0.0e1", "-0"),
        ],
    )
    def test_any_number_is_kept_or_left_as_it_is(self, service: Service, text: str, kept: str) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply(
            f'{{"items": [{{"n": {text}}}]}}'.encode()
        )
        assert read(service).frame["n"].tolist() == [kept]

    @pytest.mark.parametrize(
        ("charset", "body", "found"),
        [
            ("utf-8", b'\xef\xbb\xbf{"items": [{"n": "\xe5\xae\xb6"}]}', "家"),
            ("gb2312", '{"items": [{"n": "镕"}]}'.encode("gbk"), "镕"),
            ("punycode", b'{"items": []}', None),
            ("utf-8", b'{"items": [{"n": "\\ud83d"}]}', None),
        ],
    )
    def test_texts_are_whole_or_refused(
        self, service: Service, charset: str, body: bytes, found: str | None
    ) -> None:
        def route(handler: Handler) -> None:
            handler.begin(Content_Type=f"application/json; charset={charset}", Content_Length=str(len(body)))
            handler.wfile.write(body)

        service.routes["/v1/items"] = route
        if found is None:
            assert fault(service).code == "bad_json"
        else:
            assert read(service).frame["n"].tolist() == [found]


class TestPaths:
    """What selects records may select, and nothing else: numbers are texts."""

    def test_a_filter_on_texts_selects(self, service: Service) -> None:
        items = [{"n": 1, "state": 1}, {"n": 2, "state": 2}, {"n": 3, "state": 1}]
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": items})
        assert numbers(read(service, records="$.items[?(@.state == '1')]")) == [1, 3]

    @pytest.mark.parametrize(
        ("path", "everything"),
        [
            ("$[?(@.a == '1')]", "$[*]"),
            ("$.d.items[?(@.a == '1' & @.b == '2')][*]", "$.d.items[*]"),
            ("$.items[*]", None),
            ("$.orders[?(@.a == '1')].lines[*]", None),
            ("$.orders[?(@.a == '1')].lines[?(@.b == '2')]", None),
        ],
    )
    def test_only_a_filter_at_the_end_chooses_from_all_records(
        self, path: str, everything: str | None
    ) -> None:
        """Records within what a filter chose are another list than the one it chose from."""
        assert split_filter(path) == ((everything, path) if everything else (path, None))

    def test_a_filter_says_nothing_of_pages_and_totals(self, service: Service) -> None:
        def route(handler: Handler) -> None:
            page = int(handler.query["page"])
            items = [
                {"n": n, "state": "a" if n in {3, 4} else "b"} for n in range(page * 2, min(page * 2 + 2, 7))
            ]
            handler.reply({"data": {"total": 5, "items": items}})

        service.routes["/v1/items"] = route
        paging = {"kind": "page", "size": 2, "total": "$.data.total"}
        wanted = "$.data.items[?(@.state == '%s')]"
        assert numbers(read(service, paging=paging, records=wanted % "b")) == [2, 5, 6]
        assert numbers(read(service, paging=paging, records=wanted % "a")) == [3, 4]
        assert numbers(read(service, paging=paging, records=wanted % "none")) == []

    @pytest.mark.parametrize(
        "path",
        ["$.items[?(@.n == 1)]", "$.items[?(@.n > '1')]", "$.n + $.n", "$.items.`len`", "$.items.`sorted`"],
    )
    def test_what_would_compute_with_texts_is_refused(self, service: Service, path: str) -> None:
        service.routes["/v1/items"] = lambda handler: handler.reply({"items": [{"n": 1}]})
        with pytest.raises(ConfigurationError, match=r"read as texts|more than select"):
            read(service, records=path)
        with pytest.raises(ConfigurationError, match=r"read as texts|more than select"):
            read(service, columns={"n": {"path": path}})

    def test_many_fields_are_told_by_the_first_ones(self, service: Service) -> None:
        body = {f"field_{number}_{'x' * 200}": 1 for number in range(1000)}
        service.routes["/v1/items"] = lambda handler: handler.reply(body)
        assert len(refusal(service).found) < 2500


def test_a_cap_of_the_size_is_kept_within_the_limits_too(service: Service) -> None:
    service.routes["/v1/items"] = cut_in_pages(100, 10)
    limits = Limits(tries=1, answer_bytes=1 << 10)
    assert numbers(read(service, limits=limits, paging={"kind": "page", "size": 50})) == list(range(100))
