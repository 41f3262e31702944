"""The retries of a client: whether it waited long enough after each 429."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.state.entries import Request


class Retry(NamedTuple):
    """A 429 and the next request; `retried` is None if none came yet."""

    refused: Request
    retried: Request | None

    @property
    def waited(self) -> int | None:
        """The time between the two requests in ms, by the clock of the rate limit.

        If the client waited long enough by the machine's clock, the time by the machine's clock is returned
        if it is longer. None if no request came yet, or if the clock was set back in between.
        """
        if self.retried is None:
            return None
        counted = self.retried.limit_time - self.refused.limit_time
        real = self.retried.at - self.refused.at
        if real >= self.required:
            return max(counted, real)
        return None if counted < 0 else counted

    @property
    def required(self) -> int:
        """The time that the 429 asked the client to wait, in ms."""
        assert self.refused.wait is not None, "a 429 has a time to wait"
        return self.refused.wait

    @property
    def is_patient(self) -> bool | None:
        """Whether the client waited long enough; None if that is not known."""
        return None if self.waited is None else self.waited >= self.required


def retries_of(requests: Iterable[Request]) -> Iterator[Retry]:
    """Yields each 429 of one key with the request that followed, oldest first."""
    refused: Request | None = None
    for request in requests:
        if refused is not None:
            yield Retry(refused, request)
        refused = request if request.wait is not None else None
    if refused is not None:
        yield Retry(refused, None)
