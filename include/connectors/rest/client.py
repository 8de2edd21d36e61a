"""One service's HTTP client: bounded in time, size and tries, and bound to its hosts.

Errors carry a fixed code and the connection's id; never a URL, a header or the library's own words, which can
hold tokens. Codes: `unreachable`, `timeout`, `tls_failed`, `http_<status>`, `bad_json`, `token_refused`.
"""

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import requests
import tenacity
import urllib3

from include.batch import Connection
from include.catalogue.models import RestSource
from include.connectors.rest.addresses import allowed_hosts, base_url
from include.connectors.rest.auth import basic_header, make_auth
from include.errors import Finding, RefusedError, SourceUnavailableError

_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
_CHUNK_BYTES = 1 << 16
_LONGEST_EXPONENT = 400


class JsonNumber(str):
    """The exact text of what stood in the answer as a number, told apart from a text by its class."""

    __slots__ = ()


@dataclass(frozen=True)
class Limits:
    """How patient a client is.

    `tries` per request; seconds of the first wait (doubled each time, with jitter) and of the longest, which
    is also the longest `Retry-After` that is obeyed; bytes of one unpacked answer; redirects followed.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60
    answer_bytes: int = 64 << 20
    redirects: int = 5


@dataclass(frozen=True)
class Answer:
    """A good answer: its JSON (numbers as their exact text), its address, the Link header's `next`."""

    body: Any
    url: str
    next_link: str | None


class _TryAgainError(Exception):
    """A fault that may pass: `fault` to raise where it doesn't, `after` the wait that the server asks for."""

    def __init__(self, fault: SourceUnavailableError, after: float | None = None) -> None:
        self.fault, self.after = fault, after
        super().__init__(fault.code)


