"""Compares expectations with the requests in the journal, and finds the nearest misses."""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from contract_tests.quoting import quoted
from contract_tests.tokens import without_tokens_anywhere
from mock_server.kinds import in_words
from mock_server.pointers import FORM, FORM_IN_WORDS, value_at
from mock_server.state.entries import Request
from mock_server.state.showing import shown_body

NEAREST = 3

_MOST_PARTS = 100
_LONGEST_TEXT = 1_000

_Text = Annotated[str, Meta(max_length=1000)]
_Count = Annotated[int, Meta(ge=0)]
_Parts = Annotated[dict[_Text, _Text | None], Meta(max_length=_MOST_PARTS)]
_Pointer = Annotated[str, Meta(pattern=FORM, max_length=1000, extra=in_words(FORM_IN_WORDS))]
_Places = Annotated[dict[_Pointer, Any], Meta(max_length=_MOST_PARTS)]


class Count(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The expected number of requests; without `max` it has no upper limit."""

    min: _Count = 1
    max: _Count | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Raises ValueError if `min` is greater than `max`."""
        if self.max is not UNSET and self.max < self.min:
            raise ValueError("`max` is less than `min`, which is 1 by default")

    def holds(self, count: int) -> bool:
        """Returns whether a number of requests is as expected."""
        return self.min <= count and (self.max is UNSET or count <= self.max)


class Expectation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """An expectation, such as `{"operation": "getRealtimeMap", "count": {"min": 1, "max": 3}}`."""

    operation: _Text | UnsetType = UNSET
    method: _Text | UnsetType = UNSET
    path: _Text | UnsetType = UNSET
    query: _Parts | UnsetType = UNSET
    """Query parameters with one of their values; null expects that the parameter is missing."""
    headers: _Parts | UnsetType = UNSET
    """Headers with one of their values; their names may be in upper or lower case.

    A token may be given as `Bearer df_***`.
    """
    body: Any = UNSET
    """The JSON of the body; objects in the request may have further members."""
    exact_body: Any = UNSET
    """The JSON of the body; objects in the request must have no further members."""
    body_at: _Places | UnsetType = UNSET
    """Values within the body by JSON pointer; each is compared like `body`."""
    status: int | UnsetType | None = UNSET
    """The status of the answer; null expects that none was sent."""
    count: Count | _Count = Count()
    """The number of requests: an exact number, or a Count."""

    def is_met_by(self, count: int) -> bool:
        """Returns whether a number of requests is as `count` expects."""
        return count == self.count if isinstance(self.count, int) else self.count.holds(count)

    @property
    def least(self) -> int:
        """The smallest number of requests that the expectation allows."""
        return self.count if isinstance(self.count, int) else self.count.min


class Miss(NamedTuple):
    """A request that does not match an expectation, with its differences as sentences."""

    request: Request
    differences: list[str]


class Check(NamedTuple):
    """One check of an expectation: a predicate, and the sentence about a request that fails it."""

    is_met_by: Callable[[Request], bool]
    describe: Callable[["Shown"], str]


class Shown:
    """The parts of a request with secrets masked, each computed on first use."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The query parameters of the request, with tokens masked."""
        return self.request.query

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """The headers of the request, with secrets masked."""
        return self.request.headers


class Search:
    """A search for requests that match an expectation. It compares them unmasked and shows them masked."""

    def __init__(self, expected: Expectation) -> None:
        self._checks = [*_checks(expected)]
        self._nearest: list[tuple[int, int, Request]] = []
        self.count = 0
        """The number of requests that match."""

    def look_at(self, request: Request) -> None:
        """Counts a request if it matches; otherwise keeps it as a miss if it is among the nearest ones."""
        missed = sum(not check.is_met_by(request) for check in self._checks)
        if missed == 0:
            self.count += 1
            return
        # Among equally near misses, the latest request comes first. Numbers of requests are never equal.
        insort(self._nearest, (missed, -request.number, request))
        del self._nearest[NEAREST:]

    def nearest(self) -> Iterator[Miss]:
        """Yields the requests that differ least from the expectation, nearest first."""
        for _, _, request in self._nearest:
            shown = Shown(request)
            missed = (check for check in self._checks if not check.is_met_by(request))
            yield Miss(request, [check.describe(shown) for check in missed])


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
        yield _of_body(expected.body, _covers)
    if expected.exact_body is not UNSET:
        yield _of_body(expected.exact_body, _equals)
    if expected.body_at is not UNSET:
        yield from (_of_place(pointer, value) for pointer, value in expected.body_at.items())


def _of_member(name: str, wanted: object) -> Check:
    met = attrgetter(name)
    return Check(
        lambda request: bool(met(request) == wanted), lambda shown: f"{name} is {quoted(met(shown.request))}"
    )


def _of_path(path: str) -> Check:
    return Check(
        lambda request: request.has_path(path), lambda shown: f"path is {quoted(shown.request.path)}"
    )


def _of_parameter(name: str, value: str | None) -> Check:
    return Check(
        lambda request: request.has_parameter(name, value),
        lambda shown: f"query {quoted(name)} is {_quoted(shown.query.get(name, ()))}",
    )


def _of_header(name: str, value: str | None) -> Check:
    return Check(
        lambda request: request.has_header(name, value),
        lambda shown: f"header {quoted(name)} is {_quoted(shown.headers.get(name, ()))}",
    )


def _of_body(wanted: Any, compare: Callable[[Any, Any], bool]) -> Check:
    return Check(
        lambda request: any(compare(value, wanted) for value in _values_at(request, "")), _described_body
    )


def _of_place(pointer: str, wanted: Any) -> Check:
    return Check(
        lambda request: any(_covers(value, wanted) for value in _values_at(request, pointer)),
        lambda shown: _described_place(shown, pointer),
    )


def _values_at(request: Request, pointer: str) -> list[Any]:
    """Returns a list of one item, the value at a pointer into the body.

    The list is empty if the body is not JSON, is not kept in full, or has no such place.
    """
    body = request.body
    if body is None or body.first is None or len(body.first) < body.size:
        return []
    try:
        return [value_at(msgspec.json.decode(body.first), pointer)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError):
        return []


def _equals(met: Any, wanted: Any) -> bool:
    """Returns whether two JSON values are equal."""
    return _covers(met, wanted) and _covers(wanted, met)


def _covers(met: Any, wanted: Any) -> bool:
    """Returns whether `met` equals `wanted`, except that objects in `met` may have further members."""
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


def _described_body(shown: Shown) -> str:
    if shown.request.body is None:
        return "body is missing"
    body = shown_body(shown.request.body)
    if body["cut"]:
        return "body is kept only in part"
    return f"body is {quoted(str(body['text'])[:_LONGEST_TEXT])}"


def _described_place(shown: Shown, pointer: str) -> str:
    values = _values_at(shown.request, pointer)
    if not values:
        is_json = bool(_values_at(shown.request, ""))
        return f"body has nothing at {quoted(pointer)}" if is_json else _described_body(shown)
    text = without_tokens_anywhere(msgspec.json.encode(values[0]).decode())
    return f"body at {quoted(pointer)} is {text[:_LONGEST_TEXT]}"


def _quoted(values: Sequence[str]) -> str:
    return " and ".join(repr(value[:_LONGEST_TEXT]) for value in values) or "missing"
