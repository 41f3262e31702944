"""The numbers of births and of purchases in each of many minutes."""

from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np

from mock_server.world.chance import BIRTHS, PURCHASES, UNIT_32
from mock_server.world.past.coins import Column, coins_of_32, nth, states
from mock_server.world.past.growing import GrowingColumn
from mock_server.world.poisson import LEAST_CHANCE, LIMIT, poisson
from mock_server.world.population import NEIGHBOURS, Population

_HOUR_MINUTES = 60
_STRIDE = 24 * 60
# Minutes that are further away than that from all known ones are no reason to draw those between.
_FARTHEST = 400 * 24 * 60


class Births:
    """The numbers of births by minute, cached for one range of minutes, which grows as needed."""

    def __init__(self, population: Population) -> None:
        """Nothing is drawn yet."""
        self._population = population
        self._first = self._last = 0
        self._counts = _no_counts()

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return self._counts.nbytes

    def among(self, first: int, last: int) -> Column:
        """Returns the number of births in each minute from `first` to before `last`."""
        self._cover(first, last)
        return self._counts.values[first - self._first : last - self._first].astype(np.int64)

    def of(self, minutes: Column) -> Column:
        """Returns the number of births in each of these minutes."""
        if not len(minutes):
            return np.zeros(0, np.int64)
        self._cover(int(minutes.min()), int(minutes.max()) + 1)
        births: Column = self._counts.values[minutes - self._first].astype(np.int64)
        return births

    def _cover(self, first: int, last: int) -> None:
        if self._first <= first and last <= self._last:
            return
        if last < self._first - _FARTHEST or first > self._last + _FARTHEST:
            self._first = self._last = first
            self._counts = _no_counts()
        if first < self._first:
            before = births_in(self._population, np.arange(first, self._first))
            self._counts = GrowingColumn(np.concatenate([before.astype(np.int32), self._counts.values]))
            self._first = first
        if last > self._last:
            self._counts.extend(births_in(self._population, np.arange(self._last, last + _STRIDE)))
            self._last = last + _STRIDE


def _no_counts() -> GrowingColumn:
    """Returns an empty column for the births of millions of minutes, so its numbers are small ones."""
    return GrowingColumn(np.zeros(0, np.int32))


def births_in(population: Population, minutes: Column) -> Column:
    """Returns the number of births in each minute."""
    coins = _coins(population, BIRTHS, minutes, wave=0)
    counts = _poisson(minutes // _HOUR_MINUTES, coins, population.rates.births)
    first = population.rates.first_minute
    if first is not None:
        counts[minutes < first] = 0
    return counts


def purchases_in(population: Population, wave: int, minutes: Column) -> Column:
    """Returns the number of purchases in each minute, in visits of a wave, if enough visitors come."""
    coins = _coins(population, PURCHASES, minutes, wave=wave)
    rates = population.rates
    return _poisson(minutes // _HOUR_MINUTES, coins, lambda hour: rates.purchases(wave, hour))


def _coins(population: Population, purpose: int, minutes: Column, wave: int) -> Column:
    """Returns a coin of 32 bits for each minute."""
    groups, places = np.divmod(minutes, NEIGHBOURS)
    words = nth(states(population.chance, purpose, groups, wave=wave), places // 2)
    coins: Column = coins_of_32(words)[np.arange(len(minutes)), places % 2]
    return coins


def _poisson(hours: Column, coins: Column, rate_of: Callable[[int], float]) -> Column:
    """Returns `poisson` of many coins. The hours are sorted; all coins of one hour have one rate."""
    is_begun = np.diff(hours, prepend=-1 if not len(hours) else hours[0] - 1) != 0
    rates = [rate_of(hour) for hour in hours[is_begun].tolist()]
    hour = np.cumsum(is_begun) - 1
    shares = coins * UNIT_32
    counts = np.zeros(len(coins), np.int64)
    is_frequent = np.array([rate > LIMIT for rate in rates], bool)[hour]
    for n in np.flatnonzero(is_frequent):
        counts[n] = poisson(rates[hour[n]], shares[n])
    seldom = np.flatnonzero(~is_frequent)
    sums = _sums([min(rate, LIMIT) for rate in rates])
    for column in sums.T:
        # Only those who have come so far can come further.
        seldom = seldom[column[hour[seldom]] <= shares[seldom]]
        if not len(seldom):
            break
        counts[seldom] += 1
    return counts


def _sums(rates: list[float]) -> Column:
    """Returns, for each rate, the chances of at most 0, 1, 2, …

    They are the same numbers as in `poisson`, to the last bit.
    """
    rate = np.array(rates)
    term = np.array([exp(-one) for one in rates])
    sums: list[Any] = [term.copy()]
    while True:
        goes_on = (len(sums) < rate) | (term > LEAST_CHANCE)
        if not goes_on.any():
            return np.stack(sums, axis=1)
        term = np.where(goes_on, term * (rate / len(sums)), 0.0)
        last = sums[-1]
        sums.append(np.where(goes_on, last + term, 2.0))
