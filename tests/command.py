"""The command `datafast-mock` as a process, as a user runs it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

COMMAND = Path(sys.executable).with_name("datafast-mock")
LISTENING = "listening on "


@contextmanager
def serving(*options: str, stderr: IO[str] | int | None = None) -> Iterator[str]:
    """`datafast-mock serve` on a free port for the length of the block; gives the server's address."""
    with started("--port", "0", *options, stderr=stderr) as process:
        yield address_of(process)


@contextmanager
def started(*options: str, stderr: IO[str] | int | None = None) -> Iterator[subprocess.Popen[str]]:
    """`datafast-mock serve`, ended with the block."""
    process = subprocess.Popen(
        [COMMAND, "serve", *options], stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


def address_of(process: subprocess.Popen[str]) -> str:
    """The address in the line that the command prints when it is ready."""
    assert process.stdout is not None, "started with a pipe"
    for line in process.stdout:
        if line.startswith(LISTENING):
            return line.removeprefix(LISTENING).strip()
    raise AssertionError(f"the command ended with {process.wait()} before it listened")
