"""The events of a website, and what causes each of them."""

from collections.abc import Mapping
from typing import NamedTuple

from mock_server.world.facts import Fact
from mock_server.world.sessions import Session
from mock_server.world.site import Goal
from mock_server.world.visits import Visit
from mock_server.world.walk import CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT, VIEW, Moment

EVENT_KINDS = frozenset({VIEW, CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT})
"""The kinds of events that answers contain."""


class Event(NamedTuple):
    """An event as answers contain it.

    Names are the ones that were known at its instant; an unknown or missing part is None.
    """

    at: int
    object_id: str
    kind: int
    session: Session
    path: str | None
    goal: Goal | None
    properties: Mapping[str, str]
    amount: float | None
    customer_name: str | None
    display_name: str | None


class Happening(NamedTuple):
    """The cause of an event: a moment of a session, a written fact or, if both are None, a renewal.

    Happenings are sorted by time, then in a fixed order.
    """

    at: int
    visit: Visit
    kind: int
    session: Session
    moment: Moment | None
    fact: Fact | None = None
