"""The journal: what was asked of the mock, and how that was answered."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from msgspec import Struct
from starlette.types import Scope

from mock_server.masking import hidden

MOST_REQUESTS = 500
MOST_BYTES = 256 * 1024
"""Of one key's journal; older requests make room."""

_SCHEMES = frozenset({"bearer", "basic", "digest"})
_SECRET = frozenset({"cookie", "proxy-authorization", "x-api-key"})
_OVERHEAD = 200


class Sent(NamedTuple):
    """A request as it was sent; `headers` are names and values in turn, a line each."""

    method: str
    path: bytes
    query: bytes
    headers: bytes


class Outcome(NamedTuple):
    """What became of a request; the members are those of `Request`."""

    instant: int
    operation: str | None
    status: int
    decided_by: str
    wait: int | None = None


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """One request as the journal keeps it.

    `at` is the machine's time, `limit_time` that by which its rate limit counts, `instant` that of the
    answer, all in ms.
    """

    number: int
    at: int
    limit_time: int
    instant: int
    sent: Sent
    operation: str | None
    """The `operationId`; None for a route that there is not."""
    token: str
    """`df_***`, `dft_***`, or empty where no key that there is was named."""
    label: str
    status: int
    decided_by: str
    """What made the answer: `world`, `authentication`, `rate limit`, `rule 0 …`, `prefer code=429` …"""
    wait: int | None = None
    """Of a 429: how long to wait until it may be asked again, in ms."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.sent.method

    @property
    def path(self) -> str:
        """The path as it was sent, tokens masked."""
        return hidden(unquote(hidden(self.sent.path.decode("latin-1")), errors="replace"))

    @property
    def query(self) -> dict[str, list[str]]:
        """All values of each parameter, tokens masked."""
        return _grouped(
            (hidden(name), hidden(value))
            for name, value in parse_qsl(hidden(self.sent.query.decode("latin-1")), keep_blank_values=True)
        )

    @property
    def headers(self) -> dict[str, list[str]]:
        """All values of each header, by its name in small letters; secrets masked."""
        lines = self.sent.headers.decode("latin-1").split("\n")
        pairs = zip(lines[::2], lines[1::2], strict=False)
        return _grouped((hidden(name.lower()), _masked(name.lower(), value)) for name, value in pairs)

    @property
    def size(self) -> int:
        """The bytes that count against the journal's bound."""
        return sum(map(len, self.sent)) + len(self.label) + len(self.decided_by) + _OVERHEAD


class Journal:
    """The last requests of one key, oldest first, bounded in number and bytes."""

    __slots__ = ("_requests", "_size", "_sizes")

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._sizes: deque[int] = deque()
        self._size = 0

    def add(self, request: Request) -> None:
        """Notes a request, and forgets the oldest ones where they are too many."""
        requests, size = self._requests, request.size
        requests.append(request)
        self._sizes.append(size)
        self._size += size
        while len(requests) > MOST_REQUESTS or (self._size > MOST_BYTES and len(requests) > 1):
            requests.popleft()
            self._size -= self._sizes.popleft()

    def clear(self) -> None:
        """Forgets all."""
        self._requests.clear()
        self._sizes.clear()
        self._size = 0

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))


def sent_of(scope: Scope) -> Sent:
    """What there is to keep of an HTTP request's scope."""
    headers = b"\n".join(chain.from_iterable(scope["headers"]))
    return Sent(scope["method"], scope["raw_path"], scope["query_string"], headers)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _masked(name: str, value: str) -> str:
    if name in _SECRET:
        return "***"
    if name != "authorization":
        return hidden(value)
    scheme, space, token = value.partition(" ")
    masked = hidden(token)
    # Whatever it is, it was meant to be secret.
    shown = scheme if scheme.lower() in _SCHEMES else "***"
    return shown + space + (masked if masked in ("df_***", "dft_***") else "***") if space else "***"
