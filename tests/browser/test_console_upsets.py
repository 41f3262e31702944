"""The console during outages, slow answers, restarts and with invalid keys."""

import time

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from mock_server.testing import RunningMock
from tests.browser.console import DOTS, Open
from tests.browser.visit import Complaints
from tests.command import serving
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import INSTANT

# These tests are about details; the other files of this folder test pages without such problems.
pytestmark = pytest.mark.long

MAP = "/analytics/realtime/map"


def test_hanging_answers_do_not_keep_the_page_from_being_repaired(opened: Open) -> None:
    console = opened()
    console.page.locator("#visitors button.row").first.click()
    console.button("hang").click()
    expect(console.banner).to_be_visible()
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    # A browser opens at most six connections to a server.
    for _ in range(8):
        console.button("Ask again").click()
    console.button("Close").click()

    console.button("Repair").click()

    expect(console.banner).to_be_hidden()
    expect(console.page.locator("#latest")).to_contain_text("as of")
    expect(console.profile.locator(".timeline li").first).to_be_visible()


def test_an_unreadable_answer_of_the_controls_is_an_episode(opened: Open, complaints: Complaints) -> None:
    complaints.expect("502")
    console = opened()
    expect(console.dots).not_to_have_count(0)
    answers = iter([True])

    def fail_once(route: Route) -> None:
        if next(answers, False):
            route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html")
        else:
            route.fallback()

    console.page.route("**/__mock/requests*", fail_once)
    console.page.get_by_label("Whose requests").select_option("key")
    console.ask("/analytics/realtime")

    expect(console.page.locator("#journal-rows > details")).to_have_count(1)
    expect(console.page.locator("#switch-board")).to_be_visible()


def test_a_page_whose_start_failed_begins_again(
    page: Page, turned: RunningMock, complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED")
    failures = iter([True])
    page.route("**/openapi.json", lambda route: route.abort() if next(failures, False) else route.fallback())

    page.goto(turned.server)

    expect(page.locator(DOTS)).not_to_have_count(0)
    expect(page.locator("#switch-board")).to_be_enabled()


def test_a_link_within_the_page_leaves_all_as_it_is(opened: Open) -> None:
    console = opened()
    console.page.locator("#visitors button.row").first.click()
    first = console.dots.first.element_handle()

    console.page.get_by_role("link", name="Journal").click()

    expect(console.page.get_by_role("heading", name="Requests of your clients")).to_be_in_viewport()
    expect(console.profile).to_be_visible()
    assert first is not None
    assert first.evaluate("(dot) => dot.isConnected")


def test_a_late_answer_to_another_key_is_dropped(opened: Open) -> None:
    console = opened(frozen=False, speed=60)
    expect(console.dots).not_to_have_count(0)

    def slowly(route: Route) -> None:
        time.sleep(1.5)
        route.fallback()

    console.page.route("**/__mock/keys", slowly)
    quiet = console.controls.mint(site="quiet", now=INSTANT, frozen=True)
    console.page.get_by_label("Key", exact=True).fill(quiet)
    console.page.keyboard.press("Enter")

    expect(console.page.locator("#site")).to_have_text("quiet")
    count = httpx2.get(console.mock.url + MAP, headers=bearer(quiet)).json()["data"]["count"]
    expect(console.page.locator("#active")).to_have_text(str(count))
    console.expect_on_map(count)
    expect(console.page.locator("#visitors > li")).to_have_count(count)


def test_the_dialog_shows_the_answer_to_its_own_request(opened: Open) -> None:
    console = opened(faults=[{"when": {"operation": "getRealtimeMap"}, "then": {"delay": 1500}}])
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    # When its dialog is closed, the late request is cancelled.
    with console.page.expect_event("requestfailed", lambda request: request.url.endswith(MAP)):
        console.button("Close").click()

    console.page.locator("[data-request=getRealtime]").click()

    expect(console.page.locator("#answer-about")).to_contain_text("status 200")
    expect(console.page.locator("#request-title")).to_have_text("getRealtime")
    expect(console.page.locator("#answer")).not_to_contain_text("recentEvents")


def test_the_dialog_shows_the_body_of_an_error(opened: Open, complaints: Complaints) -> None:
    complaints.expect("404")
    console = opened(faults=[{"when": {"operation": "getRealtime"}, "then": {"code": 404}}])
    # A click that comes while the banner moves the page down could hit nothing.
    expect(console.page.get_by_text("getRealtime answers 404: Website not found.")).to_be_visible()

    console.page.locator("[data-request=getRealtime]").click()

    expect(console.page.locator("#answer-about")).to_contain_text("Status 404")
    expect(console.page.locator("#answer")).to_contain_text("error")
    expect(console.button("Copy JSON")).to_be_enabled()


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [("wrong-type", "/data/activity/visitedPages"), ("missing", "/data/activity/visitedPages/0/timestamp")],
)
def test_a_profile_of_another_shape_is_reported(opened: Open, fault: str, pointer: str) -> None:
    rule = {"when": {"operation": "getVisitor"}, "then": {"fault": fault, "pointer": pointer}}
    console = opened(faults=[rule])

    console.page.locator("#visitors button.row").first.click()

    expect(console.profile).to_contain_text("documented member is missing")


