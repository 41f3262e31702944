"""The console in a test, opened with a key of its own."""

from collections.abc import Callable
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page

from mock_server.testing import RunningMock
from tests.controls import Controls, Json
from tests.credentials import bearer


class Console:
    """The console's page for one key."""

    def __init__(self, page: Page, mock: RunningMock, controls: Controls, key: str) -> None:
        self.page = page
        self.mock = mock
        self.controls = controls
        self.key = key
        self.dots = page.locator(".dot:not(.leaving)")
        self.profile = page.locator("#profile")
        self.banner = page.locator("#banner")
        self.trouble = page.locator("#trouble")
        page.goto(f"{mock.server}/#key={key}")

    def ask(self, path: str, **headers: str) -> httpx2.Response:
        """Returns the API's answer to a client with this key."""
        return httpx2.get(self.mock.url + path, headers={**bearer(self.key), **headers}, timeout=30)

    def data(self, path: str) -> Json:
        """Returns the `data` of the answer that the console gets to a path, which is that to a peek."""
        return self.ask(path, Prefer="peek").json()["data"]

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
