"""The newest answers in full, which the journal shows beside the beginnings that it keeps of all."""

from collections import deque

from mock_server.state.journal import LONGEST_ANSWER, Part

MOST_BODIES = 500
MOST_BYTES = 16 * 1024 * 1024
LONGEST_WHOLE = 256 * 1024
"""The number of bytes up to which a body is kept."""


class Bodies:
    """The newest bodies of answers that are longer than their beginnings, limited in number and bytes.

    A body is not copied: that of an answer that is cached is the same object as in the cache.
    """

    __slots__ = ("_kept", "_size")

    def __init__(self) -> None:
        self._kept: deque[Part] = deque()
        self._size = 0

    def part_of(self, body: bytes) -> Part:
        """Returns the part of an answer's body for the journal, and keeps the body."""
        size = len(body)
        if size <= LONGEST_ANSWER:
            return Part(size, body)
        part = Part(size, body[:LONGEST_ANSWER])
        if size <= LONGEST_WHOLE:
            self._keep(part, body)
        return part

    def complete(self, part: Part, body: bytes) -> None:
        """Keeps the body of a part that was sent piece by piece, if these are all of its bytes."""
        if LONGEST_ANSWER < len(body) == part.size <= LONGEST_WHOLE:
            self._keep(part, body)

    def _keep(self, part: Part, body: bytes) -> None:
        part.whole = body
        self._kept.append(part)
        self._size += part.size
        while self._size > MOST_BYTES or len(self._kept) > MOST_BODIES:
            oldest = self._kept.popleft()
            oldest.whole = None
            self._size -= oldest.size
