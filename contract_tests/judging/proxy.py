"""A reverse proxy that plants a mutant in a server's answers."""

import asyncio
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import msgspec

from contract_tests.asking import labels
from contract_tests.asking.address import is_loopback_host
from contract_tests.asking.codings import Decoder, UnreadableError
from contract_tests.asking.contents import content_label
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.labels import request_label, token_label
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.instants import now
from contract_tests.interrupts import was_interrupted
from contract_tests.masking import masked, sender_of
from contract_tests.mutants.mutant import Mutant
from contract_tests.operations import MAP
from contract_tests.recording import rows
from contract_tests.serving.pacing import PacedProtocol
from contract_tests.serving.refused import is_cut, refusal_of
from contract_tests.serving.server import StrictServer
from contract_tests.serving.strict_http import TIMEOUTS, Timeouts

Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Headers that belong to one connection (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
# The proxy sets these request headers itself, because it can plant a fault only in a body that it can decode.
_OWN = frozenset({b"host", b"content-length", b"accept-encoding", b"expect"})
_TIMEOUT = 30.0
_MOST_BYTES = 32 * 1024 * 1024
_MOST_MET = 100_000
_GRACE_SECONDS = 1
# The time for which a cancelled request may close its connection to the upstream server.
_CLOSING_SECONDS = 5
# A segment `.` or `..`, with or without escapes.
_UPWARDS = re.compile(rb"(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[/\\]|%2f|%5c)", re.IGNORECASE)


class _ProxyError(Exception):
    """An error for a request that is not forwarded: a status, and a sentence for people."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Reply:
    """The answer of the upstream server.

    `is_readable` is False if the body has a content coding that cannot be decoded.
    """

    status: int
    headers: Headers
    body: bytes
    is_readable: bool = True


class Proxy:
    """An ASGI application that forwards requests to an upstream server and plants a mutant in the answers."""

    def __init__(self, base: str, mutant: Mutant, credentials: Credentials, *, is_exposed: bool) -> None:
        """`base` is the API's base URL; `credentials` give the role of each token.

        Unless `is_exposed` is true, the proxy accepts only a loopback `Host`, so that a web page whose name
        resolves to this machine cannot read answers.
        """
        parts = urlsplit(base)
        self._upstream = httpx2.URL(f"{parts.scheme}://{parts.netloc}")
        self._base = parts.path.encode()
        self._mutate = mutant.make()
        self._credentials = credentials
        self._is_exposed = is_exposed
        self._met: set[str] = set()
        self._is_stopped = False
        # Redirects are forwarded, not followed. Proxies that the environment names are not used.
        self._http = httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False)

    @property
    def path(self) -> str:
        """The path of the API's base URL."""
        return self._base.decode()

    def stop(self) -> None:
        """Lets all requests end without an answer if they are cancelled from now on."""
        self._is_stopped = True

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one HTTP request; other ASGI scopes are ignored."""
        if scope["type"] != "http":
            return
        try:
            self._check(scope)
            reply = await self._answered(scope, await _body_of(scope, receive))
        except _ProxyError as error:
            reply = _told(error)
        except asyncio.CancelledError:
            if not self._is_stopped:
                raise
            return
        is_bare = scope["method"] == "HEAD" or reply.status in (204, 304)
        length = [] if reply.status in (204, 304) else [(b"content-length", b"%d" % len(reply.body))]
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, *length]}
        )
        await send({"type": "http.response.body", "body": b"" if is_bare else reply.body})

    def _check(self, scope: Mapping[str, Any]) -> None:
        """Raises _ProxyError for a request that is not forwarded."""
        _check_refusal(scope)
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        if not self._is_exposed and not is_loopback_host(host):
            raise _ProxyError(403, "The Host header must name this machine, such as localhost.")
        path = scope["raw_path"]
        is_below = path == self._base or path.startswith(self._base.rstrip(b"/") + b"/")
        if not is_below or _UPWARDS.search(path):
            raise _ProxyError(404, f"Only requests to the API are forwarded; it is below {self.path}.")

    async def _answered(self, scope: Mapping[str, Any], body: bytes) -> _Reply:
        """Returns the reply to a request, with the mutant's fault in it. Raises _ProxyError.

        HEAD is sent as GET, so that both have the same headers.
        """
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        sent = now()
        try:
            async with asyncio.timeout(_TIMEOUT):
                reply = await self._asked(method, scope, body)
        except TimeoutError:
            raise _ProxyError(504, f"{self._upstream} has not answered within {_TIMEOUT:g} s.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            problem = str(error).rstrip(".") or type(error).__name__
            raise _ProxyError(502, f"There is no answer from {self._upstream}: {problem}.") from None
        if not reply.is_readable:
            return reply
        exchange = self._exchange(method, scope, body, sent, reply)
        if exchange.operation is None and method != "GET":
            return reply
        self._remember(exchange)
        mutated = self._mutate(exchange)
        headers = _changed(reply.headers, exchange.headers, mutated.headers)
        return replace(reply, status=mutated.status, headers=headers, body=mutated.body)

    async def _asked(self, method: str, scope: Mapping[str, Any], body: bytes) -> _Reply:
        """Returns the answer of the upstream server, decoded if possible."""
        query = scope["query_string"]
        target = self._upstream.copy_with(raw_path=scope["raw_path"] + (b"?" + query if query else b""))
        headers = [*_passed(scope["headers"], _OWN), (b"accept-encoding", b"identity")]
        async with self._http.stream(method, target, headers=headers, content=body or None) as reply:
            codings = reply.headers.get_list("content-encoding", split_commas=True)
            passed = _passed(reply.headers.raw, frozenset({b"content-length"}))
            raw = await _read(reply)
        try:
            decoded = _decoded(raw, codings)
        except UnreadableError:
            return _Reply(reply.status_code, passed, raw, is_readable=False)
        return _Reply(reply.status_code, _passed(passed, frozenset({b"content-encoding"})), decoded)

    def _exchange(
        self, method: str, scope: Mapping[str, Any], body: bytes, sent: int, reply: _Reply
    ) -> Exchange:
        path = scope["raw_path"].decode("latin-1")
        match = document().matches(method, path.removeprefix(self.path.rstrip("/")))
        operation = match.operation.id if match else None
        parameters = match.parameters if match else {}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, credential = given.decode("latin-1").partition(" ")
        token = (credential.strip() if scheme.lower() == "bearer" else "") or None
        website_id = parameters.get("websiteId") or query.get("websiteId")
        takes_website = match is None or match.operation.parameter("websiteId") is not None
        found = {token_label(token, website_id, self._credentials, takes_website=takes_website)}
        visitor_id = parameters.get("visitorId")
        if operation is not None and found <= {labels.OK, labels.ACCOUNT}:
            label = request_label(operation, query, visitor_id, self._credentials)
            if label is None and match is not None:
                label = content_label(match.operation, query, body, reply.status, self._credentials)
            # A request that a correct server refuses must not get the label of a success.
            found = {label} if label in labels.REFUSED else found | ({label} if label else set())
        if visitor_id and visitor_id.lower() in self._met:
            found.add(labels.MET)
        return Exchange(
            method=method,
            url=path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""),
            operation=operation,
            labels=frozenset(found),
            sent=sent,
            trip=max(now() - sent, 0),
            status=reply.status,
            headers={name.decode("latin-1").lower(): text.decode("latin-1") for name, text in reply.headers},
            body=reply.body,
            token=masked(token) if token is not None else None,
            sender=sender_of(token) if token is not None else None,
            path=parameters,
            successes=match.operation.successes if match else frozenset(),
            request_body=body,
        )

    def _remember(self, exchange: Exchange) -> None:
        """Keeps the ids of the visitors on a map, because requests for their profiles get a label."""
        if exchange.operation == MAP and len(self._met) < _MOST_MET:
            ids = (row.get("visitorId") for row in rows(exchange.data, "visitors"))
            self._met.update(visitor_id.lower() for visitor_id in ids if isinstance(visitor_id, str))


def _check_refusal(scope: Mapping[str, Any]) -> None:
    """Raises _ProxyError for a request that breaks a rule of HTTP itself, as far as it is read."""
    refusal = refusal_of(scope)
    if refusal is not None:
        raise _ProxyError(refusal.kind.status, refusal.message)


async def _body_of(scope: Mapping[str, Any], receive: Receive) -> bytes:
    """Returns the whole body of a request. Raises _ProxyError if it is invalid, cut, slow or too long."""
    body, is_more = bytearray(), True
    while is_more:
        message = await receive()
        _check_refusal(scope)
        if message["type"] == "http.disconnect" or is_cut(scope):
            raise _ProxyError(400, "The request ends before its body does.")
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
        if len(body) > _MOST_BYTES:
            raise _ProxyError(413, f"The request is longer than {_MOST_BYTES >> 20} MB.")
    return bytes(body)


async def _read(reply: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in reply.aiter_raw():
        body += part
        if len(body) > _MOST_BYTES:
            raise _ProxyError(502, f"The answer is longer than {_MOST_BYTES >> 20} MB.")
    return bytes(body)


def _decoded(raw: bytes, codings: list[str]) -> bytes:
    """Returns the decoded body. Raises UnreadableError, and _ProxyError if it is too long."""
    decoder, body = Decoder(codings), bytearray()
    for part in decoder.decode(raw):
        body += part
        if len(body) > _MOST_BYTES:
            raise _ProxyError(502, f"The answer is longer than {_MOST_BYTES >> 20} MB.")
    decoder.end()
    return bytes(body)


def _passed(headers: Iterable[tuple[bytes, bytes]], own: frozenset[bytes]) -> Headers:
    """Returns the headers to forward: all but the headers in `own` and the headers of the connection."""
    given = list(headers)
    named = b",".join(value for name, value in given if name.lower() == b"connection")
    left = own | _HOP_BY_HOP | {word.strip().lower() for word in named.split(b",")}
    return [(name, value) for name, value in given if name.lower() not in left]


def _changed(lines: Headers, before: Mapping[str, str], after: Mapping[str, str]) -> Headers:
    """Returns the header lines with the changes that a mutant made."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    kept = [(name, value) for name, value in lines if name.decode("latin-1").lower() not in changed]
    return [*kept, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in changed.items())]


