"""Events that browsers send to `POST /api/events`: the API then reports them to the keys of one account."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server.options import Options
from mock_server.resources.ingestion.places import whereabouts_of
from mock_server.resources.ingestion.systems import device_of, system_of
from mock_server.service import load_service
from mock_server.testing import RunningMock
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import AROUND, DATE, DOCUMENTED, INSTANT

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.1 Safari/605.1.15"
)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HOME = "http://127.0.0.1:5173/"
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
URLS = st.sampled_from(
    ["", "/", "http://[", "datafast://ios/Home", "file:///a", "http://h:99999/?ref=%ff", "//"]
)
MEMBERS = ("eventName", "user_id", "amount", "currency", "stripe_session_id", "email", "url", "text", "plan")
# At most a few members of an event are replaced, because most replacements are refused.
EVENTS = st.dictionaries(
    st.sampled_from(
        ["href", "referrer", "domain", "sessionId", "cookieless", "viewport", "language", "timezone"]
    ),
    URLS | JUNK,
    max_size=2,
) | st.fixed_dictionaries(
    {
        "type": st.sampled_from(["custom", "identify", "payment", "external_link"]),
        "extraData": st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(["usd", "x", 1, 0.5]) | JUNK),
    }
)


class Browser:
    """A browser on a user's own website, and the API that reports its visitor."""

    def __init__(self, client: httpx2.Client, controls: Controls, **settings: Json) -> None:
        self.client = client
        self.controls = controls
        self.minted: Json = controls.post("/keys", {"now": INSTANT, "frozen": True, **settings})
        self.key: str = self.minted["key"]
        self.visitor = str(uuid4())

    def event(self, kind: str = "pageview", **members: Json) -> Json:
        """Returns an event as the npm package `datafast` 3.0.18 sends it."""
        return {
            "websiteId": self.minted["trackingId"],
            "domain": "127.0.0.1",
            "visitorId": self.visitor,
            "sessionId": f"s{self.visitor}",
            "visitorFirstSeenAt": "2026-02-06T05:27:30.000Z",
            "visitorSessionNumber": 1,
            "href": HOME,
            "referrer": None,
            "type": kind,
            "viewport": {"width": 1440, "height": 789},
            "language": "fr-FR",
            "timezone": "Europe/Paris",
            "screenWidth": 1440,
            "screenHeight": 900,
            "device": {"platform": "web", "osVersion": SAFARI, "model": "Browser"},
            **members,
        }

    def post(self, event: Json, user_agent: str = SAFARI, **headers: str) -> httpx2.Response:
        """Sends an event and returns the answer, whatever its status is."""
        return self.client.post("/api/events", json=event, headers={"User-Agent": user_agent, **headers})

    def send(self, kind: str = "pageview", **members: Json) -> Json:
        """Sends an event, which must be accepted, and returns the answer."""
        reply = self.post(self.event(kind, **members))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ask(self, path: str) -> Json:
        """Returns the data of an answer of the API to the browser's key."""
        reply = self.client.get(f"/api/v1{path}", headers=bearer(self.key))
        return reply.json().get("data")

    @property
    def seen(self) -> list[Json]:
        """The visitor's rows on the map: one, or none if the visitor is not listed."""
        rows = self.ask("/analytics/realtime/map")["visitors"]
        return [row for row in rows if row["visitorId"] == self.visitor]

    @property
    def life(self) -> Json:
        """The visitor's profile."""
        return self.ask(f"/visitors/{self.visitor}")

    @property
    def facts(self) -> list[str]:
        """The types of the facts in the key's account, in their order."""
        found: Json = self.controls.get("/facts", key=self.key)
        return [fact["type"] for fact in found["facts"]]


Open = Callable[..., Browser]


@pytest.fixture
def opened(turned: RunningMock, controls: Controls) -> Iterator[Open]:
    """A function that opens browsers, each with a key of its own."""
    with ExitStack() as stack:

        def open_with(**settings: Json) -> Browser:
            client = stack.enter_context(httpx2.Client(base_url=turned.server))
            return Browser(client, controls, **settings)

        yield open_with


