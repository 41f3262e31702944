"""The whole bodies of the newest answers; the journal itself keeps only the beginning of each body."""

from collections import deque

from mock_server.state.entries import LONGEST_ANSWER, Part

MOST_BODIES = 500
MOST_BYTES = 16 * 1024 * 1024
LONGEST_WHOLE = 256 * 1024
"""The maximum size of a kept body, in bytes."""


class Bodies:
    """The newest answers' bodies that are too long for the journal, limited in number and bytes.

    Bodies are not copied, so the body of a cached answer is the same object as in the cache.
    """

    __slots__ = ("_kept", "_size")

    def __init__(self) -> None:
        self._kept: deque[Part] = deque()
        self._size = 0

    def part_of(self, body: bytes) -> Part:
        """Returns the part of an answer's body that the journal keeps.

        If the body is longer than this part, the whole body is kept here, up to LONGEST_WHOLE bytes.
        """
        size = len(body)
        if size <= LONGEST_ANSWER:
            return Part(size, body)
        part = Part(size, body[:LONGEST_ANSWER])
        if size <= LONGEST_WHOLE:
            self._keep(part, body)
        return part

    def complete(self, part: Part, body: bytes) -> None:
        """Keeps the whole body of an answer that was sent in pieces, if `body` has all bytes of it."""
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
