"""The ASGI extensions that our own server adds to a request: the connection, and the error of a refusal."""

from typing import Protocol

from starlette.types import Scope

from mock_server.errors import ApiError

_EXTENSION = "datafast_mock.connection"
_REFUSAL = "datafast_mock.refusal"
_CUT = "datafast_mock.cut"


class Connection(Protocol):
    """The connection on which a request arrived."""

    def reset(self) -> None:
        """Closes the connection with an RST; unsent bytes are lost."""

    def wait_on_purpose(self) -> None:
        """Marks the answer as delayed on purpose, so that the server does not wait for it when it stops."""

    def owe_nothing(self) -> None:
        """Marks the request as never answered. The connection is closed when the client closes its side."""

    def close(self) -> None:
        """Closes the connection once everything is sent."""


def attach(scope: Scope, connection: Connection) -> None:
    """Attaches a connection to the scope of its request."""
    scope["extensions"] = {_EXTENSION: connection}


def connection_of(scope: Scope) -> Connection:
    """Returns the connection of a request that came through mock_server.serving.protocol."""
    connection: Connection = scope["extensions"][_EXTENSION]
    return connection


def refuse(scope: Scope, error: ApiError) -> None:
    """Marks a request as refused, since it breaks a rule of HTTP itself."""
    scope.setdefault("extensions", {})[_REFUSAL] = error


def refusal_of(scope: Scope) -> ApiError | None:
    """Returns the error that answers a refused request, or None for any other request.

    The error may be found as late as at the end of the request's body.
    """
    refusal: ApiError | None = scope.get("extensions", {}).get(_REFUSAL)
    return refusal


def cut(scope: Scope) -> None:
    """Notes that the client closed its side in the middle of a request's body."""
    scope["extensions"][_CUT] = True


def is_cut(scope: Scope) -> bool:
    """Returns whether the client closed its side before the end of the body."""
    return _CUT in scope.get("extensions", {})
