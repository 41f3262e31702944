"""The files for a browser, each with its media type, an ETag and a content security policy."""

from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

STATIC = Path(__file__).parent / "static"
"""The folder of the console's files, which are served below `/console`."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy that allows only this server's files, and the data: URLs of Swagger UI's style sheet."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Another version on the same port must be seen at once; with ETags a further request is cheap.
    "Cache-Control": "no-cache",
}

# The types are listed here, because on Windows any program may change the system's list of types.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_CONDITIONS = StaticFiles()


def file_reply(request: Request, path: Path) -> Response:
    """Returns the file, or 304 if the browser has it already."""
    reply = FileResponse(path, headers=HEADERS, media_type=_TYPES[path.suffix], stat_result=path.stat())
    return _unless_known(request, reply)


def text_reply(request: Request, text: str) -> Response:
    """Returns the text of a page, or 304 if the browser has it already."""
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    reply = Response(text, headers={**HEADERS, "ETag": tag}, media_type=_TYPES[".html"])
    return _unless_known(request, reply)


def _unless_known(request: Request, reply: Response) -> Response:
    if _CONDITIONS.is_not_modified(reply.headers, request.headers):
        return NotModifiedResponse(reply.headers)
    return reply
