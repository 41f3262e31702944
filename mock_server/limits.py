"""The rate limit of a credential, on the world's clock."""

from dataclasses import dataclass

from mock_server.errors import RATE_LIMITED, ApiError
from mock_server.instants import MINUTE, SECOND


@dataclass(slots=True)
class Limiter:
    """Allows `limit` requests in each minute of world time."""

    limit: int
    window: int = 0
    used: int = 0

    def take(self, instant: int) -> dict[str, str]:
        """Counts a request; the headers that tell the state. Raises ApiError 429 when none is left."""
        window = instant // MINUTE
        if window != self.window:
            self.window, self.used = window, 0
        reset = (window + 1) * MINUTE
        if self.used >= self.limit:
            seconds = -(-(reset - instant) // SECOND)
            raise ApiError(
                RATE_LIMITED,
                headers={**self._headers(reset), "Retry-After": str(seconds)},
                beside={"limit": self.limit, "remaining": 0, "reset": reset},
                limit=self.limit,
            )
        self.used += 1
        return self._headers(reset)

    def _headers(self, reset: int) -> dict[str, str]:
        """Milliseconds since the epoch, as the live API sends them."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": str(reset),
        }
