"""Exchanges: a request with its answer, which is all that clauses judge."""

import json
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import msgspec

Json = Any

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
# In ms: how much a server's `Date` may differ from the time of the answer, besides the round trip.
_DATE_SLACK = 2_000
# In ms: the possible age of an answer from a cache that sends no `Age`.
_UNTOLD_AGE = 30_000
_LARGEST_FIGURE = 1e100
_UNKNOWN = frozenset({"", "unknown"})
GATEWAY = frozenset({502, 503, 504, *range(520, 528), 530})
"""The statuses of a gateway whose server does not answer; from 520 on those of Cloudflare."""


class NoJson:
    """A body that is not JSON; `problem` says why."""

    def __init__(self, problem: str) -> None:
        """`problem` says in a few words why the body is not JSON."""
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Span:
    """The earliest and the latest possible instant of an event, in ms since the epoch."""

    earliest: int
    latest: int


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    `operation` is the operationId of the request; None if the document has no such operation. `labels` say
    what the request was meant to test. Header names are in lower case; tokens are masked. `sent` is the
    instant of the request by the kit's own clock, in ms since the epoch; None if it is not known. `trip` is
    the time from the request to the end of the answer, in ms.
    """

    method: str
    url: str
    operation: str | None
    labels: frozenset[str]
    sent: int | None
    trip: int
    status: int
    headers: Mapping[str, str]
    body: bytes
    token: str | None = None
    """The masked token of the request; None if it had no token."""
    sender: str | None = None
    """A text that differs for each token but does not reveal it; None for a request without a token."""
    path: Mapping[str, str] = field(default_factory=dict)
    """The path parameters by their documented names."""
    unreadable: str | None = None
    """The reason why the body could not be decoded, in a few words for people; None if it was decoded."""
    successes: frozenset[int] = frozenset()
    """The operation's documented success statuses; empty for an unknown operation."""
    request_body: bytes = b""
    """The body of the request, without tokens; empty if it had no body."""
    era: int = 0
    """The era of the run (see `eras.Eras`): answers of different eras need not agree about the past."""

    @cached_property
    def json(self) -> Json:
        """The body as JSON, or a NoJson with the reason why the body is not JSON."""
        if self.unreadable is not None:
            return NoJson(self.unreadable)
        return json_of(self.body)

    @property
    def is_success(self) -> bool:
        """Whether the answer has one of the operation's documented success statuses."""
        return self.status in self.successes

    @property
    def is_accepted(self) -> bool:
        """Whether the server has done what was asked, even if its success status is not documented."""
        return is_success_status(self.status)

    @property
    def data(self) -> Json:
        """The `data` of a successful answer; None if there is no `data`."""
        return self.json.get("data") if self.is_success and isinstance(self.json, dict) else None

    @cached_property
    def now(self) -> Span | None:
        """The span of time in which the answer was made, by its `Date`; None without a readable one.

        The kit's clock is not used instead, because the server's clock may be hours or years away from it.
        """
        try:
            date = parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, OverflowError):
            return None
        if date.tzinfo is None:
            return None
        at = int(date.timestamp()) * 1000
        # Some caches keep the `Date` of the stored answer; others send the current one.
        slack = _DATE_SLACK + self.trip + self.age
        return Span(at - slack - _UNTOLD_AGE, at + slack + 1000)

    @property
    def age(self) -> int:
        """The age of the answer in ms, according to the header `Age`; 0 without this header."""
        told = self.headers.get("age", "")
        return int(told[:9]) * 1000 if told.isascii() and told.isdigit() else 0


def is_number(value: Json) -> bool:
    """Returns whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_figure(value: Json) -> bool:
    """Returns whether a value is a number with which clauses can compute.

    Sums and products of larger numbers may not fit into a `float`. No report has such numbers, and JSON
    allows them, so no clause about figures judges them.
    """
    return is_number(value) and bool(abs(value) <= _LARGEST_FIGURE)


def whole_of(value: Json) -> int | None:
    """Returns a whole number, which JSON may also write as `1.0` or `1e2`; None for any other value."""
    return int(value) if is_figure(value) and value % 1 == 0 else None


def known_text(value: Json) -> str | None:
    """Returns a text that names something; None for any other value, a blank text, and `Unknown`.

    A server may write either of them instead of null.
    """
    return value if isinstance(value, str) and value.strip().lower() not in _UNKNOWN else None


def is_success_status(status: int) -> bool:
    """Returns whether a status is one of those that mean success (2xx)."""
    return 200 <= status < 300


def json_of(body: bytes) -> Json:
    """Returns a body as JSON, or a NoJson with the reason why it is not JSON."""
    try:
        return msgspec.json.decode(without_half_characters(body))
    except msgspec.DecodeError as error:
        if body.startswith(BOM_UTF8):
            return NoJson("the body is not JSON (it begins with a byte order mark, see RFC 8259, 8.1)")
        if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return NoJson("the body is not in UTF-8")
        return NoJson(f"the body is not JSON ({error})")
    except UnicodeDecodeError:
        return NoJson("the body is not in UTF-8")
    except RecursionError:
        return NoJson("the body is nested too deeply")


def without_half_characters(body: bytes) -> bytes:
    """Returns JSON with `?` for each escape of a lone surrogate, which is half a character.

    JavaScript writes a lone surrogate if it cuts an emoji in two. JSON allows it (RFC 8259, 8.2), but it
    cannot be shown as text.
    """
    if not _HALF.search(body):
        return body
    try:
        value = json.loads(body)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body
