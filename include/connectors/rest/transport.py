"""The only way out to a service: sockets go to checked addresses, and are shut when an answer's time is over."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from include.batch import Connection
from include.connectors.rest.addresses import AllowedHosts
from include.errors import ConfigurationError

_under_way = ContextVar("_under_way", default=False)


def _is_foreign(_: logging.LogRecord) -> bool:
    """Keep the HTTP library quiet about our requests: it writes whole URLs, in which cursors can be secrets."""
    return not _under_way.get()


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_is_foreign)


class Gate:
    """Opens every socket of one client, and knows the one in use.

    A name is resolved once, all its addresses are checked, and the connection is opened to one of these very
    addresses: what the name leads to a moment later doesn't count. Certificates are still checked by name.
    """

    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed
        self.in_use: socket.socket | None = None

    def open(self, connection: HTTPConnection, scheme: str) -> socket.socket:
        """Return a connected socket for `connection`.

        Raises RefusedError: `host_not_allowed`, or `address_not_allowed` where one of the name's addresses
        isn't listed.
        """
        host, port = connection.host.strip("[]"), connection.port
        if not self._allowed.allows_origin(scheme, host, port):
            raise self._allowed.refusal("host_not_allowed", f"{scheme}://{host}:{port}")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise NameResolutionError(host, connection, socket.gaierror()) from None
        for *_, place in found:
            if not self._allowed.allows_address(str(place[0]), port):
                raise self._allowed.refusal("address_not_allowed", f"{host}: {place[0]}")
        return _connect(connection, found)

    @contextmanager
    def limit(self, seconds: float) -> Iterator[threading.Event]:
        """Shut the socket in use after `seconds`, however little at a time comes; the event tells that it was.

        Meanwhile the HTTP library logs nothing.
        """
        over = threading.Event()
        self.in_use = None
        timer = threading.Timer(seconds, self._shut, [over])
        timer.daemon = True
        timer.start()
        quiet = _under_way.set(True)
        try:
            yield over
        finally:
            _under_way.reset(quiet)
            timer.cancel()

    def _shut(self, over: threading.Event) -> None:
        over.set()
        if self.in_use is not None:
            with suppress(OSError):  # not by TLS's own shutdown, which another thread is reading through
                socket.socket.shutdown(self.in_use, socket.SHUT_RDWR)


def open_session(gate: Gate, connection: Connection) -> requests.Session:
    """Return a session whose requests all go through `gate`.

    The environment's proxies and `.netrc` don't count. The authorities to trust are those of `ca_file` in the
    connection's extras, else of REQUESTS_CA_BUNDLE, else the usual ones. Raises ConfigurationError where that
    file isn't there.
    """
    session = _Session()
    session.trust_env = False
    trusted = str(connection.extra.get("ca_file") or os.environ.get("REQUESTS_CA_BUNDLE") or "")
    if trusted and not os.path.exists(trusted):  # noqa: PTH110 - a file or a folder, as OpenSSL reads it
        raise ConfigurationError(
            [f"connection {connection.conn_id}: no file {trusted} with the authorities to trust (ca_file)"]
        )
    session.verify = trusted or True
    session.mount("https://", _Adapter(gate))
    session.mount("http://", _Adapter(gate))
    return session


class _Session(requests.Session):
    """Leaves redirects to its user: Requests would read the body of one, of any size, and parse where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class _Adapter(HTTPAdapter):
    """Requests' adapter with connections that the gate opens."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)

        class Plain(_Watched):
            gate = self._gate

        class Tls(_Watched, HTTPSConnection):
            gate = self._gate

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}


class _Watched(HTTPConnection):
    """A connection that tells its gate which socket is in use."""

    gate: Gate

    def _new_conn(self) -> socket.socket:
        self.gate.in_use = self.gate.open(self, "https" if isinstance(self, HTTPSConnection) else "http")
        return self.gate.in_use

    def connect(self) -> None:
        super().connect()
        self.gate.in_use = self.sock

    def request(self, *arguments: Any, **more: Any) -> None:
        self.gate.in_use = self.sock  # one that was kept open; else `connect` is on its way
        super().request(*arguments, **more)


def _connect(connection: HTTPConnection, found: list[Any]) -> socket.socket:
    """Return a socket to the first address that answers."""
    late = False
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
    until = time.monotonic() + seconds
    for family, kind, protocol, _, place in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(place)
        except OSError as error:
            sock.close()
            late = late or isinstance(error, TimeoutError)
        else:
            return sock
    if late:
        raise ConnectTimeoutError(connection, "no address answers in time")
    raise NewConnectionError(connection, "no address accepts the connection")
