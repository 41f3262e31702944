"""What goals, payments and identifications change for the visitors whom they are about."""

from collections.abc import Callable

from mock_server.instants import HOUR, MINUTE, SECOND, iso_of
from mock_server.world.facts import GoalsRemoved, PaymentsRemoved
from mock_server.world.world import World
from tests.world.test_world import world
from tests.world.written_facts import (
    CAST,
    DEMO,
    NOW,
    VISITOR,
    Json,
    amended,
    demo,
    goal,
    identified,
    map_of,
    payment,
    profile_of,
    shown,
)


def test_a_goal_is_in_the_feed_and_in_the_timeline() -> None:
    written = goal(description="Asked for a demo", properties={"plan": "pro"})
    one = demo(written)

    event = map_of(one)["recentEvents"][0]
    activity = profile_of(one)["activity"]

    assert (event["type"], event["visitorId"], event["_id"]) == (
        "custom",
        VISITOR,
        written.event_id,
    )
    assert event["extraData"] == {"eventName": "mock_goal", "plan": "pro"}
    assert (event["path"], event["timestamp"]) == (None, iso_of(NOW))
    assert activity["completedGoals"][-1] == {
        "name": "mock_goal",
        "origin": "manual",
        "type": "custom",
        "timestamp": iso_of(NOW),
    }
    assert activity["completedCustomGoals"][-1] == {
        "name": "mock_goal",
        "description": "Asked for a demo",
        "isServer": True,
        "timestamp": iso_of(NOW),
    }


def goals_of(one: World, visitor_id: str) -> list[str]:
    return [goal["name"] for goal in profile_of(one, visitor_id)["activity"]["completedGoals"]]


def somebody(has: Callable[[Json], bool], site: str = "demo") -> str:
    """Returns the id of an active visitor with a profile that meets a condition."""
    one = world(42, site)
    for visitor in map_of(one)["visitors"]:
        if has(profile_of(one, visitor["visitorId"])):
            return str(visitor["visitorId"])
    raise AssertionError("nobody is like that at this instant")


def test_goals_of_the_world_itself_are_removed_too() -> None:
    customer = CAST["customer"]
    manual = [
        goal["name"]
        for goal in profile_of(DEMO, customer)["activity"]["completedGoals"]
        if goal["origin"] == "manual"
    ]
    assert manual

    one = demo(GoalsRemoved(written=NOW, visitor_id=customer, name=manual[0]))

    assert manual[0] not in goals_of(one, customer)
    assert len(goals_of(one, customer)) < len(goals_of(DEMO, customer))
    assert [goal for goal in goals_of(demo(GoalsRemoved(written=NOW)), customer) if goal in manual] == []


def test_a_removal_of_goals_leaves_payments_and_external_links() -> None:
    one = demo(GoalsRemoved(written=NOW))
    before, after = map_of(DEMO), map_of(one)

    assert after["recentPayments"] == before["recentPayments"]
    assert not [event for event in after["recentEvents"] if event["type"] == "custom"]
    assert after["count"] == before["count"]


def test_a_removal_takes_only_what_lies_in_its_range() -> None:
    early, late = goal("early", NOW - 2 * MINUTE), goal("late", NOW - MINUTE)
    between = NOW - 90 * SECOND

    assert goals_of(demo(early, late, GoalsRemoved(written=NOW, end=between)), VISITOR)[-1:] == ["late"]
    assert "late" not in goals_of(demo(early, late, GoalsRemoved(written=NOW, begin=between)), VISITOR)


def test_a_goal_that_is_written_after_a_removal_stays() -> None:
    assert "mock_goal" in goals_of(demo(GoalsRemoved(written=NOW - SECOND), goal()), VISITOR)
    assert "mock_goal" in goals_of(
        demo(goal(written=NOW - SECOND), GoalsRemoved(written=NOW - MINUTE)), VISITOR
    )
    assert "mock_goal" not in goals_of(demo(goal(), GoalsRemoved(written=NOW)), VISITOR)


def test_a_payment_makes_a_customer() -> None:
    one = demo(payment(email="jane@example.com", name="Jane Doe"))

    row, event, visitor = map_of(one)["recentPayments"][0], map_of(one)["recentEvents"][0], shown(one)
    profile = profile_of(one)

    assert (row["amount"], row["currency"], row["isNew"], row["renewal"]) == (49, "USD", True, False)
    assert (row["name"], row["email"]) == ("Jane Doe", "jane@example.com")
    assert (event["type"], event["amount"], event["customerName"]) == ("payment", 49, "Jane Doe")
    assert visitor["isCustomer"]
    assert (visitor["customerName"], visitor["customerEmail"]) == ("Jane Doe", "jane@example.com")
    assert visitor["conversionLikelihood"]["score"] == 100
    assert profile["prediction"] is None
    assert profile["activity"]["completedGoals"][-1]["origin"] == "payment_provider"


def test_the_second_payment_is_not_new() -> None:
    rows = map_of(demo(payment("one", NOW - SECOND), payment("two"), payment("three")))["recentPayments"]

    assert sorted(row["isNew"] for row in rows[:3]) == [False, False, True]
    assert rows[2]["isNew"]
    rows = map_of(demo(payment("one"), payment("two")))["recentPayments"]
    assert sorted(row["isNew"] for row in rows[:2]) == [False, True]


