"""The journal of a key: its last requests, with their answers."""

from collections import deque
from collections.abc import Iterator

from mock_server.state.entries import Request

MOST_REQUESTS = 500
MOST_BYTES = 256 * 1024
"""The maximum size of one key's journal in bytes; beyond it, the oldest requests are dropped."""


class Numbers:
    """The numbers of requests, from 1 on, in the order in which their answers were decided."""

    __slots__ = ("next",)

    def __init__(self) -> None:
        self.next = 1
        """The number of the next request."""

    def take(self) -> int:
        """Returns the next number, which is then used up."""
        number = self.next
        self.next += 1
        return number


class Journal:
    """The last requests of one key, oldest first, limited in number and bytes.

    When it is full, it drops first the bodies of the oldest requests, then the requests themselves.
    """

    __slots__ = ("_lean", "_requests", "_weights", "weight")

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._weights: deque[int] = deque()
        self._lean = 0
        self.weight = 0
        """The number of bytes that the journal keeps."""

    def add(self, request: Request) -> int:
        """Adds a request, and drops old ones if the journal is full.

        Returns the weight of the request, in bytes.
        """
        weight = request.weight
        self._requests.append(request)
        self._weights.append(weight)
        self.weight += weight
        if len(self._requests) > MOST_REQUESTS:
            self._forget_oldest()
        if self.weight > MOST_BYTES:
            self._make_room()
        return weight

    def clear(self) -> None:
        """Removes all requests."""
        self._requests.clear()
        self._weights.clear()
        self._lean = self.weight = 0

    @property
    def newest(self) -> int:
        """The number of the newest request; 0 if the journal is empty."""
        return self._requests[-1].number if self._requests else 0

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))

    def __reversed__(self) -> Iterator[Request]:
        return reversed(tuple(self._requests))

    def _make_room(self) -> None:
        # The newest request keeps its bodies.
        while self.weight > MOST_BYTES and self._lean < len(self._requests) - 1:
            freed = self._requests[self._lean].forget_bodies()
            self._weights[self._lean] -= freed
            self.weight -= freed
            self._lean += 1
        while self.weight > MOST_BYTES and len(self._requests) > 1:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._requests.popleft()
        self.weight -= self._weights.popleft()
        self._lean = max(0, self._lean - 1)