@pytest.fixture
def browser(opened: Open) -> Browser:
    return opened()


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


def test_two_keys_do_not_see_each_others_visitors(opened: Open) -> None:
    one, other = opened(), opened()
    other.visitor = one.visitor
    one.send()

    assert (len(one.seen), len(other.seen)) == (1, 0)


def test_the_tracking_id_of_a_website_names_the_account_that_owns_it() -> None:
    service = load_service(Options())
    site = service.sites["quiet"]

    keys = [
        service.keys.tracked(name) for name in (site.tracking_id, site.website_id, site.website_id.upper())
    ]

    assert [key and (key.credential.token, key.account.name) for key in keys] == [("df_quiet", "demo")] * 3
    assert len({one.tracking_id for one in service.sites.values()}) == len(service.sites)


def test_sites_tells_the_tracking_ids(controls: Controls) -> None:
    sites = {site["name"]: site["trackingId"] for site in controls.get("/sites")["sites"]}

    assert sites["demo"] == load_service(Options()).sites["demo"].tracking_id
    assert sites["demo"].startswith("dfid_")


def test_an_account_token_has_no_tracking_id(controls: Controls) -> None:
    assert controls.post("/keys", {"permissions": ["*"]})["trackingId"] is None


def test_an_event_is_in_the_journal_of_the_key(browser: Browser) -> None:
    browser.send()
    [request] = browser.controls.get("/requests", key=browser.key)["requests"]

    assert (request["operation"], request["path"], request["status"]) == ("sendEvent", "/api/events", 200)
    assert request["lint"] == []
    expected = {"operation": "sendEvent", "body": {"type": "pageview"}}
    assert browser.controls.post("/requests/verify", expected, key=browser.key)["verified"]


def test_an_event_cannot_be_a_peek_and_leaves_no_trace(browser: Browser) -> None:
    reply = browser.post(browser.event(), Prefer="peek")

    assert (reply.status_code, "peek" in reply.json()["detail"]) == (400, True)
    assert browser.facts == []
    assert browser.controls.get("/requests", key=browser.key)["requests"] == []


def test_rules_of_the_key_apply(browser: Browser) -> None:
    rule = {"when": {"operation": "sendEvent"}, "then": {"code": 500}, "times": 1}
    browser.controls.patch("/settings", {"faults": [rule]}, key=browser.key)

    statuses = [browser.post(browser.event()).status_code for _ in range(2)]

    assert statuses == [500, 200]
    assert browser.facts == ["pageview"]


@pytest.mark.parametrize(
    ("changed", "status", "part"),
    [
        pytest.param({"websiteId": "dfid_unknown"}, 404, "dfid_unknown", id="unknown website"),
        pytest.param({"websiteId": None}, 400, "/websiteId", id="no website"),
        pytest.param({"type": "purchase"}, 400, "/type", id="unknown type"),
        pytest.param({"visitorId": "me"}, 400, "/visitorId", id="no UUID"),
        pytest.param({"visitorId": None}, 400, "/visitorId", id="no visitor"),
        pytest.param({"cookieless": True, "sessionId": None}, 400, "/visitorId", id="no session"),
        pytest.param({"href": "http://[", "domain": None}, 400, "/href", id="no URL"),
        pytest.param({"href": "about:blank"}, 400, "/href", id="no page"),
        pytest.param({"href": "data:text/html,x"}, 400, "/href", id="a page without an address"),
        pytest.param({"viewport": {"width": "wide"}}, 400, "/viewport/width", id="no width"),
        pytest.param({"type": "custom"}, 400, "/extraData/eventName", id="goal without a name"),
        pytest.param(
            {"type": "custom", "extraData": {"eventName": "<b>"}}, 400, "/extraData/eventName", id="bad name"
        ),
        pytest.param(
            {"type": "custom", "extraData": {"eventName": "identify"}},
            400,
            "'/extraData/eventName': 'identify' is reserved",
            id="reserved name",
        ),
        pytest.param({"type": "identify"}, 400, "/extraData/user_id", id="identity without a user"),
        pytest.param(
            {"type": "payment", "extraData": {"amount": -1}}, 400, "/extraData", id="negative amount"
        ),
        pytest.param(
            {"type": "payment", "extraData": {"amount": 1, "currency": "XXX"}},
            400,
            "'/extraData/currency': 'XXX'",
            id="no currency",
        ),
        pytest.param({"type": "external_link"}, 400, "/extraData/url", id="link without a URL"),
    ],
)
def test_what_is_no_event_is_refused(browser: Browser, changed: Json, status: int, part: str) -> None:
    reply = browser.post({**browser.event(), **changed})

    assert reply.status_code == status, reply.text
    assert reply.json()["status"] == "error"
    assert part in reply.json()["error"]["message"]
    assert browser.facts == []


