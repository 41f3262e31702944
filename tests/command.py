"""The command `datafast-mock` as a process, as users run it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests import forking
from tests.instants import INSTANT

COMMAND = Path(sys.executable).with_name("datafast-mock")
LISTENING = "listening on "
NOTHING: Mapping[str, str] = {}


@contextmanager
def serving(
    *options: str, stderr: IO[str] | int | None = None, environment: Mapping[str, str] = NOTHING
) -> Iterator[str]:
    """Runs `datafast-mock serve` on a free port for the length of the block, and yields its address."""
    with started("--port", "0", *options, stderr=stderr, environment=environment) as process:
        yield address_of(process)


@contextmanager
def started(
    *options: str,
    command: str = "serve",
    stderr: IO[str] | int | None = None,
    environment: Mapping[str, str] = NOTHING,
) -> Iterator[subprocess.Popen[str]]:
    """Starts `datafast-mock serve`, or another command that listens, and stops it after the block."""
    process = subprocess.Popen(
        [COMMAND, command, *options],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        # A test may choose another encoding, and then looks for ASCII only.
        errors="replace",
        env=_with(environment),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def ended(
    *arguments: str,
    environment: Mapping[str, str] = NOTHING,
    folder: Path | None = None,
    seconds: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Runs `datafast-mock` to its end, at most `seconds`, and returns the process with its output.

    It runs in `folder`; None means the current one.
    """
    if forking.is_forkable(environment):
        return forking.run(arguments, _with(environment), folder or Path.cwd(), seconds)
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=_with(environment),
        cwd=folder,
        timeout=seconds,
        check=False,
    )


def banner_of(process: subprocess.Popen[str]) -> list[str]:
    """Returns the lines that the command prints until it is ready; the last has the address."""
    assert process.stdout is not None, "started with a pipe"
    lines = []
    for line in process.stdout:
        lines.append(line.removesuffix("\n"))
        if line.startswith(LISTENING):
            return lines
    raise AssertionError(f"the command ended with {process.wait()} before it listened")


def address_of(process: subprocess.Popen[str]) -> str:
    """Returns the address in the line that the command prints when it is ready."""
    return banner_of(process)[-1].removeprefix(LISTENING)


def _with(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with additions, and without variables for the user's own mock.

    A server starts at the tests' instant, unless `--now` or PRESENT is given.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATAFAST_MOCK_")}
    return {**kept, "DATAFAST_MOCK_NOW": INSTANT, **environment}
