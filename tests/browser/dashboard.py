"""The page /dashboard in a test: the numbers that it shows."""

from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, Request, expect

from mock_server.testing import RunningMock
from tests.controls import Controls

# Reads the rows of a panel: the text of each, and the values of its numbers.
ROWS = """(rows) => rows.map((row) => [
  row.querySelector(".what").textContent, [...row.querySelectorAll("data")].map((one) => Number(one.value)),
])"""
# The largest number of pages of rows that a test reads.
MOST_PAGES = 3
CELLS = "(rows) => rows.map((row) => [...row.querySelectorAll('data')].map((one) => Number(one.value)))"


class Dashboard:
    """The dashboard for one key."""

    def __init__(self, page: Page, mock: RunningMock, controls: Controls, key: str, **view: str) -> None:
        self.page = page
        self.mock = mock
        self.controls = controls
        self.key = key
        self.requests: list[Request] = []
        page.on("request", self._note)
        page.goto(f"{mock.server}/dashboard#{urlencode({'key': key, **view})}")
        self.settle()

    def _note(self, request: Request) -> None:
        if request.url.startswith(self.mock.url):
            self.requests.append(request)

    def settle(self) -> None:
        """Waits until each panel has its answers."""
        loading = "body.is-loading, [data-state=loading], main .panel:not([data-state])"
        expect(self.page.locator(loading)).to_have_count(0)

    def panel(self, name: str) -> Locator:
        """Returns the panel with an id."""
        return self.page.locator(f"#{name}")

    def choose(self, name: str) -> None:
        """Presses a button, and waits for the answers."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def figures(self) -> dict[str, float]:
        """Returns the figures by their labels."""
        found: dict[str, float] = self.page.locator(".figures > div").evaluate_all(
            "(all) => Object.fromEntries(all.map((one) =>"
            " [one.querySelector('dt').textContent, Number(one.querySelector('data').value)]))"
        )
        return found

    def legend(self) -> list[float]:
        """Returns the sums beside the chart: visitors; then new revenue, renewals and refunds, if any."""
        values: list[float] = self.page.locator("#series .legend li:not(.of-before) data").evaluate_all(
            "(all) => all.map((one) => Number(one.value))"
        )
        return values

    def series(self) -> list[list[float]]:
        """Returns the rows of the time series, as its table shows them."""
        table = self.page.get_by_role("button", name="Table", exact=True)
        table.click()
        cells: list[list[float]] = self.page.locator("#series tbody tr").evaluate_all(CELLS)
        table.click()
        return cells

    def tabs(self, panel: str) -> list[str]:
        """Returns the names of a panel's tabs."""
        return self.panel(panel).get_by_role("tab").all_inner_texts()

    def open(self, panel: str, tab: str) -> None:
        """Opens a tab of a panel."""
        self.panel(panel).get_by_role("tab", name=tab, exact=True).click()
        self.settle()

    def rows(self, panel: str) -> tuple[list[tuple[str, list[float]]], bool]:
        """Returns the rows of a panel's open tab, with their numbers, and whether these are all rows."""
        rows: list[tuple[str, list[float]]] = []
        further = self.panel(panel).get_by_role("button", name="Next rows")
        for _ in range(MOST_PAGES):
            rows += self.panel(panel).locator(".bar-row").evaluate_all(ROWS)
            if further.count() == 0 or further.is_disabled():
                return rows, True
            further.click()
            self.settle()
        return rows, False


Open = Callable[..., Dashboard]
"""A function that opens the dashboard with a new key.

Its argument `view` is the query of the page's address; the other arguments are settings of the key.
"""
