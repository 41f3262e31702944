"""The console's panel "Make something happen": its writes, their marks on the page, and their removal."""

import re
import shlex
import subprocess

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from mock_server.testing import RunningMock
from tests.browser.console import Console, Open
from tests.browser.visit import Complaints
from tests.command import serving
from tests.controls import Controls, Json
from tests.instants import INSTANT
from tests.quick import quick

MAP = "/analytics/realtime/map"
MADE = ".dot.made, #feed > li.made"
# Each button, with the text of its row in the feed, and the type of the event on the map.
HAPPENINGS = [
    pytest.param("A payment now", "paid", "payment", id="payment"),
    pytest.param("A goal now", "reached signup", "custom", id="goal", marks=pytest.mark.long),
    pytest.param("Identify", "was identified", "identify", id="identify", marks=pytest.mark.long),
    pytest.param("A visitor arrives", "viewed /", "pageview", id="visitor"),
]
WRITES = {
    "A payment now": "createPayment",
    "A goal now": "createGoal",
    "Identify": "identifyVisitor",
    "A visitor arrives": "sendEvent",
}


def happen(console: Console, name: str) -> Locator:
    """Presses a button of the panel once it is enabled, and returns the element that shows the answer."""
    button = console.button(name)
    expect(button).to_be_enabled()
    button.click()
    return console.page.locator("#maker-said")


def facts(console: Console) -> list[Json]:
    """Returns the facts that were written to the key's account."""
    found: list[Json] = console.controls.get("/facts", key=console.key)["facts"]
    return found


@pytest.mark.parametrize(("name", "text", "kind"), quick(HAPPENINGS, 1))
def test_what_is_made_is_sent_shown_and_marked(opened: Open, name: str, text: str, kind: str) -> None:
    console = opened()

    expect(happen(console, name)).to_contain_text("Status 200: ")

    row = console.page.locator("#feed > li.made")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(text)
    expect(row).to_contain_text("made here")
    dot = console.page.locator(".dot.made")
    expect(dot).to_have_attribute("aria-label", re.compile(r", made here$"))
    expect(console.page.locator("#maker-answer")).to_contain_text('"message":')
    [fact] = facts(console)
    assert fact["fact"]["datafast_visitor_id"] == dot.get_attribute("data-id")
    events = console.data(MAP)["recentEvents"]
    assert kind in {each["type"] for each in events if each["visitorId"] == dot.get_attribute("data-id")}
    [noted] = console.controls.get("/requests", key=console.key)["requests"]
    assert noted["operation"] == WRITES[name]


@pytest.mark.long
def test_the_copied_command_makes_the_same_happen(opened: Open) -> None:
    console = opened()
    expect(happen(console, "A goal now")).to_contain_text("Status 200: ")

    command = console.page.locator("#maker-curl").inner_text()
    subprocess.run(shlex.split(command), check=True, capture_output=True, timeout=30)

    first, second = facts(console)
    assert first["fact"]["datafast_visitor_id"] == second["fact"]["datafast_visitor_id"]
    assert (first["fact"]["name"], second["fact"]["name"]) == ("signup", "signup")


@pytest.mark.long
def test_the_visitor_is_the_one_whose_profile_is_open(opened: Open) -> None:
    console = opened()
    visitor = next(each for each in console.data(MAP)["visitors"] if each["isCustomer"])
    console.open_profile(visitor["visitorId"])
    expect(console.page.locator("#maker-whom")).to_have_text(
        f"For {visitor['customerName']}, whose profile is open."
    )

    expect(happen(console, "A goal now")).to_contain_text("Status 200: ")

    assert facts(console)[0]["fact"]["datafast_visitor_id"] == visitor["visitorId"]
    expect(console.profile.locator("li.goal").first).to_contain_text("signup")


@pytest.mark.long
def test_without_an_open_profile_it_is_the_latest_anonymous_visitor(opened: Open) -> None:
    console = opened()

    expect(happen(console, "Identify")).to_contain_text("Status 200: ")

    [fact] = facts(console)
    before = console.ask(MAP, Prefer='peek, at="2026-02-06T05:27:00Z"').json()["data"]["visitors"]
    names = {each["visitorId"]: each["profileData"]["displayName"] for each in before}
    assert names.get(fact["fact"]["datafast_visitor_id"]) is None
    expect(console.page.locator("#visitors")).to_contain_text("Ada Lovelace")


@pytest.mark.long
def test_all_is_taken_back_and_the_launch_ends(opened: Open) -> None:
    console = opened(site="shop")
    expect(happen(console, "A payment now")).to_contain_text("Status 200: ")
    expect(console.page.locator("#feed > li.made")).to_contain_text("paid ¥")
    happen(console, "Launch begins")
    expect(console.page.locator("#site")).to_have_text("launch_day")
    expect(console.page.locator("#why-launch")).to_have_text("Launch begins: it is launch day already.")
    expect(console.button("Launch begins")).to_be_disabled()

    happen(console, "Take it all back")

    expect(console.page.locator("#site")).to_have_text("shop")
    expect(console.page.locator("#maker-curl")).to_contain_text("curl -X DELETE")
    expect(console.page.locator("#feed > li")).not_to_have_count(0)
    expect(console.page.locator(MADE)).to_have_count(0)
    assert facts(console) == []
    assert console.settings()["site"] == "shop"


