"""Events that are refused, and those that can just be taken."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.controls import Json
from tests.resources.ingestion.browser import HOME, SAFARI, Browser, Open

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


@pytest.mark.parametrize(
    ("changed", "status", "part"),
    [
        pytest.param({"websiteId": "dfid_unknown"}, 404, "dfid_unknown", id="unknown website"),
        pytest.param({"websiteId": None}, 400, "/websiteId", id="no website"),
        pytest.param({"type": "purchase"}, 400, "/type", id="unknown type"),
        pytest.param({"type": None}, 400, "'/type': 'null' is not one of", id="type that is null"),
        pytest.param({"type": True}, 400, "'/type': 'true' is not one of", id="type that is no text"),
        pytest.param(
            {"href": "http://a b/"}, 400, "'/href': 'a b' is not a host name", id="host of two words"
        ),
        pytest.param(
            {"href": "/x", "domain": "a b"}, 400, "'/domain': 'a b' is not a host", id="domain of two words"
        ),
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
            {"type": "payment", "extraData": {"amount": -1}}, 400, "'/extraData/amount'", id="negative amount"
        ),
        pytest.param(
            {"type": "payment", "extraData": {"amount": 1, "currency": "XXX"}},
            400,
            "'/extraData/currency': 'XXX'",
            id="no currency",
        ),
        pytest.param(
            {"type": "payment", "extraData": {"amount": "1"}}, 400, "'/extraData/amount'", id="no amount"
        ),
        pytest.param(
            {"type": "payment", "extraData": {"amount": 1, "email": 7}},
            400,
            "'/extraData/email'",
            id="no address",
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


@pytest.mark.long
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
