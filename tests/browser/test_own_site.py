"""A user's own page sends events by DataFast's npm package, and its visitor appears on the console's map."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.another_origin import serving_page
from tests.browser.console import Console, Open
from tests.browser.visit import Complaints
from tests.controls import Json

# The package comes from npm, and `make test` needs only Python.
pytestmark = pytest.mark.long

PACKAGE = (
    Path(__file__).parent.parent / "javascript" / "node_modules" / "datafast" / "dist" / "web" / "index.mjs"
)
# The package sends nothing from a browser that reports that it is automated.
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
NOT_DRIVEN = "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });"
SITE = """<!doctype html><html lang=en><link rel=icon href='data:,'><title>My site</title>
<script type=module>
{package}
window.datafast = await initDataFast({{
  websiteId: "{website}",
  apiUrl: "{mock}/api/events",
  allowLocalhost: true,
  autoCapturePageviews: true,
  cookieless: {cookieless},
  flushInterval: 100,
}});
</script>"""


@pytest.fixture
def own(browser: Browser, complaints: Complaints) -> Iterator[Page]:
    """A page in a browser with the time zone of Paris, which does not tell pages that it is automated."""
    with browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", user_agent=CHROME) as context:
        complaints.listen(context)
        context.add_init_script(NOT_DRIVEN)
        yield context.new_page()


@contextmanager
def visited(own: Page, console: Console, *, cookieless: bool = False) -> Iterator[str]:
    """Opens the start page of a website that sends events to the console's mock, and yields its address."""
    website = console.controls.get(f"/keys/{console.key}")["trackingId"]
    html = SITE.format(
        package=PACKAGE.read_text(encoding="utf-8"),
        website=website,
        mock=console.mock.server,
        cookieless=str(cookieless).lower(),
    )
    with serving_page(html) as address:
        own.goto(f"{address}/?utm_source=newsletter")
        yield address


def profile(console: Console) -> Json:
    """Returns the profile of the one visitor of an empty website."""
    [visitor] = console.data("/analytics/realtime/map")["visitors"]
    return console.data(f"/visitors/{visitor['visitorId']}")


def test_who_opens_the_page_is_on_the_map(own: Page, opened: Open) -> None:
    console = opened(site="empty")
    expect(console.page.locator("#active")).to_have_text("0")

    with visited(own, console):
        expect(console.dots).to_have_count(1)

    [visitor] = console.data("/analytics/realtime/map")["visitors"]
    assert visitor["visitorId"] == own.evaluate("datafast.getVisitorId()")
    assert visitor["location"]["city"] == "Paris"
    assert visitor["system"]["browser"]["name"] == "Chrome"
    assert visitor["params"]["utm_source"] == "newsletter"


def test_walking_tracking_and_identifying_fill_the_profile(own: Page, opened: Open) -> None:
    console = opened(site="empty")
    with visited(own, console):
        expect(console.dots).to_have_count(1)
        console.controls.put("/clock", {"advance": 5_000}, key=console.key)
        own.evaluate("history.pushState({}, '', '/pricing')")
        expect(console.page.locator("#pages button", has_text="/pricing")).to_have_count(1)
        console.controls.put("/clock", {"advance": 5_000}, key=console.key)
        own.evaluate("datafast.track('signup', { plan: 'pro' })")
        own.evaluate("datafast.identify('user_1', { name: 'Ada' })")
        own.evaluate("datafast.trackPayment({ email: 'ada@example.com', amount: 49, currency: 'USD' })")
        own.evaluate("datafast.flush()")
        expect(console.page.locator("#feed > li", has_text="signup")).to_have_count(1)
        expect(console.page.locator("#feed > li", has_text="paid")).to_have_count(1)

    life = profile(console)
    assert [page["url"] for page in life["activity"]["visitedPages"]] == ["127.0.0.1/", "127.0.0.1/pricing"]
    assert {goal["name"] for goal in life["activity"]["completedGoals"]} == {"signup", "payment"}
    assert life["profile"]["metadata"]["name"] == "Ada"
    [whole] = console.data("/analytics/overview")
    assert (whole["visitors"], whole["sessions"], whole["revenue"]) == (1, 1, 49)
    pages = {(row["hostname"], row["path"]) for row in console.data("/analytics/pages")}
    assert pages == {("127.0.0.1", "/"), ("127.0.0.1", "/pricing")}
    assert console.data("/analytics/goals") == [{"goal": "signup", "completions": 1, "visitors": 1}]


def test_without_cookies_a_tab_is_one_visitor(own: Page, opened: Open) -> None:
    console = opened(site="empty")
    with visited(own, console, cookieless=True) as address:
        expect(console.dots).to_have_count(1)
        own.goto(f"{address}/docs")
        expect(console.page.locator("#pages button", has_text="/docs")).to_have_count(1)

    assert own.context.cookies() == []
    assert profile(console)["activity"]["pageViewCount"] == 2
