"""What is answered at once is what the application would have answered, to the byte, and is noted alike."""

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.types import Scope

from mock_server.app import make_app
from mock_server.hot import Hot
from mock_server.instants import instant_of
from mock_server.service import Service, load_service
from mock_server.serving import Server, bind, url_of
from mock_server.settings import Settings
from mock_server.site import load_sites
from tests.conftest import INSTANT
from tests.controls import Controls

REALTIME = "/api/v1/analytics/realtime"
MAP = "/api/v1/analytics/realtime/map"
VISITOR = "/api/v1/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
UNKNOWN = "/api/v1/visitors/00000000-0000-4000-8000-000000000000"
SITE_KEYS = [f"df_{site}" for site in sorted(load_sites())]
PATHS = [REALTIME, MAP, VISITOR]


class Pair(NamedTuple):
    """Two servers of one world: one asks `Hot` first, the other never. `answered` are the hot ones' paths."""

    hot: str
    cold: str
    answered: list[bytes]


def service() -> Service:
    """A mock that stands still."""
    return load_service(Settings(now=instant_of(INSTANT), speed=0))


@contextmanager
def served(server: Server) -> Iterator[str]:
    """The server's address, while it runs."""
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
    """Both servers."""
    hot_service, cold_service = service(), service()
    hot = Hot(hot_service)
    answered: list[bytes] = []

    def at_once(scope: Scope) -> tuple[bytes, bytes] | None:
        answer = hot.answer(scope)
        if answer is not None:
            answered.append(scope["raw_path"])
        return answer

    with (
        served(Server(make_app(hot_service), lambda: None, at_once=at_once)) as one,
        served(Server(make_app(cold_service), lambda: None)) as other,
    ):
        yield Pair(one, other, answered)


def exchanged(server: str, request: str) -> bytes:
    """All that a server sends until it closes the connection, or has nothing more to say."""
    address = urlsplit(server)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def asking(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> str:
    """A request, of which the connection is closed behind."""
    lines = [f"{method} {path} HTTP/{version}", "Host: mock", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines)


def both(pair: Pair, request: str) -> bool:
    """Asks both servers for the same; whether it was answered at once."""
    before = len(pair.answered)
    hot, cold = exchanged(pair.hot, request), exchanged(pair.cold, request)
    assert hot == cold
    assert hot.startswith(b"HTTP/1.1 ")
    return len(pair.answered) > before


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("key", ["df_test", *SITE_KEYS])
def test_plain_request_is_answered_at_once(pair: Pair, key: str, path: str) -> None:
    was_at_once = both(pair, asking(path, f"Authorization: Bearer {key}"))

    # The visitor is one of demo's.
    assert was_at_once == (path != VISITOR or key in ("df_test", "df_demo"))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asking(REALTIME, "authorization:bearer   df_test"), id="another spelling"),
        pytest.param(asking(REALTIME, "Authorization: Bearer df_test", version="1.0"), id="HTTP 1.0"),
        pytest.param(asking(MAP, "Authorization: Bearer df_test", "Accept: text/html", "X: é"), id="headers"),
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
def test_other_plain_request_is_answered_at_once(pair: Pair, request_: str) -> None:
    assert both(pair, request_)


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
        pytest.param(asking(REALTIME + "?x=1", "Authorization: Bearer df_test"), id="query"),
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
def test_what_wants_a_decision_is_left_to_the_application(pair: Pair, request_: str) -> None:
    assert not both(pair, request_)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"faults": [{"then": {"code": 500}}]}, id="rule"),
        pytest.param({"rateLimit": {"limit": 100}}, id="limit"),
    ],
)
def test_what_is_set_for_a_key_is_heeded(pair: Pair, settings: dict[str, object]) -> None:
    for server in (pair.hot, pair.cold):
        with Controls(server) as controls:
            controls.put("/settings", settings, key="df_xxx")

    assert not both(pair, asking(MAP, "Authorization: Bearer df_xxx"))

    for server in (pair.hot, pair.cold):
        with Controls(server) as controls:
            controls.put("/settings", {}, key="df_xxx")
    assert both(pair, asking(MAP, "Authorization: Bearer df_xxx"))


def test_site_revision_and_clock_of_a_key_are_heeded(pair: Pair) -> None:
    answers = set()
    for change in ({}, {"site": "shop"}, {"revision": "2026-06"}, {"seed": 7}):
        for server in (pair.hot, pair.cold):
            with Controls(server) as controls:
                controls.patch("/settings", change, key="df_quiet")
                controls.put("/clock", {"advance": 1000}, key="df_quiet")
        request = asking(MAP, "Authorization: Bearer df_quiet")

        assert both(pair, request)
        answers.add(exchanged(pair.hot, request))
    assert len(answers) == 4


def test_both_are_noted_alike(pair: Pair) -> None:
    request = asking(MAP, "Authorization: Bearer df_empty", "X-Client: mine")
    noted = []
    for server in (pair.hot, pair.cold):
        with Controls(server) as controls:
            controls.ask("DELETE", "/requests", key="df_empty")
            exchanged(server, request)
            [entry] = controls.get("/requests", key="df_empty")["requests"]
        del entry["number"], entry["time"]
        noted.append(entry)

    assert noted[0] == noted[1]
    assert noted[0]["decidedBy"] == "world"


def test_many_requests_on_one_connection_are_answered_in_order(pair: Pair) -> None:
    plain = "GET {} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer df_test\r\n\r\n"
    paths = [REALTIME, MAP + "?slow=1", VISITOR, UNKNOWN, REALTIME, MAP] * 50
    together = "".join(plain.format(path) for path in paths) + asking(
        REALTIME, "Authorization: Bearer df_test"
    )

    assert exchanged(pair.hot, together) == exchanged(pair.cold, together)


def test_thousands_of_requests_sent_at_once_are_answered(pair: Pair) -> None:
    plain = f"GET {REALTIME} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer df_test\r\n\r\n"
    slow = plain.replace(" HTTP", "?x=1 HTTP")

    answers = exchanged(pair.hot, slow + plain * 5_000 + asking(REALTIME))

    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 5_001
    assert answers.count(b"HTTP/1.1 401 ") == 1


@pytest.mark.long
def test_clients_that_never_repeat_themselves_keep_no_bodies() -> None:
    crowd = load_service(Settings(now=instant_of(INSTANT), speed=0))
    hot = Hot(crowd)

    def ask(number: int) -> int:
        crowd.common.clock.set(advance=1000)
        headers = [(b"authorization", b"Bearer df_launch_day"), (b"x-request-id", b"%d" % number)]
        scope = {"method": "GET", "raw_path": MAP.encode(), "query_string": b"", "headers": headers}
        answer = hot.answer(scope)
        assert answer is not None
        return len(answer.body)

    # Until as many are kept as may be.
    largest = max(ask(number) for number in range(10))
    tracemalloc.start()
    try:
        for number in range(10, 30):
            ask(number)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    # What came took the place of what was kept before; all twenty would be 85 MB.
    assert grown < 10 * largest
