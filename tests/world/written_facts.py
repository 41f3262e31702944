"""Facts about a visitor of `demo`, and what the map and the profile then show."""

from itertools import count
from typing import Any

from mock_server.contract.document import REVISION_2026_02
from mock_server.instants import DOCUMENTED, SECOND, instant_of
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import Fact, GoalReached, Identified, PaymentMade, changes_at
from mock_server.world.world import World
from tests.world.test_world import asking, world

Json = Any
NOW = instant_of(DOCUMENTED)
DEMO = world(42, "demo")
CAST = DEMO.cast(NOW)
VISITOR = CAST["anonymous"]


def amended(plain: World, facts: tuple[Fact, ...], instant: int) -> World:
    changes = changes_at(facts, instant)
    return AmendedWorld(plain, changes) if changes else plain


def map_of(one: World, instant: int = NOW, revision: str = REVISION_2026_02) -> Json:
    return asking(one, instant, revision)("/analytics/realtime/map")


def profile_of(one: World, visitor_id: str = VISITOR, instant: int = NOW) -> Json:
    return asking(one, instant, REVISION_2026_02)(f"/visitors/{visitor_id}")


def shown(one: World, visitor_id: str = VISITOR) -> Json:
    return next(v for v in map_of(one)["visitors"] if v["visitorId"] == visitor_id)


def demo(*facts: Fact) -> World:
    return amended(DEMO, facts, NOW)


def goal(name: str = "mock_goal", written: int = NOW, **more: Any) -> GoalReached:
    usual = {"event_id": event_id(written), "visitor_id": VISITOR}
    return GoalReached(**{"written": written, "name": name, **usual, **more})


def payment(transaction: str = "one", written: int = NOW, **more: Any) -> PaymentMade:
    usual = {"at": written, "amount": 49.0, "currency": "USD", "visitor_id": VISITOR}
    return PaymentMade(
        **{"written": written, "event_id": event_id(written), "transaction_id": transaction, **usual, **more}
    )


def identified(written: int = NOW, **more: Any) -> Identified:
    usual = {"profile_id": "d" * 24, "visitor_id": VISITOR, "user_id": "user-1"}
    return Identified(**{"written": written, "event_id": event_id(written), **usual, **more})


NUMBERS = count(1)


def event_id(at: int = NOW) -> str:
    """Returns a new event id, whose time is the instant `at`."""
    return f"{at // SECOND:08x}{next(NUMBERS):016x}"
