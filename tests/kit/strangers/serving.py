"""A stranger as a server on a real socket."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.kit.strangers.plain import Stranger


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stranger: Stranger

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        base, path = parts.path[:7], parts.path[7:]
        stranger = self.stranger
        headers = dict(self.headers.items())
        if base != "/api/v1":
            answer = stranger.unknown_route(path)
        elif method == "GET":
            answer = stranger.answer(path, query, headers)
        else:
            answer = stranger.written(method, path, query, headers, body)
        self.send_response_only(answer.status)
        date = stranger.date(stranger.now())
        for name, value in {**({"Date": date} if date else {}), **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = getattr(stranger, "closes", self.close_connection)

    def log_message(self, *_arguments: object) -> None:
        """Logs nothing."""


@contextmanager
def running(stranger: Stranger, *, after: float = 0) -> Iterator[str]:
    """Serves a stranger until the block ends; yields the API's base URL.

    For the first `after` seconds the port is bound, but refuses connections.
    """
    handler = type("Handler", (_Handler,), {"stranger": stranger})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler, bind_and_activate=False) as server:
        server.daemon_threads = True
        server.server_bind()

        def serve() -> None:
            time.sleep(after)
            server.server_activate()
            listening.set()
            server.serve_forever(0.02)

        listening = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        if not after:
            listening.wait()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1"
        finally:
            server.shutdown()
            thread.join()
