"""The console shows what the API answers: the map, its visitors, their profiles, the requests behind it."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from mock_server.contract.document import REVISION_2026_02, REVISION_2026_06
from mock_server.testing import RunningMock
from mock_server.world.site_files import load_sites
from tests.browser.console import Console, Open
from tests.browser.visit import Complaints
from tests.command import serving
from tests.instants import DOCUMENTED
from tests.node import NODE

# launch_day is not in this list, because test_console_craft.py tests it.
SITES = sorted(load_sites().keys() - {"launch_day"})
PRINTED = "console.log(JSON.stringify(data));"
MAP = "/analytics/realtime/map"
SOMEBODY_CAME_AND_SOMEBODY_LEFT = """(before) => {
  const now = [...document.querySelectorAll("#visitors > li")].map((row) => row.dataset.key);
  return now.some((id) => !before.includes(id)) && before.some((id) => !now.includes(id));
}"""
# An id in the documentation's examples: a customer who comes every Monday.
REGULAR = "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
REGULAR_IS_THERE = "2026-11-16T09:14:00Z"
# Currencies with two, with no and with three digits of minor units.
AMOUNTS = {
    "demo": re.compile(r"paid \$[\d,]+\.\d\d$"),
    "shop": re.compile(r"paid ¥[\d,]+$"),
    "edge_cases": re.compile(r"paid KWD\s[\d,]+\.\d{3}$"),
}


@pytest.mark.long
@pytest.mark.parametrize("revision", [REVISION_2026_02, REVISION_2026_06])
def test_each_active_visitor_is_a_dot(opened: Open, revision: str) -> None:
    console = opened(revision=revision)
    for site in SITES:
        console.controls.patch("/settings", {"site": site}, key=console.key)
        data = console.data(MAP)

        expect(console.page.locator("#site")).to_have_text(site)
        console.expect_on_map(data["count"])
        expect(console.page.locator("#active")).to_have_text(str(data["count"]))
        ids = {visitor["visitorId"] for visitor in data["visitors"]}
        expect(console.page.locator("#visitors > li")).to_have_count(len(ids))
        assert set(ids_of(console)) <= ids


def test_dots_lie_where_their_visitors_are(opened: Open) -> None:
    console = opened(now=DOCUMENTED)
    visitors = console.data(MAP)["visitors"]
    console.expect_on_map(len(visitors))

    drawn = places_of(console)

    places = {visitor["visitorId"]: (visitor["longitude"], visitor["latitude"]) for visitor in visitors}
    projected = console.page.evaluate(
        "async (places) => { const { project } = await import('/console/projection.js');"
        " return places.map(([id, place]) => [id, project(...place)]); }",
        [(id_, places[id_]) for id_ in drawn],
    )
    assert len(projected) > 10
    assert all(abs(drawn[id_][0] - x) < 5 and abs(drawn[id_][1] - y) < 5 for id_, (x, y) in projected)


@pytest.mark.long
def test_without_coordinates_the_city_decides_the_place(opened: Open) -> None:
    console = opened(now=DOCUMENTED)
    expect(console.dots).not_to_have_count(0)
    by_coordinates = places_of(console)

    console.button(REVISION_2026_06).click()
    expect(console.page.locator("#revision")).to_contain_text(REVISION_2026_06)
    expect(console.page.locator("#latest")).not_to_contain_text("waiting")
    console.page.wait_for_function("() => document.querySelectorAll('.dot.leaving').length === 0")

    by_city = places_of(console)
    alone = by_city.keys() & by_coordinates.keys()
    assert len(alone) > 10
    close = [
        id_
        for id_, (x, y) in by_city.items()
        if id_ in alone and abs(x - by_coordinates[id_][0]) < 2 and abs(y - by_coordinates[id_][1]) < 2
    ]
    # A visitor without a known city is drawn in the country.
    assert len(close) > 0.8 * len(alone)


@pytest.mark.long
def test_customers_and_idle_visitors_look_different(opened: Open) -> None:
    console = opened()
    customers = [v for v in console.data(MAP)["visitors"] if v["isCustomer"]]
    expect(console.dots).not_to_have_count(0)
    # A marked visitor is never in a disc.
    console.open_profile(customers[0]["visitorId"])
    chosen = console.page.locator(f".dot.customer[data-id='{customers[0]['visitorId']}']")
    expect(chosen).to_be_visible()

    marked = console.page.locator(".dot.customer").all()

    assert {dot.get_attribute("data-id") for dot in marked} <= {v["visitorId"] for v in customers}
    assert all("customer" in (dot.get_attribute("aria-label") or "") for dot in marked)
    discs = console.page.locator(".disc").evaluate_all(
        "(discs) => discs.map((disc) => Number(disc.dataset.customers))"
    )
    assert len(marked) + sum(discs) == len(customers)
    # A visitor is drawn with the level 3, idle for over five minutes, only after the page has seen that.
    idle = console.page.locator(".dot").evaluate_all("(dots) => dots.map((dot) => dot.dataset.idle)")
    assert {"0"} < set(idle) <= {"0", "1", "2"}

    chosen.hover()

    tip = console.page.locator(".tip")
    expect(tip).to_contain_text(customers[0]["customerName"])
    expect(tip).to_contain_text(customers[0]["location"]["city"])
    expect(tip).to_contain_text(customers[0]["currentUrl"])


def test_a_click_opens_the_profile_that_the_api_gives(opened: Open) -> None:
    console = opened(now=REGULAR_IS_THERE)
    profile = console.data(f"/visitors/{REGULAR}")

    console.open_profile(REGULAR)

    heading = console.profile.get_by_role("heading", level=2)
    expect(heading).to_have_text(profile["profile"]["metadata"]["name"])
    expect(heading).to_be_focused()
    identity, activity = profile["identity"], profile["activity"]
    # The name is known from the map, before the profile is answered.
    expect(console.profile).to_contain_text(identity["city"])
    text = console.profile.inner_text()
    assert REGULAR in text
    assert identity["country"] in text
    assert f"{identity['browser']['name']} {identity['browser']['version']}" in text
    assert f"{activity['visitCount']}, {activity['pageViewCount']:,} pages" in re.sub(r"\s+", " ", text)
    assert "already a customer" in text
    steps = console.profile.locator(".timeline li")
    assert console.profile.locator("li.page span").first.inner_text() == activity["currentUrl"]
    console.profile.locator("#profile-more").click()
    expect(steps).to_have_count(len(activity["visitedPages"]) + len(activity["completedGoals"]))


@pytest.mark.long
def test_a_prediction_is_a_gauge(opened: Open) -> None:
    console = opened()
    visitor = next(v for v in console.data(MAP)["visitors"] if not v["isCustomer"])
    prediction = console.data(f"/visitors/{visitor['visitorId']}")["prediction"]

    console.page.locator(f"#visitors li[data-key='{visitor['visitorId']}'] button").click()

    gauge = console.profile.get_by_role("img", name=f"Conversion score {prediction['score']} of 100")
    expect(gauge).to_be_visible()


@pytest.mark.long
def test_keys_lead_from_dot_to_dot_to_a_profile_and_back(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)
    expect(console.page.locator(":is(.dot, .disc)[tabindex='0']")).to_have_count(1)

    console.page.locator(".dot").first.focus()
    expect(console.page.locator(".tip")).to_be_visible()
    met = [console.shown("document.activeElement.dataset.key")]
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        console.page.keyboard.press(key)
        met.append(console.shown("document.activeElement.dataset.key"))
    console.page.locator(".dot").last.focus()
    reached = console.shown("document.activeElement.dataset.id")
    console.page.keyboard.press("Enter")

    expect(console.profile).to_contain_text(reached)
    assert len(set(met)) > 1
    expect(console.profile.locator(".timeline li")).not_to_have_count(0)
    console.page.keyboard.press("Escape")
    expect(console.profile).to_be_hidden()
    assert console.shown("document.activeElement.dataset.id") == reached


@pytest.mark.long
def test_visitors_come_move_and_leave(opened: Open) -> None:
    console = opened(frozen=False, speed=60)
    expect(console.dots).not_to_have_count(0)
    before = set(ids_of(console))

    console.page.wait_for_function(SOMEBODY_CAME_AND_SOMEBODY_LEFT, arg=list(before))
    expect(console.page.locator(".pulse").first).to_be_attached()


@pytest.mark.long
def test_payments_are_shown_in_their_currency(opened: Open) -> None:
    console = opened(now="2026-02-06T05:47:30Z")
    console.button("Money").click()
    for site, amount in AMOUNTS.items():
        console.controls.patch("/settings", {"site": site}, key=console.key)
        expect(console.page.locator("#site")).to_have_text(site)
        payments = console.data(MAP)["recentPayments"]
        assert payments

        rows = console.page.locator("#feed > li.payment")
        expect(rows).to_have_count(len(payments))
        expect(rows.locator(".what", has_text=amount)).to_have_count(len(payments))


def test_the_feed_has_each_event_and_payment_once(opened: Open) -> None:
    console = opened()
    data = console.data(MAP)
    events = [event for event in data["recentEvents"] if event["type"] != "payment"]
    rows = console.page.locator("#feed > li")

    expect(rows).to_have_count(len(events) + len(data["recentPayments"]))
    console.button("Pages").click()
    views = [event for event in events if event["type"] == "pageview"]
    expect(rows).to_have_count(len(views))
    rows.locator("button").first.click()
    expect(console.profile).to_contain_text(views[0]["visitorId"])


@pytest.mark.long
def test_the_search_finds_visitors(opened: Open) -> None:
    console = opened()
    visitors = console.data(MAP)["visitors"]
    # The page with most visitors, more than one, is the first in the list of pages.
    [(page, _)] = Counter(visitor["currentUrl"] for visitor in visitors).most_common(1)
    someone = next(visitor for visitor in visitors if visitor["currentUrl"] == page)
    expect(console.page.locator("#visitors > li")).to_have_count(len(visitors))

    console.page.get_by_role("searchbox", name="Search visitors").fill(someone["visitorId"])

    expect(console.page.locator("#visitors > li")).to_have_count(1)
    console.page.locator("#pages button", has_text=re.compile(f"^{re.escape(page)}")).first.click()
    expect(console.page.locator("#visitors > li")).not_to_have_count(1)
    console.page.get_by_role("searchbox", name="Search visitors").fill("nobody is called that")
    expect(console.page.locator("#visitors-empty")).to_have_text("No visitor matches.")


@pytest.mark.long
def test_the_copied_curl_runs(opened: Open) -> None:
    console = opened()
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    console.page.locator("[data-request=getRealtimeMap]").first.click()

    console.button("Copy curl").click()
    expect(console.page.locator("#copied")).to_have_text("Copied.")
    command = console.shown("navigator.clipboard.readText()")

    shell = ["sh", "-c", f"{command} --silent"]
    answer = subprocess.run(shell, capture_output=True, check=True, timeout=30)
    assert answer.stdout == console.ask(MAP, Prefer="peek").content


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "program", "show"),
    [
        ("fetch", (NODE, "--input-type=module", "--eval"), PRINTED),
        ("Python", (sys.executable, "-c"), "import json\nprint(json.dumps(data))"),
        ("TypeScript", (NODE, "--input-type=module-typescript", "--eval"), PRINTED),
    ],
)
def test_the_copied_code_runs(opened: Open, language: str, program: tuple[str, ...], show: str) -> None:
    console = opened()
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor = console.data(MAP)["visitors"][0]["visitorId"]
    console.open_profile(visitor)
    console.profile.get_by_role("button", name="Show the request").click()
    expect(console.page.locator("#answer-about")).to_contain_text("status 200")

    console.button(language).click()
    console.button(f"Copy {language}").click()
    expect(console.page.locator("#copied")).to_have_text("Copied.")
    code = console.shown("navigator.clipboard.readText()")

    answer = subprocess.run([*program, f"{code}\n{show}"], capture_output=True, check=True, timeout=30)
    assert json.loads(answer.stdout) == console.data(f"/visitors/{visitor}")


@pytest.mark.long
def test_the_answer_unfolds_and_can_be_searched(opened: Open) -> None:
    console = opened()
    visitor = console.data(MAP)["visitors"][3]
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    tree = console.page.locator("#answer")

    expect(console.page.locator("#answer-about")).to_contain_text("status 200")
    expect(tree).not_to_contain_text(visitor["visitorId"])
    tree.locator("summary", has_text="visitors").first.click()
    tree.locator("summary", has_text=re.compile("^3:")).first.click()
    expect(tree).to_contain_text(visitor["visitorId"])

    console.page.locator("#answer-search").fill(visitor["visitorId"])
    expect(tree.locator(".leaf").first).to_have_text(f'/data/visitors/3/visitorId: "{visitor["visitorId"]}"')


@pytest.mark.long
def test_strings_that_look_like_html_stay_text(opened: Open) -> None:
    console = opened(site="edge_cases", now="2026-02-06T04:54:30Z")
    dialogs: list[str] = []
    console.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    name = "<script>alert('name')</script>"
    expect(console.page.locator("#feed")).to_contain_text(name)

    for row in console.page.locator("#visitors button.row", has_text="<").all()[:3]:
        row.click()
        expect(console.profile.locator(".timeline")).to_be_visible()
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    console.page.locator("#answer-search").fill("<")
    expect(console.page.locator("#answer")).to_contain_text(name)

    strange = "script, img, i:not(.key-dot), a:not([href='#journal-title']), b *, iframe, object"
    assert console.page.locator(f":is(main, #request) :is({strange})").count() == 0
    assert dialogs == []
    arabic = console.page.locator("#visitors .who").filter(has_text=re.compile("[\u0600-\u06ff]")).first
    assert arabic.evaluate("(element) => getComputedStyle(element).direction") == "rtl"


@pytest.fixture(scope="package")
def locked() -> Iterator[str]:
    """A mock whose controls require a token."""
    with serving("--control-token", "sesame") as server:
        yield server


@pytest.mark.long
def test_where_the_controls_want_a_token_the_page_asks_for_it(
    page: Page, locked: str, complaints: Complaints
) -> None:
    complaints.expect("401")
    page.goto(locked)
    expect(page.locator(".dot:not(.leaving)")).not_to_have_count(0)
    expect(page.locator("#switch-board")).to_be_hidden()

    page.get_by_label("Control token").fill("pepper")
    page.get_by_role("button", name="Use it").click()
    expect(page.locator("#unlock-text")).to_contain_text("not the control token")

    page.get_by_label("Control token").fill("sesame")
    page.get_by_role("button", name="Use it").click()

    expect(page.locator("#switch-board")).to_be_visible()
    expect(page.locator("#unlock")).to_be_hidden()
    expect(page.get_by_label("Control token")).to_have_value("")
    expect(page.locator(".dot:not(.leaving)")).not_to_have_count(0)
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.long
def test_an_unknown_key_is_reported(page: Page, turned: RunningMock) -> None:
    page.goto(f"{turned.server}/#key=df_nobody")

    expect(page.locator("#trouble")).to_contain_text("answers 401")
    expect(page.locator("#unlock-text")).to_contain_text("df_nobody is not a key of this mock")


@pytest.mark.long
def test_the_page_says_what_it_ignores_in_its_address(page: Page, turned: RunningMock) -> None:
    page.goto(f"{turned.server}/?site=shop#key=df_test&speed=2")

    ignored = page.locator("#ignored")
    expect(ignored).to_contain_text("speed=2 (the page has no such parameter)")
    expect(ignored).to_contain_text("site (it must be after #, not after ?)")


@pytest.mark.long
def test_an_account_token_looks_at_one_website_after_another(page: Page, turned: RunningMock) -> None:
    page.goto(f"{turned.server}/#key=dft_test")
    expect(page.locator(".dot:not(.leaving)")).not_to_have_count(0)

    page.get_by_role("button", name="Switches").click()
    page.get_by_label("Website", exact=True).select_option("empty")

    expect(page.locator("#active")).to_have_text("0")
    expect(page.locator(".dot:not(.leaving)")).to_have_count(0)
    page.locator("[data-request=getRealtime]").click()
    expect(page.locator("#as-curl")).to_contain_text("websiteId=665f0b3c4d2e1a0000000000")


def ids_of(console: Console) -> list[str]:
    """Returns the ids of the visitors in the list."""
    rows = console.page.locator("#visitors > li")
    ids: list[str] = rows.evaluate_all("(rows) => rows.map((row) => row.dataset.key)")
    return ids


def places_of(console: Console) -> dict[str, list[float]]:
    """Returns the position of each visitor who is drawn as a dot of their own."""
    places: dict[str, list[float]] = console.shown(
        "Object.fromEntries([...document.querySelectorAll('.dot')].map("
        "(dot) => [dot.dataset.id, dot.style.translate.split(' ').map(Number.parseFloat)]))"
    )
    return places
