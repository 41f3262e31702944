"""The fast path answers writes like the application, with the same journal and log."""

import json
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from starlette.types import Scope

from mock_server.app import make_app
from mock_server.serving.fast import FastAnswers
from mock_server.serving.plain import Answer
from mock_server.serving.server import Server
from tests.controls import Controls, Json
from tests.serving.pairs import answers, asking, closing, connected, exchanged, served, service

PAYMENTS, GOALS, IDENTIFY = (f"/api/v1/{path}" for path in ("payments", "goals", "identify"))
KEY = "Authorization: Bearer df_demo"
PAID = {"amount": 29, "currency": "USD"}
NOBODY = "00000000-0000-4000-8000-000000000000"


class _Counting(FastAnswers):
    """A fast path that counts the writes that it answers."""

    written = 0
    known = 0
    """The number of answers to requests whose head was known."""

    def write(self, scope: Scope, content: bytes, raw: bytes | None) -> Answer | None:
        """Counts an answer to a write."""
        answer = super().write(scope, content, raw)
        self.written += answer is not None
        return answer

    def again(self, raw: bytes) -> Answer | None:
        """Counts an answer to a request that is not parsed."""
        answer = super().again(raw)
        self.known += answer is not None
        return answer


class _Pair(NamedTuple):
    """Two servers of one world: `fast` has the fast path, `usual` does not."""

    fast: str
    usual: str
    counts: _Counting


@pytest.fixture(scope="module")
def pair() -> Iterator[_Pair]:
    fast, usual = service(), service()
    counts = _Counting(fast)
    with (
        served(Server(make_app(fast), lambda: None, fast_path=counts)) as one,
        served(Server(make_app(usual), lambda: None)) as other,
    ):
        yield _Pair(one, other, counts)


def _posting(path: str, body: Json, *headers: str) -> str:
    """Returns the text of a POST. `body` is sent as it is if it is a text, otherwise as JSON."""
    content = body if isinstance(body, str) else json.dumps(body)
    return asking(path, f"Content-Length: {len(content)}", *headers, method="POST") + content


def _paying(number: int, *headers: str, **members: Json) -> str:
    return _posting(PAYMENTS, {**PAID, "transaction_id": f"t{number}", **members}, KEY, *headers)


@pytest.fixture
def visitor(pair: _Pair) -> str:
    """A visitor who is online."""
    shown = next(answers(pair.usual, [asking("/api/v1/analytics/realtime/map", KEY, "Prefer: peek")]))
    found: str = json.loads(shown.partition(b"\n\n")[2])["data"]["visitors"][0]["visitorId"]
    return found


def _told(pair: _Pair, *pieces: str) -> bool:
    """Compares both servers' answers to the same bytes, and returns whether the fast path answered."""
    before = pair.counts.written
    assert exchanged(pair.fast, *pieces) == exchanged(pair.usual, *pieces)
    assert _state(pair.fast) == _state(pair.usual)
    return pair.counts.written > before


def _state(server: str) -> tuple[Json, Json]:
    """Returns the journal of a server, without the machine's times, and its facts."""
    with Controls(server) as controls:
        journal = controls.get("/requests", limit=1000)["requests"]
        facts = controls.get("/facts", limit=1000)["facts"]
    for request in journal:
        del request["time"], request["duration"]
    return journal, facts


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("X-Client: mine", id="plain"),
        pytest.param("Origin: https://example.com", id="of a page"),
        pytest.param("Content-Type: text/plain", id="another media type"),
        pytest.param("Content-Encoding: identity", id="not compressed"),
    ],
)
def test_a_plain_write_takes_the_fast_path(pair: _Pair, header: str) -> None:
    assert _told(pair, closing(_paying(1, header)))
    assert _told(pair, closing(_paying(1, header)))


def test_each_operation_that_posts_takes_it(pair: _Pair, visitor: str) -> None:
    goal = _posting(GOALS, {"datafast_visitor_id": visitor, "name": "signup"}, KEY)
    identified = _posting(IDENTIFY, {"datafast_visitor_id": visitor, "user_id": "u", "name": "é"}, KEY)

    assert _told(pair, closing(goal))
    assert _told(pair, closing(identified))


def test_a_write_with_an_account_token_takes_it(pair: _Pair) -> None:
    body = {**PAID, "transaction_id": "of an account"}
    token = "Authorization: Bearer dft_test"

    assert _told(pair, closing(_posting(f"{PAYMENTS}?websiteId=665f0b3c4d2e1a0012345678", body, token)))
    assert not _told(pair, closing(_posting(PAYMENTS, body, token)))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(_posting(PAYMENTS, "", KEY), id="no body"),
        pytest.param(_posting(PAYMENTS, '{"amount":', KEY), id="no JSON"),
        pytest.param(_paying(2, amount=-1), id="wrong value"),
        pytest.param(_paying(2, currency="XXQ"), id="unknown currency"),
        pytest.param(_posting(GOALS, {"datafast_visitor_id": NOBODY, "name": "x"}, KEY), id="nobody"),
        pytest.param(_posting(PAYMENTS, PAID, "Authorization: Bearer df_nobody"), id="unknown key"),
        pytest.param(_posting(PAYMENTS, PAID, "Authorization: Bearer df_suspended"), id="suspended"),
        pytest.param(_paying(3, "Prefer: code=500"), id="preference"),
        pytest.param(_paying(3, "Prefer: peek"), id="peek"),
        pytest.param(_paying(4, note="x" * 20_000), id="long body"),
        pytest.param(_posting(f"{PAYMENTS}?__site=shop", PAID, KEY), id="preference in the query"),
        pytest.param(
            _posting(PAYMENTS, {**PAID, "transaction_id": "l"}, "Authorization: Bearer df_limited"),
            id="limited key",
        ),
        pytest.param(
            asking(PAYMENTS, KEY, "Transfer-Encoding: chunked", method="POST") + "2\r\n{}\r\n0\r\n\r\n",
            id="chunks",
        ),
    ],
)
def test_any_other_write_is_left_to_the_application(pair: _Pair, request_: str) -> None:
    assert not _told(pair, closing(request_))


