"""The API reference: `/docs` and `/docs/controls`, which show the served documents in Swagger UI."""

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.console.files import file_reply
from mock_server.console.pages import REFERENCE, page_reply
from mock_server.problems import ProblemError, problem_reply

OWN = REFERENCE.file.parent
PACKAGE = "flask_swagger_ui"
"""The package with the files of Swagger UI.

It is located but not imported, because that would import Flask.
"""


class _File(NamedTuple):
    """A file, and the path at which it is served; `is_own` is false for a file of Swagger UI."""

    path: str
    name: str
    is_own: bool = True


_FILES = (
    _File("/docs", "reference.html"),
    _File("/docs/controls", "reference.html"),
    _File("/docs/reference.css", "reference.css"),
    _File("/docs/reference.js", "reference.js"),
    _File("/docs/swagger-ui.css", "swagger-ui.css", is_own=False),
    _File("/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", is_own=False),
)


def reference_routes() -> list[Route]:
    """Returns a route for each page and each of its files, so that no file path is built from a request."""
    return [Route(file.path, _answer(file)) for file in _FILES]


def _answer(file: _File) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        viewer = _viewer_folder()
        if viewer is None:
            problem = (
                "The API reference needs the package flask-swagger-ui, which is not installed here: "
                "pip install flask-swagger-ui. The document itself is at /openapi.json."
            )
            return problem_reply(ProblemError(404, problem))
        if file.name == REFERENCE.file.name:
            return page_reply(request, REFERENCE)
        return file_reply(request, (OWN if file.is_own else viewer) / file.name)

    return answer


def _viewer_folder() -> Path | None:
    """Returns the folder of Swagger UI's files, or None if the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "dist"
