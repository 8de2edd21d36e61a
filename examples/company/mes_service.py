"""The plants' manufacturing execution system, as a real HTTP service on the loopback interface.

`python -m examples.company.mes_service --port 8099 --token secret` serves until it is ended.

`GET /v1/output?from=2026-01-01&to=2026-02-01&page=1&size=500` with `Authorization: Bearer <token>` answers
`{"total": n, "page": 1, "size": 500, "items": [...]}`: days from `from` up to, not including, `to`
(either may be left out), oldest first; pages count from 1, and a page past the last is empty. A wrong token
is 401, a wrong parameter 400. `GET /health` needs no token.
"""

import argparse
import contextlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from examples.company.figures import build_figures

LARGEST_PAGE = 1000


class Service(ThreadingHTTPServer):
    """Serves `records` (sorted by day and plant) to who knows `token`. `server_port` is the port in use."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, token: str, records: list[dict[str, Any]] | None = None) -> None:
        made = build_figures().mes if records is None else records
        self.records = sorted(made, key=lambda record: (record["day"], record["plant"]["code"]))
        self.token = token
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one packet: no wait for the delayed acknowledgement
    server: Service

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/health":
            return self._answer(200, {"status": "ok"})
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            return self._answer(401, {"error": "unauthorized"})
        if url.path != "/v1/output":
            return self._answer(404, {"error": "no such resource"})
        try:
            return self._answer(200, self._page(dict(parse_qsl(url.query))))
        except ValueError:
            return self._answer(400, {"error": "page and size are numbers from 1 to 1000"})

    def _page(self, asked: dict[str, str]) -> dict[str, Any]:
        page, size = int(asked.get("page", 1)), int(asked.get("size", 100))
        if page < 1 or not 1 <= size <= LARGEST_PAGE:
            raise ValueError(asked)
        first, end = asked.get("from", ""), asked.get("to", "") or "9999"
        found = [record for record in self.server.records if first <= record["day"] < end]
        return {
            "total": len(found),
            "page": page,
            "size": size,
            "items": found[(page - 1) * size : page * size],
        }

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent: the demo shows its own progress."""


def serve(port: int, token: str) -> None:
    """Serve until interrupted; print the address once the port is open (0 takes a free one)."""
    with Service(port, token) as service:
        print(f"http://127.0.0.1:{service.server_port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            service.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", required=True)
    arguments = parser.parse_args()
    serve(arguments.port, arguments.token)
