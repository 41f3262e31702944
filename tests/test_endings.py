"""Signals that end the mock, whatever it is doing."""

import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx2
import pytest

from tests.command import address_of, started
from tests.credentials import bearer
from tests.quick import quick
from tests.starting import FROZEN, MAP, OVERVIEW, REALTIME
from tests.timing import assert_less
from tests.waiting import eventually


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), quick([(signal.SIGTERM, 0), (signal.SIGINT, 130)], 1))
def test_signal_ends_it_at_once_while_a_connection_is_open(number: signal.Signals, code: int) -> None:
    # Connections that are not closed at once are cut after a second.
    assert_less(lambda: _seconds_to_end(number, code), 1)


def _seconds_to_end(number: signal.Signals, code: int) -> float:
    """Returns how long a mock with an open connection takes to end; asserts that it ends quietly."""
    with ExitStack() as stack:
        process = stack.enter_context(started("--port", "0", stderr=subprocess.PIPE))
        client = stack.enter_context(httpx2.Client(base_url=address_of(process)))
        reply = client.get(MAP, headers=bearer("df_test"))
        sent = time.monotonic()
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
        took = time.monotonic() - sent

    assert reply.status_code == 200
    assert (process.returncode, complaint) == (code, "")
    return took


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signal_ends_it_soon_and_quietly_while_reports_are_made(number: signal.Signals, code: int) -> None:
    # Without an end of the reports, these would take more than ten seconds.
    assert_less(lambda: _seconds_to_end_reports(number, code, reports=10), 6)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_second_interrupt_ends_it_quietly_while_reports_are_made() -> None:
    assert_less(lambda: _seconds_to_end_reports(signal.SIGINT, 130, reports=10, is_sent_twice=True), 6)


def _seconds_to_end_reports(
    number: signal.Signals, code: int, reports: int, *, is_sent_twice: bool = False
) -> float:
    """Returns how long a mock that makes reports takes to end; asserts that it ends quietly."""
    with ExitStack() as stack:
        process = stack.enter_context(started("--port", "0", *FROZEN, stderr=subprocess.PIPE))
        client = stack.enter_context(httpx2.Client(base_url=address_of(process)))
        for seed in range(reports):
            key = client.post("/__mock/keys", json={"seed": seed, "site": "demo"}).json()["key"]
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", client.base_url.port or 0)))
            sock.sendall(
                f"GET {OVERVIEW} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
            )
        # The server takes requests in their order, so it has the others when it answers this one.
        assert client.get(REALTIME, headers=bearer("df_test")).status_code == 200
        sent = time.monotonic()
        process.send_signal(number)
        if is_sent_twice:
            eventually(lambda: not _is_listening(client.base_url.port or 0))
            process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
        took = time.monotonic() - sent

    assert (process.returncode, complaint) == (code, "")
    return took


def _is_listening(port: int) -> bool:
    """Returns whether a port of this machine accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_signal_ends_it_at_once_before_the_first_request() -> None:
    with started("--port", "0", stderr=subprocess.PIPE) as process:
        address_of(process)
        process.terminate()
        _, complaint = process.communicate(timeout=60)

    assert (process.returncode, complaint) == (0, "")
