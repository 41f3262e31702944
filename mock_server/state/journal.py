"""The journal: what was asked of the mock, and how that was answered."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from msgspec import Struct
from starlette.types import Scope

from mock_server.state.masking import hidden

MOST_REQUESTS = 500
MOST_BYTES = 256 * 1024
"""Of one key's journal; older requests make room."""
LONGEST_BODY = 4 * 1024
"""So many of the first bytes of a request's body are kept."""
LONGEST_ANSWER = 512
"""So many of the first bytes of an answer's body are kept."""

_SCHEMES = frozenset({"bearer", "basic", "digest"})
# Whatever their values are, they are meant to be secret.
_SECRET = re.compile(
    r"(?:.*-)?(?:auth|authorization|authentication|cookies?|credentials?|jwt|passw(?:or)?d|secret|session|token"
    r"|(?:api|access|auth|private|secret|subscription)-?key)(?:-.*)?|apikey|set-cookie2?"
)
# What a URL may have beside letters and digits; a percent sign is one already.
_URL_SIGNS = "%/:?#[]@!$&'()*+,;=-._~"
# For an entry by itself, which takes some 450 bytes of memory: see docs/scaling.md.
_OVERHEAD = 250


class Sent(NamedTuple):
    """A request as it was sent; `headers` are names and values in turn, a line each."""

    method: str
    path: bytes
    query: bytes
    headers: bytes
    weight: int
    """The bytes of all of them."""


class Caller(NamedTuple):
    """Whose request it was, without the token; all empty for no key that there is."""

    token: str
    """`df_***` or `dft_***`."""
    name: str
    """What tells the key from others: a shipped key's token, which is no secret, else its label."""
    label: str


NOBODY = Caller("", "", "")


class Part(Struct, gc=False):
    """What is kept of a body: how many bytes there were, and the first of them."""

    size: int = 0
    first: bytes | None = b""
    """None where they are not kept, or not any more."""

    def add(self, body: bytes) -> None:
        """Counts what was sent of an answer, and keeps its beginning."""
        self.size += len(body)
        if self.first is not None and len(self.first) < LONGEST_ANSWER:
            self.first += body[: LONGEST_ANSWER - len(self.first)]

    def forget(self) -> int:
        """Keeps the size alone; gives how many bytes are free by that."""
        freed = len(self.first or b"")
        self.first = None
        return freed


class Outcome(NamedTuple):
    """What became of a request; the members are those of `Request`."""

    instant: int
    operation: str | None
    decided_by: str
    status: int | None
    answer: Part
    answer_headers: bytes
    duration: int | None
    wait: int | None = None


class Request(Struct, kw_only=True, gc=False):
    """One request as the journal keeps it.

    `at` is the machine's time, `limit_time` that by which its rate limit counts, `instant` that of the
    answer, all in ms. `status`, `answer` and `duration` tell what really was sent, and so change while it is.
    """

    number: int
    at: int
    limit_time: int
    instant: int
    sent: Sent
    body: Part | None
    """None where no body was announced."""
    operation: str | None
    """The `operationId`; None for a route that there is not."""
    caller: Caller
    status: int | None
    """None where nothing was sent, or is sent later."""
    answer: Part
    answer_headers: bytes
    """As `Sent.headers`: those that are about this answer, without its length and date."""
    decided_by: str
    """What made the answer: `world`, `authentication`, `rate limit`, `rule 0 …`, `prefer code=429` …"""
    duration: int | None
    """How long it took until all was sent, in µs; None as long as it is not."""
    wait: int | None = None
    """Of a 429: how long to wait until it may be asked again, in ms."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.sent.method

    @property
    def target(self) -> str:
        """Path and query as they stood in the request line, but that tokens are masked and all is ASCII."""
        query = b"?" + self.sent.query if self.sent.query else b""
        return quote(hidden((self.sent.path + query).decode("latin-1")).encode("latin-1"), safe=_URL_SIGNS)

    @property
    def path(self) -> str:
        """The path as it was sent, tokens masked."""
        return hidden(unquote(hidden(self.sent.path.decode("latin-1")), errors="replace"))

    @property
    def query(self) -> dict[str, list[str]]:
        """All values of each parameter, tokens masked."""
        return _parsed(self.sent.query)

    @property
    def headers(self) -> dict[str, list[str]]:
        """All values of each header, by its name in small letters; secrets masked."""
        return _shown(self.sent.headers)

    @property
    def response_headers(self) -> dict[str, list[str]]:
        """The same of the answer."""
        return {} if self.status is None else _shown(self.answer_headers)

    def has_path(self, path: str) -> bool:
        """Whether it was asked for this path, as it is or as it is shown."""
        written = self.sent.path.decode("latin-1")
        # In a path a plus sign is one.
        is_path = _may_be_spelt(written, path) and unquote(written, errors="replace") == path
        return is_path or ("***" in path and self.path == path)

    def has_parameter(self, name: str, value: str | None) -> bool:
        """Whether a parameter has this value among others, as it is or as it is shown; None wants none."""
        values = self._values(name)
        if value is None:
            return next(values, None) is None
        if "***" in value:
            return any(_is_spelt(written, value) or _decoded(hidden(written)) == value for written in values)
        return any(_is_spelt(written, value) for written in values)

    def has_header(self, name: str, value: str | None) -> bool:
        """The same of a header, whose name is in small letters."""
        values = (met for header, met in lines_of(self.sent.headers) if header == name)
        if value is None:
            return next(values, None) is None
        return any(met == value or ("***" in value and shown_header(name, met) == value) for met in values)

    def _values(self, name: str) -> Iterator[str]:
        """The values of a parameter as they were written."""
        for pair in self.sent.query.decode("latin-1").split("&"):
            written, _, value = pair.partition("=")
            if pair and _is_spelt(written, name):
                yield value

    @property
    def weight(self) -> int:
        """The bytes that count against the journal's bound."""
        weight = _OVERHEAD + self.sent.weight + len(self.answer_headers) + len(self.decided_by)
        # What is still to be sent is kept as well.
        weight += LONGEST_ANSWER if self.duration is None else len(self.answer.first or b"")
        return weight if self.body is None else weight + len(self.body.first or b"")

    def forget_bodies(self) -> int:
        """Keeps their sizes alone; gives how many bytes are free by that."""
        return self.answer.forget() + (0 if self.body is None else self.body.forget())