@pytest.mark.parametrize(
    ("sent", "shown"), [(0.9, None), (1, 1), (1.9, 1), (100_000, 100_000), (100_001, None), (-1, None)]
)
def test_a_window_has_a_size_that_a_window_can_have(browser: Browser, sent: float, shown: int | None) -> None:
    browser.send(viewport={"width": sent, "height": sent})

    assert browser.life["identity"]["viewport"] == {"width": shown, "height": shown}


def test_a_blank_in_a_path_is_no_end_of_the_path(browser: Browser) -> None:
    browser.send(href=f"{HOME}our team")

    assert {"hostname": "127.0.0.1", "path": "/our team"} in [
        {name: row[name] for name in ("hostname", "path")} for row in browser.ask("/analytics/pages")
    ]


@pytest.mark.parametrize(("length", "fits"), [(2_048, True), (2_049, False)])
def test_an_address_elsewhere_has_at_most_2048_characters(browser: Browser, length: int, fits: bool) -> None:
    url = "https://x.com/" + "x" * (length - len("https://x.com/"))
    browser.send(referrer=url)
    followed = browser.post(browser.event("external_link", extraData={"url": url}))

    assert browser.seen[0]["referrer"] == (url if fits else None)
    assert followed.status_code == (200 if fits else 400)


def test_a_member_counts_behind_any_number_of_others(browser: Browser) -> None:
    others = {f"k{n}": n for n in range(150)}

    browser.send("custom", extraData={**others, "eventName": "signup"})
    browser.send("identify", extraData={**others, "user_id": "user_123"})

    assert browser.facts == ["pageview", "goal", "identify"]
    assert browser.life["profile"]["userId"] == "user_123"


def test_an_amount_that_the_website_cannot_count_is_refused_with_its_page_view(opened: Open) -> None:
    browser = opened(site="shop")

    reply = browser.post(browser.event("payment", extraData={"amount": 1e12, "currency": "KWD"}))

    assert reply.status_code == 400, reply.text
    assert browser.facts == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"{", 400, id="no JSON"),
        pytest.param(b"[]", 400, id="array"),
        pytest.param(b'"\xff"', 400, id="no UTF-8"),
        pytest.param(b'"' + b"x" * 300_000 + b'"', 413, id="too large"),
    ],
)
def test_what_is_no_object_is_refused(browser: Browser, content: bytes, status: int) -> None:
    reply = browser.client.post("/api/events", content=content)

    assert (reply.status_code, reply.json()["error"]["code"]) == (status, status)


