"""Who was ever born: visitors as (kind, minute, index), their ids, and the minutes in which they visit."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from functools import lru_cache
from math import exp, log1p
from statistics import NormalDist
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from mock_server.chance import BIRTHS, BUYERS, FEISTEL, HEADS, PURCHASES, UNIT_16, UNIT_32, WAVE, Chance
from mock_server.instants import MINUTE, SECOND, instant_of
from mock_server.site import LONGEST_SESSION_MINUTES, Funnel, Site

# The kinds of visitors; an id carries its kind.
BORN, CAST, REGULAR, BOT = range(4)

# What a visit leads to.
NOTHING, SIGNUP, PURCHASE = range(3)

# Linger on the last page included, a session ends within 45 minutes of its start.
LONGEST = (LONGEST_SESSION_MINUTES - 1) * MINUTE
_SHORTEST = 5 * SECOND
CAST_SHIFT = 30
"""Minutes after which a member of the cast is relieved by the next."""

_HEAD = Struct("<4H")
# The coins of this many neighbouring minutes come from one digest.
_NEIGHBOURS = 16
_COIN = Struct("<I")
_COIN_EACH = Struct(f"<{_NEIGHBOURS}I")
_POISSON_LIMIT = 30.0
_PURCHASE_WAVES = 3
_CAST_STAGGER = 7
_CAST_EARLY = 9
_CAST_LEAD = 2 * 24 * 60 + 53

_HALF_BITS = 61
_HALF = (1 << _HALF_BITS) - 1
_MINUTE_OFFSET = 1 << 39


class Visitor(NamedTuple):
    """A visitor's coordinates: everything else about them follows. `minute` counts from the Unix epoch."""

    kind: int
    minute: int
    number: int


class Visit(NamedTuple):
    """One visit, before its pages are known. Times in ms; `start + duration` is its last page view."""

    visitor: Visitor
    wave: int
    start: int
    duration: int
    outcome: int


class Past(NamedTuple):
    """What a visitor had done before a visit: number of visits, whether they had paid, were identified."""

    visits: int
    is_customer: bool
    is_identified: bool


