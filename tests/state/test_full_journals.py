"""Full journals: their total size is limited, and reading them does not delay other requests."""

import asyncio
import time

import httpx2
import pytest
from starlette.types import ASGIApp

from mock_server.app import make_app
from mock_server.control.settings import MOST_RULE_BYTES
from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import MOST_NOTED, load_service
from mock_server.state.entries import Outcome, Part, Sent
from mock_server.state.journal import MOST_BYTES, MOST_REQUESTS
from mock_server.testing import running
from tests.controls import Controls, Json
from tests.instants import INSTANT
from tests.timing import assert_less

REALTIME = "/api/v1/analytics/realtime"
LONGEST = 0.5
"""The limit of the longest turn, as a share of all work. Work in a single turn would have the share 1.

A turn is a time in which no other request can be served, because the event loop is busy with this one.
"""


@pytest.fixture(scope="module")
def full() -> ASGIApp:
    """A mock with 120 journals that are full of percent signs."""
    mock = load_service(Options(now=instant_of(INSTANT), speed=0, any_key=True))
    for n in range(120):
        key = mock.keys.named(f"Bearer df_key_{n}")
        for number in range(4):
            query = f"a={'%' * 15_000}{'%41' * 3_000}&{'%41&' * 1_500}{number}".encode()
            headers = b"authorization\nBearer df_test\nx\n" + b"%25" * 9_000
            mock.note(Sent("GET", REALTIME.encode(), query, headers, 70_000), None, key, OUTCOME)
    return make_app(mock)


@pytest.fixture(scope="module")
def refused() -> ASGIApp:
    """A mock with 160 journals that are full of 429 answers."""
    mock = load_service(Options(now=instant_of(INSTANT), speed=0, any_key=True))
    for n in range(160):
        key = mock.keys.named(f"Bearer df_key_{n}")
        for _ in range(MOST_REQUESTS):
            mock.note(
                Sent("GET", REALTIME.encode(), b"", b"", 30), None, key, OUTCOME._replace(status=429, wait=1)
            )
    return make_app(mock)


def test_what_a_full_journal_weighs_is_what_its_requests_weigh() -> None:
    mock = load_service(Options(now=instant_of(INSTANT), speed=0, any_key=True))
    key = mock.keys.named("Bearer df_key")
    assert key is not None
    body = Part(10_000, bytes(10_000))
    for _ in range(MOST_BYTES // 10_000):
        mock.note(Sent("POST", REALTIME.encode(), b"", bytes(20_000), 20_000), body, key, OUTCOME)

    assert key.journal.weight == sum(request.weight for request in key.journal) <= MOST_BYTES
    assert any(request.body is not None for request in key.journal)


async def share_of_longest_turn(app: ASGIApp, method: str, path: str, body: Json) -> float:
    """Returns the time of an answer's longest turn, divided by the time of all its turns.

    It is the thread's processor time, so that other work of the machine does not count.
    """
    turns: list[float] = []
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1/__mock"
    ) as client:
        request = (
            client.build_request(method, path, json=body) if body else client.build_request(method, path)
        )
        answer = asyncio.create_task(client.send(request))
        while not answer.done():
            begin = time.thread_time()
            await asyncio.sleep(0)
            turns.append(time.thread_time() - begin)
        assert (await answer).status_code == 200
    return max(turns) / sum(turns)


@pytest.mark.long
@pytest.mark.parametrize(
    ("journals", "method", "path", "body"),
    [
        pytest.param(
            "full",
            "POST",
            "/requests/verify",
            {"query": {"a": "b"}, "headers": {"host": "zzz"}},
            id="verify",
        ),
        pytest.param(
            "full",
            "POST",
            "/requests/verify",
            {"query": {f"{n}": "***" for n in range(2)}, "path": "***"},
            id="verify much",
        ),
        pytest.param("full", "GET", "/requests?limit=1000", None, id="read"),
        pytest.param("full", "GET", "/requests?format=har", None, id="HAR"),
        pytest.param("refused", "GET", "/requests/retries", None, id="retries"),
    ],
)
def test_no_client_waits_while_they_are_read(
    request: pytest.FixtureRequest, journals: str, method: str, path: str, body: Json
) -> None:
    app: ASGIApp = request.getfixturevalue(journals)

    assert_less(lambda: asyncio.run(share_of_longest_turn(app, method, path, body)), LONGEST)


def test_all_journals_together_are_bounded_and_the_least_used_make_room() -> None:
    mock = load_service(Options(now=instant_of(INSTANT), speed=0, any_key=True))
    keys = [mock.keys.named(f"Bearer df_key_{n}") for n in range(300)]
    for key in keys:
        for _ in range(10):
            mock.note(large_request(), None, key, OUTCOME)
        # The first key is used again.
        mock.note(large_request(), None, keys[0], OUTCOME)

    weights = [key.journal.weight for key in keys if key is not None]
    assert 300 * MOST_BYTES > MOST_NOTED * 1.5
    assert MOST_NOTED * 0.8 < sum(weights) <= MOST_NOTED
    assert weights[0] > 0.8 * MOST_BYTES
    assert weights[1] == 0
    # The older keys' journals are empty, the newer ones' are not.
    assert [weight > 0 for weight in weights[1:]] == sorted(weight > 0 for weight in weights[1:])


def test_a_peek_counts_for_nothing() -> None:
    mock = load_service(Options(now=instant_of(INSTANT), speed=0))
    for _ in range(10):
        mock.shadow().note(large_request(), None, None, OUTCOME)

    assert mock.common.noted == 0


@pytest.mark.long
def test_rules_of_all_keys_together_are_bounded() -> None:
    rule = {"when": {"query": {f"p{n}": "v" for n in range(600)}}, "then": {"code": 500}}
    with running(now=INSTANT) as mock, Controls(mock.server) as controls:
        most = MOST_RULE_BYTES // (600 * 100 * 4)
        statuses = [
            controls.ask("POST", "/keys", {"key": f"df_{n}", "faults": [rule] * 4}).status_code
            for n in range(most)
        ]
        refused = controls.ask("PUT", "/settings", {"faults": [rule] * 4})

        assert statuses[0] == 201
        assert statuses[-1] == refused.status_code == 409
        assert "32 MiB" in refused.json()["detail"]
        assert statuses == sorted(statuses)
        # A change that needs less memory than before is accepted.
        controls.patch("/settings", {"faults": [rule]}, key="df_0")
        controls.ask("DELETE", "/keys/df_1")
        controls.put("/settings", {"faults": [rule] * 4})


OUTCOME = Outcome(0, "getRealtime", "world", 200, Part(), b"", 1)


def large_request() -> Sent:
    """Returns a request so large that eight fill a journal."""
    return Sent("GET", REALTIME.encode(), b"x" * 30_000, b"", 30_000)
