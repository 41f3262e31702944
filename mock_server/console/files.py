"""Files for a browser: each with its type, a tag by which it is asked for again, and a policy."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing but what this server sends; Swagger UI's pictures are data: URLs in its style sheet."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Another version on the same port must be seen at once; the files' tags make asking again cheap.
    "Cache-Control": "no-cache",
}

# Told here: on Windows any program may change those that the system knows.
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
    """The file, or 304 where the browser has it already."""
    reply = FileResponse(path, headers=HEADERS, media_type=_TYPES[path.suffix], stat_result=path.stat())
    if _CONDITIONS.is_not_modified(reply.headers, request.headers):
        return NotModifiedResponse(reply.headers)
    return reply
