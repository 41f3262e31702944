"""The limit of the memory that the logs of all accounts take together."""

SHARE = 16 * 1024
"""The bytes that each account may always write, however many bytes other accounts have written."""
COMMON = 48 * 1024 * 1024
"""The bytes that all accounts together may write beyond their shares."""


class Space:
    """The shared memory for logs that are larger than their own share. The first logs that need it get it."""

    def __init__(self) -> None:
        self._used = 0

    def has_room(self, before: int, after: int) -> bool:
        """Returns whether a log may grow from one number of bytes to another."""
        more = _beyond_share(after) - _beyond_share(before)
        return not more or self._used + more <= COMMON

    def take(self, before: int, after: int) -> None:
        """Counts the growth of a log from one number of bytes to another."""
        self._used += _beyond_share(after) - _beyond_share(before)

    def free(self, size: int) -> None:
        """Frees all bytes of a log."""
        self._used -= _beyond_share(size)


def _beyond_share(size: int) -> int:
    return max(0, size - SHARE)
