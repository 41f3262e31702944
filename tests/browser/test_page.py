"""The fixture of the page: it fails a test for unexpected complaints, and adds a picture to a failure."""

import socket
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.visit import Complaints, Visit

TROUBLE = """
  console.error("an error");
  console.warn("a warning");
  setTimeout(() => { throw new Error("an exception"); });
  Promise.reject(new Error("a rejection"));
  fetch("https://datafa.st/pixel").catch(() => {});
"""


def test_every_kind_of_complaint_is_heard(page: Page, elsewhere: str, complaints: Complaints) -> None:
    complaints.expect("error: an error")
    complaints.expect("warning: a warning")
    complaints.expect("uncaught: Error: an exception")
    complaints.expect("uncaught: Error: a rejection")
    complaints.expect("a request leaves this machine: GET https://datafa.st/pixel")
    complaints.expect("net::ERR_NAME_NOT_RESOLVED")
    page.goto(elsewhere)

    page.evaluate(f"() => {{ {TROUBLE} }}")


def test_remarks_are_no_complaints(page: Page, elsewhere: str) -> None:
    page.goto(elsewhere)

    page.evaluate("console.log('a remark')")


def test_unexpected_complaints_are_left() -> None:
    complaints = Complaints()
    complaints.expect("an error")
    complaints.expect("a warning")

    complaints.texts.extend(["error: an error", "error: another"])

    assert complaints.unexpected() == ["error: another"]
    assert complaints.missing() == ["a warning"]


def test_failure_is_reported_with_address_picture_console_and_open_requests(
    page: Page, elsewhere: str, complaints: Complaints, tmp_path: Path
) -> None:
    page.goto(elsewhere)
    page.evaluate("console.log('a remark')")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = f"http://127.0.0.1:{silent.getsockname()[1]}/slow"
        with page.expect_request(slow):
            page.evaluate(
                "(url) => void fetch(url, {signal: (stop = new AbortController()).signal}).catch(() => 0)",
                slow,
            )

        told = Visit(page, complaints, tmp_path).told()
        page.evaluate("stop.abort()")

    assert f"page: {elsewhere}/\npicture: {tmp_path}/page.png\nconsole:\n  log: a remark" in told
    assert told.endswith(f"\nwithout an answer:\n  GET {slow}")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
