"""The clock of a key, which gives the world's time from an anchor and a speed."""

import time
from dataclasses import dataclass, replace

from mock_server.instants import BEGINNING, END, SECOND

TICK = SECOND
"""The length of a tick in ms. The world's time advances by whole ticks; answers within one are identical."""


@dataclass(slots=True)
class Clock:
    """A clock whose time is `world` + (wall time - `wall`) · `speed`, in ms, or `world` if it is frozen."""

    wall: int
    world: int
    speed: float = 1.0
    is_frozen: bool = False
    is_driven: bool = False
    """Whether the clock was set through the controls since the start."""

    def now(self) -> int:
        """Returns the present tick of the world, in ms since the epoch."""
        instant = self._exact()
        return instant - instant % TICK

    def limit_time(self) -> int:
        """Returns the time by which rate limits count, in ms since the epoch.

        It is the machine's time, by which clients wait, or the world's time if the clock was set.
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
        """Sets the clock to `advance` ms after `now`; a `now` of None means the clock's present time.

        If any argument is given, rate limits follow this clock from now on. Raises ValueError for a year that
        the mock does not support.
        """
        world = (self._exact() if now is None else now) + advance
        if not BEGINNING <= world <= END:
            raise ValueError("the clock must stay within the years 1971 to 9998")
        self.wall, self.world = wall_time(), world
        self.speed = self.speed if speed is None else speed
        self.is_frozen = self.is_frozen if is_frozen is None else is_frozen
        self.is_driven |= bool(advance) or not (now is speed is is_frozen is None)

    def copy(self) -> "Clock":
        """Returns a clock with the same time, which can be set independently."""
        return replace(self)

    def _exact(self) -> int:
        if self.is_frozen:
            return self.world
        return min(self.world + int((wall_time() - self.wall) * self.speed), END)


def start_clock(now: int | None, speed: float) -> Clock:
    """Returns a clock that shows `now` at this moment; None means the machine's time.

    A speed of 0 freezes it.
    """
    wall = wall_time()
    return Clock(wall, wall if now is None else now, speed=speed or 1.0, is_frozen=speed == 0)


def wall_time() -> int:
    """Returns the machine's time, in ms since the epoch."""
    return time.time_ns() // 1_000_000
