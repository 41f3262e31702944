"""The goals and payments that facts remove from a website's own past, as indices into its columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Generic, TypeVar

import numpy as np

from mock_server.instants import MINUTE, SECOND
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import GoalsRemoved, PaymentsRemoved, Removal
from mock_server.world.past.coins import Column
from mock_server.world.past.drawing import Drawing, Stretch
from mock_server.world.past.masks import Masks
from mock_server.world.past.payments import Payments
from mock_server.world.past.table import Goals
from mock_server.world.past.written import visits_of
from mock_server.world.site import LONGEST_SESSION_MINUTES
from mock_server.world.visits import PURCHASE, Visit
from mock_server.world.world import World

R = TypeVar("R", bound=Removal)

_ROW_ID = re.compile(r"[0-9a-f]{24}")
# A beginning that is earlier than any instant.
_EVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Made:
    """A column that was made from the first `count` rows of growing columns."""

    count: int
    column: Column

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return int(self.column.nbytes)


class _Spans:
    """A set of spans of time, each from its first to its last millisecond."""

    def __init__(self, removals: Iterable[Removal]) -> None:
        edges: list[int] = []
        for begin, end in sorted(map(_span_of, removals)):
            if begin > end:
                continue
            if edges and begin <= edges[-1]:
                edges[-1] = max(edges[-1], end + 1)
            else:
                edges += [begin, end + 1]
        self._edges = np.array(edges, np.int64)

    def cover(self, at: Column) -> Column:
        """Returns, for each instant, whether one of the spans contains it."""
        flags: Column = np.searchsorted(self._edges, at, side="right") % 2 == 1
        return flags


class Key(tuple[R, ...]):
    """Removals as a cache key. Its hash is computed once, as there may be a thousand removals."""

    @cached_property
    def _hash(self) -> int:
        return super().__hash__()

    def __hash__(self) -> int:
        return self._hash


class _OfVisitors(Generic[R]):
    """The removals that name a visitor, and the visits of these visitors."""

    def __init__(self, drawing: Drawing, removals: Iterable[R]) -> None:
        self._by_visitor: dict[str, list[R]] = {}
        for removal in removals:
            if removal.visitor_id is not None:
                self._by_visitor.setdefault(removal.visitor_id, []).append(removal)
        self.visitor_ids: dict[Visit, str] = {
            visit: visitor_id
            for visitor_id, own in self._by_visitor.items()
            for visit in visits_of(drawing.population, visitor_id, max(one.written for one in own))
        }
        """The visitor's id of each visit."""

    def of(self, visit: Visit) -> Sequence[R]:
        """Returns the removals for the visitor of a visit."""
        return self._by_visitor[self.visitor_ids[visit]]


class GoalRemovals:
    """The removals of goals."""

    def __init__(self, drawing: Drawing, removals: Sequence[GoalsRemoved]) -> None:
        """Removals that name no visitor are merged, by the names of their goals."""
        self.key = Key(removals)
        """The removals, as a cache key for results that depend on them."""
        self._masks = drawing.walks.goal_masks
        self._names = [target.name for target in drawing.walks.goals]
        of_all = [removal for removal in removals if removal.visitor_id is None]
        self._of_all = {
            number: _Spans(removal for removal in of_all if removal.name in (None, name))
            for number, name in enumerate(self._names)
            if name is not None and any(removal.name in (None, name) for removal in of_all)
        }
        self._of_visitors = _OfVisitors(drawing, removals)
        self.visits: list[Visit] = sorted(self._of_visitors.visitor_ids, key=attrgetter("start"))
        """The visits of all visitors whom removals name, sorted by their start."""

    def __bool__(self) -> bool:
        """Returns whether there is any removal."""
        return bool(self.key)

    def among(self, goals: Goals, visit_at: Mapping[int, Visit]) -> Column:
        """Returns the indices of the removed goals; `visit_at` maps row numbers to `self.visits`."""
        parts = [np.zeros(0, np.int64)]
        for number, spans in self._of_all.items():
            there = np.flatnonzero(goals.goal == number)
            parts.append(there[spans.cover(goals.at[there])])
        for index in _with_rows(goals.row, visit_at):
            visit, name = visit_at[int(goals.row[index])], self._names[goals.goal[index]]
            at = int(goals.at[index])
            if name is not None and any(
                removal.name in (None, name) and _covers(removal, at)
                for removal in self._of_visitors.of(visit)
            ):
                parts.append(np.array([index]))
        return np.unique(np.concatenate(parts))

    def remaining_in(self, stretch: Stretch) -> Column:
        """Returns the remaining goals of each visit of a stretch, as masks."""
        courses = stretch.courses
        if not self:
            return courses.goals
        goals = Goals(courses.goal_row, courses.goal_at, courses.goal, courses.goal_coin)
        removed = self.among(goals, _rows_in(stretch, self.visits))
        rows, masks = remaining(self._masks, goals, removed)
        column = courses.goals.copy()
        column[rows] = masks
        return column


