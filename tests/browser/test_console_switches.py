"""The console's switches: they change a client's answers, and the journal shows its requests."""

import re
import time
from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server.contract.document import REVISIONS
from mock_server.testing import running
from tests.browser.console import Console, Open
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import DOCUMENTED, INSTANT

REALTIME = "/analytics/realtime"
MAP = "/analytics/realtime/map"
STEPS = {"+1 s": "05:27:31", "+1 h": "06:27:31", "−1 min": "06:26:31"}
# The page's description of each fault.
DAMAGES = {
    "reset": "the connection broke",
    "malformed": "the answer is not JSON",
    "truncate": "the connection broke",
}


def eventually(value: Callable[[], object], expected: object) -> None:
    """Waits until `value` returns what a client should see after a switch was changed."""
    end = time.monotonic() + 30
    while (found := value()) != expected and time.monotonic() < end:
        time.sleep(0.05)
    assert found == expected


@pytest.mark.long
def test_another_website_is_chosen(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)

    console.page.get_by_label("Website", exact=True).select_option("empty")

    expect(console.dots).to_have_count(0)
    expect(console.page.locator("#site")).to_have_text("empty")
    assert console.settings()["site"] == "empty"
    assert console.ask(REALTIME).json()["data"] == [{"visitors": 0}]


@pytest.mark.long
def test_the_clock_is_paused_started_and_runs_faster(opened: Open) -> None:
    console = opened(frozen=False)

    console.button("Pause the clock").click()
    expect(console.button("Start the clock")).to_be_visible()
    assert console.controls.get("/clock", key=console.key)["frozen"] is True

    console.button("Start the clock").click()
    expect(console.button("Pause the clock")).to_be_visible()
    console.button("×60").click()
    expect(console.button("×60")).to_have_attribute("aria-pressed", "true")
    clock = console.controls.get("/clock", key=console.key)
    assert (clock["speed"], clock["frozen"]) == (60.0, False)
    expect(console.page.locator("#now")).not_to_contain_text(INSTANT[:16].replace("T", " "))


@pytest.mark.long
def test_the_clock_steps_to_and_fro(opened: Open) -> None:
    console = opened(now=DOCUMENTED)
    for step, now in STEPS.items():
        console.button(step).click()

        expect(console.page.locator("#now")).to_have_text(f"2026-02-06 {now}")
        clock = console.controls.get("/clock", key=console.key)
        assert clock == {"now": f"2026-02-06T{now}.000Z", "speed": 1.0, "frozen": True}


@pytest.mark.long
def test_the_clock_jumps_to_an_instant_and_back_to_the_present(opened: Open) -> None:
    console = opened()

    console.page.get_by_label("Jump to (UTC)").fill("2031-12-24T18:00:05")
    console.button("Go").click()
    expect(console.page.locator("#now")).to_have_text("2031-12-24 18:00:05")
    assert console.ask(MAP).headers["Date"] == "Wed, 24 Dec 2031 18:00:05 GMT"

    console.button("Now").click()
    expect(console.page.locator("#now")).not_to_contain_text("2031")
    assert console.controls.get("/clock", key=console.key)["now"][:2] == "20"


@pytest.mark.long
def test_the_revision_is_switched(opened: Open) -> None:
    console = opened()
    for revision in reversed(REVISIONS):
        console.button(revision).click()

        expect(console.page.locator("#revision")).to_have_text(f"Revision {revision}.")
        assert console.settings()["revision"] == revision
        expect(console.page.locator("#revision-text")).to_contain_text("system")


@pytest.mark.long
def test_broken_and_repaired(opened: Open) -> None:
    console = opened()
    expect(console.banner).to_be_hidden()
    console.wait_for_today()

    console.button("500").click()

    expect(console.banner).to_contain_text(f"with {console.key} every request answers 500")
    expect(console.trouble).to_contain_text("answers 500: Internal server error")
    assert console.ask(REALTIME).status_code == 500
    console.button("Repair").click()
    expect(console.banner).to_be_hidden()
    expect(console.trouble).to_be_hidden()
    expect(console.dots).not_to_have_count(0)
    assert console.ask(REALTIME).status_code == 200


