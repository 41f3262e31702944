"""The console's journal: its requests, copies as curl, the saved HAR file, and its empty states."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from mock_server.testing import RunningMock
from tests.browser.console import Console, Open
from tests.controls import Controls

REALTIME = "/analytics/realtime"
HOSTILE = """<img src=x onerror="window.hit=1"></script><b>'"`$(touch x);\u202e&amp;"""
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


def of_this_key(console: Console) -> None:
    """Filters the journal by the console's own key."""
    console.page.get_by_label("Whose requests").select_option("key")
    expect(console.page.locator("#journal-rows > details")).to_have_count(0)


def copied_curl(console: Console) -> str:
    """Copies the newest request as a curl command, and returns it."""
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = console.page.locator("#journal-rows > details").first
    row.locator("summary").click()
    row.get_by_role("button", name="Copy as curl").click()
    expect(console.page.locator("#copied")).to_have_text("Copied.")
    return str(console.shown("navigator.clipboard.readText()"))


def test_a_row_shows_the_request(opened: Open) -> None:
    console = opened(label="checkout")
    of_this_key(console)
    reply = console.ask(f"{REALTIME}/map")
    row = console.page.locator("#journal-rows > details")

    expect(row.locator(".cost").first).to_have_text(f"{len(reply.content) / 1000:.1f} kB")
    expect(row.locator(".took")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(row).to_contain_text("checkout · world")
    row.locator("summary").click()
    expect(row).to_contain_text("content-type: application/json")
    # The list contains the beginning of the body; the whole body is fetched when the row is opened.
    expect(row.locator(".body")).to_have_text(re.compile(r'^\{\n  "status": "success",.*\}$', re.DOTALL))
    assert json.loads(row.locator(".body").inner_text()) == reply.json()


@pytest.mark.long
def test_a_late_or_missing_answer_is_shown(opened: Open) -> None:
    console = opened()
    of_this_key(console)
    # The page's own requests do not match the rule.
    rule = {"when": {"query": {"mine": "1"}}, "then": {"fault": "empty"}}
    console.controls.patch("/settings", {"faults": [rule]}, key=console.key)
    url = f"{console.mock.url}{REALTIME}?mine=1"
    subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {console.key}", url], check=False)
    rows = console.page.locator("#journal-rows > details")

    expect(rows.first.locator(".status")).to_have_text("–")
    expect(rows.first.locator(".cost").first).to_have_text("0 B")
    console.page.get_by_label("Which statuses").select_option("2")
    expect(rows).to_have_count(0)
    expect(console.page.locator("#journal-empty")).to_contain_text("The only request does not match.")
    console.page.get_by_label("Which statuses").select_option("none")
    expect(rows).to_have_count(1)


@pytest.mark.long
def test_a_row_stays_open_when_its_answer_is_finished(opened: Open) -> None:
    console = opened()
    of_this_key(console)
    rule = {"when": {"query": {"mine": "1"}}, "then": {"delay": 4000}}
    console.controls.patch("/settings", {"faults": [rule]}, key=console.key)
    url = f"{console.mock.url}{REALTIME}?mine=1"
    with subprocess.Popen(["curl", "-s", "-H", f"Authorization: Bearer {console.key}", url]):
        row = console.page.locator("#journal-rows > details")
        row.locator("summary").click()
        expect(row).to_contain_text("not answered yet")

    expect(row.locator(".took")).to_have_text(re.compile(r"^\d+ ms$"))
    expect(row.locator(".body")).to_contain_text('"status": "success"')


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "body"),
    [
        pytest.param("?a=1&b=%20x'y", None, id="query", marks=pytest.mark.long),
        pytest.param("", 'it\'s "a" $(touch x) `y` \\ @z', id="signs of a shell"),
        pytest.param("", "@/etc/passwd", id="what curl would take for a file", marks=pytest.mark.long),
        pytest.param("", "one\ntwo\x1b[201~\u202eé", id="control characters", marks=pytest.mark.long),
        pytest.param("/../[1]{a,b}", "x", id="dots and brackets", marks=pytest.mark.long),
    ],
)
def test_the_copied_curl_sends_the_same_again(opened: Open, target: str, body: str | None) -> None:
    console = opened()
    of_this_key(console)
    options = [
        "--path-as-is",
        "--globoff",
        "-s",
        "-H",
        f"Authorization: Bearer {console.key}",
        "-H",
        "X-A: it's",
    ]
    if body is not None:
        options += ["-X", "PUT", "-H", "Content-Type: text/plain", "--data-raw", body]
    subprocess.run(["curl", *options, f"{console.mock.url}{REALTIME}{target}"], check=True, timeout=30)

    command = copied_curl(console)
    assert command.isprintable()
    assert console.key not in command
    shell = ["bash", "-c", f"{command} --silent"]
    subprocess.run(shell, check=True, timeout=30, env={"DATAFAST_KEY": console.key, "PATH": "/usr/bin:/bin"})

    one, other = console.controls.get("/requests", key=console.key)["requests"]
    for name in ("method", "target", "requestBody", "status", "decidedBy"):
        assert one[name] == other[name]
    assert one["headers"] == other["headers"]


