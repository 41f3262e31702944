"""The world of one website with the facts that were written through the API."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from operator import attrgetter

from mock_server.instants import MINUTE
from mock_server.world.amended_session import NOTHING_WRITTEN, AmendedSession, Written, is_payment
from mock_server.world.events import Event, Happening
from mock_server.world.facts import (
    Changes,
    GoalReached,
    Happened,
    PaymentMade,
    Profile,
    instant_of,
    profile_at,
)
from mock_server.world.life import MANUAL, PAYMENT_PROVIDER, BotError, Life, ReachedGoal
from mock_server.world.money import Payment
from mock_server.world.sessions import Session
from mock_server.world.site import Goal
from mock_server.world.visited import VisitedSession, visited_sessions
from mock_server.world.visits import WRITTEN, Visit, Visitor
from mock_server.world.walk import CUSTOM, IDENTIFY, PAYMENT
from mock_server.world.world import FEED_LIMIT, World

_FREE_TRIAL = "free_trial"
_NO_EVENT = -1


class AmendedWorld(World):
    """A world changed by facts that were written through the API.

    Only the sessions of visitors whom the facts concern are made again; the plain world provides the others.

    The world is valid for all instants at which the facts cause these `changes`.
    """

    def __init__(self, plain: World, changes: Changes) -> None:
        """`plain` is the same world without the facts."""
        super().__init__(plain.seed, plain.site, plain.parts)
        self.changes = changes
        self._plain = plain
        self._written: dict[str, Written] = {}
        for goal in changes.goals:
            self._about(goal.visitor_id).goals.append(goal)
        for payment in changes.payments:
            if payment.visitor_id is not None:
                self._about(payment.visitor_id).payments.append(payment)
        for visitor_id, identified in changes.identified.items():
            self._about(visitor_id).identified = identified
        removals = [*changes.goals_removed, *changes.payments_removed]
        self._concerned = {*self._written, *(one.visitor_id for one in removals)}
        # A removal without a visitor concerns everybody.
        self._concerns_all = None in self._concerned
        self._recorded = lru_cache(1024)(self._payment)
        self._by_minute: dict[int, list[Happened]] = {}
        self._visited: dict[str, list[Session]] = {
            visitor_id: [
                self._amended(session)
                for session in visited_sessions(
                    plain.sessions, number, views, changes.links.get(visitor_id, ())
                )
            ]
            for number, (visitor_id, views) in enumerate(changes.views.items())
        }
        self._started: dict[int, list[Session]] = {}
        for session in chain.from_iterable(self._visited.values()):
            self._started.setdefault(session.start // MINUTE, []).append(session)
        for fact in changes.happened:
            self._by_minute.setdefault(instant_of(fact) // MINUTE, []).append(fact)

    def sessions_started(self, minute: int) -> list[Session]:
        """Returns the sessions that start in a given minute, latest first."""
        sessions = [self._amended(session) for session in self._plain.started(minute)]
        visited = self._started.get(minute, ())
        return sorted([*sessions, *visited], key=lambda one: one.start, reverse=True)

    def sessions_of(self, visitor_id: str, instant: int) -> Sequence[Session]:
        """Returns the sessions of a visitor that have started, oldest first. Raises BotError."""
        visited = self._visited.get(visitor_id)
        if visited is None:
            return super().sessions_of(visitor_id, instant)
        return [session for session in visited if session.start <= instant]

    def session(self, visitor: Visitor, start: int) -> Session:
        """Returns the session of a visitor that started at an instant.

        Raises StopIteration if there is none.
        """
        if visitor.kind != WRITTEN:
            return super().session(visitor, start)
        started = self._started.get(start // MINUTE, ())
        return next(one for one in started if one.start == start and one.visit.visitor == visitor)

    def plain_purchase(self, session: "AmendedSession") -> Payment | None:
        """Returns the world's own payment in a session; None if there is none, or it was removed."""
        payment = self._plain.purchase(session.plain)
        return None if payment is None or self._is_removed(payment) else payment

    def has_plain_payment(self, session: "AmendedSession", instant: int) -> bool:
        """Returns whether a customer of the plain world has made a payment that was not removed.

        Only payments up to `instant` count. `session` is any session of the visitor.
        """
        if not self.changes.payments_removed:
            return True
        return any(
            not self._is_removed(payment)
            for one in self._plain.sessions_of(session.visitor_id, instant)
            for payment in self._plain.payments_of(one, instant)
        )

    def payments_of(self, session: Session, until: int) -> list[Payment]:
        """Returns a session's purchase and its renewals up to an instant, oldest first."""
        if not isinstance(session, AmendedSession):
            return super().payments_of(session, until)
        plain = self._plain.payments_of(session.plain, until)
        return [self._attributed(one, session) for one in plain if not self._is_removed(one)]

    def purchase(self, session: Session) -> Payment | None:
        """Returns the payment in which a session ends; None if it ends without a payment."""
        if not isinstance(session, AmendedSession):
            return super().purchase(session)
        payment = self.plain_purchase(session)
        return None if payment is None else self._attributed(payment, session)

    def session_of(self, visit: Visit) -> Session:
        """Returns the session of a visit."""
        return self._amended(self._plain.lived(visit))

    def recorded(self, after: int, until: int) -> Iterable[Payment]:
        """Returns the payments in (after, until] that were written through the API, for the map."""
        payments = self.changes.payments
        first, last = (bisect_right(payments, instant, key=attrgetter("at")) for instant in (after, until))
        return [self._recorded(payment) for payment in payments[first:last] if is_payment(payment)]

    def profile(self, sessions: Sequence[Session], instant: int) -> Profile | None:
        """Returns the visitor's data from all identifications up to an instant, the world's own included."""
        first = sessions[0]
        plain = super().profile(sessions, instant)
        if not isinstance(first, AmendedSession):
            return plain
        return profile_at(first.written.identified, instant, plain)

    def profile_of(self, session: AmendedSession, instant: int) -> Profile | None:
        """Returns the profile of a session's visitor at an instant."""
        sessions = self.sessions_of(session.visitor_id, max(instant, session.start))
        return self.profile(sessions, instant)

    def click_id(self, life: Life) -> str:
        """Returns the advertisement's click id in the URL of the visitor's first session."""
        first = life.sessions[0]
        visited = first.plain if isinstance(first, AmendedSession) else first
        sent = visited.click_id if isinstance(visited, VisitedSession) else None
        return sent or super().click_id(life)

    def life(self, visitor_id: str, instant: int) -> Life:
        """Returns a visitor's life up to an instant. Raises UnknownVisitorError and BotError."""
        life = super().life(visitor_id, instant)
        written = self._written.get(visitor_id, NOTHING_WRITTEN)
        paid = [self._recorded(one) for one in written.payments if is_payment(one) and one.at <= instant]
        goals = [goal for goal in _goals_of(written) if goal.at <= instant]
        return life._replace(
            payments=sorted([*life.payments, *paid], key=lambda payment: payment.at),
            goals=sorted([*life.goals, *goals], key=lambda goal: (goal.at, goal.name)),
        )

    def _about(self, visitor_id: str) -> Written:
        return self._written.setdefault(visitor_id, Written())

    def _amended(self, session: Session) -> Session:
        if not self._concerns_all and session.visitor_id not in self._concerned:
            return session
        return AmendedSession(self, session, self._written.get(session.visitor_id, NOTHING_WRITTEN))

    def _is_removed(self, payment: Payment) -> bool:
        """Returns whether a payment of the world itself was removed."""
        assert payment.session is not None, "the world's own payments are made in sessions"
        visitor_id = payment.session.visitor_id
        return any(
            one.takes(visitor_id, one.transaction_id and self.payment_id(payment), payment.at)
            for one in self.changes.payments_removed
        )

    def _attributed(self, payment: Payment, session: AmendedSession) -> Payment:
        """Returns a payment of the world itself, whose session is replaced by the one with facts."""
        is_new = not payment.is_renewal and not session.is_customer(payment.at - 1)
        return payment._replace(session=session, is_new=is_new)

    def _renewals_in(self, minute: int) -> list[Payment]:
        """Returns the renewals of a minute that were not removed."""
        found = []
        for payment in super()._renewals_in(minute):
            session = payment.session and self._amended(payment.session)
            if not isinstance(session, AmendedSession):
                found.append(payment)
            elif not self._is_removed(payment):
                found.append(self._attributed(payment, session))
        return found

    def _happened_in(self, minute: int, kinds: frozenset[int]) -> list[Happening]:
        """Returns all events of some kinds in a given minute, oldest first."""
        facts = [fact for fact in self._by_minute.get(minute, ()) if _kind(fact) in kinds]
        written = [
            Happening(instant_of(fact), session.visit, _kind(fact), session, None, fact)
            # No answer contains more events than these.
            for fact in facts[-FEED_LIMIT:]
            if (session := self._session_at(fact))
        ]
        if not written:
            return super()._happened_in(minute, kinds)
        # Among events of the same instant, written ones come last, in the order in which they were written.
        return sorted([*super()._happened_in(minute, kinds), *written], key=attrgetter("at"))

    def _event(self, happening: Happening) -> Event:
        """Returns the event of a happening; it never changes."""
        at, _, kind, session, moment, fact = happening
        if not isinstance(fact, Happened):
            visited = session.plain if isinstance(session, AmendedSession) else session
            if isinstance(visited, VisitedSession) and moment is not None:
                return self._made(happening, visited.event_id_of(moment))
            return super()._event(happening)
        customer, identity = session.customer(at), session.identity(at)
        goal = None
        if isinstance(fact, GoalReached):
            goal = Goal(name=fact.name, chance=1, description=fact.description)
        return Event(
            at,
            fact.event_id,
            kind,
            session,
            None if fact.is_server else session.walk.pages[max(session.views_until(at) - 1, 0)].path,
            goal,
            fact.properties if isinstance(fact, GoalReached) else {},
            fact.amount if isinstance(fact, PaymentMade) else None,
            customer and customer.name,
            identity and identity.display_name,
        )

    def _session_at(self, fact: Happened) -> Session | None:
        """Returns the visitor's latest session that had begun by the time of a fact, or else the first.

        Returns None for a bot, and for an unknown visitor.
        """
        if fact.visitor_id is None:
            return None
        visited = self._visited.get(fact.visitor_id)
        try:
            sessions = self.sessions_of(fact.visitor_id, fact.written) if visited is None else visited
        except BotError:
            return None
        begun = [session for session in sessions if session.start <= instant_of(fact)] or sessions[:1]
        return begun[-1] if begun else None

    def _payment(self, fact: PaymentMade) -> Payment:
        """Returns a payment that was written through the API."""
        session = self._session_at(fact)
        customer = None if session is None else session.customer(fact.at)
        is_again = fact.is_renewal or (session is not None and self._has_paid_before(fact, session))
        return Payment(
            fact.at,
            session,
            fact.amount,
            fact.currency,
            _goal_name(fact),
            fact.is_renewal,
            not is_again,
            fact.name or (customer and customer.name),
            fact.email or (customer and customer.email),
            _row_id(fact),
        )

    def _has_paid_before(self, fact: PaymentMade, session: Session) -> bool:
        """Returns whether a session's visitor made another payment before a written payment."""
        if session.is_customer(fact.at - 1):
            return True
        # If several payments have the same instant, the one that was written first counts as the first.
        others = self._written[session.visitor_id].payments
        return next(one for one in others if one.at == fact.at and is_payment(one)) is not fact