def test_the_journal_begins_anew_with_the_mock(page: Page, complaints: Complaints) -> None:
    complaints.expect("ERR_CONNECTION_REFUSED")
    with serving() as server:
        page.goto(server)
        for _ in range(3):
            httpx2.get(f"{server}/api/v1/analytics/realtime", headers=bearer("df_test"))
        expect(page.locator("#journal-rows > details")).to_have_count(3)
    expect(page.locator("#unlock-text")).to_contain_text("Is it still running?")

    with serving("--port", server.rpartition(":")[2]):
        expect(page.locator("#switch-board")).to_be_visible()
        httpx2.get(f"{server}/api/v1/visitors/x", headers=bearer("df_test"))

        expect(page.locator("#journal-rows > details")).to_have_count(1)
        expect(page.locator("#journal-rows > details")).to_contain_text("400")
        page.goto("about:blank")


def test_a_key_that_is_minted_later_is_found(page: Page, turned: RunningMock, controls: Controls) -> None:
    page.goto(f"{turned.server}/#key=df_later")
    expect(page.locator("#unlock-text")).to_contain_text("df_later is not a key of this mock")
    expect(page.locator("#active")).to_have_text("–")

    controls.mint(key="df_later", site="shop", now=INSTANT, frozen=True)

    expect(page.locator("#switch-board")).to_be_visible()
    expect(page.locator("#site")).to_have_text("shop")
    expect(page.locator(DOTS)).not_to_have_count(0)


def test_data_of_another_key_is_removed(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)

    console.page.goto(f"{console.mock.server}/#key=df_suspended")

    expect(console.trouble).to_contain_text("answers 403")
    expect(console.page.locator("#active")).to_have_text("–")
    expect(console.page.locator("#latest")).to_have_text("")
    expect(console.dots).to_have_count(0)


def test_the_website_of_a_token_is_not_asked_of_a_key(page: Page, turned: RunningMock) -> None:
    page.goto(f"{turned.server}/#key=dft_test")
    expect(page.locator("#first-curl")).to_contain_text("websiteId=")

    page.goto(f"{turned.server}/#key=df_shop")

    expect(page.locator("#first-curl")).to_contain_text("df_shop")
    expect(page.locator("#first-curl")).not_to_contain_text("websiteId")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("df%03%0Atouch%20x%0A%1b%5B201~", id="control characters"),
        pytest.param("df_$(touch x)", id="a command"),
        pytest.param("df_%E2%80%AEabc", id="another direction"),
        pytest.param("", id="nothing"),
    ],
)
def test_an_invalid_key_is_neither_sent_nor_offered_to_a_shell(
    page: Page, turned: RunningMock, key: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{turned.server}/#key={key}")

    expect(page.locator("#trouble")).to_contain_text("This is not a key")
    expect(page.locator("#first-curl")).to_have_text("")
    assert not any("/api/v1/" in url for url in asked)


def test_quick_clicks_add_up(opened: Open) -> None:
    console = opened()
    console.wait_for_today()
    expect(console.page.locator("#switch-board")).to_be_enabled()
    expect(console.button("500")).to_be_visible()

    console.shown(
        "for (const button of document.querySelectorAll('#switch-board button'))"
        " if (['500', '0.5 s'].includes(button.textContent)) button.click()"
    )

    expect(console.banner).to_contain_text("answers 500, is 500 ms late")
