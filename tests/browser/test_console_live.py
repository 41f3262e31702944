"""The page Live: its first screen on three windows, zoom and discs, faces, payments, totals, drawer."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from mock_server.testing import RunningMock, running
from tests.browser.console import Console, Open
from tests.browser.test_console_craft import FRAMES, serious
from tests.browser.visit import Complaints
from tests.controls import Controls
from tests.instants import DOCUMENTED, INSTANT
from tests.quick import quick
from tests.timing import assert_less

MAP = "/analytics/realtime/map"
LAPTOP, PHONE, DESKTOP = (1280, 800), (390, 844), (1920, 1080)
SCREENS = [
    pytest.param(LAPTOP, "light", id="laptop, light"),
    pytest.param(PHONE, "dark", id="phone, dark"),
    pytest.param(DESKTOP, "dark", id="desktop, dark", marks=pytest.mark.long),
    pytest.param(LAPTOP, "dark", id="laptop, dark", marks=pytest.mark.long),
    pytest.param(PHONE, "light", id="phone, light", marks=pytest.mark.long),
    pytest.param(DESKTOP, "light", id="desktop, light", marks=pytest.mark.long),
]
# Returns the box of an element: left, top, width, height.
BOX = """(selector) => {
  const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
  return [left, top, width, height];
}"""
# Returns what the map shows: left, top, width, height in units of the drawing.
VIEW = "document.querySelector('.world.over').getAttribute('viewBox').split(' ').map(Number)"
# Returns the texts of the controls that are too small for a thumb: below 38 pixels in width or height.
SMALL = """[...document.querySelectorAll(".thumb > *, .bar .more-own, .zoom button")]
  .filter((target) => Math.min(target.offsetWidth, target.offsetHeight) < 38)
  .map((target) => target.textContent)"""
# Clicks the disc with most visitors.
ENTER_THE_LARGEST = """() => [...document.querySelectorAll(".disc")]
  .sort((one, other) => other.dataset.count - one.dataset.count)[0]
  .dispatchEvent(new MouseEvent("click", { bubbles: true }))"""
ZOOM_TIME = 500
"""A time in which every zoom ends, in ms."""
FACE = "(row) => row.querySelector('.avatar').innerHTML"
# Drags the map to and fro for some seconds, and returns the gaps between frames in ms, shortest first.
PANNED = """async (seconds) => {
  const frame = document.querySelector(".drawings");
  const { left, top, width, height } = frame.getBoundingClientRect();
  const fire = (kind, n) => frame.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, button: 0, pointerId: 1,
    clientX: left + width / 2 + 200 * Math.sin(n / 20), clientY: top + height / 2 + 50 * Math.cos(n / 20),
  }));
  // A pointer that is made by a script cannot be captured.
  frame.setPointerCapture = () => {};
  fire("pointerdown", 0);
  const gaps = [];
  const end = performance.now() + seconds * 1000;
  for (let n = 0, last = performance.now(); last < end; n++) {
    fire("pointermove", n);
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  fire("pointerup", 0);
  return gaps.sort((one, other) => one - other);
}"""


@pytest.mark.parametrize(("screen", "scheme"), quick(SCREENS, 1))
def test_first_screen_shows_the_map(
    page: Page, turned: RunningMock, controls: Controls, screen: tuple[int, int], scheme: str
) -> None:
    width, height = screen
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(f"{turned.server}/#key={controls.mint(now=INSTANT, frozen=True)}")
    expect(page.locator("#today-visitors")).not_to_have_text("–")

    _, bar_top, bar_width, bar_height = page.evaluate(BOX, ".bar")
    _, map_top, map_width, map_height = page.evaluate(BOX, ".drawings")
    assert (bar_top, bar_width) == (0, width)
    assert bar_height < 60, "the header has one line"
    assert map_top < bar_height + 20
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if screen == LAPTOP:
        assert map_width * map_height > 0.4 * width * height
    if screen == PHONE:
        assert page.evaluate(SMALL) == []
    expect(page.locator("#switches")).to_be_visible(visible=screen == DESKTOP)
    assert serious(page) == []


@pytest.mark.long
def test_wheel_keys_buttons_and_a_drag_move_the_map(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)
    console.page.emulate_media(reduced_motion="reduce")
    left, top, width, height = console.page.evaluate(BOX, ".drawings")
    whole = view(console)

    console.page.mouse.move(left + width / 4, top + height / 3)
    point = under(whole, 1 / 4, 1 / 3)
    console.page.mouse.wheel(0, -600)
    close = changed(console, whole)
    assert close[2] < whole[2] / 3
    # The point of the world below the pointer stays there, unless the edge of the world is near.
    assert under(close, 1 / 4, 1 / 3) == pytest.approx(point, abs=whole[2] / 100)

    console.page.mouse.down()
    console.page.mouse.move(left + width / 4 + 90, top + height / 3 + 30, steps=3)
    console.page.mouse.up()
    dragged = changed(console, close)
    assert dragged[0] == pytest.approx(close[0] - 90 * close[2] / width)
    assert console.profile.is_hidden()

    console.page.locator(".drawings").focus()
    console.page.keyboard.press("ArrowRight")
    right = changed(console, dragged)
    assert right[0] > dragged[0]
    console.page.keyboard.press("+")
    assert changed(console, right)[2] == pytest.approx(right[2] / 2)
    console.page.keyboard.press("0")
    console.page.wait_for_function(f"(whole) => String({VIEW}) === String(whole)", arg=whole)

    console.button("Zoom in").click()
    assert changed(console, whole)[2] == pytest.approx(whole[2] / 2)
    console.button("Zoom out").click()
    console.page.wait_for_function(f"(whole) => String({VIEW}) === String(whole)", arg=whole)


@pytest.mark.long
def test_two_fingers_zoom(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)
    whole = view(console)
    left, top, width, height = console.page.evaluate(BOX, ".drawings")
    browser = console.page.context.new_cdp_session(console.page)

    def touch(kind: str, *distances: float) -> None:
        points = [
            {"id": id_, "x": left + width / 2 + sign * distance, "y": top + height / 2}
            for distance in distances
            for id_, sign in ((0, -1), (1, 1))
        ]
        browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 40)
    for distance in (60, 80, 100, 120):
        touch("touchMove", distance)
    touch("touchEnd")

    assert changed(console, whole)[2] < whole[2] / 2


@pytest.mark.long
def test_a_disc_stands_for_visitors_and_divides_when_it_is_clicked(opened: Open) -> None:
    # Most of this website's visitors are in one country.
    console = opened(site="shop", now=DOCUMENTED)
    console.page.emulate_media(reduced_motion="reduce")
    count = console.data(MAP)["count"]
    console.expect_on_map(count)
    whole = view(console)
    disc = console.page.locator(".disc").first
    assert disc.text_content() == disc.get_attribute("data-count")
    expect(disc).to_have_accessible_name(re.compile(r"^\d+ visitors(, \d+ customers?)?, around .+; zoom in$"))
    disc.hover()
    expect(console.page.locator(".tip")).to_contain_text(f"{disc.get_attribute('data-count')} visitors")
    before = console.dots.count()

    disc.click()

    assert changed(console, whole)[2] <= whole[2] / 2
    console.page.wait_for_function(
        "(before) => document.querySelectorAll(':is(.dot, .disc)').length !== before", arg=before
    )
    console.page.keyboard.press("0")
    disc.focus()
    console.page.keyboard.press("Enter")
    changed(console, whole)
    # The focus moves to a dot or disc of the same visitors.
    console.page.wait_for_function("() => document.activeElement.matches(':is(.dot, .disc)')")


@pytest.mark.long
def test_a_visitor_has_one_face_and_one_name_everywhere(opened: Open) -> None:
    console = opened()
    visitor = next(each for each in console.data(MAP)["visitors"] if each["profileData"]["isRandomName"])
    id_ = visitor["visitorId"]
    row = console.page.locator(f"#visitors li[data-key='{id_}']")
    name, face = row.locator(".who").inner_text(), row.evaluate(FACE)
    assert len(name.split()) == 2

    console.open_profile(id_)

    expect(console.profile.get_by_role("heading", level=2)).to_have_text(name)
    assert console.profile.evaluate(FACE) == face
    dot = console.page.locator(f".dot[data-id='{id_}']")
    expect(dot).to_have_accessible_name(re.compile(f"^{name}, "))
    dot.hover()
    expect(console.page.locator(".tip strong")).to_have_text(name)
    assert console.page.locator(".tip").evaluate(FACE) == face
    own = console.page.locator("#feed > li", has_text=name)
    assert own.count() == 0 or own.first.evaluate(FACE) == face
    country = row.locator(".flag").get_attribute("aria-label")
    assert country
    expect(row.locator(".more")).to_contain_text(country)


@pytest.mark.long
@pytest.mark.parametrize("revision", ["2026-02", pytest.param("2026-06", marks=pytest.mark.long)])
def test_the_name_that_the_api_gives_is_shown(opened: Open, revision: str) -> None:
    console = opened(revision=revision)
    visitors = console.data(MAP)["visitors"]
    expect(console.page.locator("#visitors > li")).to_have_count(len(visitors))

    shown: dict[str, str] = console.shown(
        "Object.fromEntries([...document.querySelectorAll('#visitors > li')]"
        ".map((row) => [row.dataset.key, row.querySelector('.who').textContent]))"
    )

    named = {v["visitorId"]: v["profileData"]["displayName"] for v in visitors}
    assert {id_: shown[id_] for id_, name in named.items() if name} == {
        id_: name for id_, name in named.items() if name
    }
    assert all(shown.values())


def test_a_payment_is_noticed_and_counted(opened: Open) -> None:
    console = opened()
    expect(console.page.locator("#today-money")).not_to_have_text("–")
    expect(console.page.locator("#paid")).to_have_role("status")
    before = console.page.locator("#today-money").inner_text()

    console.button("A payment now").click()

    notice = console.page.locator("#paid .notice")
    expect(notice).to_contain_text("paid $19.00")
    expect(console.page.locator(".pulse.paid")).to_be_attached()
    expect(console.page.locator("#today-money")).not_to_have_text(before)
    assert dollars(console, "#today-money") == overview(console)["revenue"]
    assert dollars(console, "#ten-money") == sum(
        payment["amount"] for payment in console.data(MAP)["recentPayments"]
    )
    name = notice.locator("b").inner_text()
    assert notice.evaluate(FACE) == console.page.locator("#feed li.payment").first.evaluate(FACE)
    notice.click()
    expect(console.profile.get_by_role("heading", level=2)).to_have_text(name)


@pytest.mark.long
def test_payments_of_another_website_are_no_news(opened: Open) -> None:
    console = opened()
    expect(console.page.locator("#today-money")).not_to_have_text("–")

    console.controls.patch("/settings", {"site": "launch_day"}, key=console.key)

    expect(console.page.locator("#feed li.payment").first).to_be_attached()
    older = [row for row in console.data(MAP)["recentPayments"] if row["timestamp"] < INSTANT]
    assert len(older) > 3
    assert console.page.locator("#paid .notice").count() == 0


@pytest.mark.long
def test_a_notice_without_motion(opened: Open) -> None:
    console = opened()
    console.page.emulate_media(reduced_motion="reduce")
    expect(console.button("A payment now")).to_be_enabled()

    console.button("A payment now").click()

    expect(console.page.locator("#paid .notice")).to_contain_text("paid $19.00")
    assert console.page.locator(".pulse").count() == 0
    assert console.shown("document.getAnimations().length") == 0


@pytest.mark.long
def test_totals_of_today_are_those_of_the_report(opened: Open) -> None:
    console = opened(site="shop")
    expect(console.page.locator("#today-visitors")).not_to_have_text("–")

    told = overview(console)

    expect(console.page.locator("#today-visitors")).to_have_text(f"{told['visitors']:,}")
    expect(console.page.locator("#today-money")).to_have_text(f"¥{told['revenue']:,}")
    console.button("Show today’s request").click()
    expect(console.page.locator("#as-curl")).to_contain_text("/analytics/overview?startAt=")
    expect(console.page.locator("#answer-about")).to_contain_text("status 200")


@pytest.mark.long
def test_totals_after_another_website_was_chosen(opened: Open) -> None:
    console = opened(site="demo")
    expect(console.page.locator("#today-why")).to_have_text("since midnight in New York")

    console.controls.patch("/settings", {"site": "shop"}, key=console.key)

    expect(console.page.locator("#today-why")).to_have_text("since midnight in Tokyo")
    expect(console.page.locator("#today-money")).to_have_text(f"¥{overview(console)['revenue']:,}")


@pytest.mark.long
def test_totals_that_are_refused_say_why(opened: Open, complaints: Complaints) -> None:
    complaints.expect("403")
    console = opened(faults=[{"when": {"operation": "getOverview"}, "then": {"code": 403}}])

    expect(console.page.locator("#today-why")).to_contain_text("getOverview answers 403")

    expect(console.page.locator("#today-visitors")).to_have_text("–")
    expect(console.page.locator("#today-money")).to_have_text("–")
    expect(console.page.locator("#active")).not_to_have_text("–")


@pytest.mark.long
def test_the_drawer_is_remembered(page: Page, turned: RunningMock, controls: Controls) -> None:
    page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    page.goto(f"{turned.server}/#key={controls.mint(now=INSTANT, frozen=True)}")
    drawer = page.locator("#switches")
    button = page.get_by_role("button", name="Switches", exact=True)
    expect(drawer).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")

    button.click()
    expect(page.get_by_role("heading", name="Switches")).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.reload()
    expect(drawer).to_be_visible()

    button.click()
    expect(drawer).to_be_hidden()
    button.click()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    page.reload()
    expect(page.locator("#today-visitors")).not_to_have_text("–")
    expect(drawer).to_be_hidden()


@pytest.mark.long
def test_a_thumb_reaches_all_parts(page: Page, turned: RunningMock, controls: Controls) -> None:
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    address = f"{turned.server}/#key={controls.mint(now=INSTANT, frozen=True)}"
    page.goto(address)
    expect(page.locator("#feed > li").first).to_be_attached()
    parts = page.get_by_role("navigation", name="Parts of this page")

    headings = {"Events": "#feed-title", "People": "#visitors-title", "Journal": "#journal-title"}
    for link, heading in headings.items():
        parts.get_by_role("link", name=link).click()
        expect(page.locator(heading)).to_be_in_viewport()
        expect(page).to_have_url(address)
    parts.get_by_role("link", name="Map").click()
    expect(page.locator(".drawings")).to_be_in_viewport(ratio=0.9)
    parts.get_by_role("button", name="Switches").click()
    expect(page.get_by_label("Website", exact=True)).to_be_in_viewport()
    parts.get_by_role("button", name="Switches").click()
    page.get_by_role("button", name="Key and clock").click()
    expect(page.get_by_label("Key", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("button", name="×60")).to_be_in_viewport()


@pytest.mark.long
def test_five_thousand_visitors_can_be_dragged(page: Page, browser: Browser) -> None:
    empty = browser.new_page()
    with running(site="launch_day", now=INSTANT, speed=0) as mock, Controls(mock.server) as controls:
        console = Console(page, mock, controls, controls.mint())
        console.expect_on_map(console.data(MAP)["count"])
        for _ in range(2):
            console.button("Zoom in").click()

        # The limit is thirty frames a second, drawn in software on an idle machine.
        assert_less(lambda: slowness(console.page, empty), 1)

        # At the largest zoom a click on a disc shows its visitors in the list.
        chosen = page.locator("#visitors-chosen")
        for _ in range(8):
            if chosen.is_hidden():
                page.evaluate(ENTER_THE_LARGEST)
                page.wait_for_timeout(ZOOM_TIME)
        expect(chosen).to_be_focused()
        count = page.locator("#visitors > li").count()
        expect(chosen).to_have_text(f"{count} from the map ✕")
        chosen.click()
        expect(page.locator("#visitors > li")).to_have_count(100)
        page.goto("about:blank")


def slowness(page: Page, empty: Page) -> float:
    """Returns the median time between two frames, divided by its limit of 33 ms.

    The limit is higher on a machine that is slow even with an empty page.
    """
    least: float = max(empty.evaluate(FRAMES, 1)) / 20
    gaps: list[float] = page.evaluate(PANNED, 3)
    return gaps[len(gaps) // 2] / 33 / max(least, 1)


def view(console: Console) -> list[float]:
    """Returns the part of the drawing that the map shows: left, top, width, height."""
    shown: list[float] = console.shown(VIEW)
    return shown


def changed(console: Console, before: list[float]) -> list[float]:
    """Waits until the map shows another part, and returns it."""
    console.page.wait_for_function(f"(before) => String({VIEW}) !== String(before)", arg=before)
    return view(console)


def under(shown: list[float], across: float, down: float) -> list[float]:
    """Returns a point of the map, given by its shares of the width and the height of the visible part."""
    left, top, width, height = shown
    return [left + across * width, top + down * height]


def overview(console: Console) -> dict[str, float]:
    """Returns the report about the website's present day."""
    site = console.data("/analytics/metadata")[0]
    today = datetime.fromisoformat(INSTANT).astimezone(ZoneInfo(site["timezone"])).date()
    row: dict[str, float] = console.data(f"/analytics/overview?startAt={today}&endAt={today}")[0]
    return row


def dollars(console: Console, selector: str) -> float:
    """Returns the amount in dollars that an element shows."""
    return float(console.page.locator(selector).inner_text().replace("$", "").replace(",", ""))