class Client:
    """Requests to the service of one source. Use as a context manager."""

    def __init__(self, source: RestSource, connection: Connection, limits: Limits) -> None:
        self._conn_id, self._limits = connection.conn_id, limits
        self._seconds = source.request.timeout_seconds
        self.base = base_url(connection)
        self._allowed = allowed_hosts(source.hosts, self.base, connection.conn_id)
        self._connection, self._auth_settings = connection, source.request.auth
        self._auth = make_auth(source.request.auth, connection, self._ask_token)
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "metric-ledger", "Accept": "application/json"})
        self._session.headers.update(source.request.headers)

    def __enter__(self) -> "Client":
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._session.close()

    def get(
        self, url: str, params: Mapping[str, Any] | None = None, *, may_be_missing: bool = False
    ) -> Answer | None:
        """Return the JSON answer to GET `url`; None for a 404 where `may_be_missing`.

        Waits and tries again, within the limits, on lost connections, time-outs, 429 and 5xx. Raises
        SourceUnavailableError with a code of this module, RefusedError `host_not_allowed` where `url` or a
        redirect leads outside the source's hosts, and `limit_exceeded` for an answer over the size limit.
        """
        try:
            return self._get_once(url, params, may_be_missing)
        except SourceUnavailableError as error:
            if error.code != "http_401" or not self._auth.renewable:
                raise
        self._auth.renew()
        return self._get_once(url, params, may_be_missing)

    def _get_once(self, url: str, params: Mapping[str, Any] | None, may_be_missing: bool) -> Answer | None:
        for _ in range(self._limits.redirects + 1):
            status, headers, body, link, url = self._send(
                "GET", self._allowed.check(url), params=params, auth=self._auth
            )
            if status not in _REDIRECTS:
                break
            url, params = urljoin(url, headers.get("Location", "")), None
        if status == 404 and may_be_missing:
            return None
        if status != 200:
            raise self._fault(f"http_{status}")
        return Answer(self._read_json(headers, body), url, link)

    def _send(
        self, method: str, url: str, **more: Any
    ) -> tuple[int, Mapping[str, str], bytes, str | None, str]:
        """Return status, headers, unpacked body, next link and address, after as many tries as it takes."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._limits.tries),
            wait=self._wait,
            retry=tenacity.retry_if_exception(self._is_worth_waiting),
            reraise=True,
        )
        try:
            result: tuple[int, Mapping[str, str], bytes, str | None, str] = retrying(
                self._try, method, url, **more
            )
            return result
        except _TryAgainError as error:
            fault = error.fault
        raise fault

    def _try(
        self, method: str, url: str, **more: Any
    ) -> tuple[int, Mapping[str, str], bytes, str | None, str]:
        deadline = time.monotonic() + self._seconds
        timeout = (min(10, self._seconds), self._seconds)
        try:
            with self._session.request(
                method, url, timeout=timeout, stream=True, allow_redirects=False, **more
            ) as response:
                if response.status_code in _RETRIED:
                    raise _TryAgainError(
                        self._fault(f"http_{response.status_code}"), _retry_after(response.headers)
                    )
                body = self._read(response, deadline)
                link = response.links.get("next", {}).get("url")
                return response.status_code, response.headers, body, link, response.url or url
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            fault = self._explain(error)
        raise fault

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """Read the body as it comes, so that a slow drip can't outlast the deadline."""
        parts, size = [], 0
        while part := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._limits.answer_bytes:
                limit = f"{self._limits.answer_bytes >> 20} MiB"
                told = {"limit": "answer", "allowed": limit, "actual": f"> {limit}"}
                raise RefusedError(
                    [
                        Finding(
                            "limit_exceeded",
                            found=f"> {limit}",
                            rule="answer",
                            params=told,
                        )
                    ]
                )
            if time.monotonic() > deadline:
                raise _TryAgainError(self._fault("timeout", f"no whole answer within {self._seconds} s"))
        return b"".join(parts)

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, requests.exceptions.SSLError):
            return self._fault("tls_failed", "the service's certificate isn't trusted, or it speaks no TLS")
        if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
            return _TryAgainError(self._fault("timeout", f"no whole answer within {self._seconds} s"))
        if isinstance(
            error,
            requests.exceptions.InvalidURL
            | requests.exceptions.InvalidHeader
            | requests.exceptions.InvalidSchema,
        ):
            return self._fault("unreachable", "the address or a header isn't valid")
        return _TryAgainError(self._fault("unreachable", "no connection, or it broke"))

    def _is_worth_waiting(self, error: BaseException) -> bool:
        return isinstance(error, _TryAgainError) and (error.after or 0) <= self._limits.longest_wait

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgainError) and error.after is not None:
            return error.after
        backoff = tenacity.wait_random_exponential(
            multiplier=self._limits.first_wait, max=self._limits.longest_wait
        )
        return self._limits.first_wait / 2 + backoff(state)

    def _read_json(self, headers: Mapping[str, str], body: bytes) -> Any:
        charset = re.search(r"charset=[\"']?([\w.:-]+)", headers.get("Content-Type", ""), re.IGNORECASE)
        encoding = charset[1] if charset else json.detect_encoding(body)
        try:
            return json.loads(
                body.decode(encoding), parse_float=_plain, parse_int=JsonNumber, parse_constant=JsonNumber
            )
        except (ValueError, LookupError, RecursionError):
            pass
        raise self._fault("bad_json", "the answer isn't JSON")

    def _ask_token(self) -> tuple[str, float]:
        """Get a token by client credentials (RFC 6749): client id and secret are login and password."""
        given = self._connection
        where = str(given.extra.get("token_url") or self._auth_settings.token_path or "")
        url = self._allowed.check(where if "://" in where else f"{self.base}/{where.lstrip('/')}")
        form = {"grant_type": "client_credentials"}
        if self._auth_settings.scope:
            form["scope"] = self._auth_settings.scope
        header = {"Authorization": basic_header(given.login, given.password)}
        status, headers, body, *_ = self._send("POST", url, data=form, headers=header, auth=_sign_nothing)
        answer = self._read_json(headers, body) if status == 200 else None
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise self._fault("token_refused", f"the token service answers {status}")
        seconds = str(answer.get("expires_in") or "300")
        return answer["access_token"], float(seconds) if seconds.replace(".", "", 1).isdigit() else 300.0

    def _fault(self, code: str, detail: str = "") -> SourceUnavailableError:
        return SourceUnavailableError(code, self._conn_id, detail)


def _sign_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _plain(number: str) -> str:
    """Return a number's digits as written; an exponent is spelt out unless that would fill the memory."""
    if "e" not in number and "E" not in number:
        return JsonNumber(number)
    value = Decimal(number)
    return JsonNumber(format(value, "f") if abs(value.adjusted()) <= _LONGEST_EXPONENT else number)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, as a number or a date; None where it asks nothing."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()) if text else None
    except ValueError:
        return None
