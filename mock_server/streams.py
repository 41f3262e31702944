"""The standard streams of the command, where somebody closed them or they take no more."""

import os
import sys
from contextlib import suppress

_OUTPUT, _ERRORS = 1, 2


def open_closed_streams() -> None:
    """Lets a closed standard stream lead nowhere.

    Else its number would be that of the next file or socket that is opened, and Python has None in its place.
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
    """Tells the standard error, where it can be told, in one line."""
    with suppress(OSError):
        print(f"datafast-mock: {problem}", file=sys.stderr, flush=True)


def drop_output() -> None:
    """Lets what is still to be written to standard output, and all that follows, lead nowhere."""
    _drop(_OUTPUT)


def settle() -> None:
    """Lets what could not be written lead nowhere: else Python tries again at its end, and exits with 120."""
    for number, stream in ((_OUTPUT, sys.stdout), (_ERRORS, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            _drop(number)


def _drop(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
