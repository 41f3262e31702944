"""The visits that start in a stretch of time, as columns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import HEADS
from mock_server.world.past.births import Births, purchases_in
from mock_server.world.past.buyers import Buyers, highest
from mock_server.world.past.cast import CastVisits
from mock_server.world.past.coins import Column, coins_of_16, nth, states
from mock_server.world.past.lengths import durations
from mock_server.world.past.visits import Visits, joined, no_visits
from mock_server.world.past.waves import Waves
from mock_server.world.population import Population
from mock_server.world.residents import LEAD, SHIFT
from mock_server.world.visits import BORN, NOTHING, PURCHASE, SIGNUP, Visit

# The bits of a visitor's number in a key, which is a single number for a born visitor. The minute of birth is
# above them.
_NUMBER_BITS = 24


class VisitColumns:
    """The visits of a website, drawn as columns.

    `Population` and `Residents` draw the same visits one by one.
    """

    def __init__(self, population: Population) -> None:
        """Computes the length of a visit for each possible random number."""
        self._population = population
        self._site = population.site
        self._chance = population.chance
        self.births = Births(population)
        self._waves = Waves(self._chance, self._site.waves)
        self._cast = CastVisits(population)
        self._lengths = durations(population.site)
        self._shortest = np.array(population.shortest, np.int64)
        self._identifies = np.array(population.identifies)
        self._sells_once = self._site.money is not None and self._site.money.renewal > 0
        self._buyers = Buyers(population.rates.purchase_waves, self._draw_buyers)
        self.reach = self._waves.reach
        """The number of minutes from a visitor's birth to the last possible visit."""

    @property
    def nbytes(self) -> int:
        """The size of the columns that are cached by minute, in bytes."""
        return self.births.nbytes + self._buyers.nbytes

    def started(self, first: int, last: int) -> Visits:
        """Returns all visits that start in the minutes from `first` to before `last`, sorted by start."""
        minutes = np.arange(first, last)
        buyers = self._buyers_among(first, last)
        parts = [self._wave_visits(wave, minutes, buyers) for wave in range(len(self._waves))]
        visits = joined([*parts, *self._cast.visits(first, last), self._regular_visits(first, last)])
        return visits.take(np.argsort(visits.start, kind="stable"))

    def of(self, visits: Sequence[Visit]) -> Visits:
        """Returns visits that were drawn one by one, as columns in the same order."""
        if not visits:
            return no_visits()
        visitors = zip(*(visit.visitor for visit in visits), strict=True)
        courses = zip(*(visit[1:] for visit in visits), strict=True)
        pasts = zip(*(self._population.past_of(visit) for visit in visits), strict=True)
        drawn = Visits(*map(np.array, (*visitors, *courses, *pasts)))
        return replace(drawn, outcome=self._settled(drawn.outcome, drawn.is_customer, drawn.is_identified))

    def purchases(self, first: int, last: int) -> Visits:
        """Returns the visits that start in these minutes and end in a purchase, unsorted.

        Earlier purchases of regulars and of the cast are included, because they stay customers.
        """
        residents = joined(
            [*self._cast.visits(last - LEAD - 2 * SHIFT, last), self._first_visits_of_regulars(last)]
        )
        parts = [residents.take(np.flatnonzero(residents.outcome == PURCHASE))]
        buyers = self._buyers_among(first, last)
        for wave in range(self._population.rates.purchase_waves):
            minutes = buyers.minutes(wave, first, last)
            visits = self._wave_visits(wave, minutes, buyers)
            parts.append(visits.take(np.flatnonzero(visits.outcome == PURCHASE)))
        return joined(parts)

    def _wave_visits(self, wave: int, minutes: Column, buyers: Buyers) -> Visits:
        """Returns the visits of a wave that start in `minutes`."""
        visitors = self._coming(wave, minutes)
        target, born, number, heads = visitors
        keys = born << _NUMBER_BITS | number
        outcome = np.where(heads[:, 3] < self._population.signup_below, SIGNUP, NOTHING)
        outcome[buyers.have(wave, target, keys)] = PURCHASE
        length = np.maximum(self._lengths[heads[:, 2]], self._shortest[outcome])
        earlier, is_customer, is_identified = self._before(wave, born, number, buyers)
        return Visits(
            np.full(len(keys), BORN),
            born,
            number,
            np.full(len(keys), wave),
            target * MINUTE + (heads[:, 0].astype(np.int64) * MINUTE >> 16),
            length,
            self._settled(outcome, is_customer, is_identified),
            earlier,
            is_customer,
            is_identified,
        )

    def _settled(self, outcome: Column, is_customer: Column, is_identified: Column) -> Column:
        """Returns the final outcomes, in which nobody signs up twice or buys a second subscription."""
        in_vain = (outcome == SIGNUP) & is_identified
        if self._sells_once:
            in_vain |= (outcome == PURCHASE) & is_customer
        return np.where(in_vain, NOTHING, outcome)

    def _coming(self, wave: int, minutes: Column) -> tuple[Column, Column, Column, Column]:
        """Returns the visitors who come in a wave: minutes of visit and birth, numbers, random numbers."""
        born = self._waves.sources(wave, minutes)
        births = self.births.of(born)
        target, minute = np.repeat(minutes, births), np.repeat(born, births)
        number = np.arange(len(minute)) - np.repeat(np.cumsum(births) - births, births)
        from_states = np.repeat(states(self._chance, HEADS, born, wave=wave), births)
        heads = coins_of_16(nth(from_states, number))
        if wave == 0:
            return target, minute, number, heads
        come = np.flatnonzero(heads[:, 1] < self._population.kept_below[wave])
        return target[come], minute[come], number[come], heads[come]

    def _before(
        self, wave: int, born: Column, number: Column, buyers: Buyers
    ) -> tuple[Column, Column, Column]:
        """Returns the past of visitors before a wave: number of visits, is_customer and is_identified."""
        population = self._population
        visits = np.zeros(len(born), np.int64)
        is_customer, is_identified = np.zeros((2, len(born)), bool)
        keys = born << _NUMBER_BITS | number
        for past in range(wave):
            heads = coins_of_16(nth(states(self._chance, HEADS, born, wave=past), number))
            came = heads[:, 1] < population.kept_below[past]
            outcome = np.where(heads[:, 3] < population.signup_below, SIGNUP, NOTHING)
            outcome[buyers.have(past, self._waves.targets(past, born), keys)] = PURCHASE
            visits += came
            is_customer |= came & (outcome == PURCHASE)
            is_identified |= came & self._identifies[outcome]
        return visits, is_customer, is_identified

    def _buyers_among(self, first: int, last: int) -> Buyers:
        """Returns the buyers of these minutes, and of earlier minutes from which visitors may come back."""
        self._buyers.cover(first - self.reach, last)
        return self._buyers

    def _draw_buyers(self, wave: int, first: int, last: int) -> tuple[Column, Column]:
        """Returns flags for minutes with purchases, and the keys of the buyers.

        The visitors with the highest random numbers buy.
        """
        counts = purchases_in(self._population, wave, first, last)
        minutes = np.flatnonzero(counts) + first
        target, born, number, heads = self._coming(wave, minutes)
        bought = highest(heads[:, 3], target - first, counts)
        return counts > 0, born[bought] << _NUMBER_BITS | number[bought]

    def _first_visits_of_regulars(self, last: int) -> Visits:
        """Returns the regulars' first visits that start before a given minute.

        No later visit of a regular ends in a purchase.
        """
        residents = self._population.residents
        visits = [
            visit
            for visitor in residents.regulars
            if visitor.minute < last
            for visit in residents.regular_visits(
                visitor, visitor.minute * MINUTE, (visitor.minute + 1) * MINUTE
            )
        ]
        return self.of(visits)

    def _regular_visits(self, first: int, last: int) -> Visits:
        """Returns the visits of the regulars that start in these minutes."""
        residents = self._population.residents
        visits = [
            visit
            for visitor in residents.regulars
            for visit in residents.regular_visits(visitor, first * MINUTE, last * MINUTE - 1)
        ]
        return self.of(visits)
