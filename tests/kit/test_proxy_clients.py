"""`datafast-mock mutate`: a client that is slow, or that leaves, does not keep a connection forever."""

import re
import socket
import time
from collections.abc import Iterator

import pytest

from contract_tests.asking.credentials import load_credentials
from contract_tests.judging.proxy import Proxy, ProxyServer
from contract_tests.mutants import all_mutants
from contract_tests.serving.strict_http import Timeouts
from tests.serving.pairs import connected, served

_HEAD = "POST /api/v1/goals HTTP/1.1\r\nHost: localhost\r\n"
# The proxy refuses this request itself, so it needs no upstream server.
_REFUSED = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def hasty() -> Iterator[str]:
    """A proxy with short timeouts, before an upstream server that does not exist."""
    proxy = Proxy("http://127.0.0.1:9/api/v1", all_mutants()[0], load_credentials("mock"), is_exposed=False)
    with served(ProxyServer(proxy, lambda _: None, timeouts=Timeouts(idle=0.6, request=0.3))) as server:
        yield server


@pytest.mark.parametrize(
    ("sent", "statuses", "least"),
    [
        pytest.param("", [], 0.6, id="nothing"),
        pytest.param("\r\n", [], 0.6, id="a line end"),
        pytest.param(_REFUSED, [404], 0.6, id="one request"),
        pytest.param("G", [408], 0.3, id="one byte"),
        pytest.param(_HEAD, [408], 0.3, id="half a head"),
        pytest.param(f"{_REFUSED}{_REFUSED}{_HEAD}", [404, 404, 408], 0.3, id="half a head behind requests"),
        pytest.param(f"{_HEAD}Content-Length: 9\r\n\r\n", [408], 0.3, id="no body"),
        pytest.param(f"{_HEAD}Content-Length: 9\r\n\r\nabc", [408], 0.3, id="half a body"),
        pytest.param(f"{_HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc", [408], 0.3, id="half a chunk"),
    ],
)
def test_a_client_that_is_too_slow_is_told_so(
    hasty: str, sent: str, statuses: list[int], least: float
) -> None:
    began = time.monotonic()
    with connected(hasty) as sock:
        sock.sendall(sent.encode())
        answer = _rest(sock)

    assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)] == statuses
    assert time.monotonic() - began >= least


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param("GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, id="no good Host"),
        pytest.param(f"{_HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n", 501, id="another coding"),
        pytest.param(f"GET /{'x' * 40_000} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, id="a long URL"),
        pytest.param(f"{_HEAD}X: {'x' * 40_000}\r\n\r\n", 431, id="long headers"),
        pytest.param("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 400, id="CONNECT"),
        pytest.param("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, id="asterisk"),
        pytest.param("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, id="a URL"),
        pytest.param("\x16\x03\x01\x02\x00\x01", 400, id="TLS"),
    ],
)
def test_a_request_that_breaks_a_rule_of_http_is_told_of_it(hasty: str, sent: str, status: int) -> None:
    with connected(hasty) as sock:
        sock.sendall(sent.encode("latin-1"))
        sock.shutdown(socket.SHUT_WR)
        answer = _rest(sock)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\ncontent-type: application/problem+json\r\n" in answer


def _rest(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(1 << 16), b""))
