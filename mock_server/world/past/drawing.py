"""Computes a website's past from random numbers: its visits, goals and payments as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mock_server.world.money import MOST_RENEWALS, RENEWAL_MINUTES
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import columns_of, taken
from mock_server.world.past.payments import PaymentColumns, Payments, no_payments
from mock_server.world.past.personas import PersonaColumns
from mock_server.world.past.visit_columns import VisitColumns
from mock_server.world.past.visits import Visits
from mock_server.world.past.vocabulary import Address, PageViews, Vocabulary
from mock_server.world.past.walks import Courses, Walks
from mock_server.world.residents import SHIFT
from mock_server.world.site import LONGEST_SESSION_MINUTES
from mock_server.world.visits import Visit
from mock_server.world.world import World

_MOST_MINUTES = 60 * 24 * 60
# The bytes of all that is computed once for a website: tables of coins, lengths and places.
_TABLES = 5 * 1024 * 1024
# The largest number of visits that are drawn at once; drawing takes about 500 bytes for each.
_MOST_VISITS_AT_ONCE = 60_000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Visits sorted by their start, with the places and devices of their visitors."""

    visits: Visits
    place: Column
    system: Column

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return sum(column.nbytes for column in (*columns_of(self.visits), self.place, self.system))

    def until(self, instant: int) -> "Arrivals":
        """Returns the visits that have started by an instant."""
        rows = slice(int(np.searchsorted(self.visits.start, instant, side="right")))
        return Arrivals(taken(self.visits, rows), self.place[rows], self.system[rows])


@dataclass(frozen=True, slots=True)
class Stretch:
    """All visits that start in a stretch of time, sorted by their start."""

    visits: Visits
    place: Column
    system: Column
    courses: Courses


class Drawing:
    """The past of one world, computed for one stretch of time after another."""

    def __init__(self, world: World) -> None:
        """Takes some hundredths of a second; all other values are computed on first use.

        `kept` is a cache in which reports store values that they make of this drawing.
        """
        self.kept: dict[Any, Any] = {}
        site, chance = world.site, world.population.chance
        self.site = site
        self.population = world.population
        self._visits_of_visitor = 1 + sum(wave.share for wave in site.waves)
        self.visit_columns = VisitColumns(world.population)
        self.properties = world.sessions.properties
        self.personas = PersonaColumns(chance, site, world.sessions.personas)
        self.walks = Walks(chance, site, world.sessions)
        # The cached arrivals of the last stretch that was drawn up to an instant, by its minutes.
        self._latest: dict[range, Arrivals] = {}
        self._payments = (
            PaymentColumns(chance, site.money, world.ledger) if site.money and world.ledger else None
        )

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The meaning of the numbers in the columns."""
        walks, personas, site = self.walks, self.personas, self.site
        return Vocabulary(
            personas.places,
            personas.systems,
            walks.sources,
            [Address(site.hostname_of(page.path), page.path) for page in site.pages],
            walks.goals,
            walks.page_masks,
            walks.goal_masks,
            self.properties.choices,
        )

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        latest = sum(arrivals.nbytes for arrivals in self._latest.values())
        return self.visit_columns.nbytes + latest + _TABLES

    def visits(self, first: int, last: int, until: int | None) -> Stretch:
        """Returns the visits that start in the minutes from `first` to before `last`.

        Their events are computed up to the instant `until`, or to their end if it is None.
        """
        if until is None:
            return self._stretch(self._arrivals(self.visit_columns.started(first, last)), None)
        minutes = range(first, last)
        if minutes not in self._latest:
            self._latest = {minutes: self._arrivals(self.visit_columns.started(first, last))}
        return self._stretch(self._latest[minutes].until(until), until)

    def stretch_of(self, visits: Sequence[Visit]) -> Stretch:
        """Makes a Stretch of visits that were computed one by one, in the same order and to their end."""
        return self._stretch(self._arrivals(self.visit_columns.of(visits)), None)

    def page_views(self, first: int, last: int) -> PageViews:
        """Returns the page views of the visits in `visits(first, last, None)`.

        Their column `row` has the index of the visit there.
        """
        return self.walks.views(self.visit_columns.started(first, last))

    def earlier_purchases(self, first: int) -> Stretch:
        """Returns the visits with a purchase before the minute `first`, as far back as they matter.

        They matter if renewals of the purchase, or return visits of the visitor, may follow.
        """
        is_renewed = self.site.money is not None and self.site.money.renewal > 0
        renewed = MOST_RENEWALS * RENEWAL_MINUTES + 1 if is_renewed else 0
        reach = max(renewed, self.visit_columns.reach + LONGEST_SESSION_MINUTES + 1)
        begin = first - reach
        if self.population.rates.first_minute is not None:
            begin = min(first, max(begin, self.population.rates.first_minute))
        return self._stretch(self._arrivals(self.visit_columns.purchases(begin, first)), None)

    def payments(self, visits: Visits, paid_at: Column) -> Payments:
        """Returns all payments of visits, future ones too; `paid_at` is 0 for a visit without a purchase."""
        return self._payments.of(visits, paid_at) if self._payments else no_payments()

    def about_visits(self, first: int, last: int) -> int:
        """Returns an estimate of the number of visits that start in these minutes; it may be too high."""
        births = sum(self.population.rates.births(hour) for hour in range(first // 60, last // 60 + 1))
        cast = 2 * len(self.site.cast) * (last - first) / SHIFT
        return int(1.02 * births * 60 * self._visits_of_visitor + cast) + 1_000

    def minutes_at_once(self, first: int) -> int:
        """Returns how many minutes, from `first` on, can be drawn at once in about 30 MB of memory."""
        return self._minutes_with_visits(first, _MOST_VISITS_AT_ONCE)

    def _minutes_with_visits(self, first: int, count: int) -> int:
        """Returns the number of minutes, from `first` on, in which about this many visits start."""
        births = max(self.population.rates.births(hour) for hour in range(first // 60, first // 60 + 7 * 24))
        return int(count / max(births * self._visits_of_visitor, count / _MOST_MINUTES))

    def _arrivals(self, visits: Visits) -> Arrivals:
        return Arrivals(visits, *self.personas.of(visits))

    def _stretch(self, arrivals: Arrivals, until: int | None) -> Stretch:
        courses = self.walks.of(arrivals.visits, until)
        return Stretch(arrivals.visits, arrivals.place, arrivals.system, courses)
