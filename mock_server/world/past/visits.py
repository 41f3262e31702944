"""The visits that start in a stretch of time, as columns: their visitors, instants, lengths and outcomes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import CAST_COINS, HEADS, WAVE
from mock_server.world.past.births import Births, purchases_in
from mock_server.world.past.coins import Column, coins_of_16, nth, states
from mock_server.world.past.growing import taken
from mock_server.world.past.lengths import durations
from mock_server.world.population import Population
from mock_server.world.residents import DUTY, EARLY, LEAD, PAST_OUTCOMES, SHIFT, SHORTEST_PAST, STAGGER
from mock_server.world.visits import BORN, CAST, NOTHING, PURCHASE, SIGNUP, Visit

_STRIDE = 240
# The bits of a visitor's number in a key, which is a single number for a born visitor. The minute of birth is
# above them.
_NUMBER_BITS = 24


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits as columns, with the members of `Visit` and `Past`.

    `earlier` is the number of the visitor's earlier visits. Times are in ms.
    """

    kind: Column
    minute: Column
    number: Column
    wave: Column
    start: Column
    duration: Column
    outcome: Column
    earlier: Column
    is_customer: Column
    is_identified: Column

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Column) -> "Visits":
        """Returns the rows with these indices, in this order."""
        return taken(self, rows)


def highest(coins: Column, group: Column, counts: Column) -> Column:
    """Returns, for each group of rows, the rows with the highest random numbers of 16 bits.

    `group` has the group of each row, and `counts` the number of rows to take from each group. A smaller
    group is taken as a whole. Among equal random numbers, later rows are taken first.
    """
    # A few more rows than needed are sorted, which is several times as fast as sorting all.
    rows_in = np.bincount(group, minlength=len(counts))
    about = 3 * counts + 12
    floor = (65_536 * (1 - about / np.maximum(rows_in, about))).astype(np.int64)
    is_high = coins >= floor[group]
    has_enough = np.bincount(group[is_high], minlength=len(counts)) >= counts
    rows = np.flatnonzero(is_high | ~has_enough[group])
    rows = rows[np.argsort((group[rows] << 16) + coins[rows], kind="stable")]
    ends = np.searchsorted(group[rows], group[rows], side="right")
    found: Column = rows[ends - np.arange(len(rows)) <= counts[group[rows]]]
    return found


def joined(parts: list[Visits]) -> Visits:
    """Returns the rows of all parts, one part after the other."""
    return Visits(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Visits)))


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
        self._waves = [None, *self._site.waves]
        self._lengths = durations(population.site)
        self._shortest = np.array(population.shortest, np.int64)
        self._identifies = np.array(population.identifies)
        self._sells_once = self._site.money is not None and self._site.money.renewal > 0
        self._buyers = _Buyers(population.rates.purchase_waves, self._draw_buyers)
        self.reach = max((wave.gap + (1 << wave.block) for wave in self._site.waves), default=0)
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
        visits = joined([*parts, *self._cast_visits(first, last), self._regular_visits(first, last)])
        return visits.take(np.argsort(visits.start, kind="stable"))

    def of(self, visits: Sequence[Visit]) -> Visits:
        """Returns visits that were drawn one by one, as columns in the same order."""
        if not visits:
            return _none()
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
            [*self._cast_visits(last - LEAD - 2 * SHIFT, last), self._first_visits_of_regulars(last)]
        )
        parts = [residents.take(np.flatnonzero(residents.outcome == PURCHASE))]
        buyers = self._buyers_among(first, last)
        for wave in range(self._population.rates.purchase_waves):
            minutes = buyers.minutes(wave, first, last)
            visits = self._wave_visits(wave, minutes, buyers)
            parts.append(visits.take(np.flatnonzero(visits.outcome == PURCHASE)))
        return joined(parts)

    def wave_sources(self, wave: int, minutes: Column) -> Column:
        """Returns the minutes of birth of the visitors whom a wave brings back in `minutes`.

        In wave 0 these are the same minutes.
        """
        spec = self._waves[wave]
        if spec is None:
            return minutes
        size = 1 << spec.block
        blocks, offsets = np.divmod(minutes, size)
        factors, shifts = self._wave_keys(wave, blocks)
        moved = (offsets.astype(np.uint64) - shifts) * _inverses(factors)
        return blocks * size + (moved & np.uint64(size - 1)).astype(np.int64) - spec.gap

    def wave_targets(self, wave: int, births: Column) -> Column:
        """Returns the minutes in which a wave brings back the visitors born in the minutes `births`."""
        spec = self._waves[wave]
        if spec is None:
            return births
        size = 1 << spec.block
        blocks, offsets = np.divmod(births + spec.gap, size)
        factors, shifts = self._wave_keys(wave, blocks)
        moved = factors * offsets.astype(np.uint64) + shifts
        return blocks * size + (moved & np.uint64(size - 1)).astype(np.int64)

    def _wave_keys(self, wave: int, blocks: Column) -> tuple[Column, Column]:
        """Returns the odd factors and the shifts of blocks."""
        words = states(self._chance, WAVE, blocks, wave=wave)
        return words & np.uint64(0xFFFFFFFF) | np.uint64(1), words >> np.uint64(32)

    def _wave_visits(self, wave: int, minutes: Column, buyers: "_Buyers") -> Visits:
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
        born = self.wave_sources(wave, minutes)
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
        self, wave: int, born: Column, number: Column, buyers: "_Buyers"
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
            outcome[buyers.have(past, self.wave_targets(past, born), keys)] = PURCHASE
            visits += came
            is_customer |= came & (outcome == PURCHASE)
            is_identified |= came & self._identifies[outcome]
        return visits, is_customer, is_identified

    def _buyers_among(self, first: int, last: int) -> "_Buyers":
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

    def _cast_visits(self, first: int, last: int) -> list[Visits]:
        """Returns the visits of the cast that start in these minutes, role by role."""
        parts = []
        for role, name in enumerate(self._site.cast):
            outcome = PAST_OUTCOMES.get(name)
            parts.append(self._duties(first, last, role, outcome))
            if outcome is not None:
                parts.append(self._first_visits_of_cast(first, last, role, outcome))
        return parts

    def _duties(self, first: int, last: int, role: int, past: int | None) -> Visits:
        """Returns the visits in which a role is on duty.

        `past` is the outcome of the visitor's earlier visit; None if there was no earlier visit.
        """
        minute, start = self._cast_starts(first, last, role)
        length = minute * MINUTE - start + DUTY
        visits = _residents(minute, role, int(past is not None), start, length, NOTHING)
        if past is not None:
            visits.is_customer[:] = past == PURCHASE
            visits.is_identified[:] = self._identifies[past]
        began = start if past is None else start - LEAD * MINUTE
        return self._within(visits, began, first, last)

    def _first_visits_of_cast(self, first: int, last: int, role: int, outcome: int) -> Visits:
        """Returns the earlier visits of the members of the cast who go on duty later."""
        minute, duty = self._cast_starts(first + LEAD, last + LEAD, role)
        start = duty - LEAD * MINUTE
        length = np.full(len(minute), max(int(self._shortest[outcome]), SHORTEST_PAST))
        return self._within(_residents(minute, role, 0, start, length, outcome), start, first, last)

    def _cast_starts(self, first: int, last: int, role: int) -> tuple[Column, Column]:
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
        since = self._population.rates.first_minute
        there = (visits.start >= first * MINUTE) & (visits.start < last * MINUTE)
        if since is not None:
            there &= began >= since * MINUTE
        return visits.take(np.flatnonzero(there))

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


