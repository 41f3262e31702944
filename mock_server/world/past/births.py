"""The numbers of births and of purchases in each of many minutes."""

from collections.abc import Callable
from functools import partial
from math import exp
from typing import Any

import numpy as np

from mock_server.world.chance import BIRTHS, PURCHASES
from mock_server.world.past.coins import Column, coins_of_32, nth, shares_of, states
from mock_server.world.past.growing import GrowingColumn
from mock_server.world.poisson import LEAST_CHANCE, LIMIT, poisson
from mock_server.world.population import NEIGHBOURS, Population

_HOUR_MINUTES = 60
_DAY_MINUTES = 24 * 60
_STRIDE = _DAY_MINUTES
# Minutes that are further away than this from all known minutes are drawn without the minutes between.
_FARTHEST = 400 * _DAY_MINUTES


class Births:
    """The numbers of births by minute, cached for one range of minutes, which grows as needed."""

    def __init__(self, population: Population) -> None:
        """Begins with an empty range."""
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
            before = births_in(self._population, first, self._first)
            self._counts = GrowingColumn(np.concatenate([before, self._counts.values]))
            self._first = first
        if last > self._last:
            self._counts.extend(births_in(self._population, self._last, last + _STRIDE))
            self._last = last + _STRIDE


def _no_counts() -> GrowingColumn:
    """Returns an empty column for the births of minutes.

    It has small integers, because there are millions of minutes.
    """
    return GrowingColumn(np.zeros(0, np.int32))


def births_in(population: Population, first: int, last: int) -> Column:
    """Returns the number of births in each minute from `first` to before `last`."""
    return _in_minutes(population, first, last, _births)


def purchases_in(population: Population, wave: int, first: int, last: int) -> Column:
    """Returns, for each minute, the number of purchases in visits of a wave.

    If the number is larger than that of the visitors who come, all of them buy.
    """
    return _in_minutes(population, first, last, partial(_purchases, wave=wave))


def _in_minutes(
    population: Population, first: int, last: int, draw: Callable[[Population, Column], Column]
) -> Column:
    """Returns a number for each minute, which is 0 before the website exists.

    `draw` returns the numbers of the minutes in whole hours.
    """
    numbers = np.zeros(last - first, np.int32)
    since = population.rates.first_minute
    begin = first if since is None else max(first, since)
    if begin < last:
        hours = np.arange(begin // _HOUR_MINUTES, -(-last // _HOUR_MINUTES))
        skipped = begin - int(hours[0]) * _HOUR_MINUTES
        numbers[begin - first :] = draw(population, hours).ravel()[skipped:][: last - begin]
    return numbers


def _births(population: Population, hours: Column) -> Column:
    """Returns the number of births in each minute of each hour."""
    return _poisson(hours, _shares(population, BIRTHS, hours, wave=0), population.rates.births)


def _purchases(population: Population, hours: Column, wave: int) -> Column:
    """Returns the number of purchases in each minute of each hour."""
    rates = population.rates
    shares = _shares(population, PURCHASES, hours, wave=wave)
    counts = np.zeros(shares.shape, np.int32)
    day = hours // 24
    days = range(day[0], day[-1] + 1)
    most = [rates.most_purchases(wave, range(n * _DAY_MINUTES, (n + 1) * _DAY_MINUTES)) for n in days]
    # 1 - x is at most e to the power of -x, so a share as low as this means no purchase.
    likely = shares.max(axis=1) >= 1 - np.array(most)[day - day[0]]
    counts[likely] = _poisson(hours[likely], shares[likely], partial(rates.purchases, wave))
    return counts


def _shares(population: Population, purpose: int, hours: Column, wave: int) -> Column:
    """Returns a random number in [0, 1), made of 32 bits, for each minute of consecutive hours."""
    first, last = int(hours[0]) * _HOUR_MINUTES, int(hours[-1] + 1) * _HOUR_MINUTES
    group = first // NEIGHBOURS
    from_states = states(population.chance, purpose, np.arange(group, -(-last // NEIGHBOURS)), wave=wave)
    coins = coins_of_32(nth(from_states[:, None], np.arange(NEIGHBOURS // 2))).ravel()
    return shares_of(coins[first - group * NEIGHBOURS :][: last - first]).reshape(-1, _HOUR_MINUTES)


def _poisson(hours: Column, shares: Column, rate_of: Callable[[int], float]) -> Column:
    """Returns the numbers that `poisson` makes of `shares`. A row is an hour, whose minutes have one rate."""
    rates = np.array([rate_of(hour) for hour in hours.tolist()])
    counts = np.zeros(shares.shape, np.int32)
    for row in np.flatnonzero(rates > LIMIT):
        counts[row] = [poisson(float(rates[row]), share) for share in shares[row].tolist()]
    seldom = rates <= LIMIT
    counts[seldom] = _counts(rates[seldom], shares[seldom])
    return counts


def _counts(rates: Column, shares: Column) -> Column:
    """Returns the numbers that `poisson` makes of `shares`. Each row has a rate of at most LIMIT."""
    counts = np.zeros(shares.shape, np.int32)
    for column in _sums(rates).T:
        is_more = column[:, None] <= shares
        if not is_more.any():
            break
        counts += is_more
    return counts


def _sums(rate: Column) -> Column:
    """Returns, for each rate, the probabilities of at most 0, 1, 2, … births.

    They equal the sums in `poisson` to the last bit.
    """
    term = np.array([exp(-one) for one in rate.tolist()])
    sums: list[Any] = [term.copy()]
    while True:
        goes_on = (len(sums) < rate) | (term > LEAST_CHANCE)
        if not goes_on.any():
            return np.stack(sums, axis=1)
        term = np.where(goes_on, term * (rate / len(sums)), 0.0)
        last = sums[-1]
        sums.append(np.where(goes_on, last + term, 2.0))
