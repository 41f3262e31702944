"""The memory that the logs of all accounts may take together."""

SHARE = 16 * 1024
"""The bytes that each account may always write, however much the others have written."""
COMMON = 48 * 1024 * 1024
"""The bytes that all accounts together may write beyond their shares."""


class Space:
    """The memory that logs take beyond the shares of their accounts: it is given to those that ask first."""

    def __init__(self) -> None:
        self._used = 0

    def has_room(self, before: int, after: int) -> bool:
        """Whether a log may grow from a number of bytes to another."""
        more = _beyond_share(after) - _beyond_share(before)
        return not more or self._used + more <= COMMON

    def take(self, before: int, after: int) -> None:
        """Counts that a log grew from a number of bytes to another."""
        self._used += _beyond_share(after) - _beyond_share(before)

    def free(self, size: int) -> None:
        """Takes back all bytes of a log."""
        self._used -= _beyond_share(size)


def _beyond_share(size: int) -> int:
    return max(0, size - SHARE)
