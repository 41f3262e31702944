"""Who was ever born: visitors as (kind, minute, number), and the minutes in which they visit."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from math import exp
from struct import Struct

from mock_server.instants import MINUTE
from mock_server.world.chance import BIRTHS, BUYERS, HEADS, PURCHASES, UNIT_16, UNIT_32, WAVE, Chance
from mock_server.world.ids import Ids
from mock_server.world.lengths import duration, mean_minutes, shortest
from mock_server.world.poisson import poisson
from mock_server.world.residents import Residents
from mock_server.world.site import Site
from mock_server.world.visits import BORN, NOTHING, PURCHASE, REGULAR, SIGNUP, Past, Visit, Visitor

_HEAD = Struct("<4H")
# The coins of this many neighbouring minutes come from one digest.
_NEIGHBOURS = 16
_COIN = Struct("<I")
_COIN_EACH = Struct(f"<{_NEIGHBOURS}I")
_PURCHASE_WAVES = 3


class Population:
    """All visitors of one website in one world."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """Nothing is computed before it is asked for."""
        self.chance = chance
        self.site = site
        purchase = site.money.purchase if site.money else None
        shares = [1.0, *(wave.share for wave in site.waves)]
        births = site.online / ((10 + mean_minutes(site)) * sum(shares))
        rates = [births * hour * day for day in site.rhythm.weekdays for hour in site.rhythm.hours]
        # By hour of the week, Monday first: births, and purchases in visits of each wave that may buy.
        self._birth_rates = rates
        self._purchase_rates = [
            [_purchases(rate * share, purchase.share) for rate in rates]
            for share in shares[:_PURCHASE_WAVES]
            if purchase
        ]
        self._no_purchase_below = [(1 - max(rates)) / UNIT_32 for rates in self._purchase_rates]
        self._kept_below = [round(share * 65_536) for share in shares]
        self._signup_below = round(site.signup.share * 65_536) if site.signup else 0
        self._shortest = (0, shortest(site.signup), shortest(purchase))
        self._identifies = (
            False,
            bool(site.signup and site.signup.identifies),
            bool(purchase and purchase.identifies),
        )
        self.births = lru_cache(4096)(self._births)
        self._heads = lru_cache(1024)(self._draw_heads)
        self._birth_coins = lru_cache(512)(self._draw_birth_coins)
        self._purchases = lru_cache(512)(self._purchases_among)
        self._wave_key = lru_cache(256)(self._draw_wave_key)
        self._ids = Ids(chance)
        self.residents = Residents(chance, site)

    # -- ids ---------------------------------------------------------------------------------------

    def id_of(self, visitor: Visitor) -> str:
        """The visitor's UUID, version 4."""
        if visitor.kind == REGULAR:
            return self.site.regulars[visitor.number].visitor_id
        return self._ids.encode(visitor)

    def visitor_of(self, visitor_id: str) -> Visitor | None:
        """The visitor with this id, born or yet to be born; None if there will never be one."""
        regular = self.residents.ids.get(visitor_id)
        if regular is not None:
            return regular
        visitor = self._ids.decode(visitor_id)
        return visitor if visitor is not None and self._exists(visitor) else None

    def _exists(self, visitor: Visitor) -> bool:
        if visitor.kind == BORN:
            return visitor.number < self.births(visitor.minute)
        return self.residents.exist(visitor)

    # -- visits ------------------------------------------------------------------------------------

    def visits_started(self, minute: int) -> list[Visit]:
        """The visits that start in a minute, by whomever."""
        visits = self._wave_visits(0, minute)
        for wave in range(1, len(self._kept_below)):
            visits += self._wave_visits(wave, minute)
        return visits + self.residents.visits_started(minute)

    def visits_of(self, visitor: Visitor, until: int) -> list[Visit]:
        """The visitor's visits that have started at `until`, oldest first; none before the first."""
        if visitor.kind == BORN:
            visits = self._born_visits(visitor, len(self._kept_below))
        else:
            visits = self.residents.visits_of(visitor, until)
        return [visit for visit in visits if visit.start <= until]

    def purchases_started(self, minute: int) -> list[Visit]:
        """The visits of a minute that lead to a purchase which may be renewed."""
        group = minute // _NEIGHBOURS
        return [
            visit
            for wave in range(len(self._purchase_rates))
            if minute in self._purchases(wave, group)
            for visit in self._wave_visits(wave, minute)
            if visit.outcome == PURCHASE
        ]

    def past_of(self, visit: Visit) -> Past:
        """What the visitor had done before this visit began."""
        visitor = visit.visitor
        if visitor.kind == BORN:
            earlier = self._born_visits(visitor, visit.wave)
        else:
            earlier = self.residents.visits_of(visitor, visit.start - 1)[: visit.wave]
        outcomes = {past.outcome for past in earlier}
        return Past(
            len(earlier),
            PURCHASE in outcomes,
            any(self._identifies[outcome] for outcome in outcomes),
        )

    # -- births and waves --------------------------------------------------------------------------

    def _births(self, minute: int) -> int:
        """How many visitors are born in a minute: Poisson around the site's rhythm."""
        coin = self._birth_coins(minute // _NEIGHBOURS)[minute % _NEIGHBOURS]
        return poisson(self._birth_rates[_hour_of_week(minute)], coin * UNIT_32)

    def _draw_birth_coins(self, group: int) -> tuple[int, ...]:
        return _COIN_EACH.unpack(self.chance.digest(BIRTHS, group))

    def _purchases_among(self, wave: int, group: int) -> Mapping[int, int]:
        """How many purchases are made in a wave's visits, by minute, in those of 16 minutes that have any.

        Drawn by minute and not by visitor: most minutes have none, so that renewals of a whole year can be
        found without looking at everybody who came. If nobody comes, nobody buys.
        """
        coins = _COIN_EACH.unpack(self.chance.digest(PURCHASES, wave, group))
        # 1 - x is at most e to the minus x: so low a coin stands for no purchase.
        if max(coins) < self._no_purchase_below[wave]:
            return {}
        rates = self._purchase_rates[wave]
        counts = {
            minute: poisson(rates[_hour_of_week(minute)], coin * UNIT_32)
            for minute, coin in enumerate(coins, group * _NEIGHBOURS)
        }
        return {minute: count for minute, count in counts.items() if count}

    def _wave_visits(self, wave: int, minute: int) -> list[Visit]:
        """The visits of a wave that start in a minute; wave 0 are the first visits."""
        birth_minute = self._wave_source(wave, minute) if wave else minute
        heads, below = self._heads(wave, birth_minute), self._kept_below[wave]
        buyers = self._buyers(wave, minute, heads) if heads else ()
        return [
            self._visit(Visitor(BORN, birth_minute, number), wave, minute, head, number in buyers)
            for number, head in enumerate(_HEAD.iter_unpack(heads))
            if head[1] < below
        ]

    def _born_visits(self, visitor: Visitor, waves: int) -> list[Visit]:
        """The visits that somebody makes in the first `waves` waves, oldest first."""
        visits: list[Visit] = []
        for wave in range(waves):
            heads = self._heads(wave, visitor.minute)
            head = _HEAD.unpack_from(heads, visitor.number * _HEAD.size)
            if head[1] < self._kept_below[wave]:
                minute = self._wave_target(wave, visitor.minute)
                buyers = self._buyers(wave, minute, heads)
                visits.append(self._visit(visitor, wave, minute, head, visitor.number in buyers))
        return visits

    def _visit(self, visitor: Visitor, wave: int, minute: int, head: tuple[int, ...], buys: bool) -> Visit:
        offset, _, coin, fate = head
        length = duration(self.site, coin * UNIT_16)
        outcome = PURCHASE if buys else SIGNUP if fate < self._signup_below else NOTHING
        if outcome:
            length = max(length, self._shortest[outcome])
        return Visit(visitor, wave, minute * MINUTE + (offset * MINUTE >> 16), length, outcome)

    def _draw_heads(self, wave: int, birth_minute: int) -> bytes:
        """Four coins of 16 bits for each visitor of a minute: start, whether they come, length, sign-up."""
        return self.chance.stream(self.births(birth_minute) * _HEAD.size, HEADS, wave, birth_minute)

    def _buyers(self, wave: int, minute: int, heads: bytes) -> Collection[int]:
        """The numbers of those who buy in a minute, among the visitors of a wave with these heads."""
        if wave >= len(self._purchase_rates):
            return ()
        purchases = self._purchases(wave, minute // _NEIGHBOURS).get(minute)
        if purchases is None:
            return ()
        below = self._kept_below[wave]
        others = [number for number, head in enumerate(_HEAD.iter_unpack(heads)) if head[1] < below]
        coins = self.chance.stream(4 * min(purchases, len(others)), BUYERS, wave, minute)
        return [others.pop(coin % len(others)) for (coin,) in _COIN.iter_unpack(coins)]

    def _wave_target(self, wave: int, birth_minute: int) -> int:
        """The minute in which a wave brings back those born in `birth_minute`."""
        if wave == 0:
            return birth_minute
        spec = self.site.waves[wave - 1]
        size = 1 << spec.block
        block, x = divmod(birth_minute + spec.gap, size)
        factor, _, shift = self._wave_key(wave, block)
        return block * size + (factor * x + shift) % size

    def _wave_source(self, wave: int, minute: int) -> int:
        """The birth minute whose visitors a wave brings back in `minute`: the inverse of the above."""
        spec = self.site.waves[wave - 1]
        size = 1 << spec.block
        block, y = divmod(minute, size)
        _, inverse, shift = self._wave_key(wave, block)
        return block * size + (y - shift) * inverse % size - spec.gap

    def _draw_wave_key(self, wave: int, block: int) -> tuple[int, int, int]:
        """Draws the key of a block: an odd factor, its inverse modulo the block's size, and a shift."""
        digest = self.chance.digest(WAVE, wave, block)
        factor = int.from_bytes(digest[:4], "little") | 1
        inverse = pow(factor, -1, 1 << self.site.waves[wave - 1].block)
        return factor, inverse, int.from_bytes(digest[4:8], "little")


def _hour_of_week(minute: int) -> int:
    """0 to 167, Monday first; the epoch was a Thursday."""
    return (minute // 60 + 72) % 168


def _purchases(visits: float, share: float) -> float:
    """The rate of purchases in a minute with `visits` visits on average, of which `share` lead to one.

    Nobody buys in a minute in which nobody comes; so the others have to make up for it.
    """
    # Of fewer than that `1 - exp(-visits)` soon leaves nothing.
    return share * visits / (1 - exp(-visits)) if visits > 1e-9 else 0.0
