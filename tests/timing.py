"""Limits of time that a correct program keeps on a slow and on a busy machine too.

A limit is the time of some known work, or a part of the time that a mistake would take. One good attempt of
several is enough: other work of the machine slows down some attempts, but a mistake slows down all.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ATTEMPTS = 5
_STEPS = 20_000
# Linux counts the time of a process in hundredths of a second, in the members 14 and 15 of this file.
_STAT = "/proc/{}/stat"


def assert_once(attempt: Callable[[], object], expected: object) -> None:
    """Raises AssertionError if no attempt of five gives the expected result."""
    _attempt(attempt, lambda result: result == expected, f"== {expected}")


def assert_less(attempt: Callable[[], float], most: float) -> None:
    """Raises AssertionError if no attempt of five gives a number below a limit."""
    _attempt(attempt, lambda result: result < most, f"< {most}")


def assert_cheap(work: Callable[[], object], steps: int) -> None:
    """Raises AssertionError if the work takes more processor time than a loop of `steps` steps."""
    assert_less(lambda: _seconds(work) / _step(), steps)


@contextmanager
def cheap(steps: int, process: int | None = None) -> Iterator[None]:
    """Asserts that a block takes no more processor time than a loop of `steps` steps.

    It measures the time of this thread, or of the process with the number `process`. The time of another
    process is known on Linux only; on other systems nothing is asserted about it.
    """
    begun = _clock(process)
    yield
    took = _clock(process) - begun
    assert took < steps * _step()


def _attempt(attempt: Callable[[], Any], is_good: Callable[[Any], bool], wanted: str) -> None:
    results: list[Any] = []
    while len(results) < _ATTEMPTS:
        results.append(attempt())
        if is_good(results[-1]):
            return
    raise AssertionError(f"none of {results} is {wanted}")


def _clock(process: int | None) -> float:
    """Returns the seconds of processor time that this thread or a process has taken."""
    if process is None:
        return time.thread_time()
    try:
        told = Path(_STAT.format(process)).read_text("utf-8")
    except FileNotFoundError:
        return 0
    # The name of the program may contain spaces.
    members = told.rpartition(")")[2].split()
    return (int(members[11]) + int(members[12])) / 100


def _seconds(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _step() -> float:
    """Returns the processor time of one step of a loop, in seconds."""
    return _seconds(_loop) / _STEPS


def _loop() -> None:
    for number in range(_STEPS):
        str(number)
