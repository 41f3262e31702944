"""The errors of the mock's own controls, as problem+json (RFC 9457) and not in the API's envelope."""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The request is not valid",
    401: "The control token is missing or wrong",
    403: "The controls are not open to this request",
    404: "Not found",
    405: "Method not allowed",
    408: "The request took too long to arrive",
    431: "The request's headers are too large",
    413: "The body is too large",
    415: "The body is not sent as application/json",
    500: "The mock could not carry out the request",
    409: "Conflict with the current state",
    501: "A package is missing",
}


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an error; it may have further members, such as a list of known names."""

    type: str
    title: str
    status: int
    detail: str
    member: str = ""
    """The invalid member of the request's body, as a JSON pointer."""


class ProblemError(Exception):
    """An error in a request to the mock itself; `members` are added to the answer's body."""

    def __init__(self, status: int, detail: str, **members: Any) -> None:
        """`detail` says what is wrong, in which place, and what is expected."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.members = members


def problem_reply(problem: ProblemError) -> Response:
    """Returns the answer with the body `{"type": "about:blank", "title", "status", "detail", …}`."""
    body = {
        "type": "about:blank",
        "title": _TITLES[problem.status],
        "status": problem.status,
        "detail": problem.detail,
        **problem.members,
    }
    return Response(msgspec.json.encode(body), problem.status, media_type=MEDIA_TYPE)
