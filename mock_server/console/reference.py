"""The API reference: `/docs` and `/docs/controls` show the served documents in Swagger UI."""

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.console.files import file_reply
from mock_server.problems import ProblemError, problem_reply

OWN = Path(__file__).parent / "reference_static"
PACKAGE = "flask_swagger_ui"
"""Carries the viewer's files. It is looked up and never imported: that would import Flask."""


class _File(NamedTuple):
    """A file and where it is served."""

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
    _File("/docs/favicon-32x32.png", "favicon-32x32.png", is_own=False),
)


def reference_routes() -> list[Route]:
    """The two pages and the files that they load, each at a path of its own: no path is put together."""
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
        return file_reply(request, (OWN if file.is_own else viewer) / file.name)

    return answer


def _viewer_folder() -> Path | None:
    """Where Swagger UI's files lie; None where the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "dist"
