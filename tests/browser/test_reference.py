"""The API reference in a browser: it opens without errors, and each "Execute" is answered by the mock."""

import httpx2
import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from mock_server.contract.document import load_document
from mock_server.testing import RunningMock
from tests.credentials import bearer

# The path of each operation of the API.
PATHS = [path for path, item in load_document()["paths"].items() for name in item if name != "parameters"]
# A text in the answer of one operation of each kind. Testing all operations would take long.
TOLD = {
    "getRealtime": '"visitors":',
    "getOverview": '"bounce_rate":',
    "getTimeseries": '"name":',
    "getPages": '"/pricing"',
    "listVisitors": '"lastSeenAt":',
    "getVisitor": '"a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"',
}
TELEPHONE: ViewportSize = {"width": 360, "height": 800}


def test_each_operation_is_there(page: Page, mock: RunningMock) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto(f"{mock.server}/docs")

    # Swagger UI puts an invisible mark after each slash, where long paths may wrap.
    expect(page.locator(".opblock-summary-path")).to_have_count(len(PATHS))
    paths = page.locator(".opblock-summary-path").evaluate_all("all => all.map(one => one.dataset.path)")
    assert paths == PATHS
    expect(page).to_have_title("API reference · DataFast mock")
    expect(page.locator(".servers option")).to_have_text(["/api/v1 - This mock."])
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


@pytest.mark.long
def test_the_map_answers_at_once(page: Page, mock: RunningMock) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto(f"{mock.server}/docs")

    answer = _executed(page, "getRealtimeMap")

    expect(answer.locator(".response-col_description pre").first).to_contain_text('"recentPayments":')
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


@pytest.mark.long
def test_one_operation_of_each_kind_answers_at_once(
    page: Page, mock: RunningMock, api: httpx2.Client
) -> None:
    # The first report draws the past, which may take longer than the browser waits.
    api.get("/analytics/overview", headers=bearer("df_test"), timeout=60)
    page.set_viewport_size(TELEPHONE)
    page.goto(f"{mock.server}/docs")

    for operation, told in TOLD.items():
        answer = _executed(page, operation)
        expect(answer.locator(".response-col_description pre").first).to_contain_text(told)
        # The block is closed again, because the next block takes longer if this one stays open.
        page.locator(f".opblock[id$='-{operation}'] .opblock-summary-control").click()
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


@pytest.mark.long
def test_controls_answer_too(page: Page, mock: RunningMock) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto(f"{mock.server}/docs")
    page.get_by_role("link", name="Controls", exact=True).click()

    answer = _executed(page, "getSettings")

    expect(answer.locator(".response-col_description pre").first).to_contain_text('"rateLimit":')
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


@pytest.mark.long
def test_page_follows_the_colour_scheme(page: Page, mock: RunningMock) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{mock.server}/docs")
    seen = page.locator("#viewer .swagger-ui").first
    expect(seen).to_have_css("color-scheme", "light dark")

    page.emulate_media(color_scheme="dark")

    expect(seen).to_have_css("color-scheme", "dark")


def _executed(page: Page, operation: str) -> Locator:
    """Executes an operation with its defaults, and returns the element of its answer, a 200."""
    block = page.locator(f".opblock[id$='-{operation}']")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    return answer
