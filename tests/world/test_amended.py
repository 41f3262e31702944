"""The world with facts: the same invariants hold, and only the visitors of the facts change."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.contract.document import REVISION_2026_02, REVISIONS
from mock_server.errors import ApiError
from mock_server.instants import DOCUMENTED, HOUR, MINUTE, SECOND, instant_of, iso_of
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import (
    Client,
    Fact,
    GoalReached,
    GoalsRemoved,
    Happened,
    Identified,
    LinkFollowed,
    PageViewed,
    PaymentMade,
    PaymentsRemoved,
    changes_at,
)
from mock_server.world.world import World
from tests.invariants import check_picture, take_picture
from tests.world.test_world import asking, instants, seeds, world
from tests.world.writing import facts_about

Json = Any
NOW = instant_of(DOCUMENTED)
DEMO = world(42, "demo")
CAST = DEMO.cast(NOW)
VISITOR = CAST["anonymous"]
sites = st.sampled_from(["demo", "edge_cases", "quiet", "shop"])


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


# -- invariants ----------------------------------------------------------------------------------------


@given(st.data(), seeds, sites, instants, st.sampled_from(REVISIONS))
@settings(max_examples=settings().max_examples // 2)
def test_all_answers_agree_with_facts(
    data: st.DataObject, seed: int, site: str, instant: int, revision: str
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))

    check_picture(take_picture(asking(amended(plain, facts, instant), instant, revision), instant, 8))


@given(st.data(), seeds, sites, instants)
@settings(max_examples=settings().max_examples // 2)
def test_what_was_written_and_removed_leaves_no_trace(
    data: st.DataObject, seed: int, site: str, instant: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = tuple(
        fact
        for fact in data.draw(facts_about(plain, instant))
        if isinstance(fact, PaymentMade) or (isinstance(fact, GoalReached) and fact.name != "signup")
    )
    removals: list[Fact] = [
        PaymentsRemoved(written=instant, transaction_id=fact.transaction_id)
        if isinstance(fact, PaymentMade)
        else GoalsRemoved(written=instant, name=fact.name)
        for fact in facts
        if isinstance(fact, PaymentMade | GoalReached)
    ]

    again = amended(plain, (*facts, *removals), instant)

    assert map_of(again, instant) == map_of(plain, instant)
    for fact in facts:
        assert fact.visitor_id is not None
        found = profile_of(again, fact.visitor_id, instant)
        assert found == profile_of(plain, fact.visitor_id, instant)


@given(st.data(), seeds, sites, instants)
@settings(max_examples=settings().max_examples // 2)
def test_facts_change_only_the_visitors_whom_they_are_about(
    data: st.DataObject, seed: int, site: str, instant: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    about = {getattr(fact, "visitor_id", None) for fact in facts}

    before, after = map_of(plain, instant), map_of(amended(plain, facts, instant), instant)

    def others(rows: list[Json]) -> list[Json]:
        return [row for row in rows if row["visitorId"] not in about]

    assert others(after["visitors"]) == others(before["visitors"])
    kept = len(others(after["recentEvents"]))
    assert others(after["recentEvents"]) == others(before["recentEvents"])[:kept]


@given(st.data(), seeds, sites, instants, st.integers(0, HOUR // MINUTE))
@settings(max_examples=settings().max_examples // 2)
def test_a_fact_is_unknown_before_it_is_written(
    data: st.DataObject, seed: int, site: str, instant: int, minutes: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    earlier = instant - minutes * MINUTE
    known = tuple(fact for fact in facts if fact.written <= earlier)

    assert map_of(amended(plain, facts, earlier), earlier) == map_of(amended(plain, known, earlier), earlier)


@given(st.data(), seeds, sites, instants, st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=settings().max_examples // 2)
def test_a_world_that_went_on_is_the_same_as_a_new_one(
    data: st.DataObject, seed: int, site: str, instant: int, steps: list[int]
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    one = amended(plain, facts, instant)
    for step in steps:
        instant += step * SECOND
        assert map_of(one, instant) == map_of(amended(World(seed, plain.site), facts, instant), instant)


# -- goals ---------------------------------------------------------------------------------------------


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


# -- payments ------------------------------------------------------------------------------------------


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


# -- identifications -----------------------------------------------------------------------------------


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


# -- page views ----------------------------------------------------------------------------------------

NEWCOMER = "11111111-2222-4333-8444-555555555555"
HERE = Client(
    country_code="FR",
    region="FR-IDF",
    city="Paris",
    device="desktop",
    os="Linux",
    browser="Firefox",
    browser_version="140.0",
    width=1280,
    height=800,
)


def viewed(path: str, written: int = NOW, **more: Any) -> PageViewed:
    usual = {"visitor_id": NEWCOMER, "hostname": "localhost:3000", "client": HERE}
    return PageViewed(**{"written": written, "event_id": event_id(written), "path": path, **usual, **more})


def test_a_visitor_of_ones_own_website_is_on_the_map() -> None:
    one = demo(
        viewed("/", NOW - MINUTE, referrer="https://example.org/", params={"utm_source": "mail"}),
        viewed("/my/page"),
    )

    visitor, seen = shown(one, NEWCOMER), map_of(one)

    assert seen["count"] == map_of(DEMO)["count"] + 1
    assert visitor["location"] == {"city": "Paris", "region": "FR-IDF", "countryCode": "FR"}
    assert (round(visitor["latitude"]), round(visitor["longitude"])) == (49, 2)
    assert visitor["system"]["browser"] == {"name": "Firefox"}
    assert (visitor["currentUrl"], visitor["visitCount"]) == ("/my/page", 1)
    assert visitor["params"]["utm_source"] == "mail"
    assert visitor["referrer"] == "https://example.org/"
    views = [event["path"] for event in seen["recentEvents"] if event["visitorId"] == NEWCOMER]
    assert views == ["/my/page", "/"]


def test_a_visitor_of_ones_own_website_has_a_profile() -> None:
    one = demo(viewed("/", NOW - MINUTE), viewed("/my/page"))

    profile = profile_of(one, NEWCOMER)

    assert [page["url"] for page in profile["activity"]["visitedPages"]] == [
        "localhost:3000/",
        "localhost:3000/my/page",
    ]
    assert profile["activity"]["timeSinceFirstVisit"] == MINUTE
    assert profile["identity"]["browser"] == {"name": "Firefox", "version": "140.0"}
    assert profile["identity"]["country"] == "France"
    assert profile["profile"] is None


def test_a_visit_ends_when_it_is_idle_for_half_an_hour_and_after_45_minutes() -> None:
    times = (0, 31, 41, 51, 61, 71, 81)
    one = demo(*(viewed("/", NOW - HOUR - HOUR // 2 + minutes * MINUTE) for minutes in times))

    assert profile_of(one, NEWCOMER)["activity"]["visitCount"] == 3
    assert profile_of(one, NEWCOMER)["activity"]["pageViewCount"] == len(times)


def test_all_that_can_happen_to_a_visitor_can_happen_to_a_new_one() -> None:
    one = demo(
        viewed("/", NOW - 2 * SECOND),
        goal(visitor_id=NEWCOMER, is_server=False),
        payment(visitor_id=NEWCOMER, name="Jane Doe"),
        identified(visitor_id=NEWCOMER, metadata={"name": "Jane"}),
        LinkFollowed(
            written=NOW, event_id=event_id(), visitor_id=NEWCOMER, url="https://example.org/", text="A link"
        ),
    )

    events = {e["type"]: e for e in map_of(one)["recentEvents"] if e["visitorId"] == NEWCOMER}

    assert set(events) == {"pageview", "custom", "payment", "identify", "external_link"}
    assert (events["custom"]["path"], events["payment"]["path"]) == ("/", None)
    assert events["external_link"]["extraData"] == {"url": "https://example.org/", "text": "A link"}
    assert shown(one, NEWCOMER)["customerName"] == "Jane Doe"
    assert shown(one, NEWCOMER)["profileData"]["displayName"] == "Jane"
    check_picture(take_picture(asking(one, NOW, REVISION_2026_02), NOW, 60))


def test_pages_that_were_viewed_in_one_tick_are_events_of_their_own() -> None:
    views = [viewed("/"), viewed("/one"), viewed("/two")]
    link = LinkFollowed(
        written=NOW, event_id=event_id(), visitor_id=NEWCOMER, url="https://example.org/", text="A link"
    )

    events = [e for e in map_of(demo(*views, link))["recentEvents"] if e["visitorId"] == NEWCOMER]

    assert [e["path"] for e in events if e["type"] == "pageview"] == ["/two", "/one", "/"]
    assert {e["_id"] for e in events} == {*(view.event_id for view in views), link.event_id}
    assert shown(demo(*views), NEWCOMER)["currentUrl"] == "/two"


def test_nothing_is_known_of_a_new_visitor_before_the_first_page_view() -> None:
    with pytest.raises(ApiError) as refused:
        profile_of(amended(DEMO, (viewed("/", NOW),), NOW - SECOND), NEWCOMER, NOW - SECOND)

    assert refused.value.kind.status == 404


def test_what_is_written_in_one_tick_is_told_in_the_order_in_which_it_was_written() -> None:
    others = [visitor["visitorId"] for visitor in map_of(DEMO)["visitors"][:5]]
    facts = [goal(f"goal_{n}", visitor_id=visitor) for n, visitor in enumerate([*others, *reversed(others)])]
    written: list[Happened] = [*facts, payment(), identified()]

    told = [event["_id"] for event in map_of(demo(*written))["recentEvents"]]

    assert told[: len(written)] == [fact.event_id for fact in reversed(written)]


def test_of_more_facts_than_the_feed_tells_it_tells_the_latest() -> None:
    written = [goal(f"goal_{n}") for n in range(250)]

    told = [event["_id"] for event in map_of(demo(*written))["recentEvents"]]

    assert told == [fact.event_id for fact in reversed(written)][:100]
