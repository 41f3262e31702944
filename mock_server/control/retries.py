"""Whether a client waited long enough after each 429."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.state.journal import Request


class Retry(NamedTuple):
    """One 429 and what came next. `retried` is None where nothing came yet."""

    refused: Request
    retried: Request | None

    @property
    def waited(self) -> int | None:
        """What passed between the two by the time of limits, in ms.

        A client that waited long enough by the machine's own time has waited, whatever the clock shows.
        None as long as it asked nothing, or where the clock was set back meanwhile.
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
        """What the 429 asked to wait, in ms."""
        assert self.refused.wait is not None, "a request without is no refused one"
        return self.refused.wait

    @property
    def is_patient(self) -> bool | None:
        """Whether the client waited long enough; None where it is not known whether it waited at all."""
        return None if self.waited is None else self.waited >= self.required


def retries_of(requests: Iterable[Request]) -> Iterator[Retry]:
    """Each 429 of one key with the request that followed, oldest first."""
    refused: Request | None = None
    for request in requests:
        if refused is not None:
            yield Retry(refused, request)
        refused = request if request.wait is not None else None
    if refused is not None:
        yield Retry(refused, None)
