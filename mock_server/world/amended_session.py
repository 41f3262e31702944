"""The sessions of visitors about whom there are facts that were written through the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from mock_server.world.facts import Changes, GoalReached, Identified, PaymentMade, Profile
from mock_server.world.money import Payment
from mock_server.world.persona import Persona
from mock_server.world.sessions import Customer, Identity, Session
from mock_server.world.site import Page, Source
from mock_server.world.visits import Past
from mock_server.world.walk import CUSTOM, PAYMENT, Walk


@dataclass(slots=True)
class Written:
    """The facts about one visitor; `payments` include refunds and free trials."""

    goals: list[GoalReached] = field(default_factory=list)
    payments: list[PaymentMade] = field(default_factory=list)
    identified: Sequence[Identified] = ()


NOTHING_WRITTEN = Written()


class Amending(Protocol):
    """The parts of a world with facts that its sessions need."""

    changes: Changes

    def plain_purchase(self, session: "AmendedSession") -> Payment | None:
        """Returns the world's own payment in a session; None if there is none, or it was removed."""

    def has_plain_payment(self, session: "AmendedSession", instant: int) -> bool:
        """Returns whether the visitor has made a payment of the plain world that was not removed."""

    def profile_of(self, session: "AmendedSession", instant: int) -> Profile | None:
        """Returns the profile of a session's visitor at an instant."""


class AmendedSession(Session):
    """A session of a visitor about whom there are facts."""

    def __init__(self, world: Amending, plain: Session, written: Written) -> None:
        """`plain` is the same session without the facts."""
        super().__init__(plain._sessions, plain.visit)
        self.plain = plain
        self.written = written
        self._world = world

    @cached_property
    def visitor_id(self) -> str:
        """The visitor's UUID."""
        return self.plain.visitor_id

    @cached_property
    def persona(self) -> Persona:
        """The persona of the visitor."""
        return self.plain.persona

    @cached_property
    def past(self) -> Past:
        """The visitor's earlier visits and payments, without the facts."""
        return self.plain.past

    @cached_property
    def source(self) -> Source:
        """The source of this session."""
        return self.plain.source

    def address_of(self, page: Page) -> str:
        """Returns the hostname and the path of a page of this session."""
        return self.plain.address_of(page)

    @cached_property
    def first_source(self) -> Source:
        """The source of the visitor's first session."""
        return self.plain.first_source

    @cached_property
    def walk(self) -> Walk:
        """The course of this session, without goals and payments that were removed."""
        walk = self.plain.walk
        removed = self._world.changes.goals_removed
        moments = [
            moment
            for moment in walk.moments
            if not (
                moment.kind == CUSTOM
                and moment.goal
                and any(one.takes(self.visitor_id, moment.goal.name, moment.at) for one in removed)
            )
        ]
        if walk.paid_at is None or self._world.plain_purchase(self):
            return walk._replace(moments=moments)
        moments = [moment for moment in moments if moment.kind != PAYMENT]
        return walk._replace(moments=moments, paid_at=None)

    def is_customer(self, instant: int) -> bool:
        """Returns whether the visitor has paid at or before an instant of this session."""
        if any(paid.at <= instant and is_payment(paid) for paid in self.written.payments):
            return True
        return self.plain.is_customer(instant) and self._world.has_plain_payment(self, instant)

    def is_identified(self, instant: int) -> bool:
        """Returns whether the visitor was identified at or before an instant of this session."""
        return self.plain.is_identified(instant) or any(
            fact.written <= instant for fact in self.written.identified
        )

    def identity(self, instant: int) -> Identity | None:
        """Returns the visitor's identity at an instant of this session; None if not identified."""
        if not self.written.identified:
            return self.plain.identity(instant)
        profile = self._world.profile_of(self, instant)
        if profile is None:
            return None
        known = profile.metadata
        name = _first_text((known.get("name"), known.get("email")), profile.user_id)
        return Identity(name, profile.user_id)

    def customer(self, instant: int) -> Customer | None:
        """Returns the visitor as a customer at an instant of this session; None if nothing was paid."""
        if not self.is_customer(instant):
            return None
        paid = [payment for payment in reversed(self.written.payments) if payment.at <= instant]
        profile = self._world.profile_of(self, instant) if self.written.identified else None
        known = profile.metadata if profile else {}
        return Customer(
            _first_text((*(payment.name for payment in paid), known.get("name")), self.persona.person.name),
            _first_text((*(payment.email for payment in paid), known.get("email")), self.persona.email),
        )


def is_payment(fact: PaymentMade) -> bool:
    """Returns whether a fact is a payment of money, and not a refund or a free trial."""
    return not fact.is_refunded and not fact.is_free_trial


def _first_text(values: Iterable[Any], other: str) -> str:
    """Returns the first value that is a text and not empty; if there is none, `other`."""
    return next((value for value in values if isinstance(value, str) and value), other)
