"""The functions that make HTTP responses, from JSON, an error or a documented example."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from mock_server.contract.operations import Operation
from mock_server.contract.responses import Example
from mock_server.errors import ApiError

JSON = "application/json"
EXAMPLE_HEADER = "X-DataFast-Mock-Example"
"""The header that names the operation if the answer is a documented example."""
APPLIED_HEADER = "Preference-Applied"
"""The header that names the preferences that an answer honours."""
EXPOSED_HEADERS = (
    "Date",
    "Retry-After",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    EXAMPLE_HEADER,
    APPLIED_HEADER,
)
"""The headers that pages of other origins may read, in addition to the ones that CORS always allows."""
_APART = (
    (b"content-security-policy", b"sandbox allow-scripts allow-forms"),
    (b"x-content-type-options", b"nosniff"),
)


def json_reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Makes a response with a body that is JSON already."""
    return Response(body, status, headers, media_type=JSON)


def error_reply(error: ApiError) -> Response:
    """Makes the response of an error, in the documented envelope."""
    return json_reply(msgspec.json.encode(error.body), error.kind.status, error.headers)


def example_reply(operation: Operation, example: Example) -> Response:
    """Makes the answer of a documented example, with a header that names the operation."""
    name = operation.operation_id.encode("ascii", "replace").decode()
    printable = "".join(sign if sign.isprintable() else "?" for sign in name)
    headers = {**example.headers, EXAMPLE_HEADER: printable}
    reply = Response(example.body, example.status, headers, media_type=example.media_type or None)
    if example.media_type and "json" not in example.media_type.lower():
        # A page in a user's document must not use the console and the controls, which have the same origin.
        reply.raw_headers += _APART
    return reply
