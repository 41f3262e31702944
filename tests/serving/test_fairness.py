"""No client makes the others wait, however many requests it sends at once."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.command import address_of, started
from tests.controls import Controls
from tests.quick import quick
from tests.serving.abuse.target import MEGABYTE, Target, received, request, statuses_in

MAP = b"/api/v1/analytics/realtime/map"
GOAL = b'{"datafast_visitor_id": "3f2b8c1e-0000-4000-8000-000000000001", "name": "signup"}'
MANY = 10_000
MOST_BEFORE = 100
"""The largest number of requests of one connection that are answered before another connection has a turn."""
MOST_KIB = 8 * 1024


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """A mock that is the target of the whole file."""
    with started("--port", "0") as process:
        yield Target(address_of(process), process.pid, Path(os.devnull))


@contextmanager
def stopped(target: Target) -> Iterator[None]:
    """Stops the process of a target for the length of the block, in which bytes wait in its sockets."""
    os.kill(target.process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(target.process, signal.SIGCONT)


def fill(sock: socket.socket, data: bytes) -> None:
    """Sends as many bytes as the socket takes at once."""
    sock.setblocking(False)
    with suppress(BlockingIOError):
        while data:
            data = data[sock.send(data) :]
    sock.settimeout(60)


def read_to_the_end(sock: socket.socket) -> Thread:
    """Reads in a thread until the connection is closed."""
    thread = Thread(target=received, args=(sock,))
    thread.start()
    return thread


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
@pytest.mark.parametrize(
    "kind",
    quick(
        [
            pytest.param(request(), id="counters"),
            pytest.param(request(MAP), id="maps"),
            pytest.param(request(b"/nothing"), id="unknown paths"),
            pytest.param(
                request(
                    b"/api/v1/goals",
                    b"Authorization: Bearer df_test\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n" % len(GOAL),
                    method=b"POST",
                    body=GOAL,
                ),
                id="goals",
            ),
            pytest.param(request(b"/api/v1/analytics/realtime", b""), id="refused requests"),
        ],
        1,
    ),
)
@pytest.mark.parametrize("is_reading", [True, False], ids=["reading", "not reading"])
def test_many_requests_of_one_client_let_another_one_in(
    target: Target, kind: bytes, is_reading: bool
) -> None:
    with (
        Controls(target.address) as controls,
        target.connected() as greedy,
        target.connected() as modest,
    ):
        token = controls.mint()
        mine = request(headers=b"Authorization: Bearer %b\r\n" % token.encode())
        modest.sendall(mine)
        statuses = statuses_in(modest.recv(MEGABYTE))
        with stopped(target):
            fill(greedy, kind * MANY)
            modest.sendall(mine)
        reading = read_to_the_end(greedy) if is_reading else None
        statuses += statuses_in(modest.recv(MEGABYTE))
        before, newest = (one["number"] for one in controls.get("/requests", key=token)["requests"])
        greedy.shutdown(socket.SHUT_RDWR)
        if reading is not None:
            reading.join()

    assert statuses == [200, 200]
    assert newest - before <= MOST_BEFORE


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("command", "options"),
    [
        pytest.param("serve", [], id="serve"),
        pytest.param("mutate", ["count always 1", "--upstream", "http://127.0.0.1:9"], id="mutate"),
    ],
)
def test_requests_that_wait_take_no_more_memory_than_their_bytes(command: str, options: list[str]) -> None:
    with started(*options, "--port", "0", command=command) as process:
        target = Target(address_of(process), process.pid, Path(os.devnull))
        before, most = _memory_of_many_requests(target)

    assert most - before < MOST_KIB


def _memory_of_many_requests(target: Target) -> tuple[int, int]:
    """Returns the most memory before and after many requests that are sent at once, in KiB."""
    with target.connected() as sock:
        sock.sendall(request(b"/nothing") * 10)
        sock.recv(MEGABYTE)
        before = most_memory(target)
        reading = read_to_the_end(sock)
        sock.sendall(request(b"/nothing") * MANY + request(b"/nothing", b"Connection: close\r\n"))
        reading.join()
    return before, most_memory(target)


def most_memory(target: Target) -> int:
    """Returns the most memory that the process has taken so far, in KiB."""
    status = Path(f"/proc/{target.process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index] # Linux writes this line


def chunked(length: int) -> bytes:
    """Returns a POST with a chunked body of many bytes, which no operation reads."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (length, b"x" * length)
    return request(b"/nothing", b"Transfer-Encoding: chunked\r\n", method=b"POST", body=body)


@pytest.mark.parametrize("is_over", [True, False], ids=["closed side", "last request closes"])
def test_every_one_of_many_requests_is_answered(target: Target, is_over: bool) -> None:
    last = request(b"/nothing", b"" if is_over else b"Connection: close\r\n")
    mixed = (
        request() * 90 + chunked(150_000) + request(MAP) * 3 + chunked(1) * 50 + request(b"/" + b"x" * 9_000)
    )
    with target.connected() as sock:
        sock.sendall(mixed * 4 + last)
        if is_over:
            sock.shutdown(socket.SHUT_WR)
        statuses = statuses_in(received(sock))

    assert statuses == ([200] * 90 + [404] + [200] * 3 + [404] * 51) * 4 + [404]
