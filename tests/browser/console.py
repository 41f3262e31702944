"""The console in a test, opened with a key of its own."""

from collections.abc import Callable
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page, expect

from mock_server.testing import RunningMock
from tests.controls import Controls, Json
from tests.credentials import bearer

DOTS = ":is(.dot, .disc):not(.leaving)"
"""The dots of the map, each for a visitor, and the discs, each for several visitors."""
ON_MAP = f"""[...document.querySelectorAll("{DOTS}")]
  .reduce((sum, dot) => sum + Number(dot.dataset.count ?? 1), 0)"""
"""The number of visitors on the map, alone or in discs."""
DRAWER_IS_OPEN = "if (location.host) localStorage.setItem('datafast-mock.switches', 'open')"
"""The script for pages whose drawer of switches is open from the start."""


class Console:
    """The console's page for one key."""

    def __init__(
        self, page: Page, mock: RunningMock, controls: Controls, key: str, *, is_drawer_open: bool = True
    ) -> None:
        self.page = page
        self.mock = mock
        self.controls = controls
        self.key = key
        self.dots = page.locator(DOTS)
        self.profile = page.locator("#profile")
        self.banner = page.locator("#banner")
        self.trouble = page.locator("#trouble")
        if is_drawer_open:
            page.add_init_script(DRAWER_IS_OPEN)
        page.goto(f"{mock.server}/#key={key}")

    def ask(self, path: str, **headers: str) -> httpx2.Response:
        """Requests a path with the console's key, as a client would, and returns the API's answer."""
        return httpx2.get(self.mock.url + path, headers={**bearer(self.key), **headers}, timeout=30)

    def data(self, path: str) -> Json:
        """Returns the `data` of the API's answer for a path, by a peek, as the console requests it."""
        return self.ask(path, Prefer="peek").json()["data"]

    def expect_on_map(self, count: int) -> None:
        """Waits until the map shows this many visitors, alone or in discs."""
        self.page.wait_for_function(f"(count) => {ON_MAP} === count", arg=count)

    def wait_for_today(self) -> None:
        """Waits until the sums of today are shown, so that no request for them meets the faults of a test.

        The browser reports an error for each request of the page itself that fails.
        """
        expect(self.page.locator("#today-why")).to_contain_text("since midnight")

    def open_profile(self, visitor_id: str) -> None:
        """Opens the profile of a visitor from the list."""
        self.page.locator(f"#visitors li[data-key='{visitor_id}'] button").click()

    def button(self, name: str) -> Locator:
        """Returns the button with a name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def settings(self) -> Json:
        """Returns the settings of the key."""
        return self.controls.get("/settings", key=self.key)

    def shown(self, script: str) -> Any:
        """Returns the value of a JavaScript expression in the page."""
        return self.page.evaluate(script)


Open = Callable[..., Console]
"""A function that opens the console with a new key; its arguments are those of `POST /__mock/keys`."""
