"""Tunnels through the proxy: to the one host, in any pieces, and for as long as they may stay open."""

import re
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import pytest

from mock_server.serving.intercept.refusals import HOST, LONGEST_HEAD
from tests.credentials import bearer
from tests.serving.intercept.intercepting import (
    CONNECT,
    ESTABLISHED,
    PATH,
    SHORT,
    URL,
    Intercepting,
    absolute,
    heard,
    intercepting_command,
    proxy,
    said,
    tunnel,
)
from tests.timing import assert_less
from tests.waiting import eventually

HELLO = bytes.fromhex("160301020001000001fc0303")
Done = TypeVar("Done")


def test_one_tunnel_carries_many_requests_of_any_size(command: Intercepting) -> None:
    keys = ["df_test", "df_launch_day", "df_empty"]

    with command.client() as client:
        bodies = [client.get(PATH, headers=bearer(key)).content for key in keys]

    assert bodies == [command.direct(key) for key in keys]
    assert len(bodies[1]) > 1_000_000


def test_request_may_come_in_one_segment_with_the_end_of_the_handshake(command: Intercepting) -> None:
    # TLS lets a client speak as soon as it has sent its part of the handshake.
    body = b"{}".ljust(100_000)
    head = f"POST /api/v1/goals HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = command.trusting().wrap_bio(received, to_send, server_hostname=HOST)
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        sock.sendall(to_send.read())
        _until_done(client.do_handshake, sock, received)
        client.write(f"{head}Authorization: Bearer df_test\r\n\r\n".encode() + body)
        sock.sendall(to_send.read())
        answer = _until_done(lambda: client.read(65_536), sock, received)

    assert answer.startswith(b"HTTP/1.1 400 ")


