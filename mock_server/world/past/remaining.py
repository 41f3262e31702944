"""The goals that remain in visits from which facts have removed goals."""

from dataclasses import dataclass, replace

import numpy as np

from mock_server.world.past.amendment import Amendment
from mock_server.world.past.coins import Column
from mock_server.world.past.removals import Made, remaining
from mock_server.world.past.removed import removed_goals
from mock_server.world.past.search import NOWHERE, common, indices_of
from mock_server.world.past.table import Past, Rows


@dataclass(frozen=True, slots=True)
class RemainingGoals:
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


def remaining_goals(past: Past, amendment: Amendment, own_buyers: Rows) -> RemainingGoals:
    """Returns the goals that remain in visits from which facts removed goals.

    They are found once for all later instants with the same finished visits, because no removal applies
    to goals that are reached after it was written.
    """
    removals, masks = amendment.goal_removals, amendment.drawing.walks.goal_masks
    if not removals:
        return RemainingGoals(0, past.instant, NOWHERE, masks.empty(0), masks.empty(0))
    key = (RemainingGoals, removals.key)
    left: RemainingGoals | None = past.made.get(key)
    if left is None or left.settled != past.settled_goals or left.instant > past.instant:
        left = _find_remaining(past, amendment, own_buyers)
        if left.settled:
            past.made[key] = left
    goals = past.goals
    later = left.settled + np.flatnonzero(goals.at[left.settled :] > left.instant)
    indices, marks = common(goals.row[later], left.rows)
    if not len(indices):
        return left
    more = masks.of_rows(marks, goals.goal[later[indices]], len(left.rows))
    return replace(left, masks=left.masks | more)


def _find_remaining(past: Past, amendment: Amendment, buyers: Rows) -> RemainingGoals:
    """Computes the result of `remaining_goals` from all goals."""
    goal_masks = amendment.drawing.walks.goal_masks
    rows, masks = remaining(goal_masks, past.goals, removed_goals(past, amendment))
    last = past.payments.row[: past.settled_payments].max(initial=-1)
    # In a past before the last settled visits, any visit may be unfinished, but nothing is kept of it.
    count = int(last) + 1 if past.settled_payments else len(buyers)
    before, bought = _masks_before(past, amendment), buyers.goals[:count].copy()
    bought[: len(before)] = before
    indices, marks = common(indices_of(past.rows, buyers.start[:count], buyers.visitor[:count]), rows)
    bought[indices] = masks[marks]
    return RemainingGoals(past.settled_goals, past.instant, rows, masks, bought)


def _masks_before(past: Past, amendment: Amendment) -> Column:
    """Returns the remaining goals of each visit that bought something before the table begins."""
    key = (_masks_before, amendment.goal_removals.key)
    known: Made | None = past.made.get(key)
    if known is None:
        stretch = amendment.drawing.earlier_purchases(past.first)
        bought = np.flatnonzero(stretch.courses.paid_at)
        known = past.made[key] = Made(len(bought), amendment.goal_removals.remaining_in(stretch)[bought])
    return known.column
