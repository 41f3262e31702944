"""Events that browsers send to `POST /api/events`: the API then reports them to the keys of one account."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.controls import Json
from tests.instants import AROUND, DATE, INSTANT
from tests.resources.ingestion.browser import HOME, Browser, Open

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_a_page_view_makes_a_visitor_on_the_map(browser: Browser) -> None:
    count = browser.ask("/analytics/realtime")[0]["visitors"]

    reply = browser.send(href=f"{HOME}pricing?utm_source=x&ref=a%20b&other=1", referrer="https://x.com/")

    assert reply["visitorId"] == browser.visitor
    assert browser.ask("/analytics/realtime")[0]["visitors"] == count + 1
    [seen] = browser.seen
    assert seen["location"] == {"city": "Paris", "region": "FR-IDF", "countryCode": "FR"}
    assert (seen["currentUrl"], seen["referrer"], seen["visitCount"]) == ("/pricing", "https://x.com/", 1)
    assert seen["system"] == {
        "browser": {"name": "Safari"},
        "os": {"name": "Mac OS"},
        "device": {"type": "desktop"},
    }
    assert {name for name, value in seen["params"].items() if value} == {"utm_source", "ref"}
    assert (seen["params"]["utm_source"], seen["params"]["ref"]) == ("x", "a b")
    assert browser.life["identity"]["viewport"] == {"width": 1440, "height": 789}


@pytest.mark.parametrize(
    ("query", "members", "told"),
    [
        pytest.param("?gclid=Cj0KCQiA&fbclid=x", {}, {"gclid": "Cj0KCQiA"}, id="in the URL"),
        pytest.param("", {"adClickIds": {"msclkid": "m1"}}, {"msclkid": "m1"}, id="as a member"),
        pytest.param("?gclid=", {}, {}, id="empty"),
    ],
)
def test_the_click_id_of_an_advertisement_is_that_of_the_page(
    browser: Browser, query: str, members: Json, told: Json
) -> None:
    browser.send(href=f"{HOME}{query}", **members)
    browser.send("custom", extraData={"eventName": "signup"})

    assert browser.life["identity"]["adClickIds"] == told


@pytest.mark.parametrize("href", ["/pricing", "pricing", "pricing?ref=x#plans"])
def test_a_path_alone_is_a_page_of_the_website(browser: Browser, href: str) -> None:
    event = {"websiteId": browser.minted["trackingId"], "visitorId": browser.visitor, "type": "pageview"}
    reply = browser.post({**event, "href": href})

    assert reply.status_code == 200
    domain = browser.ask("/analytics/metadata")[0]["domain"]
    assert browser.life["activity"]["currentUrl"] == f"{domain}/pricing"


def test_walking_makes_the_timeline_grow(browser: Browser) -> None:
    browser.send()
    browser.controls.put("/clock", {"advance": 20_000}, key=browser.key)
    browser.send(href=f"{HOME}docs", referrer=HOME)
    browser.controls.put("/clock", {"advance": 31 * 60_000}, key=browser.key)
    browser.send(href=f"{HOME}pricing", referrer=HOME)

    activity = browser.life["activity"]
    assert (activity["pageViewCount"], activity["visitCount"]) == (3, 2)
    pages = {page["url"] for page in activity["visitedPages"]}
    assert pages == {"127.0.0.1/", "127.0.0.1/docs", "127.0.0.1/pricing"}
    assert browser.seen[0]["referrer"] is None


def test_a_custom_event_is_a_goal_in_the_feed(browser: Browser) -> None:
    extra = {"eventName": "sign_up", "plan": "pro", "not a name": "x", "long": "x" * 256, "Seats": 3}
    browser.send()
    browser.send("custom", extraData=extra)

    [event] = [
        event
        for event in browser.ask("/analytics/realtime/map")["recentEvents"]
        if (event["visitorId"], event["type"]) == (browser.visitor, "custom")
    ]
    assert event["extraData"] == {"eventName": "sign_up", "plan": "pro", "seats": "3"}
    assert event["path"] == "/"
    [goal] = browser.life["activity"]["completedCustomGoals"]
    assert (goal["name"], goal["isServer"]) == ("sign_up", False)


def test_identify_makes_a_profile(browser: Browser) -> None:
    browser.send()
    browser.send("identify", extraData={"user_id": "user_1", "name": "Ada", "image": "", "plan": "pro"})

    profile = browser.life["profile"]
    assert (profile["userId"], profile["metadata"]) == ("user_1", {"name": "Ada", "plan": "pro"})
    assert browser.seen[0]["profileData"]["displayName"] == "Ada"


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        ("custom", {"eventName": "sign_up"}),
        ("identify", {"user_id": "user_1"}),
        ("payment", {"email": "ada@example.com", "amount": 49, "currency": "USD"}),
    ],
)
def test_what_a_page_sends_has_the_path_of_the_page(browser: Browser, kind: str, extra: Json) -> None:
    browser.send(href=f"{HOME}pricing")
    browser.send(kind, extraData=extra)

    events = browser.ask("/analytics/realtime/map")["recentEvents"]
    own = [event for event in events if (event["visitorId"], event["type"]) == (browser.visitor, kind)]
    assert [event["path"] for event in own] == ["/pricing"]


def test_a_payment_makes_a_customer_once_for_each_provider_id(browser: Browser) -> None:
    paid = {"email": "ada@example.com", "amount": 49, "currency": "EUR", "stripe_session_id": "cs_1"}
    browser.send()
    browser.send("payment", extraData=paid)
    browser.send("payment", extraData=paid)

    payments = browser.ask("/analytics/realtime/map")["recentPayments"]
    assert [row["amount"] for row in payments if row["email"] == "ada@example.com"] == [49]
    assert browser.seen[0]["isCustomer"]


def test_without_a_currency_a_payment_is_in_that_of_the_site(opened: Open) -> None:
    browser = opened(site="shop")
    browser.send("payment", extraData={"email": "ada@example.com", "amount": 4_900})

    payments = browser.ask("/analytics/realtime/map")["recentPayments"]
    assert [row["currency"] for row in payments if row["email"] == "ada@example.com"] == ["JPY"]


def test_a_payment_without_an_amount_counts_nothing(browser: Browser) -> None:
    browser.send()
    reply = browser.send("payment", extraData={"stripe_session_id": "cs_1"})

    assert "without an amount" in reply["message"]
    assert browser.facts == ["pageview"]


def test_a_link_that_is_followed_is_an_exit_click(browser: Browser) -> None:
    browser.send()
    browser.send("external_link", extraData={"url": "https://example.org/", "text": "Elsewhere"})

    events = browser.ask("/analytics/realtime/map")["recentEvents"]
    mine = [event["type"] for event in events if event["visitorId"] == browser.visitor]
    assert "external_link" in mine


def test_a_path_may_have_spaces(browser: Browser) -> None:
    browser.send(href=f"{HOME}our offer of today")

    rows = browser.ask(f"/analytics/pages?{urlencode(AROUND)}&filter_hostname=127.0.0.1")

    assert [(row["hostname"], row["path"]) for row in rows] == [("127.0.0.1", "/our offer of today")]


def test_whoever_browses_is_in_the_reports_too(browser: Browser) -> None:
    browser.send(href=f"{HOME}?utm_source=own", referrer="https://blog.example.org/post")
    browser.controls.put("/clock", {"advance": 20_000}, key=browser.key)
    browser.send(href=f"{HOME}pricing", referrer=HOME)
    browser.send("custom", extraData={"eventName": "own_goal", "plan": "pro"})
    browser.send("external_link", extraData={"url": "https://example.org/own", "text": "Elsewhere"})
    browser.send("payment", extraData={"email": "ada@example.com", "amount": 49, "currency": "USD"})

    def ask(report: str, query: str = "filter_hostname=127.0.0.1") -> Json:
        return browser.ask(f"/{report}?{urlencode(AROUND)}&{query}")

    [told] = ask("analytics/overview")
    assert (told["visitors"], told["sessions"], told["bounce_rate"]) == (1, 1, 0)
    assert (told["avg_session_duration"], told["conversion_rate"]) == (20_000, 100)
    assert (told["revenue"], told["payments"]) == (49, 1)
    figures = {"visitors": 1, "revenue": 49, "payments": 1}
    assert ask("analytics/devices") == [{"device": "desktop", **figures}]
    assert ask("analytics/referrers") == [{"referrer": "blog.example.org", **figures}]
    assert ask("analytics/hostnames") == [{"hostname": "127.0.0.1", **figures}]
    [country] = ask("analytics/countries")
    assert (country["country"], country["image"][-6:]) == ("France", "FR.svg")
    [campaign] = ask("analytics/campaigns")
    assert campaign["campaign"]["utm_source"] == "own"
    pages = {row["path"]: row["visitors"] for row in ask("analytics/pages")}
    assert pages == {"/": 1, "/pricing": 1}
    assert ask("analytics/goals") == [{"goal": "own_goal", "completions": 1, "visitors": 1}]
    assert ask("analytics/exit-clicks") == [{"url": "https://example.org/own", "clicks": 1, "visitors": 1}]
    values = ask("analytics/goals/properties", "eventName=own_goal&propertyName=plan")
    assert values == [{"value": "pro", "completions": 1, "visitors": 1}]
    [first] = ask("visitors", "completedGoal=own_goal")
    assert (first["visitorId"], first["currentUrl"]) == (browser.visitor, "127.0.0.1/pricing")
    assert ask("visitors", "hostname=127.0.0.1&isCustomer=true")[0]["visitorId"] == browser.visitor


@pytest.mark.long
def test_a_page_view_before_the_website_began_is_in_all_time(opened: Open) -> None:
    early = opened(now="2019-05-06T07:08:09Z", frozen=True)
    early.send()
    early.controls.put("/clock", {"now": INSTANT, "frozen": True}, key=early.key)

    [told] = early.ask("/analytics/overview?filter_hostname=127.0.0.1")
    series = early.ask("/analytics/timeseries?startAt=2019-05-06&endAt=2019-05-06&fields=visitors")

    assert told["visitors"] == 1
    assert sum(row["visitors"] for row in series) == 1


def test_the_page_of_an_event_counts_as_viewed_first(browser: Browser) -> None:
    browser.send("custom", extraData={"eventName": "signup"})

    assert browser.facts == ["pageview", "goal"]
    assert browser.life["activity"]["pageViewCount"] == 1


def test_without_cookies_the_visitor_of_a_session_gets_one_id(browser: Browser) -> None:
    session = f"s{uuid4()}"
    first, second = (
        browser.send(visitorId=str(uuid4()), cookieless=True, sessionId=session)["visitorId"]
        for _ in range(2)
    )
    browser.visitor = first

    assert first == second
    assert len(browser.seen) == 1


def test_a_crawler_is_ignored_with_success(browser: Browser) -> None:
    reply = browser.post(browser.event(), user_agent=CRAWLER)

    assert reply.status_code == 200
    assert "Ignored" in reply.json()["message"]
    assert browser.facts == []


def test_a_page_of_another_origin_may_send_events_and_read_the_answer(browser: Browser) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = browser.client.options("/api/events", headers={"Origin": "https://example.com", **asked})
    reply = browser.post(browser.event(), Origin="https://example.com")

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["date"] == DATE


@pytest.mark.parametrize(
    ("referrer", "shown"),
    [
        pytest.param("https://news.ycombinator.com/item?id=1", True, id="another website"),
        pytest.param("https://shop.example.com/", False, id="the website itself"),
        pytest.param("https://app.example.com/x", False, id="another host of the domain"),
        pytest.param("https://example.com.evil.example/", True, id="another domain with the same beginning"),
        pytest.param("http://[", False, id="no URL"),
    ],
)
def test_the_referrer_is_that_of_another_website(browser: Browser, referrer: str, shown: bool) -> None:
    browser.send(href="https://shop.example.com/a", domain="example.com", referrer=referrer)

    assert (browser.seen[0]["referrer"] is not None) is shown
