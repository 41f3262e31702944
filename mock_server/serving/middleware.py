"""The ASGI middleware around every request: date and caching headers, CORS, refusals and the request log."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_tests.serving.refused import refusal_of
from contract_tests.tokens import without_tokens
from mock_server.faults.prefer import raw_preferences_of


class Stamp:
    """Adds the headers `Date` (the world's instant) and `Cache-Control` if an answer lacks them."""

    def __init__(self, app: ASGIApp, date: Callable[[], str]) -> None:
        """`date` returns the present instant of the world as the value of the `Date` header."""
        self._app = app
        self._date = date

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and adds the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                names = {name for name, _ in headers}
                if b"date" not in names:
                    headers.append((b"date", self._date().encode("ascii")))
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        await self._app(scope, receive, stamped)


class Cors(CORSMiddleware):
    """Starlette's CORS middleware, except that a refused request is not answered as a preflight."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers a preflight."""
        if refusal_of(scope) is None:
            await super().__call__(scope, receive, send)
        else:
            await self.simple_response(scope, receive, send, request_headers=Headers(scope=scope))


class Refusals:
    """Routes requests that break HTTP's rules to another application."""

    def __init__(self, app: ASGIApp, other: ASGIApp) -> None:
        """`other` gets the refused requests, `app` the rest."""
        self._app = app
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on to one of the two applications."""
        await (self._app if refusal_of(scope) is None else self._other)(scope, receive, send)


class Split:
    """Routes requests for the paths below a prefix to another application."""

    def __init__(self, app: ASGIApp, prefix: str, other: ASGIApp) -> None:
        """`other` gets the prefix and all paths below it, `app` the rest."""
        self._app = app
        self._prefix = prefix
        self._below = f"{prefix}/"
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on to one of the two applications."""
        path = scope["path"] if scope["type"] == "http" else ""
        is_other = path.startswith(self._below) or path == self._prefix
        await (self._other if is_other else self._app)(scope, receive, send)


class RequestLog:
    """Writes a line for each request: status, method, URL and duration. It never shows headers or tokens.

    A peek is not logged, so that the console's polling does not hide the client's requests.
    """

    def __init__(self, app: ASGIApp, stream: TextIO) -> None:
        """`stream` is flushed after each line."""
        self._app = app
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and writes its line at the end."""
        if scope["type"] != "http" or _is_peek(scope):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            took = (time.perf_counter() - started) * 1000
            # The mock goes on answering even if its log cannot be written.
            with suppress(OSError):
                print(
                    f"{status or '---'} {_line(scope)} {took:.1f} ms",
                    file=self._stream,
                    flush=True,
                )


def _is_peek(scope: Scope) -> bool:
    prefer = [value.decode("latin-1") for name, value in scope["headers"] if name == b"prefer"]
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return raw_preferences_of(prefer, query).is_peek


def _line(scope: Scope) -> str:
    """Returns the method and the URL of a request; of a request that could not be read, the problem."""
    refusal = refusal_of(scope)
    return f"({refusal})" if refusal and not scope.get("raw_path") else f"{scope['method']} {_url(scope)}"


def _url(scope: Scope) -> str:
    """Returns the URL as it was sent, in printable ASCII, with tokens masked."""
    raw = (scope.get("raw_path") or b"") + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    text = "".join(c if " " < c < "\x7f" else f"%{ord(c):02X}" for c in raw[:500].decode("latin-1"))
    return without_tokens(text) + ("…" if len(raw) > 500 else "")
