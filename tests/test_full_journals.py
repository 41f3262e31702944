"""However full the journals are, they are bounded together, and looking through them holds nobody up."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest

from mock_server.control import switches
from mock_server.instants import instant_of
from mock_server.journal import MOST_BYTES, Outcome, Part, Sent
from mock_server.service import MOST_NOTED, load_service
from mock_server.settings import Settings
from mock_server.testing import running
from tests.command import serving
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import INSTANT

REALTIME = "/api/v1/analytics/realtime"
HELD = 0.5
"""Seconds; on an idle machine 0.02. Before work was done in turns, it was many times as much."""


@pytest.fixture(scope="module")
def full() -> Iterator[str]:
    """A mock with forty full journals of percent signs, in a process of its own."""
    with serving() as server, Controls(server) as controls, httpx2.Client(base_url=server) as web:
        for _ in range(40):
            key = controls.mint()
            for number in range(4):
                query = f"a={'%' * 15_000}{'%41' * 3_000}&{'%41&' * 1_500}{number}"
                web.get(f"{REALTIME}?{query}", headers={**bearer(key), "X": "%25" * 9_000})
        yield server


@contextmanager
def asking_meanwhile(server: str) -> Iterator[list[float]]:
    """Asks the mock all the time; how long each answer took, in seconds."""
    times, is_over = [], threading.Event()

    def ask() -> None:
        connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)
        while not is_over.is_set():
            begin = time.monotonic()
            connection.request("GET", "/__mock/health")
            connection.getresponse().read()
            times.append(time.monotonic() - begin)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield times
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(
            lambda controls: controls.post(
                "/requests/verify", {"query": {"a": "b"}, "headers": {"host": "zzz"}}
            ),
            id="verify",
        ),
        pytest.param(
            lambda controls: controls.post(
                "/requests/verify", {"query": {f"{n}": "***" for n in range(10)}, "path": "***"}
            ),
            id="verify much",
        ),
        pytest.param(lambda controls: controls.get("/requests", limit=100), id="read"),
        pytest.param(lambda controls: controls.get("/requests", limit=50, format="har"), id="HAR"),
        pytest.param(lambda controls: controls.get("/requests/retries"), id="retries"),
    ],
)
def test_nobody_waits_while_they_are_looked_through(full: str, ask: Callable[[Controls], object]) -> None:
    with Controls(full) as controls, asking_meanwhile(full) as times:
        ask(controls)

    assert max(times) < HELD


def test_all_journals_together_are_bounded_and_the_least_used_make_room() -> None:
    mock = load_service(Settings(now=instant_of(INSTANT), speed=0, any_key=True))
    keys = [mock.keys.named(f"Bearer df_key_{n}") for n in range(300)]
    for key in keys:
        for _ in range(10):
            mock.note(large_request(), None, key, OUTCOME)
        # The first one goes on being used.
        mock.note(large_request(), None, keys[0], OUTCOME)

    weights = [key.journal.weight for key in keys if key is not None]
    assert 300 * MOST_BYTES > MOST_NOTED * 1.5
    assert MOST_NOTED * 0.8 < sum(weights) <= MOST_NOTED
    assert weights[0] > 0.8 * MOST_BYTES
    assert weights[1] == 0
    # From some key on all of them are there.
    assert [weight > 0 for weight in weights[1:]] == sorted(weight > 0 for weight in weights[1:])


def test_a_peek_counts_for_nothing() -> None:
    mock = load_service(Settings(now=instant_of(INSTANT), speed=0))
    for _ in range(10):
        mock.shadow().note(large_request(), None, None, OUTCOME)

    assert mock.common.noted == 0


def test_rules_of_all_keys_together_are_bounded() -> None:
    rule = {"when": {"query": {f"p{n}": "v" for n in range(600)}}, "then": {"code": 500}}
    with running(now=INSTANT) as mock, Controls(mock.server) as controls:
        most = switches.MOST_RULE_BYTES // (600 * 100 * 4)
        statuses = [
            controls.ask("POST", "/keys", {"key": f"df_{n}", "faults": [rule] * 4}).status_code
            for n in range(most)
        ]
        refused = controls.ask("PUT", "/settings", {"faults": [rule] * 4})

        assert statuses[0] == 201
        assert statuses[-1] == refused.status_code == 409
        assert "32 MiB" in refused.json()["detail"]
        assert statuses == sorted(statuses)
        # What takes less room than before is taken.
        controls.patch("/settings", {"faults": [rule]}, key="df_0")
        controls.ask("DELETE", "/keys/df_1")
        controls.put("/settings", {"faults": [rule] * 4})


OUTCOME = Outcome(0, "getRealtime", "world", 200, Part(), b"", 1)


def large_request() -> Sent:
    """One of which eight fill a journal."""
    return Sent("GET", REALTIME.encode(), b"x" * 30_000, b"", 30_000)
