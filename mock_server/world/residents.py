"""Visitors who are there by the site's file and not by chance: the cast, the regulars and the bots."""

from functools import lru_cache

from mock_server.instants import MINUTE, SECOND, instant_of
from mock_server.world.chance import CAST_COINS, REGULAR_COINS, UNIT_16, Chance
from mock_server.world.lengths import duration, shortest
from mock_server.world.site import Site
from mock_server.world.visits import BOT, CAST, NOTHING, PURCHASE, REGULAR, SIGNUP, Visit, Visitor

# A member of the cast is relieved by the next after so many minutes.
_SHIFT = 30
# Shifts of the roles begin at different minutes, and whoever goes on duty has come up to so many before.
_STAGGER = 7
_EARLY = 9
# Those who have been there before were so many minutes ago.
_LEAD = 2 * 24 * 60 + 53
_PAST_OUTCOMES = {"customer": PURCHASE, "identified": SIGNUP, "returning": NOTHING}
_DAY_MINUTES = 24 * 60


class Residents:
    """Cast, regulars and bots of one website."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """Nothing is computed before it is asked for."""
        self._chance = chance
        self._site = site
        self._since = [instant_of(regular.since) for regular in site.regulars]
        purchase = site.money.purchase if site.money else None
        self._shortest = {NOTHING: 0, SIGNUP: shortest(site.signup), PURCHASE: shortest(purchase)}
        self._cast_visits = lru_cache(256)(self._plan_cast_visits)
        self.ids = {
            regular.visitor_id: Visitor(REGULAR, self._since[n] // MINUTE, n)
            for n, regular in enumerate(site.regulars)
        } | {visitor_id: Visitor(BOT, 0, n) for n, visitor_id in enumerate(site.bots)}
        """Regulars and bots by their own ids."""

    def exist(self, visitor: Visitor) -> bool:
        """Whether there is such a member of the cast. Regulars and bots have ids that tell nothing."""
        role = visitor.number
        return (
            visitor.kind == CAST
            and role < len(self._site.cast)
            and (visitor.minute - role * _STAGGER) % _SHIFT == 0
        )

    def on_duty(self, minute: int) -> list[Visitor]:
        """Who of the cast is on duty in a minute, in the order of the site's `cast`."""
        return [
            Visitor(CAST, minute - (minute - role * _STAGGER) % _SHIFT, role)
            for role in range(len(self._site.cast))
        ]

    def visits_started(self, minute: int) -> list[Visit]:
        """The visits of cast and regulars that start in a minute."""
        visits: list[Visit] = []
        for first in (minute, minute + _LEAD):
            for role in range(len(self._site.cast)):
                # Whoever starts in this minute goes on duty within the next few.
                wait = (role * _STAGGER - first) % _SHIFT
                if wait <= _EARLY:
                    planned = self._cast_visits(Visitor(CAST, first + wait, role))
                    visits += [visit for visit in planned if visit.start // MINUTE == minute]
        for number, regular in enumerate(self._site.regulars):
            ordinal, rest = divmod(minute - self._since[number] // MINUTE, regular.every_days * _DAY_MINUTES)
            if ordinal >= 0 and rest == 0:
                visits.append(self._regular_visit(number, ordinal))
        return visits

    def visits_of(self, visitor: Visitor, until: int) -> list[Visit]:
        """The visits of a member of the cast (all of them) or of a regular (up to an instant)."""
        if visitor.kind == CAST:
            return self._cast_visits(visitor)
        if visitor.kind == REGULAR:
            every = self._site.regulars[visitor.number].every_days * _DAY_MINUTES * MINUTE
            count = (until - self._since[visitor.number]) // every + 1
            return [self._regular_visit(visitor.number, ordinal) for ordinal in range(count)]
        return []

    def _plan_cast_visits(self, visitor: Visitor) -> list[Visit]:
        """An earlier visit where the role needs a past, and the one that covers the shift."""
        role = self._site.cast[visitor.number]
        coins = self._chance.digest(CAST_COINS, visitor.minute, visitor.number)
        early = int.from_bytes(coins[:4], "little") % (_EARLY * MINUTE)
        start = visitor.minute * MINUTE - early
        length = early + _SHIFT * MINUTE - 30 * SECOND
        if role not in _PAST_OUTCOMES:
            return [Visit(visitor, 0, start, length, NOTHING)]
        outcome = _PAST_OUTCOMES[role]
        past_length = max(self._shortest[outcome], 4 * MINUTE)
        return [
            Visit(visitor, 0, start - _LEAD * MINUTE, past_length, outcome),
            Visit(visitor, 1, start, length, NOTHING),
        ]

    def _regular_visit(self, number: int, ordinal: int) -> Visit:
        regular, since = self._site.regulars[number], self._since[number]
        outcome = PURCHASE if regular.customer and ordinal == 0 else NOTHING
        coins = self._chance.digest(REGULAR_COINS, number, ordinal)
        length = duration(self._site, int.from_bytes(coins[:2], "little") * UNIT_16)
        return Visit(
            Visitor(REGULAR, since // MINUTE, number),
            ordinal,
            since + ordinal * regular.every_days * _DAY_MINUTES * MINUTE,
            max(length, self._shortest[outcome], 2 * MINUTE),
            outcome,
        )
