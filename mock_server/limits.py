"""The rate limit of a credential, on its own clock."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mock_server.errors import RATE_LIMITED, ApiError
from mock_server.instants import SECOND

_TEXT = re.compile(r"(\d{1,9})/(?:(\d{1,5})?(s|min|h))")
_SECONDS = {"s": 1, "min": 60, "h": 3_600}


class RateLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """So many requests in each window of so many seconds."""

    limit: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    window: Annotated[int, Meta(ge=1, le=86_400)] = 60
    """In seconds of the key's own clock."""
    reset_unit: Literal["ms", "s"] = "ms"
    """Of `reset`: the live API sends milliseconds since the epoch, an example on a page shows seconds."""


def rate_limit_of(text: str) -> RateLimit:
    """`60/min`, `5/10s`, `1000/h`. Raises ValueError."""
    match = _TEXT.fullmatch(text)
    window = int(match[2] or 1) * _SECONDS[match[3]] if match else 0
    if match is None or not 1 <= window <= 86_400:
        raise ValueError(f"{text!r} is no rate limit, such as 60/min, 5/10s or 1000/h, of a day at most")
    return RateLimit(limit=int(match[1]), window=window)


class RateLimitedError(ApiError):
    """A 429. `reset` is the instant from which it may be asked again, in ms since the epoch."""

    def __init__(self, rate: RateLimit, instant: int, reset: int) -> None:
        """All that tells a client how long to wait goes with it."""
        self.reset = reset
        seconds = -(-(reset - instant) // SECOND)
        super().__init__(
            RATE_LIMITED,
            headers={**_headers(rate, 0, reset), "Retry-After": str(seconds)},
            beside={"limit": rate.limit, "remaining": 0, "reset": _in_unit(rate, reset)},
            limit=rate.limit,
            window=rate.window,
        )


@dataclass(slots=True)
class Limiter:
    """Counts the requests of each window, which begins where its length divides the world's time."""

    rate: RateLimit
    window: int = -1
    used: int = 0

    def take(self, instant: int) -> dict[str, str]:
        """Counts a request; the headers that tell the state. Raises ApiError 429 when none is left."""
        window, reset = window_at(self.rate, instant)
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.rate.limit:
            raise RateLimitedError(self.rate, instant, reset)
        self.used += 1
        return _headers(self.rate, self.rate.limit - self.used, reset)


def window_at(rate: RateLimit, instant: int) -> tuple[int, int]:
    """The number of the window that an instant lies in, and the instant at which it ends."""
    length = rate.window * SECOND
    window = instant // length
    return window, (window + 1) * length


def _headers(rate: RateLimit, remaining: int, reset: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(rate.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(_in_unit(rate, reset)),
    }


def _in_unit(rate: RateLimit, reset: int) -> int:
    return reset if rate.reset_unit == "ms" else reset // SECOND