@pytest.mark.long
def test_buttons_that_cannot_work_say_why(opened: Open) -> None:
    console = opened(site="empty")
    reasons = console.page.locator("#maker-why > li")

    expect(reasons).to_have_text(
        [
            "A payment now: this website sells nothing.",
            "A goal now: nobody is online.",
            "Identify: nobody is online.",
        ]
    )
    for name in ("A payment now", "A goal now", "Identify"):
        expect(console.button(name)).to_be_disabled()
    happen(console, "A visitor arrives")
    expect(console.dots).to_have_count(1)
    expect(console.button("A goal now")).to_be_enabled()
    expect(reasons).to_have_text(["A payment now: this website sells nothing."])


@pytest.mark.long
def test_somebody_arrives_also_where_the_map_is_broken(opened: Open) -> None:
    console = opened(faults=[{"when": {"operation": "getRealtimeMap"}, "then": {"code": 500}}])

    expect(happen(console, "A visitor arrives")).to_have_text("Status 200: Page view recorded.")

    expect(console.page.locator("#why-goal")).to_have_text("A goal now: waiting for the visitors.")
    expect(console.button("A goal now")).to_be_disabled()


@pytest.mark.long
def test_an_account_token_writes_to_the_website_that_is_shown(opened: Open) -> None:
    console = opened(permissions=["*"], websites=["demo"])

    expect(happen(console, "A payment now")).to_contain_text("Status 200: ")

    expect(console.page.locator("#maker-curl")).to_contain_text("websiteId=665f0b3c4d2e1a0012345678")
    expect(console.page.locator("#maker-why > li")).to_have_text(
        [
            "A visitor arrives: an account token has no tracking id.",
            "Launch begins: an account token has no website of its own.",
        ]
    )


@pytest.mark.long
def test_a_refusal_is_a_sentence_and_marks_nothing(opened: Open, complaints: Complaints) -> None:
    complaints.expect("403")
    console = opened(permissions=["analytics:read"], websites=["demo"])

    said = happen(console, "A goal now")

    expect(said).to_contain_text("Status 403: ")
    expect(said).to_have_class("problem")
    assert facts(console) == []
    assert console.page.locator(MADE).count() == 0


@pytest.mark.long
def test_the_control_token_is_sent_and_not_shown(page: Page, complaints: Complaints) -> None:
    complaints.expect("401")
    with serving("--control-token", "sesame", "--now", INSTANT, "--freeze") as server:
        page.goto(server)
        back = page.get_by_role("button", name="Take it all back")
        expect(page.locator("#maker-whom")).to_contain_text("token")
        expect(back).to_be_disabled()
        page.get_by_label("Control token").fill("sesame")
        page.get_by_role("button", name="Use it").click()

        expect(back).to_be_enabled()
        back.click()

        expect(page.locator("#maker-said")).to_have_text("Status 204: done.")
        command = page.locator("#maker-curl").inner_text()
        assert '-H "Authorization: Bearer $DATAFAST_MOCK_CONTROL_TOKEN"' in command
        assert "sesame" not in page.locator("body").inner_text()
        page.goto("about:blank")


@pytest.mark.long
def test_a_broken_connection_is_a_sentence(opened: Open, complaints: Complaints) -> None:
    complaints.expect("ERR_")
    rule = {"when": {"operation": "createGoal"}, "then": {"fault": "reset"}}
    console = opened(faults=[rule])

    expect(happen(console, "A goal now")).to_have_text(
        "No answer: the connection broke, or nothing came in time."
    )


@pytest.mark.long
def test_the_keyboard_makes_something_happen(opened: Open) -> None:
    console = opened()
    button = console.button("A goal now")
    expect(button).to_be_enabled()
    button.focus()

    console.page.keyboard.press("Enter")

    expect(console.page.locator("#feed > li.made")).to_have_count(1)
    expect(button).to_be_focused()


@pytest.mark.long
def test_a_map_that_came_before_the_settings_is_enough(
    page: Page, turned: RunningMock, controls: Controls
) -> None:
    held: list[Route] = []
    page.route(re.compile("/__mock/settings$"), lambda route: held.append(route))  # noqa: PLW0108 - Playwright looks into functions
    console = Console(page, turned, controls, controls.mint(now=INSTANT, frozen=True))
    expect(console.dots).not_to_have_count(0)
    # From now on no answer of the map comes.
    rule = {"when": {"operation": "getRealtimeMap"}, "then": {"delay": 30_000}}
    controls.patch("/settings", {"faults": [rule]}, key=console.key)
    for route in held:
        route.continue_()
    page.unroute(re.compile("/__mock/settings$"))

    expect(console.button("A payment now")).to_be_enabled()
    expect(console.page.locator("#maker-whom")).to_contain_text("the latest anonymous visitor")


@pytest.mark.long
def test_nothing_can_be_pressed_before_the_key_is_known(opened: Open) -> None:
    console = opened()
    expect(happen(console, "A goal now")).to_contain_text("Status 200: ")
    expect(console.page.get_by_text("made here", exact=True)).not_to_have_count(0)
    console.page.get_by_label("Key", exact=True).fill("no key")
    console.page.keyboard.press("Enter")

    for name in (*WRITES, "Launch begins", "Take it all back"):
        expect(console.button(name)).to_be_disabled()
    expect(console.page.locator(".made")).to_be_hidden()
