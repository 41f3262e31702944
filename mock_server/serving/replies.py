"""Answers as ASGI applications."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from mock_server.errors import ApiError

JSON = "application/json"
EXAMPLE_HEADER = "X-DataFast-Mock-Example"
"""Names the operation on an answer that is a documented example and not the world's."""
EXPOSED_HEADERS = (
    "Date",
    "Retry-After",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    EXAMPLE_HEADER,
    "Preference-Applied",
)
"""What a page of another origin may read of an answer, beside what every page may."""


def json_reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is JSON already."""
    return Response(body, status, headers, media_type=JSON)


def error_reply(error: ApiError) -> Response:
    """An error in the documented envelope."""
    return json_reply(msgspec.json.encode(error.body), error.kind.status, error.headers)