def _kind(fact: Happened) -> int:
    """Returns the kind of event of a fact; _NO_EVENT for a refund or a free trial."""
    if isinstance(fact, PaymentMade):
        return PAYMENT if is_payment(fact) else _NO_EVENT
    return CUSTOM if isinstance(fact, GoalReached) else IDENTIFY


def _goal_name(fact: PaymentMade) -> str:
    return _FREE_TRIAL if fact.is_free_trial else "renewal" if fact.is_renewal else "payment"


def _goals_of(written: Written) -> Iterator[ReachedGoal]:
    """Yields the written goals of a visitor, including the goals for payments."""
    for goal in written.goals:
        yield ReachedGoal(goal.written, goal.name, MANUAL, "custom", goal.description, goal.is_server)
    for payment in written.payments:
        if not payment.is_refunded:
            kind = (
                _FREE_TRIAL
                if payment.is_free_trial
                else "subscription_lifecycle"
                if payment.is_renewal
                else "payment"
            )
            yield ReachedGoal(payment.at, _goal_name(payment), PAYMENT_PROVIDER, kind)


def _row_id(fact: PaymentMade) -> str:
    """Returns the id of a payment's row on the map, which differs from the id of the payment's event."""
    digest = blake2b(fact.event_id.encode(), digest_size=8, person=b"row").hexdigest()
    return fact.event_id[:8] + digest