class Journal:
    """The last requests of one key, oldest first, bounded in number and bytes.

    Where there is no room, first the bodies of the oldest requests go, then the requests themselves.
    """

    __slots__ = ("_lean", "_requests", "_weights", "weight")

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._weights: deque[int] = deque()
        self._lean = 0
        self.weight = 0
        """The bytes of all that it keeps."""

    def add(self, request: Request) -> int:
        """Notes a request, and forgets what is too much; gives the bytes that it came with."""
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
        """Forgets all."""
        self._requests.clear()
        self._weights.clear()
        self._lean = self.weight = 0

    @property
    def newest(self) -> int:
        """The number of its newest request; 0 for none."""
        return self._requests[-1].number if self._requests else 0

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))

    def __reversed__(self) -> Iterator[Request]:
        return reversed(tuple(self._requests))

    def _make_room(self) -> None:
        # The newest one stays as it is.
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


def sent_of(scope: Scope) -> Sent:
    """What there is to keep of an HTTP request's scope."""
    headers = b"\n".join(chain.from_iterable(scope["headers"]))
    method, path, query = scope["method"], scope["raw_path"], scope["query_string"]
    return Sent(method, path, query, headers, len(method) + len(path) + len(query) + len(headers))


def answer_headers_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """What there is to keep of an answer's headers: not its length and date, which are known anyhow."""
    kept = (header for header in headers if header[0].lower() not in (b"content-length", b"date"))
    return b"\n".join(chain.from_iterable(kept))


def lines_of(headers: bytes) -> Iterator[tuple[str, str]]:
    """Names, in small letters, and values of headers as they are kept."""
    lines = headers.decode("latin-1").split("\n")
    return ((name.lower(), value) for name, value in zip(lines[::2], lines[1::2], strict=False))


def _is_spelt(written: str, text: str) -> bool:
    """Whether a name or value in a query stands for a text."""
    return _may_be_spelt(written, text) and _decoded(written) == text


def _may_be_spelt(written: str, text: str) -> bool:
    """Whether it can by its length: an escape takes three characters for each byte."""
    return len(text) <= len(written) <= 3 * len(text.encode("utf-8", "replace"))


@lru_cache(256)
def _decoded(written: str) -> str:
    return unquote(written.replace("+", " "), errors="replace")


# What shows a request looks at it more than once.
@lru_cache(4)
def _parsed(query: bytes) -> dict[str, list[str]]:
    return _grouped(parse_qsl(hidden(query.decode("latin-1")), keep_blank_values=True))


def _shown(headers: bytes) -> dict[str, list[str]]:
    return _grouped((hidden(name), shown_header(name, value)) for name, value in lines_of(headers))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def shown_header(name: str, value: str) -> str:
    """A header's value, secrets masked; its name is in small letters."""
    if name == "authorization":
        return _credentials(value)
    return "***" if _SECRET.fullmatch(name) else hidden(value)


def _credentials(value: str) -> str:
    scheme, space, token = value.partition(" ")
    masked = hidden(token)
    # Whatever it is, it was meant to be secret.
    shown = scheme if scheme.lower() in _SCHEMES else "***"
    return shown + space + (masked if masked in ("df_***", "dft_***") else "***") if space else "***"
