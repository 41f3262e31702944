"""The life of a visitor up to an instant, with the goals that the visitor has reached."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mock_server.world.facts import Profile
from mock_server.world.money import Payment
from mock_server.world.persona import Persona
from mock_server.world.sessions import Session
from mock_server.world.walk import CUSTOM

MANUAL, PAYMENT_PROVIDER = "manual", "payment_provider"
"""The origins of goals."""


class UnknownVisitorError(Exception):
    """An error for a visitor of whom no page view is known at that instant."""


class BotError(Exception):
    """An error for a visitor who is flagged as a bot."""


class ReachedGoal(NamedTuple):
    """A goal that a visitor reached at an instant.

    `origin` distinguishes payments from custom goals. `is_server` says whether a server sent it.
    """

    at: int
    name: str
    origin: str
    type: str
    description: str | None = None
    is_server: bool = False


class Life(NamedTuple):
    """A visitor's life up to an instant: sessions, payments and goals, oldest first.

    `profile` is None for a visitor who was never identified.
    """

    visitor_id: str
    instant: int
    persona: Persona
    sessions: Sequence[Session]
    payments: list[Payment]
    goals: list[ReachedGoal]
    profile: Profile | None


def goals_reached(
    sessions: Iterable[Session], payments: Iterable[Payment], instant: int
) -> list[ReachedGoal]:
    """Returns custom goals and payments up to an instant, sorted by time."""
    custom = [
        ReachedGoal(moment.at, moment.goal.name, MANUAL, "custom", moment.goal.description)
        for session in sessions
        for moment in session.walk.moments
        if moment.kind == CUSTOM and moment.at <= instant and moment.goal
    ]
    paid = [
        ReachedGoal(
            payment.at,
            payment.goal,
            PAYMENT_PROVIDER,
            "subscription_lifecycle" if payment.is_renewal else "payment",
        )
        for payment in payments
    ]
    return sorted([*custom, *paid], key=lambda goal: (goal.at, goal.name))
