"""A dashboard as a stranger would write it: it draws itself from the reports, and its numbers agree."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from mock_server.instants import DAY, instant_of, iso_of
from mock_server.testing import RunningMock
from tests.browser.another_origin import serving_page
from tests.instants import INSTANT
from tests.quick import quick

HTML = Path(__file__).with_name("dashboard.html").read_text(encoding="utf-8")
TODAY = instant_of(INSTANT) // DAY * DAY
MONTH = {"startAt": iso_of(TODAY - 29 * DAY)[:10], "endAt": iso_of(TODAY)[:10]}


@pytest.mark.parametrize("key", quick(["df_test", "df_shop", "df_empty", "df_no_revenue"], 1))
def test_a_dashboard_has_no_number_that_contradicts_another(page: Page, mock: RunningMock, key: str) -> None:
    with serving_page(HTML) as address:
        page.goto(f"{address}/?{urlencode({'api': mock.url, 'key': key, **MONTH, 'timezone': 'UTC'})}")

        expect(page.locator("body")).to_have_attribute("data-differ", "[]")

    expect(page.locator("svg rect")).to_have_count(30)
    expect(page.locator("table")).to_have_count(8)
    has_visitors = key != "df_empty"
    assert (page.locator("[data-name=visitors]").inner_text() != "0") == has_visitors
    assert (page.locator("tr").count() > 20) == has_visitors
