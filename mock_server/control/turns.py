"""Long work in short turns, so that the server goes on answering others meanwhile."""

import asyncio
import time

_LONGEST_SECONDS = 0.01


class Turn:
    """What one piece of long work may take before others have their turn."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def pass_on(self) -> None:
        """Lets others go on where it has been long enough."""
        if time.perf_counter() - self._began > _LONGEST_SECONDS:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
