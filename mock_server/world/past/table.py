"""The table of a website's visits: settled rows, and a tail that is written again for each instant."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cachetools import LRUCache

from mock_server.instants import MINUTE
from mock_server.world.past.chosen import ChainedRows
from mock_server.world.past.coins import Column, different
from mock_server.world.past.drawing import Drawing, Stretch
from mock_server.world.past.growing import Growing, GrowingColumn, joined, taken
from mock_server.world.past.payments import Payments, no_payments
from mock_server.world.past.visitors import Numbers, VisitorNumbers
from mock_server.world.past.visits import Visits
from mock_server.world.site import LONGEST_SESSION_MINUTES
from mock_server.world.visits import REGULAR

SETTLING_MINUTES = LONGEST_SESSION_MINUTES + 1
"""The number of minutes after which a visit is certainly over, including the time on its last page."""

# The number of values of reports that a table caches; the least recently used one is removed first.
_MOST_MADE = 12
# The number of values that are cached with one past, such as its amended pasts.
_MOST_DERIVED = 8
# The number of minutes by which the settled rows grow at a time.
_STEP = 15


@dataclass(frozen=True, slots=True)
class Rows:
    """Visits as columns, sorted by their start.

    `visitor` is the visitor's number; `number` counts a visitor's visits from 1 on; `previous` is the row of
    the visitor's previous visit, or -1. `pages` and `goals` are columns of masks; if facts have changed any
    goals, `goals` is a `MarkedMasks`. `length` is in ms.
    """

    start: Column
    visitor: Column
    number: Column
    previous: Column
    place: Column
    system: Column
    source: Column
    entry: Column
    pages: Column
    goals: Any
    views: Column
    length: Column

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Goals:
    """Completed goals, unsorted: the row of the visit, the instant, and the goal's number.

    `coin` is the random number that selects the properties with which the goal was completed.
    """

    row: Column
    at: Column
    goal: Column
    coin: Column


@dataclass(frozen=True, slots=True)
class Past:
    """The past of a website up to an instant, from the minute `first` on.

    Visits that started before the minute `settled` are over. The visits with purchases are rows of `buyers`;
    they may be older than `rows`. Some payments lie in the future. `made` is a cache in which reports store
    values that depend on settled visits only; each value has its size in bytes as `nbytes`. The first
    `settled_goals` goals and `settled_payments` payments are the same in all later pasts of the table, in the
    same order. `derived` is a cache of what is made of this past only.
    """

    first: int
    settled: int
    instant: int
    rows: Rows
    goals: Goals
    buyers: Rows | ChainedRows
    payments: Payments
    visitors: Numbers
    made: LRUCache[Any, Any]
    settled_goals: int
    settled_payments: int
    derived: LRUCache[Any, Any]

    def goals_key(self, _names: Collection[str]) -> object:
        """Returns a cache key for the world's own goals: always the same, because no goal was removed."""
        return ()

    def reached(self, begin: int, end: int) -> Goals:
        """Returns the goals that were reached from one instant to before another.

        The method `visits` returns the visits in which they were reached.
        """
        goals = self.goals
        return taken(goals, np.flatnonzero((goals.at >= begin) & (goals.at < end)))

    def paid(self, begin: int, end: int, by: Column | None = None) -> Payments:
        """Returns the payments from one instant to before another.

        `by` has a flag for each of `buyers`: whether their payments are wanted. None means all payments.
        """
        payments = self.payments
        is_chosen = (payments.at >= begin) & (payments.at < end)
        if by is not None:
            is_chosen &= by[payments.row]
        return taken(payments, np.flatnonzero(is_chosen))

    def visits(self, rows: Column) -> Rows:
        """Returns the visits with these row numbers, such as those of `reached`."""
        return taken(self.rows, rows)

    def column_of(self, name: str, rows: Column) -> Column:
        """Returns one column of the visits with these row numbers, such as those of `reached`."""
        column: Column = getattr(self.rows, name)[rows]
        return column

    def with_goal_sets(self) -> "Past":
        """Returns this past unchanged, because it has no written goals."""
        return self


