"""The entries of journals: requests as they were sent, and the answers that they got."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from msgspec import Struct
from starlette.types import Scope

from contract_tests.tokens import without_tokens

LONGEST_BODY = 4 * 1024
"""The number of bytes that are kept of a request's body, from its beginning."""
LONGEST_ANSWER = 512
"""The number of bytes that are kept of an answer's body, from its beginning."""

_SCHEMES = frozenset({"bearer", "basic", "digest"})
# The words by which a header's name shows that its value is secret.
_SECRET = re.compile(
    r"(?:.*-)?(?:auth|authorization|authentication|cookies?|credentials?|jwt|passw(?:or)?d|secret|session|token"
    r"|(?:api|access|auth|private|secret|subscription)-?key)(?:-.*)?|apikey|set-cookie2?"
)
# The characters that a URL may have beside letters and digits; the percent sign begins an escape.
_URL_SIGNS = "%/:?#[]@!$&'()*+,;=-._~"
# The largest number of characters of a name or a value whose decoded form is cached.
_LONGEST_CACHED = 1_000
# The weight of an entry without its texts, in bytes. It takes about 450 bytes of memory: see docs/scaling.md.
_OVERHEAD = 250


class Sent(NamedTuple):
    """A request as it was sent; the lines of `headers` are a name, its value, the next name, and so on."""

    method: str
    path: bytes
    query: bytes
    headers: bytes
    weight: int
    """The number of bytes of all members."""


class Caller(NamedTuple):
    """The key that sent a request, without its token; all members are empty if the key is unknown."""

    token: str
    """The masked token, `df_***` or `dft_***`."""
    name: str
    """The name of the key: a shipped key's token, which is not secret, or another key's label."""
    label: str


NOBODY = Caller("", "", "")


class Part(Struct, gc=False):
    """A body in the journal: its size, and the bytes of it that are kept."""

    size: int = 0
    first: bytes | None = b""
    """The first bytes; None if they are not kept, or no longer kept."""
    whole: bytes | None = None
    """All bytes of a body that is longer than `first`, while `Bodies` keeps them; otherwise None."""

    def add(self, body: bytes) -> None:
        """Counts further bytes of an answer's body, and keeps the ones that belong to its beginning."""
        self.size += len(body)
        if self.first is not None and len(self.first) < LONGEST_ANSWER:
            self.first += body[: LONGEST_ANSWER - len(self.first)]

    def forget(self) -> int:
        """Drops the first bytes, and returns how many there were."""
        freed = len(self.first or b"")
        self.first = None
        return freed


class Outcome(NamedTuple):
    """The members of `Request` that are known once its answer is decided."""

    instant: int
    operation: str | None
    decided_by: str
    status: int | None
    answer: Part
    answer_headers: bytes
    duration: int | None
    wait: int | None = None
    world: str = ""


