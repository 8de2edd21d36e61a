"""Page after page of an answer, to the last one and no further, checked against what the service says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from include.catalogue.models import Paging, RestSource
from include.connectors.assembling import columns_changed
from include.connectors.rest.client import Answer, Client
from include.connectors.rest.paths import MISSING, Path, compile_path, find_records
from include.errors import Finding, RefusedError


@dataclass(frozen=True)
class Page:
    """One page: its number (1-based, in the order read) and its records as parsed."""

    number: int
    records: list[Any]


def read_pages(source: RestSource, client: Client, url: str, params: Mapping[str, Any]) -> Iterator[Page]:
    """Yield the pages that begin at `url`.

    By page number or offset: ends when `total` records came, or, where the service tells no total, with an
    empty page, or with a 404 after a page that was shorter than the others. (A short page alone is no end:
    the service may cap the page size.) By cursor or link: ends where no next one is given.

    Raises RefusedError: `page_repeated` where a page, cursor or link comes again (it would never end, or
    count twice); `total_mismatch` where another number of records came than the service says;
    `columns_changed` where the path to the records or to the total leads nowhere; `host_not_allowed`.
    """
    walk = _walk_links if source.paging.kind in {"cursor", "next_link", "link_header"} else _walk_numbers
    records = compile_path(source.records)
    total = compile_path(source.paging.total) if source.paging.total else None
    count, expected = 0, None
    walking = walk(source.paging, client, url, dict(params), records)
    for number, (answer, found) in enumerate(walking, start=1):
        count += len(found)
        if total is not None:
            expected = _read_total(total, answer.body, number, expected)
            walking_done = expected is not None and count >= expected and walk is _walk_numbers
        else:
            walking_done = False
        yield Page(number, found)
        if walking_done:
            break
    if expected is not None and count != expected:
        raise RefusedError(
            [
                Finding(
                    "total_mismatch", found=str(count), rule="paging.total", params={"total": str(expected)}
                )
            ]
        )


def _walk_numbers(
    paging: Paging, client: Client, url: str, params: dict[str, Any], records: Path
) -> Iterator[tuple[Answer, list[Any]]]:
    """By page number or offset (or the only page)."""
    offset = paging.kind == "offset"
    said = paging.model_fields_set
    position = paging.start if "start" in said or not offset else 0
    param = paging.param if "param" in said or not offset else "offset"
    if paging.size and paging.kind != "none":
        params[paging.size_param] = paging.size
    before: list[Any] | None = None
    may_end = False
    while True:
        if paging.kind != "none":
            params[param] = position
        answer = client.get(url, params, may_be_missing=may_end and paging.total is None)
        if answer is None:
            return
        found = find_records(records, answer.body)
        if found and found == before:
            raise _repeated(f"{param}={position}")
        yield answer, found
        if not found or paging.kind == "none":
            return
        may_end = len(found) < max(len(before or ()), paging.size or 0)
        before = found
        position += len(found) if offset else 1


def _walk_links(
    paging: Paging, client: Client, url: str, params: dict[str, Any], records: Path
) -> Iterator[tuple[Answer, list[Any]]]:
    """By cursor, by a link in the body, or by the Link header."""
    if paging.size:
        params[paging.size_param] = paging.size
    param = paging.param if "param" in paging.model_fields_set else "cursor"
    following = compile_path(paging.next or "$.next")
    sent: dict[str, Any] | None = params
    seen: set[str] = set()
    while True:
        answer = client.get(url, sent)
        if answer is None:
            return
        yield answer, find_records(records, answer.body)
        found = answer.next_link if paging.kind == "link_header" else following.read(answer.body)
        if found is MISSING or found in (None, "", False):
            return
        # A cursor may be a secret; its place in the order isn't.
        if not isinstance(found, str) or found in seen:
            raise _repeated(f"page {len(seen) + 2}")
        seen.add(found)
        if paging.kind == "cursor":
            sent = params | {param: found}
        else:
            url, sent = urljoin(answer.url, found), None


def _read_total(path: Path, body: Any, number: int, before: int | None) -> int | None:
    """Return the total that this page tells; later pages may leave it out."""
    told = path.read(body)
    if isinstance(told, str) and told.isdigit():
        return int(told)
    if number == 1:
        raise RefusedError([columns_changed([path.text], body if isinstance(body, dict) else ())])
    return before


def _repeated(what: str) -> RefusedError:
    return RefusedError([Finding("page_repeated", found=what, rule="paging")])
