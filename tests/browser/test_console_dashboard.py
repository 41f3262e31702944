"""The dashboard shows what the reports answer, and no number of it contradicts another."""

import re
from itertools import pairwise
from math import isclose

import pytest
from playwright.sync_api import Page, expect

from mock_server.testing import RunningMock
from mock_server.world.site_files import load_sites
from tests.browser.dashboard import Dashboard, Open
from tests.browser.test_console_craft import LOADED, serious
from tests.browser.visit import Complaints
from tests.controls import Controls, Json
from tests.instants import DOCUMENTED, INSTANT

HEAVIEST = 160_000
"""The largest size of the page and its files, in bytes, including files that other pages share."""
# The breakdowns in which each visitor is in exactly one row. In others a visitor may be in several or none.
PARTITIONS = ("Referrers", "Countries", "Regions", "Cities", "Devices", "Browsers", "Systems")
# A filter by these values selects exactly the visitors of a row. A filter by a source may select more, since
# a visitor is counted for one source only, and may have come from another source at another time.
EXACT = [
    ("pages", "Pages"),
    ("pages", "Hostnames"),
    ("locations", "Countries"),
    ("devices", "Browsers"),
    ("goals", ""),
]
AT_LEAST = [("sources", "Referrers"), ("sources", "Campaigns"), ("sources", "utm_source")]


@pytest.fixture
def opened(page: Page, turned: RunningMock, controls: Controls) -> Open:
    def open_with(view: dict[str, str] | None = None, **settings: Json) -> Dashboard:
        key = controls.mint(**{"now": INSTANT, "frozen": True, **settings})
        return Dashboard(page, turned, controls, key, **(view or {}))

    return open_with


@pytest.mark.parametrize(
    "site",
    [
        "shop",
        *(pytest.param(site, marks=pytest.mark.long) for site in sorted(load_sites().keys() - {"shop"})),
    ],
)
def test_no_number_contradicts_another(opened: Open, site: str) -> None:
    dashboard = opened({"period": "7d"}, site=site)

    assert contradictions(dashboard) == []


@pytest.mark.long
@pytest.mark.parametrize("period", ["today", "yesterday", "12mo", "all"])
def test_no_number_contradicts_another_in_other_periods(opened: Open, period: str) -> None:
    dashboard = opened({"period": period, "filter_device": "is:mobile"}, site="quiet")

    assert contradictions(dashboard) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("panel", "tab", "is_exact"),
    [
        ("locations", "Countries", True),
        *((*one, True) for one in EXACT if one[1] != "Countries"),
        *((*one, False) for one in AT_LEAST),
    ],
)
def test_a_click_on_a_row_filters_everything(opened: Open, panel: str, tab: str, is_exact: bool) -> None:
    dashboard = opened({"period": "7d"})
    if tab:
        dashboard.open(panel, tab)
    everybody = dashboard.figures()
    row = dashboard.panel(panel).locator("button.bar-row").nth(1)
    name, visitors = (
        row.locator(".what").inner_text(),
        float(row.locator("data").first.get_attribute("value") or 0),
    )

    row.click()
    dashboard.settle()

    expect(dashboard.page.locator(".chip").first).to_be_visible()
    found = dashboard.figures()["Visitors"]
    assert found == visitors if is_exact else visitors <= found < everybody["Visitors"]
    expect(dashboard.panel(panel).locator("[aria-pressed=true] .what")).to_have_text(name)
    assert contradictions(dashboard) == []
    dashboard.page.go_back()
    expect(dashboard.page.locator(".chip")).to_have_count(0)
    dashboard.settle()
    assert dashboard.figures() == everybody


