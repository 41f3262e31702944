"""Exchanges: a request and its answer. Clauses judge nothing else."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import msgspec

Json = Any

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
# In ms: how far a server's date may be off from the answer's instant, besides the round trip.
_DATE_SLACK = 2_000
# In ms: the age of an answer from a cache that does not say so.
_UNTOLD_AGE = 30_000
# In ms: without a date our own clock has to do, which may differ from theirs.
_CLOCK_SLACK = 300_000


class NoJson:
    """A body that is not JSON; `problem` says why."""

    def __init__(self, problem: str) -> None:
        """`problem` is a few words for people."""
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Span:
    """The earliest and the latest possible instant of something, in ms since the epoch."""

    earliest: int
    latest: int


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    `operation` is the operationId that was asked, None for none of the document. `labels` say what the
    request was meant to be. Header names are in lower case; tokens are masked. `sent` and `received` are our
    own clock's, in ms since the epoch.
    """

    method: str
    url: str
    operation: str | None
    labels: frozenset[str]
    sent: int
    received: int
    status: int
    headers: Mapping[str, str]
    body: bytes
    token: str | None = None
    """The masked token that was sent, None for none."""
    path: Mapping[str, str] = field(default_factory=dict)
    """Path parameters by their documented names."""
    unreadable: str | None = None
    """Why the body could not be decoded, in a few words for people; None if it could."""
    successes: frozenset[int] = frozenset()
    """The statuses that the document gives for a success of the operation; none for an unknown operation."""
    request_body: bytes = b""
    """The body that was sent, without tokens; empty for none."""

    @cached_property
    def json(self) -> Json:
        """The body as JSON, or a NoJson with the reason why it is not."""
        if self.unreadable is not None:
            return NoJson(self.unreadable)
        try:
            return msgspec.json.decode(_without_half_characters(self.body))
        except msgspec.DecodeError as error:
            return NoJson(f"the body is not JSON ({error})")
        except UnicodeDecodeError:
            return NoJson("the body is not in UTF-8")
        except RecursionError:
            return NoJson("the body is nested too deeply")

    @property
    def is_success(self) -> bool:
        """Whether the answer has one of the operation's documented success statuses."""
        return self.status in self.successes

    @property
    def data(self) -> Json:
        """The `data` of a successful answer; None without any."""
        return self.json.get("data") if self.is_success and isinstance(self.json, dict) else None

    @cached_property
    def now(self) -> Span:
        """The span in which the answer was made, by its own `Date` if it has one."""
        trip = max(self.received - self.sent, 0)
        try:
            date = int(parsedate_to_datetime(self.headers["date"]).timestamp()) * 1000
        except (KeyError, ValueError, OverflowError):
            return Span(self.sent - _CLOCK_SLACK, self.received + _CLOCK_SLACK)
        # Some caches keep the date of what they hold, some give their own.
        slack = _DATE_SLACK + trip + self.age
        return Span(date - slack - _UNTOLD_AGE, date + slack + 1000)

    @property
    def age(self) -> int:
        """The age of the answer by the cache's `Age`, in ms; 0 without one."""
        told = self.headers.get("age", "")
        return int(told[:9]) * 1000 if told.isascii() and told.isdigit() else 0


def _without_half_characters(body: bytes) -> bytes:
    """Returns the body with `?` for half characters, as JavaScript writes them when it cuts an emoji in two.

    Those are valid JSON (RFC 8259, 8.2), but no text that can be shown.
    """
    if not _HALF.search(body):
        return body
    try:
        value = json.loads(body)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body
