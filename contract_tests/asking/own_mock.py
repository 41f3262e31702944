"""The mock as a separate process, for commands that need a correct server."""

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from math import ceil
from types import FrameType
from typing import IO, Any

import httpx2

from contract_tests import instants
from contract_tests.asking.client import StoppedError
from contract_tests.asking.clock import Clock

# An instant at which every documented member has a value on the demo website, in either revision.
INSTANT = "2026-02-06T05:27:30Z"

_LISTENING = "listening on "
_START_SECONDS = 30.0


@contextmanager
def own_mock(*options: str) -> Iterator[str]:
    """Runs `datafast-mock serve` on a free port until the block ends, and yields its address.

    Raises StoppedError if it does not start.
    """
    # The command is run as a module, so that the mock of this Python environment is used.
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", *options]
    with ExitStack() as stack:
        # An interrupt while the process starts would leave it behind.
        with _later_signals():
            process = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603 - it is our own
            )
            stack.callback(process.terminate)
        assert process.stdout is not None, "started with a pipe"
        yield _address(process.stdout)


def driven_clock(address: str) -> Clock:
    """Returns a clock that waits by advancing the clock of a frozen mock at this address.

    So waiting takes no time, and the mock's answers do not depend on how fast they are requested.
    """
    begun, passed = instants.now(), 0

    def sleep(seconds: float) -> None:
        nonlocal passed
        milliseconds = ceil(seconds * 1000)
        httpx2.put(f"{address}/__mock/clock", json={"advance": milliseconds}).raise_for_status()
        passed += milliseconds

    return Clock(lambda: begun + passed, lambda: passed / 1000, sleep)


@contextmanager
def _later_signals() -> Iterator[None]:
    """Lets the signals that a handler in Python hears during the block be heard at the block's end."""
    if threading.current_thread() is not threading.main_thread():
        # Handlers run in the main thread only.
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {
        int(number): handler
        for number in signal.valid_signals()
        if callable(handler := signal.getsignal(number))
    }
    for number in handlers:
        signal.signal(number, lambda *signalled: heard.append(signalled))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number, frame in heard:
        handlers[number](number, frame)


def _address(output: IO[str]) -> str:
    """Returns the address that the command prints when it is ready. Later output is read and ignored."""
    told: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        # Reading fails with ValueError when the pipe is closed at the end of the process.
        with suppress(ValueError):
            for line in output:
                if line.startswith(_LISTENING):
                    told.put(line.removeprefix(_LISTENING).strip())
        told.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        address = told.get(timeout=_START_SECONDS)
    except queue.Empty:
        address = None
    if address is None:
        raise StoppedError("the mock did not start; `datafast-mock serve --port 0` says why")
    return address
