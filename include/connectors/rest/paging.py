"""Page after page of an answer, to the last one and no further, checked against what the service says."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from include.catalogue.models import RestSource
from include.connectors.rest.client import Answer, Client
from include.connectors.rest.paths import MISSING, changed_path, compile_path, find_records, split_filter
from include.connectors.rest.tally import Tally
from include.errors import Finding, RefusedError

_PAST_THE_END = frozenset({400, 404, 410, 416, 422})
"""What services answer to a page after the last one, once all records are there that they spoke of."""
_MORE = {"True": True, "False": False, "true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True)
class Page:
    """One page: its number (1-based, in the order read) and its records as parsed."""

    number: int
    records: list[Any]


def read_pages(source: RestSource, client: Client, url: str, params: Mapping[str, Any]) -> Iterator[Page]:
    """Yield the pages that begin at `url`.

    By page number or offset: ends with an empty page, where `more` says so, or with `end_status`; with a 404
    after a page that was shorter than the others; and, once `total` records came, with a shorter page, a page
    that came before, or an error of the client's. (A short page alone is no end: the service may cap the page
    size. Nor is the total alone: it may be that of the page.) By cursor or link: ends where no next one is given.

    Raises RefusedError: `page_repeated` where a page, cursor or link comes again (it would never end, or
    count twice); `total_mismatch` where another number of records came than the service says;
    `columns_changed` where the path to the records, the total or the next page leads nowhere; `null_records`;
    `host_not_allowed`. A filter in `records` chooses from each page what is yielded; ends and totals are judged by all
    records. Raises SourceUnavailableError `changed_meanwhile` where the total changes on the way.
    """
    walk = _Walk(source, client, url, dict(params))
    for number, (answer, found) in enumerate(walk.pages(), start=1):
        walk.refuse_repeated(found, number)
        walk.tally.count(answer, len(found), number)
        yield Page(number, walk.choose(answer, found))
    walk.tally.close()


class _Walk:
    """The way through the pages. Who takes a page from `pages` counts it before asking for the next."""

    def __init__(self, source: RestSource, client: Client, url: str, params: dict[str, Any]) -> None:
        self._paging, self._client, self._url, self._params = source.paging, client, url, params
        everything, wanted = split_filter(source.records)
        self._records = compile_path(everything)
        self._wanted = compile_path(wanted) if wanted else None
        self._next = compile_path(source.paging.next or "$.next")
        self._more = compile_path(source.paging.more) if source.paging.more else None
        self.tally = Tally(source.paging, client, is_declared="paging" in source.model_fields_set)
        self._may_be_null = source.success is not None or self.tally.is_told
        self._seen: set[bytes] = set()

    def pages(self) -> Iterator[tuple[Answer, list[Any]]]:
        """Yield each page's answer and records."""
        if self._paging.size and self._paging.kind != "none":
            self._params[self._paging.size_param] = self._paging.size
        if self._paging.kind in {"cursor", "next_link", "link_header"}:
            return self._by_link()
        return self._by_number()

    def choose(self, answer: Answer, found: list[Any]) -> list[Any]:
        """Return those of a page's records that the source's filter wants."""
        if self._wanted is None:
            return found
        wanted = self._wanted.read(answer.body)
        return [] if wanted is MISSING else wanted if isinstance(wanted, list) else [wanted]

    def refuse_repeated(self, found: list[Any], number: int) -> None:
        """Raise RefusedError where the records of page `number` are exactly those of an earlier one."""
        if self._is_known(found):
            raise _repeated(f"page {number}")
        if found:
            self._seen.add(_digest(found))

    def _is_known(self, found: list[Any]) -> bool:
        return bool(found) and _digest(found) in self._seen

    def _by_number(self) -> Iterator[tuple[Answer, list[Any]]]:
        """By page number or offset (or the only page)."""
        paging, params = self._paging, self._params
        offset, said = paging.kind == "offset", paging.model_fields_set
        position = paging.start if "start" in said or not offset else 0
        param = paging.param if "param" in said or not offset else "offset"
        largest = 0
        ends = frozenset({204} & {paging.end_status})
        while True:
            if paging.kind != "none":
                params[param] = position
            answer = self._client.get(self._url, params, ends=ends)
            if answer is None:
                return
            found = find_records(self._records, answer.body, may_be_null=self._may_be_null)
            if self.tally.is_reached and self._is_known(found):
                return
            yield answer, found
            if paging.kind == "none" or not self._goes_on(answer, found, is_shorter=len(found) < largest):
                return
            largest = max(largest, len(found))
            ends = self._ends(is_short=len(found) < max(largest, paging.size or 0))
            position += len(found) if offset else 1

    def _goes_on(self, answer: Answer, found: list[Any], *, is_shorter: bool) -> bool:
        """Return whether to ask for the page after this one."""
        if self._more is None:
            return bool(found) and not (is_shorter and self.tally.is_reached)
        more = self._says_more(answer)
        if more and not found:
            raise _repeated("a page without records that isn't the last")
        return more

    def _ends(self, *, is_short: bool) -> frozenset[int]:
        """Return the statuses with which a page after the first tells that there is none."""
        ends = _PAST_THE_END if self.tally.is_reached else frozenset()
        if self._paging.end_status:
            ends |= {self._paging.end_status}
        return ends | {404} if is_short and not self.tally.is_told else ends

    def _by_link(self) -> Iterator[tuple[Answer, list[Any]]]:
        """By cursor, by a link in the body, or by the Link header."""
        param = self._paging.param if "param" in self._paging.model_fields_set else "cursor"
        url, sent = self._url, self._params
        taken: set[str] = set()
        while answer := self._client.get(url, sent):
            found = find_records(self._records, answer.body, may_be_null=self._may_be_null)
            yield answer, found
            following = self._following(answer, len(found), is_first=not taken)
            if following is None:
                return
            if following in taken:  # a cursor may be a secret; its place in the order isn't
                raise _repeated(f"page {len(taken) + 2}")
            taken.add(following)
            if self._paging.kind == "cursor":
                sent = self._params | {param: following}
            else:
                url, sent = self._client.join(answer.url, following), {}

    def _following(self, answer: Answer, records: int, *, is_first: bool) -> str | None:
        """Return the next cursor or link; None after the last page.

        A first page that is full, and whose body says nothing at all of a next one, is refused unless a total or
        `more` tells that it is the only one: so a service looks that renamed the field. A Link header is left out
        where there is nothing to link to.
        """
        if self._more is not None and not self._says_more(answer):
            return None
        in_header = self._paging.kind == "link_header"
        told = answer.next_link if in_header else self._next.read(answer.body)
        if told is not MISSING and told not in (None, "", False):
            if isinstance(told, str):
                return told
        elif self._more is None:
            is_full = self._paging.size is not None and records >= self._paging.size
            if told is not MISSING or not is_first or not is_full or self.tally.is_told:
                return None
        raise changed_path("Link" if in_header else self._next.text, answer.body)

    def _says_more(self, answer: Answer) -> bool:
        assert self._more is not None
        said = _MORE.get(str(self._more.read(answer.body)))
        if said is None:
            raise changed_path(self._more.text, answer.body)
        return said


def _digest(found: list[Any]) -> bytes:
    return hashlib.blake2b(json.dumps(found).encode(), digest_size=16).digest()


def _repeated(what: str) -> RefusedError:
    return RefusedError([Finding("page_repeated", found=what, rule="paging")])
