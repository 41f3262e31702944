"""The visits of the cast, as columns."""

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import CAST_COINS
from mock_server.world.past.coins import Column, nth, states
from mock_server.world.past.visits import Visits
from mock_server.world.population import Population
from mock_server.world.residents import DUTY, EARLY, LEAD, PAST_OUTCOMES, SHIFT, SHORTEST_PAST, STAGGER
from mock_server.world.visits import CAST, NOTHING, PURCHASE


class CastVisits:
    """The visits of the members of a website's cast.

    `Residents` draws the same visits one by one.
    """

    def __init__(self, population: Population) -> None:
        """Nothing is drawn yet."""
        self._site = population.site
        self._chance = population.chance
        self._since = population.rates.first_minute
        self._shortest = np.array(population.shortest, np.int64)
        self._identifies = np.array(population.identifies)

    def visits(self, first: int, last: int) -> list[Visits]:
        """Returns the visits of the cast that start in these minutes, role by role."""
        parts = []
        for role, name in enumerate(self._site.cast):
            outcome = PAST_OUTCOMES.get(name)
            parts.append(self._duties(first, last, role, outcome))
            if outcome is not None:
                parts.append(self._first_visits(first, last, role, outcome))
        return parts

    def _duties(self, first: int, last: int, role: int, past: int | None) -> Visits:
        """Returns the visits in which a role is on duty.

        `past` is the outcome of the visitor's earlier visit; None if there was no earlier visit.
        """
        minute, start = self._starts(first, last, role)
        length = minute * MINUTE - start + DUTY
        visits = _in_role(minute, role, int(past is not None), start, length, NOTHING)
        if past is not None:
            visits.is_customer[:] = past == PURCHASE
            visits.is_identified[:] = self._identifies[past]
        began = start if past is None else start - LEAD * MINUTE
        return self._within(visits, began, first, last)

    def _first_visits(self, first: int, last: int, role: int, outcome: int) -> Visits:
        """Returns the earlier visits of the members of the cast who go on duty later."""
        minute, duty = self._starts(first + LEAD, last + LEAD, role)
        start = duty - LEAD * MINUTE
        length = np.full(len(minute), max(int(self._shortest[outcome]), SHORTEST_PAST))
        return self._within(_in_role(minute, role, 0, start, length, outcome), start, first, last)

    def _starts(self, first: int, last: int, role: int) -> tuple[Column, Column]:
        """Returns the minutes in which a role goes on duty, and the instants at which its visits start.

        The first of the visits may start before these minutes, and the last one after them.
        """
        minute = np.arange(first + (role * STAGGER - first) % SHIFT, last + EARLY + 1, SHIFT)
        coins = nth(states(self._chance, CAST_COINS, minute, kind=CAST), role)
        return minute, minute * MINUTE - (coins % np.uint64(EARLY * MINUTE)).astype(np.int64)

    def _within(self, visits: Visits, began: Column, first: int, last: int) -> Visits:
        """Returns the visits that start in these minutes, without visitors who are older than the website.

        `began` has the start of each visitor's first visit.
        """
        there = (visits.start >= first * MINUTE) & (visits.start < last * MINUTE)
        if self._since is not None:
            there &= began >= self._since * MINUTE
        return visits.take(np.flatnonzero(there))


def _in_role(minute: Column, number: int, wave: int, start: Column, length: Column, outcome: int) -> Visits:
    """Returns visits of the cast in one role; `wave` is also the number of earlier visits."""
    full = np.full(len(minute), 0)
    return Visits(
        full + CAST,
        minute,
        full + number,
        full + wave,
        start,
        length,
        full + outcome,
        full + wave,
        np.zeros(len(minute), bool),
        np.zeros(len(minute), bool),
    )
