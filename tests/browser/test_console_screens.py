"""A short visit to each page of the console at three sizes of the window, in light and dark."""

import re
from itertools import product

import pytest
from playwright.sync_api import Locator, Page, expect

from mock_server.testing import RunningMock
from tests.browser.console import Console
from tests.browser.dashboard import Dashboard
from tests.browser.test_console_live import VIEW
from tests.controls import Controls
from tests.instants import INSTANT

SIZES = {"laptop": (1280, 800), "phone": (390, 844), "desktop": (1920, 1080)}
SCREENS = [
    pytest.param(size, scheme, id=f"{name}, {scheme}")
    for (name, size), scheme in product(SIZES.items(), ["light", "dark"])
]
# Looks at the controls in an element, scrolls to each, and returns the ones that a pointer could not press.
UNREACHABLE = """(root) => {
  const controls = root.querySelectorAll("a[href]:not(.skip), button, input, select, summary, [role=slider]");
  const named = (one) => one.id || one.getAttribute("aria-label") || one.textContent.trim().slice(0, 40);
  const why = (control) => {
    if (control.matches(":disabled") || !control.checkVisibility({ visibilityProperty: true })) return null;
    control.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const [{ left, right, top, bottom }] = control.getClientRects();
    if (left < -1 || right > innerWidth + 1) return `reaches from ${left} to ${right} px`;
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    if (over === null) return "is out of sight";
    return control.contains(over) ? null : `is covered by ${over.tagName}.${over.className}`;
  };
  const found = [...controls].map((one) => [named(one), why(one)]).filter(([, reason]) => reason !== null);
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(["the page", `is ${scrollWidth} px wide`]);
  scrollTo({ top: 0, behavior: "instant" });
  return found.map((pair) => pair.join(" "));
}"""

pytestmark = [pytest.mark.long, pytest.mark.parametrize(("size", "scheme"), SCREENS)]


def unreachable(root: Locator) -> list[str]:
    """Returns the controls in an element that a pointer cannot press, each with the reason."""
    found: list[str] = root.evaluate(UNREACHABLE)
    return found