def test_a_payment_in_the_past_is_in_the_timeline_but_not_in_the_feed() -> None:
    one = demo(payment(at=NOW - HOUR))

    assert map_of(one)["recentPayments"] == map_of(DEMO)["recentPayments"]
    assert iso_of(NOW - HOUR) in [g["timestamp"] for g in profile_of(one)["activity"]["completedGoals"]]
    assert shown(one)["isCustomer"]


def test_a_payment_of_nobody_is_a_row_and_no_event() -> None:
    one = demo(
        payment(visitor_id=None, email="jane@example.com"),
        payment("two", visitor_id="00000000-0000-4000-8000-000000000000"),
    )

    rows = map_of(one)["recentPayments"][:2]
    assert [row["name"] for row in rows] == [None, None]
    assert {row["email"] for row in rows} == {None, "jane@example.com"}
    assert map_of(one)["recentEvents"] == map_of(DEMO)["recentEvents"]
    assert map_of(one)["visitors"] == map_of(DEMO)["visitors"]


def test_a_free_trial_is_a_goal_and_no_payment() -> None:
    one = demo(payment(amount=0.0, is_free_trial=True))

    assert profile_of(one)["activity"]["completedGoals"][-1]["type"] == "free_trial"
    assert not shown(one)["isCustomer"]
    assert map_of(one)["recentPayments"] == map_of(DEMO)["recentPayments"]
    assert profile_of(one)["prediction"] is not None


def test_who_gets_money_back_stays_a_customer() -> None:
    one = demo(payment(), payment(is_refunded=True))

    assert shown(one)["isCustomer"]
    assert len(map_of(one)["recentPayments"]) == len(map_of(DEMO)["recentPayments"]) + 1


def test_a_refund_alone_makes_no_customer() -> None:
    one = demo(payment(is_refunded=True))

    assert not shown(one)["isCustomer"]
    assert profile_of(one)["prediction"] is not None
    [row] = map_of(demo(payment(is_refunded=True, written=NOW - SECOND), payment()))["recentPayments"][:1]
    assert row["isNew"]


def test_a_transaction_is_one_payment_however_often_it_is_written() -> None:
    first = payment()

    assert map_of(demo(first, payment(amount=7.0))) == map_of(demo(first))


def test_a_customer_of_the_world_itself_is_none_without_payments() -> None:
    customer = CAST["customer"]
    one = demo(PaymentsRemoved(written=NOW, visitor_id=customer))

    assert shown(DEMO, customer)["isCustomer"]
    assert not shown(one, customer)["isCustomer"]
    profile = profile_of(one, customer)
    assert {goal["origin"] for goal in profile["activity"]["completedGoals"]} <= {"manual"}
    assert profile["prediction"] is not None


def test_a_row_of_the_map_can_be_removed_by_its_id() -> None:
    instant = next(at for at in range(NOW, NOW + 400 * HOUR, 10 * MINUTE) if len(DEMO.payments(at)) > 1)
    row, *others = map_of(DEMO, instant)["recentPayments"]

    one = amended(DEMO, (PaymentsRemoved(written=instant, transaction_id=row["_id"]),), instant)

    assert map_of(one, instant)["recentPayments"] == others


def test_an_identification_is_the_profile() -> None:
    one = demo(
        identified(NOW - SECOND, metadata={"plan": "free", "name": "Jane"}),
        identified(NOW, user_id="user-2", metadata={"plan": "pro"}),
    )

    assert profile_of(one)["profile"] == {
        "userId": "user-2",
        "metadata": {"plan": "pro", "name": "Jane"},
        "identifiedAt": iso_of(NOW - SECOND),
    }
    assert shown(one)["profileData"] == {
        "displayName": "Jane",
        "userId": "user-2",
        "hasProfile": True,
        "isRandomName": False,
    }
    assert [event["type"] for event in map_of(one)["recentEvents"][:2]].count("identify") >= 1


def test_a_customer_has_the_name_of_the_payment_or_of_the_identification() -> None:
    known = identified(NOW - SECOND, metadata={"name": "Jane", "email": "jane@example.com"})

    customer = shown(demo(known, payment()))
    other = shown(demo(known, payment(name="J. Doe")))

    assert (customer["customerName"], customer["customerEmail"]) == ("Jane", "jane@example.com")
    assert (other["customerName"], other["customerEmail"]) == ("J. Doe", "jane@example.com")


def test_an_identification_adds_to_that_of_the_world_itself() -> None:
    known = somebody(lambda profile: profile["profile"] is not None)
    before = profile_of(DEMO, known)["profile"]

    after = profile_of(demo(identified(visitor_id=known, metadata={"plan": "pro"})), known)["profile"]

    assert after == {**before, "userId": "user-1", "metadata": {**before["metadata"], "plan": "pro"}}


def test_events_from_before_an_identification_keep_the_name_of_their_time() -> None:
    one = demo(goal(written=NOW - 2 * SECOND), identified(NOW - SECOND, metadata={"name": "Jane"}), goal())

    own = [
        event for event in map_of(one)["recentEvents"] if event["extraData"].get("eventName") == "mock_goal"
    ]
    assert [event["displayName"] for event in own] == ["Jane", None]