def test_a_body_that_comes_later_is_left_to_the_application(pair: _Pair) -> None:
    head, _, body = closing(_paying(5)).partition("\r\n\r\n")

    assert not _told(pair, f"{head}\r\n\r\n", body)
    assert not _told(pair, f"{head}\r\n\r\n{body[:5]}", body[5:])


def test_a_body_that_ends_too_early_writes_nothing(pair: _Pair) -> None:
    head, _, body = closing(_paying(6)).partition("\r\n\r\n")
    with Controls(pair.fast) as controls:
        before = controls.get("/facts", limit=1000)

    assert _cut(pair.fast, f"{head}\r\n\r\n{body[:5]}") == _cut(pair.usual, f"{head}\r\n\r\n{body[:5]}")
    with Controls(pair.fast) as controls:
        assert controls.get("/facts", limit=1000) == before


def _cut(server: str, text: str) -> bytes:
    """Sends bytes, closes this side of the connection, and returns the answer."""
    with connected(server) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_writes_and_reads_on_one_connection_keep_their_order(pair: _Pair) -> None:
    requests = [_paying(7), asking("/api/v1/analytics/realtime", KEY), _paying(8), _paying(8), _paying(9)]

    assert list(answers(pair.fast, requests)) == list(answers(pair.usual, requests))
    assert _told(pair, "".join(requests[:-1]) + closing(requests[-1]))


def _told_one_by_one(pair: _Pair, requests: list[str]) -> int:
    """Sends requests on one connection, compares the answers, and returns how many heads were recognised."""
    before = pair.counts.known
    assert list(answers(pair.fast, requests)) == list(answers(pair.usual, requests))
    assert _state(pair.fast) == _state(pair.usual)
    return pair.counts.known - before


def test_a_known_head_is_not_parsed_again(pair: _Pair) -> None:
    assert _told_one_by_one(pair, [_paying(number, "X-Client: known") for number in range(10, 16)]) == 5


def test_under_a_known_head_each_body_counts_by_itself(pair: _Pair, visitor: str) -> None:
    good = _paying(20, "X-Client: bodies")
    broken = good[:-1] + ","
    refused = good.replace('"currency": "USD"', '"currency": "XXQ"')

    assert _told_one_by_one(pair, [good, broken, refused, good, _paying(21, "X-Client: bodies")]) == 2
    nobody = _posting(GOALS, {"datafast_visitor_id": NOBODY, "name": "x"}, KEY)
    somebody = _posting(GOALS, {"datafast_visitor_id": visitor, "name": "x"}, KEY)
    assert _told_one_by_one(pair, [somebody, nobody, somebody]) == 1


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Prefer: code=500", id="preference"),
        pytest.param("Content-Encoding: gzip", id="compressed"),
        pytest.param("Connection: close", id="last one"),
    ],
)
def test_heads_that_decide_more_are_parsed_each_time(pair: _Pair, header: str) -> None:
    for number in (30, 31):
        assert _told_one_by_one(pair, [_paying(number, header)]) == 0


def test_a_known_head_is_parsed_again_after_each_change_of_the_controls(pair: _Pair) -> None:
    failing = {"when": {"operation": "createPayment"}, "then": {"code": 500}}
    paying = [_paying(number, "X-Client: changes") for number in range(40, 46)]
    assert _told_one_by_one(pair, paying[:2]) == 1
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.patch("/settings", {"faults": [failing]})

    assert _told_one_by_one(pair, paying[2:4]) == 0
    for server in (pair.fast, pair.usual):
        with Controls(server) as controls:
            controls.patch("/settings", {"faults": []})
    assert _told_one_by_one(pair, paying[4:]) == 1


def test_a_known_head_with_more_behind_its_body_is_parsed(pair: _Pair) -> None:
    first, second = _paying(50, "X-Client: more"), _paying(51, "X-Client: more")
    assert _told_one_by_one(pair, [first, second]) == 1
    known = pair.counts.known

    _told(pair, first + second + closing(asking("/api/v1/analytics/realtime", KEY)))
    assert pair.counts.known == known


def test_an_error_before_anything_is_written_is_an_error_of_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = service()
    monkeypatch.setattr(broken.worlds, "world", lambda _seed, _site: 1 // 0)
    counts = _Counting(broken)

    with served(Server(make_app(broken), lambda: None, fast_path=counts)) as server:
        told = next(answers(server, [_paying(1)]))

    assert told.startswith(b"500")
    assert b'"status":"error"' in told
    assert counts.written == 0
