"""The search for the rows of known visits in a table, and for values in a column."""

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.table import Rows

NOWHERE: Column = np.zeros(0, np.int64)
"""No indices."""
_ALIKE = ("number", "place", "system", "source", "entry")


def indices_of(rows: Rows, start: Column, visitor: Column) -> Column:
    """Returns the row of each visit, by its start and its visitor's number; -1 if no row has both.

    The rows are sorted by their start.
    """
    found = np.full(len(start), -1, np.int32)
    index = np.searchsorted(rows.start, start)
    sought = np.flatnonzero(index < len(rows))
    while len(sought):
        here = index[sought]
        starts_then = rows.start[here] == start[sought]
        is_it = starts_then & (rows.visitor[here] == visitor[sought])
        found[sought[is_it]] = here[is_it]
        # Visits of other visitors may have started in the same millisecond.
        sought = sought[starts_then & ~is_it]
        index[sought] += 1
        sought = sought[index[sought] < len(rows)]
    return found


def same_visits(rows: Rows, others: Rows) -> list[tuple[int, int]]:
    """Returns the pairs of indices at which two records have the same visit.

    Visitors without a number are distinguished by the other columns of their visits. It is fast for few
    `others`.
    """
    by_start: dict[int, list[int]] = {}
    for n, start in enumerate(others.start.tolist()):
        by_start.setdefault(start, []).append(n)
    return [
        (index, n)
        for index in np.flatnonzero(np.isin(rows.start, others.start)).tolist()
        for n in by_start[int(rows.start[index])]
        if _are_same(rows, index, others, n)
    ]


def common(values: Column, others: Column) -> tuple[Column, Column]:
    """Returns, for each of the columns, the indices of the values that both have. `others` must be sorted."""
    if not len(others):
        return NOWHERE, NOWHERE
    indices = np.minimum(np.searchsorted(others, values), len(others) - 1)
    there = np.flatnonzero(others[indices] == values)
    return there, indices[there]


def _are_same(rows: Rows, index: int, others: Rows, n: int) -> bool:
    visitor, other = rows.visitor[index], others.visitor[n]
    if visitor >= 0 and other >= 0:
        return bool(visitor == other)
    return all(getattr(rows, name)[index] == getattr(others, name)[n] for name in _ALIKE)
