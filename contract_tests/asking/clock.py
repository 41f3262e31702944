"""The clock of a run: what time it is, and how to wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from contract_tests import instants


@dataclass(frozen=True, slots=True)
class Clock:
    """The system's clock by default. With another one a run of minutes can take no time."""

    now: Callable[[], int] = instants.now
    """Returns the current instant in ms since the epoch."""
    monotonic: Callable[[], float] = time.monotonic
    """Returns seconds that only ever grow."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for some seconds."""


SYSTEM = Clock()