def prepare(page: Page, size: tuple[int, int], scheme: str) -> None:
    """Sets the size of the window and the colour scheme."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


@pytest.fixture
def live(page: Page, turned: RunningMock, controls: Controls, size: tuple[int, int], scheme: str) -> Console:
    """The page Live with visitors, at a size and in a colour scheme."""
    prepare(page, size, scheme)
    console = Console(page, turned, controls, controls.mint(now=INSTANT, frozen=True))
    expect(console.dots).not_to_have_count(0)
    console.wait_for_today()
    return console


def close_drawer(console: Console) -> None:
    """Closes the drawer of the switches, which lies over the page in narrow windows."""
    console.button("Close the switches").click()
    expect(console.page.locator("#switches")).to_be_hidden()


def test_live_has_a_map_a_drawer_and_profiles(live: Console) -> None:
    page = live.page
    assert unreachable(page.locator("#switches")) == []
    live.page.get_by_label("Website", exact=True).select_option("shop")
    expect(page.locator("#site")).to_have_text("shop")
    live.wait_for_today()
    close_drawer(live)
    assert unreachable(page.locator("body")) == []

    whole = live.shown(VIEW)
    live.button("Zoom in").click()
    page.wait_for_function(f"(whole) => {VIEW}[2] < whole[2]", arg=whole)
    live.button("Show the whole world").click()
    page.wait_for_function(f"(whole) => {VIEW}[2] === whole[2]", arg=whole)
    live.expect_on_map(int(re.sub(r"\D", "", page.locator("#active").inner_text())))

    page.locator("#visitors button.row").nth(1).click()
    expect(live.profile.locator(".timeline li").first).to_be_visible()
    assert unreachable(live.profile) == []
    live.button("Close the profile").click()
    expect(live.profile).to_be_hidden()

    live.button("A payment now").click()
    expect(page.locator("#paid .notice")).to_be_in_viewport(ratio=1)
    expect(page.locator("#feed > li.made")).to_contain_text("paid")
    expect(page.locator("#maker-answer")).to_contain_text('"message":')

    live.button("Show the map’s request").click()
    dialog = page.locator("#request")
    for language in ("fetch", "Python", "TypeScript", "curl"):
        live.button(language).click()
        expect(dialog.get_by_role("button", name=f"Copy {language}")).to_be_in_viewport(ratio=1)
    assert unreachable(dialog) == []
    live.button("Copy JSON").click()
    expect(page.locator("#copied")).to_be_in_viewport(ratio=1)
    live.button("Close").click()
    assert unreachable(page.locator("body")) == []


def test_the_journal_opens_filters_copies_and_answers_differently(live: Console) -> None:
    page, rows = live.page, live.page.locator("#journal-rows > details")
    close_drawer(live)
    page.get_by_label("Whose requests").select_option("key")
    live.ask("/analytics/realtime?unknown=1")
    live.ask("/analytics/realtime/map")
    expect(rows).to_have_count(2)

    page.get_by_label("with findings").check()
    expect(rows).to_have_count(1)
    page.get_by_label("Which statuses").select_option("4")
    expect(rows).to_have_count(0)
    page.get_by_label("Which statuses").select_option("")

    rows.first.locator("summary").click()
    expect(rows.first).to_contain_text("undocumented")
    rows.first.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    rows.first.get_by_role("button", name="Answer differently from now on").click()
    assert unreachable(page.locator("#journal")) == []
    rows.first.get_by_label("Delay in ms").fill("50")
    rows.first.get_by_role("combobox", name="Status").select_option("")
    rows.first.get_by_role("button", name="Make the rule").click()
    expect(live.banner).to_be_in_viewport(ratio=1)
    expect(live.banner).to_contain_text("getRealtime is 50 ms late")
    assert unreachable(page.locator("body")) == []
    live.button("Repair").click()
    expect(live.banner).to_be_hidden()

    with page.expect_download() as download:
        live.button("HAR").click()
    assert download.value.suggested_filename.endswith(".har")


def test_the_dashboard_filters_changes_period_and_shows_requests(
    page: Page, turned: RunningMock, controls: Controls, size: tuple[int, int], scheme: str
) -> None:
    prepare(page, size, scheme)
    key = controls.mint(now=INSTANT, frozen=True)
    dashboard = Dashboard(page, turned, controls, key, period="7d")
    everybody = dashboard.figures()["Visitors"]
    assert unreachable(page.locator("body")) == []

    dashboard.choose("Today")
    assert 0 < dashboard.figures()["Visitors"] < everybody
    dashboard.choose("7 days")
    dashboard.open("devices", "Browsers")
    expect(dashboard.panel("devices")).to_contain_text("Mobile Safari")
    row = dashboard.panel("locations").locator("button.bar-row").first
    visitors = float(row.locator("data").first.get_attribute("value") or 0)
    row.click()
    expect(page.locator(".chip")).to_contain_text("Country")
    dashboard.settle()
    assert dashboard.figures()["Visitors"] == visitors < everybody
    dashboard.choose("Table")
    assert unreachable(page.locator("body")) == []
    page.locator(".chip").get_by_role("button", name="Remove").click()
    expect(page.locator(".chip")).to_have_count(0)
    dashboard.settle()
    assert dashboard.figures()["Visitors"] == everybody

    page.get_by_role("button", name="Show the request: Sources").click()
    expect(page.locator("#answer-about")).to_contain_text("status 200")
    assert unreachable(page.locator("#request")) == []
    page.get_by_role("button", name="Close", exact=True).click()

    page.locator("#visitors .person").first.click()
    profile = page.locator("#profile")
    expect(profile.locator(".timeline li").first).to_be_visible()
    assert unreachable(profile) == []
    page.get_by_role("button", name="Close the profile").click()
    expect(profile).to_be_hidden()


def test_a_verdict_comes_and_its_clauses_can_be_chosen(
    page: Page, mock: RunningMock, size: tuple[int, int], scheme: str
) -> None:
    prepare(page, size, scheme)
    page.goto(f"{mock.server}/verify")
    page.get_by_text("Options").click()
    page.get_by_label("Only these clauses").fill("RT-*,MAP-*")
    assert unreachable(page.locator("body")) == []

    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#latest")).to_contain_text("answers from")
    expect(page.locator("#reports")).to_be_visible()
    page.locator("#totals").get_by_role("button", name="holding").click()
    page.get_by_label("Search the clauses").fill("RT-")
    expect(page.locator("#rows li").first).to_contain_text("RT-")

    assert unreachable(page.locator("body")) == []
