"""The index of written goals or payments that were not removed: by visitor, by name and by instant."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Generic, NamedTuple, TypeAlias, TypeVar

_T = TypeVar("_T")
_Key: TypeAlias = tuple[str | None, str | None]


class _Added(NamedTuple):
    """The instant and the number of an added item."""

    at: float
    number: float


class Standing(Generic[_T]):
    """The items that were added and not removed again, in the order in which they were added.

    A removal reads only the items that it removes, so that a thousand removals cost little.
    """

    def __init__(self) -> None:
        self._standing: dict[int, _T] = {}
        self._count = 0
        self._new: list[tuple[_Added, _Key]] = []
        # The added items by visitor and name, each of which may be None for all, sorted by instant. An item
        # that was removed through another visitor or name may still be listed here.
        self._index: defaultdict[_Key, list[_Added]] = defaultdict(list)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._standing.values())

    def __contains__(self, number: int | None) -> bool:
        return number in self._standing

    def add(self, value: _T, at: int, visitor_id: str | None, name: str) -> int:
        """Adds an item of a visitor (None for nobody) at an instant, and returns its number."""
        self._count += 1
        self._standing[self._count] = value
        self._new.append((_Added(at, self._count), (visitor_id, name)))
        return self._count

    def remove(self, visitor_id: str | None, name: str | None, begin: int | None, end: int) -> None:
        """Removes the items with this visitor and name, at instants from `begin` to `end`, both included.

        A visitor or name of None means any; a `begin` of None means no lower bound.
        """
        self._index_new()
        found = self._index[visitor_id, name]
        first = 0 if begin is None else bisect_left(found, _Added(begin, -inf))
        last = bisect_right(found, _Added(end, inf))
        for added in found[first:last]:
            self._standing.pop(int(added.number), None)
        del found[first:last]

    def _index_new(self) -> None:
        # Most logs have no removal, and then no index is needed.
        for added, (visitor_id, name) in self._new:
            for key in {(visitor_id, name), (visitor_id, None), (None, name), (None, None)}:
                insort(self._index[key], added)
        self._new.clear()
