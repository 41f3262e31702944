"""How long servers wait for clients, and that they are silent about those that leave."""

import select
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from contract_tests.serving.strict_http import Timeouts
from mock_server.app import make_app
from mock_server.serving.fast import FastAnswers
from mock_server.serving.server import Server
from tests.command import address_of, started
from tests.quick import quick
from tests.serving.pairs import REALTIME, Pair, asking, connected, served, service, wait_until_read
from tests.serving.wire import CHUNKED, CLOSING, PLAIN, TOKEN, WAYS, statuses, told
from tests.timing import assert_once

SLOW = asking(REALTIME, TOKEN, "Prefer: delay=300")


@pytest.mark.parametrize(
    ("sent", "expected"),
    quick(
        [
            pytest.param(SLOW, [200], id="one"),
            pytest.param(SLOW + PLAIN + SLOW + PLAIN, [200] * 4, id="several"),
            pytest.param(PLAIN + SLOW + PLAIN[:20], [200] * 2, id="half of another behind it"),
            pytest.param(SLOW + "\x00", [200, 400], id="garbage behind it"),
            pytest.param(asking(REALTIME, TOKEN, "Prefer: fault=hang"), [], id="one that is never answered"),
        ],
        3,
    ),
)
@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_closed_its_side_is_answered(
    pair: Pair, way: str, sent: str, expected: list[int]
) -> None:
    assert statuses(told(getattr(pair, way), sent)) == expected


@pytest.fixture(scope="module")
def hasty() -> Iterator[str]:
    """A server with short timeouts."""
    timeouts = Timeouts(idle=0.6, request=0.3)
    one = service()
    with served(Server(make_app(one), lambda: None, fast_path=FastAnswers(one), timeouts=timeouts)) as server:
        yield server


@pytest.mark.parametrize(
    ("pieces", "count", "least"),
    quick(
        [
            pytest.param([], 0, 0.6, id="nothing"),
            pytest.param(["\r\n"], 0, 0.6, id="a line end"),
            pytest.param([PLAIN, PLAIN], 2, 0.6, id="known requests"),
            pytest.param([PLAIN, "\r\n"], 1, 0.6, id="a line end behind a request"),
            pytest.param(["G"], 1, 0.3, id="one byte"),
            pytest.param([PLAIN[:30], PLAIN[30:-2]], 1, 0.3, id="half a head"),
            pytest.param([PLAIN, PLAIN, PLAIN[:-2]], 3, 0.3, id="half a head behind requests"),
            pytest.param([asking(REALTIME, TOKEN, "Content-Length: 9")], 1, 0.3, id="no body"),
            pytest.param(
                [
                    asking("/__mock/keys", "Content-Type: application/json", CHUNKED, method="POST").replace(
                        "Host: mock", "Host: localhost"
                    )
                ],
                1,
                0.3,
                id="no body to a control",
            ),
        ],
        4,
    ),
)
def test_an_idle_connection_is_closed_after_the_timeout(
    hasty: str, pieces: list[str], count: int, least: float
) -> None:
    # On a busy machine the connection may be closed before the last piece.
    assert_once(lambda: _count_until_the_end(hasty, pieces, least), count)


def _count_until_the_end(server: str, pieces: list[str], least: float) -> int:
    """Returns the number of answers on a connection until the server closes it; asserts how long it waits."""
    answer = b""
    begin = time.monotonic()
    with connected(server) as sock, suppress(ConnectionError):
        for piece in pieces:
            sock.sendall(piece.encode())
            wait_until_read(server)
        answer = b"".join(iter(lambda: sock.recv(1 << 16), b""))
    assert time.monotonic() - begin > least - 0.1
    return len(statuses(answer))


def test_one_byte_after_another_is_too_slow(hasty: str) -> None:
    with connected(hasty) as sock:
        for byte in PLAIN[:-1]:
            sock.sendall(byte.encode())
            if select.select([sock], [], [], 0.02)[0]:
                break
        answer = sock.recv(1 << 16)

    assert statuses(answer) == [408]


def test_a_slow_request_gets_408_after_the_earlier_answers(hasty: str) -> None:
    with connected(hasty) as sock:
        sock.sendall((asking(REALTIME, TOKEN, "Prefer: delay=800") + PLAIN + PLAIN[:30]).encode())
        answer = b"".join(iter(lambda: sock.recv(1 << 16), b""))

    assert statuses(answer) == [200, 200, 408]


def test_a_client_that_polls_once_a_minute_keeps_its_connection() -> None:
    assert 65 <= Timeouts().idle <= 75


LEAVING = [
    pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", id="head"),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
        id="body of a control",
    ),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        id="chunk of a control",
    ),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        id="control that waits to be asked",
    ),
    pytest.param(
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{" % REALTIME.encode(), id="body"
    ),
    pytest.param(SLOW.replace("300", "60000").encode(), id="late answer"),
    pytest.param(asking("/openapi.json?revision=all").encode() * 100, id="answers that nobody reads"),
    pytest.param(asking("/__mock/requests?format=har").encode() * 3, id="answers of a control"),
]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """The running command, and the file of its standard error."""
    stderr = tmp_path_factory.mktemp("wire") / "stderr"
    with stderr.open("w") as stream, started("--port", "0", stderr=stream) as found:
        yield found, stderr


@pytest.fixture(scope="module")
def address(process: tuple["subprocess.Popen[str]", Path]) -> str:
    """The address of the running command."""
    return address_of(process[0])


@pytest.mark.parametrize("sent", quick(LEAVING, 3))
@pytest.mark.parametrize("linger", [None, 0], ids=["close", "reset"])
def test_a_client_that_leaves_is_nothing_to_tell(
    process: tuple["subprocess.Popen[str]", Path], address: str, linger: int | None, sent: bytes
) -> None:
    with connected(address) as sock:
        if linger is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger))
        sock.sendall(sent)
        wait_until_read(address)

    assert statuses(told(address, CLOSING)) == [200]
    assert process[1].read_text() == ""


# This must be the last test of the process.
@pytest.mark.long
def test_sigterm_ends_it_in_silence_whatever_is_half_done(
    process: tuple["subprocess.Popen[str]", Path], address: str
) -> None:
    server, stderr = process
    with ExitStack() as stack:
        for parameter in LEAVING:
            stack.enter_context(connected(address)).sendall(parameter.values[0])  # type: ignore[arg-type] # bytes
        wait_until_read(address)
        server.terminate()
        # The late answer would take a minute.
        code = server.wait(30)

    assert code == 0
    assert stderr.read_text() == ""
