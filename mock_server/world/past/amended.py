"""A website's past changed by facts: with written goals and payments, and without removed ones."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mock_server.world.past.amendment import Amendment, Bought
from mock_server.world.past.chosen import ChainedRows
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import columns_of, taken
from mock_server.world.past.payments import Payments
from mock_server.world.past.remaining import RemainingGoals, remaining_goals
from mock_server.world.past.removed import removed_goals, removed_payments
from mock_server.world.past.search import NOWHERE, common, indices_of, same_visits
from mock_server.world.past.sets import MarkedMasks, chained
from mock_server.world.past.table import Goals, Past, Rows, derived_values


@dataclass(frozen=True, slots=True)
class AmendedPast(Past):
    """A past changed by facts that were written through the API.

    `goals` and `payments` are only those of the world itself; `reached` and `paid` return all. `indices` are
    the rows of the written visits. The visits in `earlier` are not in the table: they have rows below 0, the
    last one -1. `buyers` are the visits in `own_buyers`, then all `written_visits`, and at the end one visit
    for all payments whose visit is unknown.
    """

    amendment: Amendment
    indices: Column
    earlier: Rows
    own_buyers: Rows
    written_visits: ChainedRows

    def goals_key(self, names: Collection[str]) -> object:
        """Returns a cache key for the world's own goals with these names.

        The key consists of the removals that may apply to these goals. If two keys are equal, so are the
        goals.
        """
        removals = self.amendment.goal_removals.key
        return tuple(one for one in removals if names and (one.name is None or one.name in names))

    def reached(self, begin: int, end: int) -> Goals:
        """Returns the goals that were reached from one instant to before another.

        The method `visits` returns the visits in which they were reached. A `row` below 0 is a visit before
        the first row of the table.
        """
        own, written = self.goals, self.amendment.written.goals
        is_chosen = (own.at >= begin) & (own.at < end)
        is_chosen[removed_goals(self, self.amendment)] = False
        chosen = np.flatnonzero(is_chosen)
        more = np.flatnonzero((written.at >= begin) & (written.at < end))
        row, at, goal = (column[more] for column in (self.indices[written.visit], written.at, written.goal))
        return Goals(
            _chained(own.row, chosen, row),
            _chained(own.at, chosen, at),
            _chained(own.goal, chosen, goal),
            _chained(own.coin, chosen, np.zeros(len(more), own.coin.dtype)),
        )

    def paid(self, begin: int, end: int, by: Column | None = None) -> Payments:
        """Returns the payments from one instant to before another.

        `by` has a flag for each of `buyers`: whether their payments are wanted. None means all payments.
        """
        own, written, count = self.payments, self.amendment.payments, len(self.own_buyers)
        is_chosen = (own.at >= begin) & (own.at < end)
        is_further = (written.at >= begin) & (written.at < end)
        if by is not None:
            is_chosen &= by[own.row]
            is_further &= by[count:][written.row]
        is_chosen[removed_payments(self, self.amendment, self.own_buyers)] = False
        chosen, more = np.flatnonzero(is_chosen), np.flatnonzero(is_further)
        pairs = zip(columns_of(own), columns_of(written), strict=True)
        payments = Payments(*(_chained(column, chosen, further[more]) for column, further in pairs))
        payments.row[len(chosen) :] += count
        return payments

    def visits(self, rows: Column) -> Rows:
        """Returns the visits with these row numbers, such as those of `reached`."""
        if not len(self.earlier):
            return taken(self.rows, rows)
        are_earlier = rows < 0
        both = zip(columns_of(self.rows), columns_of(self.earlier), strict=True)
        return Rows(*(_looked_up(own, earlier, rows, are_earlier) for own, earlier in both))

    def column_of(self, name: str, rows: Column) -> Column:
        """Returns one column of the visits with these row numbers, such as those of `reached`."""
        own: Column = getattr(self.rows, name)
        column: Column = _looked_up(own, getattr(self.earlier, name), rows, rows < 0)
        return column

    def with_goal_sets(self) -> "AmendedPast":
        """Returns the same past, with the written goals in the column `goals` as well."""
        known: AmendedPast | None = self.derived.get(AmendedPast)
        if known is None:
            known = self.derived[AmendedPast] = self._with_goal_sets()
        return known

    def _with_goal_sets(self) -> "AmendedPast":
        written = self.amendment.written
        left = remaining_goals(self, self.amendment, self.own_buyers)
        changed, masks = left.rows, left.masks
        own = self.written_visits.goals.copy()
        if len(self.earlier):
            own[: len(self.earlier)] = self.amendment.goals_of_written[: len(self.earlier)]
        indices, marks = common(self.indices, changed)
        own[indices] = masks[marks]
        visits = MarkedMasks(own, written.with_goals, own[written.with_goals], written.set_numbers)
        rows = self._marked_rows(changed, masks)
        buyers = self._marked_buyers(left)
        return replace(
            self,
            rows=replace(self.rows, goals=rows),
            earlier=replace(self.earlier, goals=visits[: len(self.earlier)]),
            derived=derived_values(),
            buyers=self._buyers_with_goals(buyers, visits),
        )

    def _marked_rows(self, changed: Column, masks: Column) -> MarkedMasks:
        """Returns the column `goals` of all visits; the visits that lost goals have the given masks."""
        written = self.amendment.written
        with_goals = self.indices[written.with_goals]
        inside = with_goals >= 0
        indices = np.union1d(changed, with_goals[inside])
        own, further = self.rows.goals[indices], np.zeros(len(indices), np.int64)
        own[np.searchsorted(indices, changed)] = masks
        further[np.searchsorted(indices, with_goals[inside])] = written.set_numbers[inside]
        return MarkedMasks(self.rows.goals, indices, own, further)

    def _marked_buyers(self, left: RemainingGoals) -> MarkedMasks:
        """Returns the column `goals` of the world's own buyers, without removed goals."""
        buyers = self.own_buyers
        own = buyers.goals.copy()
        if self.amendment.goal_removals:
            count = len(left.bought)
            own[:count] = left.bought
            rows = indices_of(self.rows, buyers.start[count:], buyers.visitor[count:])
            indices, marks = common(rows, left.rows)
            own[count + indices] = left.masks[marks]
        bought = self.amendment.bought
        if bought is None or not bought.is_of(self, len(self.own_buyers)):
            bought = self._find_bought()
            if self.settled_payments:
                self.amendment.bought = bought
        return MarkedMasks(own, bought.indices, own[bought.indices], bought.further)

    def _find_bought(self) -> Bought:
        """Finds the world's own buyers with written goals."""
        written, buyers = self.amendment.written, self.own_buyers
        bought = np.flatnonzero(written.stretch.courses.paid_at[written.with_goals])
        visits = self.visits(self.indices[written.with_goals[bought]])
        pairs = sorted(same_visits(buyers, visits)) if len(bought) else []
        indices = np.array([index for index, _ in pairs], np.int64)
        further = np.array([written.set_numbers[bought[n]] for _, n in pairs], np.int64)
        return Bought(self.made, len(buyers), indices, further)

    def _buyers_with_goals(self, own: MarkedMasks, visits: MarkedMasks) -> Rows | ChainedRows:
        """Returns all buyers; `own` is the column `goals` of the world's own ones, `visits` of the others."""
        if not isinstance(self.buyers, ChainedRows):
            return replace(self.own_buyers, goals=own)
        nobody = self.amendment.nobody.goals
        return self.buyers.with_goals(
            chained([own, visits, MarkedMasks(nobody, NOWHERE, nobody[:0], NOWHERE)])
        )


def _chained(own: Column, chosen: Column, more: Column) -> Column:
    """Returns a column with the values of `own` in the rows `chosen`, followed by the values `more`."""
    column = np.empty(len(chosen) + len(more), own.dtype)
    # With this mode, numpy writes into the column itself.
    np.take(own, chosen, out=column[: len(chosen)], mode="clip")
    column[len(chosen) :] = more
    return column


def _looked_up(own: Any, earlier: Any, rows: Column, are_earlier: Column) -> Any:
    """Returns the values in some rows of a column. A row below 0 counts from the end of `earlier`."""
    if isinstance(own, MarkedMasks):
        return chained([own, earlier])[np.where(are_earlier, len(own) + len(earlier) + rows, rows)]
    found = np.empty((len(rows), *own.shape[1:]), own.dtype)
    found[~are_earlier] = own[rows[~are_earlier]]
    found[are_earlier] = earlier[rows[are_earlier]]
    return found
