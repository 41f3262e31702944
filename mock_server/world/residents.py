"""The visitors who follow from the site's file and not from chance: the cast, the regulars and the bots."""

from functools import lru_cache

from mock_server.instants import BEGINNING, DAY, MINUTE, SECOND, instant_of
from mock_server.world.chance import CAST_COINS, REGULAR_COINS, UNIT_16, Chance, nth
from mock_server.world.lengths import duration, shortest
from mock_server.world.site import Site
from mock_server.world.visits import BOT, CAST, NOTHING, PURCHASE, REGULAR, SIGNUP, Visit, Visitor

# The length of a shift in minutes. After it, the next member of the cast takes over the role.
SHIFT = 30
# The shifts of the roles begin at different minutes; a member comes up to this many minutes before the shift.
STAGGER = 7
EARLY = 9
# The minutes before a shift at which a member with a past had the earlier visit.
LEAD = 2 * 24 * 60 + 53
# The time from the beginning of a shift to the last page view, and the shortest earlier visit, in ms.
DUTY = SHIFT * MINUTE - 30 * SECOND
SHORTEST_PAST = 4 * MINUTE
PAST_OUTCOMES = {"customer": PURCHASE, "identified": SIGNUP, "returning": NOTHING}
_DAY_MINUTES = 24 * 60
MOST_REGULAR_VISITS = 1_000
"""The number of visits after which a regular stays away, so that a profile in any year has a bounded size."""


class Residents:
    """Cast, regulars and bots of one website."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """All values are computed on first use."""
        self._chance = chance
        self._site = site
        self._since = [instant_of(regular.since) for regular in site.regulars]
        purchase = site.money.purchase if site.money else None
        self._shortest = {NOTHING: 0, SIGNUP: shortest(site.signup), PURCHASE: shortest(purchase)}
        self._first = instant_of(site.since) if site.since else BEGINNING - DAY * 365
        self._cast_visits = lru_cache(256)(self._plan_cast_visits)
        self.ids = {
            regular.visitor_id: Visitor(REGULAR, self._since[n] // MINUTE, n)
            for n, regular in enumerate(site.regulars)
        } | {visitor_id: Visitor(BOT, 0, n) for n, visitor_id in enumerate(site.bots)}
        """Regulars and bots by their own ids."""

    @property
    def regulars(self) -> list[Visitor]:
        """The regulars, in the order of the site's file."""
        return [visitor for visitor in self.ids.values() if visitor.kind == REGULAR]

    def exist(self, visitor: Visitor) -> bool:
        """Returns whether this member of the cast exists."""
        role = visitor.number
        return (
            visitor.kind == CAST
            and role < len(self._site.cast)
            and (visitor.minute - role * STAGGER) % SHIFT == 0
            and self._began(visitor)
        )

    def _began(self, visitor: Visitor) -> bool:
        """Returns whether the website already existed when a member of the cast first came."""
        return self._first <= self._cast_visits(visitor)[0].start

    def on_duty(self, minute: int) -> list[Visitor]:
        """Returns the members of the cast on duty in a given minute, in the order of the site's `cast`."""
        visitors = [
            Visitor(CAST, minute - (minute - role * STAGGER) % SHIFT, role)
            for role in range(len(self._site.cast))
        ]
        return [visitor for visitor in visitors if self._began(visitor)]

    def visits_started(self, minute: int) -> list[Visit]:
        """Returns the visits of cast and regulars that start in a given minute."""
        visits: list[Visit] = []
        for first in (minute, minute + LEAD):
            for role in range(len(self._site.cast)):
                # A visit that starts in this minute belongs to a shift that begins within the next few
                # minutes.
                wait = (role * STAGGER - first) % SHIFT
                if wait <= EARLY:
                    planned = self._cast_visits(Visitor(CAST, first + wait, role))
                    if self._first <= planned[0].start:
                        visits += [visit for visit in planned if visit.start // MINUTE == minute]
        for number, regular in enumerate(self._site.regulars):
            ordinal, rest = divmod(minute - self._since[number] // MINUTE, regular.every_days * _DAY_MINUTES)
            if 0 <= ordinal < MOST_REGULAR_VISITS and rest == 0:
                visits.append(self._regular_visit(number, ordinal))
        return visits

    def visits_of(self, visitor: Visitor, until: int) -> list[Visit]:
        """Returns the visits of a member of the cast (all of them) or of a regular (up to an instant)."""
        if visitor.kind == CAST:
            return self._cast_visits(visitor)
        if visitor.kind == REGULAR:
            return self.regular_visits(visitor, BEGINNING, until)
        return []

    def regular_visits(self, visitor: Visitor, begin: int, until: int) -> list[Visit]:
        """Returns the visits of a regular that start from one instant to another, both included."""
        number = visitor.number
        every = self._site.regulars[number].every_days * _DAY_MINUTES * MINUTE
        first, after = -((self._since[number] - begin) // every), (until - self._since[number]) // every + 1
        ordinals = range(max(first, 0), min(after, MOST_REGULAR_VISITS))
        return [self._regular_visit(number, ordinal) for ordinal in ordinals]

    def outcomes_before(self, visit: Visit) -> set[int]:
        """Returns the outcomes of the earlier visits of a member of the cast or a regular."""
        visitor = visit.visitor
        if visitor.kind == CAST:
            return {earlier.outcome for earlier in self._cast_visits(visitor)[: visit.wave]}
        # Only the first visit of a regular leads to anything.
        return {self._regular_visit(visitor.number, 0).outcome} if visit.wave else set()

    def _plan_cast_visits(self, visitor: Visitor) -> list[Visit]:
        """Returns an earlier visit, if the role needs a past, and the visit that covers the shift."""
        role = self._site.cast[visitor.number]
        coin = nth(self._chance.state(CAST_COINS, visitor.minute, 0, CAST), visitor.number)
        early = coin % (EARLY * MINUTE)
        start = visitor.minute * MINUTE - early
        length = early + DUTY
        if role not in PAST_OUTCOMES:
            return [Visit(visitor, 0, start, length, NOTHING)]
        outcome = PAST_OUTCOMES[role]
        past_length = max(self._shortest[outcome], SHORTEST_PAST)
        return [
            Visit(visitor, 0, start - LEAD * MINUTE, past_length, outcome),
            Visit(visitor, 1, start, length, NOTHING),
        ]

    def _regular_visit(self, number: int, ordinal: int) -> Visit:
        regular, since = self._site.regulars[number], self._since[number]
        outcome = PURCHASE if regular.customer and ordinal == 0 else NOTHING
        coin = nth(self._chance.state(REGULAR_COINS, ordinal, 0, REGULAR), number) & 0xFFFF
        length = duration(self._site, coin * UNIT_16)
        return Visit(
            Visitor(REGULAR, since // MINUTE, number),
            ordinal,
            since + ordinal * regular.every_days * _DAY_MINUTES * MINUTE,
            max(length, self._shortest[outcome], 2 * MINUTE),
            outcome,
        )
