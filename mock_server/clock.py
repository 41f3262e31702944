"""The world's clock: where its time is anchored and how fast it runs."""

import time
from dataclasses import dataclass

from mock_server.instants import END, SECOND

TICK = SECOND
"""World time passes in steps of this many milliseconds; all answers within a step are identical."""


@dataclass(frozen=True, slots=True)
class Clock:
    """World time = `world` + (wall time - `wall`) · `speed`; speed 0 is a frozen clock."""

    wall: int
    world: int
    speed: float = 1.0

    def now(self) -> int:
        """The present tick of the world, in milliseconds since the epoch."""
        instant = min(self.world + int((_wall_time() - self.wall) * self.speed), END)
        return instant - instant % TICK


def start_clock(now: int | None, speed: float) -> Clock:
    """A clock that shows `now` at this moment; None means the machine's own time."""
    wall = _wall_time()
    return Clock(wall=wall, world=wall if now is None else now, speed=speed)


def _wall_time() -> int:
    return time.time_ns() // 1_000_000
