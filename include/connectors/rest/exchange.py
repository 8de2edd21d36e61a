"""One request and its answer: tried again within limits, paced, and never longer than its time.

Errors carry a fixed code and the connection's id; never a URL, a header or the library's own words, which can
hold tokens.
"""

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import requests
import tenacity
import urllib3

from include.batch import Connection
from include.connectors.rest.bodies import read_body
from include.connectors.rest.transport import Gate, open_session
from include.errors import ConfigurationError, SourceUnavailableError

_RETRIED = {408, 425, 429}
_FINAL = {501, 505, 511}
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Limits:
    """How patient a client is.

    `tries` per request; seconds of the first wait (doubled each time, with jitter), of the longest one, and of
    the longest `Retry-After` that is obeyed (a longer one ends the reading: the next run comes later); bytes of
    one unpacked answer; redirects followed.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60
    longest_told: float = 300
    answer_bytes: int = 64 << 20
    redirects: int = 5


@dataclass(frozen=True)
class Reply:
    """An answer as it came: its status, headers, unpacked body, address, and the Link header's `next`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    next_link: str | None


class _TryAgainError(Exception):
    """A fault that may pass: `fault` to raise where it doesn't, `after` the wait that the server asks for."""

    def __init__(self, fault: SourceUnavailableError, after: float | None = None) -> None:
        self.fault, self.after = fault, after
        super().__init__(fault.code)


class Exchange:
    """Sends the requests of one reading, through one gate.

    `seconds` is the time of one answer from the request to its last byte, `total_seconds` that of the whole
    reading with all waits. `requests_per_second` in the connection's extras paces requests, tries included.
    """

    def __init__(
        self, gate: Gate, connection: Connection, limits: Limits, seconds: float, total_seconds: float
    ) -> None:
        self._gate, self._conn_id, self._limits, self._seconds = gate, connection.conn_id, limits, seconds
        self.session = open_session(gate, connection)
        self._total_seconds, self._until = total_seconds, time.monotonic() + total_seconds
        self._pause, self._next_at = 1 / _requests_per_second(connection), 0.0

    def fault(self, code: str, detail: str = "") -> SourceUnavailableError:
        """Return the typed error of a service that is away or at fault."""
        return SourceUnavailableError(code, self._conn_id, detail)

    def send(self, method: str, url: str, **more: Any) -> Reply:
        """Return the answer, after as many tries as it takes.

        Raises SourceUnavailableError (`unreachable`, `timeout`, `tls_failed`, or `http_<status>` of a fault
        that didn't pass) and RefusedError (`limit_exceeded`, `host_not_allowed`, `address_not_allowed`).
        """
        retrying = tenacity.Retrying(
            stop=self._is_enough,
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        try:
            reply: Reply = retrying(self._try, method, url, **more)
            return reply
        except _TryAgainError as error:
            fault = error.fault
        raise fault

    def _try(self, method: str, url: str, **more: Any) -> Reply:
        if max(self._next_at, time.monotonic()) >= self._until:
            raise self._late().fault
        self._keep_pace()
        seconds = max(0.01, min(self._seconds, self._until - time.monotonic()))
        with self._gate.limit(seconds) as over:
            try:
                result: Reply | Exception = self._ask(method, url, seconds, **more)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                result = self._explain(error)
        if over.is_set():
            result = self._late()
        if isinstance(result, Exception):
            raise result
        return result

    def _ask(self, method: str, url: str, seconds: float, **more: Any) -> Reply | Exception:
        timeout = (min(_CONNECT_SECONDS, seconds), seconds)
        with self.session.request(
            method, url, timeout=timeout, stream=True, allow_redirects=False, **more
        ) as response:
            status = response.status_code
            if status in _RETRIED or (status >= 500 and status not in _FINAL):
                return _TryAgainError(self.fault(f"http_{status}"), read_retry_after(response.headers))
            body = read_body(response, self._limits.answer_bytes)
            link = response.links.get("next", {}).get("url")
            return Reply(status, response.headers, body, response.url or url, link)

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, requests.exceptions.SSLError):
            return self.fault("tls_failed", "the service's certificate isn't trusted, or it speaks no TLS")
        if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
            return self._late()
        if isinstance(
            error,
            requests.exceptions.InvalidURL
            | requests.exceptions.InvalidHeader
            | requests.exceptions.InvalidSchema,
        ):
            return self.fault("unreachable", "the address or a header isn't valid")
        reason = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return _TryAgainError(self.fault("unreachable", "the host's name isn't known"))
        return _TryAgainError(self.fault("unreachable", "no connection, or it broke"))

    def _late(self) -> _TryAgainError:
        is_over = max(self._next_at, time.monotonic()) >= self._until
        told = "not read to its end" if is_over else "no whole answer"
        seconds = self._total_seconds if is_over else self._seconds
        return _TryAgainError(self.fault("timeout", f"{told} within {seconds:g} s"))

    def _keep_pace(self) -> None:
        wait = self._next_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next_at = time.monotonic() + self._pause

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        """No further try where they are used up, the server asks for too long a wait, or time would be over."""
        error = state.outcome.exception() if state.outcome else None
        told = (error.after or 0) if isinstance(error, _TryAgainError) else 0
        return (
            state.attempt_number >= self._limits.tries
            or told > self._limits.longest_told
            or time.monotonic() + state.upcoming_sleep > self._until
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        backoff = tenacity.wait_random_exponential(
            multiplier=self._limits.first_wait, max=self._limits.longest_wait
        )
        wait = self._limits.first_wait / 2 + backoff(state)
        told = error.after if isinstance(error, _TryAgainError) else None
        return wait if told is None else told + self._limits.first_wait / 2


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, as a number or a date; None where it asks nothing."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(text)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return None if math.isnan(seconds) else max(0.0, seconds)


def _requests_per_second(connection: Connection) -> float:
    said = connection.extra.get("requests_per_second", math.inf)
    try:
        number = float(said)
    except (TypeError, ValueError):
        number = 0.0
    if not number > 0:
        raise ConfigurationError(
            [f"connection {connection.conn_id}: requests_per_second in its extras isn't a positive number"]
        )
    return number
