"""The goals of visits as sets. A set is a mask of the website's own goals; a few visits have a second set."""

from collections.abc import Iterable, Sequence

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.masks import Masks


class MarkedMasks:
    """A column of masks in which facts have changed some rows.

    It is made without copying all masks. `indices` are the changed rows, sorted. `own` are the new masks of
    these rows. `further` are the numbers of their second sets, which contain written goals.
    """

    def __init__(self, masks: Column, indices: Column, own: Column, further: Column) -> None:
        """The four columns are used without a copy, and never changed."""
        self.masks, self.indices, self.own, self.further = masks, indices, own, further

    def __len__(self) -> int:
        return len(self.masks)

    def __getitem__(self, rows: Column | slice) -> "MarkedMasks":
        """Returns the rows that a slice, a column of flags or a column of row numbers selects."""
        if isinstance(rows, slice):
            begin, end, _ = rows.indices(len(self))
            there = slice(*np.searchsorted(self.indices, [begin, end]))
            return MarkedMasks(
                self.masks[rows], self.indices[there] - begin, self.own[there], self.further[there]
            )
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        is_marked = np.zeros(len(self), bool)
        is_marked[self.indices] = True
        indices = np.flatnonzero(is_marked[rows])
        marks = np.searchsorted(self.indices, rows[indices])
        return MarkedMasks(self.masks[rows], indices, self.own[marks], self.further[marks])


def chained(parts: Iterable[MarkedMasks]) -> MarkedMasks:
    """Returns the rows of all columns, one after the other."""
    parts = list(parts)
    begins = np.cumsum([0, *map(len, parts)])[:-1]
    return MarkedMasks(
        np.concatenate([part.masks for part in parts]),
        np.concatenate([part.indices + begin for part, begin in zip(parts, begins, strict=True)]),
        np.concatenate([part.own for part in parts]),
        np.concatenate([part.further for part in parts]),
    )


class RowSets(Masks):
    """Sets that are identified by numbers; a column has the number of a set in each row.

    Their memory depends on their members, not on how many numbers are possible.
    """

    def __init__(self, sets: Column, numbers: Column, count: int, size: int) -> None:
        """For each n, the set with the number `sets[n]` contains the member `numbers[n]`.

        Numbers of sets are below `count`, members below `size`.
        """
        super().__init__(size)
        self._sets, self._numbers, self._count = sets, numbers, count

    def have_any(self, masks: Column, numbers: list[int]) -> Column:
        """Returns, for each row of a column of sets, whether its set contains any of these numbers."""
        have = np.zeros(self._count, bool)
        have[self._sets[np.isin(self._numbers, numbers)]] = True
        found: Column = have[masks]
        return found

    def members(self, masks: Column) -> tuple[Column, Column]:
        """Returns all members of the sets in a column, each with the index of its set in the column."""
        order = np.argsort(self._sets, kind="stable")
        begins = np.searchsorted(self._sets[order], np.arange(self._count + 1))
        counts = np.diff(begins)[masks]
        indices = np.repeat(np.arange(len(masks)), counts)
        number = np.arange(len(indices)) - np.repeat(np.cumsum(counts) - counts, counts)
        return indices, self._numbers[order[begins[masks][indices] + number]]


class GoalSets(Masks):
    """The sets of a column of marked masks.

    The second set of a row is stored as its number; 0 is the empty set. So a column needs few bytes, even
    with many different goals.
    """

    def __init__(self, own: Masks, sets: Sequence[frozenset[int]]) -> None:
        """`own` are the masks of the website's own goals; `sets` are the second sets."""
        super().__init__(own.size)
        self._sets = list(dict.fromkeys([frozenset[int](), *sets]))
        self._numbers_of = {one: n for n, one in enumerate(self._sets)}

    def number_of(self, one: frozenset[int]) -> int:
        """Returns the number by which a second set is stored."""
        return self._numbers_of[one]

    def have_any(self, masks: Column | MarkedMasks, numbers: list[int]) -> Column:
        """Returns, for each row of a column of sets, whether its set contains any of these numbers."""
        own = [number for number in numbers if number < self.size]
        if not isinstance(masks, MarkedMasks):
            return super().have_any(masks, own)
        found = super().have_any(masks.masks, own)
        has_any = np.array([not one.isdisjoint(numbers) for one in self._sets])
        found[masks.indices] = super().have_any(masks.own, own) | has_any[masks.further]
        return found
