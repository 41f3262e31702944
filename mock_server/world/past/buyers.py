"""The visits that end in a purchase: the visitors with the highest random numbers of a minute buy."""

from collections.abc import Callable

import numpy as np

from mock_server.world.past.coins import Column

_STRIDE = 240


def highest(coins: Column, group: Column, counts: Column) -> Column:
    """Returns, for each group of rows, the rows with the highest random numbers of 16 bits.

    `group` has the group of each row, and `counts` the number of rows to take from each group. A smaller
    group is taken as a whole. Among equal random numbers, later rows are taken first.
    """
    # A few more rows than needed are sorted, which is several times as fast as sorting all.
    rows_in = np.bincount(group, minlength=len(counts))
    about = 3 * counts + 12
    floor = (65_536 * (1 - about / np.maximum(rows_in, about))).astype(np.int64)
    is_high = coins >= floor[group]
    has_enough = np.bincount(group[is_high], minlength=len(counts)) >= counts
    rows = np.flatnonzero(is_high | ~has_enough[group])
    rows = rows[np.argsort((group[rows] << 16) + coins[rows], kind="stable")]
    ends = np.searchsorted(group[rows], group[rows], side="right")
    found: Column = rows[ends - np.arange(len(rows)) <= counts[group[rows]]]
    return found


class Buyers:
    """The buyers by wave, cached for one range of minutes, which grows as needed."""

    def __init__(self, waves: int, draw: Callable[[int, int, int], tuple[Column, Column]]) -> None:
        """`draw` returns, for a wave and minutes, which minutes have purchases, and the buyers' keys."""
        self._draw = draw
        self._first = self._last = 0
        self._by_wave = [(np.zeros(0, bool), np.zeros(0, np.int64)) for _ in range(waves)]

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return sum(column.nbytes for columns in self._by_wave for column in columns)

    def cover(self, first: int, last: int) -> None:
        """Computes the buyers of these minutes, unless they are cached."""
        if self._first <= first and last <= self._last:
            return
        # A few more minutes are drawn, because the next call is likely to need them.
        first, last = first - first % _STRIDE, last + _STRIDE - last % _STRIDE
        if self._first == self._last or last < self._first or self._last < first:
            self._first = self._last = first
            self._by_wave = [(np.zeros(0, bool), np.zeros(0, np.int64)) for _ in self._by_wave]
        for wave, (minutes, keys) in enumerate(self._by_wave):
            before = self._draw(wave, min(first, self._first), self._first)
            after = self._draw(wave, self._last, max(last, self._last))
            self._by_wave[wave] = (
                np.concatenate([before[0], minutes, after[0]]),
                np.sort(np.concatenate([before[1], keys, after[1]])),
            )
        self._first, self._last = min(first, self._first), max(last, self._last)

    def minutes(self, wave: int, first: int, last: int) -> Column:
        """Returns the minutes, among the given ones, that have purchases in a wave.

        The given minutes must be covered.
        """
        has_purchases = self._by_wave[wave][0][first - self._first : last - self._first]
        minutes: Column = np.flatnonzero(has_purchases) + first
        return minutes

    def have(self, wave: int, minutes: Column, keys: Column) -> Column:
        """Returns the indices of the visits in which a purchase is made.

        `minutes` are the minutes of all visits, and `keys` the keys of their visitors.
        """
        if wave >= len(self._by_wave):
            return np.zeros(0, np.int64)
        has_purchases, known = self._by_wave[wave]
        rows = np.flatnonzero(has_purchases[minutes - self._first])
        if not len(known):
            return rows[:0]
        indices = np.minimum(np.searchsorted(known, keys[rows]), len(known) - 1)
        found: Column = rows[known[indices] == keys[rows]]
        return found
