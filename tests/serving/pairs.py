"""Servers with the fast path and without, and clients that send them the same bytes."""

import socket
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

import uvicorn
from starlette.types import Scope

from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import Service, load_service
from mock_server.serving.fast import FastAnswers
from mock_server.serving.plain import Answer
from mock_server.serving.server import bind, url_of
from tests.instants import INSTANT

REALTIME = "/api/v1/analytics/realtime"
MAP = "/api/v1/analytics/realtime/map"
VISITOR = "/api/v1/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
UNKNOWN = "/api/v1/visitors/00000000-0000-4000-8000-000000000000"


class Counting(FastAnswers):
    """A fast path that counts its answers to parsed requests and to those recognised by their bytes."""

    parsed = known = 0

    def again(self, raw: bytes) -> Answer | None:
        """Counts an answer to a request that is recognised by its bytes."""
        answer = super().again(raw)
        self.known += answer is not None
        return answer

    def answer(self, scope: Scope, raw: bytes | None = None) -> Answer | None:
        """Counts an answer to a parsed request."""
        answer = super().answer(scope, raw)
        self.parsed += answer is not None
        return answer

    def forget(self) -> None:
        """Removes all cached requests."""
        self._cached.clear()


class Pair(NamedTuple):
    """Two servers of one world: `fast` has the fast path, `usual` does not."""

    fast: str
    usual: str
    counts: Counting


def service() -> Service:
    """Returns a mock whose clock is frozen, also for rate limits."""
    still = load_service(Options(now=instant_of(INSTANT), speed=0))
    still.common.clock.set(is_frozen=True)
    return still


@contextmanager
def served(server: uvicorn.Server) -> Iterator[str]:
    """Runs a server for the length of the block, and yields its address."""
    with bind("127.0.0.1", 0) as sock:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield url_of(sock)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def connected(server: str) -> Iterator[socket.socket]:
    """Yields a connection to a server."""
    address = urlsplit(server)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60) as connection:
        # Without delay, bytes that are sent in pieces arrive in pieces.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def exchanged(server: str, *pieces: str) -> bytes:
    """Returns all bytes that a server sends. Each piece is sent when the server has read the previous one."""
    with connected(server) as connection:
        for piece in pieces[:-1]:
            connection.sendall(piece.encode("latin-1"))
            wait_until_read(server)
        connection.sendall(pieces[-1].encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def wait_until_read(server: str) -> None:
    """Waits until a server has read all bytes that were sent before.

    The server reads in one thread, so it has read them when it answers a request on another connection. This
    request is for the controls, because the tests do not count such requests.
    """
    for reply in answers(server, [asking("/__mock/health")] * 2):
        assert reply.startswith(b"200 ")


def answers(server: str, requests: Sequence[str]) -> Generator[bytes]:
    """Yields the answers to requests on one connection, each sent after the previous answer."""
    with connected(server) as connection:
        for request in requests:
            connection.sendall(request.encode("latin-1"))
            reply = HTTPResponse(connection, method=request.partition(" ")[0])
            reply.begin()
            yield f"{reply.status} {reply.reason}\r\n{reply.headers}".encode() + reply.read()
            if reply.will_close:
                return


def asking(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> str:
    """Returns the text of a request."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: mock", *headers, "", ""])


def closing(request: str) -> str:
    """Returns the request with a header that closes the connection after it."""
    return request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")


def both(pair: Pair, request: str, *, is_known: bool = True) -> bool:
    """Sends a request to both servers, and returns whether the fast path answered it.

    With `is_known`, a second equal request must then be recognised by its bytes; otherwise it must not.
    """
    parsed, known = pair.counts.parsed, pair.counts.known
    fast, usual = exchanged(pair.fast, closing(request)), exchanged(pair.usual, closing(request))
    assert fast == usual
    assert fast.startswith(b"HTTP/1.1 ")
    was_fast = pair.counts.parsed > parsed
    assert list(answers(pair.fast, [request] * 2)) == list(answers(pair.usual, [request] * 2))
    assert (pair.counts.known > known) == (was_fast and is_known)
    return was_fast


PLAIN = asking(REALTIME, "Authorization: Bearer df_test")