@given(event=EVENTS, user_agent=st.sampled_from(["", SAFARI]) | st.text(PRINTABLE, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_taken_or_refused(browser: Browser, event: Json, user_agent: str) -> None:
    before = browser.facts
    reply = browser.post({**browser.event(), **event}, user_agent=user_agent.strip())

    assert reply.status_code in (200, 400, 404), reply.text
    assert reply.status_code == 200 or browser.facts == before


def test_a_visitor_of_the_world_is_refused(browser: Browser) -> None:
    [known, *_] = browser.ask("/analytics/realtime/map")["visitors"]
    reply = browser.post(browser.event(visitorId=known["visitorId"]))

    assert reply.status_code == 400
    assert "the mock's own visitors" in reply.json()["error"]["message"]


def test_an_event_has_the_instant_of_the_keys_clock(opened: Open) -> None:
    browser = opened(now=DOCUMENTED)
    browser.send()

    assert browser.seen[0]["sessionStartTime"] == "2026-02-06T05:27:30.000Z"


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


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        pytest.param(SAFARI, ("Safari", "Mac OS", "desktop"), id="Safari on a Mac"),
        pytest.param(
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            ("Chrome", "Windows", "desktop"),
            id="Chrome on Windows",
        ),
        pytest.param(
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            ("Edge", "Windows", "desktop"),
            id="Edge",
        ),
        pytest.param(
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            ("Firefox", "Linux", "desktop"),
            id="Firefox on Linux",
        ),
        pytest.param(
            f"Mozilla/5.0 (X11; CrOS x86_64 16328.65.0) {WEBKIT} Chrome/141.0.0.0 Safari/537.36",
            ("Chrome", "Chrome OS", "desktop"),
            id="Chrome OS",
        ),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/26.1 Mobile/15E148 Safari/604.1",
            ("Mobile Safari", "iOS", "mobile"),
            id="iPhone",
        ),
        pytest.param(
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.6 Mobile/15E148 Safari/604.1",
            ("Mobile Safari", "iOS", "tablet"),
            id="iPad",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 16; Pixel 9) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
            ("Mobile Chrome", "Android", "mobile"),
            id="Android phone",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 15; SM-X710) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            ("Chrome", "Android", "tablet"),
            id="Android tablet",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 15; SM-S921B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0"
            " Mobile Safari/537.36",
            ("Samsung Internet", "Android", "mobile"),
            id="Samsung",
        ),
        pytest.param(
            "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
            ("Mobile Firefox", "Android", "mobile"),
            id="Firefox on Android",
        ),
    ],
)
def test_browsers_and_systems_have_the_worlds_own_names(
    user_agent: str, expected: tuple[str, str, str]
) -> None:
    system = system_of(user_agent)

    assert (system.browser, system.os, system.device) == expected
    assert not system.is_bot


@pytest.mark.parametrize(
    ("width", "device"),
    [(375, "mobile"), (800, "tablet"), (1440, "desktop"), (None, "desktop")],
)
def test_the_window_tells_the_device_if_the_user_agent_does_not(width: int | None, device: str) -> None:
    assert device_of(system_of("unknown"), width) == device


@pytest.mark.parametrize(
    ("zone", "language", "place"),
    [
        pytest.param("Europe/Paris", "fr-FR", ("FR", "FR-IDF", "Paris"), id="a city's name"),
        pytest.param("America/Los_Angeles", "es-MX", ("US", "US-CA", "Los Angeles"), id="two words"),
        pytest.param("America/New_York", "en-US", ("US", "US-NY", "New York City"), id="the largest city"),
        pytest.param("Europe/Kiev", "uk-UA", ("UA", "UA-30", "Kyiv"), id="an older name of the zone"),
        pytest.param("UTC", "en-GB", ("GB", None, None), id="the language's country"),
        pytest.param("UTC", "zh-Hant-TW", ("TW", None, None), id="a language with a script"),
        pytest.param("UTC", "en", (None, None, None), id="nothing"),
        pytest.param(None, None, (None, None, None), id="nothing sent"),
        pytest.param("../../etc/passwd", "??-??", (None, None, None), id="nonsense"),
    ],
)
def test_a_time_zone_and_a_language_make_a_place(
    zone: str | None, language: str | None, place: tuple[str | None, ...]
) -> None:
    assert whereabouts_of(zone, language) == place
