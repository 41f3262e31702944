"""The API reference as a browser gets it: its pages, files and headers, all from the mock."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server.console.reference import OWN, PACKAGE
from mock_server.testing import RunningMock
from tests.command import serving

PAGES = ["/docs", "/docs/controls"]
FILES = {
    "/docs/swagger-ui.css": "text/css; charset=utf-8",
    "/docs/reference.css": "text/css; charset=utf-8",
    "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/docs/reference.js": "text/javascript; charset=utf-8",
}
SHARED = {"/console/header.css", "/console/icon.svg"}
"""The files of the console that the pages use too."""
OWN_DOCS = """
openapi: 3.1.0
info: {title: Own, version: "1"}
paths:
  /docs:
    get:
      operationId: listPages
      responses:
        "200": {description: All, content: {application/json: {example: {pages: []}}}}
"""
SERVE_AND_ASK = f"""
import sys
from urllib.request import urlopen
from mock_server.testing import running

with running(now="2026-02-06T05:27:30Z") as mock:
    for path in {[*PAGES, *FILES]}:
        assert urlopen(mock.server + path).status == 200
print(*sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def root(mock: RunningMock) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=mock.server) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_page_loads_exactly_the_files_there_are(root: httpx2.Client, path: str) -> None:
    reply = root.get(path)

    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    loaded = set(re.findall(r'<(?:link|script)\b[^>]*(?:href|src)="([^"]*)"', reply.text))
    assert loaded == FILES.keys() | SHARED


@pytest.mark.parametrize(("path", "media_type"), FILES.items(), ids=FILES.keys())
def test_file_is_served_with_its_type(root: httpx2.Client, path: str, media_type: str) -> None:
    reply = root.get(path)

    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == media_type
    assert len(reply.content) > 100


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_policy_forbids_loading_from_elsewhere(root: httpx2.Client, path: str) -> None:
    headers = root.get(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy.pop("img-src") == "'self' data:"
    assert set(policy.values()) == {"'none'", "'self'"}
    assert policy["default-src"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_inline_script_and_no_inline_style(root: httpx2.Client, path: str) -> None:
    page = root.get(path).text

    assert re.findall(r"<script\b[^>]*>(.*?)</script>", page, re.DOTALL) == ["", ""]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("name", sorted(path.name for path in OWN.iterdir()))
def test_own_file_names_no_other_host(name: str) -> None:
    assert "//" not in re.sub(r"(?m)^\s*// .*$", "", (OWN / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_unchanged_file_is_not_sent_again(root: httpx2.Client, path: str) -> None:
    first = root.get(path)

    again = root.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_head_answers_without_the_body(root: httpx2.Client, path: str) -> None:
    reply = root.head(path)

    assert reply.status_code == 200
    assert reply.headers["Content-Length"] == str(len(root.get(path).content))
    assert reply.content == b""


@pytest.mark.parametrize("path", PAGES)
def test_other_method_answers_405(root: httpx2.Client, path: str) -> None:
    reply = root.post(path)

    assert reply.status_code == 405
    assert reply.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/docs/nothing.js", id="unknown"),
        pytest.param("/docs/index.html", id="not needed"),
        pytest.param("/docs/swagger-ui.js", id="in the package, not needed"),
        pytest.param("/docs/reference.html", id="the page's file"),
        pytest.param("/docs/../openapi.yaml", id="dots"),
        pytest.param("/docs/%2e%2e/reference.py", id="encoded dots"),
        pytest.param("/docs/..%2freference.py", id="encoded slash"),
        pytest.param("/docs/..%5creference.py", id="backslash"),
        pytest.param("/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd", id="far up"),
        pytest.param("/docs//etc/passwd", id="absolute"),
        pytest.param("/docs/reference.js%00.png", id="NUL"),
        pytest.param("/docs%0a", id="line feed"),
    ],
)
def test_unknown_files_answer_404(mock: RunningMock, path: str) -> None:
    assert _raw_status(mock, path) == 404


@pytest.mark.long
def test_document_of_ones_own_does_not_hide_the_reference(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN_DOCS, encoding="utf-8")

    with serving("--openapi", str(tmp_path / "own.yaml")) as url:
        reply = httpx2.get(f"{url}/docs")

    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "/docs/swagger-ui-bundle.js" in reply.text


@pytest.mark.long
def test_nothing_of_flask_is_imported() -> None:
    run = subprocess.run([sys.executable, "-c", SERVE_AND_ASK], capture_output=True, text=True, check=True)

    modules = set(run.stdout.split())
    assert "mock_server.console.reference" in modules
    assert not modules & {PACKAGE, "flask", "werkzeug", "jinja2"}


@pytest.mark.parametrize("path", [*PAGES, "/docs/swagger-ui.css"])
def test_missing_package_is_reported_with_the_way_to_install_it(
    root: httpx2.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    # None marks a module as impossible to import; the mock runs in this process.
    monkeypatch.setitem(sys.modules, PACKAGE, None)

    reply = root.get(path)

    assert reply.status_code == 404
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert "pip install flask-swagger-ui" in reply.json()["detail"]


def _raw_status(mock: RunningMock, path: str) -> int:
    """Returns the status of a path that is sent as it is; other clients would remove the dots."""
    connection = HTTPConnection(urlsplit(mock.server).netloc, timeout=30)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status
