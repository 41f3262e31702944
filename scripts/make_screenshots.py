"""Takes the pictures of the console for README and docs, and writes them to docs/images/.

Run by `make screenshots`. The world is pinned, so that a picture changes only if the page does.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mock_server.testing import RunningMock, running
from tests.browser.conftest import ARGUMENTS, MISSING, chromium
from tests.command import address_of, started

IMAGES = Path(__file__).parent.parent / "docs" / "images"
INSTANT = "2026-02-06T15:27:30Z"
WIDE = (1440, 900)
LAPTOP = (1280, 800)
PHONE = (390, 844)
_FAULT = "count-too-small"


def main() -> None:
    """Takes all pictures."""
    program = chromium()
    if program is None:
        sys.exit(f"no pictures: {MISSING}")
    IMAGES.mkdir(exist_ok=True)
    with (
        running(now=INSTANT, speed=0) as mock,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=program, args=ARGUMENTS, chromium_sandbox=os.geteuid() != 0
        ) as browser,
    ):
        _ask_as_a_client(mock)
        console = f"{mock.server}/#key="
        _take(browser, f"{console}df_test", "console", open_customer)
        _take(browser, f"{console}df_test", "console-light", open_answer, scheme="light")
        _take(browser, f"{console}df_xxx", "console-broken", break_map)
        _take(browser, f"{console}df_test", "console-phone", open_nothing, size=PHONE)
        _take(browser, f"{console}df_launch_day", "console-launch-day", wait_for_today)
        _take(browser, f"{console}df_test", "journal", open_a_request, scheme="light", part="#journal")
        dashboard = f"{mock.server}/dashboard#key=df_test"
        _take(browser, dashboard, "dashboard", point_at_chart)
        filtered = f"{dashboard}&period=90d&filter_referrer=is:Google"
        _take(browser, filtered, "dashboard-light", open_nothing, scheme="light")
        _take(browser, dashboard, "dashboard-phone", open_nothing, size=PHONE)
        _take(browser, f"{mock.server}/docs", "reference", open_realtime, scheme="light")
        with started(_FAULT, "--upstream", mock.server, command="mutate") as mutate:
            address_of(mutate)
            _take(browser, f"{mock.server}/verify", "verify", verify_a_faulty_server, scheme="light")
        zoomed, paid = f"{console}df_launch_day", f"{console}df_test"
        _take(browser, zoomed, "console-zoom", zoom_to_europe, size=LAPTOP, scheme="light")
        _take(browser, paid, "console-payment", make_payment, size=LAPTOP, scheme="light")


def open_nothing(page: Page) -> None:
    """Shows the page as it is."""


def wait_for_today(page: Page) -> None:
    """Waits for the sums of today, which take longest with five thousand visitors."""
    expect(page.locator("#today-why")).to_contain_text("since midnight", timeout=60_000)


def open_customer(page: Page) -> None:
    """Opens a customer's profile."""
    page.locator("#visitors button:has(.customer)").first.click()
    expect(page.locator(".timeline li").first).to_be_visible()


def open_answer(page: Page) -> None:
    """Opens the request behind the map."""
    page.locator("[data-request=getRealtimeMap]").first.click()
    expect(page.locator("#answer-about")).to_contain_text("200")


def break_map(page: Page) -> None:
    """Opens the switches and makes the map fail on purpose."""
    page.get_by_role("button", name="Switches", exact=True).first.click()
    page.get_by_label("Requests", exact=True).select_option("getRealtimeMap")
    page.get_by_role("button", name="429", exact=True).click()
    expect(page.locator("#trouble")).to_be_visible()


def zoom_to_europe(page: Page) -> None:
    """Zooms in with the wheel, and points at a disc."""
    box = page.locator(".drawings").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.534 * box["width"], box["y"] + 0.125 * box["height"])
    page.mouse.wheel(0, -650)
    expect(page.locator(".drawings.is-zoomed")).to_be_visible()
    page.wait_for_timeout(1000)
    page.locator(".disc[aria-label*='France']").first.hover()


def make_payment(page: Page) -> None:
    """Makes a payment, and waits for its notice."""
    page.get_by_role("button", name="A payment now", exact=True).click()
    expect(page.locator("#paid .notice")).to_be_visible()


def open_a_request(page: Page) -> None:
    """Opens a request in the journal, and the form that changes its answer."""
    row = page.locator("#journal-rows > details", has_text="realtime/map").first
    row.locator("summary").click()
    row.get_by_role("button", name="Answer differently from now on").click()


def point_at_chart(page: Page) -> None:
    """Points at a day in the dashboard's chart."""
    page.locator(".plot").hover(position={"x": 700, "y": 100})


def open_realtime(page: Page) -> None:
    """Opens the first operation of the reference."""
    page.locator(".opblock-summary").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()


def verify_a_faulty_server(page: Page) -> None:
    """Verifies a server with a fault, at the usual port of `datafast-mock mutate`."""
    page.get_by_label("Base URL of the API").fill("http://127.0.0.1:8585")
    page.get_by_label("It is a mock").check()
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#reports")).to_be_visible(timeout=60_000)


def _ask_as_a_client(mock: RunningMock) -> None:
    for path in ("/analytics/realtime", "/analytics/realtime/map?websiteId=1", "/visitors/unknown"):
        httpx2.get(mock.url + path, headers={"Authorization": "Bearer df_test"})


def _take(  # noqa: PLR0913 - most arguments are named
    browser: Browser,
    url: str,
    name: str,
    prepare: Callable[[Page], None],
    *,
    size: tuple[int, int] = WIDE,
    scheme: Literal["dark", "light"] = "dark",
    part: str | None = None,
) -> None:
    """Writes `docs/images/{name}.png`. `part` is the selector of the part to show; None means the window."""
    with _page(browser, size, scheme) as page:
        page.goto(url)
        expect(page.locator(".dot, .opblock, #run, .bar-row").first).to_be_visible()
        prepare(page)
        # All animations end within this time.
        page.wait_for_timeout(1500)
        shown = page if part is None else page.locator(part)
        shown.screenshot(path=IMAGES / f"{name}.png")
        print(IMAGES / f"{name}.png")


@contextmanager
def _page(browser: Browser, size: tuple[int, int], scheme: Literal["dark", "light"]) -> Iterator[Page]:
    width, height = size
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
    ) as context:
        yield context.new_page()


if __name__ == "__main__":
    main()
