"""The page /verify: a run as it goes, its verdict and reports, and what it refuses."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from mock_server.testing import RunningMock, running
from tests.browser.test_console_craft import serious
from tests.browser.visit import Complaints
from tests.command import address_of, serving, started
from tests.controls import Json
from tests.instants import INSTANT

SIZES = [(1280, 800), (390, 844), (1920, 1080)]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    """A mock for this file only, so that only these tests start runs on it."""
    with running(now=INSTANT, speed=0) as mock:
        yield mock


@pytest.fixture(scope="module")
def broken(mock: RunningMock) -> Iterator[str]:
    """The address of a server with one known fault."""
    with started("count-too-small", "--upstream", mock.server, "--port", "0", command="mutate") as mutate:
        yield address_of(mutate)


def verify(page: Page, mock: RunningMock, url: str | None = None, only: str = "MAP-*") -> None:
    """Opens the page and starts a run; a URL of None means the mock itself."""
    fill(page, mock, url, only)
    page.get_by_role("button", name="Verify", exact=True).click()
    # Before this, the page may still show the previous run.
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()


def fill(page: Page, mock: RunningMock, url: str | None, only: str = "MAP-*") -> None:
    """Opens the page and fills its form."""
    page.goto(f"{mock.server}/verify")
    page.get_by_text("Options").click()
    page.get_by_label("Only these clauses").fill(only)
    if url is not None:
        page.get_by_label("Base URL of the API").fill(url)


def test_the_mock_verifies_itself_and_the_report_can_be_saved(
    page: Page, mock: RunningMock, tmp_path: Path
) -> None:
    verify(page, mock)
    expect(page.get_by_role("heading", name="✓ Holds")).to_be_visible()
    expect(page.locator("#totals")).to_contain_text("holding")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    download.value.save_as(tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_bytes())

    assert download.value.suggested_filename == "datafast-contract.json"
    assert (report["verdict"], report["base"]) == ("holds", f"{mock.server}/api/v1")
    assert page.url == f"{mock.server}/verify"


@pytest.mark.long
def test_a_broken_clause_comes_first_with_all_that_repeats_it(
    page: Page, mock: RunningMock, broken: str
) -> None:
    verify(page, mock, broken)
    expect(page.get_by_role("heading", name="✗ Broken", exact=True)).to_be_visible()
    card = page.get_by_role("article")

    expect(card).to_contain_text("MAP-72")
    expect(card).to_contain_text("but the map lists")
    expect(card).to_contain_text('curl -i -H "Authorization: Bearer $DATAFAST_KEY"')
    expect(page.locator("#rows li").first).to_contain_text("MAP-72")
    assert card.bounding_box()["y"] < page.locator("#clauses").bounding_box()["y"]  # type: ignore[index]


@pytest.mark.long
def test_the_clauses_can_be_restricted_and_searched(page: Page, mock: RunningMock, broken: str) -> None:
    verify(page, mock, broken)
    rows = page.locator("#rows li")
    page.get_by_role("button", name="1 broken").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="1 broken").click()
    page.get_by_label("Search the clauses").fill("map-72")

    expect(rows).to_have_count(1)


@pytest.mark.long
def test_a_page_that_is_opened_later_shows_the_latest_run(page: Page, mock: RunningMock) -> None:
    verify(page, mock, only="RT-*")
    expect(page.locator("#reports")).to_be_visible()
    page.goto(f"{mock.server}/verify")

    expect(page.get_by_role("heading", name="✓ Holds")).to_be_visible()
    expect(page.locator("#rows li").first).to_contain_text("RT-")
    expect(page.locator("#latest")).to_contain_text(f"answers from {mock.url} in")


@pytest.mark.long
def test_the_page_is_readable_at_every_size_and_in_both_schemes(
    page: Page, mock: RunningMock, broken: str
) -> None:
    verify(page, mock, broken)
    expect(page.locator("#reports")).to_be_visible()

    assert [size for size in SIZES if is_wider(page, size)] == []
    assert [(scheme, found) for scheme in SCHEMES if (found := serious_in(page, scheme))] == []


def is_wider(page: Page, size: tuple[int, int]) -> bool:
    """Returns whether the page is wider than a window of this size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def serious_in(page: Page, scheme: str) -> list[str]:
    """Returns the serious and critical violations that axe finds in a colour scheme."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    return serious(page)


def test_a_server_elsewhere_is_refused_with_what_would_allow_it(
    page: Page, mock: RunningMock, complaints: Complaints
) -> None:
    complaints.expect("403")
    fill(page, mock, "http://192.0.2.1")
    page.get_by_role("button", name="Verify", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("--verify-target http://192.0.2.1")


@pytest.mark.long
def test_the_tokens_of_the_mock_are_for_the_mock(page: Page, mock: RunningMock) -> None:
    page.goto(f"{mock.server}/verify")
    tokens = page.get_by_label("It is a mock: use all its tokens")
    expect(tokens).to_be_checked()
    page.get_by_label("Base URL of the API").fill("http://127.0.0.1:3000")

    expect(tokens).not_to_be_checked()


@pytest.mark.long
def test_a_run_can_be_cancelled(page: Page, mock: RunningMock) -> None:
    # Each answer takes two seconds, so that the run cannot end before the click.
    with _answering({"status": "success", "data": []}, seconds=2) as address:
        verify(page, mock, address, only="")
        page.get_by_role("button", name="Cancel").click()

        expect(page.locator("#summary")).to_have_text("The run was cancelled.")
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()


@pytest.mark.long
def test_words_of_the_server_are_text(page: Page, mock: RunningMock) -> None:
    hostile = "<img src=x onerror=window.hit=1>"
    with _answering({"status": "success", "data": [{"visitors": hostile}]}) as address:
        verify(page, mock, address, only="RT-01")
        expect(page.get_by_role("article")).to_contain_text(hostile)

    assert page.locator("main img").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.long
def test_a_run_that_writes_is_allowed_on_this_machine(page: Page, mock: RunningMock) -> None:
    fill(page, mock, None, only="WRITE-01")
    page.get_by_label("Write, too").check()
    page.get_by_role("button", name="Verify", exact=True).click()

    expect(page.get_by_role("heading", name="✓ Holds")).to_be_visible()
    expect(page.locator("#rows li")).to_contain_text("WRITE-01")


@pytest.mark.long
def test_the_control_token_is_asked_for(page: Page, complaints: Complaints) -> None:
    complaints.expect("401")
    with serving("--control-token", "secret-of-this-mock") as address:
        page.goto(f"{address}/verify")
        page.get_by_text("Options").click()
        page.get_by_label("Only these clauses").fill("RT-*")
        page.get_by_label("Control token of this mock").fill("secret-of-this-mock")
        page.get_by_role("button", name="Verify", exact=True).click()

        expect(page.get_by_role("heading", name="✓ Holds")).to_be_visible()
        expect(page.locator("#reports")).to_be_visible()
        assert page.get_by_label("Control token of this mock").input_value() == ""


@pytest.mark.long
def test_a_run_that_ends_with_the_mock_can_be_started_again(page: Page, complaints: Complaints) -> None:
    complaints.expect("ERR_")
    with socket.create_server(("127.0.0.1", 0)) as silent, serving() as address:
        page.goto(f"{address}/verify")
        page.get_by_label("Base URL of the API").fill(f"http://127.0.0.1:{silent.getsockname()[1]}")
        page.get_by_role("button", name="Verify", exact=True).click()
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()

    expect(page.get_by_role("alert")).to_have_text("The run cannot be followed.")
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()


@pytest.mark.long
def test_without_the_extra_the_page_says_how_to_install_it(page: Page, tmp_path: Path) -> None:
    # Python looks for this file at its start.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['httpx2'] = None\n")
    with serving(environment={"PYTHONPATH": str(tmp_path)}) as address:
        page.goto(f"{address}/verify")

        expect(page.get_by_text("pip install 'datafast-mock[verify]'")).to_be_visible()
        expect(page.get_by_role("button", name="Verify", exact=True)).to_be_disabled()


@contextmanager
def _answering(content: Json, seconds: float = 0) -> Iterator[str]:
    """Serves one JSON answer for everything, after some seconds, and yields the address."""
    body = json.dumps(content).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Writes nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