@pytest.mark.long
def test_the_curl_of_a_shipped_key_names_it(page: Page, turned: RunningMock, controls: Controls) -> None:
    console = Console(page, turned, controls, "df_quiet")
    of_this_key(console)
    console.ask(REALTIME, Cookie="a=b")

    command = copied_curl(console)

    assert "authorization: Bearer df_quiet" in command
    assert "cookie" not in command
    controls.ask("DELETE", "/requests", key="df_quiet")


@pytest.mark.long
def test_the_list_is_filtered_by_method_operation_and_key(opened: Open) -> None:
    console = opened(label="filtered")
    of_this_key(console)
    console.ask(REALTIME)
    console.ask("/visitors/unknown")
    rows = console.page.locator("#journal-rows > details")
    expect(rows).to_have_count(2)

    console.page.get_by_label("Which operation").select_option("getVisitor")
    expect(rows).to_have_count(1)
    console.ask("/visitors/other")
    expect(rows).to_have_count(2)
    console.page.get_by_label("Which operation").select_option("")
    console.page.get_by_label("Whose requests").select_option("filtered")
    expect(rows).to_have_count(3)
    console.page.get_by_label("Search requests").fill("unknown")
    expect(rows).to_have_count(1)


@pytest.mark.long
def test_a_request_is_answered_differently_from_now_on(opened: Open) -> None:
    console = opened()
    of_this_key(console)
    console.ask(f"{REALTIME}/map?websiteId=1")
    # Newer requests come above it.
    row = console.page.locator("#journal-rows > details").last
    row.locator("summary").click()
    row.get_by_role("button", name="Answer differently from now on").click()
    row.get_by_label("Delay in ms").fill("5")
    row.get_by_label("How often").select_option("twice")
    row.get_by_label("only with these parameters").check()
    row.get_by_role("button", name="Make the rule").click()

    expect(row.get_by_role("status")).to_contain_text(
        "getRealtimeMap with certain parameters answers 500, is 5 ms late"
    )
    expect(console.banner).to_contain_text("getRealtimeMap")
    expect(console.page.locator("#rules")).to_contain_text("getRealtimeMap")
    assert console.ask(f"{REALTIME}/map?websiteId=1").status_code == 500
    assert console.ask(f"{REALTIME}/map").status_code == 200
    row.get_by_role("button", name="Undo").click()
    expect(console.banner).to_be_hidden()
    assert console.settings()["faults"] == []


@pytest.mark.long
def test_a_rule_without_a_change_is_not_made(opened: Open) -> None:
    console = opened()
    of_this_key(console)
    console.ask(REALTIME)
    row = console.page.locator("#journal-rows > details").first
    row.locator("summary").click()
    row.get_by_role("button", name="Answer differently from now on").click()
    row.get_by_label("Status").select_option("")
    row.get_by_role("button", name="Make the rule").click()

    expect(row.get_by_role("status")).to_have_text("Choose a status, a delay or a body first.")
    assert console.settings()["faults"] == []


@pytest.mark.long
def test_the_journal_is_saved_as_har(opened: Open, tmp_path: Path) -> None:
    console = opened()
    of_this_key(console)
    expect(console.button("HAR")).to_be_disabled()
    expect(console.button("Clear")).to_be_disabled()
    console.ask(f"{REALTIME}?a=1")

    with console.page.expect_download() as download:
        console.button("HAR").click()

    file = tmp_path / "journal.har"
    download.value.save_as(file)
    assert download.value.suggested_filename == "datafast-mock.har"
    [entry] = json.loads(file.read_bytes())["log"]["entries"]
    assert entry["request"]["url"] == f"{console.mock.url}{REALTIME}?a=1"


@pytest.mark.long
def test_hostile_requests_are_text(opened: Open) -> None:
    console = opened(label=HOSTILE)
    of_this_key(console)
    strange = HOSTILE.encode().decode("latin-1")
    headers = ["-H", f"Authorization: Bearer {console.key}", "-H", f"X-A: {HOSTILE}"]
    target = f"{console.mock.url}/<img%20src=x%20onerror=window.hit=1>?<b>x</b>"
    subprocess.run(["curl", "-s", "-g", *headers, "--data-raw", HOSTILE, target], check=True)
    row = console.page.locator("#journal-rows > details").first
    row.locator("summary").click()

    expect(row.locator(".body").first).to_have_text(HOSTILE)
    expect(row.locator("pre").first).to_contain_text(strange[:20])
    assert row.locator("img, script, pre b, .what b").count() == 0
    assert console.shown("window.hit") is None


