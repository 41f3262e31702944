"""The functions that make HTTP responses, from JSON or from an error."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from mock_server.errors import ApiError

JSON = "application/json"
EXAMPLE_HEADER = "X-DataFast-Mock-Example"
"""The header that names the operation if the answer is a documented example."""
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
"""The headers that pages of other origins may read, in addition to the ones that CORS always allows."""


def json_reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Makes a response with a body that is JSON already."""
    return Response(body, status, headers, media_type=JSON)


def error_reply(error: ApiError) -> Response:
    """Makes the response of an error, in the documented envelope."""
    return json_reply(msgspec.json.encode(error.body), error.kind.status, error.headers)
