"""The past of visitors who are known from written page views, as columns."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from cachetools import LRUCache

from mock_server.instants import MINUTE
from mock_server.world.facts import (
    Changes,
    GoalReached,
    LinkFollowed,
    PageViewed,
    PaymentMade,
    instant_of,
    visits_among,
)
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import columns_of
from mock_server.world.past.payments import Payments
from mock_server.world.past.personas import System
from mock_server.world.past.sets import RowSets
from mock_server.world.past.table import Goals, Past, Rows, derived_values
from mock_server.world.past.visits import Visits
from mock_server.world.past.vocabulary import Address, PageViews, Target, Vocabulary
from mock_server.world.past.written import WrittenGoal, minor_of, target_key
from mock_server.world.persona import Place, place_of
from mock_server.world.site import Site, Source
from mock_server.world.visits import WRITTEN, Visitor

T = TypeVar("T")
F = TypeVar("F", GoalReached, PaymentMade)

# The memory of a visit, and of a page view, in addition to its columns, in bytes.
_EACH_VISIT, _EACH_VIEW = 300, 40
_ALL_MINUTES = 1 << 40
# The number of selections that reports cache; each takes at most the memory of all columns.
_MOST_KEPT = 2


class Visited:
    """The visits of the visitors who are known from page views, for all instants with the same changes.

    A goal, a payment or a link belongs to the visitor's latest visit that had begun by then, or else to the
    first visit.
    """

    def __init__(self, site: Site, changes: Changes) -> None:
        """Groups the page views into visits, which takes a hundredth of a millisecond for each page view."""
        visits = _Visits(changes)
        goals = visits.with_rows(changes.goals)
        paid = visits.with_rows(one for one in changes.payments if not one.is_free_trial)
        self.claimed = frozenset({*(goal.event_id for goal, _ in goals), *(one.event_id for one, _ in paid)})
        """The ids of the events of all goals and payments that belong to these visits."""
        targets = {target_key(goal): WrittenGoal(goal.name, goal.properties) for goal, _ in goals}
        self.targets: Sequence[WrittenGoal] = list(targets.values())
        """All goals with their properties, each once; their numbers follow the numbers of the links."""
        self.names: Sequence[str] = list(dict.fromkeys(goal.name for goal, _ in goals))
        """The names of all goals; their numbers in sets follow the numbers of the links."""
        words = _Words()
        self._starts = visits.starts
        self._views = visits.page_views(words)
        rows = visits.rows(words, self._views)
        clicks = visits.clicks(changes.links, words)
        links = len(words.links)
        number = {key: links + n for n, key in enumerate(targets)}
        reached = [(row, goal.written, number[target_key(goal)]) for goal, row in goals]
        set_number = {name: links + n for n, name in enumerate(self.names)}
        goal_sets, in_sets = _columns([(row, set_number[goal.name]) for goal, row in goals], 2)
        self.vocabulary = words.vocabulary(
            RowSets(self._views.row, self._views.page, len(rows), len(words.pages)),
            RowSets(goal_sets, in_sets, len(rows), links + len(set_number)),
        )
        goal_row, goal_at, goal_number = _columns([*clicks, *reached], 3)
        self._past = Past(
            first=0,
            settled=0,
            instant=0,
            rows=rows,
            goals=Goals(goal_row, goal_at, goal_number, np.zeros(len(goal_row), np.uint32)),
            buyers=rows,
            payments=_payments(site, paid),
            visitors=_VisitorNumbers(visits.minutes),
            made=LRUCache(1),
            settled_goals=0,
            settled_payments=0,
            derived=derived_values(),
        )
        self._latest = max(int(at.max(initial=0)) for at in (self._views.at, goal_at, self._past.payments.at))
        self.kept: LRUCache[Any, Any] = LRUCache(_MOST_KEPT)
        """A cache in which reports store selections of these visits, which are the same at later instants."""

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        past = self._past
        records = (past.rows, past.goals, past.payments, self._views)
        columns: int = sum(column.nbytes for record in records for column in columns_of(record))
        visits, views = _EACH_VISIT * len(past.rows), _EACH_VIEW * len(self._views.row)
        return (1 + _MOST_KEPT) * columns + visits + views

    @property
    def has_payments(self) -> bool:
        """Whether these visitors have any payment or refund."""
        return len(self._past.payments) > 0

    def at(self, instant: int) -> Past:
        """Returns the past at an instant; all instants after the last event have the same past.

        The columns `pages` and `goals` contain the row's own number, which identifies its sets.
        """
        return replace(self._past, instant=min(instant, self._latest))

    def page_views(self, first: int, last: int) -> PageViews:
        """Returns the page views of the visits that start from the minute `first` to before `last`.

        `row` is the index of a page view's visit among these visits.
        """
        begin, end = (int(n) for n in np.searchsorted(self._starts, [first * MINUTE, last * MINUTE]))
        there = slice(*np.searchsorted(self._views.row, [begin, end]))
        return PageViews(self._views.row[there] - begin, self._views.page[there], self._views.at[there])

    def minutes_at_once(self, _first: int) -> int:
        """Returns a number that is larger than any number of minutes, as all page views are in memory."""
        return _ALL_MINUTES


class _Numbers(dict[T, int]):
    """A numbering of different values, in the order in which they are first asked for."""

    def __missing__(self, value: T) -> int:
        self[value] = number = len(self)
        return number


class _Words:
    """The numbering of the values in each column. The parameters of a source are sorted pairs."""

    def __init__(self) -> None:
        self.places: _Numbers[Place] = _Numbers()
        self.systems: _Numbers[System] = _Numbers()
        self.sources: _Numbers[tuple[str | None, tuple[tuple[str, str], ...]]] = _Numbers()
        self.pages: _Numbers[Address] = _Numbers()
        self.links: _Numbers[Target] = _Numbers()

    def vocabulary(self, page_sets: RowSets, goal_sets: RowSets) -> Vocabulary:
        return Vocabulary(
            list(self.places),
            list(self.systems),
            [Source(weight=0, referrer=referrer, params=dict(params)) for referrer, params in self.sources],
            list(self.pages),
            list(self.links),
            page_sets,
            goal_sets,
        )


class _Visit(NamedTuple):
    """A visit: the visitor's number, the number of the visitor's earlier visits, and its page views."""

    visitor: int
    wave: int
    views: Sequence[PageViewed]


class _Visits:
    """All visits, sorted by their start; the row of a visit is its index among them."""

    def __init__(self, changes: Changes) -> None:
        self._firsts = [views[0] for views in changes.views.values()]
        found = [
            _Visit(visitor, wave, views)
            for visitor, of_one in enumerate(changes.views.values())
            for wave, views in enumerate(visits_among(of_one))
        ]
        self._all = sorted(found, key=lambda visit: (visit.views[0].written, visit.visitor))
        self.starts = [visit.views[0].written for visit in self._all]
        rows: list[list[int]] = [[] for _ in self._firsts]
        for row, visit in enumerate(self._all):
            rows[visit.visitor].append(row)
        self._rows_of = dict(zip(changes.views, rows, strict=True))

    @property
    def minutes(self) -> Sequence[int]:
        """The minute of each visitor's first page view."""
        return [view.written // MINUTE for view in self._firsts]

    def with_rows(self, facts: Iterable[F]) -> list[tuple[F, int]]:
        """Returns the facts that belong to visits, each with the row of its visit."""
        return [(fact, row) for fact in facts if (row := self._row_of(fact)) is not None]

    def clicks(
        self, links: Mapping[str, Sequence[LinkFollowed]], words: _Words
    ) -> list[tuple[int, int, int]]:
        """Returns the row of the visit, the instant and the link's number for each followed link."""
        return [
            (row, link.written, words.links[Target(None, link.url)])
            for visitor_id, of_visitor in links.items()
            for link in of_visitor
            if (row := self._row_at(visitor_id, link.written)) is not None
        ]

    def page_views(self, words: _Words) -> PageViews:
        """Returns all page views, one visit after the other."""
        views = [
            (row, words.pages[Address(view.hostname, view.path)], view.written)
            for row, visit in enumerate(self._all)
            for view in visit.views
        ]
        return PageViews(*_columns(views, 3))

    def rows(self, words: _Words, views: PageViews) -> Rows:
        """Returns the visits as columns; `views` are all page views."""
        latest = [-1] * len(self._firsts)
        previous = []
        for row, visit in enumerate(self._all):
            previous.append(latest[visit.visitor])
            latest[visit.visitor] = row
        visitors = [(words.places[place_of(v.client)], words.systems[_system_of(v)]) for v in self._firsts]
        place, system = _columns(visitors, 2)
        visitor = np.array([visit.visitor for visit in self._all], np.int64)
        start = np.array(self.starts, np.int64)
        ends = np.array([visit.views[-1].written for visit in self._all], np.int64)
        number = np.arange(len(self._all))
        return Rows(
            start=start,
            visitor=visitor,
            number=np.array([visit.wave + 1 for visit in self._all], np.int64),
            previous=np.array(previous, np.int64),
            place=place[visitor],
            system=system[visitor],
            source=np.array([words.sources[_source_key(visit.views[0])] for visit in self._all], np.int64),
            entry=views.page[np.searchsorted(views.row, number)],
            pages=number,
            goals=number,
            views=np.array([len(visit.views) for visit in self._all], np.int64),
            length=ends - start,
        )

    def _row_of(self, fact: GoalReached | PaymentMade) -> int | None:
        """Returns the row of the visit to which a goal or a payment belongs; None if there is none."""
        if fact.visitor_id is None:
            return None
        return self._row_at(fact.visitor_id, instant_of(fact))

    def _row_at(self, visitor_id: str, at: int) -> int | None:
        """Returns the row of a visitor's latest visit that had begun by an instant, or else of the first.

        Returns None if there is no such visitor.
        """
        rows = self._rows_of.get(visitor_id)
        if rows is None:
            return None
        return rows[max(bisect_right(rows, at, key=self.starts.__getitem__) - 1, 0)]


class _VisitorNumbers:
    """The numbers of the visitors, in the order in which they came first."""

    def __init__(self, minutes: Sequence[int]) -> None:
        self._minutes = minutes

    @property
    def count(self) -> int:
        """The count of the visitors."""
        return len(self._minutes)

    def of(self, visits: Visits) -> Column:
        """Returns the visitor's number for each visit; -1 for other visitors."""
        return np.where(visits.kind == WRITTEN, visits.number, -1)

    def visitor(self, number: int) -> Visitor:
        """Returns the visitor who has a number."""
        return Visitor(WRITTEN, self._minutes[number], number)


def _payments(site: Site, paid: Sequence[tuple[PaymentMade, int]]) -> Payments:
    """Returns payments as columns, each with the row of its visit."""
    at, amount, row = _columns([(one.at, minor_of(one, site.money), row) for one, row in paid], 3)
    return Payments(
        at,
        amount,
        np.array([one.is_renewal and not one.is_refunded for one, _ in paid], bool),
        np.array([one.is_refunded for one, _ in paid], bool),
        row,
    )


def _system_of(view: PageViewed) -> System:
    return System(view.client.device, view.client.os, view.client.browser)


def _source_key(view: PageViewed) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    return view.referrer, tuple(sorted(view.params.items()))


def _columns(rows: Sequence[tuple[int, ...]], count: int) -> list[Column]:
    """Returns the columns of some rows with `count` numbers each."""
    return list(np.array(rows, np.int64).reshape(-1, count).T)
