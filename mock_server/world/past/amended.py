"""A website's past changed by facts: with written goals and payments, and without removed ones."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.past.amendment import Amendment, Bought, Found
from mock_server.world.past.chosen import ChainedRows, ChosenRows
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import columns_of, taken
from mock_server.world.past.payments import Payments
from mock_server.world.past.removals import GoalRemovals, Made, PaymentRemovals, remaining
from mock_server.world.past.search import indices_of, same_visits
from mock_server.world.past.sets import MarkedMasks, chained
from mock_server.world.past.table import Goals, Past, Rows, derived_values, rows_of
from mock_server.world.past.visitors import MoreNumbers, Numbers
from mock_server.world.visits import Visit


def amended(past: Past, amendment: Amendment) -> "AmendedPast":
    """Returns a past changed by the written facts. It is valid as long as the given past."""
    known: AmendedPast | None = past.derived.get(amendment)
    if known is None:
        known = past.derived[amendment] = _amended(amendment, past)
    return known


def _amended(amendment: Amendment, past: Past) -> "AmendedPast":
    own = {field.name: getattr(past, field.name) for field in fields(Past)}
    found = amendment.found
    if found is None or not found.is_of(past):
        found, own["visitors"] = _found(past, amendment)
        if own["visitors"] is past.visitors:
            amendment.found = found if past.settled_goals else None
        else:
            # Visitors who bought long before the table begins have got their numbers by now.
            bought = amendment.purchases
            known_as = rows_of(bought, own["visitors"].of(bought.visits))
            own["buyers"] = _with_visitors(own["buyers"], known_as)
    buyers, inside = own["buyers"], found.indices[len(found.earlier) :]
    visits = ChainedRows([found.earlier, ChosenRows(past.rows, inside)])
    if len(amendment.written.payments.at):
        own["buyers"] = ChainedRows([buyers, visits, amendment.nobody])
    return AmendedPast(
        **own | {"derived": derived_values()},
        amendment=amendment,
        indices=found.indices,
        earlier=found.earlier,
        own_buyers=buyers,
        written_visits=visits,
    )


def _found(past: Past, amendment: Amendment) -> tuple[Found, Numbers]:
    """Returns the rows of the written visits, and numbers for all their visitors."""
    stretch, visitors = amendment.written.stretch, past.visitors
    numbers = visitors.of(stretch.visits)
    indices = indices_of(past.rows, stretch.visits.start, numbers)
    # The visits are sorted by their start, so those from before the first row of the table come first.
    outside = int(np.count_nonzero(indices < 0))
    indices[:outside] = np.arange(-outside, 0)
    if (numbers < 0).any():
        visitors = MoreNumbers(visitors, amendment.written.visits, numbers)
        numbers = visitors.of(stretch.visits)
    earlier = taken(rows_of(stretch, numbers), slice(outside))
    return Found(past.made, indices, earlier), visitors


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


@dataclass(frozen=True, slots=True)
class _Remaining:
    """The goals that remain in visits from which facts removed goals, in one table at an instant.

    `rows` are the visits, sorted, and `masks` their remaining goals. `bought` are the goals of the first
    buyers, whose visits are over. The first `settled` goals of the table belong to finished visits.
    """

    settled: int
    instant: int
    rows: Column
    masks: Column
    bought: Column

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return int(self.rows.nbytes + self.masks.nbytes + self.bought.nbytes)


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
        is_chosen[self._removed_goals()] = False
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
        is_chosen[self._removed_payments()] = False
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
        left = self._remaining()
        changed, masks = left.rows, left.masks
        own = self.written_visits.goals.copy()
        if len(self.earlier):
            own[: len(self.earlier)] = self.amendment.goals_of_written[: len(self.earlier)]
        indices, marks = _common(self.indices, changed)
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

    def _marked_buyers(self, left: _Remaining) -> MarkedMasks:
        """Returns the column `goals` of the world's own buyers, without removed goals."""
        buyers = self.own_buyers
        own = buyers.goals.copy()
        if self.amendment.goal_removals:
            count = len(left.bought)
            own[:count] = left.bought
            rows = indices_of(self.rows, buyers.start[count:], buyers.visitor[count:])
            indices, marks = _common(rows, left.rows)
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
            chained([own, visits, MarkedMasks(nobody, _NOWHERE, nobody[:0], _NOWHERE)])
        )

    def _remaining(self) -> _Remaining:
        """Returns the goals that remain in visits from which facts removed goals.

        They are found once for all later instants with the same finished visits, because no removal applies
        to goals that are reached after it was written.
        """
        removals, masks = self.amendment.goal_removals, self.amendment.drawing.walks.goal_masks
        if not removals:
            return _Remaining(0, self.instant, _NOWHERE, masks.empty(0), masks.empty(0))
        key = (_Remaining, removals.key)
        left: _Remaining | None = self.made.get(key)
        if left is None or left.settled != self.settled_goals or left.instant > self.instant:
            left = self._find_remaining()
            if left.settled:
                self.made[key] = left
        goals = self.goals
        later = left.settled + np.flatnonzero(goals.at[left.settled :] > left.instant)
        indices, marks = _common(goals.row[later], left.rows)
        if not len(indices):
            return left
        more = masks.of_rows(marks, goals.goal[later[indices]], len(left.rows))
        return replace(left, masks=left.masks | more)

    def _find_remaining(self) -> _Remaining:
        """Computes the result of `_remaining` from all goals."""
        goal_masks, buyers = self.amendment.drawing.walks.goal_masks, self.own_buyers
        rows, masks = remaining(goal_masks, self.goals, self._removed_goals())
        last = self.payments.row[: self.settled_payments].max(initial=-1)
        # In a past before the last settled visits, any visit may be unfinished, but nothing is kept of it.
        count = int(last) + 1 if self.settled_payments else len(buyers)
        before, bought = self._masks_before(), buyers.goals[:count].copy()
        bought[: len(before)] = before
        indices, marks = _common(indices_of(self.rows, buyers.start[:count], buyers.visitor[:count]), rows)
        bought[indices] = masks[marks]
        return _Remaining(self.settled_goals, self.instant, rows, masks, bought)

    def _masks_before(self) -> Column:
        """Returns the remaining goals of each visit that bought something before the table begins."""
        key = (amended, self.amendment.goal_removals.key)
        known: Made | None = self.made.get(key)
        if known is None:
            stretch = self.amendment.drawing.earlier_purchases(self.first)
            bought = np.flatnonzero(stretch.courses.paid_at)
            known = self.made[key] = Made(
                len(bought), self.amendment.goal_removals.remaining_in(stretch)[bought]
            )
        return known.column

    def _removed_goals(self) -> Column:
        """Returns the indices of the removed goals among the world's own goals."""
        removals = self.amendment.goal_removals
        if not removals:
            return _NOWHERE

        def among(begin: int, end: int) -> Column:
            first = self._first_of(removals.visits, begin, self.settled_goals)
            visits = taken(self.amendment.visits_without_goals.visits, slice(first, None))
            rows = indices_of(self.rows, visits.start, self.visitors.of(visits)).tolist()
            there = zip(rows, removals.visits[first:], strict=True)
            goals = taken(self.goals, slice(begin, end))
            return removals.among(goals, {row: visit for row, visit in there if row >= 0})

        return self._removed(removals, among, self.settled_goals, len(self.goals.at))

    def _removed_payments(self) -> Column:
        """Returns the indices of the removed payments among the world's own payments."""
        removals = self.amendment.payment_removals
        if not removals:
            return _NOWHERE
        stretch = self.amendment.visits_without_payments

        def among(begin: int, end: int) -> Column:
            payments = taken(self.payments, slice(begin, end))
            own = removals.visits[self._first_of(removals.visits, begin, self.settled_payments) :]
            if not own:
                return removals.among(payments, {})
            visits = taken(rows_of(stretch, self.visitors.of(stretch.visits)), slice(-len(own), None))
            first = int(payments.row.min(initial=len(self.own_buyers)))
            pairs = same_visits(taken(self.own_buyers, slice(first, None)), visits)
            return removals.among(payments, {first + index: own[n] for index, n in pairs})

        return self._removed(removals, among, self.settled_payments, len(self.payments))

    def _first_of(self, visits: Sequence[Visit], begin: int, settled: int) -> int:
        """Returns the index of the first visit that may have a goal or payment with index `begin` or higher.

        Visits are sorted by their start. The first `settled` goals or payments belong to finished visits.
        """
        if not begin or begin < settled:
            return 0
        return bisect_left(visits, self.settled * MINUTE, key=attrgetter("start"))

    def _removed(
        self,
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
        known: _Removed = self.made.get(key) or _Removed(0, _NOWHERE, -1, _NOWHERE)
        if known.settled < settled:
            found = np.concatenate([known.column, known.settled + among(known.settled, settled)])
            known = _Removed(settled, found, -1, _NOWHERE)
        if known.count != count:
            # Time only adds goals and payments, so equal numbers of them are the same ones.
            late = settled + among(settled, count)
            known = self.made[key] = _Removed(settled, known.column, count, late)
        return np.concatenate([known.column, known.late])


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


def _with_visitors(buyers: Rows, visits: Rows) -> Rows:
    """Returns the buyers; a visit that is also in `visits` has the visitor's number from there."""
    visitor = buyers.visitor.copy()
    for index, n in same_visits(buyers, visits):
        visitor[index] = visits.visitor[n]
    return replace(buyers, visitor=visitor)


def _common(values: Column, others: Column) -> tuple[Column, Column]:
    """Returns, for each of the columns, the indices of the values that both have. `others` must be sorted."""
    if not len(others):
        return _NOWHERE, _NOWHERE
    indices = np.minimum(np.searchsorted(others, values), len(others) - 1)
    there = np.flatnonzero(others[indices] == values)
    return there, indices[there]


_NOWHERE: Column = np.zeros(0, np.int64)
