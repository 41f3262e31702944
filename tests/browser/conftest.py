"""The fixtures of a page in Chromium without network; a test fails if its page reports an error."""

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

# The first name is Debian's engine without windows, which opens a page in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium was found (Debian, Ubuntu: apt-get install chromium; or set CHROMIUM=/path/to/it)"
LEFT_OUT = f"browser tests left out: {MISSING}"
# This variable is set where a missing browser is a failure, as in CI.
NEEDED = "DATAFAST_MOCK_NEEDS_BROWSER"
# Additional arguments of Chromium. With the rule for resolving hosts, only this machine can be reached.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
# The longest time for an action or an expectation, in ms. On an idle machine it takes far less.
LONGEST = 120_000
VISIT = pytest.StashKey[Visit]()

expect.set_options(timeout=LONGEST)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder; the tests are skipped if none is installed.

    It is stopped before other tests, since asyncio.run() in them fails while Playwright runs.
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
            timeout=2 * LONGEST,
            # Chromium's sandbox does not work for root.
            chromium_sandbox=os.geteuid() != 0,
        ) as browser,
    ):
        yield browser


def chromium() -> str | None:
    """Returns the path of the browser, or None if it is not installed."""
    named = os.environ.get("CHROMIUM")
    found = map(shutil.which, [named] if named else NAMES)
    return next(filter(None, found), None)


@pytest.fixture
def complaints() -> Complaints:
    """The complaints of the page; a complaint that a test does not expect fails the test."""
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
    """The address of an empty page of another origin, at another port than the mock's."""
    with serving_page() as address:
        yield address


@pytest.fixture
def opened(page: Page, turned: RunningMock, controls: Controls) -> Open:
    """A function that opens the console with a new key, by default frozen at the documented instant."""

    def open_with(**settings: Json) -> Console:
        key = controls.mint(**{"now": INSTANT, "frozen": True, **settings})
        return Console(page, turned, controls, key)

    return open_with


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the page's picture and console messages to a failure."""
    report = yield
    visit = item.stash.get(VISIT, None)
    if visit is not None and report.failed and report.when != "teardown":
        visit.has_failed = True
        report.sections.append(("page", visit.told()))
    if report.skipped and LEFT_OUT in str(report.longrepr):
        # All skips have the same location, so that the summary has one line for them.
        report.longrepr = (__file__, 1, LEFT_OUT)
    return report
