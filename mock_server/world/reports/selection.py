"""The selection that a report is about: the visits, goals and payments of a period that pass its filters."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mock_server.world.past.chosen import ChosenRows
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import taken
from mock_server.world.past.payments import Payments
from mock_server.world.past.table import Goals, Past
from mock_server.world.reports.filters import Matching

# Distinct numbers are counted by sorting if there are this many times as many possible numbers as given ones.
_FEW = 1_000


class Selection:
    """The selected part of a past. Visits belong to the instant at which they start."""

    def __init__(self, past: Past, begin: int, end: int, matching: Matching, further: Any = None) -> None:
        """The period is from `begin` to before `end`, in ms.

        `further` is the part with the visitors of written page views, or None; see `parts`.
        """
        self.further = further
        self.past = past.with_goal_sets() if matching.are_of_goals else past
        self.begin, self.end = begin, min(end, past.instant + 1)
        self._matching = matching
        starts = past.rows.start
        self.first, self.after = (int(row) for row in np.searchsorted(starts, [self.begin, self.end]))

    @property
    def is_filtered(self) -> bool:
        """Whether there is a filter; without one, all visits of the period are chosen."""
        return bool(self._matching)

    @cached_property
    def rows(self) -> ChosenRows:
        """The chosen visits."""
        flags = self._flags
        rows = taken(self.past.rows, slice(self.first, self.after))
        return ChosenRows(rows, None if flags is None else np.flatnonzero(flags))

    @cached_property
    def indices(self) -> Column:
        """The row numbers of the chosen visits in the past."""
        indices = np.arange(self.first, self.after)
        return indices if self._flags is None else indices[self._flags]

    @cached_property
    def _flags(self) -> Column | None:
        """A flag for each visit of the period, which says whether it is chosen; None if all are."""
        if not self._matching:
            return None
        return self._matching(taken(self.past.rows, slice(self.first, self.after)))

    @cached_property
    def earlier(self) -> Column:
        """The row of the visitor's previous chosen visit, for each visit; below `first` if there is none."""
        rows, flags = self.rows, self._flags
        if flags is None or self._matching.are_of_visitors:
            return rows.previous
        earlier = rows.previous.copy()
        # Each round goes one visit further back, past visits that are not chosen.
        while True:
            looked_at = np.flatnonzero(earlier >= self.first)
            passed = looked_at[~flags[earlier[looked_at] - self.first]]
            if not len(passed):
                return earlier
            earlier[passed] = self.past.rows.previous[earlier[passed]]

    def earlier_indices(self, indices: Column) -> Column:
        """Returns, for each visit, the index of its visitor's previous chosen visit.

        The visits are given by index; none may be a visitor's first chosen one.
        """
        rows: Column = self.earlier[indices] - self.first
        if self._flags is None:
            return rows
        before: Column = (np.cumsum(self._flags) - 1)[rows]
        return before

    @cached_property
    def is_first(self) -> Column:
        """A flag for each visit, which says whether it is the first chosen one of its visitor."""
        flags: Column = self.earlier < self.first
        return flags

    @cached_property
    def is_last(self) -> Column:
        """A flag for each visit, which says whether it is the last chosen one of its visitor."""
        followed = np.zeros(self.after - self.first, bool)
        followed[self.earlier[~self.is_first] - self.first] = True
        flags: Column = ~(followed if self._flags is None else followed[self._flags])
        return flags

    @cached_property
    def payments(self) -> Payments:
        """The payments of the period whose purchase was in a visit that matches the filters.

        The visit may be older than the period.
        """
        by = self._matching(self.past.buyers) if self._matching else None
        return self.past.paid(self.begin, self.end, by)

    @cached_property
    def goals(self) -> Goals:
        """The goals that were reached in the period, in visits that match the filters."""
        goals = self.past.reached(self.begin, self.end)
        if self._matching:
            goals = taken(goals, np.flatnonzero(self._matching(self.past.visits(goals.row))))
        return goals

    def visitors_with(self, goals: Column) -> Column:
        """Returns the numbers of the visitors who reached the goals with these indices in `self.goals`."""
        return self.past.column_of("visitor", self.goals.row[goals])

    @cached_property
    def charges(self) -> Payments:
        """The payments of the period, without refunds."""
        payments = self.payments
        return taken(payments, np.flatnonzero(~payments.is_refund)) if payments.is_refund.any() else payments

    def buyers_of(self, payments: Payments) -> ChosenRows:
        """Returns the visits of the purchases of these payments."""
        return ChosenRows(self.past.buyers, payments.row)

    def count_paying_visitors(self) -> int:
        """Returns the number of the selected visitors who made at least one of the selected payments."""
        buyers, row = self.past.buyers, self.charges.row
        visitor, start = buyers.visitor[row], buyers.start[row]
        has_number = visitor >= 0
        # A purchase that matches the filters was made in a chosen visit, if the visit is in the period.
        came = has_number & (start >= self.begin) & (start < self.end)
        flags = np.zeros(self.past.visitors.count, bool)
        flags[visitor[has_number & ~came]] = True
        flags[visitor[came]] = False
        if flags.any():
            # The other visitors bought before the period, and were charged in the period.
            others = self.rows.visitor[flags[self.rows.visitor]]
            flags[:] = False
            flags[others] = True
        flags[visitor[came]] = True
        return int(np.count_nonzero(flags))


def distinct(numbers: Sequence[int] | Column, count: int) -> int:
    """Returns the count of distinct numbers; all numbers are below `count`."""
    if len(numbers) < count // _FEW:
        return len(np.unique(numbers))
    flags = np.zeros(count, bool)
    flags[numbers] = True
    return int(np.count_nonzero(flags))
