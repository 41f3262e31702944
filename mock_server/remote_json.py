"""Requests with JSON to a running mock: to its controls or to its API."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from contract_tests.durations import milliseconds_in

_SECONDS = 30


class ControlError(Exception):
    """An error of the mock, or of reaching it; its text gives the reason.

    `status` is the status of the mock's answer; None if there was no answer, or if the answer is not a
    mock's.
    """

    def __init__(self, problem: str, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


def content_of(
    server: str, method: str, target: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> Any:
    """Sends a request to the mock and returns the answer's JSON. Raises ControlError."""
    # The connection is direct, even if the environment names a proxy.
    connection = HTTPConnection(urlsplit(server).netloc, timeout=_SECONDS)
    sent = dict(headers) if body is None else {**headers, "Content-Type": "application/json"}
    try:
        connection.request(method, target, None if body is None else text_of(body).encode(), sent)
        with connection.getresponse() as reply:
            content, status = reply.read(), reply.status
    except (OSError, HTTPException) as error:
        raise ControlError(f"no mock answers at {server}: {error!r}") from None
    finally:
        connection.close()
    try:
        found: Any = json.loads(content) if content else None
        if status >= 400:
            # The API sends its errors in an envelope, the controls as problem+json.
            raise ControlError(found["error"]["message"] if "error" in found else found["detail"], status)
    except (KeyError, TypeError, ValueError):
        raise ControlError(
            f"the server at {server} is not a mock: it answers {method} {target} with {status}"
        ) from None
    return found


def text_of(body: Mapping[str, Any]) -> str:
    """Writes JSON, in which a UUID, a date, a datetime and a timedelta are texts, and a Decimal is a number.

    Raises TypeError or ValueError for a value that has no form in JSON, such as a NaN.
    """
    return json.dumps(body, default=_plain, allow_nan=False)


def _plain(value: object) -> str | float:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{milliseconds_in(value)}ms"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} cannot be sent as JSON")