@pytest.mark.long
def test_a_source_says_why_its_filter_finds_more_visitors_than_its_row(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    sources = dashboard.panel("sources")
    row = sources.locator("button.bar-row").nth(1)
    visitors = int(row.locator("data").first.get_attribute("value") or 0)

    row.click()
    dashboard.settle()

    found = int(dashboard.figures()["Visitors"])
    assert found > visitors
    expect(sources).to_contain_text(
        f"{visitors:,} visitors came from here at their first visit in this period, {found:,} at any visit."
    )
    dashboard.open("sources", "Campaigns")
    expect(sources).not_to_contain_text("at any visit")


@pytest.mark.long
def test_a_browser_says_that_its_filter_includes_the_mobile_version(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    dashboard.open("devices", "Browsers")
    devices = dashboard.panel("devices")
    chrome, mobile = (
        int(devices.locator(f"[title='{name}'] data").first.get_attribute("value") or 0)
        for name in ("Chrome", "Mobile Chrome")
    )

    devices.get_by_title("Chrome", exact=True).click()
    dashboard.settle()

    assert dashboard.figures()["Visitors"] == chrome + mobile
    expect(devices).to_contain_text(
        f"{chrome:,} visitors have this browser, {chrome + mobile:,} with its mobile version"
    )


@pytest.mark.long
def test_a_custom_period_after_all_time_begins_with_the_website(opened: Open) -> None:
    dashboard = opened({"period": "all"}, site="quiet")

    dashboard.choose("Custom")

    expect(dashboard.page.locator("#from")).to_have_value("2025-03-01")
    assert contradictions(dashboard) == []


@pytest.mark.long
def test_the_page_says_what_it_ignores_in_its_address(opened: Open) -> None:
    view = {"period": "14d", "interval": "year", "from": "2026-01-05"}
    dashboard = opened({**view, "filter_planet": "is:Mars", "sort": "asc"})

    ignored = dashboard.page.locator("#ignored")
    expect(ignored).to_contain_text("period=14d (the periods are today, yesterday, 7d,")
    expect(ignored).to_contain_text("interval=year (the intervals of this period are hour, day, week)")
    expect(ignored).to_contain_text("from=2026-01-05 (it needs period=custom)")
    expect(ignored).to_contain_text("filter_planet=is:Mars (the API has no such filter)")
    expect(ignored).to_contain_text("sort=asc (the page has no such parameter)")

    dashboard.choose("7 days")
    expect(ignored).to_be_hidden()


def contradictions(dashboard: Dashboard) -> list[str]:
    """Returns the numbers of the page that cannot all be true."""
    shown = dashboard.figures()
    visitors, sessions, revenue = shown["Visitors"], shown["Sessions"], shown.get("Revenue", 0)
    series = dashboard.series()
    sums = [sum(column) for column in zip(*series, strict=True)]
    legend = [*dashboard.legend(), 0, 0, 0]
    claims = {
        "sessions ≥ visitors": sessions >= visitors,
        "the buckets' sessions are those of the period": sums[1] == sessions,
        "a visitor is in one bucket or more": max(row[0] for row in series) <= visitors <= sums[0],
        "the legend's visitors": legend[0] == visitors,
        "the legend's revenue": near(legend[1] + legend[2] + legend[3], revenue),
    }
    if revenue:
        claims["the buckets' revenue"] = near(sums[2], revenue)
        claims["new and renewed revenue"] = near(sums[3] + sums[4] - sums[5], revenue)
        claims["revenue per visitor"] = abs(shown["Per visitor"] - revenue / visitors) < 0.006
    for panel in ("sources", "pages", "locations", "devices", "goals"):
        for tab in dashboard.tabs(panel) or [""]:
            if tab:
                dashboard.open(panel, tab)
            claims |= breakdown_claims(tab or panel, *dashboard.rows(panel), visitors, revenue)
    return [claim for claim, is_true in [*claims.items(), *funnel_claims(dashboard).items()] if not is_true]


def breakdown_claims(
    tab: str, rows: list[tuple[str, list[float]]], are_all: bool, visitors: float, revenue: float
) -> dict[str, bool]:
    shares = [near(100 * numbers[0] / visitors, numbers[1]) for _, numbers in rows if visitors]
    claims = {
        f"{tab}: no row has more than all visitors": all(numbers[0] <= visitors for _, numbers in rows),
        f"{tab}: shares are of all visitors": all(shares),
    }
    if tab in PARTITIONS and are_all:
        claims[f"{tab}: the rows' visitors"] = sum(numbers[0] for _, numbers in rows) == visitors
        # A page of rows without any revenue has no column for it.
        rows_revenue = sum(numbers[2] for _, numbers in rows if len(numbers) > 2)
        claims[f"{tab}: the rows' revenue"] = near(rows_revenue, revenue)
    if tab in ("goals", "Exit links"):
        claims[f"{tab}: at least one a visitor"] = all(numbers[2] >= numbers[0] for _, numbers in rows)
    return claims


def funnel_claims(dashboard: Dashboard) -> dict[str, bool]:
    steps = (
        dashboard.panel("funnel")
        .locator(".bar-row")
        .evaluate_all(
            "(rows) => rows.map((row) => [...row.querySelectorAll('data')].map((one) => Number(one.value)))"
        )
    )
    lost = (
        dashboard.panel("funnel")
        .locator(".lost data")
        .evaluate_all("(all) => all.map((one) => Number(one.value))")
    )
    reached = [step[0] for step in steps]
    rates = [abs(rate - 100 * visitors / reached[0]) < 0.01 for visitors, rate in steps if visitors]
    return {
        "funnel: who is lost": lost == [one - other for one, other in pairwise(reached)],
        "funnel: nobody is gained": all(number >= 0 for number in lost),
        "funnel: rates": all(rates),
    }


def near(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-9, abs_tol=0.006)


@pytest.mark.long
def test_the_list_of_visitors_has_all_of_them(opened: Open) -> None:
    dashboard = opened({"period": "today"}, site="quiet")
    expected = int(dashboard.figures()["Visitors"])
    list_ = dashboard.panel("visitors")
    further = list_.get_by_role("button", name="Next rows")
    count = list_.locator(".person").count()
    while further.count() and further.is_enabled():
        further.click()
        dashboard.settle()
        count += list_.locator(".person").count()

    assert count == expected


@pytest.mark.long
def test_figures_have_their_change_against_the_period_before(opened: Open) -> None:
    dashboard = opened({"period": "yesterday"})

    texts = dashboard.page.locator(".figures > div").all_inner_texts()
    before = re.compile(
        r"(up|down) by [\d.]+ (%|pts), which is (better|worse); .* in the day before|unchanged; "
    )
    assert [text.split("\n")[0] for text in texts] == [
        *("Visitors", "Sessions", "Bounce rate", "Session time", "Revenue", "Conversion", "Per visitor"),
    ]
    changes = dashboard.page.locator(".change")
    for change in changes.all():
        assert before.search(change.text_content() or "")
    for name, is_good in (("Visitors", "▲"), ("Bounce rate", "▼")):
        change = dashboard.page.locator(".figures > div", has_text=name).locator(".change")
        sign = (change.text_content() or "")[0]
        # A figure may also be the same on both days.
        mood = {"±": "same", is_good: "good"}.get(sign, "bad")
        assert change.get_attribute("class") == f"change {mood}"


@pytest.mark.long
def test_the_view_is_in_the_address(opened: Open) -> None:
    view = {"period": "custom", "from": "2026-01-05", "to": "2026-01-18", "interval": "week"}
    filters = {"filter_page": "contains:/docs", "filter_country": "is_not:US"}
    dashboard = opened({**view, **filters}, now=DOCUMENTED)

    expect(dashboard.page.locator(".chip")).to_have_text(
        [re.compile("Page.*contains.*/docs"), re.compile("Country.*is not.*US")]
    )
    assert len(dashboard.series()) == 2
    # The list of visitors supports no filter with `is_not`.
    expect(dashboard.panel("visitors")).to_contain_text("with “is not”")

    dashboard.choose("is not")
    dashboard.page.get_by_role("button", name="Remove: Page contains /docs").click()
    dashboard.settle()

    expect(dashboard.page.locator(".chip")).to_have_count(1)
    assert "filter_country=is%3AUS" in dashboard.page.url
    expect(dashboard.page.locator("#from")).to_have_value("2026-01-05")
    expect(dashboard.panel("visitors").locator(".person").first).to_contain_text("United States")


@pytest.mark.long
def test_intervals_suit_the_period(opened: Open) -> None:
    dashboard = opened({"period": "today"})
    intervals = dashboard.panel("series").locator(".pills button")
    expect(intervals).to_have_text(["hour"])

    dashboard.choose("90 days")
    expect(intervals).to_have_text(["day", "week", "month"])
    assert len(dashboard.series()) == 90
    dashboard.choose("month")
    assert len(dashboard.series()) in (3, 4)
    dashboard.choose("All time")
    expect(intervals).to_have_text(["week", "month"])


@pytest.mark.long
def test_the_chart_is_read_out_by_keyboard_and_pointer(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    series = dashboard.series()
    plot = dashboard.page.get_by_role("slider", name="Visitors over time")

    plot.focus()
    plot.press("Home")
    assert f"Visitors {int(series[0][0]):,} " in (plot.get_attribute("aria-valuetext") or "")
    plot.press("ArrowRight")
    expect(dashboard.page.locator(".tip")).to_contain_text(f"{int(series[1][0]):,}")
    box = plot.bounding_box()
    assert box is not None
    dashboard.page.mouse.move(box["x"] + box["width"] - 80, box["y"] + 60)
    expect(dashboard.page.locator(".tip")).to_contain_text(f"{int(series[-1][0]):,}")


@pytest.mark.long
def test_tabs_are_switched_by_arrow_keys(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    dashboard.panel("devices").get_by_role("tab", name="Devices").focus()

    dashboard.page.keyboard.press("ArrowRight")
    dashboard.settle()

    tab = dashboard.panel("devices").get_by_role("tab", name="Browsers")
    expect(tab).to_be_focused()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(dashboard.panel("devices").locator(".bar-row").first).to_contain_text("Chrome")


@pytest.mark.long
def test_a_visitor_opens_the_profile(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    person = dashboard.panel("visitors").locator(".person").first
    person.click()
    profile = dashboard.page.locator("#profile")

    expect(profile.locator(".timeline li").first).to_be_visible()
    expect(profile).not_to_contain_text("not active")
    dashboard.page.keyboard.press("Escape")
    expect(profile).to_be_hidden()
    expect(person).to_be_focused()


@pytest.mark.long
def test_each_panel_shows_its_request(opened: Open) -> None:
    dashboard = opened({"period": "yesterday", "filter_device": "is:mobile"}, now=DOCUMENTED)

    dashboard.page.get_by_role("button", name="Show the request: Locations").click()

    expect(dashboard.page.locator("#as-curl")).to_contain_text(f"Bearer {dashboard.key}")
    expect(dashboard.page.locator("#as-python")).to_contain_text("/analytics/countries?startAt=2026-02-05")
    expect(dashboard.page.locator("#as-typescript")).to_contain_text("visitors: number;")
    expect(dashboard.page.locator("#as-fetch")).to_contain_text("filter_device=is%3Amobile")


@pytest.mark.long
def test_no_more_is_asked_than_needed(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    first = [request.url for request in dashboard.requests]
    assert len(first) == len(set(first)) == 12
    assert all(request.header_value("Prefer") == "peek" for request in dashboard.requests)

    dashboard.open("devices", "Browsers")
    dashboard.open("devices", "Devices")
    assert len(dashboard.requests) == 13
    # The journal does not contain the page's own requests.
    assert dashboard.controls.get("/requests", key=dashboard.key)["requests"] == []


@pytest.mark.long
def test_superseded_requests_are_aborted(opened: Open) -> None:
    dashboard = opened({"period": "7d"})
    dashboard.controls.patch("/settings", {"faults": [{"then": {"delay": 1500}}]}, key=dashboard.key)
    with dashboard.page.expect_event("requestfailed", lambda request: "/analytics/" in request.url):
        dashboard.page.get_by_role("button", name="90 days", exact=True).click()
        expect(dashboard.page.locator("#overview")).to_have_attribute("data-state", "loading")
        dashboard.controls.patch("/settings", {"faults": []}, key=dashboard.key)
        dashboard.page.get_by_role("button", name="Yesterday", exact=True).click()
    dashboard.settle()

    expect(dashboard.page.get_by_role("button", name="Yesterday")).to_have_attribute("aria-pressed", "true")
    assert contradictions(dashboard) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("then", "said"),
    [
        ({"code": 500}, "Status 500: Internal server error."),
        pytest.param({"code": 403}, "Status 403: "),
        pytest.param({"fault": "empty"}, "No answer: the connection broke"),
        pytest.param({"fault": "truncate"}, "No answer: "),
    ],
)
def test_a_panel_that_fails_says_so_and_others_go_on(
    opened: Open, complaints: Complaints, then: dict[str, Json], said: str
) -> None:
    complaints.expect("/analytics/countries")
    rule = {"when": {"operation": "getCountries"}, "then": then}
    dashboard = opened({"period": "7d"}, faults=[rule])

    expect(dashboard.panel("locations").get_by_role("status")).to_contain_text(said)
    expect(dashboard.page.locator("[data-state=failed]")).to_have_count(1)
    expect(dashboard.panel("devices").locator(".bar-row")).to_have_count(3)

    dashboard.controls.patch("/settings", {"faults": []}, key=dashboard.key)
    dashboard.choose("Try again")
    expect(dashboard.panel("locations").locator(".bar-row")).to_have_count(8)


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "pointer"),
    [("wrong-type", "/data/0/visitors"), pytest.param("missing", "/data", marks=pytest.mark.long)],
)
def test_a_panel_shows_no_number_that_the_answer_lacks(opened: Open, fault: str, pointer: str) -> None:
    rules = [
        {"when": {"operation": operation}, "then": {"fault": fault, "pointer": pointer}}
        for operation in ("getOverview", "getTimeseries", "getReferrers")
    ]

    dashboard = opened({"period": "7d"}, faults=rules)

    for panel in ("overview", "series", "sources"):
        expect(dashboard.panel(panel).get_by_role("status")).to_contain_text("documented member is missing")
    assert "NaN" not in dashboard.page.locator("main").inner_text()


@pytest.mark.long
def test_all_panels_wait_as_long_as_the_api_asks_to(opened: Open, complaints: Complaints) -> None:
    complaints.expect("429")
    rule = {"when": {"operation": "listVisitors"}, "then": {"code": 429}}
    dashboard = opened({"period": "7d"}, faults=[rule], rateLimit={"limit": 1000, "window": 5})

    waiting = dashboard.panel("visitors").get_by_role("button", name=re.compile("Trying again in"))
    expect(waiting).to_be_disabled()
    before = len(dashboard.requests)
    dashboard.open("devices", "Browsers")
    expect(dashboard.panel("devices").get_by_role("status")).to_contain_text("Status 429")
    assert len(dashboard.requests) == before

    dashboard.controls.patch("/settings", {"faults": []}, key=dashboard.key)
    expect(dashboard.panel("visitors").locator(".person")).to_have_count(10)
    expect(dashboard.panel("devices").locator(".bar-row").first).to_be_visible()


@pytest.mark.long
def test_an_account_token_has_a_choice_of_websites(
    page: Page, turned: RunningMock, controls: Controls
) -> None:
    dashboard = Dashboard(page, turned, controls, "dft_elsewhere", period="7d")
    website = page.get_by_label("Website", exact=True)
    expect(website.locator("option")).to_have_count(2)

    website.select_option("yuki-ceramics.example")
    dashboard.settle()

    expect(page.locator("#site")).to_have_text("yuki-ceramics.example")
    assert "website=" in page.url


@pytest.mark.long
def test_strings_of_the_api_stay_text(opened: Open) -> None:
    dashboard = opened({"period": "7d"}, site="edge_cases")
    for panel, tab in (("sources", "Campaigns"), ("locations", "Cities"), ("sources", "Referrers")):
        dashboard.open(panel, tab)

    expect(dashboard.panel("goals")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(dashboard.panel("locations")).to_contain_text("<i>Nowhere</i>")
    assert dashboard.page.locator("main img, main script, main i:not(.legend i)").count() == 0
    dashboard.panel("goals").get_by_role("button", name="<img src=x onerror=alert(1)>").click()
    dashboard.settle()
    expect(dashboard.page.locator(".chip")).to_contain_text("<img src=x onerror=alert(1)>")


@pytest.mark.long
def test_the_page_is_small_and_fits(opened: Open) -> None:
    dashboard = opened({"period": "7d"}, site="edge_cases")
    for width in (360, 390, 859, 860, 1280, 1500, 1920, 2560):
        dashboard.page.set_viewport_size({"width": width, "height": 844})
        assert dashboard.page.evaluate("document.documentElement.scrollWidth") == width

    sizes: dict[str, int] = dict(dashboard.page.evaluate(LOADED))
    own = [size for path, size in sizes.items() if path == "/dashboard" or path.startswith("/console/")]
    assert 50_000 < sum(own) < HEAVIEST


@pytest.mark.long
def test_the_chosen_period_is_in_sight_on_a_telephone(opened: Open) -> None:
    dashboard = opened({"period": "all"})
    dashboard.page.set_viewport_size({"width": 390, "height": 844})

    dashboard.page.reload()
    dashboard.settle()

    expect(dashboard.page.get_by_role("button", name="All time")).to_be_in_viewport(ratio=1)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (1920, 1080)])
def test_axe_finds_nothing_serious(opened: Open, scheme: str, width: int, height: int) -> None:
    dashboard = opened({"period": "7d", "filter_device": "is:mobile"})
    dashboard.page.set_viewport_size({"width": width, "height": height})
    dashboard.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    assert serious(dashboard.page) == []
    dashboard.panel("visitors").locator(".person").first.click()
    expect(dashboard.page.locator("#profile .timeline li").first).to_be_visible()
    assert serious(dashboard.page) == []


@pytest.mark.long
def test_a_banner_says_what_is_broken_on_purpose_and_repairs_it(opened: Open) -> None:
    dashboard = opened({"period": "7d"}, site="quiet")
    banner = dashboard.page.locator("#banner")
    expect(banner).to_be_hidden()

    fault = {"when": {"operation": "getVisitor"}, "then": {"code": 500}}
    dashboard.controls.patch("/settings", {"faults": [fault]}, key=dashboard.key)
    expect(banner).to_contain_text(f"Broken on purpose: with {dashboard.key} getVisitor answers 500")
    dashboard.page.keyboard.press("End")
    expect(banner).to_be_in_viewport(ratio=1)
    banner.get_by_role("button", name="Repair").click()

    expect(banner).to_be_hidden()
    assert dashboard.controls.get("/settings", key=dashboard.key)["faults"] == []


@pytest.mark.long
def test_the_pages_keep_the_key(opened: Open) -> None:
    dashboard = opened({"period": "7d"}, site="quiet")
    pages = dashboard.page.get_by_role("navigation")

    pages.get_by_role("link", name="Live").click()
    expect(dashboard.page.locator("#key")).to_have_value(dashboard.key)
    expect(dashboard.page.locator(".map")).to_be_visible()
    link = pages.get_by_role("link", name="Dashboard")
    expect(link).to_have_attribute("href", f"/dashboard#key={dashboard.key}")
    link.click()

    expect(dashboard.page.locator("#site")).not_to_have_text("…")
    expect(dashboard.page.locator("#key")).to_have_value(dashboard.key)
