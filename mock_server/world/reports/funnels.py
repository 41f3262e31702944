"""The visitors who reached each step of a funnel in a period, and what they paid.

A visitor reaches a step by viewing one of its pages, or by completing its goal, later than the step before.
This may be in any of their sessions, and other pages and goals may lie between. Sessions, goals and payments
are selected as in other reports. A page view counts if its session starts in the period and matches the
filters. A goal counts if it is completed in the period, in a session that matches the filters. So the first
step has as many visitors as the report on its page or its goal.

The table has the set of pages of each session, but not their order. So the page views are computed again,
once for each funnel, and turned into the *moves* of sessions. A move says, for each step that a visitor may
have reached before the session, which step they have reached after it. The moves of sessions that are over
are cached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.past.amended import AmendedPast
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import taken
from mock_server.world.past.table import SETTLING_MINUTES, Goals
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.selection import Selection
from mock_server.world.wildcards import wildcard

_MOST_STEPS = 8
# A move has four bits for each step that a visitor may have reached before, from 0 (no step) on.
_STEP_BITS = 4


class Step(NamedTuple):
    """A step, which a visitor reaches by viewing a page with one of the paths, or completing the goal."""

    paths: tuple[str, ...] = ()
    """Paths in which `*` stands for any number of characters."""
    goal: str | None = None
    """The name of a custom goal; None for a step of pages."""

    def has_page(self, path: str) -> bool:
        """Returns whether the view of a page reaches the step."""
        return any(wildcard(one).match(path) for one in self.paths)


class Reached(NamedTuple):
    """The figures of a step: its visitors, and what they paid in the period, in major units."""

    visitors: int
    revenue: float


def funnel(facts: Facts, chosen: Selection, steps: Sequence[Step]) -> list[Reached]:
    """Returns the figures of each step, of which there may be at most eight."""
    assert len(steps) <= _MOST_STEPS, "a move has room for eight steps"
    visitors, paid = np.zeros((2, len(steps) + 1), np.int64)
    for part in parts_of(facts, chosen):
        reached = _steps_of_visitors(part.facts, part.chosen, tuple(steps))
        visitors += np.bincount(reached, minlength=len(steps) + 1)
        payments = part.chosen.payments
        payer = part.chosen.past.buyers.visitor[payments.row]
        is_known = payer >= 0
        np.add.at(paid, reached[payer[is_known]], payments.amount[is_known])
    return [
        Reached(int(count), facts.amount(amount))
        for count, amount in zip(_at_least(visitors)[1:], _at_least(paid)[1:], strict=True)
    ]


def _at_least(sums: Column) -> Column:
    """Returns, for each index, the sum of the values from this index on."""
    added: Column = np.cumsum(sums[::-1])[::-1]
    return added


def _steps_of_visitors(facts: Facts, chosen: Selection, steps: tuple[Step, ...]) -> Column:
    """Returns the last step that each visitor reached, by the visitor's number; 0 if no step was reached."""
    moving = _Moving(facts, chosen, steps)
    visitor, move = moving.outside_the_period()
    later = moving.of_the_period()[chosen.indices - chosen.first]
    is_moved = later != moving.nothing
    visitor = np.concatenate([visitor, chosen.rows.visitor[is_moved]])
    move = np.concatenate([move, later[is_moved]])
    reached = np.zeros(chosen.past.visitors.count, np.uint8)
    next_one = np.zeros(chosen.past.visitors.count, np.int32)
    rows = np.arange(len(visitor), dtype=np.int32)
    while len(rows):
        # In each round the earliest remaining visit of each visitor is taken; the last assignment remains.
        here = visitor[rows]
        next_one[here[::-1]] = rows[::-1]
        is_next = next_one[here] == rows
        taken, who = rows[is_next], here[is_next]
        # Visitors who have reached the last step stay there, so a move has no bits for the last step.
        comes = reached[who]
        reached[who] = np.maximum(comes, move[taken] >> comes * np.uint8(_STEP_BITS) & 0xF)
        rows = rows[~is_next]
    return reached


