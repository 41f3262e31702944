"""The routes of the console: its pages, and their files below `/console`."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.console.files import HEADERS, STATIC, file_reply
from mock_server.console.pages import PAGES, Page, page_reply
from mock_server.console.places import places_json
from mock_server.console.reference import reference_routes


def console_routes() -> list[Route]:
    """Returns the routes of the console, its files and the API reference; none needs a key."""
    files = (path for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".html")

    async def places(_request: Request) -> Response:
        return Response(places_json(), headers=HEADERS, media_type="application/json")

    return [
        *(Route(page.path, _answer(page)) for page in PAGES if page.file.parent == STATIC),
        Route("/console/places.json", places),
        *(Route(f"/console/{file.relative_to(STATIC).as_posix()}", _sending(file)) for file in files),
        *reference_routes(),
    ]


def _sending(file: Path) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return file_reply(request, file)

    return answer


def _answer(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return page_reply(request, page)

    return answer
