"""A server for pages of another origin than the mock's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLANK = "<!doctype html><html lang=en><link rel=icon href='data:,'><title>Another page</title>"


@contextmanager
def serving_page(html: str = BLANK) -> Iterator[str]:
    """Serves a page at every path of `http://127.0.0.1:…` until the block ends, and yields the address.

    At this address, the page has another origin than the mock, but the same site (host). At `http://localhost:…`
    it also has another site.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Writes nothing, as standard error belongs to pytest."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="another origin")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
