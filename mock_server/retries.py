"""Whether a client waited long enough after each 429."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.journal import Request


class Retry(NamedTuple):
    """One 429 and what came next. Instants are the world's, in ms; None where nothing came yet."""

    refused: Request
    retried: Request | None

    @property
    def waited(self) -> int | None:
        """World time between the two, in ms."""
        return None if self.retried is None else self.retried.instant - self.refused.instant

    @property
    def required(self) -> int:
        """World time that the 429 asked to wait, in ms."""
        assert self.refused.reset is not None, "only requests with a reset are refused ones"
        return self.refused.reset - self.refused.instant

    @property
    def is_patient(self) -> bool | None:
        """Whether the client waited; None as long as it asked nothing."""
        return None if self.waited is None else self.waited >= self.required


def retries_of(requests: Iterable[Request]) -> Iterator[Retry]:
    """Each 429 of one key with the request that followed, oldest first."""
    refused: Request | None = None
    for request in requests:
        if refused is not None:
            yield Retry(refused, request)
        refused = request if request.reset is not None else None
    if refused is not None:
        yield Retry(refused, None)
