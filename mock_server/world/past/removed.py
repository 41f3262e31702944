"""The goals and payments of a past that facts have removed."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.past.amendment import Amendment
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import taken
from mock_server.world.past.removals import GoalRemovals, PaymentRemovals
from mock_server.world.past.search import NOWHERE, indices_of, same_visits
from mock_server.world.past.table import Past, Rows, rows_of
from mock_server.world.visits import Visit


@dataclass(frozen=True, slots=True)
class _Removed:
    """The indices of removed goals, or of removed payments, in a table.

    They were found when the table had `count` goals or payments. `column` has the indices among the first
    `settled` of them, and `late` the indices among the others.
    """

    settled: int
    column: Column
    count: int
    late: Column

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return int(self.column.nbytes + self.late.nbytes)


def removed_goals(past: Past, amendment: Amendment) -> Column:
    """Returns the indices of the removed goals among the world's own goals."""
    removals = amendment.goal_removals
    if not removals:
        return NOWHERE

    def among(begin: int, end: int) -> Column:
        first = _first_of(past, removals.visits, begin, past.settled_goals)
        visits = taken(amendment.visits_without_goals.visits, slice(first, None))
        rows = indices_of(past.rows, visits.start, past.visitors.of(visits)).tolist()
        there = zip(rows, removals.visits[first:], strict=True)
        goals = taken(past.goals, slice(begin, end))
        return removals.among(goals, {row: visit for row, visit in there if row >= 0})

    return _removed(past, removals, among, past.settled_goals, len(past.goals.at))


def removed_payments(past: Past, amendment: Amendment, own_buyers: Rows) -> Column:
    """Returns the indices of the removed payments among the world's own payments."""
    removals = amendment.payment_removals
    if not removals:
        return NOWHERE
    stretch = amendment.visits_without_payments

    def among(begin: int, end: int) -> Column:
        payments = taken(past.payments, slice(begin, end))
        own = removals.visits[_first_of(past, removals.visits, begin, past.settled_payments) :]
        if not own:
            return removals.among(payments, {})
        visits = taken(rows_of(stretch, past.visitors.of(stretch.visits)), slice(-len(own), None))
        first = int(payments.row.min(initial=len(own_buyers)))
        pairs = same_visits(taken(own_buyers, slice(first, None)), visits)
        return removals.among(payments, {first + index: own[n] for index, n in pairs})

    return _removed(past, removals, among, past.settled_payments, len(past.payments))


def _first_of(past: Past, visits: Sequence[Visit], begin: int, settled: int) -> int:
    """Returns the index of the first visit that may have a goal or payment with index `begin` or higher.

    Visits are sorted by their start. The first `settled` goals or payments belong to finished visits.
    """
    if not begin or begin < settled:
        return 0
    return bisect_left(visits, past.settled * MINUTE, key=attrgetter("start"))


def _removed(
    past: Past,
    removals: GoalRemovals | PaymentRemovals,
    among: Callable[[int, int], Column],
    settled: int,
    count: int,
) -> Column:
    """Returns the indices that `among` finds in all rows. They are cached for later instants."""
    if not settled:
        # The clock was turned back.
        return among(0, count)
    key = (type(removals), removals.key)
    known: _Removed = past.made.get(key) or _Removed(0, NOWHERE, -1, NOWHERE)
    if known.settled < settled:
        found = np.concatenate([known.column, known.settled + among(known.settled, settled)])
        known = _Removed(settled, found, -1, NOWHERE)
    if known.count != count:
        # Time only adds goals and payments, so equal numbers of them are the same ones.
        late = settled + among(settled, count)
        known = past.made[key] = _Removed(settled, known.column, count, late)
    return np.concatenate([known.column, known.late])