@dataclass(frozen=True, slots=True)
class _Known:
    """The moves of finished visits that start from the minute `first` to before the minute `last`."""

    first: int
    last: int
    moves: Column

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return int(self.moves.nbytes)


class _Moving:
    """Computes the moves of visits in one funnel.

    A range of minutes is given as its first minute and the minute after its last one.
    """

    def __init__(self, facts: Facts, chosen: Selection, steps: tuple[Step, ...]) -> None:
        """Begins without moves."""
        self._drawing = facts.drawn
        self._chosen = chosen
        self._past = chosen.past
        self._steps = steps
        pages = facts.vocabulary.pages
        self._by_page = _bits([[step.has_page(page.path) for page in pages] for step in steps])
        self._by_goal = _bits(
            [[step.goal is not None and name == step.goal for name in facts.goals] for step in steps]
        )
        # The cached moves of settled visits contain only the goals of the world itself.
        self._by_own_goal = self._by_goal.copy()
        self._by_own_goal[len(facts.links) :] = 0
        self.nothing = _packed(np.arange(len(steps), dtype=np.uint8)[None])[0]
        """The move of a visit that leads to no further step."""

    def outside_the_period(self) -> tuple[Column, Column]:
        """Returns visitors and moves of visits that start outside the period and complete a goal in it.

        A visit that starts after the period is the first one of its visitor. It has the goals that were
        written about the visitor before.
        """
        goals, chosen = self._chosen.goals, self._chosen
        outside = np.flatnonzero((goals.row < chosen.first) | (goals.row >= chosen.after))
        rows, indices = np.unique(goals.row[outside], return_inverse=True)
        moves = self._moves(len(rows), indices, goals.at[outside], self._by_goal[goals.goal[outside]])
        return self._past.column_of("visitor", rows), moves

    def of_the_period(self) -> Column:
        """Returns the moves of all visits that start in the period, whether they match the filters or not."""
        chosen = self._chosen
        begin = max(chosen.begin // MINUTE, self._past.first)
        end = (chosen.end - 1) // MINUTE + 1
        # A visit that continues after the period may have goals that do not count.
        settled = max(begin, min(end - SETTLING_MINUTES - 1, self._past.settled))
        moves = np.concatenate([self._settled(begin, settled), self._last(settled, max(settled, end))])
        if isinstance(self._past, AmendedPast):
            self._amend(moves, self._past, self._row(begin), self._row(settled))
        skipped = chosen.first - self._row(begin)
        return moves[skipped : skipped + chosen.after - chosen.first]

    def _settled(self, first: int, last: int) -> Column:
        """Returns the moves of visits that are over. All goals of these visits are included."""
        if first == last:
            return np.zeros(0, self.nothing.dtype)
        names = {step.goal for step in self._steps if step.goal is not None}
        made, key = self._past.made, (funnel, self._steps, self._past.goals_key(names))
        known = made.get(key) or _Known(first, first, np.zeros(0, self.nothing.dtype))
        if first < known.first or known.last < last:
            begin, end = min(first, known.first), max(last, known.last)
            parts = [self._drawn(begin, known.first), known.moves, self._drawn(known.last, end)]
            known = made[key] = _Known(begin, end, np.concatenate(parts))
        skipped = self._row(first) - self._row(known.first)
        return known.moves[skipped : skipped + self._row(last) - self._row(first)]

    def _drawn(self, first: int, last: int) -> Column:
        """Computes the moves of finished visits, in parts that are small enough for the memory."""
        parts = [np.zeros(0, self.nothing.dtype)]
        goals = self._past.reached(0, self._past.instant + 1)
        while first < last:
            end = min(last, first + max(1, self._drawing.minutes_at_once(first)))
            there = np.flatnonzero((goals.row >= self._row(first)) & (goals.row < self._row(end)))
            parts.append(self._walked(first, end, taken(goals, there), self._by_own_goal))
            first = end
        return np.concatenate(parts)

    def _amend(self, moves: Column, past: AmendedPast, begin: int, end: int) -> None:
        """Corrects the moves of visits that have written goals. The first move is that of the row `begin`."""
        written = past.amendment.written
        indices = past.indices[written.with_goals]
        there = np.flatnonzero((indices >= begin) & (indices < end))
        # These rows are sorted by start, as all rows are.
        rows = indices[there]
        if not len(rows):
            return
        goals, views = self._chosen.goals, written.page_views()
        among = np.minimum(np.searchsorted(rows, goals.row), len(rows) - 1)
        reached = np.flatnonzero(rows[among] == goals.row)
        number = np.full(len(written.visits), -1)
        number[written.with_goals[there]] = np.arange(len(rows))
        seen = np.flatnonzero(number[views.row] >= 0)
        moves[rows - begin] = self._moves(
            len(rows),
            np.concatenate([number[views.row[seen]], among[reached]]),
            np.concatenate([views.at[seen], goals.at[reached]]),
            np.concatenate([self._by_page[views.page[seen]], self._by_goal[goals.goal[reached]]]),
        )

    def _last(self, first: int, last: int) -> Column:
        """Computes the moves of unfinished visits from their page views so far and the period's goals."""
        goals = self._chosen.goals
        there = np.flatnonzero((goals.row >= self._row(first)) & (goals.row < self._row(last)))
        return self._walked(first, last, taken(goals, there), self._by_goal)

    def _walked(self, first: int, last: int, goals: Goals, by_goal: Column) -> Column:
        """Computes the moves of all visits in a range of minutes from their page views and these goals.

        `by_goal` has a value for each goal's number: a bit for each step that the goal reaches.
        """
        views = self._drawing.page_views(first, last)
        begin = self._row(first)
        bits = self._by_page[views.page]
        seen = np.flatnonzero((bits != 0) & (views.at <= self._past.instant))
        return self._moves(
            self._row(last) - begin,
            np.concatenate([views.row[seen], goals.row - begin]),
            np.concatenate([views.at[seen], goals.at]),
            np.concatenate([bits[seen], by_goal[goals.goal]]),
        )

    def _row(self, minute: int) -> int:
        """Returns the row of the first visit that starts in a given minute or later."""
        return int(np.searchsorted(self._past.rows.start, minute * MINUTE))

    def _moves(self, count: int, row: Column, at: Column, bits: Column) -> Column:
        """Makes the moves of `count` visits from events.

        Each event has a visit, an instant and bits of steps.
        """
        row, at, bits = (column[bits != 0] for column in (row, at, bits))
        moves = np.full(count, self.nothing)
        if not len(row):
            return moves
        # Events of one instant cannot reach two steps, so they count as one.
        span = int(at.max() - at.min()) + 1
        keys = row.astype(np.int64) * span + (at - at.min())
        order = np.argsort(keys, kind="stable")
        firsts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        bits = np.bitwise_or.reduceat(bits[order], firsts)
        row = row[order][firsts]
        # The first events of all visits come first, then the second events, and so on.
        counts = np.bincount(row, minlength=count)
        begins = np.cumsum(counts) - counts
        longest = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        states = np.tile(np.arange(len(self._steps), dtype=np.uint8), (len(longest), 1))
        for number in range(int(counts.max())):
            there = longest[: np.count_nonzero(counts > number)]
            event = bits[begins[there] + number]
            states[: len(there)] += event[:, None] >> states[: len(there)] & 1
        moves[longest] = _packed(states)
        return moves


def _bits(matches: list[list[bool]]) -> Column:
    """Returns, for each number of a page or goal, a bit for each step that it reaches."""
    bits: Column = np.packbits(np.array(matches, bool), axis=0, bitorder="little")[0]
    return bits


def _packed(states: Column) -> Column:
    """Returns the move of each visit as one number.

    `states` has a row for each visit. If a visitor has reached step n before the visit, the value at index n
    is the step that they have reached after it.
    """
    shifts = np.arange(states.shape[1], dtype=np.uint32) * _STEP_BITS
    moves: Column = np.bitwise_or.reduce(states.astype(np.uint32) << shifts, axis=1)
    return moves
