"""The records that came against the number that the service tells."""

from collections.abc import Iterator
from typing import Any

from include.catalogue.models import Paging
from include.connectors.rest.bodies import JsonNumber
from include.connectors.rest.client import Answer, Client
from include.connectors.rest.paths import MISSING, changed_path, compile_path
from include.errors import Finding, RefusedError

TOTALS = (
    "total", "totalCount", "total_count", "totalElements", "total_elements", "totalRecords", "totalRows", "recordsTotal"
)  # fmt: skip
"""What services call the number of all records."""
TOTAL_HEADER = "X-Total-Count"


def find_totals(body: Any, path: str = "$") -> Iterator[tuple[str, int]]:
    """Yield the JSONPath and the number of each field of an answer that is called as totals are."""
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, dict):
            yield from find_totals(value, f"{path}.{name}")
        elif name in TOTALS and isinstance(value, JsonNumber) and value.isdecimal():
            yield f"{path}.{name}", int(value)


class Tally:
    """Counts the records of one reading, beside the total in the body or in a header."""

    def __init__(self, paging: Paging, client: Client, *, is_declared: bool = True) -> None:
        self._is_declared = is_declared
        self._path = compile_path(paging.total) if paging.total else None
        self._header, self._client = paging.total_header, client
        self._count = 0
        self._expected: int | None = None

    @property
    def is_told(self) -> bool:
        """Whether the service is declared to tell a total."""
        return bool(self._path or self._header)

    @property
    def is_reached(self) -> bool:
        """Whether as many records came as the service speaks of."""
        return self._expected is not None and self._count >= self._expected

    def count(self, answer: Answer, records: int, number: int) -> None:
        """Add the records of page `number`; later pages may leave the total out.

        Raises RefusedError `columns_changed` where the first page tells none, and SourceUnavailableError
        `changed_meanwhile` where a later one tells another: records may have moved from page to page unseen. Where the
        source says nothing of paging, RefusedError `paging_undeclared` for an answer that speaks of more records.
        """
        self._count += records
        if not self.is_told:
            if not self._is_declared:
                _refuse_more(answer, records)
            return
        told = self._path.read(answer.body) if self._path else answer.headers.get(self._header or "", MISSING)
        total = _to_number(told)
        if total is None:
            if number == 1:
                where = self._path.text if self._path else str(self._header)
                raise changed_path(where, answer.body)
        elif self._expected not in (None, total):
            raise self._client.fault("changed_meanwhile", "its total changed from one page to the next")
        else:
            self._expected = total

    def close(self) -> None:
        """Raise RefusedError `total_mismatch` where another number of records came."""
        if self._expected is not None and self._count != self._expected:
            told = {"total": str(self._expected)}
            raise RefusedError(
                [Finding("total_mismatch", found=str(self._count), rule="paging.total", params=told)]
            )


def _refuse_more(answer: Answer, records: int) -> None:
    in_header = _to_number(answer.headers.get(TOTAL_HEADER, "")) or 0
    where, total = max([(TOTAL_HEADER, in_header), *find_totals(answer.body)], key=lambda one: one[1])
    if total > records:
        params = {"total": str(total), "where": where}
        raise RefusedError([Finding("paging_undeclared", found=str(records), rule="paging", params=params)])


def _to_number(told: Any) -> int | None:
    is_number = isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) <= 18
    return int(told) if is_number else None
