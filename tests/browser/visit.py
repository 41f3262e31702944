"""One test's stay on a page: what the page complained of, and what to show where the test failed."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebError

_THIS_MACHINE = ("127.0.0.1", "localhost")
_PATIENCE = 10
"""Seconds until an expected complaint is given up."""


class Complaints:
    """Errors and warnings of a page, and requests of it that leave this machine; a test expects none."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.messages: list[str] = []
        """All that the console said, to be shown where a test fails."""
        self._expected: list[str] = []

    def expect(self, part: str) -> None:
        """Takes over the complaints that have `part` in them, of which there has to be one at least."""
        self._expected.append(part)

    def unexpected(self) -> list[str]:
        """The complaints that nobody took over."""
        return [text for text in self.texts if not any(part in text for part in self._expected)]

    def missing(self) -> list[str]:
        """What was expected and has not come."""
        return [part for part in self._expected if not any(part in text for text in self.texts)]

    def listen(self, context: BrowserContext) -> None:
        """Hears all pages of a browser's profile."""
        context.on("console", self._hear)
        context.on("weberror", self._hear_uncaught)
        # Only listened to: with `context.route` Playwright would answer preflights itself.
        context.on("request", self._look_at)

    def _hear(self, message: ConsoleMessage) -> None:
        place = message.location
        text = f"{message.type}: {message.text} ({place['url']}:{place['lineNumber'] + 1})"
        self.messages.append(text)
        if message.type in ("error", "warning", "assert"):
            self.texts.append(text)

    def _hear_uncaught(self, error: WebError) -> None:
        text = f"uncaught: {error.error.stack or error.error.message}"
        self.messages.append(text)
        self.texts.append(text)

    def _look_at(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname not in _THIS_MACHINE:
            self.texts.append(f"a request leaves this machine: {request.method} {request.url}")


@dataclass(slots=True)
class Visit:
    """A page, and a folder for what is kept of it."""

    page: Page
    complaints: Complaints
    folder: Path
    has_failed: bool = field(default=False, init=False)

    def settle(self) -> list[str]:
        """What the test has to answer for: complaints that it did not expect, and those that never came."""
        if not self.page.is_closed():
            # What the page said before it answers this has been heard.
            self.page.locator(":root").wait_for(state="attached")
            self._wait_for_expected()
        missing = self.complaints.missing()
        return [*self.complaints.unexpected(), *(f"expected, but it never came: {part}" for part in missing)]

    def _wait_for_expected(self) -> None:
        """The browser's own messages, about a request that was blocked, come later than the page's."""
        end = time.monotonic() + _PATIENCE
        while self.complaints.missing() and time.monotonic() < end:
            self.page.wait_for_timeout(50)

    def told(self) -> str:
        """Address, picture and console."""
        said = self.complaints.messages or ["(nothing)"]
        return "\n".join(
            [f"page: {self.page.url}", f"picture: {self._picture()}", "console:", *(f"  {m}" for m in said)]
        )

    def _picture(self) -> str:
        path = self.folder / "page.png"
        try:
            self.page.screenshot(path=path, full_page=True)
        except Error as error:
            return f"none could be taken: {error.message.splitlines()[0]}"
        return str(path)