def test_one_operation_is_broken_for_a_while(opened: Open) -> None:
    console = opened()

    console.page.get_by_label("Requests", exact=True).select_option("getRealtimeMap")
    console.page.get_by_label("How often").select_option("twice")
    console.button("404").click()
    expect(console.banner).to_contain_text("getRealtimeMap answers 404")
    expect(console.page.locator("#rules")).to_contain_text("(0 of 2 done)")

    # The console polls meanwhile, but its peeks do not use the rule up.
    statuses = [console.ask(path).status_code for path in (REALTIME, MAP, MAP, MAP)]
    assert statuses == [200, 404, 404, 200]
    expect(console.page.locator("#rules")).to_contain_text("(2 of 2 done)")
    expect(console.banner).to_be_hidden()


@pytest.mark.long
def test_a_fault_is_reported_and_the_picture_stays(opened: Open) -> None:
    console = opened(now=DOCUMENTED)
    expect(console.dots).not_to_have_count(0)
    for fault, told in DAMAGES.items():
        console.button(fault).click()

        expect(console.trouble).to_contain_text(told)
        expect(console.trouble).to_contain_text("This page shows the state of 05:27:30")
    expect(console.dots).not_to_have_count(0)

    console.button("undamaged").click()
    expect(console.trouble).to_be_hidden()


@pytest.mark.long
def test_an_answer_of_another_shape_is_reported(opened: Open) -> None:
    console = opened()
    console.page.get_by_label("Requests", exact=True).select_option("getRealtimeMap")
    for fault in ("missing", "wrong-type"):
        console.button(fault).click()

        expect(console.trouble).to_contain_text("documented member is missing")
        console.button("undamaged").click()
        expect(console.trouble).to_be_hidden()


@pytest.mark.long
def test_a_delay_is_shown_while_it_lasts(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)

    console.button("10 s").click()

    expect(console.banner).to_contain_text("is 10000 ms late")
    expect(console.page.locator("#latest")).to_contain_text("no answer for")
    console.button("no delay").click()
    expect(console.page.locator("#latest")).to_contain_text("UTC")


@pytest.mark.long
def test_an_error_a_delay_and_damage_add_up(opened: Open) -> None:
    console = opened()
    console.wait_for_today()

    console.button("429").click()
    expect(console.button("429")).to_have_attribute("aria-pressed", "true")
    console.button("0.5 s").click()
    expect(console.button("0.5 s")).to_have_attribute("aria-pressed", "true")

    eventually(lambda: console.settings()["faults"], [{"then": {"code": 429, "delay": 500}}])
    console.page.locator("#codes").get_by_role("button", name="none").click()
    eventually(lambda: console.settings()["faults"], [{"then": {"delay": 500}}])
    console.button("Remove").click()
    eventually(lambda: console.settings()["faults"], [])


@pytest.mark.long
def test_a_rate_limit_is_set(opened: Open) -> None:
    console = opened()
    console.wait_for_today()

    console.button("3/min").click()

    expect(console.button("3/min")).to_have_attribute("aria-pressed", "true")
    # The window is a minute of real time, and may end meanwhile.
    statuses = [console.ask(REALTIME).status_code for _ in range(7)]
    assert {*statuses} == {200, 429}
    assert statuses.index(429) >= 3
    expect(console.trouble).to_contain_text("answers 429")
    expect(console.trouble).to_contain_text(re.compile(r"A client may try again after \d+ s\."))
    console.button("server’s default").click()
    expect(console.trouble).to_be_hidden()


