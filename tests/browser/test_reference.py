"""The API reference in a browser: drawn without a complaint, and each "Execute" answered by this mock."""

import pytest
from playwright.sync_api import Locator, Page, expect

from mock_server.testing import RunningMock

OPERATIONS = ["/analytics/realtime", "/analytics/realtime/map", "/visitors/{visitorId}"]


def test_api_shows_its_three_operations(page: Page, mock: RunningMock) -> None:
    page.goto(f"{mock.server}/docs")

    # Swagger UI puts an invisible mark after each slash, so that long paths may be broken there.
    expect(page.locator(".opblock-summary-path")).to_have_count(len(OPERATIONS))
    paths = page.locator(".opblock-summary-path").evaluate_all("all => all.map(one => one.dataset.path)")
    assert paths == OPERATIONS
    expect(page).to_have_title("API reference · DataFast mock")


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        pytest.param("getRealtime", '"visitors":', id="count"),
        pytest.param("getRealtimeMap", '"recentPayments":', id="map"),
        pytest.param("getVisitor", '"a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"', id="visitor"),
    ],
)
def test_try_it_out_answers_with_data_at_once(
    page: Page, mock: RunningMock, operation: str, told: str
) -> None:
    page.goto(f"{mock.server}/docs")

    answer = _executed(page, operation)

    expect(answer.locator(".response-col_description pre").first).to_contain_text(told)


def test_controls_answer_too(page: Page, mock: RunningMock) -> None:
    page.goto(f"{mock.server}/docs")
    page.get_by_role("link", name="Controls").click()

    answer = _executed(page, "getSettings")

    expect(answer.locator(".response-col_description pre").first).to_contain_text('"rateLimit":')


def test_only_this_mock_can_be_chosen(page: Page, mock: RunningMock) -> None:
    page.goto(f"{mock.server}/docs")

    servers = page.locator(".servers option")

    expect(servers).to_have_text(["/api/v1 - This mock."])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_follows_the_colour_scheme(page: Page, mock: RunningMock, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{mock.server}/docs")

    seen = page.locator("#viewer .swagger-ui").first

    expect(seen).to_have_css("color-scheme", "dark" if scheme == "dark" else "normal")


@pytest.mark.parametrize(
    ("path", "operation"), [("/docs", "getRealtimeMap"), ("/docs/controls", "getSettings")]
)
def test_telephone_shows_answers_without_scrolling_sideways(
    page: Page, mock: RunningMock, path: str, operation: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(mock.server + path)

    _executed(page, operation)

    assert page.evaluate("document.documentElement.scrollWidth") == 360


def _executed(page: Page, operation: str) -> Locator:
    """Presses what a newcomer presses; gives the answer, which is a 200."""
    block = page.locator(f".opblock[id$='-{operation}']")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    return answer
