"""The world of one website at any instant: who is active, what happened, and any visitor's life so far."""

from base64 import urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from cachetools import LRUCache

from mock_server.instants import MINUTE, SECOND
from mock_server.world.chance import CLICK_ID, OBJECT_ID, WRITTEN, Chance
from mock_server.world.events import EVENT_KINDS, Event, Happening
from mock_server.world.facts import Profile
from mock_server.world.life import BotError, Life, UnknownVisitorError, goals_reached
from mock_server.world.money import Ledger, Payment
from mock_server.world.persona import Personas
from mock_server.world.population import Population
from mock_server.world.prediction import Likelihood, Predictor
from mock_server.world.roster import REACH, WINDOW, Roster, Show
from mock_server.world.sessions import Session, Sessions
from mock_server.world.site import LONGEST_SESSION_MINUTES, Site
from mock_server.world.visits import BOT, PURCHASE, Visit, Visitor
from mock_server.world.walk import IDENTIFY, LINGER, PAYMENT

WORLD_VERSION = 4
"""The version of the world; it is raised whenever a seed and a site give another world than before."""
FEED_LIMIT = 100
"""The largest number of events, and of payments, in an answer; the newest are listed."""
_PAYMENT_ROW, _PROFILE = 7, 6
_AT = itemgetter(0)
# The number of rosters that are cached, so that as many clocks can run side by side. A roster takes a
# kilobyte for each session.
_MOST_CLOCKS, _MOST_CLOCKS_OF_A_CROWD = 8, 2
_CROWD = 1_000
_T = TypeVar("_T")


class Parts(NamedTuple):
    """The parts of a world that do not depend on facts, so that worlds with different facts share them."""

    chance: Chance
    population: Population
    sessions: Sessions
    ledger: Ledger | None
    predictor: Predictor | None


def parts_of(seed: int, site: Site) -> Parts:
    """Makes the parts of a world. Raises InputError if the site names an unknown place or device."""
    chance = Chance(seed, site.website_id)
    population = Population(chance, site)
    sessions = Sessions(chance, site, population, Personas(chance, site))
    return Parts(
        chance,
        population,
        sessions,
        Ledger(chance, site.money, sessions) if site.money else None,
        Predictor(site.prediction) if site.prediction else None,
    )


