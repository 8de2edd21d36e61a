"""The records that came against the number that the service tells."""

from typing import Any

from include.catalogue.models import Paging
from include.connectors.rest.client import Answer, Client
from include.connectors.rest.paths import MISSING, changed_path, compile_path
from include.errors import Finding, RefusedError


class Tally:
    """Counts the records of one reading, beside the total in the body or in a header."""

    def __init__(self, paging: Paging, client: Client) -> None:
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
        `changed_meanwhile` where a later one tells another: records may have moved from page to page unseen.
        """
        self._count += records
        if not self.is_told:
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


def _to_number(told: Any) -> int | None:
    is_number = isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) <= 18
    return int(told) if is_number else None
