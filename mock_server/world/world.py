"""One website's world at any instant: who is active, what happened, and any visitor's life so far."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from mock_server.chance import CLICK_ID, OBJECT_ID, Chance
from mock_server.instants import MINUTE, SECOND
from mock_server.site import LONGEST_SESSION_MINUTES, Goal, Site, Source
from mock_server.world.money import Ledger, Payment
from mock_server.world.persona import Persona, Personas
from mock_server.world.population import BOT, PURCHASE, Population, Visit
from mock_server.world.prediction import Likelihood, predict
from mock_server.world.sessions import (
    CUSTOM,
    EXTERNAL_LINK,
    IDENTIFY,
    LINGER,
    PAYMENT,
    VIEW,
    Moment,
    Session,
    Sessions,
)

WINDOW = 10 * MINUTE
"""Who viewed a page within this time is active; events and payments are recent within it."""
FEED_LIMIT = 100
"""So many of the newest events and payments are told."""

# A session that started this long ago can still have something in the window.
_REACH = LONGEST_SESSION_MINUTES + WINDOW // MINUTE
_EVENT_KINDS = frozenset({VIEW, CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT})
_PAYMENT_ROW = 7


class UnknownVisitorError(Exception):
    """No page view of such a visitor is known at that instant."""


class BotError(Exception):
    """The visitor is flagged as a bot."""


class Event(NamedTuple):
    """Something that happened; names are those known at that moment, None what is not known or not there."""

    at: int
    object_id: str
    kind: int
    session: Session
    path: str | None
    goal: Goal | None
    amount: float | None
    customer_name: str | None
    display_name: str | None


class Life(NamedTuple):
    """A visitor's life up to an instant: sessions and payments, oldest first."""

    visitor_id: str
    instant: int
    persona: Persona
    sessions: list[Session]
    payments: list[Payment]


