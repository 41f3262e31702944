"""The rate limit of a key: its definition, and a counter of requests."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from contract_tests.durations import milliseconds_of, rate_of
from contract_tests.quoting import quoted
from mock_server.errors import RATE_LIMITED, ApiError
from mock_server.instants import SECOND
from mock_server.kinds import in_words

_MOST = 1_000_000_000
_A_DAY = 86_400


_WrittenWindow = Annotated[
    str,
    Meta(
        pattern="^[0-9.]{1,20} ?[A-Za-z]{0,3}$",
        extra=in_words("whole seconds or a duration such as 90s or 1h"),
    ),
]


class RateLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A rate limit: at most `limit` requests in each window of `window` seconds."""

    limit: Annotated[int, Meta(ge=0, le=_MOST)]
    window: Annotated[int, Meta(ge=1, le=_A_DAY)] | _WrittenWindow = 60
    """The length of a window, in seconds; a text such as `90s` or `1h` is replaced by its seconds."""
    reset_unit: Literal["ms", "s"] = "ms"
    """The unit of `reset`.

    The live API sends milliseconds since the epoch; an example in the documentation has seconds.
    """

    def __post_init__(self) -> None:
        """Reads a window that is a text. Raises ValueError."""
        if isinstance(self.window, str):
            force_setattr(self, "window", _window_of(milliseconds_of(self.window, bare=SECOND)))

    @property
    def seconds(self) -> int:
        """The length of a window, in seconds."""
        return int(self.window)


WrittenRate = RateLimit | Annotated[str, Meta(description="Such as 60/min, 5/10s or 1000/h.")]
"""A rate limit as users write it: as an object, or in the short form."""


@lru_cache(64)
def rate_limit_of(text: str) -> RateLimit:
    """Reads the short form of a rate limit, such as `60/min`, `5/10s` or `1000/h`. Raises ValueError."""
    try:
        count, time = rate_of(text)
        if not count.is_integer() or count > _MOST:
            raise ValueError
        return RateLimit(limit=int(count), window=_window_of(time))
    except ValueError:
        raise ValueError(
            f"{quoted(text[:80])} is not a rate limit, such as 60/min, 5/10s or 1000/h;"
            " its time is a day at most"
        ) from None


def _window_of(time: int) -> int:
    """Returns the seconds of a window of some ms. Raises ValueError."""
    seconds, rest = divmod(time, SECOND)
    if rest or not 1 <= seconds <= _A_DAY:
        raise ValueError("`window`: whole seconds up to 86,400 are expected, such as 60, 90s or 1h")
    return seconds


def read_rate(written: WrittenRate | None) -> RateLimit | None:
    """Reads a rate limit in either form; None means no limit. Raises ValueError."""
    return rate_limit_of(written) if isinstance(written, str) else written


class RateLimitedError(ApiError):
    """An answer with status 429; `wait` is the time that it asks the client to wait, in ms."""

    def __init__(self, rate: RateLimit, time: int, reset: int) -> None:
        """`time` is the time of the request and `reset` the end of the window, in ms since the epoch."""
        self.wait = reset - time
        seconds = -(-self.wait // SECOND)
        super().__init__(
            RATE_LIMITED,
            headers={**_headers(rate, 0, reset), "Retry-After": str(seconds)},
            beside={"limit": rate.limit, "remaining": 0, "reset": _in_unit(rate, reset)},
            limit=rate.limit,
            window=rate.seconds,
        )


class Window(NamedTuple):
    """The beginning and the end of a window, in ms since the epoch."""

    begin: int
    end: int


_NONE = Window(0, 0)


@dataclass(slots=True)
class Limiter:
    """A counter of the requests in the current window."""

    rate: RateLimit
    window: Window = _NONE
    used: int = 0
    over: int = 0
    """The machine's time at which the window ends at the latest, in ms."""

    def take(self, now: Window, wall: int) -> dict[str, str]:
        """Counts a request and returns its rate-limit headers. Raises RateLimitedError if none is left.

        `now` is a window that begins now. Its clock may be frozen, so a window also ends when its length has
        passed by the machine's time `wall`. A client that waits as long as a 429 asks is therefore always
        let in.
        """
        if not self.window.begin <= now.begin < self.window.end or wall >= self.over:
            self.window, self.used, self.over = now, 0, wall + now.end - now.begin
        if self.used >= self.rate.limit:
            raise RateLimitedError(self.rate, now.begin, self.window.end)
        self.used += 1
        return _headers(self.rate, self.rate.limit - self.used, self.window.end)


def window_of_real_time(rate: RateLimit, time: int) -> Window:
    """Returns a window of full length from `time` on, which is in ms."""
    return Window(time, time + rate.seconds * SECOND)


def window_of_the_world(rate: RateLimit, time: int) -> Window:
    """Returns a window from `time`, in ms, to the next multiple of the window's length.

    So its end does not depend on earlier requests.
    """
    length = rate.seconds * SECOND
    return Window(time, (time // length + 1) * length)


def _headers(rate: RateLimit, remaining: int, reset: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(rate.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(_in_unit(rate, reset)),
    }


def _in_unit(rate: RateLimit, reset: int) -> int:
    # The number is rounded up, so that a client that waits this long has waited long enough.
    return reset if rate.reset_unit == "ms" else -(-reset // SECOND)
