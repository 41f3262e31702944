"""The fast path gives the same answers as the application, to the byte, and the same journal.

Each request is sent twice on an open connection, where the second is recognised by its bytes, and once on a
connection that is closed after it.
"""

import tracemalloc

import pytest

from mock_server.app import make_app
from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import load_service
from mock_server.serving.fast import FastAnswers
from mock_server.serving.server import Server
from mock_server.world.site_files import load_sites
from tests.controls import Controls
from tests.credentials import DEMO
from tests.instants import INSTANT
from tests.quick import quick
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
    both,
    closing,
    exchanged,
    served,
    service,
)

SITE_KEYS = [f"df_{site}" for site in sorted(load_sites())]
PATHS = [REALTIME, MAP, VISITOR]


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
