"""Signals that end a command of the kit: it removes what it wrote, and ends the processes that it started."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contract_tests.asking.own_mock import own_mock
from mock_server.testing import RunningMock
from tests.command import started
from tests.hearing import heard
from tests.waiting import eventually

SIGNALS = [signal.SIGTERM] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests look up processes in /proc")


@pytest.fixture(autouse=True)
def _heard_signals() -> Iterator[None]:
    with heard(*SIGNALS):
        yield


@pytest.mark.long
@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_writes_removes_its_payments(mock: RunningMock, number: signal.Signals) -> None:
    writing = (mock.server, "--key", mock.key, "--writes", "--only", "WRITE-*", "--events")
    with started(*writing, command="verify", stderr=subprocess.PIPE) as process:
        _wait_for_a_payment(process)
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)

    assert process.returncode == 130
    assert complaint.endswith("\nInterrupted.\n")
    assert _transactions(mock, "payments_removed") == _transactions(mock, "payment") != set()


@pytest.mark.long
@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_of_pytest_that_writes_removes_its_payments(
    mock: RunningMock, number: signal.Signals, tmp_path: Path
) -> None:
    # The mock may have payments of the other signals, which came before.
    before = _transactions(mock, "payment")
    options = ("--datafast-url", mock.server, "--datafast-key", mock.key, "--datafast-writes")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        "contract_tests",
        "-p",
        "no:cacheprovider",
        *options,
    ]
    with subprocess.Popen(
        [*command, "--rootdir", tmp_path, "--basetemp", tmp_path / "kept"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        eventually(lambda: _transactions(mock, "payment") != before)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in output
    assert _transactions(mock, "payments_removed") == _transactions(mock, "payment")


def _wait_for_a_payment(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None, "started with a pipe"
    for line in process.stdout:
        event = json.loads(line)
        if event.get("operation") == "createPayment" and event["status"] == 200:
            return
    raise AssertionError("the run ended without a payment")


def _transactions(mock: RunningMock, kind: str) -> set[str]:
    facts = httpx2.get(f"{mock.server}/__mock/facts", params={"key": mock.key, "limit": 1000}).json()["facts"]
    return {fact["fact"]["transaction_id"] for fact in facts if fact["type"] == kind}


@pytest.mark.long
@pytest.mark.parametrize("number", SIGNALS)
def test_a_proof_ends_its_mocks(number: signal.Signals) -> None:
    with started(command="prove", stderr=subprocess.PIPE) as process:
        eventually(lambda: sum(map(_handles_sigterm, _children_of(process))) == 2)
        mocks = _children_of(process)
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)

    assert (process.returncode, complaint) == (130, "\nInterrupted.\n")
    assert [mock for mock in mocks if Path("/proc", mock).exists()] == []


def test_an_interrupt_while_a_mock_starts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    processes: list[subprocess.Popen[str]] = []
    start = subprocess.Popen.__init__

    def start_and_interrupt(process: subprocess.Popen[str], *arguments: Any, **options: Any) -> None:
        start(process, *arguments, **options)
        processes.append(process)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess.Popen, "__init__", start_and_interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    with pytest.raises(KeyboardInterrupt), own_mock():
        pytest.fail("it is interrupted before", pytrace=False)

    assert [process.poll() for process in processes] == [-signal.SIGTERM]


def _children_of(process: subprocess.Popen[str]) -> list[str]:
    """Returns the numbers of the processes that a process has started."""
    tasks = Path("/proc", str(process.pid), "task").glob("*/children")
    return [number for task in tasks for number in task.read_text(encoding="ascii").split()]


def _handles_sigterm(number: str) -> bool:
    """Returns whether a process has a handler for SIGTERM, as the mock has soon after its start."""
    status = dict(line.split(":", 1) for line in Path("/proc", number, "status").read_text().splitlines())
    return bool(int(status["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1)