class Request(Struct, kw_only=True, gc=False):
    """A request as the journal keeps it.

    `at` is the machine's time, `limit_time` the time by which its rate limit counts, and `instant` the
    instant of the answer, all in ms. `status`, `answer` and `duration` change while the answer is sent.
    """

    number: int
    at: int
    limit_time: int
    instant: int
    sent: Sent
    body: Part | None
    """The request's body; None if the request announced none."""
    operation: str | None
    """The `operationId`; None if no operation matches the request."""
    caller: Caller
    status: int | None
    """The status that was sent; None if none was sent so far."""
    answer: Part
    answer_headers: bytes
    """The headers of the answer, without its length and date, in the form of `Sent.headers`."""
    decided_by: str
    """The stage that decided the answer: `world`, `authentication`, `rule 0 …`, `prefer code=429` …"""
    duration: int | None
    """The time until all was sent, in µs; None until then."""
    wait: int | None = None
    """The time that a 429 asks the client to wait, in ms; None for other answers."""
    world: str = ""
    """A mark that differs for each key, website and seed; empty if the answer is not from a world."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.sent.method

    @property
    def target(self) -> str:
        """The path and query of the request line, in ASCII and with tokens masked."""
        query = b"?" + self.sent.query if self.sent.query else b""
        shown = without_tokens((self.sent.path + query).decode("latin-1"))
        return quote(shown.encode("latin-1"), safe=_URL_SIGNS)

    @property
    def path(self) -> str:
        """The decoded path, with tokens masked."""
        return without_tokens(unquote(without_tokens(self.sent.path.decode("latin-1")), errors="replace"))

    @property
    def query(self) -> dict[str, list[str]]:
        """All values of each query parameter, with tokens masked."""
        return _parsed(self.sent.query)

    @property
    def headers(self) -> dict[str, list[str]]:
        """All values of each header by its lower-case name, with secrets masked."""
        return _shown(self.sent.headers)

    @property
    def response_headers(self) -> dict[str, list[str]]:
        """All values of each header of the answer by its lower-case name, with secrets masked."""
        return {} if self.status is None else _shown(self.answer_headers)

    def has_path(self, path: str) -> bool:
        """Returns whether the request's decoded path is `path`, in which tokens may be masked."""
        written = self.sent.path.decode("latin-1")
        # A plus sign in a path does not stand for a space.
        is_path = _may_be_spelt(written, path) and unquote(written, errors="replace") == path
        return is_path or ("***" in path and self.path == path)

    def has_parameter(self, name: str, value: str | None) -> bool:
        """Returns whether a parameter was sent with a value, in which tokens may be masked.

        A value of None matches if the parameter is missing.
        """
        values = self._values(name)
        if value is None:
            return next(values, None) is None
        if "***" in value:
            return any(
                _is_spelt(written, value) or _decoded(without_tokens(written)) == value for written in values
            )
        return any(_is_spelt(written, value) for written in values)

    def has_header(self, name: str, value: str | None) -> bool:
        """Returns whether a header was sent with a value, in which secrets may be masked.

        `name` is in lower case. A value of None matches if the header is missing.
        """
        values = (met for header, met in lines_of(self.sent.headers) if header == name)
        if value is None:
            return next(values, None) is None
        return any(met == value or ("***" in value and shown_header(name, met) == value) for met in values)

    def _values(self, name: str) -> Iterator[str]:
        """Yields the values of a query parameter without decoding their escapes."""
        for pair in self.sent.query.decode("latin-1").split("&"):
            written, _, value = pair.partition("=")
            if pair and _is_spelt(written, name):
                yield value

    @property
    def weight(self) -> int:
        """The number of bytes that count towards the limit of the journal."""
        weight = _OVERHEAD + self.sent.weight + len(self.answer_headers) + len(self.decided_by)
        # An answer that is still being sent counts as if its kept part were full.
        weight += LONGEST_ANSWER if self.duration is None else len(self.answer.first or b"")
        return weight if self.body is None else weight + len(self.body.first or b"")

    def forget_bodies(self) -> int:
        """Drops the kept bytes of both bodies, and returns how many there were."""
        return self.answer.forget() + (0 if self.body is None else self.body.forget())


def sent_of(scope: Scope) -> Sent:
    """Returns the parts of an HTTP scope that the journal keeps."""
    headers = b"\n".join(chain.from_iterable(scope["headers"]))
    method, path, query = scope["method"], scope["raw_path"], scope["query_string"]
    return Sent(method, path, query, headers, len(method) + len(path) + len(query) + len(headers))


def answer_headers_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Returns an answer's headers in the form of `Sent.headers`, without its length and date."""
    kept = (header for header in headers if header[0].lower() not in (b"content-length", b"date"))
    return b"\n".join(chain.from_iterable(kept))


def lines_of(headers: bytes) -> Iterator[tuple[str, str]]:
    """Returns the lower-case names and the values of headers that are in the form of `Sent.headers`."""
    lines = headers.decode("latin-1").split("\n")
    return ((name.lower(), value) for name, value in zip(lines[::2], lines[1::2], strict=False))


def _is_spelt(written: str, text: str) -> bool:
    """Returns whether `written`, a name or a value as a query has it, is `text` when it is decoded."""
    return _may_be_spelt(written, text) and _decoded(written) == text


def _may_be_spelt(written: str, text: str) -> bool:
    """Returns whether `written`, by its length, could be `text` with some of its bytes percent-encoded."""
    return len(text) <= len(written) <= 3 * len(text.encode("utf-8", "replace"))


def _decoded(written: str) -> str:
    return _unquoted(written) if len(written) > _LONGEST_CACHED else _unquoted_cached(written)


def _unquoted(written: str) -> str:
    return unquote(written.replace("+", " "), errors="replace")


_unquoted_cached = lru_cache(256)(_unquoted)


# The results are cached, because a request is parsed more than once while it is shown.
@lru_cache(4)
def _parsed(query: bytes) -> dict[str, list[str]]:
    return _grouped(parse_qsl(without_tokens(query.decode("latin-1")), keep_blank_values=True))


def _shown(headers: bytes) -> dict[str, list[str]]:
    return _grouped((without_tokens(name), shown_header(name, value)) for name, value in lines_of(headers))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def shown_header(name: str, value: str) -> str:
    """Returns a header's value with secrets masked; the name is lower-case."""
    if name == "authorization":
        return _credentials(value)
    return "***" if _SECRET.fullmatch(name) else without_tokens(value)


def _credentials(value: str) -> str:
    scheme, space, token = value.partition(" ")
    masked = without_tokens(token)
    # A value of another form is masked as a whole.
    shown = scheme if scheme.lower() in _SCHEMES else "***"
    return shown + space + (masked if masked in ("df_***", "dft_***") else "***") if space else "***"
