"""Waiting for a condition, instead of sleeping for a fixed time."""

import time
from collections.abc import Callable

# A busy machine takes ten times as long as a quiet one.
_LONGEST_SECONDS = 120
_PAUSE_SECONDS = 0.01


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds. Raises AssertionError if it does not hold within two minutes."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited for two minutes in vain"
        time.sleep(_PAUSE_SECONDS)
