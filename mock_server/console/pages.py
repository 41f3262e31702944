"""The pages of the console: HTML files, in which the shared parts of head and header are filled in."""

from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from mock_server.console.files import STATIC, text_reply
from mock_server.console.modules import preloads

_REFERENCE = Path(__file__).parent / "reference_static"
_HEAD_PLACE, _HEADER_PLACE = "<!-- head -->", "<!-- header -->"
"""The comments in a page's HTML that are replaced by _HEAD with the modules, and by the header."""
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    '<link rel="icon" href="/console/icon.svg" type="image/svg+xml">'
    '<link rel="stylesheet" href="/console/header.css"><link rel="stylesheet" href="/console/base.css">'
)
_BRAND = (
    '<h1><a href="/"><img src="/console/icon.svg" alt="" width="22" height="22"> '
    "<span>datafast-mock</span></a></h1>"
)


class Page(NamedTuple):
    """A page: its path, the text of the link to it, and its file."""

    path: str
    name: str
    file: Path


REFERENCE = Page("/docs", "API reference", _REFERENCE / "reference.html")

PAGES = (
    Page("/", "Live", STATIC / "index.html"),
    Page("/dashboard", "Dashboard", STATIC / "dashboard.html"),
    Page("/verify", "Verify", STATIC / "verify.html"),
    REFERENCE,
)
"""The pages, in the order of the links in the header."""


def page_reply(request: Request, page: Page) -> Response:
    """Returns the page with its shared parts, or 304 if the browser has it already."""
    text = page.file.read_text("utf-8")
    links = "".join(f'<a href="{path}"{_mark(path == page.path)}>{name}</a>' for path, name, _ in PAGES)
    header = f'{_BRAND}<nav aria-label="Pages">{links}</nav>'
    return text_reply(
        request, text.replace(_HEAD_PLACE, _HEAD + preloads(text)).replace(_HEADER_PLACE, header)
    )


def _mark(is_current: bool) -> str:
    return ' aria-current="page"' if is_current else ""
