"""The standard streams of the command, which may be closed or full."""

import os
import sys
from contextlib import suppress

_OUTPUT, _ERRORS = 1, 2


def open_closed_streams() -> None:
    """Opens the null device in place of each closed standard stream.

    Otherwise the next file or socket would get its number, and `sys.stdout` would be None.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise


def complain(problem: str) -> None:
    """Writes a line to standard error, or does nothing if that cannot be written."""
    with suppress(OSError):
        print(f"datafast-mock: {problem}", file=sys.stderr, flush=True)


def drop_output() -> None:
    """Discards unwritten and all further bytes of standard output."""
    _drop(_OUTPUT)


def settle() -> None:
    """Flushes both output streams, and discards bytes that cannot be written.

    Otherwise Python would try again at its exit, and exit with 120.
    """
    for number, stream in ((_OUTPUT, sys.stdout), (_ERRORS, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            _drop(number)


def _drop(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
