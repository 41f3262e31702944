"""A page in Debian's Chromium, kept off the network; a test fails where its page complains."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mock_server.testing import RunningMock
from tests.browser.another_origin import serving_page
from tests.browser.console import Console, Open
from tests.browser.visit import Complaints, Visit
from tests.controls import Controls, Json
from tests.instants import INSTANT

# The first is Debian's as well: the same engine without windows, a page of it is open in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium was found (Debian, Ubuntu: apt-get install chromium; or set CHROMIUM=/path/to/it)"
LEFT_OUT = f"browser tests left out: {MISSING}"
# Set where a missing browser is a failure, as in CI.
NEEDED = "DATAFAST_MOCK_NEEDS_BROWSER"
# In addition to what Playwright says itself. The rule leaves no name but loopback's to be found.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
# How long an action or an expectation may take, in ms: far longer than it does on an idle machine.
LONGEST = 10_000
VISIT = pytest.StashKey[Visit]()

expect.set_options(timeout=LONGEST)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder; where there is none, they are left out.

    Not for the session: other tests need asyncio.run(), which fails while Playwright is up.
    """
    program = chromium()
    if program is None:
        if os.environ.get(NEEDED):
            pytest.fail(f"{NEEDED} is set, and {MISSING}", pytrace=False)
        pytest.skip(LEFT_OUT)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=program,
            args=ARGUMENTS,
            timeout=3 * LONGEST,
            # Chromium has no sandbox for root.
            chromium_sandbox=os.geteuid() != 0,
        ) as browser,
    ):
        yield browser


def chromium() -> str | None:
    """The browser's program; None where there is none."""
    named = os.environ.get("CHROMIUM")
    found = map(shutil.which, [named] if named else NAMES)
    return next(filter(None, found), None)


@pytest.fixture
def complaints() -> Complaints:
    """What the page complains of: all that a test does not expect fails it."""
    return Complaints()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, complaints: Complaints, tmp_path: Path
) -> Iterator[Page]:
    """A page in a profile of its own."""
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        context.set_default_timeout(LONGEST)
        complaints.listen(context)
        visit = Visit(context.new_page(), complaints, tmp_path)
        request.node.stash[VISIT] = visit

        yield visit.page

        if not visit.has_failed and (left := visit.settle()):
            pytest.fail("\n".join(["the page complained:", *left, visit.told()]), pytrace=False)


@pytest.fixture(scope="package")
def elsewhere() -> Iterator[str]:
    """The address of an empty page of another origin: `http://127.0.0.1:…`, not the mock's port."""
    with serving_page() as address:
        yield address


@pytest.fixture
def opened(page: Page, turned: RunningMock, controls: Controls) -> Open:
    """Opens the console with a new key, frozen at the documentation's instant unless told otherwise."""

    def open_with(**settings: Json) -> Console:
        key = controls.mint(**{"now": INSTANT, "frozen": True, **settings})
        return Console(page, turned, controls, key)

    return open_with


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure what the page showed and said."""
    report = yield
    visit = item.stash.get(VISIT, None)
    if visit is not None and report.failed and report.when != "teardown":
        visit.has_failed = True
        report.sections.append(("page", visit.told()))
    if report.skipped and LEFT_OUT in str(report.longrepr):
        # All at one place, so that the summary has one line for them.
        report.longrepr = (__file__, 1, LEFT_OUT)
    return report
