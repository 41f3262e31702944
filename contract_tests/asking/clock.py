"""The clock of a run, which tells the time and waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from contract_tests import instants


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock, by default the system's. With another one, a test of a long run takes no time."""

    now: Callable[[], int] = instants.now
    """Returns the current instant in ms since the epoch."""
    monotonic: Callable[[], float] = time.monotonic
    """Returns the seconds of a clock that never goes backwards."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for a number of seconds."""


SYSTEM = Clock()
