"""The fast path on one connection: the order of answers, and its end."""

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from contract_tests.serving.strict_http import Timeouts
from mock_server.app import make_app
from mock_server.serving.server import Server
from tests.controls import Controls
from tests.serving.pairs import (
    MAP,
    PLAIN,
    REALTIME,
    UNKNOWN,
    VISITOR,
    Counting,
    Pair,
    answers,
    asking,
    closing,
    connected,
    exchanged,
    served,
    service,
)
from tests.timing import assert_less, assert_once
from tests.waiting import eventually

SLOW = asking(MAP, "Authorization: Bearer df_test", "Prefer: delay=300")
UPGRADE = asking(
    MAP, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAB"
)


def body_of(length: int) -> str:
    """Returns a request that announces a body."""
    return asking(MAP, f"Content-Length: {length}")


@pytest.mark.parametrize(
    ("pieces", "count", "known"),
    [
        pytest.param([PLAIN, PLAIN], 2, 1, id="twice"),
        pytest.param([PLAIN, PLAIN[:10], PLAIN[10:], PLAIN], 3, 1, id="halves"),
        pytest.param([PLAIN, PLAIN[:-2], PLAIN[-2:], PLAIN], 3, 1, id="its end alone"),
        pytest.param([PLAIN, PLAIN + PLAIN, PLAIN], 4, 1, id="two at once"),
        pytest.param([PLAIN, PLAIN + PLAIN[:30], PLAIN[30:], PLAIN], 4, 1, id="one and a half"),
        pytest.param([PLAIN, "\r\n" + PLAIN, "\r\n", PLAIN], 3, 1, id="empty lines"),
        pytest.param([PLAIN, UPGRADE, PLAIN], 3, 1, id="behind an offer of HTTP/2"),
        pytest.param([PLAIN, SLOW, PLAIN, PLAIN], 4, 0, id="while another is answered"),
        pytest.param([SLOW + PLAIN, asking(MAP), asking(MAP), PLAIN], 5, 0, id="behind others"),
        pytest.param([PLAIN, body_of(9), PLAIN[:9], PLAIN], 3, 1, id="the same bytes behind a body"),
        pytest.param([PLAIN, body_of(len(PLAIN)), PLAIN, PLAIN], 3, 1, id="the same bytes as a body"),
    ],
)
def test_however_it_comes_all_is_answered_in_order(
    pair: Pair, pieces: list[str], count: int, known: int
) -> None:
    # Requests of other tests are still cached.
    pair.counts.forget()
    before = pair.counts.known
    fast, usual = (exchanged(server, *pieces, closing(PLAIN)) for server in (pair.fast, pair.usual))

    assert fast == usual
    assert fast.count(b"HTTP/1.1 ") == count + 1
    assert pair.counts.known - before == known


def test_many_requests_on_one_connection_are_answered_in_order(pair: Pair) -> None:
    paths = [REALTIME, MAP + "?slow=1", VISITOR, UNKNOWN, REALTIME, MAP] * 50
    together = "".join(asking(path, "Authorization: Bearer df_test") for path in paths) + closing(PLAIN)

    assert exchanged(pair.fast, together) == exchanged(pair.usual, together)


@pytest.mark.long
def test_thousands_of_requests_sent_at_once_are_answered(pair: Pair) -> None:
    slow = PLAIN.replace(" HTTP", "?x=1 HTTP")

    told = exchanged(pair.fast, slow + PLAIN * 5_000 + closing(asking(REALTIME)))

    assert told.count(b"HTTP/1.1 200 OK\r\n") == 5_001
    assert told.count(b"HTTP/1.1 401 ") == 1


def test_idle_connection_is_closed_in_the_end() -> None:
    counts = Counting(service())
    hasty = Timeouts(idle=0.3)
    with served(Server(make_app(service()), lambda: None, fast_path=counts, timeouts=hasty)) as server:
        # On a busy machine the connection may be closed before the last request.
        assert_once(lambda: _answers_until_the_end(server, 3), 3)


def _answers_until_the_end(server: str, most: int) -> int:
    """Sends requests on one connection, and returns the number of answers until the server closes it."""
    count = 0
    with connected(server) as connection, suppress(ConnectionError):
        for _ in range(most):
            connection.sendall(PLAIN.encode())
            count += connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert connection.recv(65536) == b""
    return count


def test_server_ends_beside_an_open_connection() -> None:
    # Connections that are not closed at once are cut after a second.
    assert_less(_seconds_to_end, 1)


def _seconds_to_end() -> float:
    """Returns how long a server with an open connection takes to end."""
    counts = Counting(service())
    with served(Server(make_app(service()), lambda: None, fast_path=counts)) as server:
        polls = answers(server, [PLAIN] * 3)
        assert [next(polls)[:3] for _ in range(2)] == [b"200", b"200"]
        begin = time.monotonic()
    took = time.monotonic() - begin
    assert counts.known == 1
    polls.close()
    return took


def is_refused(server: str) -> bool:
    """Returns whether a server has stopped listening, which is the first thing that it does when it stops."""
    address = urlsplit(server)
    with socket.socket() as sock:
        return sock.connect_ex((str(address.hostname), int(address.port or 0))) != 0


@pytest.mark.long
def test_an_answer_that_is_being_read_outlives_the_server() -> None:
    # The server gives the client a second to read.
    assert_once(_outlives_the_server, True)


def _outlives_the_server() -> bool:
    """Returns whether answers reach a client that reads them after the server has begun to stop."""
    # An earlier request on the same connection was delayed on purpose.
    crowd = asking(MAP, "Authorization: Bearer df_launch_day")
    server = Server(make_app(service()), lambda: None, fast_path=(counts := Counting(service())))
    with served(server) as address:
        # From now on the request is cached.
        [first] = answers(address, [crowd])
        with connected(address) as connection:
            connection.sendall(SLOW.encode())
            assert connection.recv(1, socket.MSG_PEEK)
            connection.sendall(crowd.encode())
            eventually(lambda: counts.known == 1)
            # The answers exceed the buffers; the answer to another client shows that the requests were read.
            connection.sendall(crowd.encode() * 2)
            assert len(list(answers(address, [PLAIN]))) == 1
            server.should_exit = True
            eventually(lambda: is_refused(address))
            told = b"".join(iter(lambda: connection.recv(1 << 20), b""))

    assert counts.known == 1
    return len(told) > 3 * len(first)


def test_nothing_is_noted_behind_the_last_answer(pair: Pair) -> None:
    old = asking(REALTIME, "Authorization: Bearer df_shop", "Connection: keep-alive", version="1.0")
    noted = []
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.ask("DELETE", "/requests", key="df_shop")
            told = exchanged(server, old + asking(REALTIME, "Authorization: Bearer df_shop") * 3)
            noted.append((told, len(controls.get("/requests", key="df_shop")["requests"])))

    assert noted[0] == noted[1]
    assert noted[0][1] == 1
