"""Limits of time that a correct program keeps on a slow and on a busy machine too.

A limit is work of a known size, measured likewise, or a part of what a mistake takes. The shortest of several
attempts counts, since other work of the machine lengthens some of them, and a mistake all.
"""

import time
from collections.abc import Callable

_ATTEMPTS = 5
_STEPS = 100_000


def assert_less(attempt: Callable[[], float], most: float) -> float:
    """Returns the first result that is less than a limit. Raises AssertionError if none of five is."""
    results: list[float] = []
    while len(results) < _ATTEMPTS:
        results.append(attempt())
        if results[-1] < most:
            return results[-1]
    raise AssertionError(f"none of {results} is less than {most}")


def assert_cheap(work: Callable[[], object], steps: int) -> None:
    """Raises AssertionError if the work takes more processor time than a loop of some steps."""
    assert_less(lambda: _seconds(work) / _seconds(_loop) * _STEPS, steps)


def _seconds(work: Callable[[], object]) -> float:
    """Returns the processor time of this thread for some work, in seconds."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _loop() -> None:
    for number in range(_STEPS):
        str(number)
