"""Long work in short turns, so that the server answers other requests in between."""

import asyncio
import time

_LONGEST_SECONDS = 0.01


class Turn:
    """The time that long work may take before other requests are answered."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def pass_on(self) -> None:
        """Lets other tasks run if this turn has taken long enough."""
        if time.perf_counter() - self._began > _LONGEST_SECONDS:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
