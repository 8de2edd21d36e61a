"""A real HTTP service that does what a test tells it: pages, tokens, storms, drips, cut connections."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Handler(BaseHTTPRequestHandler):
    """One request; a route answers through `reply`, or writes to the socket itself."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"
    query: dict[str, str]

    def do_GET(self) -> None:
        """Answer by the route of the path."""
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query))
        service = self.server.service
        length = int(self.headers.get("Content-Length") or 0)
        self.form = dict(parse_qsl(self.rfile.read(length).decode()))
        with service.lock:
            service.asked.append((parts.path, self.query, dict(self.headers)))
        service.routes[parts.path](self)

    def do_POST(self) -> None:
        """Answer by the route of the path."""
        self.do_GET()

    def reply(self, body: Any, status: int = 200, **headers: str) -> None:
        """Send `body`: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin(self, **headers: str) -> None:
        """Send the head of a good answer; the route writes its body."""
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drip(self, body: bytes, pause: float = 0.1) -> None:
        """Send a byte at a time, until the client has hung up."""
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(pause)

    def cut(self) -> None:
        """Announce more than is sent, and hang up."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"[{")
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    service: "Service"

    def handle_error(self, *_: Any) -> None:
        """Keep quiet: a client that hung up is no error of the service."""


@dataclass
class Service:
    """The running service: its address, its routes by path, and what it was asked."""

    port: int
    routes: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def in_turn(self, *answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
        """Return a route that gives `answers` one after the other, the last one for ever."""
        left = list(answers)

        def route(handler: Handler) -> None:
            with self.lock:
                answer = left.pop(0) if len(left) > 1 else left[0]
            answer(handler)

        return route


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Service]:
    """Run a service on a free loopback port, over TLS where its context is given."""
    server = _Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.service = Service(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.service
    finally:
        server.shutdown()
        server.server_close()
