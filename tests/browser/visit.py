"""A test's visit of a page: the page's complaints, and its picture if the test fails."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebError

_THIS_MACHINE = ("127.0.0.1", "localhost")
_PATIENCE = 120
"""The longest wait for an expected complaint, in seconds."""


class Complaints:
    """The complaints of a page: errors, warnings, and requests to other machines."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.messages: list[str] = []
        """All messages of the browser's console, to be shown if a test fails."""
        self.unanswered: set[Request] = set()
        """The requests that have no answer yet, to be shown if a test fails."""
        self._expected: list[str] = []

    def expect(self, part: str) -> None:
        """Expects complaints that contain `part`, at least one."""
        self._expected.append(part)

    def unexpected(self) -> list[str]:
        """Returns the complaints that no test expects."""
        return [text for text in self.texts if not any(part in text for part in self._expected)]

    def missing(self) -> list[str]:
        """Returns the expected complaints that have not come."""
        return [part for part in self._expected if not any(part in text for text in self.texts)]

    def listen(self, context: BrowserContext) -> None:
        """Listens to all pages of a browser's profile."""
        context.on("console", self._hear)
        context.on("weberror", self._hear_uncaught)
        # Requests are only observed: with `context.route` Playwright would answer preflights itself.
        context.on("request", self._look_at)
        context.on("requestfinished", self._cross_off)
        context.on("requestfailed", self._cross_off)

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

    def _cross_off(self, request: Request) -> None:
        self.unanswered.discard(request)

    def _look_at(self, request: Request) -> None:
        self.unanswered.add(request)
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname not in _THIS_MACHINE:
            self.texts.append(f"a request leaves this machine: {request.method} {request.url}")


@dataclass(slots=True)
class Visit:
    """A page, and a folder for its pictures."""

    page: Page
    complaints: Complaints
    folder: Path
    has_failed: bool = field(default=False, init=False)

    def settle(self) -> list[str]:
        """Returns the reasons to fail: unexpected complaints, and expected ones that never came."""
        if not self.page.is_closed():
            # Messages arrive in order, so this answer comes after all earlier messages of the page.
            self.page.locator(":root").wait_for(state="attached")
            self._wait_for_expected()
        missing = self.complaints.missing()
        return [*self.complaints.unexpected(), *(f"expected, but it never came: {part}" for part in missing)]

    def _wait_for_expected(self) -> None:
        """Waits for expected complaints, since the browser's own messages come later than the page's."""
        end = time.monotonic() + _PATIENCE
        while self.complaints.missing() and time.monotonic() < end:
            self.page.wait_for_timeout(50)

    def told(self) -> str:
        """Returns the page's address, picture, console messages and unanswered requests, as a text."""
        said = self.complaints.messages or ["(nothing)"]
        waiting = [f"{one.method} {one.url}" for one in self.complaints.unanswered] or ["(none)"]
        lines = [f"page: {self.page.url}", f"picture: {self._picture()}"]
        lines += ["console:", *(f"  {text}" for text in said)]
        lines += ["without an answer:", *(f"  {text}" for text in waiting)]
        return "\n".join(lines)

    def _picture(self) -> str:
        path = self.folder / "page.png"
        try:
            self.page.screenshot(path=path, full_page=True)
        except Error as error:
            return f"none could be taken: {error.message.splitlines()[0]}"
        return str(path)
