"""The changes that facts cause in the past of a website, in whatever table of the past."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mock_server.world.amended import AmendedWorld
from mock_server.world.past.coins import Column
from mock_server.world.past.drawing import Drawing, Stretch
from mock_server.world.past.growing import columns_of
from mock_server.world.past.payments import Payments
from mock_server.world.past.removals import GoalRemovals, PaymentRemovals
from mock_server.world.past.table import Past, Rows, no_rows
from mock_server.world.past.visited import Visited
from mock_server.world.past.written import Written, visits_of
from mock_server.world.visits import PURCHASE

# The memory of a visit whose visitor has lost goals or payments, in bytes.
_EACH_VISIT = 600


class Amendment:
    """The changes that facts cause in the past of one website, for all instants with the same changes."""

    def __init__(self, drawing: Drawing, world: AmendedWorld) -> None:
        """Finds the visits of the facts, in a tenth of a millisecond for each fact."""
        self.changes = world.changes
        self.drawing = drawing
        self.visited = Visited(drawing.site, world.changes) if world.changes.views else None
        """The visits of the visitors who are known from written page views; None if there are none."""
        claimed = self.visited.claimed if self.visited else ()
        self.written = Written(drawing, world.changes, claimed)
        self.goal_removals = GoalRemovals(drawing, world.changes.goals_removed)
        self.payment_removals = PaymentRemovals(drawing, world)
        self.kept: dict[Any, Any] = {}
        """A cache in which reports store values that they make of this amendment."""
        self.found: Found | None = None
        """The rows of the written visits in the table of the past that was amended last."""
        self.bought: Bought | None = None
        """The buyers with written goals in that table."""

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        visits = (*self.written.visits, *self.goal_removals.visits, *self.payment_removals.visits)
        visited = self.visited.nbytes if self.visited else 0
        return self.written.nbytes + visited + _EACH_VISIT * len(visits)

    @property
    def has_payments(self) -> bool:
        """Whether any payment or refund was written."""
        return len(self.written.payments.at) > 0 or (self.visited is not None and self.visited.has_payments)

    @cached_property
    def purchases(self) -> Stretch:
        """The visits that end in a purchase, of all visitors about whom goals or payments were written."""
        return self.drawing.stretch_of(
            [
                visit
                for visitor_id in self.written.visitor_ids
                for visit in visits_of(self.drawing.population, visitor_id, self.written.latest)
                if visit.outcome == PURCHASE
            ]
        )

    @cached_property
    def visits_without_goals(self) -> Stretch:
        """The visits of the visitors whom removals of goals name, as columns."""
        return self.drawing.stretch_of(self.goal_removals.visits)

    @cached_property
    def visits_without_payments(self) -> Stretch:
        """The visits with purchases of the visitors whom removals of payments name, as columns."""
        return self.drawing.stretch_of(self.payment_removals.visits)

    @cached_property
    def payments(self) -> Payments:
        """The written payments. `row` is the index of the visit among the buyers after the world's own."""
        written = self.written.payments
        row = np.where(written.visit < 0, len(self.written.visits), written.visit)
        return Payments(written.at, written.amount, written.is_renewal, written.is_refund, row)

    @cached_property
    def nobody(self) -> Rows:
        """One row, for a visit of which nothing is known."""
        return _nobody(self.drawing)

    @cached_property
    def goals_of_written(self) -> Column:
        """The remaining goals of each written visit, as masks."""
        return self.goal_removals.remaining_in(self.written.stretch)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of the written visits in one table, which are the same at all instants.

    All of these visits have begun, because facts are written during a visit or later. Visits before the first
    row of the table have rows below 0, and are in `earlier`.
    """

    made: object
    indices: Column
    earlier: Rows

    def is_of(self, past: Past) -> bool:
        """Returns whether the written visits have these rows in a past."""
        # A past before the last settled visits has columns of its own.
        return self.made is past.made and past.settled_goals > 0


@dataclass(frozen=True, slots=True)
class Bought:
    """The buyers with written goals among the first `count` buyers of a table.

    `indices` are their indices among these buyers; `further` are the numbers of their sets of written goals.
    """

    made: object
    count: int
    indices: Column
    further: Column

    def is_of(self, past: Past, buyers: int) -> bool:
        """Returns whether these are the buyers with written goals in a past with so many buyers."""
        # Time only adds buyers, so equal numbers of them are the same ones. But a past before the last
        # settled visits has columns of its own.
        return self.made is past.made and self.count == buyers and past.settled_payments > 0


def _nobody(drawing: Drawing) -> Rows:
    """Returns one row, for a visit of which nothing is known."""
    nothing = no_rows(drawing)
    row = Rows(*(np.zeros((1, *column.shape[1:]), column.dtype) for column in columns_of(nothing)))
    row.visitor[:] = row.previous[:] = -1
    row.source[:] = len(drawing.walks.sources) - 1
    row.entry[:] = len(drawing.site.pages)
    return row