class Population:
    """All visitors of one website in one world."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """Nothing is computed before it is asked for."""
        self.chance = chance
        self.site = site
        purchase = site.money.purchase if site.money else None
        shares = [1.0, *(wave.share for wave in site.waves)]
        births = site.online / ((10 + _mean_minutes(site)) * sum(shares))
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
        self._shortest = (0, _shortest(site.signup), _shortest(purchase))
        self._identifies = (
            False,
            bool(site.signup and site.signup.identifies),
            bool(purchase and purchase.identifies),
        )
        self._regular_since = [instant_of(regular.since) for regular in site.regulars]
        self.births = lru_cache(4096)(self._births)
        self._heads = lru_cache(1024)(self._draw_heads)
        self._cast_history = lru_cache(256)(self._plan_cast)
        self._birth_coins = lru_cache(512)(self._draw_birth_coins)
        self._purchases = lru_cache(512)(self._purchases_among)
        self._wave_key = lru_cache(256)(self._draw_wave_key)
        self._ids = _Ids(chance)
        self._regular_ids = {
            regular.visitor_id: Visitor(REGULAR, self._regular_since[n] // MINUTE, n)
            for n, regular in enumerate(site.regulars)
        }

    # -- ids ---------------------------------------------------------------------------------------

    def id_of(self, visitor: Visitor) -> str:
        """The visitor's UUID, version 4."""
        if visitor.kind == REGULAR:
            return self.site.regulars[visitor.number].visitor_id
        return self._ids.encode(visitor)

    def visitor_of(self, visitor_id: str) -> Visitor | None:
        """The visitor with this id, born or yet to be born; None if there will never be one."""
        regular = self._regular_ids.get(visitor_id)
        if regular is not None:
            return regular
        visitor = self._ids.decode(visitor_id)
        return visitor if visitor is not None and self._exists(visitor) else None

    def _exists(self, visitor: Visitor) -> bool:
        if visitor.kind == BORN:
            return visitor.number < self.births(visitor.minute)
        if visitor.kind == BOT:
            return visitor.minute == 0 and visitor.number < self.site.bots
        if visitor.kind == CAST:
            role = visitor.number
            return role < len(self.site.cast) and (visitor.minute - role * _CAST_STAGGER) % CAST_SHIFT == 0
        return False

    # -- visits ------------------------------------------------------------------------------------

    def visits_started(self, minute: int) -> list[Visit]:
        """The visits that start in a minute, by whomever."""
        visits = self._wave_visits(0, minute)
        for wave in range(1, len(self._kept_below)):
            visits += self._wave_visits(wave, minute)
        visits += self._cast_visits(minute)
        visits += self._regular_visits(minute)
        return visits

    def visits_of(self, visitor: Visitor, until: int) -> list[Visit]:
        """The visitor's visits that have started at `until`, oldest first; none before the first."""
        if visitor.kind == BORN:
            visits = self._born_visits(visitor, len(self._kept_below))
        elif visitor.kind == CAST:
            visits = self._cast_history(visitor)
        elif visitor.kind == REGULAR:
            visits = self._regular_history(visitor.number, until)
        else:
            visits = []
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

    def cast_on(self, minute: int) -> list[Visitor]:
        """Who of the cast is on duty in a minute, in the order of the site's `cast`."""
        return [
            Visitor(CAST, minute - (minute - role * _CAST_STAGGER) % CAST_SHIFT, role)
            for role in range(len(self.site.cast))
        ]

    def bots(self) -> list[Visitor]:
        """The visitors flagged as bots."""
        return [Visitor(BOT, 0, index) for index in range(self.site.bots)]

    def past_of(self, visit: Visit) -> Past:
        """What the visitor had done before this visit began."""
        visitor = visit.visitor
        if visitor.kind == BORN:
            outcomes = [earlier.outcome for earlier in self._born_visits(visitor, visit.wave)]
        elif visitor.kind == REGULAR:
            outcomes = [PURCHASE if self.site.regulars[visitor.number].customer else NOTHING] * visit.wave
        else:
            outcomes = [v.outcome for v in self._cast_history(visitor) if v.start < visit.start]
        return Past(
            len(outcomes),
            PURCHASE in outcomes,
            any(self._identifies[outcome] for outcome in outcomes),
        )

    # -- births and waves --------------------------------------------------------------------------

    def _births(self, minute: int) -> int:
        """How many visitors are born in a minute: Poisson around the site's rhythm."""
        coin = self._birth_coins(minute // _NEIGHBOURS)[minute % _NEIGHBOURS]
        return _poisson(self._birth_rates[_hour_of_week(minute)], coin * UNIT_32)

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
            minute: _poisson(rates[_hour_of_week(minute)], coin * UNIT_32)
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
        offset, _, length, fate = head
        duration = _duration(self.site, length * UNIT_16)
        outcome = PURCHASE if buys else SIGNUP if fate < self._signup_below else NOTHING
        if outcome:
            duration = max(duration, self._shortest[outcome])
        return Visit(visitor, wave, minute * MINUTE + (offset * MINUTE >> 16), duration, outcome)

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
        kept = [number for number, head in enumerate(_HEAD.iter_unpack(heads)) if head[1] < below]
        coins = self.chance.stream(4 * purchases, BUYERS, wave, minute) if kept else b""
        return {kept[coin % len(kept)] for (coin,) in _COIN.iter_unpack(coins)}

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
        """An odd factor, its inverse and a shift, modulo the block's size."""
        digest = self.chance.digest(WAVE, wave, block)
        factor = int.from_bytes(digest[:4], "little") | 1
        inverse = pow(factor, -1, 1 << self.site.waves[wave - 1].block)
        return factor, inverse, int.from_bytes(digest[4:8], "little")

    # -- the cast: always there, relieved every half hour -----------------------------------------------

    def _cast_visits(self, minute: int) -> list[Visit]:
        visits: list[Visit] = []
        for first in (minute, minute + _CAST_LEAD):
            for role in range(len(self.site.cast)):
                # Whoever starts in this minute goes on duty within the next few.
                wait = (role * _CAST_STAGGER - first) % CAST_SHIFT
                if wait <= _CAST_EARLY:
                    history = self._cast_history(Visitor(CAST, first + wait, role))
                    visits += [visit for visit in history if visit.start // MINUTE == minute]
        return visits

    def _plan_cast(self, visitor: Visitor) -> list[Visit]:
        """An earlier visit where the role needs a past, and the one that covers the shift."""
        role = self.site.cast[visitor.number]
        coins = self.chance.digest(HEADS, -1, visitor.minute, visitor.number)
        early = int.from_bytes(coins[:4], "little") % (_CAST_EARLY * MINUTE)
        start = visitor.minute * MINUTE - early
        shift = Visit(
            visitor, 0 if role == "anonymous" else 1, start, early + CAST_SHIFT * MINUTE - 30_000, NOTHING
        )
        if role == "anonymous":
            return [shift]
        outcome = {"customer": PURCHASE, "identified": SIGNUP, "returning": NOTHING}[role]
        past = Visit(
            visitor,
            0,
            start - _CAST_LEAD * MINUTE,
            max(self._shortest[outcome], 4 * MINUTE),
            outcome,
        )
        return [past, shift]

    # -- regulars: visitors that a site's file names ------------------------------------------------------

    def _regular_visits(self, minute: int) -> list[Visit]:
        visits: list[Visit] = []
        for index, regular in enumerate(self.site.regulars):
            since = self._regular_since[index] // MINUTE
            if minute >= since and (minute - since) % (regular.every_days * 1440) == 0:
                visits.append(self._regular_visit(index, (minute - since) // (regular.every_days * 1440)))
        return visits

    def _regular_history(self, index: int, until: int) -> list[Visit]:
        every = self.site.regulars[index].every_days * 1440 * MINUTE
        count = (until - self._regular_since[index]) // every + 1
        return [self._regular_visit(index, ordinal) for ordinal in range(count)]

    def _regular_visit(self, index: int, ordinal: int) -> Visit:
        regular = self.site.regulars[index]
        since = self._regular_since[index]
        outcome = PURCHASE if regular.customer and ordinal == 0 else NOTHING
        length = int.from_bytes(self.chance.digest(HEADS, -2, index, ordinal)[:2], "little") * UNIT_16
        return Visit(
            Visitor(REGULAR, since // MINUTE, index),
            ordinal,
            since + ordinal * regular.every_days * 1440 * MINUTE,
            max(_duration(self.site, length), self._shortest[outcome], 2 * MINUTE),
            outcome,
        )


class _Ids:
    """A keyed Feistel permutation of a UUID v4's 122 free bits: ids that decode to visitors."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def encode(self, visitor: Visitor) -> str:
        plain = (visitor.kind << 119) | ((visitor.minute + _MINUTE_OFFSET) << 79) | (visitor.number << 55)
        left, right = plain >> _HALF_BITS, plain & _HALF
        for turn in range(4):
            left, right = right, left ^ self._round(turn, right)
        bits = (left << _HALF_BITS) | right
        # 48 bits, the version, 12 bits, the variant, 62 bits.
        number = (
            (bits >> 74 << 80) | (4 << 76) | ((bits >> 62 & 0xFFF) << 64) | (2 << 62) | (bits & (1 << 62) - 1)
        )
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def decode(self, visitor_id: str) -> Visitor | None:
        number = UUID(visitor_id).int
        bits = (number >> 80 << 74) | ((number >> 64 & 0xFFF) << 62) | (number & (1 << 62) - 1)
        left, right = bits >> _HALF_BITS, bits & _HALF
        for turn in reversed(range(4)):
            left, right = right ^ self._round(turn, left), left
        plain = (left << _HALF_BITS) | right
        if plain & (1 << 55) - 1:
            return None
        return Visitor(
            plain >> 119, (plain >> 79 & (1 << 40) - 1) - _MINUTE_OFFSET, plain >> 55 & (1 << 24) - 1
        )

    def _round(self, turn: int, half: int) -> int:
        return int.from_bytes(self._chance.digest(FEISTEL, turn, half)[:8], "little") & _HALF


def _hour_of_week(minute: int) -> int:
    """0 to 167, Monday first; the epoch was a Thursday."""
    return (minute // 60 + 72) % 168


def _purchases(visits: float, share: float) -> float:
    """The rate of purchases in a minute with `visits` visits on average, of which `share` lead to one.

    Nobody buys in a minute in which nobody comes; so the others have to make up for it.
    """
    return share * visits / (1 - exp(-visits)) if visits else 0.0


def _poisson(rate: float, u: float) -> int:
    """The number that u in [0, 1) stands for in a Poisson distribution; a normal one above a rate of 30."""
    if rate > _POISSON_LIMIT:
        return max(0, round(NormalDist(rate, rate**0.5).inv_cdf(min(max(u, 1e-12), 1 - 1e-12))))
    return bisect_right(_poisson_sums(rate), u)


@lru_cache(1024)
def _poisson_sums(rate: float) -> list[float]:
    """The chances of at most 0, 1, 2, … up to where the rest does not count."""
    term = exp(-rate)
    sums = [term]
    while len(sums) < rate or term > UNIT_32 / 8:
        term *= rate / len(sums)
        sums.append(sums[-1] + term)
    return sums


def _duration(site: Site, u: float) -> int:
    """The time from first to last page view that u in [0, 1) stands for; 0 for a visit of one page."""
    bounce = site.visits.bounce
    if u < bounce:
        return 0
    length = int(-log1p(-(u - bounce) / (1 - bounce)) * site.visits.minutes * MINUTE)
    return min(max(length, _SHORTEST), LONGEST)


def _mean_minutes(site: Site) -> float:
    """The mean of `_duration` in minutes."""
    mean = site.visits.minutes
    return (1 - site.visits.bounce) * mean * (1 - exp(-LONGEST / MINUTE / mean))


def _shortest(funnel: Funnel | None) -> int:
    """How long a visit lasts at least that takes a funnel: about 40 s a page."""
    return (len(funnel.path) + 1) * 40_000 if funnel else 0
