"""Hostile site files and documents: no script in their texts runs, wherever they are shown."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server.data_files import read_data
from mock_server.world.site_files import SITES
from tests.browser.visit import Complaints
from tests.command import serving
from tests.credentials import bearer
from tests.instants import INSTANT

MARK = '"><img src=x onerror="window.met=1"><script>window.met=1</script><b>{{met}}'
PAGE = "<!doctype html><title>Theirs</title><body><script>%s</script>"
# A script that would use the controls if it ran at the mock's own address.
GREEDY = PAGE % (
    "fetch('/__mock/keys').then((reply) => reply.text(), String)"
    ".then((text) => { document.title = 'met: ' + text; });"
)
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": MARK, "description": MARK, "version": MARK},
    "paths": {
        "/theirs": {"get": {"responses": {"200": {"content": {"text/html": {"example": GREEDY}}}}}},
        "/api/v1/marked": {
            "get": {
                "operationId": f"{MARK}\r\nX-Met: 1",
                "summary": MARK,
                "responses": {"200": {"content": {"application/json": {"example": MARK}}}},
            }
        },
    },
}
SHOWN = ("description", "city", "country", "region")
# A domain has no blank and no slash.
HOST_MARK = '"><b>{{met}}<script>window.met=1'
NAMED = ("/pricing", "/signup", "/dashboard", "Starter", "Pro", "scroll_to_pricing", "newsletter", "lea")


def _marked(part: Any) -> Any:
    """Returns a part of a site file with a script at the end of each text that the console shows."""
    if isinstance(part, list):
        return [_marked(member) for member in part]
    if not isinstance(part, dict):
        return part
    marks = {**dict.fromkeys(SHOWN, MARK), "domain": HOST_MARK}
    return {
        name: value + marks[name] if name in marks and isinstance(value, str) else _marked(value)
        for name, value in part.items()
    }


def _hostile_site() -> str:
    """Returns the demo's site file with MARK, a script, in its texts and names."""
    site = _marked(read_data(SITES / "demo.yaml"))
    text = json.dumps({**site, "websiteId": "665f0b3c4d2e1a00feedbeef", "regulars": []})
    for name in NAMED:
        text = text.replace(f'"{name}"', json.dumps(name + MARK))
    return text


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mock with a hostile site and a hostile document."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "own.yaml").write_text(_hostile_site(), encoding="utf-8")
    (folder / "document.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    options = ("--sites", str(folder), "--site", "own", "--openapi", str(folder / "document.json"))
    with serving(*options, "--now", INSTANT, "--freeze") as url:
        yield url


def test_nothing_of_them_runs_in_the_console(page: Page, url: str) -> None:
    httpx2.get(f"{url}/api/v1/marked?{MARK}", headers={**bearer("df_own"), "User-Agent": MARK})
    page.goto(f"{url}/#key=df_own")

    expect(page.locator(".dot").first).to_be_attached()
    expect(page.locator("#visitors")).to_contain_text(MARK)
    expect(page.locator("#journal")).to_contain_text("/api/v1/marked")
    page.locator("#visitors > li").first.click()
    expect(page.locator("#profile")).to_be_visible()
    assert page.evaluate("window.met") is None
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("main b:has-text('{{met}}')").count() == 0


@pytest.mark.long
def test_nothing_of_them_runs_in_the_dashboard(page: Page, url: str) -> None:
    page.goto(f"{url}/dashboard#key=df_own&period=7d&filter_page=contains:{quote(MARK)}")

    expect(page.locator(".chip")).to_contain_text(MARK)
    expect(page.locator("#pages .bar-row").first).to_contain_text(MARK)
    expect(page.locator("#locations .bar-row").first).to_be_visible()
    assert page.evaluate("window.met") is None
    assert page.locator("img[src='x'], main b:has-text('{{met}}') b").count() == 0


@pytest.mark.long
def test_nothing_of_them_runs_in_the_reference(page: Page, url: str) -> None:
    for path in ("/docs", "/docs/controls"):
        page.goto(url + path)

        expect(page.locator(".opblock-summary-path").first).to_be_visible()
        assert page.evaluate("window.met") is None


def test_page_of_a_document_is_kept_from_the_controls(page: Page, url: str, complaints: Complaints) -> None:
    complaints.expect("/__mock/keys")

    page.goto(f"{url}/theirs")

    expect(page).to_have_title("met: TypeError: Failed to fetch")


@pytest.mark.long
def test_operation_of_theirs_names_itself_in_one_line(url: str) -> None:
    reply = httpx2.get(f"{url}/api/v1/marked", headers=bearer("df_own"))

    assert "X-Met" not in reply.headers
    assert reply.headers["X-DataFast-Mock-Example"].endswith("??X-Met: 1")
    assert reply.json() == MARK
