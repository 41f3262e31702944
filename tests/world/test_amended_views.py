"""Visitors who are known from page views alone."""

from typing import Any

import pytest

from mock_server.contract.document import REVISION_2026_02
from mock_server.errors import ApiError
from mock_server.instants import HOUR, MINUTE, SECOND
from mock_server.world.facts import Client, Happened, LinkFollowed, PageViewed
from tests.invariants import check_picture, take_picture
from tests.world.test_world import asking
from tests.world.written_facts import (
    DEMO,
    NOW,
    amended,
    demo,
    event_id,
    goal,
    identified,
    map_of,
    payment,
    profile_of,
    shown,
)

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
