"""The words of `mock_server.world.chance`, drawn for whole columns of coordinates at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mock_server.world.chance import (
    GAMMA,
    KIND_SHIFT,
    MINUTE_OFFSET,
    MULTIPLIERS,
    SHIFTS,
    UNIT_32,
    WAVE_SHIFT,
    Chance,
    Choice,
)

# Up to 64 choices have a table by the first 16 bits of a coin. Looking up in a table is several times as fast
# as a search, but with more choices the table would be too large.
_TABLE_BITS = 16
_MOST_TABLES = 64

Column = NDArray[Any]
"""A column: one value for each row of a table, such as a visit, a page view or a minute."""

_FIRST_SHIFT, _SECOND_SHIFT, _LAST_SHIFT = (np.uint64(shift) for shift in SHIFTS)
_FIRST_FACTOR, _SECOND_FACTOR = (np.uint64(factor) for factor in MULTIPLIERS)
_GAMMA = np.uint64(GAMMA)


def mixed(words: Column) -> Column:
    """Returns `chance.mix` of each word. The given column is overwritten."""
    words ^= words >> _FIRST_SHIFT
    words *= _FIRST_FACTOR
    words ^= words >> _SECOND_SHIFT
    words *= _SECOND_FACTOR
    words ^= words >> _LAST_SHIFT
    return words


def states(chance: Chance, purpose: int, minutes: Column, *, wave: Any = 0, kind: Any = 0) -> Column:
    """Returns the states of minutes; `wave` and `kind` are numbers, or columns as long as `minutes`."""
    coordinates = (minutes + MINUTE_OFFSET).astype(np.uint64)
    coordinates |= np.asarray(wave, np.uint64) << np.uint64(WAVE_SHIFT)
    coordinates |= np.asarray(kind, np.uint64) << np.uint64(KIND_SHIFT)
    coordinates ^= np.uint64(chance.keys[purpose])
    return mixed(coordinates)


def nth(from_states: Column, numbers: Any) -> Column:
    """Returns, for each state, one of the words (or states) that follow from it. The first has number 0."""
    steps = np.atleast_1d(numbers).astype(np.uint64) + np.uint64(1)
    return mixed(from_states + steps * _GAMMA)


def coins_of_16(words: Column) -> Column:
    """Returns the four random numbers of 16 bits in each word, as four columns of a matrix."""
    return words.astype("<u8", copy=False).view("<u2").reshape(-1, 4)


def coins_of_32(words: Column) -> Column:
    """Returns the two random numbers of 32 bits in each word, as two columns of a matrix."""
    return words.astype("<u8", copy=False).view("<u4").reshape(-1, 2)


def different(numbers: Column) -> Column:
    """Returns the different numbers in a column of small numbers, sorted.

    `np.unique` is slower, and imports numpy's masked arrays, which takes 20 ms.
    """
    return np.flatnonzero(np.bincount(numbers))


class BoundSearch:
    """A search that returns, for each random number, how many bounds are less than or equal to it.

    There are several lists of bounds, and each random number belongs to one of them. All bounds of the lists
    before that one count as well.
    """

    def __init__(self, lists: Sequence[Sequence[int]], coin_bits: int) -> None:
        """Each list is ascending, and no bound exceeds 2 to the power of `coin_bits`, which is 16 or 32."""
        self._bits = coin_bits
        keys = [(n << coin_bits) + bound for n, bounds in enumerate(lists) for bound in bounds]
        bounds = np.array(keys, np.int64)
        self._bounds = bounds
        self._table: Column | None = None
        if len(lists) <= _MOST_TABLES:
            self._dropped = coin_bits - _TABLE_BITS
            size = len(lists) << _TABLE_BITS
            # A bound is counted in every entry whose coins are all at or above the bound.
            entries = (bounds + (1 << self._dropped) - 1) >> self._dropped
            edges = np.concatenate([[0], np.minimum(entries, size), [size]])
            numbers = np.arange(len(bounds) + 1, dtype=np.min_scalar_type(len(bounds)))
            self._table = np.repeat(numbers, np.diff(edges))
            self._is_split = np.zeros(size + 1, bool)
            self._is_split[bounds[bounds & ((1 << self._dropped) - 1) != 0] >> self._dropped] = True

    def of(self, coins: Column, which: Any = 0) -> Column:
        """Returns, for each random number, how many bounds are less than or equal to it.

        `which` has, for each random number, the index of the list to which it belongs.
        """
        keys = (np.asarray(which, np.int64) << self._bits) + coins
        if self._table is None:
            found: Column = np.searchsorted(self._bounds, keys, side="right")
            return found
        entries = keys >> self._dropped if self._dropped else keys
        counted: Column = self._table[entries]
        if self._dropped:
            split = np.flatnonzero(self._is_split[entries])
            counted[split] = np.searchsorted(self._bounds, keys[split], side="right")
        return counted


class Picks:
    """Weighted choices by columns of random numbers; `Choice.pick` picks the same items one by one."""

    def __init__(
        self, choices: Sequence[Choice[Any]], numbers: Sequence[Sequence[int]], coin_bits: int
    ) -> None:
        """`numbers` has the numbers of each choice's items. Random numbers have 16 or 32 bits."""
        lists = [[_least_coin(bound, coin_bits) for bound in choice.bounds[:-1]] for choice in choices]
        self._search = BoundSearch(lists, coin_bits)
        # A choice has one bound fewer than items, so each earlier choice moves the index by one.
        self._numbers = np.array([number for items in numbers for number in items], np.int32)

    def pick(self, coins: Column, choice: Any = 0) -> Column:
        """Returns the numbers of the items picked; `choice` is a choice's number, or a column of them."""
        picked: Column = self._numbers[self._search.of(coins, choice) + np.asarray(choice, np.int64)]
        return picked


def _least_coin(bound: float, bits: int) -> int:
    """Returns the least integer that, divided by 2 to the power of `bits`, is at least `bound`."""
    scaled = bound * (1 << bits)
    return int(scaled) + (scaled > int(scaled))


def shares_of(coins: Column) -> Column:
    """Returns random numbers of 32 bits as numbers in [0, 1)."""
    return coins * UNIT_32
