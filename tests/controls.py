"""A client of the controls of a running mock."""

from typing import Any

import httpx2

Json = Any


class Controls:
    """A client of `/__mock` at a server's address, `http://127.0.0.1:…`."""

    def __init__(self, server: str, **headers: str) -> None:
        self.client = httpx2.Client(base_url=f"{server}/__mock", headers=headers)

    def __enter__(self) -> "Controls":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, method: str, path: str, body: Json = None, **query: str | int) -> httpx2.Response:
        """Sends a request and returns the answer, whatever its status is."""
        sent = {} if body is None else {"json": body}
        return self.client.request(method, path, params=query, **sent)

    def get(self, path: str, **query: str | int) -> Json:
        """Sends a GET and returns the content of the answer, which must be a success."""
        return _content(self.ask("GET", path, **query))

    def mint(self, **settings: Json) -> str:
        """Mints a key and returns its token."""
        key: str = _content(self.ask("POST", "/keys", settings))["key"]
        return key

    def put(self, path: str, body: Json, **query: str | int) -> Json:
        """Sends a PUT and returns the content of the answer, which must be a success."""
        return _content(self.ask("PUT", path, body, **query))

    def patch(self, path: str, body: Json, **query: str | int) -> Json:
        """Sends a PATCH and returns the content of the answer, which must be a success."""
        return _content(self.ask("PATCH", path, body, **query))

    def post(self, path: str, body: Json, **query: str | int) -> Json:
        """Sends a POST and returns the content of the answer, which must be a success."""
        return _content(self.ask("POST", path, body, **query))


def _content(reply: httpx2.Response) -> Json:
    assert reply.is_success, f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text}"
    return reply.json() if reply.content else None
