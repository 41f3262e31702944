"""A recount of the sessions and facts of a world, one by one."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.instants import MINUTE
from mock_server.world.currencies import convert
from mock_server.world.facts import PaymentMade
from mock_server.world.past.table import SETTLING_MINUTES
from mock_server.world.sessions import Session
from mock_server.world.walk import CUSTOM
from tests.sites import SITES
from tests.world.amended_cases import OWN, Case, amended


class Completion(NamedTuple):
    """A custom goal that a visitor reached, in one of their sessions."""

    session: Session
    at: int
    name: str
    properties: dict[str, str]


class Charge(NamedTuple):
    """A payment, or a refund with a negative `amount`, in minor units.

    `session` is None if the payment belongs to no visitor.
    """

    session: Session | None
    at: int
    amount: int
    is_renewal: bool
    is_refund: bool


def sessions_between(case: Case, begin: int, end: int) -> list[Session]:
    minutes = range(begin // MINUTE, end // MINUTE + 1)
    started = [session for minute in minutes for session in case.plain.sessions_started(minute)]
    started += own_sessions(case)
    return [session for session in started if begin <= session.start < min(end, case.asked.instant + 1)]


def own_sessions(case: Case) -> list[Session]:
    """Returns the sessions of the visitors who are known from page views."""
    one = amended(case)
    return [session for visitor_id in OWN for session in one.sessions_of(visitor_id, case.asked.instant)]


def session_of(case: Case, visitor_id: str | None, at: int, written: int) -> Session | None:
    if visitor_id in OWN:
        own = [session for session in own_sessions(case) if session.visitor_id == visitor_id]
        return max((s for s in own if s.start <= at), key=lambda s: s.start, default=own[0] if own else None)
    visitor = visitor_id and case.plain.population.visitor_of(visitor_id)
    visits = case.plain.population.visits_of(visitor, written) if visitor else []
    begun = [visit for visit in visits if visit.start <= at] or visits[:1]
    return case.plain.sessions.of(begun[-1]) if begun else None


def completions_in(case: Case, sessions: Iterable[Session]) -> Iterator[Completion]:
    """Yields the goals of some sessions up to the instant of the question."""
    changes = case.changes
    sessions = list(sessions)
    for session in sessions:
        for moment in session.walk.moments:
            if moment.kind == CUSTOM and moment.goal and moment.at <= case.asked.instant:
                name = moment.goal.name
                if not any(r.takes(session.visitor_id, name, moment.at) for r in changes.goals_removed):
                    yield Completion(session, moment.at, name, session.properties_of(moment))
    starts = {session.visit for session in sessions}
    for goal in changes.goals:
        found = session_of(case, goal.visitor_id, goal.written, goal.written)
        if found and found.visit in starts:
            yield Completion(found, goal.written, goal.name, dict(goal.properties))


def completions_of_period(case: Case) -> list[Completion]:
    asked = case.asked
    near = sessions_between(case, asked.begin - SETTLING_MINUTES * MINUTE, asked.end)
    others = {
        found.visit: found
        for goal in case.changes.goals
        if (found := session_of(case, goal.visitor_id, goal.written, goal.written))
    }
    every = {session.visit: session for session in near} | others
    return [one for one in completions_in(case, every.values()) if asked.begin <= one.at < asked.end]


def charges_of_period(case: Case) -> list[Charge]:
    asked, changes, ledger = case.asked, case.changes, case.plain.ledger
    found = []
    if ledger:
        money = SITES[asked.site].money
        assert money is not None
        near = sessions_between(case, asked.begin - SETTLING_MINUTES * MINUTE, asked.end)
        purchases = [payment for session in near if (payment := ledger.purchase(session))]
        minutes = range(asked.begin // MINUTE, asked.end // MINUTE + 1)
        renewals = [payment for minute in minutes for payment in ledger.renewals_in(minute)]
        for payment in (*purchases, *renewals):
            assert payment.session is not None
            row, who = case.plain.payment_id(payment), payment.session.visitor_id
            if not any(r.takes(who, r.transaction_id and row, payment.at) for r in changes.payments_removed):
                amount = round(payment.amount * 10**money.decimals)
                found.append(Charge(payment.session, payment.at, amount, payment.is_renewal, is_refund=False))
    for fact in changes.payments:
        if not fact.is_free_trial:
            session = session_of(case, fact.visitor_id, fact.at, fact.written)
            amount = minor(case, fact)
            is_renewal = fact.is_renewal and not fact.is_refunded
            signed = -amount if fact.is_refunded else amount
            found.append(Charge(session, fact.at, signed, is_renewal, fact.is_refunded))
    return [one for one in found if asked.begin <= one.at < min(asked.end, asked.instant + 1)]


def minor(case: Case, fact: PaymentMade) -> int:
    money = SITES[case.asked.site].money
    amount = convert(fact.amount, fact.currency, money)
    in_minor: int = round(amount * 10 ** (money.decimals if money else 2))
    return in_minor
