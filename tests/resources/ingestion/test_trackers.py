"""The keys and websites to which events belong, and what else a key has to do with them."""

from mock_server.options import Options
from mock_server.service import load_service
from tests.controls import Controls
from tests.instants import DOCUMENTED
from tests.resources.ingestion.browser import Browser, Open


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


def test_an_event_has_the_instant_of_the_keys_clock(opened: Open) -> None:
    browser = opened(now=DOCUMENTED)
    browser.send()

    assert browser.seen[0]["sessionStartTime"] == "2026-02-06T05:27:30.000Z"
