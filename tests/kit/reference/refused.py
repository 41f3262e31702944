"""The exception with which the reference server refuses a request."""

from collections.abc import Mapping


class Refused(Exception):  # noqa: N818 - it is an answer like any other
    """An exception for a request that the reference server answers with a documented error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
