"""An error that the pages describe, as the reference server raises it."""

from collections.abc import Mapping


class Refused(Exception):  # noqa: N818 - it is an answer like any other
    """An error that the pages describe."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
