"""Whether the requests that were expected came, and if not, what came instead."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from mock_server.journal import Request
from mock_server.rules import fits

NEAREST = 3

_Text = Annotated[str, Meta(max_length=1000)]
_Count = Annotated[int, Meta(ge=0)]


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
    query: dict[_Text, _Text | None] | UnsetType = UNSET
    """Parameters with these values among theirs; null stands for one that is not there."""
    headers: dict[_Text, _Text | None] | UnsetType = UNSET
    """The same of headers, in any case; a token is `Bearer df_***`."""
    status: int | UnsetType = UNSET
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


def differences(request: Request, expected: Expectation) -> list[str]:
    """In what a request differs from the expected one; nothing for one that is as expected."""
    found = [
        f"{name} is {met!r}"
        for name in ("operation", "method", "path", "status")
        if (wanted := getattr(expected, name)) is not UNSET and (met := getattr(request, name)) != wanted
    ]
    if expected.query is not UNSET:
        found += _differing("query", expected.query.items(), request.query)
    if expected.headers is not UNSET:
        headers = ((name.lower(), value) for name, value in expected.headers.items())
        found += _differing("header", headers, request.headers)
    return found


def nearest(misses: Iterable[Miss]) -> list[Miss]:
    """Those that differ least, but differ; the latest first among equals."""
    differing = (miss for miss in misses if miss.differences)
    return nsmallest(NEAREST, differing, key=lambda miss: (len(miss.differences), -miss.request.number))


def _differing(kind: str, wanted: Iterable[tuple[str, str | None]], met: dict[str, list[str]]) -> list[str]:
    return [
        f"{kind} {name!r} is {_told(met.get(name, ()))}"
        for name, value in wanted
        if not fits(met.get(name, ()), value)
    ]


def _told(values: Sequence[str]) -> str:
    return " and ".join(map(repr, values)) or "not there"
