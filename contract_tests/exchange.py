"""One request and its answer, as it was seen; all that clauses ever judge."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import msgspec

Json = Any

_TOKEN = re.compile(r"\b(dft?)_[A-Za-z0-9_-]+")
# What a server's date may be off from the instant its answer stands for, beside the round trip.
_DATE_SLACK = 2_000
# Without a date there is only our own clock, and nobody says that it goes like theirs.
_CLOCK_SLACK = 300_000


class NoJson:
    """What a body is that is not JSON; `problem` says why."""

    def __init__(self, problem: str) -> None:
        """`problem` is a few words for people."""
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Span:
    """The earliest and the latest instant that something can stand for, in ms since the epoch."""

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

    @cached_property
    def json(self) -> Json:
        """The body as JSON, or what kept it from being that."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            return NoJson(f"the body is no JSON ({error})")
        except UnicodeDecodeError:
            return NoJson("the body is not in UTF-8")
        except RecursionError:
            return NoJson("the body is nested too deeply")

    @property
    def data(self) -> Json:
        """The `data` of a successful answer; None where there is none."""
        return self.json.get("data") if self.status == 200 and isinstance(self.json, dict) else None

    @cached_property
    def now(self) -> Span:
        """The instants that the answer can have been made at, by its own date where it has one."""
        trip = max(self.received - self.sent, 0)
        try:
            date = int(parsedate_to_datetime(self.headers["date"]).timestamp()) * 1000
        except (KeyError, ValueError):
            return Span(self.sent - _CLOCK_SLACK, self.received + _CLOCK_SLACK)
        # A cache says how old the answer is that it gives: it was made when its date says, and is told later.
        age = self.headers.get("age", "")
        held = int(age) * 1000 if age.isascii() and age.isdigit() else 0
        return Span(date - _DATE_SLACK - trip, date + held + 1000 + _DATE_SLACK + trip)


def masked(token: str) -> str:
    """The token as it may be shown: its kind stays visible."""
    kind, separator, _ = token.partition("_")
    return f"{kind}_***" if separator and kind in ("df", "dft") else "***"


def without_tokens(text: str) -> str:
    """A text with every token in it masked."""
    return _TOKEN.sub(lambda found: f"{found[1]}_***", text)
