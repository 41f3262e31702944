"""The files of the console, as they are served."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2
import pytest

from mock_server.console.files import STATIC
from mock_server.console.pages import PAGES
from mock_server.testing import RunningMock

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEAVIEST = 350_000
"""The largest size of all that the console serves, in bytes, without the API reference."""
OWN_PAGES = [page for page in PAGES if page.file.parent == STATIC]
ADDRESSES = [page.path for page in PAGES]
FILES = sorted(
    path.relative_to(STATIC).as_posix()
    for path in STATIC.rglob("*")
    if path.is_file() and path.suffix != ".html"
)
SERVED = [*(page.path for page in OWN_PAGES), *(f"/console/{name}" for name in FILES), "/console/places.json"]


class Html(HTMLParser):
    """The scripts, styles and links of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.preloaded: list[str] = []
        self.started: list[str] = []
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Records an element that could run a script or load a file."""
        found = dict(attrs)
        if found.get("rel") == "modulepreload":
            self.preloaded.append(str(found["href"]))
        if tag == "script":
            self.started.append(str(found["src"]))
        self.addresses += [str(found[name]) for name in ("src", "href") if name in found]
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)


@pytest.fixture(scope="session")
def root(mock: RunningMock) -> Iterator[httpx2.Client]:
    """A client without a key."""
    with httpx2.Client(base_url=mock.server) as client:
        yield client


@pytest.mark.parametrize("path", SERVED)
def test_file_is_served_with_its_type_and_policy(root: httpx2.Client, path: str) -> None:
    reply = root.get(path)

    assert reply.status_code == 200
    suffix = re.search(r"\.\w+$", path)
    assert reply.headers["Content-Type"] == (TYPES[suffix[0]] if suffix else "text/html; charset=utf-8")
    assert reply.headers["Content-Security-Policy"] == POLICY
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-cache"


def test_all_pages_and_files_together_are_small(root: httpx2.Client) -> None:
    sizes = [len(root.get(path).content) for path in SERVED]

    assert sum(sizes) < HEAVIEST


@pytest.mark.parametrize("path", ["/", "/console/main.js"])
def test_file_that_the_browser_has_is_not_sent_again(root: httpx2.Client, path: str) -> None:
    tag = root.get(path).headers["ETag"]

    reply = root.get(path, headers={"If-None-Match": tag})

    assert (reply.status_code, reply.content) == (304, b"")


@pytest.mark.parametrize("path", ADDRESSES)
def test_header_links_to_all_pages_and_marks_the_present_one(root: httpx2.Client, path: str) -> None:
    navigation = re.search(r"<nav.*?</nav>", root.get(path).text, re.DOTALL)

    assert navigation is not None
    assert re.findall(r'href="([^"]*)"', navigation[0]) == ADDRESSES
    assert re.findall(r'href="([^"]*)" aria-current="page"', navigation[0]) == [path]


@pytest.mark.parametrize(
    "path", ["/console/app.py", "/console/..%2fapp.py", "/console/%2e%2e/app.py", "/console/static/main.js"]
)
def test_nothing_else_is_served(root: httpx2.Client, path: str) -> None:
    reply = root.get(path)

    assert reply.status_code == 404
    assert reply.json()["status"] == "error"


@pytest.mark.parametrize("path", [page.path for page in OWN_PAGES])
def test_page_has_nothing_inline_and_nothing_from_elsewhere(root: httpx2.Client, path: str) -> None:
    page = Html(root.get(path).text)

    assert page.inline == []
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in page.addresses)


@pytest.mark.parametrize("path", [page.path for page in OWN_PAGES])
def test_page_loads_all_modules_at_once(root: httpx2.Client, path: str) -> None:
    page = Html(root.get(path).text)

    assert sorted([*page.preloaded, *page.started]) == sorted(imported(page.started))


def imported(modules: list[str]) -> set[str]:
    """Returns the addresses of modules and of all that they import."""
    found: set[str] = set()
    left = list(modules)
    while left:
        address = left.pop()
        if address not in found:
            found.add(address)
            text = (STATIC / address.removeprefix("/console/")).read_text("utf-8")
            names = re.findall(r'^(?:import|\}) .*from "(\.{1,2}/.*)";$', text, re.MULTILINE)
            left += [urljoin(address, name) for name in names]
    return found


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_no_module_makes_markup_of_strings(name: str) -> None:
    text = (STATIC / name).read_text("utf-8")

    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(", text) == []
