"""An adversary who misuses connections: each is served or cut, and other clients do not notice."""

import socket
import struct
from contextlib import ExitStack

import httpx2
import pytest

from tests.serving.abuse.target import (
    MEGABYTE,
    SOUP,
    TOKEN,
    WEBSOCKET,
    Target,
    received,
    request,
    statuses_in,
)


def test_head_sends_no_body_over_the_wire(target: Target) -> None:
    with target.connected() as sock:
        sock.sendall(request(headers=TOKEN + b"Connection: close\r\n", method=b"HEAD"))
        answer = received(sock)

    assert statuses_in(answer) == [200]
    assert answer.endswith(b"\r\n\r\n")


def test_requests_sent_at_once_are_answered_in_their_order(target: Target) -> None:
    requests = [
        request(),
        request(b"/nothing"),
        request(headers=b""),
        request(method=b"HEAD"),
        request(),
    ] * 50

    with target.connected() as sock:
        sock.sendall(b"".join(requests) + request(headers=b"Connection: close\r\n"))
        answer = received(sock)

    assert statuses_in(answer) == [200, 404, 401, 200, 200] * 50 + [401]


def test_nothing_is_answered_after_connection_close(target: Target) -> None:
    statuses = target.statuses(request(headers=TOKEN + b"Connection: close\r\n") + request(b"/nothing"))

    assert statuses == [200]


@pytest.mark.parametrize("garbage", [SOUP, b"GET / HTTP/9.9\r\n\r\n", b"\x00", b"XXXX\r\n\r\n"])
def test_garbage_after_requests_is_refused_in_its_turn(target: Target, garbage: bytes) -> None:
    statuses = target.statuses(request() * 10 + garbage)

    assert statuses == [200] * 10 + [400]


def test_unread_body_does_not_spoil_the_next_request(target: Target) -> None:
    with target.connected() as sock:
        sock.sendall(request(method=b"POST", headers=b"Content-Length: %d\r\n" % (5 * MEGABYTE)))
        sock.sendall(b"x" * 5 * MEGABYTE + request(headers=TOKEN + b"Connection: close\r\n"))
        answer = received(sock)

    assert statuses_in(answer) == [405, 200]


def test_half_requests_do_not_delay_others_and_can_be_finished(
    target: Target, bystander: httpx2.Client
) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(target.connected()) for _ in range(100)]
        sent = [sock.send(request()[:-2] + b"X-A: a") for sock in slow]
        reply = bystander.get("/__mock/health")
        slow[-1].sendall(b"\r\nConnection: close\r\n\r\n")
        answer = received(slow[-1])

    assert min(sent) > 0
    assert reply.status_code == 200
    assert statuses_in(answer) == [200]


def test_request_in_single_bytes_is_served(target: Target) -> None:
    data = request(headers=TOKEN + b"Connection: close\r\n")

    with target.connected() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = [sock.send(data[n : n + 1]) for n in range(len(data))]
        answer = received(sock)

    assert sum(sent) == len(data)
    assert statuses_in(answer) == [200]


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(WEBSOCKET, id="websocket"),
        pytest.param(b"h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", id="HTTP/2, as Java asks for"),
        pytest.param(b"\xff", id="nonsense"),
    ],
)
def test_upgrade_is_passed_over_and_the_connection_serves_on(target: Target, protocol: bytes) -> None:
    with target.connected() as sock:
        sock.sendall(request(headers=TOKEN + b"Connection: Upgrade\r\nUpgrade: %b\r\n" % protocol))
        first = sock.recv(MEGABYTE)
        sock.sendall(request(headers=TOKEN + b"Connection: close\r\n"))
        rest = received(sock)

    assert statuses_in(first + rest) == [200, 200]


def test_websocket_frames_are_refused(target: Target) -> None:
    with target.connected() as sock:
        sock.sendall(request(headers=TOKEN + b"Connection: Upgrade\r\nUpgrade: %b\r\n" % WEBSOCKET))
        first = sock.recv(MEGABYTE)
        sock.sendall(b"\x81\x85\x00\x00\x00\x00hello")
        rest = received(sock)

    assert statuses_in(first + rest) == [200, 400]


@pytest.mark.parametrize("count", [1, 3])
def test_client_that_resets_its_connection_affects_no_other(target: Target, count: int) -> None:
    with target.connected() as sock:
        sock.sendall(request() * count)
        # With a linger of 0 s, closing sends a reset.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("count", [1, 100])
def test_client_that_leaves_during_its_answer_affects_no_other(
    target: Target, bystander: httpx2.Client, count: int
) -> None:
    with target.connected() as sock:
        # With a small window the server soon has to wait before it can write more.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(request(b"/openapi.json?revision=all") * count)
        first = sock.recv(100)
        # Other clients are answered while the server waits for the first one.
        assert [bystander.get("/__mock/health").status_code for _ in range(3)] == [200] * 3

    assert statuses_in(first) == [200]
