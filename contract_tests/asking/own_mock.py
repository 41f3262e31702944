"""The mock as a separate process, for commands that need a correct server."""

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from contract_tests.asking.client import StoppedError

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
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:  # noqa: S603 - it is our own
        try:
            assert process.stdout is not None, "started with a pipe"
            yield _address(process.stdout)
        finally:
            process.terminate()


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
