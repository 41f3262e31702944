"""The fast path gives the same answers as the application, to the byte, and the same journal.

Each request is sent twice on an open connection, where the second is recognised by its bytes, and once on a
connection that is closed after it.
"""

import socket
import threading
import time
import tracemalloc
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.types import Scope

from contract_tests.serving.strict_http import Timeouts
from mock_server.app import make_app
from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import Service, load_service
from mock_server.serving.fast import FastAnswers
from mock_server.serving.plain import Answer
from mock_server.serving.server import Server, bind, url_of
from mock_server.world.site_files import load_sites
from tests.controls import Controls
from tests.credentials import DEMO
from tests.instants import INSTANT
from tests.quick import quick
from tests.timing import assert_less, assert_once
from tests.waiting import eventually

REALTIME = "/api/v1/analytics/realtime"
MAP = "/api/v1/analytics/realtime/map"
VISITOR = "/api/v1/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
UNKNOWN = "/api/v1/visitors/00000000-0000-4000-8000-000000000000"
SITE_KEYS = [f"df_{site}" for site in sorted(load_sites())]
PATHS = [REALTIME, MAP, VISITOR]


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


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two running servers, with the fast path and without."""
    fast_service, usual_service = service(), service()
    counts = Counting(fast_service)
    with (
        served(Server(make_app(fast_service), lambda: None, fast_path=counts)) as one,
        served(Server(make_app(usual_service), lambda: None)) as other,
    ):
        yield Pair(one, other, counts)


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


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("key", quick(["df_test", *SITE_KEYS], 3))
def test_plain_request_takes_the_fast_path(pair: Pair, key: str, path: str) -> None:
    was_fast = both(pair, asking(path, f"Authorization: Bearer {key}"))

    # The visitor belongs to the site demo.
    assert was_fast == (path != VISITOR or key in ("df_test", "df_demo"))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asking(REALTIME, "authorization:bearer   df_test"), id="another spelling"),
        pytest.param(asking(MAP, "Authorization: Bearer df_test", "Accept: text/html", "X: é"), id="headers"),
        pytest.param(asking(REALTIME + "?x=1&fields=visitors", "Authorization: Bearer df_test"), id="query"),
        pytest.param(
            asking(REALTIME + "?websiteId=" + DEMO, "Authorization: Bearer dft_test"), id="account token"
        ),
        pytest.param(asking(MAP, "Authorization: Bearer df_test", "Origin: http://a"), id="another origin"),
        pytest.param(
            asking(REALTIME, "Origin: null", "Cookie: a=1", "Authorization: Bearer df_test"), id="no origin"
        ),
        pytest.param(
            asking(
                VISITOR.upper().replace("/API/V1/VISITORS", "/api/v1/visitors"),
                "Authorization: Bearer df_test",
            ),
            id="capital letters in the id",
        ),
    ],
)
def test_other_plain_request_takes_the_fast_path(pair: Pair, request_: str) -> None:
    assert both(pair, request_)


@pytest.mark.parametrize("path", ["overview", "pages?limit=2&filter_country=FR", "devices?offset=1"])
def test_a_report_takes_the_fast_path_when_it_was_asked_before(pair: Pair, path: str) -> None:
    request = closing(asking(f"/api/v1/analytics/{path}", "Authorization: Bearer df_quiet"))
    parsed = pair.counts.parsed

    first, again = exchanged(pair.fast, request), exchanged(pair.fast, request)

    assert first == again == exchanged(pair.usual, request)
    assert pair.counts.parsed == parsed + 1


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", version="1.0"), id="HTTP 1.0"),
        pytest.param(asking(MAP, "Authorization: Bearer df_test", *["X: " + "x" * 400] * 10), id="long"),
    ],
)
def test_unusual_requests_are_not_cached(pair: Pair, request_: str) -> None:
    assert both(pair, request_, is_known=False)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asking(REALTIME), id="no token"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_nobody"), id="unknown token"),
        pytest.param(asking(REALTIME, "Authorization: Basic df_test"), id="another scheme"),
        pytest.param(
            asking(REALTIME, "Authorization: Bearer df_test", "Authorization: Bearer df_shop"),
            id="two tokens",
        ),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_suspended"), id="refused key"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_error_500"), id="key of an error"),
        pytest.param(asking(REALTIME, "Authorization: Bearer dft_test"), id="account token"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_limited"), id="limited key"),
        pytest.param(
            asking(REALTIME + "?__code=404", "Authorization: Bearer df_test"), id="preference in query"
        ),
        pytest.param(asking(REALTIME + "?fields=no", "Authorization: Bearer df_test"), id="invalid query"),
        pytest.param(asking(REALTIME + "/", "Authorization: Bearer df_test"), id="another path"),
        pytest.param(
            asking("//x/api/v1/analytics/realtime", "Authorization: Bearer df_test"), id="authority"
        ),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", method="HEAD"), id="HEAD"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", method="POST"), id="POST"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", method="OPTIONS"), id="OPTIONS"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", "Prefer: code=404"), id="preference"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", "Prefer: peek"), id="peek"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", "Content-Length: 0"), id="body"),
        pytest.param(
            asking(REALTIME, "Authorization: Bearer df_test", "X: " + "x" * 40_000), id="too large a header"
        ),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", *["A: 1"] * 60), id="many headers"),
        pytest.param(asking(UNKNOWN, "Authorization: Bearer df_test"), id="unknown visitor"),
        pytest.param(asking("/api/v1/visitors/nobody", "Authorization: Bearer df_test"), id="no visitor id"),
        pytest.param(
            asking(VISITOR.replace("a3ab", "%613ab"), "Authorization: Bearer df_test"),
            id="encoded visitor id",
        ),
    ],
)
def test_request_that_needs_a_decision_is_left_to_the_application(pair: Pair, request_: str) -> None:
    assert not both(pair, request_)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"faults": [{"then": {"code": 500}}]}, id="rule"),
        pytest.param({"rateLimit": {"limit": 100}}, id="limit"),
    ],
)
def test_settings_of_a_key_are_respected(pair: Pair, settings: dict[str, object]) -> None:
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.put("/settings", settings, key="df_xxx")

    assert not both(pair, asking(MAP, "Authorization: Bearer df_xxx"))

    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.put("/settings", {}, key="df_xxx")
    assert both(pair, asking(MAP, "Authorization: Bearer df_xxx"))


def test_site_revision_and_clock_of_a_key_are_heeded(pair: Pair) -> None:
    told: set[bytes] = set()
    for change in ({}, {"site": "shop"}, {"revision": "2026-06"}, {"seed": 7}):
        for server in (pair.fast, pair.usual):
            with Controls(server) as controls:
                controls.patch("/settings", change, key="df_quiet")
                controls.put("/clock", {"advance": 1000}, key="df_quiet")
        request = asking(MAP, "Authorization: Bearer df_quiet")

        assert both(pair, request)
        told.update(answers(pair.fast, [request]))
    assert len(told) == 4


def test_both_are_noted_alike(pair: Pair) -> None:
    request = asking(MAP, "Authorization: Bearer df_empty", "X-Client: mine")
    noted = []
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.ask("DELETE", "/requests", key="df_empty")
            list(answers(server, [request] * 3))
            entries = controls.get("/requests", key="df_empty")["requests"]
        numbers = [entry.pop("number") for entry in entries]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        for entry in entries:
            del entry["time"]
            assert 0 <= entry.pop("duration") < 10_000
        noted.append(entries)

    assert noted[0] == noted[1]
    assert [entry["decidedBy"] for entry in noted[0]] == ["world"] * 3
    assert {entry["keyName"] for entry in noted[0]} == {"df_empty"}
    assert all(entry["responseBody"]["text"].startswith('{"status":"success"') for entry in noted[0])


def test_changes_between_two_requests_are_respected(pair: Pair) -> None:
    requests = [asking(path, "Authorization: Bearer df_shop") for path in (MAP, REALTIME)]
    told = []
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            polls = answers(server, requests * 4)
            told.append([next(polls) for _ in requests * 2])
            controls.put("/clock", {"advance": 1000}, key="df_shop")
            told[-1] += [next(polls) for _ in requests]
            controls.put("/settings", {"faults": [{"then": {"code": 500}}]}, key="df_shop")
            told[-1] += [next(polls) for _ in requests]
            polls.close()
            controls.put("/settings", {}, key="df_shop")

    assert told[0] == told[1]
    assert [answer[:3] for answer in told[0]] == [b"200"] * 6 + [b"500"] * 2
    assert told[0][2:4] == told[0][:2] != told[0][4:6]


def test_request_for_a_visitor_unknown_at_another_instant_is_not_cached(pair: Pair) -> None:
    request = asking(VISITOR, "Authorization: Bearer df_demo")
    told = []
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            polls = answers(server, [request] * 3)
            told.append([next(polls), next(polls)])
            controls.put("/clock", {"now": "2024-01-01T00:00:00Z"}, key="df_demo")
            told[-1].append(next(polls))
            polls.close()
            controls.post("/reset", {})

    assert told[0] == told[1]
    assert [answer[:3] for answer in told[0]] == [b"200", b"200", b"404"]


PLAIN = asking(REALTIME, "Authorization: Bearer df_test")
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


def test_error_on_the_fast_path_is_an_error_of_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = service()
    monkeypatch.setattr(broken.worlds, "world", lambda _seed, _site: 1 // 0)
    counts = Counting(broken)

    with served(Server(make_app(broken), lambda: None, fast_path=counts)) as server:
        told = [*answers(server, [PLAIN]), *answers(server, [PLAIN])]

    assert [answer[:3] for answer in told] == [b"500", b"500"]
    assert b'"status":"error"' in told[1]
    assert counts.parsed == counts.known == 0


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/__mock/health", "/api/v1/nothing/at/all"])
def test_a_request_to_no_operation_does_not_count_as_using_the_key(path: str) -> None:
    lenient = load_service(Options(now=instant_of(INSTANT), speed=0, any_key=True))

    with served(Server(make_app(lenient), lambda: None, fast_path=FastAnswers(lenient))) as server:
        exchanged(server, closing(asking(path, "Authorization: Bearer df_ghost")))

    assert lenient.keys.shadow_of("Bearer df_ghost") is not None
    known = {key.credential.token for key in lenient.keys.all()}
    assert ("df_ghost" in known) == (path == "/api/v1/nothing/at/all")


@pytest.mark.long
def test_cache_of_requests_is_bounded() -> None:
    fast = FastAnswers(service())
    size = []
    for number in range(600):
        headers = [(b"authorization", b"Bearer df_test"), (b"x", b"%d" % number)]
        scope = {"method": "GET", "raw_path": MAP.encode(), "query_string": b"", "headers": headers}
        assert fast.answer(scope, b"%d" % number)
        size.append(sum(fast.again(b"%d" % other) is not None for other in range(number - 300, number + 1)))

    assert max(size) == 256
    assert size[-1] == 256


@pytest.mark.long
def test_clients_that_never_repeat_themselves_keep_no_bodies() -> None:
    crowd = load_service(Options(now=instant_of(INSTANT), speed=0))
    fast = FastAnswers(crowd)

    def ask(number: int) -> int:
        crowd.common.clock.set(advance=1000)
        headers = [(b"authorization", b"Bearer df_launch_day"), (b"x-request-id", b"%d" % number)]
        scope = {"method": "GET", "raw_path": MAP.encode(), "query_string": b"", "headers": headers}
        answer = fast.answer(scope)
        assert answer is not None
        return len(answer.body)

    # These requests fill the cache.
    largest = max(ask(number) for number in range(10))
    tracemalloc.start()
    try:
        for number in range(10, 30):
            ask(number)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    # New answers replaced old ones in the cache; all twenty would take 85 MB.
    assert grown < 10 * largest


def test_a_polled_request_stays_cached_while_others_come_and_go(pair: Pair) -> None:
    pair.counts.forget()
    before = pair.counts.known
    polled = asking(REALTIME, "Authorization: Bearer df_demo")
    passing = [asking(REALTIME, "Authorization: Bearer df_demo", f"X-Passing: {n}") for n in range(300)]
    list(answers(pair.fast, [request for other in passing for request in (polled, other)]))

    assert pair.counts.known - before == len(passing) - 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_only_a_get_takes_the_fast_path(pair: Pair, method: str) -> None:
    parsed, known = pair.counts.parsed, pair.counts.known
    list(answers(pair.fast, [asking(REALTIME, "Authorization: Bearer df_demo", method=method)] * 2))

    assert (pair.counts.parsed, pair.counts.known) == (parsed, known)