class World:
    """A pure function of (seed, site, instant); what it keeps is only what it has computed already."""

    def __init__(self, seed: int, site: Site) -> None:
        """Raises InputError where the site names a place or a system that there is not."""
        self.site = site
        self._chance = Chance(seed, site.website_id)
        self.population = Population(self._chance, site)
        self._sessions = Sessions(self._chance, site, self.population, Personas(self._chance, site))
        self._ledger = Ledger(self._chance, site.money, self._sessions) if site.money else None
        self._started = lru_cache(_REACH + 5)(self._sessions_started)
        self._renewals = lru_cache(2 * WINDOW // MINUTE)(self._renewals_in)
        self.active = lru_cache(8)(self._active)

    def _active(self, instant: int) -> list[Session]:
        """The sessions with a page view in the window that ends at `instant`, latest started first."""
        after = instant - WINDOW
        return [session for session in self._recent_sessions(instant) if session.has_view(after, instant)]

    def events(self, instant: int, kinds: Iterable[int] = _EVENT_KINDS) -> list[Event]:
        """The newest events of the window, newest first."""
        wanted = frozenset(kinds)
        width = WINDOW // 64
        while True:
            found = self._events_within(instant - width, instant, wanted)
            if len(found) >= FEED_LIMIT or width >= WINDOW:
                return sorted(found, key=itemgetter(0, 1), reverse=True)[:FEED_LIMIT]
            width *= 4

    def payments(self, instant: int) -> list[Payment]:
        """The newest payments of the window, newest first."""
        found = self._payments_within(instant - WINDOW, instant)
        return sorted(found, key=lambda payment: (payment.at, payment.session.visit), reverse=True)[
            :FEED_LIMIT
        ]

    def payment_id(self, payment: Payment) -> str:
        """The id of a payment's row."""
        return self._object_id(payment.session.visit, payment.at, _PAYMENT_ROW)

    def life(self, visitor_id: str, instant: int) -> Life:
        """What is known of a visitor. Raises UnknownVisitorError and BotError."""
        visitor = self.population.visitor_of(visitor_id)
        if visitor is not None and visitor.kind == BOT:
            raise BotError
        visits = self.population.visits_of(visitor, instant) if visitor is not None else []
        if not visits:
            raise UnknownVisitorError
        sessions = [self._sessions.of(visit) for visit in visits]
        payments = [payment for session in sessions for payment in self._payments_of(session, instant)]
        return Life(visitor_id, instant, sessions[0].persona, sessions, payments)

    def likelihood(self, session: Session) -> Likelihood | None:
        """The prediction for a session's visitor; None where the site has no conversion model."""
        if self.site.prediction is None:
            return None
        return predict(self.site.prediction, session.persona, self._first_source(session))

    def click_id(self, life: Life) -> str:
        """The advertisement's click id that the first session came with."""
        visitor = life.sessions[0].visit.visitor
        digest = self._chance.digest(CLICK_ID, *visitor)
        return urlsafe_b64encode(digest[:30]).decode()

    def cast(self, instant: int) -> dict[str, str]:
        """The ids of who is always there, by role."""
        visitors = self.population.cast_on(instant // MINUTE)
        return dict(zip(self.site.cast, map(self.population.id_of, visitors), strict=True))

    def _sessions_started(self, minute: int) -> list[Session]:
        visits = sorted(self.population.visits_started(minute), key=lambda visit: visit.start, reverse=True)
        return [self._sessions.of(visit) for visit in visits]

    def _recent_sessions(self, instant: int) -> Iterable[Session]:
        """All sessions that can have something in the window, latest started first."""
        minute = instant // MINUTE
        for past in range(_REACH + 1):
            yield from self._started(minute - past)

    def _first_source(self, session: Session) -> Source:
        return self._sessions.source(session.visit._replace(wave=0))

    def _renewals_in(self, minute: int) -> list[Payment]:
        return self._ledger.renewals_in(minute) if self._ledger else []

    def _renewals_within(self, after: int, until: int) -> list[Payment]:
        minutes = range(after // MINUTE, until // MINUTE + 1)
        return [p for minute in minutes for p in self._renewals(minute) if after < p.at <= until]

    def _payments_within(self, after: int, until: int) -> list[Payment]:
        if self._ledger is None:
            return []
        buyers = (s for s in self._recent_sessions(until) if s.visit.outcome == PURCHASE and s.start <= until)
        purchases = [self._ledger.purchase(session) for session in buyers]
        return [
            *(payment for payment in purchases if payment and after < payment.at <= until),
            *self._renewals_within(after, until),
        ]

    def _payments_of(self, session: Session, until: int) -> list[Payment]:
        """The payments that a session's purchase led to, oldest first."""
        purchase = self._ledger.purchase(session) if self._ledger else None
        if self._ledger is None or purchase is None or purchase.at > until:
            return []
        return [purchase, *self._ledger.renewals_of(session, until)]

    def _events_within(self, after: int, until: int, kinds: frozenset[int]) -> list[Event]:
        found = [
            self._event(session, moment)
            for session in self._recent_sessions(until)
            for moment in session.moments_within(after, until)
            if moment.kind in kinds
        ]
        if PAYMENT in kinds:
            found += [self._renewal_event(payment) for payment in self._renewals_within(after, until)]
        return found

    def _event(self, session: Session, moment: Moment) -> Event:
        payment = self._ledger.purchase(session) if self._ledger and moment.kind == PAYMENT else None
        name = session.persona.person.name
        return Event(
            moment.at,
            self._object_id(session.visit, moment.at, moment.kind),
            moment.kind,
            session,
            moment.page.path,
            moment.goal,
            payment.plan.amount if payment else None,
            name if session.is_customer(moment.at) else None,
            name if session.is_identified(moment.at) else None,
        )

    def _renewal_event(self, payment: Payment) -> Event:
        """A renewal happens on the payment provider's side: on no page."""
        session = payment.session
        return Event(
            payment.at,
            self._object_id(session.visit, payment.at, PAYMENT),
            PAYMENT,
            session,
            None,
            None,
            payment.plan.amount,
            session.persona.person.name,
            self.display_name(payment),
        )

    def display_name(self, payment: Payment) -> str | None:
        """The name by which the visitor was known when they paid; None for who was not identified."""
        session = payment.session
        is_identified = session.is_identified(min(payment.at, session.last_view + LINGER))
        return session.persona.person.name if is_identified else None

    def _object_id(self, visit: Visit, at: int, kind: int) -> str:
        """24 hexadecimal digits, the first eight of them the Unix second."""
        visitor = visit.visitor
        digest = self._chance.digest(
            OBJECT_ID, visitor.kind | visit.wave << 3, visitor.minute, visitor.number, at * 8 + kind
        )
        return f"{at // SECOND & 0xFFFFFFFF:08x}{digest[:8].hex()}"
