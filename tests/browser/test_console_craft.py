"""The console is fast, small, accessible, readable on every screen, and safe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from mock_server.console.pages import PAGES
from mock_server.testing import RunningMock, running
from tests.browser.console import ON_MAP, Console, Open
from tests.browser.dashboard import Dashboard
from tests.command import serving
from tests.controls import Controls
from tests.instants import INSTANT
from tests.quick import LONG
from tests.timing import assert_less

LIVING_WITHIN = 2_000
"""The longest time from the request for the page to a visitor on its map, in ms.

It is for a machine on which LOOP takes at most 100 ms.
"""
HEAVIEST = 260_000
"""The largest size of the page and its files, in bytes, without the API reference."""
WIDTHS = [360, 759, 760, 1239, 1240, 1920, 2560]
# Records the time from the page's request to the first visitor on the map.
STOPWATCH = """
new MutationObserver((_, observer) => {
  if (document.querySelector(".dot") === null) return;
  window.livingAfter = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
LOADED = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""
# The tops of the parts of the first screen, in px.
TOPS = """(names) => Object.fromEntries(
  [...document.querySelectorAll("main > section, .grid > section, .totals")]
    .filter((part) => part.checkVisibility())
    .map((part) => [part.id || part.className, part.getBoundingClientRect().top])
    .filter(([name, top]) => names?.includes(name) ?? top < innerHeight),
)"""
STILL = 8
"""The longest way that a part of the first screen may move while a page loads, in px."""
# Sums up how far parts of the page move while it loads; nothing that a user has just done counts.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
}).observe({ type: "layout-shift", buffered: true });
"""
MOST_SHIFTED = 0.1
"""The largest sum of layout shifts that counts as good."""
FOCUSED = """(() => {
  const element = document.activeElement;
  if (element.matches(".drawings")) return "the map";
  return element.matches(".dot, .disc") ? "a dot" : element.id || element.textContent.trim();
})()"""
# Measures a loop of known size in the page, in ms.
LOOP = """() => {
  const begun = performance.now();
  let text = "";
  for (let n = 0; n < 3_000_000; n++) text = String(n);
  return performance.now() - begun + text.length * 0;
}"""
# Measures the gaps between frames over some seconds, in ms, shortest first.
FRAMES = """(seconds) => new Promise((done) => {
  const gaps = [];
  const end = performance.now() + seconds * 1000;
  let last = performance.now();
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(gaps.sort((one, other) => one - other));
  };
  requestAnimationFrame(frame);
})"""


@LONG
def test_a_newcomer_sees_a_living_map_within_two_seconds(page: Page) -> None:
    page.add_init_script(STOPWATCH)
    with serving() as printed_address:
        assert_less(lambda: living_after(page, printed_address), LIVING_WITHIN)

        before = page.locator("#feed > li").first.get_attribute("data-key")
        # Events come at random every few seconds, so one comes within a minute.
        expect(page.locator("#feed > li").first).not_to_have_attribute(
            "data-key", str(before), timeout=60_000
        )
        page.goto("about:blank")


def living_after(page: Page, address: str) -> float:
    """Opens the address, and returns the time until a visitor is on the map, in ms.

    The time is divided by the slowness of the machine, as LOOP measures it.
    """
    page.goto(address)
    expect(page.locator(".dot").first).to_be_attached()
    living: float = page.evaluate("window.livingAfter")
    loop: float = page.evaluate(LOOP)
    return living / max(loop / 100, 1)


@pytest.mark.long
def test_the_page_and_its_files_are_small(opened: Open) -> None:
    console = opened(revision="2026-06")
    expect(console.dots).not_to_have_count(0)
    console.page.wait_for_load_state("networkidle")

    sizes: dict[str, int] = dict(console.page.evaluate(LOADED))

    own = {path: size for path, size in sizes.items() if path == "/" or path.startswith("/console/")}
    assert "/console/places.json" in own
    assert 100_000 < sum(own.values()) < HEAVIEST
    assert {path.split("/")[1] for path in sizes} <= {"", "console", "__mock", "api", "openapi.json"}


@pytest.mark.long
@pytest.mark.parametrize(
    "size", [(1280, 800), pytest.param((800, 900), marks=LONG), pytest.param((390, 844), marks=LONG)], ids=str
)
@pytest.mark.parametrize("path", ["/", pytest.param("/dashboard", marks=LONG)])
def test_nothing_moves_while_a_page_loads(
    page: Page, turned: RunningMock, controls: Controls, path: str, size: tuple[int, int]
) -> None:
    screen: ViewportSize = {"width": size[0], "height": size[1]}
    # Without JavaScript, a page stays as it is drawn at first.
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(viewport=screen, java_script_enabled=False) as context:
        early = context.new_page()
        early.goto(turned.server + path)
        before = early.evaluate(TOPS, None)
    page.set_viewport_size(screen)
    key = controls.mint(now=INSTANT, frozen=True)

    if path == "/":
        console = Console(page, turned, controls, key, is_drawer_open=False)
        expect(console.dots).not_to_have_count(0)
        console.wait_for_today()
    else:
        Dashboard(page, turned, controls, key)

    after = page.evaluate(TOPS, list(before))
    assert len(before) >= 2
    assert {name: after[name] - top for name, top in before.items() if abs(after[name] - top) > STILL} == {}


@LONG
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=str)
@pytest.mark.parametrize("part", ["map", "drawer", "dashboard"])
def test_layout_shifts_are_small(
    page: Page, turned: RunningMock, controls: Controls, part: str, size: tuple[int, int]
) -> None:
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    key = controls.mint(now=INSTANT, frozen=True)

    if part == "dashboard":
        Dashboard(page, turned, controls, key)
    else:
        console = Console(page, turned, controls, key, is_drawer_open=part == "drawer")
        expect(page.locator("#switches")).to_be_visible(visible=part == "drawer")
        expect(console.dots).not_to_have_count(0)
        console.wait_for_today()
    page.wait_for_load_state("networkidle")

    assert page.evaluate("window.shifted") < MOST_SHIFTED


@LONG
def test_no_width_scrolls_sideways(opened: Open) -> None:
    console = opened(site="edge_cases")
    console.page.locator("#visitors button.row").first.click()
    expect(console.profile.locator(".timeline")).to_be_visible()
    for width in WIDTHS:
        console.page.set_viewport_size({"width": width, "height": 900})

        assert console.shown("document.documentElement.scrollWidth") == width
        outside = console.page.evaluate(
            "(width) => [...document.querySelectorAll('main > :not([hidden]), .totals dd')]"
            ".filter((panel) => panel.getBoundingClientRect().right > width).map((panel) => panel.id)",
            width,
        )
        assert outside == []
        # The layers of dots and land have the same position.
        land, dots = (console.page.locator(".world").nth(n).bounding_box() for n in (0, 1))
        assert land == dots


@LONG
@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_axe_finds_nothing_serious(opened: Open, scheme: str) -> None:
    console = opened()
    console.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    expect(console.dots).not_to_have_count(0)
    console.page.locator("#visitors button:has(.customer)").first.click()
    expect(console.profile.locator(".timeline")).to_be_visible()
    console.page.get_by_label("Requests", exact=True).select_option("getRealtimeMap")
    console.ask("/analytics/realtime?unknown=1")
    console.wait_for_today()
    console.button("500").click()
    expect(console.trouble).to_be_visible()
    expect(console.page.locator("#journal-rows .badge").first).to_be_visible()

    assert serious(console.page) == []

    console.button("Repair").click()
    expect(console.trouble).to_be_hidden()
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    expect(console.page.locator("#answer-about")).to_contain_text("status 200")
    assert serious(console.page) == []


@LONG
def test_reduced_motion_is_respected(opened: Open) -> None:
    console = opened(frozen=False, speed=60)
    console.page.emulate_media(reduced_motion="reduce")
    expect(console.dots).not_to_have_count(0)
    first = console.page.locator("#feed > li").first
    before = first.get_attribute("data-key")

    expect(first).not_to_have_attribute("data-key", str(before))

    assert console.page.locator(".pulse").count() == 0
    assert console.shown("document.getAnimations().length") == 0


@LONG
def test_five_thousand_visitors_stay_smooth(page: Page, browser: Browser) -> None:
    empty = browser.new_page()
    with running(site="launch_day", now=INSTANT) as mock, Controls(mock.server) as controls:
        console = Console(page, mock, controls, controls.mint())
        expect(console.dots).not_to_have_count(0)
        assert console.shown(ON_MAP) > 4_000

        # Meanwhile a worker reads answers of 4 MB. The limit is for two busy cores without a GPU.
        assert_less(lambda: roughness(console.page, empty), 1)
        page.goto("about:blank")


def roughness(page: Page, empty: Page) -> float:
    """Returns the time between frames divided by its limit; above 1 the page is not smooth.

    This is the larger value of the median and of the 95th percentile. The limits are higher on a machine
    that is slow even with an empty page.
    """
    least: float = max(empty.evaluate(FRAMES, 1)) / 20
    gaps: list[float] = page.evaluate(FRAMES, 5)
    middle, late = gaps[len(gaps) // 2] / 50, gaps[int(len(gaps) * 0.95)] / 250
    return max(middle, late) / max(least, 1)


@LONG
def test_the_keyboard_reaches_the_map_by_way_of_the_header(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)
    expected = [
        *("Skip to the lists", "datafast-mock", *(page.name for page in PAGES)),
        *("key", "new-key", "play", "×1", "×10", "×60", "Switches"),
        *("the map", "a dot", "+", "−", "⟲"),
    ]
    reached = []
    for _ in expected:
        console.page.keyboard.press("Tab")
        reached.append(console.shown(FOCUSED))

    assert reached == expected


@LONG
def test_no_focus_is_hidden_by_the_bar_of_a_telephone(opened: Open) -> None:
    console = opened()
    console.page.set_viewport_size({"width": 390, "height": 844})
    expect(console.page.locator("#feed > li").nth(12)).to_be_attached()
    console.page.locator("#feed").focus()

    bottoms = []
    for _ in range(12):
        console.page.keyboard.press("Tab")
        bottoms.append(console.shown("document.activeElement.getBoundingClientRect().bottom"))

    assert max(bottoms) <= console.shown("document.querySelector('.thumb').getBoundingClientRect().top")


def serious(page: Page) -> list[str]:
    """Returns the violations that axe rates as serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']} ({node['html'][:150]})"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
