"""The population of a website: visitors as (kind, minute, number), and the minutes in which they visit."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from heapq import nlargest
from struct import Struct

from mock_server.instants import MINUTE
from mock_server.world.chance import BIRTHS, HEADS, PURCHASES, UNIT_16, UNIT_32, WAVE, Chance, nth, words
from mock_server.world.ids import Ids
from mock_server.world.lengths import duration, shortest
from mock_server.world.poisson import poisson
from mock_server.world.rates import Rates
from mock_server.world.residents import Residents
from mock_server.world.site import Site
from mock_server.world.visits import BORN, NOTHING, PURCHASE, REGULAR, SIGNUP, Past, Visit, Visitor

# The head of a visit is a word of four coins: its start, whether the visitor comes, its length, and its fate,
# which decides who signs up or buys.
_HEAD = Struct("<4H8x")
NEIGHBOURS = 16
"""The number of neighbouring minutes whose random numbers come from one state, two from each word."""
_COINS = Struct("<" + NEIGHBOURS // 2 * "2I8x")


class Population:
    """All visitors of one website in one world."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """All values are computed on first use."""
        self.chance = chance
        self.site = site
        purchase = site.money.purchase if site.money else None
        self.rates = Rates(site)
        self.kept_below = [65_536, *(round(wave.share * 65_536) for wave in site.waves)]
        """The random number below which a visitor comes, by wave."""
        self.signup_below = round(site.signup.share * 65_536) if site.signup else 0
        """The random number below which a visit ends in a sign-up, unless it ends in a purchase."""
        self.shortest = (0, shortest(site.signup), shortest(purchase))
        """The least length of a visit, by its outcome."""
        self.identifies = (
            False,
            bool(site.signup and site.signup.identifies),
            bool(purchase and purchase.identifies),
        )
        """Whether visitors are identified in a visit, by its outcome."""
        self.births = lru_cache(4096)(self._births)
        self._heads = lru_cache(1024)(self._draw_heads)
        self._purchases = lru_cache(512)(self._purchases_among)
        self._wave_key = lru_cache(256)(self._draw_wave_key)
        self._ids = Ids(chance)
        self.residents = Residents(chance, site)

    def id_of(self, visitor: Visitor) -> str:
        """Returns the visitor's UUID, version 4."""
        if visitor.kind == REGULAR:
            return self.site.regulars[visitor.number].visitor_id
        return self._ids.encode(visitor)

    def visitor_of(self, visitor_id: str) -> Visitor | None:
        """Returns the visitor with this id, who may be born later; None if the id is nobody's."""
        regular = self.residents.ids.get(visitor_id)
        if regular is not None:
            return regular
        visitor = self._ids.decode(visitor_id)
        return visitor if visitor is not None and self._exists(visitor) else None

    def _exists(self, visitor: Visitor) -> bool:
        if visitor.kind == BORN:
            return visitor.number < self.births(visitor.minute)
        return self.residents.exist(visitor)

    def visits_started(self, minute: int) -> list[Visit]:
        """Returns all visits that start in a given minute."""
        visits = self._wave_visits(0, minute)
        for wave in range(1, len(self.kept_below)):
            visits += self._wave_visits(wave, minute)
        return visits + self.residents.visits_started(minute)

    def visits_of(self, visitor: Visitor, until: int) -> list[Visit]:
        """Returns the visits of a visitor that have started by the instant `until`, oldest first."""
        if visitor.kind == BORN:
            visits = self._born_visits(visitor, len(self.kept_below))
        else:
            visits = self.residents.visits_of(visitor, until)
        return [visit for visit in visits if visit.start <= until]

    def purchases_started(self, minute: int) -> list[Visit]:
        """Returns the visits of a minute that end in a purchase which may be renewed."""
        group = minute // NEIGHBOURS
        return [
            visit
            for wave in range(self.rates.purchase_waves)
            if minute in self._purchases(wave, group)
            for visit in self._wave_visits(wave, minute)
            if visit.outcome == PURCHASE
        ]

    def past_of(self, visit: Visit) -> Past:
        """Returns the visitor's past before this visit."""
        if visit.visitor.kind == BORN:
            earlier = self._born_visits(visit.visitor, visit.wave)
            count, outcomes = len(earlier), {past.outcome for past in earlier}
        else:
            count, outcomes = visit.wave, self.residents.outcomes_before(visit)
        return Past(
            count,
            PURCHASE in outcomes,
            any(self.identifies[outcome] for outcome in outcomes),
        )

    def _births(self, minute: int) -> int:
        """Returns the number of births in a minute: a Poisson number whose rate follows the site's rhythm."""
        if not self.rates.exists(minute):
            return 0
        group, index = divmod(minute, NEIGHBOURS)
        word = nth(self.chance.state(BIRTHS, group), index // 2)
        coin = word >> 32 if index % 2 else word & 0xFFFFFFFF
        return poisson(self.rates.births(minute // 60), coin * UNIT_32)

    def _purchases_among(self, wave: int, group: int) -> Mapping[int, int]:
        """Returns the number of purchases in a wave's visits by minute, for 16 minutes.

        Minutes without purchases are left out. The number is drawn by minute and not by visitor, so that the
        renewals of a whole year can be found without looking at all visitors: most minutes have no purchase.
        If nobody comes, nobody buys.
        """
        coins = _COINS.unpack(words(self.chance.state(PURCHASES, group, wave), NEIGHBOURS // 2))
        minutes = range(group * NEIGHBOURS, (group + 1) * NEIGHBOURS)
        # 1 - x is at most e to the power of -x, so a coin as low as this means no purchase.
        if max(coins) * UNIT_32 < 1 - self.rates.most_purchases(wave, minutes):
            return {}
        counts = {
            minute: poisson(self.rates.purchases(wave, minute // 60), coin * UNIT_32)
            for minute, coin in zip(minutes, coins, strict=True)
        }
        return {minute: count for minute, count in counts.items() if count}

    def _wave_visits(self, wave: int, minute: int) -> list[Visit]:
        """Returns the visits of a wave that start in a given minute; wave 0 are the first visits."""
        birth_minute = self._wave_source(wave, minute) if wave else minute
        heads, below = self._heads(wave, birth_minute), self.kept_below[wave]
        buyers = self._buyers(wave, minute, heads) if heads else ()
        return [
            self._visit(Visitor(BORN, birth_minute, number), wave, minute, head, number in buyers)
            for number, head in enumerate(_HEAD.iter_unpack(heads))
            if head[1] < below
        ]

    def _born_visits(self, visitor: Visitor, waves: int) -> list[Visit]:
        """Returns a visitor's visits in the waves below `waves`, oldest first; wave 0 is the first visit."""
        visits: list[Visit] = []
        for wave in range(waves):
            heads = self._heads(wave, visitor.minute)
            head = _HEAD.unpack_from(heads, visitor.number * _HEAD.size)
            if head[1] < self.kept_below[wave]:
                minute = self._wave_target(wave, visitor.minute)
                buyers = self._buyers(wave, minute, heads)
                visits.append(self._visit(visitor, wave, minute, head, visitor.number in buyers))
        return visits

    def _visit(self, visitor: Visitor, wave: int, minute: int, head: tuple[int, ...], buys: bool) -> Visit:
        offset, _, coin, fate = head
        length = duration(self.site, coin * UNIT_16)
        outcome = PURCHASE if buys else SIGNUP if fate < self.signup_below else NOTHING
        if outcome:
            length = max(length, self.shortest[outcome])
        return Visit(visitor, wave, minute * MINUTE + (offset * MINUTE >> 16), length, outcome)

    def _draw_heads(self, wave: int, birth_minute: int) -> bytes:
        """Returns the first random words of a wave's visits, for all visitors born in `birth_minute`."""
        births = self.births(birth_minute)
        return words(self.chance.state(HEADS, birth_minute, wave), births) if births else b""

    def _buyers(self, wave: int, minute: int, heads: bytes) -> Collection[int]:
        """Returns the numbers of the visitors who buy in a given minute.

        They are the visitors who come and have the highest *fate*, the last random number in a head.
        """
        if wave >= self.rates.purchase_waves:
            return ()
        purchases = self._purchases(wave, minute // NEIGHBOURS).get(minute)
        if purchases is None:
            return ()
        below = self.kept_below[wave]
        fates = [(head[3], number) for number, head in enumerate(_HEAD.iter_unpack(heads)) if head[1] < below]
        return [number for _, number in nlargest(purchases, fates)]

    def _wave_target(self, wave: int, birth_minute: int) -> int:
        """Returns the minute in which a wave brings back the visitors born in `birth_minute`."""
        if wave == 0:
            return birth_minute
        spec = self.site.waves[wave - 1]
        size = 1 << spec.block
        block, x = divmod(birth_minute + spec.gap, size)
        factor, _, shift = self._wave_key(wave, block)
        return block * size + (factor * x + shift) % size

    def _wave_source(self, wave: int, minute: int) -> int:
        """Returns the minute of birth of the visitors whom a wave brings back in `minute`.

        It is the inverse of `_wave_target`.
        """
        spec = self.site.waves[wave - 1]
        size = 1 << spec.block
        block, y = divmod(minute, size)
        _, inverse, shift = self._wave_key(wave, block)
        return block * size + (y - shift) * inverse % size - spec.gap

    def _draw_wave_key(self, wave: int, block: int) -> tuple[int, int, int]:
        """Returns the key of a block: an odd factor, its inverse modulo the block's size, and a shift."""
        word = self.chance.state(WAVE, block, wave)
        factor = word & 0xFFFFFFFF | 1
        inverse = pow(factor, -1, 1 << self.site.waves[wave - 1].block)
        return factor, inverse, word >> 32
