"""Whether the requests that were expected came, and if not, what came instead."""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mock_server.state.journal import Request
from mock_server.state.showing import shown_body

NEAREST = 3

_MOST_PARTS = 100
_MOST_TOLD = 1_000

_Text = Annotated[str, Meta(max_length=1000)]
_Count = Annotated[int, Meta(ge=0)]
_Parts = Annotated[dict[_Text, _Text | None], Meta(max_length=_MOST_PARTS)]


class Count(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many there should be; without `max` there is no most."""

    min: _Count = 1
    max: _Count | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Raises ValueError for what no number can be."""
        if self.max is not UNSET and self.max < self.min:
            raise ValueError("`max` is less than `min`, which is 1 unless told")

    def holds(self, count: int) -> bool:
        """Whether that many are as many as expected."""
        return self.min <= count and (self.max is UNSET or count <= self.max)


class Expectation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`{"operation": "getRealtimeMap", "query": {"websiteId": null}, "count": {"min": 1, "max": 3}}`."""

    operation: _Text | UnsetType = UNSET
    method: _Text | UnsetType = UNSET
    path: _Text | UnsetType = UNSET
    query: _Parts | UnsetType = UNSET
    """Parameters with these values among theirs; null stands for one that is not there."""
    headers: _Parts | UnsetType = UNSET
    """The same of headers, in any case; a token is `Bearer df_***`."""
    body: Any = UNSET
    """A JSON value; of an object the members that count, all else equal."""
    status: int | UnsetType | None = UNSET
    """Null stands for no answer at all."""
    count: Count | _Count = Count()
    """A number is exactly so many."""

    def is_met_by(self, count: int) -> bool:
        """Whether that many requests are as many as expected."""
        return count == self.count if isinstance(self.count, int) else self.count.holds(count)

    @property
    def least(self) -> int:
        """Fewer than these are too few."""
        return self.count if isinstance(self.count, int) else self.count.min


class Miss(NamedTuple):
    """A request that is not what was expected, and in what it differs."""

    request: Request
    differences: list[str]


class Check(NamedTuple):
    """One thing that is expected: whether a request has it, and what is said of one that has not."""

    is_met_by: Callable[[Request], bool]
    told: Callable[["Shown"], str]


class Shown:
    """What is shown of a request, each part made once."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Its parameters."""
        return self.request.query

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """Its headers."""
        return self.request.headers


class Search:
    """Looks for the expected among requests. What was sent is compared, and masked only where it is shown."""

    def __init__(self, expected: Expectation) -> None:
        self._checks = [*_checks(expected)]
        self._nearest: list[tuple[int, int, Request]] = []
        self.count = 0
        """How many are as expected."""

    def look_at(self, request: Request) -> None:
        """Counts a request, or notes how near it comes."""
        missed = sum(not check.is_met_by(request) for check in self._checks)
        if missed == 0:
            self.count += 1
            return
        # The latest first among equals; numbers differ.
        insort(self._nearest, (missed, -request.number, request))
        del self._nearest[NEAREST:]

    def nearest(self) -> Iterator[Miss]:
        """Those that differ least, but differ."""
        for _, _, request in self._nearest:
            shown = Shown(request)
            missed = (check for check in self._checks if not check.is_met_by(request))
            yield Miss(request, [check.told(shown) for check in missed])


def _checks(expected: Expectation) -> Iterator[Check]:
    if expected.operation is not UNSET:
        yield _of_member("operation", expected.operation)
    if expected.method is not UNSET:
        yield _of_member("method", expected.method)
    if expected.path is not UNSET:
        yield _of_path(expected.path)
    if expected.status is not UNSET:
        yield _of_member("status", expected.status)
    if expected.query is not UNSET:
        yield from (_of_parameter(name, value) for name, value in expected.query.items())
    if expected.headers is not UNSET:
        yield from (_of_header(name.lower(), value) for name, value in expected.headers.items())
    if expected.body is not UNSET:
        yield _of_body(expected.body)


def _of_member(name: str, wanted: object) -> Check:
    met = attrgetter(name)
    return Check(
        lambda request: bool(met(request) == wanted), lambda shown: f"{name} is {met(shown.request)!r}"
    )


def _of_path(path: str) -> Check:
    return Check(lambda request: request.has_path(path), lambda shown: f"path is {shown.request.path!r}")


def _of_parameter(name: str, value: str | None) -> Check:
    return Check(
        lambda request: request.has_parameter(name, value),
        lambda shown: f"query {name!r} is {_told(shown.query.get(name, ()))}",
    )


def _of_header(name: str, value: str | None) -> Check:
    return Check(
        lambda request: request.has_header(name, value),
        lambda shown: f"header {name!r} is {_told(shown.headers.get(name, ()))}",
    )


def _of_body(wanted: Any) -> Check:
    return Check(lambda request: _has_body(request, wanted), _told_body)


def _has_body(request: Request, wanted: Any) -> bool:
    body = request.body
    if body is None or body.first is None or len(body.first) < body.size:
        return False
    try:
        return _covers(msgspec.json.decode(body.first), wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _covers(met: Any, wanted: Any) -> bool:
    """Whether a JSON value has what is wanted: of objects each member, of lists each item, all else equal."""
    pairs = [(met, wanted)]
    while pairs:
        met, wanted = pairs.pop()
        if isinstance(wanted, dict) and isinstance(met, dict) and wanted.keys() <= met.keys():
            pairs += [(met[name], value) for name, value in wanted.items()]
        elif isinstance(wanted, list) and isinstance(met, list) and len(wanted) == len(met):
            pairs += zip(met, wanted, strict=True)
        elif met != wanted or isinstance(met, bool) != isinstance(wanted, bool):
            # In Python true is 1.
            return False
    return True


def _told_body(shown: Shown) -> str:
    if shown.request.body is None:
        return "body is not there"
    body = shown_body(shown.request.body)
    if body["cut"]:
        return "body is kept only in part"
    return f"body is {str(body['text'])[:_MOST_TOLD]!r}"


def _told(values: Sequence[str]) -> str:
    return " and ".join(repr(value[:_MOST_TOLD]) for value in values) or "not there"