@pytest.mark.long
def test_nothing_can_be_clicked_before_it_can_work(page: Page, turned: RunningMock) -> None:
    held: list[Route] = []
    page.route("**/openapi.json", lambda route: held.append(route))  # noqa: PLW0108 - Playwright looks into functions
    page.goto(f"{turned.server}/#key=df_demo")
    buttons = page.locator("[data-request], [data-copy=first-curl], #journal-har, #journal-clear")

    for button in buttons.all():
        expect(button).to_be_disabled()
    for part in ("#feed-empty", "#visitors-empty", "#pages-empty"):
        expect(page.locator(part)).to_have_text("Waiting for the first answer …")
    for route in held:
        route.continue_()

    page.locator("[data-request=getRealtimeMap]").first.click()
    expect(page.locator("#as-curl")).to_contain_text(f"Bearer df_demo' {turned.url}/analytics/realtime/map")
    expect(page.locator("#answer-about")).to_contain_text("status 200")
    expect(page.locator("#answer-about")).to_contain_text("as of 2")


@pytest.mark.long
def test_the_list_follows_the_key(opened: Open) -> None:
    console = opened(faults=[{"then": {"delay": 1}}])
    expect(console.banner).to_be_visible()
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    expect(console.page.locator("#as-curl")).to_contain_text(console.key)

    console.shown("location.hash = '#key=df_shop'")

    expect(console.page.locator("#request")).to_be_hidden()
    expect(console.banner).to_be_hidden()
    console.page.locator("[data-request=getRealtimeMap]").first.click()
    expect(console.page.locator("#as-curl")).to_contain_text("df_shop")


@pytest.mark.long
def test_an_invalid_key_cannot_clear_the_requests_of_another(opened: Open) -> None:
    console = opened()
    of_this_key(console)
    console.ask(REALTIME)
    expect(console.page.locator("#journal-rows > details")).to_have_count(1)

    console.shown("location.hash = '#key=nonsense'")

    expect(console.page.locator("#journal-rows > details")).to_have_count(0)
    expect(console.button("Clear")).to_be_disabled()
    for button in console.page.locator("[data-request]").all():
        expect(button).to_be_disabled()


@pytest.mark.long
def test_polls_that_overlap_list_each_request_once(opened: Open) -> None:
    console = opened()
    page, held = console.page, list[Route]()
    expect(console.dots).not_to_have_count(0)
    page.route(re.compile(r"/__mock/requests\?.*limit=500"), lambda route: held.append(route))  # noqa: PLW0108 - as above
    console.ask(REALTIME)

    def wait_for(count: int) -> None:
        while len(held) < count:
            page.wait_for_timeout(20)

    wait_for(1)
    page.get_by_label("Whose requests").select_option("key")
    wait_for(2)
    # The regular poll continues when its own request is answered, even while the new choice still waits.
    held[0].continue_()
    wait_for(3)
    for route in held[1:]:
        with page.expect_response(lambda response: "limit=500" in response.url):
            route.continue_()
    page.wait_for_timeout(100)

    expect(page.locator("#journal-rows > details")).to_have_count(1)
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.long
def test_each_panel_says_that_it_is_empty(opened: Open) -> None:
    console = opened(site="empty")
    of_this_key(console)
    page = console.page
    expect(page.locator("#feed-empty")).to_have_text("Nothing in the last ten minutes.")
    expect(page.locator("#visitors-empty")).to_have_text("Nobody is there.")
    expect(page.locator("#pages-empty")).to_have_text("Nobody is on any page.")
    expect(page.locator("#journal-empty")).to_contain_text("No request yet.")
    for name, nothing in (("Money", "No payment"), ("Goals", "No goal"), ("Pages", "No page view")):
        console.button(name).click()
        expect(page.locator("#feed-empty")).to_have_text(f"{nothing} in the last ten minutes.")

    # The message is right below the heading and its filter.
    for panel in ("feed", "visitors", "pages"):
        top = page.locator(f".{panel}").bounding_box()
        told = page.locator(f"#{panel}-empty").bounding_box()
        assert top is not None
        assert told is not None
        assert told["y"] - top["y"] < 120


@pytest.mark.long
def test_a_revision_without_page_views_says_so(opened: Open) -> None:
    console = opened(revision="2026-06")
    console.button("Pages").click()

    expect(console.page.locator("#feed-empty")).to_contain_text("Revision 2026-06 has no page views")
    console.button("2026-02").click()
    expect(console.page.locator("#feed > li")).not_to_have_count(0)
    expect(console.page.locator("#feed-empty")).to_have_text("")


@pytest.mark.long
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280 × 800", "phone"])
def test_the_banner_stays_in_sight(opened: Open, size: dict[str, int]) -> None:
    console = opened()
    console.page.set_viewport_size(size)  # type: ignore[arg-type] # a ViewportSize
    console.wait_for_today()
    console.button("500").click()
    expect(console.banner).to_be_in_viewport(ratio=1)

    console.page.get_by_role("heading", name="Requests of your clients").scroll_into_view_if_needed()
    console.shown("window.scrollTo(0, document.body.scrollHeight)")

    expect(console.banner).to_be_in_viewport(ratio=1)
    console.button("Repair").click()
    expect(console.banner).to_be_hidden()
