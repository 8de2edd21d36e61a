"""One service's HTTP client: bounded in time, size and tries, and bound to its hosts.

Codes of faults: `unreachable`, `timeout`, `tls_failed`, `http_<status>`, `bad_json`, `token_refused`,
`answer_failed`, `secret_repeated`, `changed_meanwhile`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from include.batch import Connection
from include.catalogue.models import RestSource
from include.connectors.rest.addresses import allowed_hosts, base_url, origin_of
from include.connectors.rest.auth import NO_AUTH, make_auth
from include.connectors.rest.bodies import parse_json
from include.connectors.rest.exchange import Exchange, Limits, Reply
from include.connectors.rest.paths import MISSING, compile_path
from include.connectors.rest.redacting import Secrets
from include.connectors.rest.tokens import TokenService
from include.connectors.rest.transport import Gate
from include.errors import SourceUnavailableError

_REDIRECTS = {301, 302, 303, 307, 308}
_SHOWN = 12


@dataclass(frozen=True)
class Answer:
    """A good answer: its JSON (numbers as their exact text), its headers and address, the Link header's `next`."""

    body: Any
    headers: Mapping[str, str]
    url: str
    next_link: str | None


class Client:
    """Requests to the service of one source. Use as a context manager."""

    def __init__(self, source: RestSource, connection: Connection, limits: Limits) -> None:
        request = source.request
        self._limits = limits
        self.base = base_url(connection)
        self._home = origin_of(self.base)
        self._allowed = allowed_hosts(source.hosts, self.base, connection.conn_id)
        self._secrets = Secrets(connection)
        self._success = source.success
        self._exchange = Exchange(
            Gate(self._allowed), connection, limits, request.timeout_seconds, request.total_timeout_seconds
        )
        tokens = TokenService(
            self._exchange, connection, request.auth, self.base, self._allowed, self._secrets
        )
        self._auth = make_auth(request.auth, connection, tokens.ask)
        self._exchange.session.headers.update({"User-Agent": "metric-ledger", "Accept": "application/json"})
        self._exchange.session.headers.update(request.headers)

    def __enter__(self) -> "Client":
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._exchange.session.close()

    @property
    def secrets(self) -> Secrets:
        """What no message may repeat."""
        return self._secrets

    def fault(self, code: str, detail: str = "") -> SourceUnavailableError:
        """Return the typed error of this service."""
        return self._exchange.fault(code, detail)

    def get(
        self, url: str, params: Mapping[str, Any] | None = None, *, ends: frozenset[int] = frozenset()
    ) -> Answer | None:
        """Return the JSON answer to GET `url`; None where its status is one of `ends`.

        Waits and tries again, within the limits, on lost connections, time-outs, 429 and 5xx; once with a new
        token on a 401. The credentials go to the connection's own scheme, host and port only. Raises
        SourceUnavailableError with a code of this module, RefusedError `host_not_allowed` where `url` or a
        redirect leads outside the source's hosts, `address_not_allowed`, and `limit_exceeded` for an answer
        over the size limit.
        """
        reply = self._follow(url, params)
        if reply.status == 401 and self._auth.renewable:
            self._auth.renew()
            reply = self._follow(url, params)
        if reply.status in ends:
            return None
        if reply.status != 200:
            away = "" if self._is_home(reply.url) else "on another host, which gets no credentials"
            raise self.fault(f"http_{reply.status}", away)
        return self._read(reply)

    def _follow(self, url: str, params: Mapping[str, Any] | None) -> Reply:
        for _ in range(self._limits.redirects + 1):
            auth = self._auth if self._is_home(self._allowed.check(url)) else NO_AUTH
            auth.refresh()
            reply = self._exchange.send("GET", url, params=params, auth=auth)
            if reply.status not in _REDIRECTS:
                break
            url, params = self.join(reply.url, reply.headers.get("Location", "")), None
        return reply

    def join(self, url: str, link: str) -> str:
        """Return where `link` in the answer of `url` leads; raise RefusedError `host_not_allowed` where nowhere."""
        try:
            return urljoin(url, link)
        except ValueError:
            pass
        raise self._allowed.refusal("host_not_allowed", "?")

    def _is_home(self, url: str) -> bool:
        return origin_of(url) == self._home

    def _read(self, reply: Reply) -> Answer:
        if self._secrets.stand_in(reply.body):
            raise self.fault("secret_repeated", "the answer holds the connection's own secret")
        try:
            body = parse_json(reply.headers, reply.body)
        except ValueError:
            body = MISSING
        if body is MISSING:
            raise self.fault("bad_json", "the answer isn't JSON, or says one thing twice")
        self._check_success(body)
        return Answer(body, reply.headers, reply.url, reply.next_link)

    def _check_success(self, body: Any) -> None:
        """Raise SourceUnavailableError `answer_failed` where the body itself tells of a fault."""
        if self._success is None:
            return
        told = compile_path(self._success.path).read(body)
        text = None if told in (MISSING, None) else str(told).lower() if isinstance(told, bool) else told
        if text in self._success.in_:
            return
        short = isinstance(text, str) and len(text) <= _SHOWN and text.isalnum()
        raise self.fault("answer_failed", f"{self._success.path} is {text if short else 'something else'}")
