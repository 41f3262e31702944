"""The journal: what was asked of the mock, and how that was answered."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

MOST_REQUESTS = 500
MOST_BYTES = 256 * 1024
"""Of one key's journal; older requests make room."""

_TOKEN = re.compile(r"\b(dft?)_[A-Za-z0-9_-]+")
_OVERHEAD = 200


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """One request as the journal keeps it. `instant` is the world's, `at` the machine's, both in ms."""

    number: int
    at: int
    instant: int
    method: str
    raw_path: bytes
    raw_query: bytes
    raw_headers: bytes
    operation: str | None
    """The `operationId`; None for a route that there is not."""
    token: str
    """`df_***`, `dft_***`, or empty where no key that there is was named."""
    label: str
    status: int
    decided_by: str
    """What made the answer: `world`, `authentication`, `rate limit`, `rule 0 …`, `prefer code=429` …"""
    reset: int | None = None
    """Of a 429: the instant of the world from which it may be asked again."""

    @property
    def path(self) -> str:
        """The path as it was sent, tokens masked."""
        return _hidden(unquote(self.raw_path.decode("latin-1"), errors="replace"))

    @property
    def query(self) -> dict[str, list[str]]:
        """All values of each parameter, tokens masked."""
        return _grouped(
            (_hidden(name), _hidden(value))
            for name, value in parse_qsl(self.raw_query.decode("latin-1"), keep_blank_values=True)
        )

    @property
    def headers(self) -> dict[str, list[str]]:
        """All values of each header, by its name in small letters; secrets masked."""
        lines = self.raw_headers.decode("latin-1").split("\n") if self.raw_headers else []
        pairs = (line.partition(":") for line in lines)
        return _grouped((name.lower(), _masked(name.lower(), value)) for name, _, value in pairs)

    @property
    def size(self) -> int:
        """The bytes that count against the journal's bound."""
        return len(self.raw_path) + len(self.raw_query) + len(self.raw_headers) + _OVERHEAD


class Journal:
    """The last requests of one key, oldest first, bounded in number and bytes."""

    __slots__ = ("_requests", "_size")

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._size = 0

    def add(self, request: Request) -> None:
        """Notes a request, and forgets the oldest ones where they are too many."""
        requests = self._requests
        requests.append(request)
        self._size += request.size
        while len(requests) > MOST_REQUESTS or (self._size > MOST_BYTES and len(requests) > 1):
            self._size -= requests.popleft().size

    def clear(self) -> None:
        """Forgets all."""
        self._requests.clear()
        self._size = 0

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))


def raw_headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A request's headers in one piece."""
    return b"\n".join([b"%b:%b" % pair for pair in pairs])


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _masked(name: str, value: str) -> str:
    if name in ("cookie", "proxy-authorization"):
        return "***"
    if name != "authorization":
        return _hidden(value)
    scheme, space, token = value.partition(" ")
    # Whatever it is, it was meant to be secret.
    return scheme + space + (_hidden(token) if _TOKEN.fullmatch(token) else "***") if space else "***"


def _hidden(text: str) -> str:
    """The text with `df_***` for each token in it."""
    return _TOKEN.sub(r"\1_***", text)
