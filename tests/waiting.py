"""Waiting for a condition, instead of sleeping for a fixed time."""

import time
from collections.abc import Callable

_LONGEST_SECONDS = 30
_PAUSE_SECONDS = 0.01


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds. Raises AssertionError if it does not hold within half a minute."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited for half a minute in vain"
        time.sleep(_PAUSE_SECONDS)