class PaymentRemovals:
    """The removals of payments."""

    def __init__(self, drawing: Drawing, world: AmendedWorld) -> None:
        """A removal of one transaction applies to the payment whose row on the map has that id."""
        removals = [own for one in world.changes.payments_removed for own in _of_transaction(world, one)]
        self.key = Key(removals)
        """The removals, as a cache key for results that depend on them."""
        self._of_all = _Spans(removal for removal in removals if removal.visitor_id is None)
        self._of_visitors = _OfVisitors(drawing, removals)
        bought = (visit for visit in self._of_visitors.visitor_ids if visit.outcome == PURCHASE)
        self.visits: list[Visit] = sorted(bought, key=attrgetter("start"))
        """The visits with purchases of all visitors whom removals name, sorted by their start."""

    def __bool__(self) -> bool:
        """Returns whether there is any removal."""
        return bool(self.key)

    def among(self, payments: Payments, visit_at: Mapping[int, Visit]) -> Column:
        """Returns the indices of the removed payments; `visit_at` maps row numbers to `self.visits`."""
        parts = [np.flatnonzero(self._of_all.cover(payments.at))]
        for index in _with_rows(payments.row, visit_at):
            visit, at = visit_at[int(payments.row[index])], int(payments.at[index])
            if any(_covers(removal, at) for removal in self._of_visitors.of(visit)):
                parts.append(np.array([index]))
        return np.unique(np.concatenate(parts))


def remaining(masks: Masks, goals: Goals, removed: Column) -> tuple[Column, Column]:
    """Returns the sorted rows with removed goals, and the masks of the remaining goals in them."""
    rows = np.unique(goals.row[removed])
    is_one = np.zeros(int(goals.row.max(initial=-1)) + 1, bool)
    is_one[rows] = True
    is_left = is_one[goals.row]
    is_left[removed] = False
    left = np.flatnonzero(is_left)
    return rows, masks.of_rows(np.searchsorted(rows, goals.row[left]), goals.goal[left], len(rows))


def _rows_in(stretch: Stretch, visits: Sequence[Visit]) -> dict[int, Visit]:
    """Returns the visits that are in a stretch, by their row in it."""
    columns = stretch.visits
    by_start: dict[int, list[Visit]] = {}
    for visit in visits:
        by_start.setdefault(visit.start, []).append(visit)
    there = np.flatnonzero(np.isin(columns.start, list(by_start)))
    return {
        row: visit
        for row in there.tolist()
        for visit in by_start[int(columns.start[row])]
        if visit.visitor == (columns.kind[row], columns.minute[row], columns.number[row])
    }


def _with_rows(rows: Column, visit_at: Mapping[int, Visit]) -> list[int]:
    """Returns the indices at which `rows` has the row of one of the given visits."""
    if not visit_at or not len(rows):
        return []
    is_there = np.zeros(max(int(rows.max()), *visit_at) + 1, bool)
    is_there[list(visit_at)] = True
    indices: list[int] = np.flatnonzero(is_there[rows]).tolist()
    return indices


def _span_of(removal: Removal) -> tuple[int, int]:
    end = removal.written if removal.end is None else min(removal.end, removal.written)
    return _EVER if removal.begin is None else removal.begin, end


def _covers(removal: Removal, at: int) -> bool:
    begin, end = _span_of(removal)
    return begin <= at <= end


def _of_transaction(world: World, removal: PaymentsRemoved) -> Iterable[PaymentsRemoved]:
    """Yields a removal without a transaction id unchanged.

    A removal of a transaction becomes a removal of the world's own payment with this id, if there is one.
    """
    if removal.transaction_id is None:
        yield removal
        return
    if world.ledger is None or not _ROW_ID.fullmatch(removal.transaction_id):
        return
    # The id of a row begins with the second of the payment.
    minute = int(removal.transaction_id[:8], 16) * SECOND // MINUTE
    sessions = (
        world.sessions.of(visit)
        for past in range(LONGEST_SESSION_MINUTES + 2)
        for visit in world.population.visits_started(minute - past)
        if visit.outcome == PURCHASE
    )
    purchases = (payment for session in sessions if (payment := world.ledger.purchase(session)))
    for payment in (*purchases, *world.ledger.renewals_in(minute)):
        assert payment.session is not None, "the world's own payments are made in sessions"
        visitor_id, at = payment.session.visitor_id, payment.at
        if world.payment_id(payment) == removal.transaction_id and removal.covers(visitor_id, at):
            yield PaymentsRemoved(written=removal.written, visitor_id=visitor_id, begin=at, end=at)