@pytest.mark.long
def test_switches_for_every_key_touch_another_key(page: Page) -> None:
    with running(now=INSTANT, speed=0) as mock, Controls(mock.server) as controls:
        console = Console(page, mock, controls, controls.mint())

        console.wait_for_today()
        console.button("every key").click()
        console.button("403").click()

        expect(console.banner).to_contain_text("with any key every request answers 403")
        assert httpx2.get(mock.url + REALTIME, headers=bearer("df_demo")).status_code == 403
        console.button("Repair").click()
        expect(console.banner).to_be_hidden()
        assert httpx2.get(mock.url + REALTIME, headers=bearer("df_demo")).status_code == 200
        page.goto("about:blank")


@pytest.mark.long
def test_all_settings_are_cleared(opened: Open) -> None:
    console = opened(site="shop", revision="2026-06", rateLimit={"limit": 3})
    expect(console.page.locator("#site")).to_have_text("shop")

    console.button("Clear all settings").click()

    expect(console.page.locator("#site")).to_have_text("demo")
    settings = console.settings()
    assert {name: settings[name] for name in ("site", "revision", "rateLimit")} == dict.fromkeys(
        ("site", "revision", "rateLimit")
    )


@pytest.mark.long
def test_a_new_key_is_minted(opened: Open) -> None:
    console = opened()

    console.button("New key").click()

    expect(console.page.get_by_label("Key", exact=True)).not_to_have_value(console.key)
    minted = console.page.get_by_label("Key", exact=True).input_value()
    assert console.controls.get(f"/keys/{minted}")["label"] == "made in the console"
    expect(console.dots).not_to_have_count(0)


@pytest.mark.long
def test_the_journal_lists_the_client_and_not_the_console(opened: Open) -> None:
    console = opened()
    expect(console.dots).not_to_have_count(0)
    journal = console.page.locator("#journal-rows > details")
    console.page.get_by_label("Whose requests").select_option("key")
    expect(journal).to_have_count(0)

    console.ask(f"{REALTIME}?websiteId=665f0b3c4d2e1a0012345678")
    console.ask("/visitors/00000000-0000-4000-8000-000000000000", **{"X-Client": "<b>mine</b>"})

    expect(journal).to_have_count(2)
    expect(journal.first).to_contain_text("404")
    journal.first.locator("summary").click()
    expect(journal.first).to_contain_text("x-client: <b>mine</b>")
    expect(journal.first).to_contain_text("authorization: Bearer df_***")
    console.page.get_by_label("with findings").check()
    expect(journal).to_have_count(1)
    expect(journal).to_contain_text("1 finding")
    console.page.get_by_label("with findings").uncheck()
    console.page.get_by_label("Which statuses").select_option("4")
    expect(journal).to_have_count(1)
    console.page.get_by_label("Which statuses").select_option("")
    console.page.get_by_label("Search requests").fill("getRealtime")
    expect(journal).to_have_count(1)
    console.button("Clear").click()
    expect(journal).to_have_count(0)
    assert console.controls.get("/requests", key=console.key) == {"requests": []}


@pytest.mark.long
def test_the_page_offers_the_faults_of_the_controls(opened: Open) -> None:
    console = opened()
    expect(console.page.locator("#faults button").first).to_be_visible()
    expect(console.page.locator("#codes button")).not_to_have_count(0)

    document = console.controls.get("/openapi.json")["components"]["schemas"]
    faults = console.page.locator("#faults button").all_inner_texts()
    sites = console.page.locator("#website option").all_inner_texts()
    revisions = console.page.locator("#revisions button").all_inner_texts()
    codes = console.page.locator("#codes button").all_inner_texts()

    listed = document["Action"]["properties"]["fault"]["pattern"].partition("(")[2].partition(")")[0]
    assert sorted(faults) == sorted(["undamaged", *listed.split("|")])
    assert sites[1:] == [site["name"] for site in console.controls.get("/sites")["sites"]]
    assert revisions == list(REVISIONS)
    assert codes == ["none", "400", "401", "403", "404", "429", "500"]
