"""The events of visits as columns: pages, goals and payments, up to an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import UNIT_16, WALK, Chance, Choice
from mock_server.world.past.coins import BoundSearch, Column, Picks, coins_of_16, nth, states
from mock_server.world.past.masks import Masks
from mock_server.world.past.visits import Visits
from mock_server.world.past.vocabulary import PageViews, Target
from mock_server.world.sessions import CAST_DWELL, FIRST_PROPERTY_WORD, LONGEST_DWELL, MOST_VIEWS, Sessions
from mock_server.world.site import Funnel, Site
from mock_server.world.visits import CAST, NOTHING, PURCHASE, REGULAR, SIGNUP
from mock_server.world.walk import DWELL_BASE, DWELL_SPREAD, LINGER, goal_delay


@dataclass(frozen=True, slots=True)
class Courses:
    """The courses of visits, one row for each.

    `length` is in ms; `paid_at` is 0 if nothing was paid. `goal_row`, `goal_at`, `goal` and `goal_coin` are
    columns of their own, with a row for each goal that was reached. `goal_coin` is the random number that
    selects the goal's properties.
    """

    source: Column
    entry: Column
    pages: Column
    goals: Column
    views: Column
    length: Column
    paid_at: Column
    goal_row: Column
    goal_at: Column
    goal: Column
    goal_coin: Column


class Walks:
    """The courses of visits, drawn as columns. `Sessions` draws the same courses one by one."""

    def __init__(self, chance: Chance, site: Site, sessions: Sessions) -> None:
        """Pages, sources and goals become numbers: indices into the site's pages, `sources` and `goals`."""
        self._chance = chance
        self._site = site
        pages = list(site.pages)
        number = {page.path: n for n, page in enumerate(pages)}
        # The regulars' source is the last one.
        self.sources = [*sessions.sources.items, sessions.direct]
        self.goals = _goals_of(site)
        self.page_masks, self.goal_masks = Masks(len(pages)), Masks(len(self.goals))
        self._source_picks = _picks([sessions.sources], [list(range(len(self.sources) - 1))])
        entries = [number[page.path] for page in sessions.entries.items]
        self._entry_picks = _picks([sessions.entries], [entries])
        nexts = [sessions.next[page.path] for page in pages]
        self._next_picks = _picks(nexts, [[number[page.path] for page in choice.items] for choice in nexts])
        self._regular_entries = np.array([number[regular.entry] for regular in site.regulars], np.int32)
        self._funnels = {
            outcome: (funnel, [number[path] for path in funnel.path])
            for outcome, funnel in ((SIGNUP, site.signup), (PURCHASE, site.money and site.money.purchase))
            if funnel
        }
        self._endings = np.array([len(self._funnels[o][1]) if o in self._funnels else 0 for o in range(3)])
        self._goal_search = BoundSearch([sessions.goal_bounds[page.path] for page in pages], 16)
        self._goal_starts = np.cumsum([0, *(len(page.goals) for page in pages)])
        self._goal_numbers = np.array(
            [self.goals.index(Target.of(goal)) for page in pages for goal in page.goals] + [-1], np.int32
        )

    def of(self, visits: Visits, until: int | None = None) -> Courses:
        """Returns the courses of visits up to the instant `until`, by which all of them have started.

        None means to their end.
        """
        first, views, page, at = self._walked(visits)
        is_regular = visits.kind == REGULAR
        source = np.where(is_regular, len(self.sources) - 1, self._source_picks.pick(first[:, 0]))
        entry, counts = page[views.first], views.counts
        goal_view, goal_at, goal = self._goals(visits, views, page, at)
        goal_row = views.row[goal_view]
        final_row, final_at, final_goal = self._final_goals(visits, at[views.last])
        goal_row = np.concatenate([goal_row, final_row])
        goal_at = np.concatenate([goal_at, final_at])
        goal = np.concatenate([goal, final_goal])
        number = np.concatenate([goal_view - views.first[views.row[goal_view]], counts[final_row] - 1])
        goal_coin = nth(views.states[goal_row], FIRST_PROPERTY_WORD + number).astype(np.uint32)
        paid_at = np.where(visits.outcome == PURCHASE, at[views.last] + LINGER // 2, 0)
        if until is None:
            seen_counts, length = counts, visits.duration
            pages = self.page_masks.of_runs(page, views.first)
        else:
            seen = at <= until
            seen_counts = np.add.reduceat(seen, views.first) if len(counts) else counts
            length = at[views.first + seen_counts - 1] - visits.start
            pages = self.page_masks.of_runs(page, views.first, seen)
            kept = np.flatnonzero(goal_at <= until)
            goal_row, goal_at = goal_row[kept], goal_at[kept]
            goal, goal_coin = goal[kept], goal_coin[kept]
            paid_at = np.where(paid_at <= until, paid_at, 0)
        return Courses(
            source.astype(np.uint16),
            entry.astype(np.uint16),
            pages,
            self.goal_masks.of_rows(goal_row, goal, len(visits)),
            seen_counts.astype(np.uint8),
            length.astype(np.int32),
            paid_at,
            goal_row,
            goal_at,
            goal.astype(np.uint16),
            goal_coin,
        )

    def views(self, visits: Visits) -> PageViews:
        """Returns all page views of the first visit, then those of the second visit, and so on."""
        _, views, page, at = self._walked(visits)
        return PageViews(views.row, page, at)

    def _walked(self, visits: Visits) -> tuple[Column, "_Views", Column, Column]:
        """Returns the random numbers of visits, and their page views with pages and instants."""
        state = nth(
            states(self._chance, WALK, visits.minute, wave=visits.wave, kind=visits.kind), visits.number
        )
        first = coins_of_16(nth(state, 0))
        is_regular = visits.kind == REGULAR
        entry = self._entry_picks.pick(first[:, 1])
        if is_regular.any():
            entry[is_regular] = self._regular_entries[visits.number[is_regular]]
        views = _Views(self._counts(visits, first[:, 2]), state)
        return first, views, self._pages(visits, views, entry), _view_times(visits, views)

    def _counts(self, visits: Visits, coins: Column) -> Column:
        """Returns the number of page views of each visit, as in `Sessions`."""
        minutes = visits.duration / MINUTE
        counts = 2 + (minutes * self._site.visits.views_per_minute * (0.5 + coins * UNIT_16)).astype(np.int64)
        dwell = np.where(visits.kind == CAST, CAST_DWELL, float(LONGEST_DWELL))
        least = 1 + np.ceil(visits.duration / dwell).astype(np.int64)
        counts = np.maximum(np.maximum(counts, least), self._endings[visits.outcome] + 1)
        return np.where(visits.duration == 0, 1, np.minimum(counts, MOST_VIEWS))

    def _pages(self, visits: Visits, views: "_Views", entry: Column) -> Column:
        """Returns the page of each view: a walk along links, then the pages of the funnel."""
        page = np.zeros(len(views.row), np.int32)
        page[views.first] = entry
        free = views.counts - self._endings[visits.outcome]
        going = np.flatnonzero(free > 1)
        for n in range(1, MOST_VIEWS):
            if not len(going):
                break
            here = views.first[going] + n
            page[here] = self._next_picks.pick(views.coins[here, 1], page[here - 1])
            going = going[free[going] > n + 1]
        for outcome, (_, path) in self._funnels.items():
            rows = np.flatnonzero(visits.outcome == outcome)
            for n, number in enumerate(path):
                page[views.first[rows] + free[rows] + n] = number
        return page

    def _goals(
        self, visits: Visits, views: "_Views", page: Column, at: Column
    ) -> tuple[Column, Column, Column]:
        """Returns the goals that are reached on page views: the views, the instants, the goals' numbers."""
        coins = views.coins[:, 2]
        index = self._goal_search.of(coins, page)
        is_reached = index < self._goal_starts[page + 1]
        is_reached[views.last[visits.outcome != NOTHING]] = False
        view = np.flatnonzero(is_reached)
        later = np.minimum(view + 1, len(at) - 1)
        stay = np.where(views.is_last[view], LINGER, np.minimum(at[later] - at[view], LINGER))
        reached_at = at[view] + goal_delay(stay, views.coins[view, 3].astype(np.int64))
        return view, reached_at, self._goal_numbers[index[view]]

    def _final_goals(self, visits: Visits, last_view: Column) -> tuple[Column, Column, Column]:
        """Returns the goals at the end of funnels: rows of visits, instants and the goals' numbers."""
        rows = [np.zeros(0, np.int64)]
        goals = [np.zeros(0, np.int32)]
        for outcome, (funnel, _) in self._funnels.items():
            if funnel.goal:
                there = np.flatnonzero(visits.outcome == outcome)
                rows.append(there)
                goals.append(np.full(len(there), self.goals.index(Target(funnel.goal, None)), np.int32))
        row = np.concatenate(rows)
        return row, last_view[row] + LINGER // 5, np.concatenate(goals)


class _Views:
    """The page views of visits, one visit after the other.

    `first` and `last` are the indices of each visit's first and last view. `states` are the states of the
    visits, from which their random numbers follow.
    """

    def __init__(self, counts: Column, from_states: Column) -> None:
        self.counts = counts
        self.states = from_states
        ends = np.cumsum(counts)
        self.first = ends - counts
        self.last = ends - 1
        self.row = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(self.row)) - self.first[self.row]
        # Word 0 belongs to the visit itself, and not to a page view.
        self.coins = coins_of_16(nth(from_states[self.row], number + 1))
        self.is_last = np.zeros(len(self.row), bool)
        self.is_last[self.last] = True


def _view_times(visits: Visits, views: _Views) -> Column:
    """Returns the instants of page views, with uneven gaps.

    The first view is at the start, the last at the end.
    """
    parts = DWELL_BASE + DWELL_SPREAD * views.coins[:, 0].astype(np.int64)
    parts[views.is_last] = 0
    before = np.cumsum(parts) - parts
    before -= before[views.first][views.row]
    total = np.maximum(before[views.last], 1)
    times: Column = visits.start[views.row] + before * visits.duration[views.row] // total[views.row]
    return times


def _goals_of(site: Site) -> list[Target]:
    """Returns all targets of a site, each once."""
    funnels: tuple[Funnel | None, ...] = (site.signup, site.money.purchase if site.money else None)
    on_pages = [Target.of(goal) for page in site.pages for goal in page.goals]
    final = [Target(funnel.goal, None) for funnel in funnels if funnel and funnel.goal]
    return list(dict.fromkeys([*on_pages, *final]))


def _picks(choices: Sequence[Choice[Any]], numbers: list[list[int]]) -> Picks:
    return Picks(choices, numbers, 16)