class Table:
    """The past of one world from a minute on. Rows that are settled never change."""

    def __init__(self, drawing: Drawing, first: int, before_step: Callable[[], None]) -> None:
        """Computes only the earlier purchases whose renewals may come later; `at` computes the rest.

        `before_step` is called before each stretch of settled rows is drawn. If it raises an exception, the
        table remains valid.
        """
        self.first = self.settled = first
        self._drawing = drawing
        self._before_step = before_step
        births = drawing.visit_columns.births
        self._visitors = VisitorNumbers(drawing.population, births, first - drawing.visit_columns.reach - 1)
        self._latest = GrowingColumn(np.zeros(0, np.int32))
        self._rows = Growing(no_rows(drawing))
        self._goals = Growing(
            Goals(*(np.zeros(0, kind) for kind in (np.int32, np.int64, np.uint16, np.uint32)))
        )
        self._buyers = Growing(no_rows(drawing))
        self._payments = Growing(no_payments())
        self._made: LRUCache[Any, Any] = LRUCache(_MOST_MADE)
        self._latest_past: Past | None = None
        self._visitors.cover(first)
        self._settle_purchases(drawing.earlier_purchases(first))

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        parts = (self._rows, self._goals, self._buyers, self._payments, self._latest, self._visitors)
        return sum(part.nbytes for part in (*parts, *self._made.values(), self._drawing))

    def at(self, instant: int) -> Past:
        """Returns the past at an instant, which may be an earlier one.

        It is valid until the table is asked for another instant.
        """
        if self._latest_past is not None and self._latest_past.instant == instant:
            return self._latest_past
        self._latest_past = None
        minute = instant // MINUTE + 1
        self._settle(minute - SETTLING_MINUTES)
        begin = max(self.first, minute - SETTLING_MINUTES)
        if begin < self.settled:
            return self._earlier(begin, instant)
        tail = self._drawing.visits(self.settled, minute, instant)
        self._cover(tail)
        visitors = self._visitors.of(tail.visits)
        latest = self._latest.values
        known = latest[visitors]
        rows = self._rows_of(tail, latest, self._rows.count)
        latest[visitors] = known
        buyers, payments = self._bought(tail, self._buyers.count)
        self._latest_past = Past(
            self.first,
            self.settled,
            instant,
            self._rows.with_tail(rows),
            self._goals.with_tail(_goals_of(tail, self._rows.count)),
            self._buyers.with_tail(buyers),
            self._payments.with_tail(payments),
            self._visitors,
            self._made,
            self._goals.count,
            self._payments.count,
            derived_values(),
        )
        return self._latest_past

    def _earlier(self, begin: int, instant: int) -> Past:
        """Returns the past at an instant before the last settled one, in columns of its own.

        Visits that started from the minute `begin` on may be unfinished at that instant.
        """
        rows, goals = self._rows.settled, self._goals.settled
        buyers, payments = self._buyers.settled, self._payments.settled
        count = int(np.searchsorted(rows.start, begin * MINUTE))
        rows = taken(rows, slice(count))
        tail = self._drawing.visits(begin, instant // MINUTE + 1, instant)
        self._cover(tail)
        latest = np.full(self._visitors.count, -1, np.int32)
        # If a visitor has several visits, the last assignment is that of the latest visit.
        latest[rows.visitor] = np.arange(count, dtype=np.int32)
        bought = taken(payments, np.flatnonzero(buyers.start[payments.row] < begin * MINUTE))
        more_buyers, more_payments = self._bought(tail, len(buyers))
        return Past(
            self.first,
            begin,
            instant,
            joined(rows, self._rows_of(tail, latest, count)),
            joined(taken(goals, np.flatnonzero(goals.row < count)), _goals_of(tail, count)),
            joined(buyers, more_buyers),
            joined(bought, more_payments),
            self._visitors,
            self._made,
            settled_goals=0,
            settled_payments=0,
            derived=derived_values(),
        )

    def _settle(self, minute: int) -> None:
        """Adds the visits that start before a given minute to the settled rows, in steps of 15 minutes."""
        if self.settled + _STEP <= minute:
            self._rows.reserve(self._drawing.about_visits(self.settled, minute))
        while self.settled + _STEP <= minute:
            self._before_step()
            most = self._drawing.minutes_at_once(self.settled)
            end = self.settled + min((minute - self.settled) // _STEP, max(1, most // _STEP)) * _STEP
            stretch = self._drawing.visits(self.settled, end, None)
            self._cover(stretch)
            count = self._rows.count
            self._rows.settle(self._rows_of(stretch, self._latest.values, count))
            self._goals.settle(_goals_of(stretch, count))
            self._settle_purchases(stretch)
            self.settled = end

    def _settle_purchases(self, stretch: Stretch) -> None:
        buyers, payments = self._bought(stretch, self._buyers.count)
        self._buyers.settle(buyers)
        self._payments.settle(payments)

    def _cover(self, stretch: Stretch) -> None:
        """Assigns numbers to all visitors of a stretch."""
        self._visitors.cover(int(stretch.visits.start.max(initial=0)) // MINUTE + 1)
        missing = self._visitors.count - len(self._latest)
        if missing > 0:
            self._latest.extend(np.full(missing, -1, np.int32))

    def _rows_of(self, stretch: Stretch, latest: Column, begin: int) -> Rows:
        """Returns the rows of a stretch, the first of which gets the number `begin`. Updates `latest`."""
        rows = rows_of(stretch, self._visitors.of(stretch.visits))
        return replace(rows, previous=_link(latest, rows.visitor, stretch.visits, begin))

    def _bought(self, stretch: Stretch, begin: int) -> tuple[Rows, Payments]:
        """Returns the visits of a stretch that end in a purchase, and their payments.

        The first of these visits gets the row number `begin`.
        """
        there = np.flatnonzero(stretch.courses.paid_at)
        buyers = taken(rows_of(stretch, self._visitors.of(stretch.visits)), there)
        payments = self._drawing.payments(stretch.visits.take(there), stretch.courses.paid_at[there])
        return buyers, replace(payments, row=payments.row + begin)


def rows_of(stretch: Stretch, visitor: Column) -> Rows:
    """Returns the visits of a stretch as rows, in which every `previous` is -1."""
    courses = stretch.courses
    return Rows(
        start=stretch.visits.start,
        visitor=visitor,
        number=(stretch.visits.earlier + 1).astype(np.uint16),
        previous=np.full(len(visitor), -1, np.int32),
        place=stretch.place,
        system=stretch.system,
        source=courses.source,
        entry=courses.entry,
        pages=courses.pages,
        goals=courses.goals,
        views=courses.views,
        length=courses.length,
    )


def _goals_of(stretch: Stretch, begin: int) -> Goals:
    """Returns the goals of a stretch whose first visit is at the row `begin`."""
    courses = stretch.courses
    return Goals(
        (courses.goal_row + begin).astype(np.int32), courses.goal_at, courses.goal, courses.goal_coin
    )


def _link(latest: Column, visitor: Column, visits: Visits, begin: int) -> Column:
    """Returns, for each visit, the row of the same visitor's previous visit, or -1.

    The first visit has the row `begin`. `latest`, the latest row of each visitor, is updated. In one wave
    each visitor comes at most once.
    """
    previous = np.full(len(visitor), -1, np.int32)
    is_regular = visits.kind == REGULAR
    for wave in different(visits.wave[~is_regular]):
        rows = np.flatnonzero((visits.wave == wave) & ~is_regular)
        previous[rows] = latest[visitor[rows]]
        latest[visitor[rows]] = rows + begin
    for row in np.flatnonzero(is_regular):
        previous[row] = latest[visitor[row]]
        latest[visitor[row]] = row + begin
    return previous


def derived_values() -> LRUCache[Any, Any]:
    """Returns an empty cache for `Past.derived`. It ends with its past, whose columns its values refer to."""
    return LRUCache(_MOST_DERIVED)


def no_rows(drawing: Drawing) -> Rows:
    """Returns columns without rows."""
    walks = drawing.walks
    return Rows(
        start=np.empty(0, np.int64),
        visitor=np.empty(0, np.int32),
        number=np.empty(0, np.uint16),
        previous=np.empty(0, np.int32),
        place=np.empty(0, np.uint16),
        system=np.empty(0, np.uint16),
        source=np.empty(0, np.uint16),
        entry=np.empty(0, np.uint16),
        pages=walks.page_masks.empty(0),
        goals=walks.goal_masks.empty(0),
        views=np.empty(0, np.uint8),
        length=np.empty(0, np.int32),
    )
