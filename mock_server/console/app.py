"""The console: a page at `/` that shows the living website, and its files below `/console`."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.console.files import HEADERS, file_reply
from mock_server.console.places import places_json
from mock_server.console.reference import reference_routes

STATIC = Path(__file__).parent / "static"


def console_routes() -> list[Route]:
    """Returns the routes of the console, its files and the API reference; none needs a key."""
    files = {path.name: path for path in STATIC.iterdir()}

    async def page(request: Request) -> Response:
        return file_reply(request, files["index.html"])

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["file"])
        if found is None:
            raise HTTPException(404)
        return file_reply(request, found)

    async def places(_request: Request) -> Response:
        return Response(places_json(), headers=HEADERS, media_type="application/json")

    return [
        Route("/", page),
        Route("/console/places.json", places),
        Route("/console/{file}", file),
        *reference_routes(),
    ]