def _until_done(step: Callable[[], Done], sock: socket.socket, received: ssl.MemoryBIO) -> Done:
    """Returns what a step of TLS returns as soon as enough bytes have come for it."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            received.write(sock.recv(65_536))


def test_many_tunnels_at_once(command: Intercepting) -> None:
    def ask(_number: int) -> bytes:
        with ExitStack() as stack:
            sock = tunnel(command, stack)
            sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return heard(sock)

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(ask, range(60)))

    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 401 Unauthorized"}


@pytest.mark.parametrize("target", [f"{HOST}:443", "DataFa.ST:443", f"{HOST}.:443"])
def test_the_one_host_is_let_in_however_it_is_spelt(command: Intercepting, target: str) -> None:
    assert said(command.proxy, f"CONNECT {target} HTTP/1.0\r\n\r\n".encode()) == ESTABLISHED


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        pytest.param("CONNECT example.com:443", 403, "sent to example.com:443", id="another host"),
        pytest.param(f"CONNECT {HOST}:80", 403, f"only answers for https://{HOST}", id="another port"),
        pytest.param(f"CONNECT {HOST}", 403, f"only answers for https://{HOST}", id="no port"),
        pytest.param(
            f"CONNECT {HOST}.example.com:443", 403, f"only answers for https://{HOST}", id="same beginning"
        ),
        pytest.param(
            f"CONNECT www.{HOST}:443", 403, f"only answers for https://{HOST}", id="a name below it"
        ),
        pytest.param("GET http://example.com/a", 403, "sent to http://example.com/a.", id="URL elsewhere"),
        pytest.param(
            "POST https://example.com:443", 403, f"only answers for https://{HOST}", id="URL without a path"
        ),
        pytest.param(
            f"GET https://{HOST}.example.com/",
            403,
            f"only answers for https://{HOST}",
            id="URL, same beginning",
        ),
        pytest.param(
            f"GET https://{HOST}@example.com/",
            403,
            f"only answers for https://{HOST}",
            id="URL, host as a user",
        ),
        pytest.param(
            f"GET https://example.com/https://{HOST}/", 403, "only answers", id="URL, host in the path"
        ),
        pytest.param(
            f"GET https://{HOST}:8443/", 403, f"only answers for https://{HOST}", id="URL, another port"
        ),
        pytest.param(
            f"GET ftp://{HOST}/", 403, f"only answers for https://{HOST}", id="URL of another scheme"
        ),
        pytest.param("GET /", 400, "a whole URL, not /", id="browser"),
    ],
)
def test_all_else_is_refused_in_a_sentence(
    command: Intercepting, head: str, status: int, reason: str
) -> None:
    lines = f"{head} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    answer = said(command.proxy, lines.encode()).decode()

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: text/plain" in answer.lower()
    assert "This is the proxy of `datafast-mock serve --intercept`" in answer
    assert reason in answer


@pytest.mark.parametrize("host", [HOST, "localhost"])
@pytest.mark.parametrize(
    "path",
    ["/__mock", "/__mock/keys", "/__mock/keys/", "/__mock/keys?limit=1", "/%5F_mock/keys", "/__mock//"],
)
def test_controls_are_not_reached_through_the_proxy(command: Intercepting, host: str, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    with ExitStack() as stack:
        sock = tunnel(command, stack)
        sock.sendall(request)
        answers = [heard(sock), said(command.proxy, request.replace(b"GET ", b"GET https://datafa.st"))]

    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"cannot be used through the proxy" in answer


def test_nothing_is_sent_to_a_refused_host(command: Intercepting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        answer = said(command.proxy, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())

        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert answer.startswith(b"HTTP/1.1 403 ")


def test_authority_vouches_for_no_other_name(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)

        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            command.trusting().wrap_socket(sock, server_hostname="example.com")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"\0" * 100], id="zeros"),
        pytest.param([HELLO], id="TLS to the proxy itself"),
        pytest.param([b"hello\r\n"], id="no request line"),
        pytest.param([b"CONNECT datafa.st:443 HTTP/1.1\n\n"], id="bare line feeds"),
        pytest.param([b"CONNECT datafa.st:443 SPDY/3\r\n\r\n"], id="another protocol"),
    ],
)
def test_garbage_is_closed_at_once_and_quietly(command: Intercepting, parts: list[bytes]) -> None:
    assert said(command.proxy, *parts) == b""
    # This proxy would wait for the rest of a head for longer than `said` waits for an answer.
    with proxy(3600) as address:
        assert said(address, *parts) == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"CONNECT " + b"a" * LONGEST_HEAD, 431, id="endless line"),
        pytest.param(CONNECT[:-2] + b"A: b\r\n" * 3000, 431, id="endless head"),
        pytest.param(CONNECT[:-2] + b"A: b\r\n" * 3000 + b"\r\n", 431, id="too long, and complete"),
        pytest.param(CONNECT + HELLO, 400, id="TLS before the answer"),
    ],
)
def test_head_that_cannot_be_used_is_answered(command: Intercepting, head: bytes, status: int) -> None:
    assert said(command.proxy, head).startswith(f"HTTP/1.1 {status} ".encode())


def test_head_may_come_in_pieces(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in CONNECT:
            sock.sendall(bytes([byte]))

        assert heard(sock) == ESTABLISHED


def test_bytes_inside_the_tunnel_that_are_not_tls_end_it(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)
        sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

        assert not heard(sock).startswith(b"HTTP")


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"CONNECT datafa.st", id="slow head"),
        pytest.param(CONNECT, id="no TLS after the answer"),
    ],
)
def test_client_that_keeps_it_waiting_is_cut(beginning: bytes) -> None:
    with proxy(SHORT) as address:
        began = time.monotonic()
        with socket.create_connection(address, timeout=30) as sock:
            sock.sendall(beginning)
            answer = _until_cut(sock)

    assert answer in (b"", ESTABLISHED)
    assert time.monotonic() - began > SHORT / 2


def _until_cut(sock: socket.socket) -> bytes:
    """Returns the bytes until the other side closes or resets the connection."""
    answer = b""
    try:
        while part := sock.recv(65_536):
            answer += part
    except ConnectionResetError:
        pass
    return answer


@pytest.mark.parametrize(
    "path", ["//__mock/keys", "/x/../__mock/keys", "/__MOCK/keys", "/__mock%2Fkeys", "*"]
)
def test_paths_that_resemble_the_controls_do_not_reach_them(command: Intercepting, path: str) -> None:
    request = f"GET https://{HOST}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()

    answer = said(command.proxy, request)

    assert re.match(rb"HTTP/1\.1 4\d\d ", answer)
    assert b"df_demo" not in answer


@pytest.mark.parametrize("beginning", [b"", absolute(URL)[:-2]], ids=["silent", "inside"])
def test_there_is_room_again_when_others_have_left(beginning: bytes) -> None:
    with proxy(60) as address:
        with socket.create_connection(address) as one, socket.create_connection(address) as other:
            one.sendall(beginning)
            other.sendall(beginning)
            refused = said(address, CONNECT)

        assert refused.startswith(b"HTTP/1.1 503 ")
        eventually(lambda: said(address, CONNECT) == ESTABLISHED)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_sigterm_ends_it_at_once_whatever_is_open(without: dict[str, dict[str, str]], loop: str) -> None:
    # A connection that is not closed at once is cut after a second, or after the proxy's timeout.
    assert_less(lambda: _seconds_to_end(without["uvloop"] if loop == "asyncio" else {}), 2)


def _seconds_to_end(environment: Mapping[str, str]) -> float:
    """Returns how long a mock takes to end while connections are open; asserts that it ends well."""
    with ExitStack() as stack:
        command = stack.enter_context(intercepting_command(environment=environment))
        folder = command.authority.parent
        tunnel(command, stack)
        asked = tunnel(command, stack)
        asked.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        asked.recv(10)
        for beginning in (b"", b"CONNECT ", CONNECT, absolute(URL), absolute(URL)[:-2], b"GET "):
            stack.enter_context(socket.create_connection(command.proxy)).sendall(beginning)
        sent = time.monotonic()
        command.process.send_signal(signal.SIGTERM)
        code = command.process.wait(60)
        took = time.monotonic() - sent

    assert code == 0
    assert not folder.exists()
    return took
