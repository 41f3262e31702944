"""`serve --state` as a client sees it: after a stop, after a kill, and on a full disk."""

import random
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from subprocess import Popen
from threading import Timer

import httpx2
import pytest

from mock_server.state.state_file import StateFile
from tests.command import address_of, serving, started
from tests.controls import Controls, Json
from tests.credentials import bearer

HEADERS = bearer("df_test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextmanager
def _client(address: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{address}/api/v1", headers=HEADERS) as client:
        yield client


def _pay(client: httpx2.Client, transaction_id: str) -> httpx2.Response:
    payment = {"amount": 1, "currency": "USD", "transaction_id": transaction_id}
    return client.post("/payments", json=payment)


def _facts(address: str) -> list[Json]:
    with Controls(address) as controls:
        found: list[Json] = controls.get("/facts", limit=1000)["facts"]
        return found


def _transactions(address: str) -> list[str]:
    """Returns the transaction ids in a mock's log."""
    return [fact["fact"]["transaction_id"] for fact in _facts(address)]


@pytest.mark.long
def test_what_was_written_is_true_after_a_restart(path: Path) -> None:
    with serving("--state", str(path), "--freeze") as address, _client(address) as client:
        visitor_id = client.get("/analytics/realtime/map").json()["data"]["visitors"][0]["visitorId"]
        client.post("/goals", json={"datafast_visitor_id": visitor_id, "name": "written"})
        before = client.get(f"/visitors/{visitor_id}").content
        (written,) = _facts(address)

    with serving("--state", str(path), "--freeze") as address, _client(address) as client:
        after = client.get(f"/visitors/{visitor_id}").content
        (restored,) = _facts(address)

    assert b'"written"' in before
    assert after == before
    assert isinstance(written["request"], int)
    assert restored == {**written, "request": None}


@pytest.mark.long
def test_on_a_full_disk_a_write_is_500_and_reads_are_answered(path: Path) -> None:
    with started("--port", "0", "--state", str(path)) as process:
        address = address_of(process)
        with _client(address) as client, Controls(address) as controls:
            assert _pay(client, "first").status_code == 200
            full = path.with_name("state.db-wal").stat().st_size
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
            refused = _pay(client, "refused")
            removed = [controls.ask("DELETE", "/facts"), controls.ask("POST", "/reset", {})]
            during = _transactions(address)
            read = client.get("/analytics/realtime")
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            assert _pay(client, "second").status_code == 200

    assert (refused.status_code, refused.json()["error"]["code"]) == (500, 500)
    assert "nothing has changed" in refused.json()["error"]["message"]
    for reply in removed:
        assert (reply.status_code, reply.headers["Content-Type"]) == (500, "application/problem+json")
    assert (read.status_code, during) == (200, ["first"])
    with closing(StateFile(path)) as store:
        assert len(list(store.entries("demo"))) == 2


@pytest.mark.long
@pytest.mark.parametrize(
    "rounds",
    [1, pytest.param(5), pytest.param(100, marks=pytest.mark.slow)],
)
def test_whatever_was_answered_outlives_a_kill_in_the_middle_of_writing(rounds: int, path: Path) -> None:
    chance = random.Random(rounds)
    for _ in range(rounds):
        with started("--port", "0", "--state", str(path)) as process:
            answered = _written_until_killed(process, chance.uniform(0, 0.4))

        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with serving("--state", str(path)) as address, Controls(address) as controls:
            kept = _transactions(address)
            controls.ask("DELETE", "/facts")
        # The last write may be in the file although its answer was not received.
        assert kept in (answered, [*answered, str(len(answered))])


def _written_until_killed(process: Popen[str], seconds: float) -> list[str]:
    """Writes to a mock, which is killed after some seconds; returns the transactions that were answered."""
    answered: list[str] = []
    with _client(address_of(process)) as client, suppress(httpx2.TransportError):
        Timer(seconds, process.kill).start()
        for number in count():
            reply = _pay(client, str(number))
            assert reply.status_code == 200
            answered.append(str(number))
    return answered
