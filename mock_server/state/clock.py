"""The world's clock: where its time is anchored and how fast it runs."""

import time
from dataclasses import dataclass, replace

from mock_server.instants import BEGINNING, END, SECOND

TICK = SECOND
"""World time passes in steps of this many milliseconds; all answers within a step are identical."""


@dataclass(slots=True)
class Clock:
    """World time = `world` + (wall time - `wall`) · `speed`, in ms; a frozen clock shows `world`."""

    wall: int
    world: int
    speed: float = 1.0
    is_frozen: bool = False
    is_driven: bool = False
    """Whether somebody has set it through the controls since the start."""

    def now(self) -> int:
        """The present tick of the world, in milliseconds since the epoch."""
        instant = self._exact()
        return instant - instant % TICK

    def limit_time(self) -> int:
        """The time by which rate limits count, in ms since the epoch.

        The machine's own, as a client waits by that; once somebody drives the clock, the world's.
        """
        return self.now() if self.is_driven else wall_time()

    def set(
        self,
        *,
        now: int | None = None,
        advance: int = 0,
        speed: float | None = None,
        is_frozen: bool | None = None,
    ) -> None:
        """Goes on from `now`, or from where it is, plus `advance` ms. Raises ValueError beyond all years.

        It counts as driven from now on, unless nothing is given.
        """
        world = (self._exact() if now is None else now) + advance
        if not BEGINNING <= world <= END:
            raise ValueError("the clock would leave the years 1971 to 9998")
        self.wall, self.world = wall_time(), world
        self.speed = self.speed if speed is None else speed
        self.is_frozen = self.is_frozen if is_frozen is None else is_frozen
        self.is_driven |= bool(advance) or not (now is speed is is_frozen is None)

    def copy(self) -> "Clock":
        """Another clock that shows the same and goes its own way."""
        return replace(self)

    def _exact(self) -> int:
        if self.is_frozen:
            return self.world
        return min(self.world + int((wall_time() - self.wall) * self.speed), END)


def start_clock(now: int | None, speed: float) -> Clock:
    """A clock that shows `now` at this moment; None means the machine's own time. Speed 0 is frozen."""
    wall = wall_time()
    return Clock(wall, wall if now is None else now, speed=speed or 1.0, is_frozen=speed == 0)


def wall_time() -> int:
    """The machine's own time, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