def _told(error: _ProxyError) -> _Reply:
    """Returns an error of the proxy as a problem document (RFC 9457)."""
    body = msgspec.json.encode(
        {"title": "datafast-mock mutate", "status": error.status, "detail": error.detail}
    )
    return _Reply(error.status, [(b"content-type", b"application/problem+json")], body)


class ProxyServer(StrictServer[PacedProtocol]):
    """A server that runs a proxy, and announces its address as soon as it listens."""

    def __init__(self, proxy: Proxy, tell: Callable[[str], None], timeouts: Timeouts = TIMEOUTS) -> None:
        """`tell` is called with the address."""
        super().__init__(proxy, PacedProtocol, timeouts)
        self._proxy = proxy
        # The address is announced without `/api/v1`, because clients add the usual path themselves.
        self._path = "" if proxy.path == "/api/v1" else proxy.path
        self._tell = tell

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Starts to listen, then announces the address."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if was_interrupted():
            # Python dropped the interrupt while the loop was being imported. By now uvicorn hears signals.
            self.should_exit = True
        elif self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._tell(f"http://{f'[{host}]' if ':' in host else host}:{port}{self._path}")

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Shuts down at a SIGHUP, too, unless it is ignored, as with `nohup`."""
        with super().capture_signals(), ExitStack() as stack:
            # Windows has no SIGHUP, and Python lets only the main thread set a handler.
            if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
                former = signal.getsignal(signal.SIGHUP)
                if former is not signal.SIG_IGN:
                    signal.signal(signal.SIGHUP, self.handle_exit)
                    stack.callback(signal.signal, signal.SIGHUP, former)
            yield

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Ends all requests after a second, or at a second interrupt.

        uvicorn would log a traceback for each of them.
        """
        end = asyncio.create_task(self._end_after(_GRACE_SECONDS))
        await super().shutdown(sockets)  # type: ignore[arg-type]
        end.cancel()
        await self._end_after(0)

    async def _end_after(self, seconds: float) -> None:
        """Aborts all connections after some seconds, and cancels their requests once that has happened."""
        await asyncio.sleep(seconds)
        self.abort()
        while self.server_state.connections:
            await asyncio.sleep(0.01)
        self._proxy.stop()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSING_SECONDS)
