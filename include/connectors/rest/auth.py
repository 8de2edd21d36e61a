"""How a request proves who it is: each secret comes from the connection and goes into a header only."""

import base64
import time
from collections.abc import Callable

from requests import PreparedRequest
from requests.auth import AuthBase

from include.batch import Connection
from include.catalogue.models import Auth
from include.errors import ConfigurationError

TokenSource = Callable[[], tuple[str, float]]
"""Asks the token service; returns the token and for how many seconds it is good."""

_EARLY_SECONDS = 30


class HeaderAuth(AuthBase):
    """Sets one header, or none; given even where nothing is set, so that no `.netrc` steps in."""

    renewable = False

    def __init__(self, name: str = "", value: str = "") -> None:
        self._name, self._value = name, value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header to `request`."""
        if self._name:
            request.headers[self._name] = self._value
        return request

    def refresh(self) -> None:
        """Fetch a token where one is needed; nothing to fetch here."""

    def renew(self) -> None:
        """Forget a token that was refused; nothing to forget here."""


class TokenAuth(HeaderAuth):
    """A bearer token fetched when first needed, and again shortly before it runs out or after `renew`."""

    renewable = True

    def __init__(self, ask: TokenSource) -> None:
        super().__init__("Authorization")
        self._ask, self._good_until = ask, 0.0

    def refresh(self) -> None:
        """Fetch a token where there is none, or it is about to run out."""
        if time.monotonic() >= self._good_until:
            asked_at = time.monotonic()
            token, seconds = self._ask()
            self._value = f"Bearer {token}"
            self._good_until = asked_at + max(seconds - _EARLY_SECONDS, seconds / 2)

    def renew(self) -> None:
        """Forget the token."""
        self._good_until = 0.0


NO_AUTH = HeaderAuth()
"""Signs nothing: for the token service, and for hosts other than the connection's own."""


def make_auth(auth: Auth, connection: Connection, ask: TokenSource) -> HeaderAuth:
    """Return what signs the requests of `connection`.

    `basic` uses login and password; `bearer` and `header` the extra `token`, else the password;
    `oauth2_client` asks `ask` for tokens. Raises ConfigurationError where the connection lacks the secret.
    """
    who = f"connection {connection.conn_id}"
    if auth.kind == "none":
        return NO_AUTH
    if auth.kind == "oauth2_client":
        if not (connection.login and connection.password):
            raise ConfigurationError(
                [f"{who}: no client; set its id as the login, its secret as the password"]
            )
        return TokenAuth(ask)
    if auth.kind == "basic":
        if ":" in connection.login or not (connection.login or connection.password):
            raise ConfigurationError(
                [f"{who}: no login, or one with a colon; basic needs login and password"]
            )
        return HeaderAuth("Authorization", basic_header(connection.login, connection.password))
    token = str(connection.extra.get("token") or connection.password)
    if not token:
        raise ConfigurationError([f"{who}: no token; set it as the password, or as token in the extras"])
    if not fits_header(token):
        raise ConfigurationError([f"{who}: the token holds a line break or a foreign character"])
    return (
        HeaderAuth("Authorization", f"Bearer {token}")
        if auth.kind == "bearer"
        else HeaderAuth(auth.header, token)
    )


def basic_header(login: str, password: str) -> str:
    """Return the value of a basic Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def fits_header(token: str) -> bool:
    """Return whether `token` can stand in a header as it is."""
    return token.isascii() and token.isprintable() and token == token.strip()