class _Buyers:
    """The buyers by wave, cached for one range of minutes, which grows as needed."""

    def __init__(self, waves: int, draw: Callable[[int, int, int], tuple[Column, Column]]) -> None:
        """`draw` returns, for a wave and minutes, which minutes have purchases, and the buyers' keys."""
        self._draw = draw
        self._first = self._last = 0
        self._by_wave = [(np.zeros(0, bool), np.zeros(0, np.int64)) for _ in range(waves)]

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return sum(column.nbytes for columns in self._by_wave for column in columns)

    def cover(self, first: int, last: int) -> None:
        """Computes the buyers of these minutes, unless they are cached."""
        if self._first <= first and last <= self._last:
            return
        # A few more minutes are drawn, because the next call is likely to need them.
        first, last = first - first % _STRIDE, last + _STRIDE - last % _STRIDE
        if self._first == self._last or last < self._first or self._last < first:
            self._first = self._last = first
            self._by_wave = [(np.zeros(0, bool), np.zeros(0, np.int64)) for _ in self._by_wave]
        for wave, (minutes, keys) in enumerate(self._by_wave):
            before = self._draw(wave, min(first, self._first), self._first)
            after = self._draw(wave, self._last, max(last, self._last))
            self._by_wave[wave] = (
                np.concatenate([before[0], minutes, after[0]]),
                np.sort(np.concatenate([before[1], keys, after[1]])),
            )
        self._first, self._last = min(first, self._first), max(last, self._last)

    def minutes(self, wave: int, first: int, last: int) -> Column:
        """Returns the minutes, among the given ones, that have purchases in a wave.

        The given minutes must be covered.
        """
        has_purchases = self._by_wave[wave][0][first - self._first : last - self._first]
        minutes: Column = np.flatnonzero(has_purchases) + first
        return minutes

    def have(self, wave: int, minutes: Column, keys: Column) -> Column:
        """Returns the indices of the visits in which a purchase is made.

        `minutes` are the minutes of all visits, and `keys` the keys of their visitors.
        """
        if wave >= len(self._by_wave):
            return np.zeros(0, np.int64)
        has_purchases, known = self._by_wave[wave]
        rows = np.flatnonzero(has_purchases[minutes - self._first])
        if not len(known):
            return rows[:0]
        indices = np.minimum(np.searchsorted(known, keys[rows]), len(known) - 1)
        found: Column = rows[known[indices] == keys[rows]]
        return found


def _residents(minute: Column, number: int, wave: int, start: Column, length: Column, outcome: int) -> Visits:
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


def _none() -> Visits:
    return Visits(*np.zeros((8, 0), np.int64), *np.zeros((2, 0), bool))


def _inverses(factors: Column) -> Column:
    """Returns the inverses of odd factors modulo 2**64, by Newton's method.

    Each step doubles the number of correct bits.
    """
    inverses = factors.copy()
    for _ in range(6):
        inverses *= np.uint64(2) - factors * inverses
    return inverses
