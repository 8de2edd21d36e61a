"""Tokens by OAuth2 client credentials (RFC 6749)."""

from typing import Any

from include.batch import Connection
from include.catalogue.models import Auth
from include.connectors.rest.addresses import AllowedHosts
from include.connectors.rest.auth import NO_AUTH, HeaderAuth, basic_header, fits_header
from include.connectors.rest.bodies import parse_json
from include.connectors.rest.exchange import Exchange, Reply
from include.connectors.rest.redacting import Secrets
from include.errors import ConfigurationError

_SECONDS = 300.0
"""For how long a token counts whose service doesn't say."""


class TokenService:
    """Where a connection's tokens come from: `token_url` in its extras, else `token_path` on its own host.

    Only the connection can name another host, so that a source's file can't send the secret elsewhere.
    """

    def __init__(
        self,
        exchange: Exchange,
        connection: Connection,
        auth: Auth,
        base: str,
        allowed: AllowedHosts,
        secrets: Secrets,
    ) -> None:
        self._exchange, self._connection, self._auth = exchange, connection, auth
        self._base, self._allowed, self._secrets = base, allowed, secrets

    def ask(self) -> tuple[str, float]:
        """Return a new token and for how many seconds it is good.

        Client id and secret are the connection's login and password, sent as basic authorisation or, where
        `client_in` is `body`, as form fields. Raises SourceUnavailableError `token_refused`.
        """
        reply = self._exchange.send("POST", self._url(), data=self._form(), auth=self._sign())
        told = _read(reply) if reply.status == 200 else {}
        token, seconds = told.get("access_token"), str(told.get("expires_in") or _SECONDS)
        if not isinstance(token, str) or not token or not fits_header(token):
            raise self._exchange.fault("token_refused", f"the token service answers {reply.status}")
        self._secrets.add(token)
        return token, float(seconds) if seconds.replace(".", "", 1).isdecimal() else _SECONDS

    def _url(self) -> str:
        url = str(self._connection.extra.get("token_url") or "")
        path = self._auth.token_path or ""
        if "://" in path or not (url or path):
            raise ConfigurationError(
                [
                    f"connection {self._connection.conn_id}: no token service; write its path on the same host "
                    f"as token_path, or its whole address as token_url into the connection's extras"
                ]
            )
        return self._allowed.check(url or f"{self._base}/{path.lstrip('/')}")

    def _form(self) -> dict[str, str]:
        form = {"grant_type": "client_credentials"} | self._auth.token_params
        if self._auth.scope:
            form["scope"] = self._auth.scope
        if self._auth.client_in == "body":
            form |= {"client_id": self._connection.login, "client_secret": self._connection.password}
        return form

    def _sign(self) -> HeaderAuth:
        given = self._connection
        if self._auth.client_in == "body":
            return NO_AUTH
        return HeaderAuth("Authorization", basic_header(given.login, given.password))


def _read(reply: Reply) -> dict[str, Any]:
    try:
        told = parse_json(reply.headers, reply.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
