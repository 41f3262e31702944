"""The sums over the visits of a period. Finished visits are added up only once."""

from operator import add
from typing import NamedTuple

import numpy as np
from cachetools import LRUCache

from mock_server.instants import MINUTE
from mock_server.world.past.chosen import ChosenRows
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import taken
from mock_server.world.past.table import Rows
from mock_server.world.reports.selection import Selection

# The number of periods whose sums are cached, by their first row; the least recently used are removed.
_MOST_PERIODS = 16
# The bytes that the sums of a period take in the cache.
_EACH = 600


class Sums(NamedTuple):
    """The sums over some visits. `bounces` are visits of one page; `length` is in ms."""

    sessions: int = 0
    visitors: int = 0
    new_visitors: int = 0
    bounces: int = 0
    length: int = 0
    pageviews: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Returns the sums over the visits of both values."""
        return Sums(*map(add, self, other))


class _Known:
    """A cache of sums over the finished visits of periods.

    The key is the first row of a period. The value is the row after its last finished visit, and the sums.
    """

    def __init__(self) -> None:
        """Begins without sums."""
        self.by_first: LRUCache[int, tuple[int, Sums]] = LRUCache(_MOST_PERIODS)

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        return _EACH * len(self.by_first)


def sums_of(chosen: Selection) -> Sums:
    """Returns the sums over all visits of a selection."""
    if chosen.is_filtered:
        return _added(chosen.rows, chosen.is_first)
    settled, sums = _settled(chosen)
    return sums.plus(_between(chosen, settled, chosen.after))


def _settled(chosen: Selection) -> tuple[int, Sums]:
    """Returns the row after the last finished visit of the period, and the sums up to this row."""
    made = chosen.past.made
    cache = made.get(sums_of)
    if cache is None:
        cache = made[sums_of] = _Known()
    row = int(np.searchsorted(chosen.past.rows.start, chosen.past.settled * MINUTE))
    end = max(chosen.first, min(row, chosen.after))
    known, sums = cache.by_first.get(chosen.first, (chosen.first, Sums()))
    if known > end:
        # The period is shorter, or the clock was turned back.
        return end, _between(chosen, chosen.first, end)
    sums = sums.plus(_between(chosen, known, end))
    cache.by_first[chosen.first] = end, sums
    return end, sums


def _between(chosen: Selection, begin: int, end: int) -> Sums:
    """Returns the sums over all rows of the past from `begin` to before `end`, both in the period."""
    rows = taken(chosen.past.rows, slice(begin, end))
    return _added(rows, rows.previous < chosen.first)


def _added(rows: Rows | ChosenRows, is_first: Column) -> Sums:
    """Returns the sums over visits; `is_first` has a flag for each visitor's first visit in the period."""
    return Sums(
        sessions=len(rows),
        visitors=int(np.count_nonzero(is_first)),
        new_visitors=int(np.count_nonzero(rows.number == 1)),
        bounces=int(np.count_nonzero(rows.views == 1)),
        length=int(rows.length.sum()),
        pageviews=int(rows.views.sum()),
    )