class World:
    """The world of one website: a pure function of seed, site and instant.

    Its state is only cached results.
    """

    def __init__(self, seed: int, site: Site, parts: Parts | None = None) -> None:
        """Raises InputError if the site names an unknown place or device."""
        self.seed = seed
        self.site = site
        self.parts = parts or parts_of(seed, site)
        self._chance, self.population, self.sessions, self.ledger, self._predictor = self.parts
        clocks = _MOST_CLOCKS if site.online < _CROWD else _MOST_CLOCKS_OF_A_CROWD
        # An updated roster needs only the sessions of the last minute; a new roster needs the sessions of all
        # minutes within REACH.
        self.started = lru_cache(REACH + 5)(self.sessions_started)
        """The sessions that start in a given minute, latest first; cached for recent minutes."""
        self._purchases = lru_cache(clocks * (REACH + 5))(self._purchases_in)
        self.lived = lru_cache(512)(self.session_of)
        """The sessions of visits, cached because a client that requests a profile often requests it again."""
        # Servers often write several facts about the same visitor.
        self._first_starts: LRUCache[str, int] = LRUCache(512)
        self._renewals = lru_cache(clocks * 2 * WINDOW // MINUTE)(self._renewals_in)
        # Both revisions are cached, because they contain different kinds of events.
        self._happened = lru_cache(clocks * 2 * 2 * WINDOW // MINUTE)(self._happened_in)
        # The last roster is the one that was used most recently.
        self._rosters: list[Roster] = []
        self._most_rosters = clocks

    def online(self, instant: int) -> int:
        """Returns the number of sessions with a page view in the window that ends at `instant`."""
        return len(self._roster(instant, {}))

    def shown(self, instant: int, show: Callable[["World", Session, int], tuple[int, _T]]) -> list[_T]:
        """Returns the values that `show` makes of active sessions, latest started first.

        With each value, `show` returns the instant until which it is valid.
        """
        shows: dict[Any, Show] = {show: partial(show, self)}
        return self._roster(instant, shows).shown(show)

    def events(self, instant: int, kinds: Iterable[int] = EVENT_KINDS) -> list[Event]:
        """Returns the newest events of some kinds in the window, newest first."""
        wanted, after = frozenset(kinds), instant - WINDOW
        found: list[Happening] = []
        for minute in range(instant // MINUTE, after // MINUTE - 1, -1):
            happenings = self._happened(minute, wanted)
            first = bisect_right(happenings, after, key=_AT)
            last = bisect_right(happenings, instant, key=_AT)
            found += happenings[max(first, last - FEED_LIMIT + len(found)) : last][::-1]
            if len(found) == FEED_LIMIT:
                break
        return [self._event(happening) for happening in found]

    def payments(self, instant: int) -> list[Payment]:
        """Returns the newest payments of the window, newest first."""
        minutes = range(instant // MINUTE - REACH, instant // MINUTE + 1)
        purchases = [payment for minute in minutes for payment in self._purchases(minute)]
        after = instant - WINDOW
        found = [
            *(payment for payment in purchases if after < payment.at <= instant),
            *self._renewals_within(after, instant),
            *self.recorded(after, instant),
        ]
        return sorted(found, key=_order, reverse=True)[:FEED_LIMIT]

    def payment_id(self, payment: Payment) -> str:
        """Returns the id of a payment's row on the map."""
        if payment.row_id is not None:
            return payment.row_id
        assert payment.session is not None, "only recorded payments have no session, and they have a row's id"
        return self._object_id(payment.session.visit, payment.at, _PAYMENT_ROW)

    def life(self, visitor_id: str, instant: int) -> Life:
        """Returns a visitor's life up to an instant. Raises UnknownVisitorError and BotError."""
        sessions = self.sessions_of(visitor_id, instant)
        if not sessions:
            raise UnknownVisitorError
        payments = [payment for session in sessions for payment in self.payments_of(session, instant)]
        return Life(
            visitor_id,
            instant,
            sessions[0].persona,
            sessions,
            payments,
            goals_reached(sessions, payments, instant),
            self.profile(sessions, instant),
        )

    def sessions_of(self, visitor_id: str, instant: int) -> Sequence[Session]:
        """Returns the sessions of a visitor that have started, oldest first. Raises BotError.

        The list is empty if nobody has the id, or the visitor has not come yet.
        """
        visitor = self.population.visitor_of(visitor_id)
        if visitor is not None and visitor.kind == BOT:
            raise BotError
        visits = self.population.visits_of(visitor, instant) if visitor is not None else []
        return [self.lived(visit) for visit in visits]

    def has_come(self, visitor_id: str, instant: int) -> bool:
        """Returns whether a visitor's first session had started by an instant. Raises BotError."""
        first = self._first_starts.get(visitor_id)
        if first is not None and first <= instant:
            return True
        sessions = self.sessions_of(visitor_id, instant)
        if sessions:
            self._first_starts[visitor_id] = sessions[0].start
        return bool(sessions)

    def likelihood(self, session: Session) -> Likelihood | None:
        """Returns the prediction for a session's visitor; None if the site has no conversion model."""
        if self._predictor is None:
            return None
        return self._predictor.predict(session.persona, session.first_source)

    def session(self, visitor: Visitor, start: int) -> Session:
        """Returns the session of a visitor that started at an instant.

        Raises StopIteration if there is none.
        """
        visits = self.population.visits_of(visitor, start)
        return self.lived(next(visit for visit in reversed(visits) if visit.start == start))

    def click_id(self, life: Life) -> str:
        """Returns the advertisement's click id in the URL of the visitor's first session."""
        visitor = life.sessions[0].visit.visitor
        digest = self._chance.digest(CLICK_ID, *visitor)
        return urlsafe_b64encode(digest[:30]).decode()

    def cast(self, instant: int) -> dict[str, str]:
        """Returns the ids of the members of the cast who are on duty, by role."""
        visitors = self.population.residents.on_duty(instant // MINUTE)
        return {self.site.cast[visitor.number]: self.population.id_of(visitor) for visitor in visitors}

    def sessions_started(self, minute: int) -> list[Session]:
        """Returns the sessions that start in a given minute, latest first."""
        visits = sorted(self.population.visits_started(minute), key=lambda visit: visit.start, reverse=True)
        return [self.sessions.of(visit) for visit in visits]

    def recorded(self, _after: int, _until: int) -> Iterable[Payment]:
        """Returns the payments in (after, until] that were written through the API; here there are none."""
        return ()

    def session_of(self, visit: Visit) -> Session:
        """Returns the session of a visit."""
        return self.sessions.of(visit)

    def profile(self, sessions: Sequence[Session], instant: int) -> Profile | None:
        """Returns the visitor's data from all identifications up to an instant; None if there was none."""
        found = (
            (session, moment.at)
            for session in sessions
            for moment in session.walk.moments
            if moment.kind == IDENTIFY and moment.at <= instant
        )
        session, at = next(found, (None, 0))
        if session is None:
            return None
        persona = session.persona
        metadata = {"name": persona.person.name, "email": persona.email, "company": persona.person.company}
        return Profile(self._object_id(session.visit, at, _PROFILE), persona.user_id, metadata, at)

    def _roster(self, instant: int, shows: Mapping[Any, Show]) -> Roster:
        """Returns the roster with these functions at an instant; a cached one is updated if there is one."""
        known = [one for one in self._rosters if 0 <= instant - one.instant < WINDOW]
        roster = max(known, key=lambda one: one.instant, default=None)
        # The roster is removed from the cache while it changes, so that an interrupted update is never used.
        self._rosters = [one for one in self._rosters if one is not roster][1 - self._most_rosters :]
        if roster is None or not shows.keys() <= roster.shows.keys():
            roster = Roster(self.started, instant, {**(roster.shows if roster else {}), **shows})
        else:
            roster.go_to(instant)
        self._rosters.append(roster)
        return roster

    def _purchases_in(self, minute: int) -> list[Payment]:
        """Returns the purchases of the sessions that started in a given minute."""
        buyers = [session for session in self.started(minute) if session.visit.outcome == PURCHASE]
        return [payment for session in buyers if (payment := self.purchase(session))]

    def purchase(self, session: Session) -> Payment | None:
        """Returns the payment in which a session ends; None if it ends without a payment."""
        return self.ledger.purchase(session) if self.ledger else None

    def _renewals_in(self, minute: int) -> list[Payment]:
        return self.ledger.renewals_in(minute) if self.ledger else []

    def _renewals_within(self, after: int, until: int) -> list[Payment]:
        minutes = range(after // MINUTE, until // MINUTE + 1)
        return [p for minute in minutes for p in self._renewals(minute) if after < p.at <= until]

    def payments_of(self, session: Session, until: int) -> list[Payment]:
        """Returns a session's purchase and its renewals up to an instant, oldest first."""
        purchase = self.ledger.purchase(session) if self.ledger else None
        if self.ledger is None or purchase is None or purchase.at > until:
            return []
        return [purchase, *self.ledger.renewals_of(session, until)]

    def _happened_in(self, minute: int, kinds: frozenset[int]) -> list[Happening]:
        """Returns all events of some kinds in a given minute, oldest first.

        The list is cached, so that a tick only takes the newest events from it.
        """
        begin, end = minute * MINUTE - 1, (minute + 1) * MINUTE - 1
        found = [
            Happening(moment.at, session.visit, moment.kind, session, moment)
            for past in range(LONGEST_SESSION_MINUTES + 2)
            for session in self.started(minute - past)
            for moment in session.happenings(begin, end)
            if moment.kind in kinds
        ]
        if PAYMENT in kinds:
            found += [
                Happening(p.at, p.session.visit, PAYMENT, p.session, None)
                for p in self._renewals(minute)
                if p.session
            ]
        return sorted(found, key=itemgetter(0, 1, 2))

    def _event(self, happening: Happening) -> Event:
        """Returns the event of a happening; it never changes."""
        at, visit, kind, session, _, _ = happening
        event: Event | None = session.kept.get((at, kind))
        if event is None:
            event = session.kept[at, kind] = self._made(happening, self._object_id(visit, at, kind))
        return event

    def _made(self, happening: Happening, object_id: str) -> Event:
        """Makes the event of a happening, with its id."""
        at, _, kind, session, moment, _ = happening
        payment = self.purchase(session) if kind == PAYMENT else None
        customer = session.customer(at)
        return Event(
            at,
            object_id,
            kind,
            session,
            # A renewal happens at the payment provider, and so on no page.
            moment.page.path if moment else None,
            moment.goal if moment else None,
            session.properties_of(moment) if moment else {},
            payment.amount if payment else None,
            customer.name if customer else None,
            self._name_at(session, at),
        )

    def display_name(self, payment: Payment) -> str | None:
        """Returns the name by which the visitor was known at the payment; None if not identified."""
        return None if payment.session is None else self._name_at(payment.session, payment.at)

    def _name_at(self, session: Session, at: int) -> str | None:
        """Returns the name of a session's visitor at an instant; after the session, the name at its end.

        None if the visitor was not identified.
        """
        identity = session.identity(min(at, session.last_view + LINGER))
        return None if identity is None else identity.display_name

    def written_id(self, instant: int, sequence: int, kind: int) -> str:
        """Returns the id of a fact that is written at an instant.

        Like all event ids, it begins with the Unix second.
        """
        digest = self._chance.digest(WRITTEN, instant, sequence, kind)
        return f"{instant // SECOND & 0xFFFFFFFF:08x}{digest[:8].hex()}"

    def _object_id(self, visit: Visit, at: int, kind: int) -> str:
        """Returns 24 hexadecimal digits, the first eight of them the Unix second."""
        visitor = visit.visitor
        digest = self._chance.digest(
            OBJECT_ID, visitor.kind | visit.wave << 3, visitor.minute, visitor.number, at * 8 + kind
        )
        return f"{at // SECOND & 0xFFFFFFFF:08x}{digest[:8].hex()}"


def _order(payment: Payment) -> tuple[int, bool, Any]:
    """Returns the key by which payments are sorted, oldest first."""
    if payment.row_id is not None:
        return payment.at, True, payment.row_id
    return payment.at, False, payment.session and payment.session.visit
